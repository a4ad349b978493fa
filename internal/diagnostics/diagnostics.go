// Package diagnostics is the one place where an error becomes a Terraform
// diagnostic: what failed, for which resource and region, the service's code and
// request ID, and what to do next.
package diagnostics

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/rest"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

// Context is what a person needs besides the error itself. Empty fields are
// left out of the text.
type Context struct {
	// Resource is the ID or name of what was worked on.
	Resource string
	// Region is where it failed.
	Region string
	// NextStep says what to do.
	NextStep string
}

// Error turns an error into a diagnostic. Nothing secret survives in its text.
func Error(summary string, err error, c Context) diag.Diagnostic {
	return diag.NewErrorDiagnostic(summary, detail(err, c))
}

// Warning is Error for what does not stop the run.
func Warning(summary string, err error, c Context) diag.Diagnostic {
	return diag.NewWarningDiagnostic(summary, detail(err, c))
}

func detail(err error, c Context) string {
	var b strings.Builder
	if err != nil {
		b.WriteString(azure.Mask(cause(err)))
		b.WriteString("\n")
	}
	code, request := identifiers(err)
	for _, row := range []struct{ label, text string }{
		{"Resource", c.Resource},
		{"Region", c.Region},
		{"Code", code},
		{"Request ID", request},
		{"Next step", nextStep(err, c)},
	} {
		if row.text != "" {
			fmt.Fprintf(&b, "\n%s: %s", row.label, row.text)
		}
	}
	return strings.TrimSpace(b.String())
}

func cause(err error) string {
	if errors.Is(err, context.Canceled) {
		return "The operation was cancelled before it ended."
	}
	return err.Error()
}

func identifiers(err error) (code, request string) {
	var api *msgenomics.APIError
	if errors.As(err, &api) {
		return fmt.Sprintf("HTTP %d", api.StatusCode), api.RequestID
	}
	var server *rest.Error
	if errors.As(err, &server) {
		return fmt.Sprintf("HTTP %d", server.StatusCode), server.RequestID
	}
	var storage *blobstore.Error
	if errors.As(err, &storage) && storage.StatusCode != 0 {
		return fmt.Sprintf("HTTP %d %s", storage.StatusCode, storage.Code), storage.RequestID
	}
	return azure.Code(err), azure.RequestID(err)
}

func nextStep(err error, c Context) string {
	if c.NextStep != "" {
		return c.NextStep
	}
	var dark *region.UnreachableError
	var api *msgenomics.APIError
	var server *rest.Error
	var many *engine.TooManyRunsError
	switch {
	case errors.As(err, &many):
		return "Let the server forget runs that have ended, or use one whose list tells the tags of runs (WES 1.1)."
	case errors.As(err, &server) && (server.StatusCode == http.StatusUnauthorized || server.StatusCode == http.StatusForbidden):
		return "Check what the provider's endpoint_credentials has for the server's base URL, and that it may do this there."
	case errors.As(err, &server) && server.StatusCode == http.StatusTooManyRequests:
		return "The server throttles; run again later or with a lower -parallelism."
	case errors.As(err, &dark) && dark.Location == azure.ResourceManagerGate:
		return "Try again when Resource Manager answers, or hand the keys over in the provider's access_keys."
	case errors.As(err, &dark) && isGroup(dark.Location):
		return "Try again when Resource Manager can work on this resource group again, or hand the keys over in the provider's access_keys."
	case errors.As(err, &dark):
		return fmt.Sprintf("Try again when %s answers, or make the other region of the pair active.", dark.Location)
	case errors.As(err, &api) && api.StatusCode == http.StatusUnauthorized:
		return "Check that the account's key is current: keys in the provider's access_keys are used as they are, others are asked from Resource Manager."
	case errors.As(err, &api) && api.StatusCode == http.StatusTooManyRequests:
		return "The service throttles this account; run again later or with a lower -parallelism."
	}
	return ""
}

func isGroup(gate string) bool {
	_, ok := azure.GroupOf(gate)
	return ok
}

// Gates finds the gate of a region; the session is one.
type Gates interface {
	Gate(location string) *region.Gate
}

// Unreachable is the warning for an error that says that a region does not
// answer: the last known state stays. Only the first caller of a run gets it, so
// that two hundred resources in one dead region make one warning.
func Unreachable(err error, gates Gates) diag.Diagnostics {
	var diags diag.Diagnostics
	var dark *region.UnreachableError
	if !errors.As(err, &dark) || !gates.Gate(dark.Location).WarnOnce() {
		return diags
	}
	if dark.Location == azure.ResourceManagerGate {
		diags.Append(diag.NewWarningDiagnostic("Resource Manager does not answer",
			azure.Mask(dark.Error())+"\n\nThe last known state of what it manages is kept. Regions are not affected: "+
				"a failover needs nothing from it when access_keys has the keys of the accounts to go to."))
		return diags
	}
	if group, ok := azure.GroupOf(dark.Location); ok {
		diags.Append(diag.NewWarningDiagnostic(fmt.Sprintf("Resource Manager cannot work on resource group %s", group),
			azure.Mask(dark.Cause.Error())+"\n\nThe last known state of everything in it is kept, and nothing more is asked about it in this run. "+
				"If its region is the active one of a pair and has an outage, set active_region to the other one to fail over."))
		return diags
	}
	diags.Append(diag.NewWarningDiagnostic(
		fmt.Sprintf("Region %s does not answer", dark.Location),
		azure.Mask(dark.Error())+"\n\nThe last known state of everything there is kept, and nothing more is asked of it in this run. "+
			"If it is the active region of a pair, set active_region to the other one to fail over.",
	))
	return diags
}

// Run is what the resources of one run share; the session is one.
type Run interface {
	Gates
	// Once is true for the first caller that asks with these words.
	Once(words ...string) bool
}

// Unsearched says that the runs of an account cannot be listed, so that one that
// nobody knows of would not be found: the warning of an unreachable region, or one
// of its own for a definite refusal. Only the first caller of a run gets it. An
// account that does not exist has no runs. accountID is its resource ID, or the URL of
// a server.
func Unsearched(err error, accountID, location string, run Run) diag.Diagnostics {
	if IsUnreachable(err) {
		return Unreachable(err, run)
	}
	if err == nil || azure.IsNotFound(err) || errors.Is(err, context.Canceled) || !run.Once("unsearched", accountID) {
		return nil
	}
	login := "Let the provider's identity list the account's keys, or hand a current one over in the provider's access_keys"
	if !strings.HasPrefix(accountID, "/") {
		// The URL of a server, which has no keys.
		login = "Give the provider a login that the server takes, in endpoint_credentials"
	}
	return diag.Diagnostics{Warning(fmt.Sprintf("Runs in %s cannot be looked for", location), err, Context{
		Resource: accountID, Region: location,
		NextStep: login + ", and plan again. Until then a run there that no state knows of, such as one whose apply was killed, is not found and not stopped.",
	})}
}

// IsUnreachable reports whether an error says that a region's gate is closed.
func IsUnreachable(err error) bool {
	var dark *region.UnreachableError
	return errors.As(err, &dark)
}
