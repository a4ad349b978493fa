package account

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func create(ctx context.Context, t *testing.T, r *run, plan *model) resource.CreateResponse {
	t.Helper()
	resp := resource.CreateResponse{State: emptyState(t.Context()), Identity: noIdentity(t.Context())}
	(&Resource{cloud: r}).Create(ctx, resource.CreateRequest{Plan: planOf(t, plan)}, &resp)
	return resp
}

func TestCreate(t *testing.T) {
	rm := &resourceManager{}
	resp := create(t.Context(), t, newRun(t, rm), func() *model {
		m := tagged(existing(), "team", "lab")
		m.ProvisioningState = types.StringUnknown()
		return m
	}())
	expect(t, resp.Diagnostics)
	got := modelOf(t, resp.State)
	if got.ID.ValueString() != labID || got.ProvisioningState.ValueString() != "Succeeded" || got.Location.ValueString() != "West US 2" {
		t.Errorf("state %+v", got)
	}
	if identityOf(t, resp.Identity) != subscription+"/rg/lab" {
		t.Errorf("identity %s", identityOf(t, resp.Identity))
	}
	if body := rm.body("PUT"); body != `{"location":"westus2","tags":{"team":"lab"},"properties":{}}` {
		t.Errorf("PUT %s", body)
	}
	if saw := rm.saw(); saw != "GET PUT GET:operation GET" {
		t.Errorf("Resource Manager saw %s", saw)
	}
}

func TestCreateDoesNotTakeOver(t *testing.T) {
	rm := &resourceManager{exists: true, location: "westus2", state: "Succeeded"}
	resp := create(t.Context(), t, newRun(t, rm), lab())
	expect(t, resp.Diagnostics, "exists already", "terraform import 'ADDRESS' '"+labID+"'")
	if modelOf(t, resp.State) != nil || rm.saw() != "GET" {
		t.Errorf("state %+v after %s", modelOf(t, resp.State), rm.saw())
	}
}

// What is left in the state when creating goes wrong, at every point.
func TestCreateBrokenOff(t *testing.T) {
	t.Run("refused", func(t *testing.T) {
		rm := &resourceManager{fault: refuse("PUT", http.StatusForbidden, "AuthorizationFailed")}
		resp := create(t.Context(), t, newRun(t, rm), lab())
		expect(t, resp.Diagnostics, "cannot be created", "AuthorizationFailed", labID)
		if modelOf(t, resp.State) != nil || rm.saw() != "GET PUT" {
			t.Errorf("state %+v after %s", modelOf(t, resp.State), rm.saw())
		}
	})
	t.Run("failed while being made", func(t *testing.T) {
		rm := &resourceManager{state: "Failed"}
		resp := create(t.Context(), t, newRun(t, rm), existing())
		expect(t, resp.Diagnostics, "not ready (Failed)", "untaint")
		if got := modelOf(t, resp.State); got == nil || got.ID.ValueString() != labID || got.ProvisioningState.ValueString() != "Failed" {
			t.Errorf("state %+v", got)
		}
	})
	t.Run("something else answers", func(t *testing.T) {
		rm := &resourceManager{fault: func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPut {
				_, _ = w.Write([]byte(`{"status":"welcome"}`))
			}
			return r.Method == http.MethodPut
		}}
		resp := create(t.Context(), t, newRun(t, rm), existing())
		expect(t, resp.Diagnostics, "was not created", "describes no account")
		if got := modelOf(t, resp.State); got != nil {
			t.Errorf("state %+v", got)
		}
	})
	// Interrupted while waiting: the ID is in the state, and one look on a context
	// of its own tells how far it got.
	for state, parts := range map[string][]string{"InProgress": {"not ready (InProgress)", "cancelled", "untaint"}, "Succeeded": nil} {
		t.Run("interrupted, then "+state, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			rm := &resourceManager{state: state}
			rm.fault = func(_ http.ResponseWriter, r *http.Request) bool {
				if !strings.HasSuffix(r.URL.Path, "/operation") {
					return false
				}
				cancel()
				<-r.Context().Done()
				return true
			}
			resp := create(ctx, t, newRun(t, rm), existing())
			expect(t, resp.Diagnostics, parts...)
			got := modelOf(t, resp.State)
			if got == nil || got.ID.ValueString() != labID || got.ProvisioningState.ValueString() != state || identityOf(t, resp.Identity) != subscription+"/rg/lab" {
				t.Errorf("state %+v", got)
			}
		})
	}
	t.Run("the answer to PUT was lost", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		rm := &resourceManager{}
		rm.fault = func(_ http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPut {
				return false
			}
			rm.with(func() { rm.exists, rm.location, rm.state = true, "westus2", "Creating" })
			cancel()
			<-r.Context().Done()
			return true
		}
		resp := create(ctx, t, newRun(t, rm), existing())
		expect(t, resp.Diagnostics, "not ready (Creating)")
		if got := modelOf(t, resp.State); got == nil || got.ID.ValueString() != labID {
			t.Errorf("state %+v", got)
		}
	})
	t.Run("PUT never took", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		rm := &resourceManager{}
		rm.fault = func(_ http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPut {
				return false
			}
			cancel()
			<-r.Context().Done()
			return true
		}
		resp := create(ctx, t, newRun(t, rm), existing())
		expect(t, resp.Diagnostics, "was not created")
		if got := modelOf(t, resp.State); got != nil {
			t.Errorf("state %+v", got)
		}
	})
}
