package account

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

// maxNamed is how many unfinished workflows a refusal names.
const maxNamed = 20

const forceHint = "To delete it anyway, set force_destroy = true, apply, and destroy again: neither needs the region."

// unused refuses while the account has unfinished workflows, or while nobody can
// tell. Workflows that are being cancelled are waited for, since a destroy of
// everything cancels them just before.
func (r *Resource) unused(ctx context.Context, client *azure.AccountsClient, id azure.AccountID, state model) diag.Diagnostics {
	about := state.about()
	cannotTell := func(err error) diag.Diagnostics {
		about.NextStep = "Destroy again when the region answers. " + forceHint
		return diag.Diagnostics{diagnostics.Error("It cannot be told whether the account has unfinished workflows", err, about)}
	}
	// An account that never came to be has no workflows, and no key to ask with.
	if state.ProvisioningState.ValueString() != succeeded {
		switch account, err := client.Get(ctx, id); {
		case azure.IsNotFound(err), err == nil && account.ProvisioningState != succeeded:
			return nil
		case err != nil:
			return cannotTell(err)
		}
	}
	service, err := r.cloud.Service(session.ServiceAccount{ID: id.String(), Location: state.Location.ValueString(), URL: state.APIURL.ValueString()})
	if err != nil {
		return cannotTell(err)
	}
	var cancelling []msgenomics.Workflow
	for ctx.Err() == nil {
		open, err := unfinished(ctx, service)
		switch {
		case azure.IsNotFound(err):
			return nil // the account itself is gone
		case err != nil && ctx.Err() != nil && cancelling != nil:
			continue
		case err != nil:
			return cannotTell(err)
		case len(open) == 0:
			return nil
		case !allCancelling(open):
			about.NextStep = "Wait for these workflows or cancel them. " + forceHint
			return diag.Diagnostics{diagnostics.Error("The account has unfinished workflows", &inUseError{open}, about)}
		}
		cancelling = open
		timer := time.NewTimer(r.cancelPoll)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
	if cancelling == nil {
		return cannotTell(ctx.Err())
	}
	about.NextStep = "Destroy again when they are cancelled. " + forceHint
	return diag.Diagnostics{diagnostics.Error("The account has workflows that are still being cancelled", &inUseError{cancelling}, about)}
}

// unfinished asks for all workflows, for a status that is not known yet is not
// finished either and no filter would find it.
func unfinished(ctx context.Context, service *msgenomics.Client) ([]msgenomics.Workflow, error) {
	var open []msgenomics.Workflow
	for w, err := range service.List(ctx, msgenomics.Query{}) {
		if err != nil {
			return nil, err
		}
		if !w.Status.Finished() {
			open = append(open, w)
		}
	}
	return open, nil
}

func allCancelling(workflows []msgenomics.Workflow) bool {
	for _, w := range workflows {
		if w.Status != msgenomics.StatusCancelling {
			return false
		}
	}
	return true
}

// inUseError names the workflows that hold an account.
type inUseError struct{ workflows []msgenomics.Workflow }

func (e *inUseError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d unfinished:", len(e.workflows))
	for i, w := range e.workflows {
		if i == maxNamed {
			fmt.Fprintf(&b, "\n  and %d more", len(e.workflows)-maxNamed)
			break
		}
		fmt.Fprintf(&b, "\n  %d (%s) %s", w.ID, w.Status, w.Description)
	}
	return b.String()
}
