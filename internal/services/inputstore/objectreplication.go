package inputstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
)

// rulesKey is where the rules that this store made are kept, in the private state.
const rulesKey = "object_replication"

// ruleMemory is what is known of the store's rules in its two accounts.
type ruleMemory struct {
	// Rule is the one in force; nil if there is none.
	Rule *rule `json:"rule,omitempty"`
	// Missing says that a look found that not both accounts hold it.
	Missing bool `json:"missing,omitempty"`
	// Left are halves of rules that could not be taken out of an account.
	Left []leftover `json:"left,omitempty"`
	// Backlog is what Azure said of the rule in force; nil if it did not.
	Backlog *backlog `json:"backlog,omitempty"`
	// Behind says that a look found the manifest to be none of what has been replicated.
	Behind bool `json:"behind,omitempty"`

	// keep asks the next comparison to write the manifest; digest is that of the one it
	// wrote, and notKept why it could not be written, or read.
	keep    bool
	digest  string
	notKept error
	// failed blobs were found by the last comparison, and failedNames are the first of them.
	failed      int64
	failedNames []string
}

// leftover is a rule in one account that is in force no more.
type leftover struct {
	Rule    rule   `json:"rule"`
	Account string `json:"account"`
	// Seen says that the last refresh found it there, so that it can be taken down.
	Seen bool `json:"seen,omitempty"`
}

func (l leftover) location() string {
	if strings.EqualFold(l.Account, l.Rule.Source.Account) {
		return l.Rule.Source.Location
	}
	return l.Rule.Destination.Location
}

func recallRules(ctx context.Context, private privateReader) (ruleMemory, diag.Diagnostics) {
	var m ruleMemory
	data, diags := private.GetKey(ctx, rulesKey)
	if len(data) > 0 {
		if err := json.Unmarshal(data, &m); err != nil {
			diags.AddError("The resource's private state cannot be read", err.Error())
		}
	}
	return m, diags
}

func (m ruleMemory) save(ctx context.Context, private privateWriter) diag.Diagnostics {
	// Texts always marshal.
	data, _ := json.Marshal(m)
	return private.SetKey(ctx, rulesKey, data)
}

// replicationModel is the attribute object_replication.
type replicationModel struct {
	PolicyID             types.String `tfsdk:"policy_id"`
	RuleID               types.String `tfsdk:"rule_id"`
	SourceAccountID      types.String `tfsdk:"source_account_id"`
	DestinationAccountID types.String `tfsdk:"destination_account_id"`
	FailedBlobs          types.Int64  `tfsdk:"failed_blobs"`
	BacklogOperations    types.Int64  `tfsdk:"backlog_operations"`
	BacklogBytes         types.Int64  `tfsdk:"backlog_bytes"`
	BacklogAt            types.String `tfsdk:"backlog_at"`
	LeftOver             types.List   `tfsdk:"left_over"`
}

var replicationTypes = map[string]attr.Type{
	"policy_id": types.StringType, "rule_id": types.StringType, "source_account_id": types.StringType, "destination_account_id": types.StringType,
	"failed_blobs": types.Int64Type, "backlog_operations": types.Int64Type, "backlog_bytes": types.Int64Type, "backlog_at": types.StringType, "left_over": types.ListType{ElemType: types.StringType},
}

// object is the attribute for what is known.
func (m ruleMemory) object(ctx context.Context, failed int64) (types.Object, diag.Diagnostics) {
	left := make([]string, 0, len(m.Left))
	for _, l := range m.Left {
		left = append(left, l.Account+"/objectReplicationPolicies/"+l.Rule.Policy)
	}
	slices.Sort(left)
	list, diags := types.ListValueFrom(ctx, types.StringType, left)
	r := replicationModel{FailedBlobs: types.Int64Value(failed), LeftOver: list}
	if m.Rule != nil && !m.Missing {
		r.PolicyID, r.RuleID = types.StringValue(m.Rule.Policy), types.StringValue(m.Rule.ID)
		r.SourceAccountID, r.DestinationAccountID = types.StringValue(m.Rule.Source.Account), types.StringValue(m.Rule.Destination.Account)
		m.Backlog.tell(&r)
	}
	object, d := types.ObjectValueFrom(ctx, replicationTypes, r)
	return object, append(diags, d...)
}

// failedBlobs is the figure as the model has it.
func (m *model) failedBlobs(ctx context.Context) int64 {
	var r replicationModel
	if services.Known(m.ObjectReplication) && !m.ObjectReplication.As(ctx, &r, basetypes.ObjectAsOptions{UnhandledUnknownAsEmpty: true}).HasError() {
		return r.FailedBlobs.ValueInt64()
	}
	return 0
}

// rule is the rule that the model asks for; not ok while its sides are not known.
func (m *model) rule(ctx context.Context) (rule, bool) {
	active, okActive, _ := roleFrom(ctx, m.Active)
	standby, okStandby, _ := roleFrom(ctx, m.Standby)
	if !okActive || !okStandby || !services.Known(active.StorageAccountID) || !services.Known(standby.StorageAccountID) {
		return rule{}, false
	}
	at := func(r roleModel) end {
		return end{Account: r.StorageAccountID.ValueString(), Location: r.Location.ValueString(), Container: r.ContainerName.ValueString()}
	}
	return rule{Source: at(active), Destination: at(standby), Prefix: m.Prefix.ValueString()}, true
}

// mends reports whether an apply would change a rule, as far as the regions answer.
func (m ruleMemory) mends(ctx context.Context, plan *model, silent services.Silent) bool {
	if slices.ContainsFunc(m.Left, func(l leftover) bool { return l.Seen && silent.Answers(l.location()) }) {
		return true
	}
	want, ok := plan.rule(ctx)
	if !ok || !silent.Answers(want.Source.Location) || !silent.Answers(want.Destination.Location) {
		return false
	}
	if !plan.flows(ctx) {
		return m.Rule != nil
	}
	return m.Behind || m.Rule == nil || m.Missing || !m.Rule.same(want) || m.Rule.Prefix != want.Prefix
}

// look refreshes what is known of the rules. What cannot be asked stays as it was: neither a silent region nor a Resource
// Manager that refuses to tell keeps anybody from planning a failover.
func (m *ruleMemory) look(ctx context.Context, arm policies, answers func(location string) bool, gates diagnostics.Gates) diag.Diagnostics {
	var diags diag.Diagnostics
	holds := func(r rule, account, location string) (held, known bool) {
		if !answers(location) {
			return false, false
		}
		held, err := r.holds(ctx, arm, account)
		switch {
		case diagnostics.IsUnreachable(err):
			diags.Append(diagnostics.Unreachable(err, gates)...)
		case err != nil:
			diags.Append(diagnostics.Warning("The object replication policy cannot be read", err, diagnostics.Context{
				Resource: account, Region: location, NextStep: "Check that the provider's identity may read the account's object replication policies. What was last known of them stays."}))
		}
		return held, err == nil
	}
	if m.Rule != nil {
		atSource, knowsSource := holds(*m.Rule, m.Rule.Source.Account, m.Rule.Source.Location)
		atDestination, knowsDestination := holds(*m.Rule, m.Rule.Destination.Account, m.Rule.Destination.Location)
		switch {
		case knowsSource && !atSource, knowsDestination && !atDestination:
			m.Missing = true
		case knowsSource && knowsDestination:
			m.Missing = false
		}
	}
	var left []leftover
	for _, l := range m.Left {
		held, known := holds(l.Rule, l.Account, l.location())
		if l.Seen = held; held || !known {
			left = append(left, l)
		}
	}
	m.Left = left
	return diags
}

// takeDown takes the rule out of both accounts, the source first. What does not succeed is left over for a later apply, and
// told: nothing waits for a region in the dark.
func (m *ruleMemory) takeDown(ctx context.Context, arm policies, silent services.Silent) diag.Diagnostics {
	var diags diag.Diagnostics
	if m.Rule == nil {
		return diags
	}
	for _, e := range []end{m.Rule.Source, m.Rule.Destination} {
		l := leftover{Rule: *m.Rule, Account: e.Account}
		if !silent.Answers(e.Location) {
			m.Left = append(m.Left, l)
			continue
		}
		if err := m.Rule.remove(ctx, arm, e.Account); err != nil {
			m.Left = append(m.Left, l)
			diags.Append(leftBehind(err, e))
		}
	}
	m.Rule, m.Missing, m.Backlog = nil, false, nil
	return diags
}

func leftBehind(err error, e end) diag.Diagnostic {
	return diagnostics.Warning("An object replication policy was not taken down", err, diagnostics.Context{Resource: e.Account, Region: e.Location,
		NextStep: "None for the failover: nothing flows while the other account does not hold the policy, and it is remembered. A later plan shows it, and its apply takes it down. " +
			"Until then container " + e.Container + " may be read-only, if it was the destination."})
}

// clear takes down what was left over, where that can be done.
func (m *ruleMemory) clear(ctx context.Context, arm policies, silent services.Silent) error {
	var left []leftover
	var failures []error
	for _, l := range m.Left {
		if !silent.Answers(l.location()) {
			left = append(left, l)
			continue
		}
		if err := l.Rule.remove(ctx, arm, l.Account); err != nil {
			left, failures = append(left, l), append(failures, err)
		}
	}
	m.Left = left
	return errors.Join(failures...)
}

// forget takes everything down, and fails if something stays.
func (m *ruleMemory) forget(ctx context.Context, arm policies, name string) diag.Diagnostics {
	if m.Rule != nil {
		for _, e := range []end{m.Rule.Source, m.Rule.Destination} {
			m.Left = append(m.Left, leftover{Rule: *m.Rule, Account: e.Account})
		}
		m.Rule = nil
	}
	err := m.clear(ctx, arm, nil)
	if err == nil {
		return nil
	}
	return diag.Diagnostics{diagnostics.Error("The object replication policy was not taken down", err, diagnostics.Context{Resource: name,
		NextStep: "Destroy again when Resource Manager can change the storage account. The state is kept until then."})}
}

// bring makes the rules what the model asks for: what was left over goes, then another rule, and then its own comes.
func (m *ruleMemory) bring(ctx context.Context, arm policies, plan *model, silent services.Silent) diag.Diagnostics {
	var diags diag.Diagnostics
	about := diagnostics.Context{Resource: plan.Name.ValueString()}
	want, ok := plan.rule(ctx)
	if !ok {
		return diags
	}
	if m.Rule != nil && (!plan.flows(ctx) || !m.Rule.same(want)) {
		diags.Append(m.takeDown(ctx, arm, silent)...)
	}
	if err := m.clear(ctx, arm, silent); err != nil {
		about.NextStep = "Apply again when Resource Manager can change the storage account, or delete the policy there."
		diags.Append(diagnostics.Error("An object replication policy was not taken down", err, about))
		return diags
	}
	if !plan.flows(ctx) {
		return diags
	}
	lacks, err := want.lacks(ctx, arm, plan.FailbackReplication.ValueBool())
	for _, l := range lacks {
		diags.Append(diagnostics.Error("Object replication is not possible", l, about))
	}
	if err == nil && len(lacks) == 0 {
		var made rule
		if made, err = want.ensure(ctx, arm); err == nil {
			m.Rule, m.Missing = &made, false
		}
	}
	if err != nil {
		about.NextStep = "Apply again when both storage accounts can be changed: it continues with what is missing."
		diags.Append(diagnostics.Error("Object replication was not set up", err, about))
	}
	return diags
}

// foresee says while planning what would keep object replication from being set up. What another resource may still change in
// the same apply is a warning.
func foresee(ctx context.Context, arm policies, plan *model) diag.Diagnostics {
	var diags diag.Diagnostics
	want, ok := plan.rule(ctx)
	if !ok {
		return diags
	}
	// An account that cannot be read may not exist yet: the apply will tell.
	lacks, _ := want.lacks(ctx, arm, plan.FailbackReplication.ValueBool())
	for _, l := range lacks {
		detail := fmt.Sprintf("%s\n\nResource: %s", l.Error(), plan.Name.ValueString())
		if l.final {
			diags.AddAttributeError(path.Root("mode"), "Object replication is not possible", detail)
		} else {
			diags.AddAttributeWarning(path.Root("mode"), "Object replication is not possible yet", detail+"\n\nThe apply is refused unless it is switched on before.")
		}
	}
	return diags
}

// sameRegion reports whether two locations are one region, however they are spelled.
func sameRegion(a, b types.String) bool {
	return region.Normalize(a.ValueString()) == region.Normalize(b.ValueString())
}
