package submission

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/defaults"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

// Direct plans submissions that exist without the framework's way through every
// attribute of the schema, once for each of half a dozen purposes: for a
// submission that was some ten times what there is to decide, and plans of
// thousands of submissions are made every day. It answers as the framework does, or
// leaves the answer to it.
type Direct struct {
	schema           schema.Schema
	values           attr.TypeWithAttributeTypes
	object, identity tftypes.Type
	none, nameless   tfprotov6.DynamicValue
	defaults         []preset
	rules            []rule
}

// preset is an attribute that has a default: at the top, or in the object within.
type preset struct {
	within, name string
	value        tftypes.Value
}

// NewDirect makes a planner by the resource's schema.
func NewDirect(ctx context.Context) *Direct {
	d := &Direct{schema: resourceSchema(ctx)}
	d.values, _ = d.schema.Type().(attr.TypeWithAttributeTypes)
	d.object = d.values.TerraformType(ctx)
	d.identity = identitySchema().Type().TerraformType(ctx)
	// Nothing of a type always encodes.
	d.none, _ = tfprotov6.NewDynamicValue(d.object, tftypes.NewValue(d.object, nil))
	d.nameless, _ = tfprotov6.NewDynamicValue(d.identity, tftypes.NewValue(d.identity, nil))
	d.defaults = presets(ctx, "", d.schema.Attributes)
	d.rules = rulesOf("", d.schema.Attributes)
	return d
}

// Plan answers a request to plan, or returns nil when the framework has to: when
// the submission is made, destroyed or replaced, and when there is anything to say
// besides the plan.
func (d *Direct) Plan(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) *tfprotov6.PlanResourceChangeResponse {
	private, ok := privateOf(req.PriorPrivate)
	if !ok {
		return nil
	}
	prior, okPrior := d.attributes(req.PriorState)
	proposed, okProposed := d.attributes(req.ProposedNewState)
	config, okConfig := d.attributes(req.Config)
	if !okPrior || !okProposed || !okConfig || !prior["name"].Equal(proposed["name"]) {
		return nil
	}
	same := !d.preset(config, proposed) && bytes.Equal(req.PriorState.MsgPack, req.ProposedNewState.MsgPack)
	state, diags := d.model(ctx, prior)
	plan := state
	if !same {
		var more diag.Diagnostics
		plan, more = d.model(ctx, proposed)
		diags.Append(more...)
	}
	silent, more := services.ReadSilent(ctx, private)
	if diags.Append(more...); len(diags) > 0 {
		return nil
	}
	f, diags := foresee(ctx, &plan, &state, silent, same)
	if len(diags) > 0 || f.identity != nil {
		return nil
	}
	resp := &tfprotov6.PlanResourceChangeResponse{
		PlannedState: req.ProposedNewState, PlannedPrivate: req.PriorPrivate, PlannedIdentity: req.PriorIdentity,
	}
	if resp.PlannedIdentity == nil {
		resp.PlannedIdentity = &tfprotov6.ResourceIdentityData{IdentityData: &d.nameless}
	}
	if f.settled {
		return resp
	}
	if resp.PlannedState, ok = d.wire(ctx, &plan); !ok {
		return nil
	}
	return resp
}

// Read answers a request to refresh, or returns nil when the framework has to: for
// what was just imported.
func (d *Direct) Read(ctx context.Context, s *session.Session, req *tfprotov6.ReadResourceRequest) *tfprotov6.ReadResourceResponse {
	private, ok := privateOf(req.Private)
	if !ok || !private.OnlySilent() {
		return nil
	}
	attributes, ok := d.attributes(req.CurrentState)
	if !ok {
		return nil
	}
	state, diags := d.model(ctx, attributes)
	if len(diags) > 0 {
		return nil
	}
	seen, diags := (&Resource{kind: workflows, session: s, now: time.Now}).sight(ctx, &state)
	resp := &tfprotov6.ReadResourceResponse{NewState: req.CurrentState, Private: req.Private, NewIdentity: d.name(seen.identity)}
	switch {
	case seen.gone:
		resp.NewState = &d.none
	case seen.changed:
		if value, ok := d.wire(ctx, &state); ok {
			resp.NewState = value
		} else {
			diags.AddError("The submission cannot be written down", "This is a defect of the provider. The state is as it was.")
		}
	}
	diags.Append(services.SaveSilent(ctx, private, s.Answers, seen.locations...)...)
	// A map of strings always marshals.
	resp.Private, _ = json.Marshal(private)
	resp.Diagnostics = services.OnWire(diags)
	return resp
}

// attributes is what a value on the wire says of each attribute; not ok when it is
// no submission.
func (d *Direct) attributes(value *tfprotov6.DynamicValue) (attributes map[string]tftypes.Value, ok bool) {
	if value == nil {
		return nil, false
	}
	v, err := value.Unmarshal(d.object)
	if err != nil || v.IsNull() || !v.IsKnown() {
		return nil, false
	}
	return attributes, v.As(&attributes) == nil
}

func (d *Direct) model(ctx context.Context, attributes map[string]tftypes.Value) (model, diag.Diagnostics) {
	var m model
	raw := tfsdk.State{Schema: d.schema, Raw: tftypes.NewValue(d.object, attributes)}
	if services.Get(ctx, d.values, raw.Raw, &m) {
		return m, nil
	}
	diags := raw.Get(ctx, &m)
	return m, diags
}

// wire is the model as it goes to the CLI.
func (d *Direct) wire(ctx context.Context, m *model) (*tfprotov6.DynamicValue, bool) {
	raw, ok := services.Set(ctx, d.values, m)
	if !ok {
		whole := tfsdk.State{Schema: d.schema, Raw: tftypes.NewValue(d.object, nil)}
		if diags := whole.Set(ctx, m); len(diags) > 0 {
			return nil, false
		}
		raw = whole.Raw
	}
	value, err := tfprotov6.NewDynamicValue(d.object, raw)
	return &value, err == nil
}

// name is a run's identity as it goes to the CLI.
func (d *Direct) name(of identityModel) *tfprotov6.ResourceIdentityData {
	// Two strings always encode.
	value, _ := tfprotov6.NewDynamicValue(d.identity, tftypes.NewValue(d.identity, map[string]tftypes.Value{
		"account_id":  tftypes.NewValue(tftypes.String, of.AccountID.ValueStringPointer()),
		"workflow_id": tftypes.NewValue(tftypes.String, of.WorkflowID.ValueStringPointer()),
	}))
	return &tfprotov6.ResourceIdentityData{IdentityData: &value}
}

// privateOf decodes a private state as the framework encodes it.
func privateOf(data []byte) (services.Private, bool) {
	private := services.Private{}
	return private, len(data) == 0 || json.Unmarshal(data, &private) == nil
}

// preset gives what the configuration leaves out its default, and reports whether
// that changed anything.
func (d *Direct) preset(config, proposed map[string]tftypes.Value) (changed bool) {
	for _, p := range d.defaults {
		in, out := config, proposed
		if p.within != "" {
			in, out = nil, nil
			if config[p.within].As(&in) != nil || proposed[p.within].As(&out) != nil || in == nil || out == nil {
				continue
			}
		}
		if !in[p.name].IsNull() || out[p.name].Equal(p.value) {
			continue
		}
		changed = true
		out[p.name] = p.value
		if p.within != "" {
			proposed[p.within] = tftypes.NewValue(proposed[p.within].Type(), out)
		}
	}
	return changed
}

// presets finds the attributes that have defaults.
func presets(ctx context.Context, within string, attributes map[string]schema.Attribute) []preset {
	var found []preset
	for name, attribute := range attributes {
		switch a := attribute.(type) {
		case schema.StringAttribute:
			if a.Default != nil {
				var resp defaults.StringResponse
				a.Default.DefaultString(ctx, defaults.StringRequest{}, &resp)
				found = append(found, preset{within, name, tftypes.NewValue(tftypes.String, resp.PlanValue.ValueString())})
			}
		case schema.BoolAttribute:
			if a.Default != nil {
				var resp defaults.BoolResponse
				a.Default.DefaultBool(ctx, defaults.BoolRequest{}, &resp)
				found = append(found, preset{within, name, tftypes.NewValue(tftypes.Bool, resp.PlanValue.ValueBool())})
			}
		case schema.SingleNestedAttribute:
			found = append(found, presets(ctx, name, a.Attributes)...)
		}
	}
	return found
}
