package emulator

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/workflows"
)

// The requests here have the forms in which the public clients of the service
// were recorded: msgen 0.9.0 (a slash at the end of the collection, Python's
// encoding of queries, lists that end in a comma, booleans as words) and
// msgenctl 0.4.0 (no slash, %20, typed booleans, upper-case words).

type client struct {
	name       string
	collection string
	header     map[string]string
	list       string // the query of a plain listing
	submission func(account, description, base string) string
}

var clients = []client{
	{
		name:       "msgen",
		collection: "/api/workflows/",
		header:     map[string]string{"content-type": "application/json", "User-Agent": "Microsoft Genomics Command-line Client", "Accept": "*/*"},
		list:       "?%24orderby=CreatedDate+asc",
		submission: func(account, description, base string) string {
			return fmt.Sprintf(`{"Process": "snapgatk", "ProcessArgs": "R=hg38m1x", "Description": %[2]q, "InputStorageType": "AZURE_BLOCK_BLOB", `+
				`"OutputStorageType": "AZURE_BLOCK_BLOB", "InputArgs": {"ACCOUNT": %[1]q, "CONTAINER": "inputs", "BLOBNAMES": "s_1.fq,s_2.fq,", `+
				`"BLOBNAMES_WITH_SAS": "s_1.fq?sv=2015-07-08&sr=b&sig=a%%2Fb%%3D&sp=r&se=2030-01-01T00%%3A00%%3A00Z,s_2.fq?sv=2015-07-08&sr=b&sig=c%%3D&sp=r&se=2030-01-01T00%%3A00%%3A00Z,"}, `+
				`"OutputArgs": {"ACCOUNT": %[1]q, "OVERWRITE": "false", "CONTAINER": "outputs", "CONTAINER_SAS": "sr=c&sv=2015-07-08&sig=d%%3D&sp=rwd&se=2030-01-01T00%%3A00%%3A00Z", `+
				`"OUTPUT_FILENAME_BASE": %[3]q, "OUTPUT_INCLUDE_LOGFILES": true}, "OptionalArgs": {"BQSR": true, "GatkEmitRefConfidence": "gvcf", "BgzipOutput": true}, `+
				`"WorkflowClass": "", "IgnoreAzureRegion": null}`, account, description, base)
		},
	},
	{
		name:       "msgenctl",
		collection: "/api/workflows",
		header:     map[string]string{"Content-Type": "application/json", "User-Agent": "msgenctl/0.4.0", "Accept-Encoding": "gzip"},
		list:       "?$orderby=CreatedDate%20asc",
		submission: func(account, description, base string) string {
			return fmt.Sprintf(`{"WorkflowClass":"","Process":"gatk4","ProcessArgs":"R=hg38m1","Description":%[2]q,"InputStorageType":"AZURE_BLOCK_BLOB",`+
				`"InputArgs":{"ACCOUNT":%[1]q,"CONTAINER":"inputs","BLOBNAMES":"s_1.fq,s_2.fq","BLOBNAMES_WITH_SAS":"s_1.fq?sv=2024-11-04&se=2030-01-01T00%%3A00%%3A00Z&sig=a%%3D&sp=r&sr=b,s_2.fq?sv=2024-11-04&sig=b%%3D&sp=r&sr=b"},`+
				`"OutputStorageType":"AZURE_BLOCK_BLOB","OutputArgs":{"ACCOUNT":%[1]q,"CONTAINER":"outputs","CONTAINER_SAS":"sv=2024-11-04&sig=c%%3D&sp=rwd&sr=c","OUTPUT_FILENAME_BASE":%[3]q,"OVERWRITE":false,"OUTPUT_INCLUDE_LOGFILES":true},`+
				`"OptionalArgs":{"GatkEmitRefConfidence":"NONE","BgzipOutput":false},"IgnoreAzureRegion":false}`, account, description, base)
		},
	},
}

// wire is a workflow with every field that a client reads, strictly typed.
type wire struct {
	ID             int64 `json:"Id"`
	TenantID       int64 `json:"TenantId"`
	Status         int
	CreatedDate    string
	EndDate        *string
	FailureCode    int
	Message        *string
	Description    *string
	Process        string
	BasesProcessed *uint64
}

var wireDate = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\+00:00$`)

func (c client) do(l *lab, method, path, body string) answer {
	l.t.Helper()
	header := map[string]string{"Ocp-Apim-Subscription-Key": l.keys[west]}
	for name, value := range c.header {
		header[name] = value
	}
	header["Accept-Encoding"] = "identity"
	a, err := l.do(method, l.Ready().Regions[west].Service+path, header, body)
	if err != nil {
		l.t.Fatal(err)
	}
	return a
}

func (c client) workflow(l *lab, a answer) wire {
	l.t.Helper()
	var w wire
	decoder := json.NewDecoder(strings.NewReader(a.body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&w); err != nil || a.status != 200 || !wireDate.MatchString(w.CreatedDate) || w.EndDate != nil && !wireDate.MatchString(*w.EndDate) {
		l.t.Fatalf("%d %s %v", a.status, a.body, err)
	}
	return w
}

func (c client) ids(l *lab, query string) []int64 {
	l.t.Helper()
	a := c.do(l, "GET", c.collection+query, "")
	var all []wire
	a.decode(l.t, &all)
	ids := []int64{}
	for _, w := range all {
		ids = append(ids, w.ID)
	}
	return ids
}

func TestPublicClientsFindTheirProtocol(t *testing.T) {
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t, Config{})
			if a := c.do(l, "GET", c.collection+c.list, ""); a.status != 200 || strings.TrimSpace(a.body) != "[]" {
				t.Errorf("an empty list: %d %s", a.status, a.body)
			}
			posted := c.workflow(l, c.do(l, "POST", c.collection, c.submission("emuwestus2", "run=29", "one")))
			if posted.ID <= 0 || posted.EndDate != nil || posted.FailureCode != 0 || *posted.Description != "run=29" ||
				!regexp.MustCompile(`^(snapgatk|gatk4)-\d{8}_\d$`).MatchString(posted.Process) {
				t.Errorf("submitted: %+v", posted)
			}
			l.await(west, posted.ID, workflows.Succeeded)
			item := fmt.Sprintf("/api/workflows/%d", posted.ID)
			got := c.workflow(l, c.do(l, "GET", item, ""))
			if got.Status != 20000 || got.EndDate == nil || got.Message != nil || got.BasesProcessed == nil || *got.BasesProcessed != 8 {
				t.Errorf("finished: %+v", got)
			}

			l.admin("POST", "/admin/hold", "")
			held := c.workflow(l, c.do(l, "POST", c.collection, c.submission("emuwestus2", "run=290", "two")))
			l.await(west, held.ID, workflows.InProgress)
			if w := c.workflow(l, c.do(l, "GET", fmt.Sprintf("/api/workflows/%d/", held.ID), "")); w.Status != 10000 || w.BasesProcessed != nil {
				t.Errorf("running: %+v", w)
			}
			c.lists(l, posted.ID, held.ID)
			if w := c.workflow(l, c.do(l, "DELETE", fmt.Sprintf("/api/workflows/%d", held.ID), "")); w.Status != 58000 {
				t.Errorf("cancellation: %+v", w)
			}
			l.await(west, held.ID, workflows.Cancelled)
			if w := c.workflow(l, c.do(l, "DELETE", fmt.Sprintf("/api/workflows/%d", held.ID), "")); w.Status != 60000 {
				t.Errorf("cancelled twice: %+v", w)
			}
			if a := c.do(l, "DELETE", item, ""); a.status != 400 || !strings.Contains(a.body, `"Message"`) {
				t.Errorf("cancelling what has ended: %d %s", a.status, a.body)
			}
		})
	}
}

func (c client) lists(l *lab, first, second int64) {
	l.t.Helper()
	for query, want := range map[string][]int64{
		c.list: {first, second},
		"?%24orderby=CreatedDate+desc&%24skip=0&%24top=1":                                {second},
		"?%24orderby=CreatedDate+asc&%24skip=1":                                          {second},
		"?%24top=-1":                                                                     {},
		"?%24filter=substringof%28%27run%3D29%27%2C+Description%29":                      {first, second},
		"?%24filter=substringof%28%27290%27%2C+Description%29+and+Status+eq+%2710000%27": {second},
		"?$filter=substringof('gatk',%20Process)%20and%20Status%20eq%20'20000'":          {first},
		"?%24filter=substringof%28%27run%3D29%27%2C+Description%29+and+substringof%28%27gatk%27%2C+Process%29+and+Status+eq+%2750000%27": {},
	} {
		if got := c.ids(l, query); !slices.Equal(got, want) {
			l.t.Errorf("%s lists %v, want %v", query, got, want)
		}
	}
	if a := c.do(l, "GET", c.collection+"?%24filter=substringof%28%27it%27s%27%2C+Description%29", ""); a.status != 400 || !strings.Contains(a.body, `"Message"`) {
		l.t.Errorf("a filter that cannot be parsed: %d %s", a.status, a.body)
	}
}

func TestRefusalsHaveTheirForms(t *testing.T) {
	l := newLab(t, Config{})
	service := l.Ready().Regions[west].Service
	alphabetical := strings.ReplaceAll(submission(west, "d", "b", "s_1.fq"), "sv=1&sig=output", "se=1&sig=output&sv=1")
	foreign := strings.ReplaceAll(submission(west, "d", "b", "s_1.fq"), "emuwestus2", "emuwesteurope")
	for name, c := range map[string]struct {
		method, path, key, body string
		status                  int
		holds                   string
	}{
		"no key":                {"GET", "/api/workflows", "", "", 401, `"statusCode":401`},
		"wrong key":             {"GET", "/api/workflows", "wrong", "", 401, `"statusCode":401`},
		"another region's key":  {"GET", "/api/workflows", l.keys[europe], "", 401, `"statusCode":401`},
		"no such path":          {"GET", "/api/jobs", l.keys[west], "", 404, `"statusCode":404`},
		"no such workflow":      {"GET", "/api/workflows/7", l.keys[west], "", 404, `"Message"`},
		"cancel no such":        {"DELETE", "/api/workflows/7", l.keys[west], "", 404, `"Message"`},
		"not a number":          {"GET", "/api/workflows/x", l.keys[west], "", 400, `"Message"`},
		"wrong method":          {"PUT", "/api/workflows/7", l.keys[west], "", 405, `"Message"`},
		"not JSON":              {"POST", "/api/workflows", l.keys[west], "{", 400, `"Message"`},
		"alphabetical SAS":      {"POST", "/api/workflows", l.keys[west], alphabetical, 500, `"Message"`},
		"data in other regions": {"POST", "/api/workflows", l.keys[west], foreign, 400, "IgnoreAzureRegion"},
		"such data on purpose":  {"POST", "/api/workflows", l.keys[west], strings.Replace(foreign, `{"Process"`, `{"IgnoreAzureRegion":true,"Process"`, 1), 200, `"Id"`},
	} {
		t.Run(name, func(t *testing.T) {
			a := l.must(c.method, service+c.path, map[string]string{"Ocp-Apim-Subscription-Key": c.key}, c.body, c.status)
			if !strings.Contains(a.body, c.holds) || a.header.Get("x-ms-request-id") == "" {
				t.Errorf("%s, header %v", a.body, a.header)
			}
		})
	}
}

func TestAnAccountSeesItsOwnWorkflowsOnly(t *testing.T) {
	l := newLab(t, Config{})
	id := l.submit(west, "mine", "mine", "s_1.fq")
	l.keys[west] = l.createAccount(west, "rg-westus2", "other-lab")
	if a, err := l.ask("GET", west, "/api/workflows", ""); err != nil || strings.TrimSpace(a.body) != "[]" {
		t.Errorf("another account lists %s %v", a.body, err)
	}
	for _, method := range []string{"GET", "DELETE"} {
		if a, err := l.ask(method, west, fmt.Sprintf("/api/workflows/%d", id), ""); err != nil || a.status != 404 {
			t.Errorf("another account may %s: %d %v", method, a.status, err)
		}
	}
}
