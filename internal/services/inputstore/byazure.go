package inputstore

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
)

// The modes in which Azure itself replicates.
const (
	modeObjectReplication = "object_replication"
	modeGeoRedundant      = "geo_redundant"
)

const (
	statusComplete = "complete"
	statusFailed   = "failed"
	// namesShown is how many blobs a message names.
	namesShown = 20
)

// byAzure reports whether Azure itself replicates, so that an apply copies nothing.
func (m *model) byAzure() bool {
	return m.Mode.ValueString() == modeObjectReplication || m.Mode.ValueString() == modeGeoRedundant
}

func (m *model) byPolicy() bool { return m.Mode.ValueString() == modeObjectReplication }

// validateMode checks offline what a mode has no use for, for it would be ignored silently.
func validateMode(config *model, primary, secondary sideModel) diag.Diagnostics {
	var diags diag.Diagnostics
	refuse := func(attribute, why string) {
		diags.AddAttributeError(path.Root(attribute), fmt.Sprintf("%s does not go with mode = %q", attribute, config.Mode.ValueString()), why)
	}
	switch config.Mode.ValueString() {
	case modeObjectReplication:
		for attribute, globs := range map[string]types.List{"include": config.Include, "exclude": config.Exclude} {
			if services.Known(globs) {
				refuse(attribute, "Object replication chooses blobs by prefix only: use prefix, or mode = \"copy\" for globs.")
			}
		}
		if services.Known(primary.StorageAccountID) && services.Known(secondary.StorageAccountID) && strings.EqualFold(primary.StorageAccountID.ValueString(), secondary.StorageAccountID.ValueString()) {
			diags.AddAttributeError(path.Root("secondary").AtName("storage_account_id"), "One account where object replication needs two",
				"Give the secondary side an account of its own, or use mode = \"geo_redundant\" for the account's own replica.")
		}
	case modeGeoRedundant:
		if config.FailbackReplication.ValueBool() {
			refuse("failback_replication", "Nothing is written to an account's replica, so that nothing can flow back from it. Leave it out.")
		}
		diags.Append(validateGeoRedundant(primary, secondary)...)
	default:
		return diags
	}
	for attribute, value := range map[string]attr.Value{"transfer": config.Transfer, "concurrency": config.Concurrency, "on_conflict": config.OnConflict} {
		if services.Known(value) {
			refuse(attribute, "Azure itself replicates in this mode: there is nothing that this could change. Leave it out.")
		}
	}
	return diags
}

// compare holds both sides against each other. Where Azure replicates, what it says of its own work counts more than what can be
// told from the content. The manifest of what a policy has replicated lies beside the container, which is read-only.
func (r *Resource) compare(ctx context.Context, m *model, src, dst replication.Side, options replication.Options, rules *ruleMemory) (replication.Inventory, error) {
	if !m.byAzure() {
		return replication.Survey(ctx, src, dst, options)
	}
	arrived := sameETag
	var notes *replication.Notes
	if m.byPolicy() {
		rules.failed, rules.failedNames = 0, nil
		arrived = rules.arrived
		var err error
		if notes, err = replication.OpenNotes(ctx, src, dst, options); err != nil {
			rules.notKept = err
		} else {
			defer notes.Close()
		}
	}
	var pending, bytes int64
	inventory, err := replication.Compare(ctx, src, dst, options, func(c replication.Compared) {
		switch {
		case c.Source == nil:
		case !arrived(c):
			pending, bytes = pending+1, bytes+c.Source.Size
		case notes != nil:
			notes.Add(c)
		}
	})
	inventory.PendingBlobs, inventory.PendingBytes = pending, bytes
	inventory.ConflictCount, inventory.Conflicts = 0, nil
	inventory.ManifestSHA256, inventory.RecoveryPoint = "", time.Time{}
	if notes != nil && err == nil {
		// While blobs are on their way it is not worth an apply.
		rules.Behind = pending == 0 && notes.Behind()
		inventory.ManifestSHA256 = notes.Digest()
		if rules.keep {
			inventory.ManifestSHA256 = rules.note(ctx, notes, pending == 0, r.now())
		}
	}
	if !m.byPolicy() {
		// The replica of an account holds blobs of every type.
		inventory.UnsupportedCount, inventory.Unsupported = 0, nil
	}
	return inventory, err
}

// note writes the manifest of what has arrived, and returns its digest.
func (m *ruleMemory) note(ctx context.Context, notes *replication.Notes, complete bool, now time.Time) string {
	point := time.Time{}
	if complete {
		point = now.UTC().Truncate(time.Second)
	}
	digest, err := notes.Keep(ctx, point)
	if m.notKept = err; err != nil {
		return notes.Digest()
	}
	m.Behind, m.digest = false, digest
	return digest
}

// sameETag tells a blob of the replica of an account: it keeps its ETag.
func sameETag(c replication.Compared) bool {
	return c.Destination != nil && c.Destination.ETag == c.Source.ETag
}

// arrived reports whether a blob is at the destination of the rule as it is at the source, and counts those that the service
// gave up. A blob that object replication does not take is none of what is pending.
func (m *ruleMemory) arrived(c replication.Compared) bool {
	status := ""
	if m.Rule != nil {
		status = c.Source.Replicated[m.Rule.key()]
	}
	if status == statusFailed {
		m.failed++
		if len(m.failedNames) < namesShown {
			m.failedNames = append(m.failedNames, c.Name)
		}
		return false
	}
	switch {
	case c.Source.Type != blobstore.TypeBlock, c.Source.CustomerKey, c.Source.Tier == blobstore.TierArchive:
		return true
	case c.Destination == nil || c.Destination.Size != c.Source.Size:
		return false
	}
	return status == statusComplete || !c.Pending
}

// told warns of the blobs that object replication gave up.
func (m *ruleMemory) told(name string) diag.Diagnostics {
	if m.failed == 0 {
		return nil
	}
	shown := strings.Join(m.failedNames, ", ")
	if m.failed > int64(len(m.failedNames)) {
		shown += fmt.Sprintf(" and %d more", m.failed-int64(len(m.failedNames)))
	}
	return diag.Diagnostics{diagnostics.Warning("Object replication failed", fmt.Errorf("azure says that it could not replicate %d blobs: %s", m.failed, shown), diagnostics.Context{
		Resource: name, NextStep: "Check that the destination account holds the policy, that its container exists and has no immutability policy, and that no side has archived the blob; " +
			"then write the blob again. Until then in_sync stays false.",
	})}
}

// refreshByAzure reads what is known only where Azure replicates: the rules, and up to when the replica holds everything.
func (r *Resource) refreshByAzure(ctx context.Context, m *model, known *memory, rules *ruleMemory, inSync bool, at time.Time) diag.Diagnostics {
	if m.byPolicy() {
		diags := rules.told(m.Name.ValueString())
		diags.Append(rules.look(ctx, r.session, r.session.Answers, r.session)...)
		rules.measure(ctx, r.session, r.session.Answers, at)
		if inSync {
			m.RecoveryPoint = types.StringValue(at.UTC().Format(time.RFC3339))
		}
		var d diag.Diagnostics
		m.ObjectReplication, d = rules.object(ctx, rules.failed)
		return append(diags, d...)
	}
	return r.lastSync(ctx, m, known)
}

// lastSync reads the recovery point of a geo-redundant store at the replica, which needs nothing from the primary region.
func (r *Resource) lastSync(ctx context.Context, m *model, known *memory) diag.Diagnostics {
	secondary, diags := m.side(ctx, m.Secondary)
	for _, object := range []types.Object{m.Active, m.Standby} {
		role, ok, _ := roleFrom(ctx, object)
		if !ok || !services.Known(role.ContainerURL) || !sameRegion(role.Location, secondary.Location) || !r.session.Answers(role.Location.ValueString()) {
			continue
		}
		container, err := r.container(ctx, role)
		var at time.Time
		var status string
		if err == nil {
			at, status, err = container.LastSync(ctx)
		}
		about := diagnostics.Context{Resource: m.Name.ValueString(), Region: role.Location.ValueString()}
		switch {
		case diagnostics.IsUnreachable(err):
			diags.Append(diagnostics.Unreachable(err, r.session)...)
		case err != nil:
			about.NextStep = "Check that the provider's identity may read the account's service statistics. The last known recovery point stays."
			diags.Append(diagnostics.Warning("The recovery point cannot be read", err, about))
		case at.IsZero():
			about.NextStep = "Wait for the first synchronization, or for the end of the interruption. The last known recovery point stays."
			diags.Append(diagnostics.Warning("The replica does not say up to when it is complete", fmt.Errorf("geo-replication is %s", status), about))
		default:
			m.RecoveryPoint = types.StringValue(at.UTC().Format(time.RFC3339))
			known.InSyncAt = at.UTC().Truncate(time.Second)
		}
	}
	return diags
}

// applyByAzure makes the containers and the rules that Azure replicates by, and takes the figures where the plan left them open.
func (r *Resource) applyByAzure(ctx context.Context, m *model, known *memory, rules *ruleMemory, silent services.Silent) diag.Diagnostics {
	var diags diag.Diagnostics
	active, _, _ := roleFrom(ctx, m.Active)
	standby, _, _ := roleFrom(ctx, m.Standby)
	for _, role := range []roleModel{active, standby} {
		if m.replica(ctx, sideModel{Location: role.Location}) {
			continue // it follows its primary
		}
		if err := r.ensure(ctx, role); err != nil {
			diags.Append(r.failed(m, err, false)...)
		}
	}
	if m.byPolicy() && !diags.HasError() {
		diags.Append(rules.bring(ctx, r.session, m, silent)...)
	}
	switch {
	case diags.HasError():
	case m.BlobCount.IsUnknown():
		m.ManifestSHA256, m.RecoveryPoint, m.LastReplicatedAt = types.StringNull(), types.StringNull(), types.StringNull()
		*known = memory{}
		at := r.now()
		rules.keep = true
		inventory, d := r.survey(ctx, m, rules)
		diags.Append(d...)
		if inventory != nil {
			known.surveyed(*inventory, at)
		}
		diags.Append(r.refreshByAzure(ctx, m, known, rules, inventory != nil && m.InSync.ValueBool(), at)...)
	case m.byPolicy() && m.ManifestSHA256.IsUnknown():
		// The manifest alone is behind: the figures stay as they were planned.
		rules.keep = true
		seen := *m
		_, d := r.survey(ctx, &seen, rules)
		diags.Append(d...)
	}
	if rules.digest != "" {
		m.ManifestSHA256 = types.StringValue(rules.digest)
	}
	if rules.notKept != nil {
		diags.Append(diagnostics.Warning("The manifest of what was replicated was not kept", rules.notKept, diagnostics.Context{Resource: m.Name.ValueString(),
			NextStep: "Check that the provider's identity may make and write a container beside the standby's, and apply again. Until then submissions only check that their inputs are there."}))
	}
	m.settle()
	d := m.settleReplication(ctx, rules)
	return append(diags, d...)
}

// settleReplication gives the attribute what the memory knows; it is null in other modes.
func (m *model) settleReplication(ctx context.Context, rules *ruleMemory) diag.Diagnostics {
	if !m.byPolicy() {
		m.ObjectReplication = types.ObjectNull(replicationTypes)
		return nil
	}
	failed := rules.failed
	if failed == 0 {
		failed = m.failedBlobs(ctx)
	}
	var diags diag.Diagnostics
	m.ObjectReplication, diags = rules.object(ctx, failed)
	return diags
}
