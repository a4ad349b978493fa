package account

import (
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func TestPlan(t *testing.T) {
	unnamed, moved, elsewhere, renamed := lab(), existing(), existing(), existing()
	unnamed.Name = types.StringUnknown()
	moved.ResourceGroupName = types.StringValue("other")
	elsewhere.Location = types.StringValue("westeurope")
	renamed.Name = types.StringValue("LAB")
	foreign := existing()
	foreign.ID = types.StringValue(strings.Replace(labID, subscription, "99999999-0000-0000-0000-000000000001", 1))
	otherGroup := strings.Replace(labID, "/rg/", "/other/", 1)
	for name, tt := range map[string]struct {
		plan, state          *model
		id, url, provisioned string // empty: unknown
	}{
		"new: everything that follows from the configuration": {lab(), nil, labID, "https://westus2.example", ""},
		"new, its name not known yet":                         {unnamed, nil, "", "https://westus2.example", ""},
		"no change":                                           {existing(), existing(), labID, "https://westus2.example", "Succeeded"},
		"tags":                                                {tagged(lab(), "a", "b"), existing(), labID, "https://westus2.example", "Succeeded"},
		"another spelling of the name":                        {renamed, existing(), labID, "https://westus2.example", "Succeeded"},
		"another subscription in the provider":                {existing(), foreign, foreign.ID.ValueString(), "https://westus2.example", "Succeeded"},
		"another group: a new account":                        {moved, existing(), otherGroup, "https://westus2.example", ""},
		"another region: a new account":                       {elsewhere, existing(), labID, "https://westeurope.example", ""},
	} {
		t.Run(name, func(t *testing.T) {
			world := newRun(t, &resourceManager{})
			r := &Resource{cloud: world}
			resp := resource.ModifyPlanResponse{Plan: planOf(t, tt.plan)}
			r.ModifyPlan(t.Context(), resource.ModifyPlanRequest{Plan: planOf(t, tt.plan), State: stateOf(t, tt.state)}, &resp)
			fatal(t, resp.Diagnostics)
			got := modelOf(t, tfsdk.State(resp.Plan))
			for what, pair := range map[string][2]string{
				"id": {got.ID.ValueString(), tt.id}, "api_url": {got.APIURL.ValueString(), tt.url}, "provisioning_state": {got.ProvisioningState.ValueString(), tt.provisioned},
			} {
				if pair[0] != pair[1] {
					t.Errorf("%s = %q, want %q", what, pair[0], pair[1])
				}
			}
			if got.ID.IsNull() || got.APIURL.IsNull() || got.ProvisioningState.IsNull() {
				t.Errorf("null instead of unknown: %+v", got)
			}
			if saw := world.rm.saw(); saw != "" {
				t.Errorf("planning asked Resource Manager: %s", saw)
			}
		})
	}
}

func TestSpellingDoesNotReplace(t *testing.T) {
	modifier := replaceUnless(sameRegion)
	for name, tt := range map[string]struct {
		state, plan types.String
		want        string
		replace     bool
	}{
		"same":          {types.StringValue("westus2"), types.StringValue("westus2"), "westus2", false},
		"other words":   {types.StringValue("westus2"), types.StringValue("West US 2"), "westus2", false},
		"other region":  {types.StringValue("westus2"), types.StringValue("westeurope"), "westeurope", true},
		"not known yet": {types.StringValue("westus2"), types.StringUnknown(), "", true},
	} {
		resp := planmodifier.StringResponse{PlanValue: tt.plan}
		modifier.PlanModifyString(t.Context(), planmodifier.StringRequest{
			State: stateOf(t, existing()), Plan: planOf(t, existing()), StateValue: tt.state, PlanValue: tt.plan,
		}, &resp)
		if resp.RequiresReplace != tt.replace || resp.PlanValue.ValueString() != tt.want {
			t.Errorf("%s: replace %v, plan %s", name, resp.RequiresReplace, resp.PlanValue)
		}
	}
	resp := planmodifier.StringResponse{PlanValue: types.StringValue("westus2")}
	modifier.PlanModifyString(t.Context(), planmodifier.StringRequest{State: stateOf(t, nil), Plan: planOf(t, existing()), PlanValue: resp.PlanValue}, &resp)
	if resp.RequiresReplace {
		t.Error("creating is not replacing")
	}
}

func read(t *testing.T, r *run, state *model) resource.ReadResponse {
	t.Helper()
	s := stateOf(t, state)
	resp := resource.ReadResponse{State: s, Identity: noIdentity(t.Context())}
	(&Resource{cloud: r}).Read(t.Context(), resource.ReadRequest{State: s}, &resp)
	return resp
}

func TestRead(t *testing.T) {
	rm := &resourceManager{exists: true, location: "westus2", state: "Succeeded", tags: map[string]string{"by": "policy"}}
	resp := read(t, newRun(t, rm), existing())
	expect(t, resp.Diagnostics)
	got := modelOf(t, resp.State)
	if got.Location.ValueString() != "West US 2" || got.Tags.String() != `{"by":"policy"}` || identityOf(t, resp.Identity) != subscription+"/rg/lab" {
		t.Errorf("state %+v", got)
	}

	rm.with(func() { rm.tags, rm.location = nil, "westeurope" })
	got = modelOf(t, read(t, newRun(t, rm), existing()).State)
	if got.Location.ValueString() != "westeurope" || !got.Tags.IsNull() || got.APIURL.ValueString() != "https://westeurope.example" {
		t.Errorf("no tags, other region: %+v", got)
	}
	if got := modelOf(t, read(t, newRun(t, rm), tagged(existing())).State); got.Tags.IsNull() || len(got.Tags.Elements()) != 0 {
		t.Errorf("an empty set of tags became %s", got.Tags)
	}
}

// Only a real 404 removes the account from the state.
func TestReadKeepsState(t *testing.T) {
	gone := read(t, newRun(t, &resourceManager{}), existing())
	expect(t, gone.Diagnostics)
	if modelOf(t, gone.State) != nil {
		t.Error("an account that is gone is still in the state")
	}
	// A read without an identity failed with every CLI that does not keep them.
	if identityOf(t, gone.Identity) != subscription+"/rg/lab" {
		t.Error("an account that is gone lost its identity")
	}
	for name, tt := range map[string]struct {
		fault func(http.ResponseWriter, *http.Request) bool
		part  string
	}{
		"no such provider":   {refuse("GET", http.StatusNotFound, "InvalidResourceType"), "InvalidResourceType"},
		"no permission":      {refuse("GET", http.StatusForbidden, "AuthorizationFailed"), "AuthorizationFailed"},
		"no login":           {refuse("GET", http.StatusUnauthorized, "InvalidAuthenticationToken"), "InvalidAuthenticationToken"},
		"a bad subscription": {refuse("GET", http.StatusNotFound, "SubscriptionNotFound"), "SubscriptionNotFound"},
	} {
		t.Run(name, func(t *testing.T) {
			resp := read(t, newRun(t, &resourceManager{fault: tt.fault}), existing())
			expect(t, resp.Diagnostics, tt.part)
			if modelOf(t, resp.State) == nil {
				t.Error("the state is lost")
			}
		})
	}
}

// dark makes Resource Manager unreachable.
func dark(t *testing.T) *run {
	t.Helper()
	return runAgainst(t, &resourceManager{}, nowhere())
}

// A page of somebody in Resource Manager's place says nothing about an account.
func TestReadOfAPage(t *testing.T) {
	resp := read(t, newRun(t, &resourceManager{fault: func(w http.ResponseWriter, _ *http.Request) bool {
		http.Error(w, "<html>", http.StatusNotFound)
		return true
	}}), existing())
	expect(t, resp.Diagnostics)
	if modelOf(t, resp.State) == nil || resp.Diagnostics.WarningsCount() != 1 {
		t.Errorf("%v", resp.Diagnostics)
	}
}

func TestReadWithoutResourceManager(t *testing.T) {
	r := dark(t)
	for i, warnings := range []int{1, 0, 0} {
		resp := read(t, r, existing())
		expect(t, resp.Diagnostics)
		if modelOf(t, resp.State) == nil || resp.Diagnostics.WarningsCount() != warnings || identityOf(t, resp.Identity) != subscription+"/rg/lab" {
			t.Errorf("read %d: %v", i, resp.Diagnostics)
		}
	}
	// An import has nothing to keep.
	imported := existing()
	imported.Location = types.StringNull()
	expect(t, read(t, r, imported).Diagnostics, "cannot be read")
}

func TestUpdate(t *testing.T) {
	rm := &resourceManager{exists: true, location: "westus2", state: "Succeeded", tags: map[string]string{"a": "1", "b": "2"}}
	r := newRun(t, rm)
	expect(t, update(t, r, tagged(existing(), "a", "3"), tagged(existing(), "a", "1", "b", "2")).Diagnostics)
	if rm.saw() != "PATCH" || len(rm.tagsNow()) != 1 || rm.tagsNow()["a"] != "3" {
		t.Errorf("after %s the tags are %v", rm.saw(), rm.tagsNow())
	}
	expect(t, update(t, r, existing(), tagged(existing(), "a", "3")).Diagnostics)
	if rm.body("PATCH") != `{"tags":{}}` {
		t.Errorf("PATCH %s", rm.body("PATCH"))
	}

	// force_destroy can be set while nothing answers.
	forced := existing()
	forced.ForceDestroy = types.BoolValue(true)
	resp := update(t, dark(t), forced, existing())
	expect(t, resp.Diagnostics)
	if !modelOf(t, resp.State).ForceDestroy.ValueBool() {
		t.Error("force_destroy is not in the state")
	}

	rm.with(func() { rm.fault = refuse("PATCH", http.StatusConflict, "ScopeLocked") })
	resp = update(t, r, tagged(existing(), "a", "4"), tagged(existing(), "a", "3"))
	expect(t, resp.Diagnostics, "tags cannot be changed", "ScopeLocked")
	if modelOf(t, resp.State).Tags.String() != `{"a":"3"}` {
		t.Errorf("state has tags that were not set: %s", modelOf(t, resp.State).Tags)
	}
}

func TestImport(t *testing.T) {
	importing := func(t *testing.T, id string, given *identityModel) resource.ImportStateResponse {
		t.Helper()
		req := resource.ImportStateRequest{ID: id, Identity: noIdentity(t.Context())}
		if given != nil {
			fatal(t, req.Identity.Set(t.Context(), given))
		}
		resp := resource.ImportStateResponse{State: emptyState(t.Context()), Identity: noIdentity(t.Context())}
		(&Resource{cloud: newRun(t, &resourceManager{})}).ImportState(t.Context(), req, &resp)
		return resp
	}
	for name, resp := range map[string]resource.ImportStateResponse{
		"ID":                            importing(t, strings.Replace(labID, "resourceGroups", "RESOURCEGROUPS", 1), nil),
		"identity":                      importing(t, "", &identityModel{types.StringValue(subscription), types.StringValue("rg"), types.StringValue("lab")}),
		"identity without subscription": importing(t, "", &identityModel{types.StringNull(), types.StringValue("rg"), types.StringValue("lab")}),
	} {
		expect(t, resp.Diagnostics)
		got := modelOf(t, resp.State)
		if got.ID.ValueString() != labID || got.Name.ValueString() != "lab" || got.ResourceGroupName.ValueString() != "rg" || got.ForceDestroy.IsNull() ||
			identityOf(t, resp.Identity) != subscription+"/rg/lab" {
			t.Errorf("%s: %+v", name, got)
		}
		// The read that follows fills in the rest.
		rm := &resourceManager{exists: true, location: "westus2", state: "Succeeded", tags: map[string]string{"a": "b"}}
		full := modelOf(t, read(t, newRun(t, rm), got).State)
		if full.Location.ValueString() != "westus2" || full.APIURL.ValueString() != "https://westus2.example" || full.Tags.String() != `{"a":"b"}` {
			t.Errorf("%s: read %+v", name, full)
		}
	}
	expect(t, importing(t, "lab", nil).Diagnostics, "not the ID", "/providers/Microsoft.Genomics/accounts/{name}")
	expect(t, importing(t, "", &identityModel{types.StringNull(), types.StringNull(), types.StringValue("lab")}).Diagnostics, "not the identity")
}
