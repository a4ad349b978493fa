package regionpair

import (
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newResource(t *testing.T) *Resource {
	t.Helper()
	s, err := session.New(azure.Config{Environment: "public", UseMSI: true, RegionTimeout: time.Second, ServiceEndpointTemplate: azure.DefaultServiceEndpointTemplate})
	if err != nil {
		t.Fatal(err)
	}
	return &Resource{session: s, now: func() time.Time { return noon }}
}

// pairActiveIn is a configuration whose storage accounts and accounts are not
// known, so that nobody is asked about them.
func pairActiveIn(location string, accept ...string) model {
	m := pairOfRegions(location, "westus2", "westeurope")
	values := make([]attr.Value, 0, len(accept))
	for _, a := range accept {
		values = append(values, types.StringValue(a))
	}
	m.Accept = types.SetValueMust(types.StringType, values)
	for _, object := range []*types.Object{&m.Primary, &m.Secondary} {
		attributes := object.Attributes()
		attributes["account_id"] = types.StringUnknown()
		*object = types.ObjectValueMust(sideTypes, attributes)
	}
	return m
}

func stateActiveIn(t *testing.T, location string, generation int64) *model {
	t.Helper()
	m := pairActiveIn(location)
	primary, _ := m.side(t.Context(), rolePrimary)
	secondary, _ := m.side(t.Context(), roleSecondary)
	active, standby, _ := activeSide(m.ActiveRegion, primary, secondary)
	settings, _ := m.failover(t.Context())
	m.Generation, m.Phase, m.LastFailoverAt = types.Int64Value(generation), types.StringValue("active"), types.StringNull()
	m.LastFailover = types.ObjectNull(lastTypes)
	m.Active, _ = m.describe(active, standby, settings).object(t.Context())
	m.Standby, _ = m.describe(standby, active, settings).object(t.Context())
	return &m
}

// How to fail over may come with the apply. A plan that had taken the defaults for
// it would not be kept.
func TestPlanOfUnknownSettings(t *testing.T) {
	m := pairActiveIn("westus2")
	m.Failover = types.ObjectUnknown(m.Failover.AttributeTypes(t.Context()))
	if settings, _ := m.failover(t.Context()); !settings.Mode.IsUnknown() || !settings.MaxDataLoss.IsUnknown() || !settings.DrainTimeout.IsUnknown() {
		t.Errorf("the settings are %+v", settings)
	}
}

func TestPlan(t *testing.T) {
	theirs := failover.PairRecord{Pair: "lab", Active: "westeurope", Generation: 2, Phase: failover.PhaseActive, Writer: "they", By: "ann@desk", At: noon.Add(-time.Hour), From: "westus2"}
	mine := theirs
	mine.Writer, mine.Phase = "me", failover.PhaseFailingOver
	for name, tc := range map[string]struct {
		to         string
		accept     []string
		record     *failover.PairRecord
		silent     services.Silent
		generation int64
		at         string
		errors     []string
		warnings   []string
	}{
		"nothing to do":          {to: "westus2", generation: 1, at: "<null>"},
		"flip":                   {to: "westeurope", generation: 2, at: "<unknown>"},
		"flip in the dark":       {to: "westeurope", silent: services.Silent{"westus2"}, generation: 2, at: "<unknown>"},
		"flip into the dark":     {to: "westeurope", silent: services.Silent{"westeurope"}, errors: []string{"does not answer", `accept = ["standby_unreachable"]`}},
		"the guard is lifted":    {to: "westeurope", accept: []string{"standby_unreachable"}, silent: services.Silent{"westeurope"}, generation: 2, at: "<unknown>", warnings: []string{"The guard standby_unreachable is lifted"}},
		"others went first":      {to: "westeurope", record: &theirs, generation: 2, at: `"2026-03-01T11:00:00Z"`},
		"others went, we stay":   {to: "westus2", record: &theirs, generation: 1, at: "<null>", warnings: []string{"ann@desk made westeurope the active region", "set active_region to westeurope, which joins it"}},
		"resume what was begun":  {to: "westeurope", record: &mine, generation: 2, at: `"2026-03-01T11:00:00Z"`},
		"give up what was begun": {to: "westus2", record: &mine, generation: 3, at: "<unknown>"},
	} {
		t.Run(name, func(t *testing.T) {
			plan := pairActiveIn(tc.to, tc.accept...)
			k := known{book: ledger{Writer: "me", Seen: map[string]seen{}}, silent: tc.silent}
			if tc.record != nil {
				k.book.Seen["u"] = seen{ETag: "1", Record: tc.record}
			}
			_, d := newResource(t).complete(t.Context(), &plan, stateActiveIn(t, "westus2", 1), k)
			says(t, d.Errors(), tc.errors)
			says(t, d.Warnings(), tc.warnings)
			if len(tc.errors) > 0 {
				return
			}
			if plan.Generation.ValueInt64() != tc.generation || plan.LastFailoverAt.String() != tc.at || plan.Phase.ValueString() != "active" {
				t.Errorf("generation %s, last failover at %s, phase %s", plan.Generation, plan.LastFailoverAt, plan.Phase)
			}
			active, _, _ := roleFrom(t.Context(), plan.Active)
			if active.Location.ValueString() != tc.to || active.PeerLocation.ValueString() == tc.to || active.PeerLocation.IsUnknown() || active.Generation.ValueInt64() != tc.generation {
				t.Errorf("the active side is %+v", active)
			}
		})
	}
}

// While it is not known which region is active nothing is promised that a record
// may know better when it is.
func TestPlanOfAnUnknownRegion(t *testing.T) {
	plan := pairActiveIn("westeurope")
	plan.ActiveRegion = types.StringUnknown()
	for _, state := range []*model{nil, stateActiveIn(t, "westus2", 1)} {
		if _, d := newResource(t).complete(t.Context(), &plan, state, known{book: ledger{Seen: map[string]seen{}}}); len(d) != 0 {
			t.Fatal(d)
		}
		if !plan.Generation.IsUnknown() || !plan.LastFailoverAt.IsUnknown() || !plan.Active.IsUnknown() || !plan.Phase.IsUnknown() {
			t.Errorf("it promises %s, %s, %s", plan.Generation, plan.LastFailoverAt, plan.Phase)
		}
	}
}

// What an unknown accept lifts is known when the apply plans once more.
func TestUnknownAcceptRefusesNothingYet(t *testing.T) {
	plan := pairActiveIn("westeurope")
	plan.Accept = types.SetUnknown(types.StringType)
	_, d := newResource(t).complete(t.Context(), &plan, stateActiveIn(t, "westus2", 1), known{book: ledger{Seen: map[string]seen{}}, silent: services.Silent{"westeurope"}})
	if len(d) != 0 {
		t.Error(d)
	}
}

func says(t *testing.T, got diag.Diagnostics, pieces []string) {
	t.Helper()
	var text strings.Builder
	for _, d := range got {
		text.WriteString(d.Summary() + "\n" + d.Detail() + "\n")
	}
	if len(pieces) == 0 && len(got) > 0 {
		t.Errorf("it says: %s", text.String())
	}
	for _, piece := range pieces {
		if !strings.Contains(text.String(), piece) {
			t.Errorf("nothing is said of %q: %s", piece, text.String())
		}
	}
}
