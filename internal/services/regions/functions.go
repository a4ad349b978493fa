package regions

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/check"
)

// text is a function of one string that gives a string.
type text struct {
	name, summary, description, parameter, parameterDescription string
	of                                                          func(string) (string, error)
}

// NewPairedRegion makes paired_region.
func NewPairedRegion() function.Function {
	return text{
		name: "paired_region", summary: "The region that Azure pairs with a region",
		description: "Gives the name of the region that Azure pairs with a region. It is an error if there is none, or the region is unknown.",
		parameter:   "location", parameterDescription: "Azure region, by name or display name.",
		of: func(location string) (string, error) {
			found, err := lookup(location)
			if err == nil && found.Pair == "" {
				err = fmt.Errorf("azure pairs %s with no region", found.Name)
			}
			return found.Pair, err
		},
	}
}

// NewGeography makes geography.
func NewGeography() function.Function {
	return text{
		name: "geography", summary: "The geography that a region lies in",
		description: "Gives the Azure geography that a region lies in, as `data_residency` of a region pair takes it. It is an error if the region is unknown.",
		parameter:   "location", parameterDescription: "Azure region, by name or display name.",
		of: func(location string) (string, error) {
			found, err := lookup(location)
			return found.Geography, err
		},
	}
}

func lookup(location string) (region.Region, error) {
	if err := check.KnownLocation(location); err != nil {
		return region.Region{}, err
	}
	found, _ := region.Lookup(location)
	return found, nil
}

// Metadata names the function.
func (f text) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = f.name
}

// Definition describes the function.
func (f text) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: f.summary, MarkdownDescription: f.description, Return: function.StringReturn{},
		Parameters: []function.Parameter{function.StringParameter{Name: f.parameter, MarkdownDescription: f.parameterDescription}},
	}
}

// Run computes the function.
func (f text) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var argument string
	if resp.Error = req.Arguments.Get(ctx, &argument); resp.Error != nil {
		return
	}
	result, err := f.of(argument)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, err.Error())
		return
	}
	resp.Error = resp.Result.Set(ctx, result)
}

type parseAccountID struct{}

// NewParseAccountID makes parse_account_id.
func NewParseAccountID() function.Function { return parseAccountID{} }

var accountIDTypes = map[string]attr.Type{"subscription_id": types.StringType, "resource_group_name": types.StringType, "name": types.StringType}

// Metadata names the function.
func (parseAccountID) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "parse_account_id"
}

// Definition describes the function.
func (parseAccountID) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary:             "The parts of an account's resource ID",
		MarkdownDescription: "Gives `subscription_id`, `resource_group_name` and `name` of the resource ID of a Microsoft Genomics account, whatever its letters' case.",
		Parameters:          []function.Parameter{function.StringParameter{Name: "id", MarkdownDescription: "Resource ID of the account."}},
		Return:              function.ObjectReturn{AttributeTypes: accountIDTypes},
	}
}

// Run computes the function.
func (parseAccountID) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var argument string
	if resp.Error = req.Arguments.Get(ctx, &argument); resp.Error != nil {
		return
	}
	id, err := azure.ParseAccountID(argument)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, err.Error())
		return
	}
	resp.Error = resp.Result.Set(ctx, types.ObjectValueMust(accountIDTypes, map[string]attr.Value{
		"subscription_id": types.StringValue(id.SubscriptionID), "resource_group_name": types.StringValue(id.ResourceGroup), "name": types.StringValue(id.Name),
	}))
}
