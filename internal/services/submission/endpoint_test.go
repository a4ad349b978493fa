package submission

import (
	"context"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
)

const base = "https://tes.example.org/ga4gh/tes/v1"

func TestEndpointSchemasAreSound(t *testing.T) {
	for _, k := range []*kind{tasks, runs} {
		s := k.schema(t.Context())
		if diags := s.ValidateImplementation(t.Context()); diags.HasError() {
			t.Errorf("%s: %v", k.typeName, diags)
		}
		list, ok := s.Attributes["attempts"].GetType().(types.ListType)
		if !ok || !list.ElemType.Equal(types.ObjectType{AttrTypes: attemptTypesOf(k)}) {
			t.Errorf("%s: the attempts of the schema are not those of the model", k.typeName)
		}
	}
}

// What goes into the core's model comes out as it was, unknown values included, and
// the core sees a place where others have an account.
func TestAttemptsComeBack(t *testing.T) {
	typesOf := attemptTypesOf(tasks)
	attempt := func(values map[string]attr.Value) attr.Value {
		all := map[string]attr.Value{}
		for name, of := range typesOf {
			switch of {
			case types.BoolType:
				all[name] = types.BoolValue(false)
			case types.Int64Type:
				all[name] = types.Int64Null()
			default:
				all[name] = types.StringNull()
			}
		}
		for name, value := range values {
			all[name] = value
		}
		return types.ObjectValueMust(typesOf, all)
	}
	list := types.ListValueMust(types.ObjectType{AttrTypes: typesOf}, []attr.Value{
		attempt(map[string]attr.Value{"task_id": types.StringValue("b6"), "api_url": types.StringValue(base), "status": types.StringValue("failed"), "exit_code": types.Int64Value(0)}),
		attempt(map[string]attr.Value{"task_id": types.StringUnknown(), "api_url": types.StringValue(base), "status": types.StringValue("failed"), "superseded": types.BoolValue(true)}),
	})
	core := toCoreAttempts(list, tasks)
	if back := fromCoreAttempts(core, tasks); !back.Equal(list) {
		t.Errorf("%s came back as %s", list, back)
	}
	m := &model{kind: tasks, Attempts: core}
	attempts, diags := m.attempts(t.Context())
	if diags.HasError() || len(attempts) != 2 {
		t.Fatalf("%v %v", attempts, diags)
	}
	if got := attempts[0].id(); got != base+"/tasks/b6" || attempts[0].account().ID != base || attempts[0].account().Kind != "tes" {
		t.Errorf("the run is %s at %+v", got, attempts[0].account())
	}
	// A tool that failed would fail anywhere, also with a code that nobody tells; a
	// task that its server lost would not.
	decided := toCore(attempts)
	if !decided[0].InputFailure || decided[1].InputFailure || decided[0].Settled() == decided[1].Settled() {
		t.Errorf("decided on %+v", decided)
	}
	for _, special := range []types.List{types.ListNull(list.ElementType(context.Background())), types.ListUnknown(list.ElementType(context.Background()))} {
		if back := fromCoreAttempts(toCoreAttempts(special, tasks), tasks); !back.Equal(special) {
			t.Errorf("%s came back as %s", special, back)
		}
	}
}

func TestExitCodes(t *testing.T) {
	for _, row := range []struct {
		run    engine.Run
		want   types.Int64
		blames bool
	}{
		{engine.Run{State: engine.StateFailedInput, Code: 3}, types.Int64Value(3), true},
		{engine.Run{State: engine.StateFailedInput}, types.Int64Value(0), true},
		{engine.Run{State: engine.StateFailedSystem, Code: 137}, types.Int64Null(), false},
		{engine.Run{State: engine.StateSucceeded}, types.Int64Null(), false},
	} {
		if got := exitCode(row.run); !got.Equal(row.want) || blamesJob(got) != row.blames {
			t.Errorf("%+v has %s, blames %t", row.run, got, blamesJob(got))
		}
	}
}

// The name of a folder is made of the submission's name where none is given.
func TestFolders(t *testing.T) {
	for name, want := range map[string]string{"NA12878": "NA12878", "a sample/1?": "a-sample-1-", "é": "-"} {
		e := &endpointModel{Name: types.StringValue(name), Output: types.ObjectNull(map[string]attr.Type{"basename": types.StringType})}
		if got := e.basename(t.Context()); got != want {
			t.Errorf("%q is %q", name, got)
		}
	}
}

// The parameters are the same run however they are written, and another one when
// anything in them changes.
func TestContentOfARun(t *testing.T) {
	key := func(params, kind string) string {
		r := &runModel{runArguments: runArguments{WorkflowType: types.StringValue(kind), WorkflowParams: types.StringValue(params)}}
		r.Name = types.StringValue("one")
		content, diags := r.content(t.Context())
		if diags.HasError() {
			t.Fatal(diags)
		}
		return failover.Key(failover.Identity{Pair: "lab", Submission: "one"}, 1, content)
	}
	one := key(`{"a":1,"b":"store://x"}`, "CWL")
	if one != key("{ \"b\": \"store://x\",\n \"a\": 1 }", "CWL") {
		t.Error("another way to write the parameters is another run")
	}
	for _, other := range []string{key(`{"a":2,"b":"store://x"}`, "CWL"), key(`{"a":1,"b":"store://y"}`, "CWL"), key(`{"a":1,"b":"store://x"}`, "WDL")} {
		if other == one {
			t.Error("other parameters are the same run")
		}
	}
}

func FuzzRunID(f *testing.F) {
	for _, seed := range []string{base + "/tasks/b6", "/tasks/", base + "/tasks/", "https://x/tasks/a/tasks/b", "", "tasks", base + "/tasks/a:b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		place, run, err := tasks.parseRunID(id)
		if err != nil {
			return
		}
		if place == "" || run == "" || place+tasks.segment+run != id || strings.Contains(run, tasks.segment) {
			t.Errorf("%q is %q at %q", id, run, place)
		}
	})
}
