package account

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

func alreadyExists(id azure.AccountID) diag.Diagnostic {
	return diag.NewErrorDiagnostic("The account exists already", fmt.Sprintf(
		"An account with this ID exists and is not in the state. Nothing was changed.\n\nResource: %s\nNext step: to manage it here, import it into the resource that this error names:\n\n  terraform import 'ADDRESS' '%s'\n\nor with an import block:\n\n  import {\n    to = ADDRESS\n    id = %q\n  }",
		id, id, id.String()))
}

// errNoAccount says that a creation ended with an answer that is not an account,
// such as a proxy's.
var errNoAccount = errors.New("the last answer of Resource Manager describes no account")

// definite reports whether a failed request certainly changed nothing: it was
// refused, or never arrived.
func definite(err error) bool {
	var refusal *azcore.ResponseError
	if errors.As(err, &refusal) {
		return refusal.StatusCode >= http.StatusBadRequest && refusal.StatusCode < http.StatusInternalServerError && refusal.StatusCode != http.StatusRequestTimeout
	}
	return region.NeverReceived(err)
}

// creation is one run of Create after Resource Manager was asked.
type creation struct {
	client   *azure.AccountsClient
	id       azure.AccountID
	about    diagnostics.Context
	plan     *model
	state    *tfsdk.State
	identity *tfsdk.ResourceIdentity
	diags    *diag.Diagnostics
}

// save puts the account into the state. Everything but its provisioning state is
// as planned: what Azure itself adds to the tags shows as drift later.
func (c creation) save(ctx context.Context, provisioningState string) {
	c.plan.ProvisioningState = types.StringValue(provisioningState)
	c.diags.Append(c.state.Set(ctx, c.plan)...)
	c.diags.Append(c.identity.Set(ctx, identity(c.id))...)
}

// readBack finds out, once and within a bound, what became of a creation that was
// broken off: by the user, by its timeout, or by a lost answer.
func (c creation) readBack(ctx context.Context, cause error) {
	detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), readBackTimeout)
	defer cancel()
	account, err := c.client.Get(detached, c.id)
	switch {
	case azure.IsNotFound(err):
		c.state.RemoveResource(detached)
		c.diags.Append(diagnostics.Error("The account was not created", cause, c.about))
	case err == nil && account.ProvisioningState == succeeded:
		c.save(detached, succeeded)
	default:
		provisioningState := account.ProvisioningState
		if provisioningState == "" {
			provisioningState = "Unknown"
		}
		c.save(detached, provisioningState)
		about := c.about
		about.NextStep = "The account is in the state, marked as tainted: the next apply replaces it. If it turns out well after all, `terraform untaint` keeps it."
		c.diags.Append(diagnostics.Error(fmt.Sprintf("The account is not ready (%s)", provisioningState), cause, about))
	}
}
