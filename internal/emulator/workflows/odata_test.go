package workflows

import (
	"net/url"
	"slices"
	"testing"
	"time"
)

func numbered(runs []*Run) []int64 {
	ids := []int64{}
	for _, r := range runs {
		ids = append(ids, r.ID)
	}
	return ids
}

func someRuns() []*Run {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	run := func(id int64, status int, process, description string) *Run {
		return &Run{ID: id, Status: status, Process: process, Created: at, Submission: Submission{Description: description}}
	}
	return []*Run{
		run(1, Succeeded, "gatk4-20181018_1", "run=29"),
		run(2, Failed, "snapgatk-20180730_1", "run=290"),
		run(3, Failed, "gatk4-20181018_1", "it's and more"),
		run(4, Queued, "gatk4-20181018_1", ""),
	}
}

func TestListing(t *testing.T) {
	for query, want := range map[string][]int64{
		"":                                 {1, 2, 3, 4},
		"$orderby=CreatedDate asc":         {1, 2, 3, 4},
		"$orderby=CreatedDate desc":        {4, 3, 2, 1},
		"$orderby=CreatedDate+desc":        {4, 3, 2, 1},
		"%24orderby=CreatedDate%20desc":    {4, 3, 2, 1},
		"$orderby=CreatedDate":             {1, 2, 3, 4},
		"$orderby=CreatedDate desc&$top=2": {4, 3},
		"$skip=1&$top=2":                   {2, 3},
		"$skip=9":                          {},
		"$top=0":                           {},
		"$top=-1":                          {},
		"$filter=Status eq '50000'":        {2, 3},
		"$filter=Status eq 50000":          {2, 3},
		"$filter=Status+eq+'50000'":        {2, 3},
		"$filter=substringof('run=29', Description)":                                              {1, 2},
		"$filter=substringof('run=29',Description)":                                               {1, 2},
		"$filter=substringof('gatk4', Process)":                                                   {1, 3, 4},
		"$filter=substringof('it''s and more', Description)":                                      {3},
		"$filter=substringof(' and ', Description) and Status eq '50000'":                         {3},
		"$filter=substringof('run=29', Description) and substringof('snap', Process)":             {2},
		"$filter=substringof('run', Description) and Status eq '20000'&$orderby=CreatedDate desc": {1},
		"$filter=substringof('', Description)":                                                    {1, 2, 3, 4},
		"api-version=1":                                                                           {1, 2, 3, 4},
	} {
		t.Run(query, func(t *testing.T) {
			values, err := url.ParseQuery(query)
			if err != nil {
				t.Fatal(err)
			}
			l, err := parseListing(values)
			if err != nil {
				t.Fatal(err)
			}
			if got := numbered(l.apply(someRuns())); !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestListingRefuses(t *testing.T) {
	for _, query := range []string{
		"$orderby=Id", "$orderby=CreatedDate up", "$orderby=CreatedDate asc desc", "$skip=-1", "$skip=x", "$top=x", "$select=Id",
		"$filter=it's", "$filter=substringof('it's', Description)", "$filter=substringof('x', Id)", "$filter=substringof('x', Description",
		"$filter=substringof('x' Description)", "$filter=substringof(x, Description)", "$filter=Status ne '1'", "$filter=Status eq 'x'",
		"$filter=Status eq '1' or Status eq '2'", "$filter=Status eq '1' and ", "$filter=Status eq ", "$filter=Status eq '1'and Status eq '1'",
		"$filter=Status eq 1x",
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseListing(values); err == nil {
			t.Errorf("%s was accepted", query)
		}
	}
}

func FuzzFilter(f *testing.F) {
	for _, seed := range []string{"Status eq '50000'", "substringof('x', Description) and Status eq 1", "substringof('it''s',Process)", "'", "and and"} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		conditions, err := parseFilter(text)
		if err != nil {
			return
		}
		for _, run := range someRuns() {
			for _, c := range conditions {
				c(run) // must not panic, whatever it says
			}
		}
	})
}
