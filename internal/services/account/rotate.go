package account

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
)

// rotates reports whether going from the state to the plan regenerates the
// account's keys. An unknown value may turn out to be the state's.
func (m *model) rotates(state *model) bool {
	return !m.KeyRotation.IsNull() && !m.KeyRotation.Equal(state.KeyRotation)
}

func rotationWarning(account string) diag.Diagnostic {
	return diag.NewWarningDiagnostic(fmt.Sprintf("Both keys of account %s are regenerated", account),
		"Applying a new key_rotation regenerates them, once. Whoever uses an old key is refused from then on: other clients, keys handed over in the provider's access_keys, "+
			"and keys that were taken from genomics_account_keys before. Hand the new ones over. This provider itself asks Resource Manager for them.\n\n"+
			"Runs go on. One that has started reads and writes with the SAS that it was handed, which the storage account's key signs: "+
			"it ends when it is cancelled, when its SAS does (sas_duration), or when that key is rotated.")
}

// rotate regenerates both keys, each with one request that is never repeated:
// after a lost answer it is for the operator to say whether to do it again.
func (r *Resource) rotate(ctx context.Context, id azure.AccountID, about diagnostics.Context) diag.Diagnostics {
	const again = "The state keeps the old value of key_rotation, so that the next plan shows it to do. Applying again regenerates both keys, which is harmless: " +
		"only keys taken in between stop working, too."
	failed := func(summary, known string, err error) diag.Diagnostics {
		about.NextStep = known + " " + again
		return diag.Diagnostics{diagnostics.Error(summary, err, about)}
	}
	client, err := r.cloud.Accounts()
	if err != nil {
		return failed("The account's keys were not regenerated", "Nothing was changed.", err)
	}
	if _, err := client.RegenerateKey(ctx, id, azure.Key1); err != nil {
		if definite(err) {
			return failed("The account's keys were not regenerated", "Nothing was changed: both old keys still work.", err)
		}
		r.cloud.Rotated(id)
		return failed("It is not known whether the account's first key was regenerated", "The second key was not touched: the old one still works.", err)
	}
	// From here on nobody in this run may go on with what it knew before.
	defer r.cloud.Rotated(id)
	if _, err := client.RegenerateKey(ctx, id, azure.Key2); err != nil {
		if definite(err) {
			return failed("Only one of the account's two keys was regenerated", "The first key is new. The second one was not touched: the old one still works.", err)
		}
		return failed("It is not known whether the account's second key was regenerated", "The first key is new.", err)
	}
	return nil
}
