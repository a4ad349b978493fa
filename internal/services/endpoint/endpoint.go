// Package endpoint is what runs workflows on a side of a region pair, in the ways
// that a configuration can say it. The pair knows no engine: it takes from here
// what its sides may say, and hands on what they said.
package endpoint

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/genomics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/tes"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/wes"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/check"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

const accountArgument = "account_id"

// servers are the arguments that name a server by its base URL, and their engines.
var servers = map[string]string{"tes": tes.Kind, "wes": wes.Kind}

// Arguments are the names of those that a side has exactly one of.
func Arguments() []string {
	return append([]string{accountArgument}, slices.Sorted(maps.Keys(servers))...)
}

// Attributes are what a side may say.
func Attributes() map[string]schema.Attribute {
	server := func(what, example string) schema.SingleNestedAttribute {
		return schema.SingleNestedAttribute{
			Optional: true, MarkdownDescription: what + " Exactly one of `account_id`, `tes` and `wes` is given, and the same one on both sides.",
			Attributes: map[string]schema.Attribute{"url": schema.StringAttribute{
				Required: true, Validators: []validator.String{baseURL()},
				MarkdownDescription: "Base URL of the server, with all that comes before the paths of the specification, such as `" + example + "`. " +
					"How to log in to it is said in the provider's `endpoint_credentials`.",
			}},
		}
	}
	return map[string]schema.Attribute{
		accountArgument: schema.StringAttribute{
			Optional: true, Validators: []validator.String{check.AccountID()},
			MarkdownDescription: "Resource ID of the `genomics_account` in this region. Exactly one of `account_id`, `tes` and `wes` is given, and the same one on both sides.",
		},
		"tes": server("A server of GA4GH's Task Execution Service, for `genomics_task_submission`.", "https://tes.example/ga4gh/tes/v1"),
		"wes": server("A server of GA4GH's Workflow Execution Service, for `genomics_run_submission`.", "https://wes.example/ga4gh/wes/v1"),
	}
}

func baseURL() validator.String {
	return check.String("must be the base URL of a server", "Invalid base URL", func(s string) error {
		if strings.HasSuffix(s, "/") {
			return fmt.Errorf("%q ends with a slash; leave it out, for it is part of the names of runs", s)
		}
		return azure.CheckEndpoint(s)
	})
}

// Engines are the values that Service.Engine can have.
func Engines() []string { return []string{genomics.Kind, tes.Kind, wes.Kind} }

// Service is what runs workflows on a side. Anything may be unknown while planning.
type Service struct {
	Engine types.String
	// AccountID and AccountName are null for a server that is named by its URL.
	AccountID, AccountName types.String
	APIURL                 types.String

	argument string
}

// Unknown is a service of which nothing is known yet.
func Unknown() Service {
	return Service{Engine: types.StringUnknown(), AccountID: types.StringUnknown(), AccountName: types.StringUnknown(), APIURL: types.StringUnknown()}
}

// Of takes the service out of what a side says.
func Of(side map[string]attr.Value) Service {
	for argument, kind := range servers {
		server, ok := side[argument].(types.Object)
		if !ok || server.IsNull() {
			continue
		}
		s := Service{Engine: types.StringValue(kind), AccountID: types.StringNull(), AccountName: types.StringNull(), APIURL: types.StringUnknown(), argument: argument}
		if url, ok := server.Attributes()["url"].(types.String); ok {
			s.APIURL = url
		}
		return s
	}
	s := Unknown()
	s.Engine, s.argument = types.StringValue(genomics.Kind), accountArgument
	if id, ok := side[accountArgument].(types.String); ok {
		s.AccountID = id
	}
	if parsed, err := azure.ParseAccountID(s.AccountID.ValueString()); err == nil {
		s.AccountName = types.StringValue(parsed.Name)
	}
	return s
}

// Given are the arguments that a side says.
func Given(side map[string]attr.Value) []string {
	var given []string
	for _, argument := range Arguments() {
		if v, ok := side[argument]; ok && !v.IsNull() {
			given = append(given, argument)
		}
	}
	return given
}

// Locate fills in the base URL that follows from where the side is.
func (s *Service) Locate(run *session.Session, location types.String, at path.Path) diag.Diagnostics {
	var diags diag.Diagnostics
	if s.argument != accountArgument || !services.Known(location) {
		return diags
	}
	url, err := run.ServiceURL(location.ValueString())
	if err != nil {
		diags.AddAttributeError(at.AtName("location"), "No service endpoint for this region", err.Error())
		return diags
	}
	s.APIURL = types.StringValue(url)
	return diags
}

// Place checks that an account is where its side says, for its region's service,
// gate and residency rest on it. Of a server nobody else knows where it is.
func (s Service) Place(ctx context.Context, run *session.Session, location types.String, at path.Path) diag.Diagnostics {
	var diags diag.Diagnostics
	if s.argument != accountArgument || !services.Known(s.AccountID) || !services.Known(location) {
		return diags
	}
	account, err := run.Account(ctx, s.AccountID.ValueString())
	if err != nil || account.Location == "" {
		// It may not exist yet, or Resource Manager may be away.
		return diags
	}
	if got, want := region.Normalize(account.Location), region.Normalize(location.ValueString()); got != want {
		diags.AddAttributeError(at.AtName(accountArgument), "Account in another region",
			fmt.Sprintf("account %s is in %s, but it is configured for %s. Its service would be asked for in the wrong region.\n\n"+
				"Next step: give this side the account that is in %s, or set its location to %s.", account.Name, got, want, want, got))
	}
	return diags
}

// Same reports whether two services are one, as far as is known.
func (s Service) Same(engine, accountID, apiURL types.String) bool {
	if s.argument == accountArgument {
		return s.AccountID.Equal(accountID)
	}
	return s.Engine.Equal(engine) && s.APIURL.Equal(apiURL)
}

// Account is a service as the session asks for it.
func Account(engine, accountID, apiURL, location types.String) session.ServiceAccount {
	id := accountID.ValueString()
	if id == "" {
		id = apiURL.ValueString()
	}
	return session.ServiceAccount{Kind: engine.ValueString(), ID: id, Location: location.ValueString(), URL: apiURL.ValueString()}
}
