package submission

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
)

// preflight checks that every input is in the active region as it was
// replicated there. It names what is not, and only this submission fails.
func (l *launch) preflight(ctx context.Context) diag.Diagnostics {
	names, diags := l.plan.job().inputs(ctx)
	if l.plan.InputStore.IsNull() {
		return diags
	}
	store, d := l.plan.store(ctx)
	diags.Append(d...)
	accept, d := services.Strings(ctx, l.plan.Accept)
	diags.Append(d...)
	if diags.HasError() {
		return diags
	}
	where := diagnostics.Context{Resource: store.ContainerURL.ValueString(), Region: store.Location.ValueString()}
	container, err := l.session.Container(ctx, store.reference())
	var problems []replication.Problem
	if err == nil {
		problems, err = l.session.Inputs().Preflight(ctx, container, names, store.StoreName.ValueString(), store.Prefix.ValueString())
	}
	if err != nil {
		diags.Append(diagnostics.Error("The inputs cannot be looked at", err, where))
		return diags
	}
	var missing, changed []string
	for _, p := range problems {
		switch p.Kind {
		case replication.ProblemMissing, replication.ProblemUnreadable:
			missing = append(missing, p.Text)
		default:
			changed = append(changed, p.Text)
		}
	}
	summary := fmt.Sprintf("Submission %s was not sent: its inputs are not all in %s", l.identity.Submission, store.Location.ValueString())
	if len(missing) > 0 {
		where.NextStep = "Upload what is missing, or apply the input store while its source answers."
		diags.Append(diagnostics.Error(summary, errors.New(strings.Join(missing, "; ")), where))
	}
	if len(changed) > 0 && !slices.Contains(accept, acceptChangedInputs) {
		where.NextStep = fmt.Sprintf("Put the replicated version back, or set accept = [%q] if the change was meant.", acceptChangedInputs)
		diags.Append(diagnostics.Error(summary, errors.New(strings.Join(changed, "; ")), where))
	}
	diags.Append(l.recovery(ctx, container, store, accept, where)...)
	return diags
}

// recovery holds a failover to the pair's max_data_loss, if that is an age. A size
// is the store's to hold to, which knows what is pending.
func (l *launch) recovery(ctx context.Context, container replication.Store, store storeModel, accept []string, where diagnostics.Context) diag.Diagnostics {
	var diags diag.Diagnostics
	limit, err := failover.ParseDataLoss(l.region.MaxDataLoss.ValueString())
	if err != nil || limit.BySize || !l.moved || slices.Contains(accept, acceptDataLoss) {
		return diags
	}
	// The store may have seen since that nothing was pending.
	vouched := l.session.Vouched(store.ContainerURL.ValueString())
	point := func(m *replication.Manifest) time.Time {
		if m == nil || m.RecoveryPoint().Before(vouched) {
			return vouched
		}
		return m.RecoveryPoint()
	}
	behind := func(m *replication.Manifest) bool { return point(m).IsZero() || l.now().Sub(point(m)) > limit.Age }
	manifest, err := l.session.Inputs().Manifest(ctx, container, store.StoreName.ValueString(), store.Prefix.ValueString())
	if behind(manifest) {
		// What the submissions of this run share may be half a minute old, and nothing is refused for that.
		manifest, err = l.session.Manifests().Get(ctx, container, store.StoreName.ValueString(), store.Prefix.ValueString())
	}
	if err != nil && !errors.Is(err, replication.ErrNoManifest) {
		diags.Append(diagnostics.Error("The manifest of the inputs cannot be read", err, where))
		return diags
	}
	if !behind(manifest) {
		return diags
	}
	where.NextStep = fmt.Sprintf("Set accept = [%q] to submit all the same, or raise the pair's max_data_loss.", acceptDataLoss)
	err = fmt.Errorf("nothing says how old the inputs in %s are", where.Region)
	if at := point(manifest); !at.IsZero() {
		err = fmt.Errorf("the inputs in %s are known to be complete as of %s, which is %s ago; %s are allowed", where.Region,
			at.UTC().Format(time.RFC3339), l.now().Sub(at).Round(time.Second), limit.Age)
	}
	diags.Append(diagnostics.Error(fmt.Sprintf("Submission %s was not sent: the inputs are older than max_data_loss", l.identity.Submission), err, where))
	return diags
}
