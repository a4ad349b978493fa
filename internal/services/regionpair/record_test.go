package regionpair

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
)

// private stands in for a resource's private state.
type private map[string][]byte

func (p private) GetKey(_ context.Context, key string) ([]byte, diag.Diagnostics) { return p[key], nil }

func (p private) SetKey(_ context.Context, key string, value []byte) diag.Diagnostics {
	var diags diag.Diagnostics
	if !json.Valid(value) {
		diags.AddError("private state has to be JSON", string(value))
	}
	p[key] = value
	return diags
}

func TestLedgerSurvivesPrivateState(t *testing.T) {
	p := private{}
	empty, d := readLedger(t.Context(), p)
	if d.HasError() || empty.Writer != "" || empty.Seen == nil {
		t.Fatalf("%+v %v", empty, d)
	}
	empty.sign()
	name := empty.Writer
	empty.Seen["http://a/out"] = seen{ETag: "0x1", Record: &failover.PairRecord{Active: "westus2", Generation: 2}}
	if d := empty.save(t.Context(), p); d.HasError() {
		t.Fatal(d)
	}
	back, d := readLedger(t.Context(), p)
	back.sign()
	if d.HasError() || name == "" || back.Writer != name || len(back.records()) != 1 || back.Seen["http://a/out"].ETag != "0x1" {
		t.Fatalf("%+v %v", back, d)
	}
	p[ledgerKey] = []byte("x")
	if _, d := readLedger(t.Context(), p); !d.HasError() {
		t.Error("damaged private state goes unnoticed")
	}
}

func TestPhaseByTheRecords(t *testing.T) {
	record := func(active string, generation int64, writer string, phase failover.Phase) *failover.PairRecord {
		return &failover.PairRecord{Active: active, Generation: generation, Writer: writer, Phase: phase}
	}
	for name, tc := range map[string]struct {
		record *failover.PairRecord
		want   failover.Phase
	}{
		"none":                       {nil, failover.PhaseActive},
		"steady":                     {record("westus2", 2, "me", failover.PhaseActive), failover.PhaseActive},
		"begun":                      {record("westeurope", 3, "me", failover.PhaseFailingOver), failover.PhaseFailingOver},
		"ended, but never saved":     {record("westeurope", 3, "me", failover.PhaseActive), failover.PhaseFailingOver},
		"saved, but not yet ended":   {record("westus2", 2, "me", failover.PhaseFailingOver), failover.PhaseFailingOver},
		"somebody else's":            {record("westeurope", 3, "they", failover.PhaseFailingOver), failover.PhaseActive},
		"a copy that stayed behind":  {record("westeurope", 1, "me", failover.PhaseFailingOver), failover.PhaseActive},
		"a stale one of mine, apart": {record("westeurope", 2, "me", failover.PhaseFailingOver), failover.PhaseActive},
	} {
		t.Run(name, func(t *testing.T) {
			book := ledger{Writer: "me", Seen: map[string]seen{}}
			if tc.record != nil {
				book.Seen["u"] = seen{ETag: "1", Record: tc.record}
			}
			if got := book.phase("westus2", 2); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}
