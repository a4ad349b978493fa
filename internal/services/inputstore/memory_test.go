package inputstore

import (
	"context"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
)

type private map[string][]byte

func (p private) GetKey(_ context.Context, key string) ([]byte, diag.Diagnostics) { return p[key], nil }

func (p private) SetKey(_ context.Context, key string, value []byte) diag.Diagnostics {
	p[key] = value
	return nil
}

func TestMemoryIsKept(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, want := range map[string]memory{
		"nothing":    {},
		"everything": {Left: "westeurope", Manifest: failover.ManifestFound, SHA256: "aa", RecoveryPoint: at, InSyncAt: at},
	} {
		t.Run(name, func(t *testing.T) {
			kept, state := private{}, stateActiveIn(t, "westus2", 0)
			if d := want.save(t.Context(), kept); len(d) > 0 {
				t.Fatal(d)
			}
			if got, d := recall(t.Context(), kept, &state); len(d) > 0 || got != want {
				t.Errorf("%+v became %+v, %v", want, got, d)
			}
		})
	}
	state := stateActiveIn(t, "westus2", 0)
	if _, d := recall(t.Context(), private{memoryKey: []byte("{")}, &state); !d.HasError() {
		t.Error("a memory that cannot be read goes unnoticed")
	}
}

// A state from before there was a memory tells where its manifest is, where it can.
func TestMemoryOfAnOlderState(t *testing.T) {
	for active, want := range map[string]string{"westus2": "westeurope", "westeurope": ""} {
		state := stateActiveIn(t, active, 0)
		state.ManifestSHA256 = types.StringValue("aa")
		if got, d := recall(t.Context(), private{}, &state); len(d) > 0 || got.Left != want {
			t.Errorf("with %s active it is in %q, %v", active, got.Left, d)
		}
	}
}

func TestPlanOfAPlannedFlipCopiesFirst(t *testing.T) {
	r, state, plan := newResource(t), stateActiveIn(t, "westus2", 2), storeActiveIn("westeurope")
	plan.Failover = types.ObjectValueMust(failoverTypes, map[string]attr.Value{"mode": types.StringValue(failover.ModePlanned), "max_data_loss": types.StringNull()})
	if d := r.complete(t.Context(), &plan, &state, nil, memory{}, ruleMemory{}); len(d) > 0 {
		t.Fatal(d)
	}
	if !plan.Active.Equal(state.Standby) || plan.PendingBlobs.ValueInt64() != 0 || !plan.InSync.ValueBool() || !plan.LastReplicatedAt.IsUnknown() {
		t.Errorf("active %s, pending %s, replicated at %s", plan.Active, plan.PendingBlobs, plan.LastReplicatedAt)
	}
}

// What the configuration does not tell yet refuses nothing: the plan during the
// apply knows it.
func TestPlanOfAFlipWithUnknownSettings(t *testing.T) {
	for name, change := range map[string]func(*model){
		"accept":   func(m *model) { m.Accept = types.SetUnknown(types.StringType) },
		"failover": func(m *model) { m.Failover = types.ObjectUnknown(failoverTypes) },
		"mode": func(m *model) {
			m.Failover = types.ObjectValueMust(failoverTypes, map[string]attr.Value{"mode": types.StringUnknown(), "max_data_loss": types.StringNull()})
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, state, plan := newResource(t), stateActiveIn(t, "westus2", 2), storeActiveIn("westeurope")
			change(&plan)
			if d := r.complete(t.Context(), &plan, &state, nil, memory{}, ruleMemory{}); len(d) > 0 {
				t.Fatal(d)
			}
			if !plan.Active.Equal(state.Standby) || !plan.PendingBlobs.IsUnknown() {
				t.Errorf("active %s, pending %s", plan.Active, plan.PendingBlobs)
			}
		})
	}
}

func TestSettledWaitsForRest(t *testing.T) {
	for name, tc := range map[string]struct {
		copied []int64
		fails  bool
		rounds int
		quiet  bool
	}{
		"nothing to copy":    {copied: []int64{0}, rounds: 1, quiet: true},
		"uploads in between": {copied: []int64{5, 1, 0}, rounds: 3, quiet: true},
		"uploads for ever":   {copied: []int64{5, 4, 3, 2, 1, 0}, rounds: maxRounds},
		"a failure":          {copied: []int64{5}, fails: true, rounds: 1, quiet: true},
	} {
		t.Run(name, func(t *testing.T) {
			rounds := 0
			_, quiet := settled(func() (r replication.Result, d diag.Diagnostics) {
				r.Copied = tc.copied[rounds]
				rounds++
				if tc.fails {
					d.AddError("no", "no")
				}
				return r, d
			})
			if rounds != tc.rounds || quiet != tc.quiet {
				t.Errorf("%d rounds, at rest %t", rounds, quiet)
			}
		})
	}
}
