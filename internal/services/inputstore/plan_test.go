package inputstore

import (
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

var failoverTypes = map[string]attr.Type{"mode": types.StringType, "max_data_loss": types.StringType}

var sideTypes = map[string]attr.Type{"location": types.StringType, "storage_account_id": types.StringType, "container_name": types.StringType}

func sideIn(location string) types.Object {
	return types.ObjectValueMust(sideTypes, map[string]attr.Value{
		"location":           types.StringValue(location),
		"storage_account_id": types.StringValue("/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/lab" + location),
		"container_name":     types.StringValue("inputs"),
	})
}

func storeActiveIn(location string) model {
	return model{
		Name: types.StringValue("reads"), ActiveRegion: types.StringValue(location), Primary: sideIn("westus2"), Secondary: sideIn("westeurope"),
		Include: types.ListNull(types.StringType), Exclude: types.ListNull(types.StringType), Accept: types.SetNull(types.StringType), Failover: types.ObjectNull(failoverTypes),
		Verify: types.StringValue("md5"), FailbackReplication: types.BoolValue(false),
	}
}

// stateActiveIn is a store as a replication left it, all known.
func stateActiveIn(t *testing.T, location string, pending int64) model {
	t.Helper()
	m := storeActiveIn(location)
	active, standby, _, d := m.sides(t.Context())
	if d.HasError() {
		t.Fatal(d)
	}
	url := func(s sideModel) types.String {
		return types.StringValue("http://" + s.Location.ValueString() + "/inputs")
	}
	m.Active, _ = active.role(m.Name, m.Prefix, url(active)).object(t.Context())
	m.Standby, _ = standby.role(m.Name, m.Prefix, url(standby)).object(t.Context())
	m.BlobCount, m.TotalBytes = types.Int64Value(3), types.Int64Value(300)
	m.PendingBlobs, m.PendingBytes, m.InSync = types.Int64Value(pending), types.Int64Value(100*pending), types.BoolValue(pending == 0)
	m.RecoveryPoint, m.LastReplicatedAt = types.StringValue("2026-01-01T00:00:00Z"), types.StringValue("2026-01-01T00:00:01Z")
	m.ID = m.Name
	return m
}

func newResource(t *testing.T) *Resource {
	t.Helper()
	s, err := session.New(azure.Config{Environment: "public", UseMSI: true, RegionTimeout: time.Second, ServiceEndpointTemplate: azure.DefaultServiceEndpointTemplate})
	if err != nil {
		t.Fatal(err)
	}
	return &Resource{session: s, now: time.Now}
}

func TestPlanOfAFlipKeepsTheFigures(t *testing.T) {
	r, state, plan := newResource(t), stateActiveIn(t, "westus2", 0), storeActiveIn("westeurope")
	if d := r.complete(t.Context(), &plan, &state, nil, memory{}, ruleMemory{}); len(d) > 0 {
		t.Fatal(d)
	}
	if !plan.Active.Equal(state.Standby) || !plan.Standby.Equal(state.Active) {
		t.Errorf("the roles did not change places: %s", plan.Active)
	}
	if !plan.RecoveryPoint.Equal(state.RecoveryPoint) || !plan.PendingBlobs.Equal(state.PendingBlobs) || plan.InSync.IsUnknown() {
		t.Error("a failover must not copy")
	}
}

func TestPlanCopiesWhatIsBehind(t *testing.T) {
	r, state, plan := newResource(t), stateActiveIn(t, "westus2", 2), storeActiveIn("westus2")
	if d := r.complete(t.Context(), &plan, &state, nil, memory{}, ruleMemory{}); len(d) > 0 {
		t.Fatal(d)
	}
	if plan.PendingBlobs.ValueInt64() != 0 || plan.PendingBlobs.IsUnknown() || !plan.InSync.ValueBool() || !plan.LastReplicatedAt.IsUnknown() {
		t.Errorf("pending %s, in sync %s, replicated at %s", plan.PendingBlobs, plan.InSync, plan.LastReplicatedAt)
	}
}

func TestPlanLetsNothingFlowBackByItself(t *testing.T) {
	r, state, plan := newResource(t), stateActiveIn(t, "westeurope", 2), storeActiveIn("westeurope")
	if d := r.complete(t.Context(), &plan, &state, nil, memory{}, ruleMemory{}); len(d) > 0 {
		t.Fatal(d)
	}
	if !plan.PendingBlobs.Equal(state.PendingBlobs) || plan.LastReplicatedAt.IsUnknown() {
		t.Error("nothing may flow back unasked")
	}
	plan = storeActiveIn("westeurope")
	plan.FailbackReplication = types.BoolValue(true)
	if d := r.complete(t.Context(), &plan, &state, nil, memory{}, ruleMemory{}); len(d) > 0 {
		t.Fatal(d)
	}
	if plan.PendingBlobs.ValueInt64() != 0 || !plan.LastReplicatedAt.IsUnknown() {
		t.Error("failback_replication copies back")
	}
}

func TestFailingBackWithoutTheDataIsRefused(t *testing.T) {
	r, state, plan := newResource(t), stateActiveIn(t, "westeurope", 2), storeActiveIn("westus2")
	if d := r.complete(t.Context(), &plan, &state, nil, memory{}, ruleMemory{}); !d.HasError() {
		t.Fatal("the primary lacks two blobs, and the secondary may still be asked")
	}
	plan = storeActiveIn("westus2")
	plan.Accept = types.SetValueMust(types.StringType, []attr.Value{types.StringValue(failover.AcceptDataLoss)})
	if d := r.complete(t.Context(), &plan, &state, nil, memory{}, ruleMemory{}); d.HasError() || d.WarningsCount() != 1 {
		t.Errorf("accepted: %v", d)
	}
}

// The figures of a silent region are the last known ones: nothing is proposed on
// them, and leaving such a region is only warned about.
func TestPlanWithASilentRegion(t *testing.T) {
	r, state, plan := newResource(t), stateActiveIn(t, "westus2", 2), storeActiveIn("westus2")
	if d := r.complete(t.Context(), &plan, &state, services.Silent{"westeurope"}, memory{}, ruleMemory{}); len(d) > 0 {
		t.Fatal(d)
	}
	if !plan.PendingBlobs.Equal(state.PendingBlobs) || plan.LastReplicatedAt.IsUnknown() {
		t.Error("a copy is proposed into a silent region")
	}
	plan = storeActiveIn("westeurope")
	if d := r.complete(t.Context(), &plan, &state, services.Silent{"westus2"}, memory{}, ruleMemory{}); d.HasError() || d.WarningsCount() != 1 {
		t.Errorf("leaving a silent region: %v", d)
	}
}

func TestValidate(t *testing.T) {
	for name, tc := range map[string]struct {
		active, primary, secondary string
		errors                     int
	}{
		"two regions":                 {"westus2", "westus2", "westeurope", 0},
		"display names":               {"West Europe", "West US 2", "westeurope", 0},
		"the same region twice":       {"westus2", "westus2", "West US 2", 1},
		"active region of none of it": {"eastus", "westus2", "westeurope", 1},
	} {
		t.Run(name, func(t *testing.T) {
			m := storeActiveIn(tc.active)
			m.Primary, m.Secondary = sideIn(tc.primary), sideIn(tc.secondary)
			if d := validate(t.Context(), &m); d.ErrorsCount() != tc.errors {
				t.Error(d)
			}
		})
	}
}
