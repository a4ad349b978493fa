package submission

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
)

// preflight checks that every input is in the active region as it was
// replicated there. It names what is not, and only this submission fails.
func (l *launch) preflight(ctx context.Context) diag.Diagnostics {
	store, diags := l.plan.store(ctx)
	names, d := l.plan.inputNames(ctx)
	diags.Append(d...)
	accept, d := services.Strings(ctx, l.plan.Accept)
	diags.Append(d...)
	if diags.HasError() {
		return diags
	}
	where := diagnostics.Context{Resource: store.ContainerURL.ValueString(), Region: store.Location.ValueString()}
	container, err := l.session.Container(ctx, store.reference())
	var manifest *replication.Manifest
	if err == nil && store.StoreName.ValueString() != "" {
		manifest, err = l.session.Manifest(ctx, container, store.StoreName.ValueString(), store.Prefix.ValueString())
	}
	if err != nil {
		diags.Append(diagnostics.Error("The inputs cannot be looked at", err, where))
		return diags
	}
	missing, changed, err := inspect(ctx, container, manifest, names)
	if err != nil {
		diags.Append(diagnostics.Error("The inputs cannot be looked at", err, where))
		return diags
	}
	summary := fmt.Sprintf("Submission %s was not sent: its inputs are not all in %s", l.identity.Submission, store.Location.ValueString())
	if len(missing) > 0 {
		where.NextStep = "Upload what is missing, or apply the input store while its source answers."
		diags.Append(diagnostics.Error(summary, fmt.Errorf("missing: %s", strings.Join(missing, ", ")), where))
	}
	if len(changed) > 0 && !slices.Contains(accept, acceptChangedInputs) {
		where.NextStep = fmt.Sprintf("Put the replicated version back, or set accept = [%q] if the change was meant.", acceptChangedInputs)
		diags.Append(diagnostics.Error(summary, fmt.Errorf("not as replicated: %s", strings.Join(changed, "; ")), where))
	}
	diags.Append(l.recovery(manifest, accept, where)...)
	return diags
}

// stater is what a look at one blob needs.
type stater interface {
	Stat(ctx context.Context, name string) (blobstore.Blob, error)
}

// inspect compares inputs with what the manifest records of them. An input that
// it does not record was put into this region by the user.
func inspect(ctx context.Context, container stater, manifest *replication.Manifest, names []string) (missing, changed []string, err error) {
	for _, name := range names {
		blob, err := container.Stat(ctx, name)
		if blobstore.IsNotFound(err) {
			missing = append(missing, name)
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		if manifest == nil {
			continue
		}
		entry, ok := manifest.Lookup(name)
		switch {
		case !ok:
		case entry.Size != blob.Size:
			changed = append(changed, fmt.Sprintf("%s has %d bytes, the manifest says %d", name, blob.Size, entry.Size))
		case entry.MD5 != nil && blob.MD5 != nil && !bytes.Equal(entry.MD5, blob.MD5):
			changed = append(changed, fmt.Sprintf("%s has another MD5 than the manifest says", name))
		case (entry.MD5 == nil || blob.MD5 == nil) && entry.ETag != blob.ETag:
			changed = append(changed, fmt.Sprintf("%s was written again after it was replicated", name))
		}
	}
	return missing, changed, nil
}

// recovery holds a failover to the pair's max_data_loss.
func (l *launch) recovery(manifest *replication.Manifest, accept []string, where diagnostics.Context) diag.Diagnostics {
	var diags diag.Diagnostics
	limit, err := time.ParseDuration(l.region.MaxDataLoss.ValueString())
	if err != nil || !l.moved || slices.Contains(accept, acceptDataLoss) {
		return diags
	}
	where.NextStep = fmt.Sprintf("Set accept = [%q] to submit all the same, or raise the pair's max_data_loss.", acceptDataLoss)
	summary := fmt.Sprintf("Submission %s was not sent: the inputs are older than max_data_loss", l.identity.Submission)
	switch {
	case manifest == nil || manifest.RecoveryPoint().IsZero():
		diags.Append(diagnostics.Error(summary, fmt.Errorf("no manifest says how old the inputs in %s are", where.Region), where))
	case l.now().Sub(manifest.RecoveryPoint()) > limit:
		diags.Append(diagnostics.Error(summary, fmt.Errorf("the recovery point of %s is %s, which is %s ago; %s are allowed", where.Region,
			manifest.RecoveryPoint().UTC().Format(time.RFC3339), l.now().Sub(manifest.RecoveryPoint()).Round(time.Second), limit), where))
	}
	return diags
}
