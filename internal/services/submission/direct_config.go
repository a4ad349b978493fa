package submission

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// rule is what the schema asks of an attribute of a configuration: at the top, or in
// the object within.
type rule struct {
	within, name string
	required     bool
	// given is whether a configuration may say it at all.
	given bool
	as    attr.Type
	// holds is nil for an attribute without validators.
	holds func(ctx context.Context, value attr.Value) bool
}

// Validate answers a request to validate a configuration in which there is nothing
// to find, or returns nil: what there is, the framework says.
func (d *Direct) Validate(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) *tfprotov6.ValidateResourceConfigResponse {
	config, ok := d.attributes(req.Config)
	if !ok || !tftypes.NewValue(d.object, config).IsFullyKnown() {
		return nil
	}
	for block := range d.schema.Blocks {
		if !config[block].IsNull() {
			return nil
		}
	}
	m, diags := d.model(ctx, config)
	if len(diags) > 0 || !d.obeyed(ctx, config) || len(m.job().validate(ctx)) > 0 {
		return nil
	}
	return &tfprotov6.ValidateResourceConfigResponse{}
}

// Upgrade answers a request to bring a state up to date that is of the schema's own
// version and attributes, or returns nil.
func (d *Direct) Upgrade(req *tfprotov6.UpgradeResourceStateRequest) *tfprotov6.UpgradeResourceStateResponse {
	if req.Version != d.schema.Version || req.RawState == nil || req.RawState.JSON == nil {
		return nil
	}
	state, err := req.RawState.Unmarshal(d.object)
	if err != nil {
		return nil
	}
	value, err := tfprotov6.NewDynamicValue(d.object, state)
	if err != nil {
		return nil
	}
	return &tfprotov6.UpgradeResourceStateResponse{UpgradedState: &value}
}

// obeyed reports whether a configuration obeys every rule.
func (d *Direct) obeyed(ctx context.Context, config map[string]tftypes.Value) bool {
	var object map[string]tftypes.Value
	var of string
	for _, r := range d.rules {
		in := config
		if r.within != "" {
			if config[r.within].IsNull() {
				continue
			}
			if of != r.within {
				object, of = nil, r.within
				if config[of].As(&object) != nil {
					return false
				}
			}
			in = object
		}
		value := in[r.name]
		if value.IsNull() {
			if r.required {
				return false
			}
			continue
		}
		if !r.given {
			return false
		}
		if r.holds == nil {
			continue
		}
		v, err := r.as.ValueFromTerraform(ctx, value)
		if err != nil || !r.holds(ctx, v) {
			return false
		}
	}
	return true
}

// rulesOf finds what the schema asks of attributes, an object's own beside each other.
func rulesOf(within string, attributes map[string]schema.Attribute) []rule {
	var rules []rule
	for name, a := range attributes {
		r := rule{within: within, name: name, required: a.IsRequired(), given: a.IsRequired() || a.IsOptional(), as: a.GetType()}
		switch a := a.(type) {
		case schema.StringAttribute:
			r.holds = all(a.Validators, func(ctx context.Context, v validator.String, value types.String) bool {
				var resp validator.StringResponse
				v.ValidateString(ctx, validator.StringRequest{ConfigValue: value}, &resp)
				return len(resp.Diagnostics) == 0
			})
		case schema.ListAttribute:
			r.holds = all(a.Validators, func(ctx context.Context, v validator.List, value types.List) bool {
				var resp validator.ListResponse
				v.ValidateList(ctx, validator.ListRequest{ConfigValue: value}, &resp)
				return len(resp.Diagnostics) == 0
			})
		case schema.SetAttribute:
			r.holds = all(a.Validators, func(ctx context.Context, v validator.Set, value types.Set) bool {
				var resp validator.SetResponse
				v.ValidateSet(ctx, validator.SetRequest{ConfigValue: value}, &resp)
				return len(resp.Diagnostics) == 0
			})
		case schema.MapAttribute:
			r.holds = all(a.Validators, func(ctx context.Context, v validator.Map, value types.Map) bool {
				var resp validator.MapResponse
				v.ValidateMap(ctx, validator.MapRequest{ConfigValue: value}, &resp)
				return len(resp.Diagnostics) == 0
			})
		}
		rules = append(rules, r)
		if object, ok := a.(schema.SingleNestedAttribute); ok {
			rules = append(rules, rulesOf(name, object.Attributes)...)
		}
	}
	return rules
}

// all reports of a value whether each validator takes it; nil without any.
func all[V any, T attr.Value](validators []V, holds func(context.Context, V, T) bool) func(context.Context, attr.Value) bool {
	if len(validators) == 0 {
		return nil
	}
	return func(ctx context.Context, value attr.Value) bool {
		typed, ok := value.(T)
		if !ok {
			return false
		}
		for _, v := range validators {
			if !holds(ctx, v, typed) {
				return false
			}
		}
		return true
	}
}
