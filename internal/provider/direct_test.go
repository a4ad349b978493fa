package provider

import (
	"context"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"pgregory.net/rapid"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/submission"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/wire"
)

// spoils are what can be wrong with a configuration, and what is not.
var spoils = map[string]func(map[string]any){
	"nothing":                 func(map[string]any) {},
	"no name":                 func(c map[string]any) { c["name"] = nil },
	"empty name":              func(c map[string]any) { c["name"] = "" },
	"process":                 func(c map[string]any) { c["process"] = "bwa" },
	"arguments":               func(c map[string]any) { c["process_args"] = "R" },
	"no inputs":               func(c map[string]any) { c["inputs"] = []any{} },
	"null input":              func(c map[string]any) { c["inputs"] = []any{"a_1.fq.gz", nil} },
	"odd inputs":              func(c map[string]any) { c["inputs"] = []any{"a_1.fq.gz"} },
	"base name":               func(c map[string]any) { c["output"] = map[string]any{"basename": strings.Repeat("n", 1025)} },
	"no base name":            func(c map[string]any) { c["output"] = map[string]any{"overwrite": true} },
	"description":             func(c map[string]any) { c["description"] = strings.Repeat("d", 1000) },
	"duration":                func(c map[string]any) { c["sas_duration"] = "two days" },
	"policy":                  func(c map[string]any) { c["on_failover"] = "never" },
	"reference confidence":    func(c map[string]any) { c["options"] = map[string]any{"emit_ref_confidence": "some"} },
	"read group":              func(c map[string]any) { c["options"] = map[string]any{"read_group": "RG"} },
	"good read group":         func(c map[string]any) { c["options"] = map[string]any{"read_group": "@RG\tID:1"} },
	"null trigger":            func(c map[string]any) { c["triggers"] = map[string]any{"version": nil} },
	"guard":                   func(c map[string]any) { c["accept"] = []any{"everything"} },
	"given what is read only": func(c map[string]any) { c["id"] = "mine" },
	"given runs":              func(c map[string]any) { c["attempts"] = []any{map[string]any{"location": "westus2"}} },
	"no region":               func(c map[string]any) { c["region"] = nil },
	"region without location": func(c map[string]any) { c["region"] = map[string]any{"pair_name": "lab"} },
	"time":                    func(c map[string]any) { c["timeouts"] = map[string]any{"create": "soon"} },
	"unknown":                 func(c map[string]any) { c["process"] = tftypes.UnknownValue },
}

// What is found valid past the framework is valid to it, and what is valid and known
// is not left to it.
func TestDirectValidationIsTheFrameworks(t *testing.T) {
	l := newLab(t)
	ctx := context.Background()
	found := map[bool]int{}
	for name, spoil := range spoils {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			config := configured(t, "config")
			spoil(config)
			req := &tfprotov6.ValidateResourceConfigRequest{TypeName: submission.TypeName, Config: dynamic(object(l.object, config))}
			want, err := l.server.framework.ValidateResourceConfig(ctx, req)
			if err != nil {
				t.Fatal(err)
			}
			got := l.server.submissions(ctx).Validate(ctx, req)
			if valid := len(want.Diagnostics) == 0; (got != nil) != valid && name != "unknown" {
				t.Fatalf("answered past the framework: %t; the framework's: %v", got != nil, want.Diagnostics)
			}
			if got != nil && len(got.Diagnostics) > 0 {
				t.Fatal(got.Diagnostics)
			}
			found[got != nil]++
		}))
	}
	if found[true] == 0 || found[false] == 0 {
		t.Fatalf("valid and not: %v", found)
	}
}

// A state of this version and these attributes is upgraded past the framework to the
// same; another is left to it.
func TestDirectUpgradeIsTheFrameworks(t *testing.T) {
	l := newLab(t)
	ctx := context.Background()
	rapid.Check(t, func(t *rapid.T) {
		state := withDefaults(configured(t, "state"))
		l.runs(t, state)
		kept := wire.JSON(object(l.object, state))
		req := &tfprotov6.UpgradeResourceStateRequest{TypeName: submission.TypeName, RawState: &tfprotov6.RawState{JSON: kept}}
		want, err := l.server.framework.UpgradeResourceState(ctx, req)
		if err != nil || len(want.Diagnostics) > 0 {
			t.Fatal(err, want.Diagnostics)
		}
		got := l.server.submissions(ctx).Upgrade(req)
		if got == nil || len(got.Diagnostics) > 0 {
			t.Fatalf("left to the framework: %v", got)
		}
		l.same(t, want.UpgradedState, got.UpgradedState)

		req.Version = 1
		if got := l.server.submissions(ctx).Upgrade(req); got != nil {
			t.Fatal("a state of another version is taken for one of this")
		}
		other := append([]byte(`{"of_another_time":true,`), kept[1:]...)
		req = &tfprotov6.UpgradeResourceStateRequest{TypeName: submission.TypeName, RawState: &tfprotov6.RawState{JSON: other}}
		if got := l.server.submissions(ctx).Upgrade(req); got != nil {
			t.Fatal("a state with another attribute is taken for one of this version")
		}
	})
}

// BenchmarkDirect holds what a plan in health asks of each submission against the
// framework's way.
func BenchmarkDirect(b *testing.B) {
	l := newLab(b)
	ctx := context.Background()
	config := map[string]any{
		"name": "NA12878", "process": "gatk4", "process_args": "R=hg38m1", "region": side("westus2", "forced", 1),
		"input_store": map[string]any{"store_name": "reads", "location": "westus2", "storage_account_name": "s", "container_name": "in", "container_url": "http://127.0.0.1:9/in"},
		"inputs":      []any{"a_1.fq.gz", "a_2.fq.gz"}, "output": map[string]any{"basename": "NA12878"},
	}
	state := withDefaults(config)
	state["attempts"] = []any{map[string]any{
		"location": "westus2", "account_id": accountIn("westus2"), "api_url": "http://127.0.0.1:9/westus2", "workflow_id": "100",
		"status": "queued", "superseded": false, "submitted_at": "2026-01-01T00:00:00Z", "submission_key": keyOf(state),
	}}
	state["location"], state["status"], state["workflow_id"], state["id"] = "westus2", "queued", "100", accountIn("westus2")+"/workflows/100"
	state["generation"], state["submission_key"], state["unfenced_attempts"] = 1, keyOf(state), 0
	value := object(l.object, state)
	stored, given, kept := dynamic(value), dynamic(object(l.object, config)), wire.JSON(value)

	upgrade := func() *tfprotov6.UpgradeResourceStateRequest {
		return &tfprotov6.UpgradeResourceStateRequest{TypeName: submission.TypeName, RawState: &tfprotov6.RawState{JSON: kept}}
	}
	validate := &tfprotov6.ValidateResourceConfigRequest{TypeName: submission.TypeName, Config: given}
	plan := &tfprotov6.PlanResourceChangeRequest{TypeName: submission.TypeName, Config: given, PriorState: stored, ProposedNewState: stored}
	for name, call := range map[string]func(s tfprotov6.ProviderServer) (any, error){
		"upgrade":  func(s tfprotov6.ProviderServer) (any, error) { return s.UpgradeResourceState(ctx, upgrade()) },
		"validate": func(s tfprotov6.ProviderServer) (any, error) { return s.ValidateResourceConfig(ctx, validate) },
		"plan":     func(s tfprotov6.ProviderServer) (any, error) { return s.PlanResourceChange(ctx, plan) },
	} {
		for way, s := range map[string]tfprotov6.ProviderServer{"direct": l.server, "framework": l.server.framework} {
			b.Run(name+"/"+way, func(b *testing.B) {
				b.ReportAllocs()
				for range b.N {
					if _, err := call(s); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
