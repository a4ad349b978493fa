// Package account is the resource, the data source and the ephemeral resource
// about a Microsoft Genomics account.
package account

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

const (
	defaultChangeTimeout = 30 * time.Minute
	defaultReadTimeout   = 5 * time.Minute
	// readBackTimeout bounds the one look at what became of an interrupted change.
	readBackTimeout = 30 * time.Second
	// cancelPoll is how often cancelling workflows are looked at before a deletion.
	cancelPoll = 5 * time.Second
)

// cloud is what this package needs of the run's session.
type cloud interface {
	SubscriptionID() string
	Gate(location string) *region.Gate
	ServiceURL(location string) (string, error)
	Accounts() (*azure.AccountsClient, error)
	Service(account session.ServiceAccount) (*msgenomics.Client, error)
	Rotated(id azure.AccountID)
}

var _ cloud = (*session.Session)(nil)

// configured gives the session as this package uses it: nil while there is none.
func configured(providerData any) (cloud, diag.Diagnostics) {
	s, diags := services.Session(providerData)
	if s == nil {
		return nil, diags
	}
	return s, diags
}

// Resource implements genomics_account.
type Resource struct {
	cloud      cloud
	cancelPoll time.Duration
}

var (
	_ resource.ResourceWithConfigure   = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan  = (*Resource)(nil)
	_ resource.ResourceWithImportState = (*Resource)(nil)
	_ resource.ResourceWithIdentity    = (*Resource)(nil)
)

// NewResource makes the resource.
func NewResource() resource.Resource { return &Resource{cancelPoll: cancelPoll} }

// Metadata names the resource.
func (r *Resource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_account"
}

// Schema describes the resource.
func (r *Resource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = resourceSchema(ctx)
}

// IdentitySchema describes the resource's identity.
func (r *Resource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identitySchema()
}

// Configure takes the run's session.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	var d diag.Diagnostics
	r.cloud, d = configured(req.ProviderData)
	resp.Diagnostics.Append(d...)
}

// ModifyPlan makes the ID and the service's URL known before the account exists.
// Both follow from the configuration; nobody is asked.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || r.cloud == nil {
		return
	}
	var plan model
	var state *model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if !req.State.Raw.IsNull() {
		state = new(model)
		resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	plan.ID, plan.APIURL, plan.ProvisioningState = types.StringUnknown(), types.StringUnknown(), types.StringUnknown()
	if plan.stays(state) {
		plan.ID, plan.ProvisioningState = state.ID, state.ProvisioningState
		if plan.rotates(state) {
			resp.Diagnostics.Append(rotationWarning(state.Name.ValueString()))
		}
	} else if id, ok := plan.plannedID(r.cloud.SubscriptionID()); ok {
		plan.ID = types.StringValue(id.String())
	}
	if known(plan.Location) {
		url, err := r.cloud.ServiceURL(plan.Location.ValueString())
		if err != nil {
			resp.Diagnostics.AddAttributeError(path.Root("location"), "No service endpoint for this region", err.Error())
			return
		}
		plan.APIURL = types.StringValue(url)
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
}

// Create makes the account and waits until it can be used. Its ID is in the state
// from the moment that Resource Manager has taken the request.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	// Read the plan.
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	tags, d := plan.tagsToAPI(ctx)
	resp.Diagnostics.Append(d...)
	timeout, d := plan.Timeouts.Create(ctx, defaultChangeTimeout)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	client, err := r.cloud.Accounts()
	if err != nil {
		resp.Diagnostics.Append(diagnostics.Error("The account cannot be created", err, diagnostics.Context{Resource: plan.Name.ValueString()}))
		return
	}
	id, _ := plan.plannedID(r.cloud.SubscriptionID())
	plan.ID = types.StringValue(id.String())
	about := plan.about()
	c := creation{client: client, id: id, about: about, plan: &plan, state: &resp.State, identity: resp.Identity, diags: &resp.Diagnostics}

	// Ask whether somebody has made it already: a PUT would take it over silently.
	if _, err := client.Get(ctx, id); err == nil {
		resp.Diagnostics.Append(alreadyExists(id))
		return
	} else if !azure.IsNotFound(err) {
		resp.Diagnostics.Append(diagnostics.Error("It cannot be told whether the account exists already", err, about))
		return
	}

	// Create it, and know it by its ID before waiting.
	poller, err := client.BeginCreateOrUpdate(ctx, id, region.Normalize(plan.Location.ValueString()), tags)
	if err != nil {
		if definite(err) {
			resp.Diagnostics.Append(diagnostics.Error("The account cannot be created", err, about))
			return
		}
		c.readBack(ctx, err)
		return
	}
	if c.save(ctx, "Creating"); resp.Diagnostics.HasError() {
		return
	}
	account, err := poller.PollUntilDone(ctx, client.PollOptions())
	if err == nil && account.ID == "" {
		err = errNoAccount
	}
	if err != nil {
		c.readBack(ctx, err)
		return
	}
	c.save(ctx, succeeded)
}

// Read refreshes the account. It is gone only when Resource Manager says so.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	timeout, d := state.Timeouts.Read(ctx, defaultReadTimeout)
	resp.Diagnostics.Append(d...)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	about := state.about()
	id, err := azure.ParseAccountID(state.ID.ValueString())
	if err != nil {
		resp.Diagnostics.Append(diagnostics.Error("The account's ID cannot be read", err, about))
		return
	}

	account, err := r.get(ctx, id)
	switch {
	case err == nil:
	case azure.IsNotFound(err):
		resp.State.RemoveResource(ctx)
		// Without it the framework refuses the answer where the CLI knows no identities.
		resp.Diagnostics.Append(resp.Identity.Set(ctx, identity(id))...)
		return
	// A state that is only an ID comes from an import and must be filled.
	case diagnostics.IsUnreachable(err) && !state.Location.IsNull():
		resp.Diagnostics.Append(diagnostics.Unreachable(err, r.cloud)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, identity(id))...)
		return
	default:
		resp.Diagnostics.Append(diagnostics.Error("The account cannot be read", err, about))
		return
	}

	resp.Diagnostics.Append(state.FromAPI(ctx, account)...)
	if state.APIURL, err = r.apiURL(state.Location); err != nil {
		resp.Diagnostics.Append(diagnostics.Error("No service endpoint for the account's region", err, about))
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identity(id))...)
}

// Update changes the tags in place, and regenerates the keys when it is asked to.
// Everything else that can change is the provider's own.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	tags, d := plan.tagsToAPI(ctx)
	resp.Diagnostics.Append(d...)
	timeout, d := plan.Timeouts.Update(ctx, defaultChangeTimeout)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	about := state.about()
	id, err := azure.ParseAccountID(state.ID.ValueString())
	if err != nil {
		resp.Diagnostics.Append(diagnostics.Error("The account's ID cannot be read", err, about))
		return
	}

	if !plan.Tags.Equal(state.Tags) {
		client, err := r.cloud.Accounts()
		if err == nil {
			_, err = client.UpdateTags(ctx, id, tags)
		}
		if err != nil {
			resp.Diagnostics.Append(diagnostics.Error("The account's tags cannot be changed", err, about))
			return
		}
	}
	if plan.rotates(&state) {
		if d := r.rotate(ctx, id, about); d.HasError() {
			resp.Diagnostics.Append(d...)
			// The tags are set. What was not seen done stays to be done.
			plan.KeyRotation = state.KeyRotation
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identity(id))...)
}

// Delete deletes the account, unless that would pull the rug from under
// workflows.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	timeout, d := state.Timeouts.Delete(ctx, defaultChangeTimeout)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	about := state.about()
	id, err := azure.ParseAccountID(state.ID.ValueString())
	if err != nil {
		resp.Diagnostics.Append(diagnostics.Error("The account's ID cannot be read", err, about))
		return
	}
	client, err := r.cloud.Accounts()
	if err != nil {
		resp.Diagnostics.Append(diagnostics.Error("The account cannot be deleted", err, about))
		return
	}

	// Ask whether it is still in use.
	if !state.ForceDestroy.ValueBool() {
		if resp.Diagnostics.Append(r.unused(ctx, client, id, state)...); resp.Diagnostics.HasError() {
			return
		}
	}

	// Delete it. Being told of the end is not the end: when the wait is broken off,
	// one look tells whether it came.
	poller, err := client.BeginDelete(ctx, id)
	if err == nil {
		_, err = poller.PollUntilDone(ctx, client.PollOptions())
	}
	if err == nil || azure.IsNotFound(err) {
		return
	}
	detached, stop := context.WithTimeout(context.WithoutCancel(ctx), readBackTimeout)
	defer stop()
	if _, readErr := client.Get(detached, id); azure.IsNotFound(readErr) {
		return
	}
	resp.Diagnostics.Append(diagnostics.Error("The account could not be deleted", err, about))
}

// ImportState takes an account's resource ID, or its identity.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	var id azure.AccountID
	if req.ID != "" {
		var err error
		if id, err = azure.ParseAccountID(req.ID); err != nil {
			resp.Diagnostics.Append(diagnostics.Error("This is not the ID of an account", err, diagnostics.Context{}))
			return
		}
	} else {
		var given identityModel
		if resp.Diagnostics.Append(req.Identity.Get(ctx, &given)...); resp.Diagnostics.HasError() {
			return
		}
		id = azure.AccountID{SubscriptionID: given.SubscriptionID.ValueString(), ResourceGroup: given.ResourceGroupName.ValueString(), Name: given.Name.ValueString()}
		if id.SubscriptionID == "" && r.cloud != nil {
			id.SubscriptionID = r.cloud.SubscriptionID()
		}
		if _, err := azure.ParseAccountID(id.String()); err != nil {
			resp.Diagnostics.Append(diagnostics.Error("This is not the identity of an account", err, diagnostics.Context{}))
			return
		}
	}
	for attribute, value := range map[string]any{"id": id.String(), "name": id.Name, "resource_group_name": id.ResourceGroup, "force_destroy": false} {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(attribute), value)...)
	}
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identity(id))...)
}

func (r *Resource) get(ctx context.Context, id azure.AccountID) (azure.Account, error) {
	client, err := r.cloud.Accounts()
	if err != nil {
		return azure.Account{}, err
	}
	return client.Get(ctx, id)
}

func (r *Resource) apiURL(location types.String) (types.String, error) {
	url, err := r.cloud.ServiceURL(location.ValueString())
	return types.StringValue(url), err
}
