package readiness

import (
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
)

func TestWhatSubmissionsTakeFromAStore(t *testing.T) {
	s := types.StringValue
	j := jobsModel{
		Tasks: []taskModel{{Name: s("task"), InputStore: &inputStoreModel{StoreName: s("reads")},
			Inputs: []taskInputModel{{s("store://a.fq")}, {types.StringNull()}, {s("https://elsewhere.example/b")}, {s("store://a.fq")}}}},
		Runs: []runModel{
			{Name: s("run"), InputStore: &inputStoreModel{StoreName: s("reads")}, WorkflowURL: s("store://flow.cwl"), WorkflowParams: s(`{"reads": ["store://b.fq", 3]}`)},
			{Name: s("alone"), WorkflowURL: s("flow.cwl")},
		},
	}
	want := map[string][]string{"task": {"a.fq"}, "run": {"flow.cwl", "b.fq"}, "alone": nil}
	jobs := j.jobs()
	if len(jobs) != len(want) {
		t.Errorf("%d jobs", len(jobs))
	}
	for _, job := range jobs {
		if name := job.Name.ValueString(); !slices.Equal(job.Inputs, want[name]) || job.InputStore == nil {
			t.Errorf("%s takes %v", name, job.Inputs)
		}
	}
	// What takes nothing needs no store.
	l := &look{jobs: jobs[2:]}
	if got := l.workflows(runs{unseen: "nobody could look"}, nil); got.Unlooked != "" || len(got.Problems) != 0 || !got.Asked {
		t.Errorf("%+v", got)
	}
	// What takes something needs its store to be looked at.
	l.jobs = jobs[:1]
	if got := l.workflows(runs{unseen: "nobody could look"}, nil); got.Unlisted != "reads" {
		t.Errorf("%+v", got)
	}
	if (jobsModel{}).jobs() != nil || (jobsModel{Runs: []runModel{}}).jobs() == nil {
		t.Error("none given is not the same as an empty list")
	}
}

func TestWhatAServiceSaysOfItself(t *testing.T) {
	for _, row := range []struct {
		info    engine.Info
		about   string
		foreign bool
	}{
		{engine.Info{}, "", false},
		{engine.Info{Name: "Funnel", Version: "0.11", Protocols: []string{"1.1.0"}}, "Funnel 0.11; protocol 1.1.0", false},
		{engine.Info{Protocols: []string{"2.0", "lab-wes-1.0.1"}, Workflows: map[string][]string{"WDL": {"1.0"}, "CWL": {"v1.0", "v1.2"}}},
			"protocol 2.0, lab-wes-1.0.1; CWL v1.0, v1.2; WDL 1.0", false},
		{engine.Info{Name: "next", Protocols: []string{"v2", "3.1"}}, "next; protocol v2, 3.1", true},
		{engine.Info{Protocols: []string{"draft"}}, "protocol draft", false},
	} {
		if got := about(row.info); got != row.about {
			t.Errorf("%+v is told as %q", row.info, got)
		}
		if got := foreign(row.info); (got != "") != row.foreign {
			t.Errorf("%+v is foreign: %q", row.info, got)
		}
	}
}
