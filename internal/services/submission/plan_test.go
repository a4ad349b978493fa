package submission

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
)

const subscription = "/subscriptions/00000000-0000-0000-0000-000000000000"

func accountID(location string) string {
	return subscription + "/resourceGroups/rg/providers/Microsoft.Genomics/accounts/lab-" + location
}

func regionObject(location, mode string) types.Object {
	typesOf := map[string]attr.Type{"pair_name": types.StringType, "role": types.StringType, "location": types.StringType, "account_id": types.StringType,
		"account_name": types.StringType, "api_url": types.StringType, "output_storage_account_id": types.StringType, "output_container_url": types.StringType,
		"generation": types.Int64Type, "failover_mode": types.StringType, "max_data_loss": types.StringType,
		"drain_timeout": types.StringType, "peer_location": types.StringType, "peer_account_id": types.StringType, "peer_api_url": types.StringType}
	peer := map[string]string{"westus2": "westeurope", "westeurope": "westus2"}[location]
	return types.ObjectValueMust(typesOf, map[string]attr.Value{
		"pair_name": types.StringValue("lab"), "role": types.StringValue("primary"), "location": types.StringValue(location),
		"account_id": types.StringValue(accountID(location)), "account_name": types.StringValue("lab-" + location),
		"api_url": types.StringValue("http://" + location), "output_storage_account_id": types.StringValue("x"),
		"output_container_url": types.StringValue("http://" + location + "/outputs"), "generation": types.Int64Value(1),
		"failover_mode": types.StringValue(mode), "max_data_loss": types.StringNull(), "drain_timeout": types.StringNull(),
		"peer_location": types.StringValue(peer), "peer_account_id": types.StringValue(accountID(peer)), "peer_api_url": types.StringValue("http://" + peer),
	})
}

func storeObject(location string) types.Object {
	typesOf := map[string]attr.Type{"store_name": types.StringType, "prefix": types.StringType, "location": types.StringType, "storage_account_id": types.StringType,
		"storage_account_name": types.StringType, "container_name": types.StringType, "container_url": types.StringType}
	values := map[string]attr.Value{}
	for name := range typesOf {
		values[name] = types.StringValue(location)
	}
	return types.ObjectValueMust(typesOf, values)
}

func submissionIn(location, mode string) model {
	return model{
		Name: types.StringValue("NA12878"), Region: regionObject(location, mode), InputStore: storeObject(location),
		Inputs:  types.ListValueMust(types.StringType, []attr.Value{types.StringValue("a_1.fq"), types.StringValue("a_2.fq")}),
		Process: types.StringValue("gatk4"), ProcessArgs: types.StringValue("R=hg38m1"), Options: types.ObjectNull(nil),
		Output: types.ObjectValueMust(map[string]attr.Type{"basename": types.StringType, "overwrite": types.BoolType, "include_logs": types.BoolType},
			map[string]attr.Value{"basename": types.StringValue("a"), "overwrite": types.BoolValue(false), "include_logs": types.BoolValue(true)}),
		OnFailover: types.StringValue("resubmit_unfinished"), Triggers: types.MapNull(types.StringType), Accept: types.SetNull(types.StringType),
		SASDuration: types.StringValue("48h"),
	}
}

func attemptIn(location, id string, status failover.Status, key string, superseded bool) attemptModel {
	return attemptModel{Location: types.StringValue(location), AccountID: types.StringValue(accountID(location)), APIURL: types.StringValue("http://" + location),
		WorkflowID: types.StringValue(id), Status: types.StringValue(string(status)), Superseded: types.BoolValue(superseded), SubmissionKey: types.StringValue(key)}
}

func must(t *testing.T, d diag.Diagnostics) {
	t.Helper()
	if d.HasError() {
		t.Fatal(d)
	}
}

func stateOf(t *testing.T, m model, attempts ...attemptModel) model {
	t.Helper()
	ctx := context.Background()
	content, d := m.content(ctx)
	must(t, d)
	r, d := m.region(ctx)
	must(t, d)
	m.Generation = types.Int64Value(1)
	m.SubmissionKey = types.StringValue(failover.Key(m.identity(r), 1, content))
	for i := range attempts {
		if attempts[i].SubmissionKey.ValueString() == "" {
			attempts[i].SubmissionKey = m.SubmissionKey
		}
	}
	current := attempts[failover.Current(toCore(attempts))]
	m.WorkflowID, m.Status, m.Location = current.WorkflowID, current.Status, current.Location
	m.ID = types.StringValue(workflowResourceID(current.AccountID.ValueString(), current.WorkflowID.ValueString()))
	must(t, m.setAttempts(ctx, attempts))
	return m
}

func plannedFor(t *testing.T, plan, state model, dark ...string) (model, course, diag.Diagnostics) {
	t.Helper()
	ctx := context.Background()
	c, d := decide(ctx, &plan, &state, func(l string) bool { return !slices.Contains(dark, l) })
	must(t, d)
	d = c.expect(ctx, &plan, &state)
	return plan, c, d
}

func TestPlanOfAFlipInTheDark(t *testing.T) {
	state := stateOf(t, submissionIn("westus2", "forced"), attemptIn("westus2", "1", failover.StatusWorking, "", false))
	plan, _, d := plannedFor(t, submissionIn("westeurope", "forced"), state, "westus2")
	must(t, d)
	if got := plan.Location.ValueString(); got != "westeurope" {
		t.Errorf("location is %q", got)
	}
	if !plan.SubmissionKey.Equal(state.SubmissionKey) || !plan.Generation.Equal(state.Generation) {
		t.Error("a failover must keep key and generation")
	}
	if got := plan.UnfencedAttempts; got.IsUnknown() || got.ValueInt64() != 1 {
		t.Errorf("unfenced_attempts is %s", got)
	}
	attempts, d := plan.attempts(context.Background())
	must(t, d)
	if len(attempts) != 2 || !attempts[0].Superseded.ValueBool() || attempts[0].Status.ValueString() != "working" || attempts[1].Location.ValueString() != "westeurope" {
		t.Errorf("attempts are %v", attempts)
	}
	if !plan.WorkflowID.IsUnknown() || !plan.Status.IsUnknown() {
		t.Error("what only the service can tell must be open")
	}
}

func TestPlanAfterAFlipInTheDarkChangesNothing(t *testing.T) {
	state := stateOf(t, submissionIn("westeurope", "forced"), attemptIn("westus2", "1", failover.StatusWorking, "", true), attemptIn("westeurope", "7", failover.StatusWorking, "", false))
	plan, _, d := plannedFor(t, submissionIn("westeurope", "forced"), state, "westus2")
	must(t, d)
	if !plan.Attempts.Equal(state.Attempts) || !plan.WorkflowID.Equal(state.WorkflowID) || !plan.UnfencedAttempts.Equal(state.UnfencedAttempts) || !plan.Status.Equal(state.Status) {
		t.Errorf("the plan changes something: %+v", plan)
	}
}

func TestPlanOfAReturnFences(t *testing.T) {
	state := stateOf(t, submissionIn("westeurope", "forced"), attemptIn("westus2", "1", failover.StatusWorking, "", true), attemptIn("westeurope", "7", failover.StatusWorking, "", false))
	plan, c, d := plannedFor(t, submissionIn("westeurope", "forced"), state)
	must(t, d)
	if got := plan.UnfencedAttempts; got.IsUnknown() || got.ValueInt64() != 0 {
		t.Errorf("unfenced_attempts is %s", got)
	}
	if !plan.WorkflowID.Equal(state.WorkflowID) || !plan.Location.Equal(state.Location) {
		t.Error("the run that counts must stay as it is")
	}
	attempts, d := plan.attempts(context.Background())
	must(t, d)
	if !attempts[0].Status.IsUnknown() || attempts[1].Status.IsUnknown() {
		t.Errorf("only the fenced run's status is open: %v", attempts)
	}
	if !c.waits(0) {
		t.Error("fencing is waited for")
	}
}

func TestPlanKeepsTheRunThatFinishedFirst(t *testing.T) {
	state := stateOf(t, submissionIn("westeurope", "forced"), attemptIn("westus2", "1", failover.StatusSuccess, "", true), attemptIn("westeurope", "7", failover.StatusWorking, "", false))
	plan, _, d := plannedFor(t, submissionIn("westeurope", "forced"), state)
	must(t, d)
	if plan.WorkflowID.ValueString() != "1" || plan.Status.ValueString() != "success" || plan.Location.ValueString() != "westus2" {
		t.Errorf("planned %s %s in %s", plan.WorkflowID, plan.Status, plan.Location)
	}
	if d.WarningsCount() != 1 {
		t.Errorf("it must say so: %v", d)
	}
}

func TestPlanRefusesToFailBackToAStaleRun(t *testing.T) {
	state := stateOf(t, submissionIn("westeurope", "forced"), attemptIn("westus2", "1", failover.StatusWorking, "", true), attemptIn("westeurope", "7", failover.StatusWorking, "", false))
	_, _, d := plannedFor(t, submissionIn("westus2", "forced"), state)
	if !d.HasError() {
		t.Fatal("a stale run in the target region must refuse the failback")
	}
	back := submissionIn("westus2", "forced")
	back.Accept = types.SetValueMust(types.StringType, []attr.Value{types.StringValue("stale_runs")})
	plan, _, d := plannedFor(t, back, state)
	must(t, d)
	if !plan.Attempts.IsUnknown() || plan.Location.ValueString() != "westus2" {
		t.Errorf("planned %s, attempts %s", plan.Location, plan.Attempts)
	}
}

func TestPlanOfAPlannedFailoverWaitsForTheOldRun(t *testing.T) {
	state := stateOf(t, submissionIn("westus2", "planned"), attemptIn("westus2", "1", failover.StatusWorking, "", false))
	plan, c, d := plannedFor(t, submissionIn("westeurope", "planned"), state)
	must(t, d)
	if !c.waits(0) || plan.UnfencedAttempts.ValueInt64() != 0 {
		t.Errorf("waits %v, unfenced %s", c.waits(0), plan.UnfencedAttempts)
	}
	forced, c, d := plannedFor(t, submissionIn("westeurope", "forced"), state)
	must(t, d)
	if c.waits(0) || forced.UnfencedAttempts.ValueInt64() != 1 {
		t.Errorf("forced: waits %v, unfenced %s", c.waits(0), forced.UnfencedAttempts)
	}
}

func TestPlanOfNewContent(t *testing.T) {
	state := stateOf(t, submissionIn("westus2", "forced"), attemptIn("westus2", "1", failover.StatusSuccess, "", false))
	changed := submissionIn("westus2", "forced")
	changed.Triggers = types.MapValueMust(types.StringType, map[string]attr.Value{"again": types.StringValue("1")})
	plan, c, d := plannedFor(t, changed, state)
	must(t, d)
	if plan.Generation.ValueInt64() != 2 || plan.SubmissionKey.Equal(state.SubmissionKey) || c.decision.Action != failover.Submit {
		t.Errorf("generation %s, key %s, %s", plan.Generation, plan.SubmissionKey, c.decision.Action)
	}
	// What is not content must not run it again.
	same := submissionIn("westus2", "forced")
	same.Description, same.SASDuration, same.OnDestroy = types.StringValue("another"), types.StringValue("1h"), types.StringValue("abandon")
	_, c, d = plannedFor(t, same, state)
	must(t, d)
	if c.decision.Action != failover.Keep {
		t.Errorf("%s for a change of labels", c.decision.Action)
	}
}

func TestPlanAfterAnImport(t *testing.T) {
	whole := stateOf(t, submissionIn("westus2", "forced"), attemptIn("westus2", "1", failover.StatusWorking, "", false))
	imported := model{Attempts: whole.Attempts, SubmissionKey: whole.SubmissionKey, WorkflowID: whole.WorkflowID, Status: whole.Status, ID: whole.ID,
		Location: whole.Location, UnfencedAttempts: whole.UnfencedAttempts, Generation: types.Int64Null()}
	plan, c, d := plannedFor(t, submissionIn("westus2", "forced"), imported)
	must(t, d)
	if c.decision.Action != failover.Keep || plan.Generation.ValueInt64() != 1 || !plan.WorkflowID.Equal(whole.WorkflowID) {
		t.Errorf("%s, generation %s", c.decision.Action, plan.Generation)
	}
}

func TestWorkflowResourceID(t *testing.T) {
	id := workflowResourceID(accountID("westus2"), "12")
	account, number, err := parseWorkflowResourceID(id)
	if err != nil || number != 12 || account != accountID("westus2") {
		t.Errorf("%q %d %v", account, number, err)
	}
	for _, bad := range []string{"", "12", accountID("westus2"), accountID("westus2") + "/workflows/", accountID("westus2") + "/workflows/-1", "/workflows/12"} {
		if _, _, err := parseWorkflowResourceID(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// A run that was alive when the plan took it up may have ended when the apply
// gets there: how many stay alive is not known before.
func TestPlanOfTakingUpAStaleRun(t *testing.T) {
	state := stateOf(t, submissionIn("westeurope", "forced"),
		attemptIn("westus2", "1", failover.StatusWorking, "", true), attemptIn("westeurope", "2", failover.StatusWorking, "", false))
	back := submissionIn("westus2", "forced")
	back.Accept = types.SetValueMust(types.StringType, []attr.Value{types.StringValue(failover.AcceptStaleRuns)})
	plan, _, d := plannedFor(t, back, state)
	must(t, d)
	if !plan.UnfencedAttempts.IsUnknown() {
		t.Errorf("unfenced_attempts is %s", plan.UnfencedAttempts)
	}
}

func TestNothingIsPlannedOnAnUnknownElement(t *testing.T) {
	for name, change := range map[string]func(*model){
		"accept": func(m *model) {
			m.Accept = types.SetValueMust(types.StringType, []attr.Value{types.StringUnknown()})
		},
		"inputs": func(m *model) {
			m.Inputs = types.ListValueMust(types.StringType, []attr.Value{types.StringUnknown()})
		},
		"failover_mode": func(m *model) { m.Region = regionWith("failover_mode", types.StringUnknown()) },
		"drain_timeout": func(m *model) { m.Region = regionWith("drain_timeout", types.StringUnknown()) },
	} {
		m := submissionIn("westus2", "forced")
		m.Options = types.ObjectNull(map[string]attr.Type{})
		if !plannable(t.Context(), &m) {
			t.Fatal("the model itself cannot be planned")
		}
		if change(&m); plannable(t.Context(), &m) {
			t.Errorf("an element of %s is not known", name)
		}
	}
}

func regionWith(name string, value attr.Value) types.Object {
	region := regionObject("westus2", "forced")
	attributes := region.Attributes()
	attributes[name] = value
	return types.ObjectValueMust(region.AttributeTypes(context.Background()), attributes)
}

// A run that another client submitted carries no key. Importing it must not make
// the next apply stop it and run another.
func TestPlanAfterImportingAForeignRun(t *testing.T) {
	whole := stateOf(t, submissionIn("westus2", "forced"), attemptIn("westus2", "1", failover.StatusWorking, "", false))
	attempts, d := whole.attempts(t.Context())
	must(t, d)
	attempts[0].SubmissionKey = types.StringValue("")
	imported := model{SubmissionKey: types.StringValue(""), WorkflowID: whole.WorkflowID, Status: whole.Status, ID: whole.ID, Location: whole.Location}
	must(t, imported.setAttempts(t.Context(), attempts))
	plan, c, d := plannedFor(t, submissionIn("westus2", "forced"), imported)
	must(t, d)
	if c.decision.Action != failover.Keep || !plan.SubmissionKey.Equal(whole.SubmissionKey) || d.WarningsCount() != 1 {
		t.Errorf("%s, key %s, %v", c.decision.Action, plan.SubmissionKey, d)
	}
	claimed, d := plan.attempts(t.Context())
	must(t, d)
	if len(claimed) != 1 || !claimed[0].SubmissionKey.Equal(whole.SubmissionKey) {
		t.Errorf("attempts are %v", claimed)
	}
}

// A planned failover with time to drain may leave the run where it is.
func TestPlanOfADrain(t *testing.T) {
	state := stateOf(t, submissionIn("westus2", "planned"), attemptIn("westus2", "1", failover.StatusWorking, "", false))
	to := submissionIn("westeurope", "planned")
	values := to.Region.Attributes()
	values["drain_timeout"] = types.StringValue("1h")
	to.Region = types.ObjectValueMust(to.Region.AttributeTypes(t.Context()), values)
	plan, c, d := plannedFor(t, to, state)
	must(t, d)
	if c.drain() != time.Hour || !plan.Location.IsUnknown() || !plan.Attempts.IsUnknown() || plan.SubmissionKey.IsUnknown() {
		t.Errorf("drain %s, location %s, attempts %s", c.drain(), plan.Location, plan.Attempts)
	}
	// Without that on top, an hour of draining would end an update of half an hour.
	if c.limit(false) != defaultUpdateTimeout+time.Hour || c.limit(true) != defaultCreateTimeout+time.Hour {
		t.Errorf("limits %s and %s", c.limit(false), c.limit(true))
	}
	// A run that has failed has nothing to drain.
	state = stateOf(t, submissionIn("westus2", "planned"), attemptIn("westus2", "1", failover.StatusFailed, "", false))
	plan, c, d = plannedFor(t, to, state)
	must(t, d)
	if c.drain() != 0 || plan.Location.ValueString() != "westeurope" {
		t.Errorf("drain %s, location %s", c.drain(), plan.Location)
	}
}
