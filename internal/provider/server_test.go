package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"testing"
	"weak"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"pgregory.net/rapid"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/submission"
)

// lab is a configured server and what its submissions look like.
type lab struct {
	server           *server
	object, identity tftypes.Object
}

func newLab(t testing.TB) *lab {
	t.Helper()
	s, ok := NewServer("test")().(*server)
	if !ok {
		t.Fatal("the framework's server lacks lists or actions")
	}
	ctx := context.Background()
	schemas, err := s.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	identities, err := s.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{server: s}
	l.object = as[tftypes.Object](schemas.ResourceSchemas[submission.TypeName].ValueType())
	l.identity = as[tftypes.Object](identities.IdentitySchemas[submission.TypeName].ValueType())
	config := object(as[tftypes.Object](schemas.Provider.ValueType()), map[string]any{
		"subscription_id": "00000000-0000-0000-0000-000000000000", "tenant_id": "t", "client_id": "c", "client_secret": "s",
		"region_timeout": "1s",
	})
	resp, err := s.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{Config: dynamic(config)})
	if err != nil || len(resp.Diagnostics) > 0 {
		t.Fatal(err, resp.Diagnostics)
	}
	return l
}

func dynamic(v tftypes.Value) *tfprotov6.DynamicValue {
	d, err := tfprotov6.NewDynamicValue(v.Type(), v)
	if err != nil {
		panic(err)
	}
	return &d
}

// object is an object of a type, with null for what isn't given.
func object(of tftypes.Object, given map[string]any) tftypes.Value {
	values := map[string]tftypes.Value{}
	for name, t := range of.AttributeTypes {
		values[name] = value(t, given[name])
	}
	return tftypes.NewValue(of, values)
}

func value(of tftypes.Type, given any) tftypes.Value {
	switch g := given.(type) {
	case map[string]any:
		if o, ok := of.(tftypes.Object); ok {
			return object(o, g)
		}
		elements := map[string]tftypes.Value{}
		for k, v := range g {
			elements[k] = value(as[tftypes.Map](of).ElementType, v)
		}
		return tftypes.NewValue(of, elements)
	case []any:
		var element tftypes.Type
		switch t := of.(type) {
		case tftypes.List:
			element = t.ElementType
		case tftypes.Set:
			element = t.ElementType
		}
		elements := []tftypes.Value{}
		for _, v := range g {
			elements = append(elements, value(element, v))
		}
		return tftypes.NewValue(of, elements)
	default:
		return tftypes.NewValue(of, given)
	}
}

// as is a value that a test put there itself.
func as[T any](v any) T {
	t, ok := v.(T)
	if !ok {
		panic(fmt.Sprintf("%T where there should be %T", v, t))
	}
	return t
}

func accountIn(location string) string {
	return "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Genomics/accounts/lab-" + location
}

func side(location, mode string, generation int) map[string]any {
	peer := map[string]string{"westus2": "westeurope", "westeurope": "westus2"}[location]
	return map[string]any{
		"pair_name": "lab", "role": "primary", "location": location, "account_id": accountIn(location), "account_name": "lab-" + location,
		"api_url": "http://127.0.0.1:9/" + location, "output_storage_account_id": "id-" + location,
		"output_container_url": "http://127.0.0.1:9/store/" + location, "generation": generation, "failover_mode": mode,
		"drain_timeout": "1m", "peer_location": peer, "peer_account_id": accountIn(peer), "peer_api_url": "http://127.0.0.1:9/" + peer,
	}
}

// configured draws a submission's configuration: what a change of it would be is
// another draw.
func configured(t *rapid.T, label string) map[string]any {
	one := func(name string, of ...any) any { return rapid.SampledFrom(of).Draw(t, label+" "+name) }
	location := as[string](one("location", "westus2", "westeurope"))
	c := map[string]any{
		"name": "NA12878", "process": "gatk4", "process_args": "R=hg38m1",
		"region":       side(location, as[string](one("mode", "forced", "planned")), rapid.IntRange(1, 3).Draw(t, label+" generation")),
		"input_store":  map[string]any{"store_name": "reads", "location": one("store", location, location, location, "westus2"), "storage_account_name": "s", "container_name": "in", "container_url": "http://127.0.0.1:9/in"},
		"inputs":       []any{"a_1.fq.gz", one("input", "a_2.fq.gz", "b_2.fq.gz", "a_2.fq.gz")},
		"output":       map[string]any{"basename": "NA12878", "overwrite": one("overwrite", nil, false, true), "include_logs": one("logs", nil, true)},
		"on_failover":  one("policy", nil, nil, string(failover.ResubmitAll), string(failover.KeepRuns), string(failover.ResubmitUnfinished)),
		"sas_duration": one("sas", nil, nil, "24h"), "wait_for_completion": one("wait", nil, true), "on_destroy": one("destroy", nil, "abandon"),
		"description": one("description", nil, "text"),
	}
	if as[bool](one("triggers", false, true)) {
		c["triggers"] = map[string]any{"version": one("version", "1", "2")}
	}
	if as[bool](one("accept", false, true)) {
		c["accept"] = []any{failover.AcceptStaleRuns}
	}
	if as[bool](one("options", false, true)) {
		c["options"] = map[string]any{"bgzip_output": one("bgzip", nil, true)}
	}
	return c
}

// withDefaults is what a state holds of a configuration.
func withDefaults(config map[string]any) map[string]any {
	s := map[string]any{}
	for k, v := range config {
		s[k] = v
	}
	for k, v := range map[string]any{"on_failover": string(failover.ResubmitUnfinished), "sas_duration": "48h", "wait_for_completion": false, "on_destroy": "cancel"} {
		if s[k] == nil {
			s[k] = v
		}
	}
	output := map[string]any{"basename": "NA12878", "overwrite": false, "include_logs": true}
	for k, v := range as[map[string]any](config["output"]) {
		if v != nil {
			output[k] = v
		}
	}
	s["output"] = output
	return s
}

// The planning of submissions that goes past the framework says the same as the
// framework's, whatever changed and whatever the runs are like.
func TestDirectPlanIsTheFrameworks(t *testing.T) {
	l := newLab(t)
	var settled, changed, left int
	rapid.Check(t, func(t *rapid.T) {
		before := configured(t, "state")
		after := before
		if rapid.Bool().Draw(t, "changes") {
			after = configured(t, "plan")
		}
		state := withDefaults(before)
		l.runs(t, state)
		proposed := map[string]any{}
		for k, v := range state {
			proposed[k] = v
		}
		for k, v := range after {
			if v != nil {
				proposed[k] = v
			}
		}
		for _, optional := range []string{"triggers", "accept", "options", "description"} {
			proposed[optional] = after[optional]
		}
		output := map[string]any{}
		for k, v := range as[map[string]any](state["output"]) {
			output[k] = v
		}
		for k, v := range as[map[string]any](after["output"]) {
			if v != nil {
				output[k] = v
			}
		}
		proposed["output"] = output
		if rapid.IntRange(0, 9).Draw(t, "unknown") == 0 {
			after = map[string]any{}
			for k, v := range proposed {
				after[k] = v
			}
			after["region"], proposed["region"] = tftypes.UnknownValue, tftypes.UnknownValue
		}
		silent, err := json.Marshal(map[string][]byte{"silent_regions": []byte(rapid.SampledFrom([]string{`[]`, `["westus2"]`, `["westeurope"]`}).Draw(t, "silent"))})
		if err != nil {
			t.Fatal(err)
		}
		// Terraform before 1.12 keeps no identities.
		named := &tfprotov6.ResourceIdentityData{IdentityData: dynamic(object(l.identity, map[string]any{"account_id": accountIn("westus2"), "workflow_id": "1"}))}
		for _, identity := range []*tfprotov6.ResourceIdentityData{named, nil} {
			got := l.plannedAlike(t, func() *tfprotov6.PlanResourceChangeRequest {
				return &tfprotov6.PlanResourceChangeRequest{
					TypeName: submission.TypeName, Config: dynamic(object(l.object, after)), PriorState: dynamic(object(l.object, state)),
					ProposedNewState: dynamic(object(l.object, proposed)), PriorPrivate: silent, PriorIdentity: identity,
				}
			})
			switch {
			case got == nil:
				left++
			case bytes.Equal(got.PlannedState.MsgPack, dynamic(object(l.object, state)).MsgPack):
				settled++
			default:
				changed++
			}
		}
	})
	t.Logf("%d plans without a change, %d with one, %d left to the framework", settled, changed, left)
	if settled+changed == 0 {
		t.Fatal("nothing was planned directly")
	}
}

// plannedAlike is the direct answer to a request to plan, which is the framework's,
// or nil.
func (l *lab) plannedAlike(t *rapid.T, req func() *tfprotov6.PlanResourceChangeRequest) *tfprotov6.PlanResourceChangeResponse {
	ctx := context.Background()
	want, err := l.server.framework.PlanResourceChange(ctx, req())
	if err != nil {
		t.Fatal(err)
	}
	got := l.server.submissions(ctx).Plan(ctx, req())
	if got == nil {
		return nil
	}
	l.same(t, want.PlannedState, got.PlannedState)
	if len(want.Diagnostics) > 0 || len(want.RequiresReplace) > 0 {
		t.Fatalf("the framework has more to say: %v %v", want.Diagnostics, want.RequiresReplace)
	}
	if !bytes.Equal(want.PlannedPrivate, got.PlannedPrivate) {
		t.Fatalf("private state %s, the framework's %s", got.PlannedPrivate, want.PlannedPrivate)
	}
	wantName, err1 := want.PlannedIdentity.IdentityData.Unmarshal(l.identity)
	gotName, err2 := got.PlannedIdentity.IdentityData.Unmarshal(l.identity)
	if err1 != nil || err2 != nil || !wantName.Equal(gotName) {
		t.Fatalf("identity %s, the framework's %s (%v, %v)", gotName, wantName, err1, err2)
	}
	return got
}

// carried is what the context of a call carried.
func carried(t *testing.T, call func(context.Context) error) weak.Pointer[[1 << 10]byte] {
	t.Helper()
	type key struct{}
	burden := new([1 << 10]byte)
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), key{}, burden))
	defer cancel()
	if err := call(ctx); err != nil {
		t.Error(err)
	}
	return weak.Make(burden)
}

// What a call's context carries is gone with the call: the framework keeps all of
// them.
func TestACallsContextIsNotKept(t *testing.T) {
	l := newLab(t)
	none := dynamic(tftypes.NewValue(l.object, nil))
	for name, call := range map[string]func(context.Context) error{
		"validate": func(ctx context.Context) error {
			_, err := l.server.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: submission.TypeName, Config: none})
			return err
		},
		"upgrade": func(ctx context.Context) error {
			_, err := l.server.UpgradeResourceState(ctx, &tfprotov6.UpgradeResourceStateRequest{TypeName: submission.TypeName, RawState: &tfprotov6.RawState{JSON: []byte("{}")}})
			return err
		},
		"plan": func(ctx context.Context) error {
			_, err := l.server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{TypeName: submission.TypeName, Config: none, PriorState: none, ProposedNewState: none})
			return err
		},
		"read": func(ctx context.Context) error {
			_, err := l.server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{TypeName: submission.TypeName, CurrentState: none})
			return err
		},
		"apply": func(ctx context.Context) error {
			_, err := l.server.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{TypeName: submission.TypeName, Config: none, PriorState: none, PlannedState: none})
			return err
		},
	} {
		kept := carried(t, call)
		runtime.GC()
		if kept.Value() != nil {
			t.Errorf("%s: what the context carried is kept", name)
		}
	}
	runtime.KeepAlive(l)
}

// runs draws the runs of a state, and what the state says of the one that counts.
func (l *lab) runs(t *rapid.T, state map[string]any) {
	var attempts []any
	n := rapid.IntRange(0, 3).Draw(t, "runs")
	key := keyOf(state)
	if rapid.IntRange(0, 4).Draw(t, "other content") == 0 {
		key = "aaaaaaaaaaaaaaaaaaaaaaaaaa"
	}
	for i := range n {
		location := rapid.SampledFrom([]string{"westus2", "westeurope"}).Draw(t, "run's location")
		status := rapid.SampledFrom([]string{"queued", "working", "success", "failed", "cancelling", "cancelled", "unknown"}).Draw(t, "run's status")
		var code any
		if status == "failed" {
			code = rapid.SampledFrom([]any{nil, 200, 50}).Draw(t, "run's failure")
		}
		superseded := i < n-1 || rapid.IntRange(0, 4).Draw(t, "all superseded") == 0
		attempts = append(attempts, map[string]any{
			"location": location, "account_id": accountIn(location), "api_url": "http://127.0.0.1:9/" + location, "workflow_id": "100",
			"status": status, "failure_code": code, "superseded": superseded, "submitted_at": "2026-01-01T00:00:00Z", "submission_key": key,
			"output_basename": "NA12878-" + location + "-1", "output_container_url": "http://127.0.0.1:9/store/" + location,
			"output_storage_account_id": "id-" + location, "stray": superseded && rapid.Bool().Draw(t, "stray"),
		})
		if !superseded {
			state["location"], state["status"], state["workflow_id"], state["id"] = location, status, "100", accountIn(location)+"/workflows/100"
		}
	}
	state["attempts"], state["generation"], state["submission_key"], state["unfenced_attempts"] = attempts, 1, key, 0
	if attempts == nil {
		state["attempts"] = []any{}
	}
}

// keyOf is the key that goes with what a state says of the configuration.
func keyOf(state map[string]any) string {
	c := failover.Content{Process: "gatk4", ProcessArgs: "R=hg38m1", Basename: "NA12878"}
	for _, name := range as[[]any](state["inputs"]) {
		c.Inputs = append(c.Inputs, as[string](name))
	}
	if options, ok := state["options"].(map[string]any); ok && options["bgzip_output"] != nil {
		c.Options = map[string]string{"bgzip_output": "true"}
	}
	if triggers, ok := state["triggers"].(map[string]any); ok {
		c.Triggers = map[string]string{"version": as[string](triggers["version"])}
	}
	return failover.Key(failover.Identity{Pair: "lab", Submission: "NA12878"}, 1, c)
}

func (l *lab) same(t *rapid.T, want, got *tfprotov6.DynamicValue) {
	w, err1 := want.Unmarshal(l.object)
	g, err2 := got.Unmarshal(l.object)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	diff, err := w.Diff(g)
	if err != nil || len(diff) > 0 {
		t.Fatalf("not as the framework plans it: %v %v", diff, err)
	}
}
