package account

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func remove(ctx context.Context, t *testing.T, r *run, state *model) resource.DeleteResponse {
	t.Helper()
	s := stateOf(t, state)
	resp := resource.DeleteResponse{State: s, Identity: noIdentity(t.Context())}
	(&Resource{cloud: r, cancelPoll: time.Millisecond}).Delete(ctx, resource.DeleteRequest{State: s}, &resp)
	return resp
}

func workflow(id, status int, description string) map[string]any {
	return map[string]any{"Id": id, "Status": status, "Description": description}
}

func TestDelete(t *testing.T) {
	ready := func(workflows ...map[string]any) *resourceManager {
		return &resourceManager{exists: true, location: "westus2", state: "Succeeded", workflows: workflows}
	}
	t.Run("unused", func(t *testing.T) {
		rm := ready(workflow(1, 20000, ""), workflow(2, 50000, ""), workflow(3, 60000, ""))
		expect(t, remove(t.Context(), t, newRun(t, rm), existing()).Diagnostics)
		if saw := rm.saw(); saw != "GET:workflows GET:workflows DELETE" {
			t.Errorf("saw %s", saw)
		}
	})
	t.Run("in use", func(t *testing.T) {
		rm := ready(workflow(1, 20000, "done"), workflow(2, 10000, "[tfg:x] NA12878"), workflow(3, 61000, "odd"), workflow(4, 58000, "ending"))
		resp := remove(t.Context(), t, newRun(t, rm), existing())
		expect(t, resp.Diagnostics, "3 unfinished", "2 (working) [tfg:x] NA12878", "3 (unknown) odd", "4 (cancelling) ending", "force_destroy = true", labID, "westus2")
		if !rm.exists || strings.Contains(resp.Diagnostics.Errors()[0].Detail(), "done") {
			t.Errorf("exists %v: %v", rm.exists, resp.Diagnostics)
		}
	})
	t.Run("in use by many", func(t *testing.T) {
		var many []map[string]any
		for id := range 50 {
			many = append(many, workflow(id+1, 1000, ""))
		}
		expect(t, remove(t.Context(), t, newRun(t, ready(many...)), existing()).Diagnostics, "50 unfinished", "and 30 more")
	})
	t.Run("forced", func(t *testing.T) {
		rm, forced := ready(workflow(2, 10000, "")), existing()
		forced.ForceDestroy = types.BoolValue(true)
		expect(t, remove(t.Context(), t, newRun(t, rm), forced).Diagnostics)
		if saw := rm.saw(); saw != "DELETE" {
			t.Errorf("saw %s", saw)
		}
	})
	t.Run("waits for cancellation", func(t *testing.T) {
		rm := ready(workflow(2, 58000, ""))
		asked := 0
		rm.fault = func(_ http.ResponseWriter, r *http.Request) bool {
			if r.URL.Query().Get("$skip") == "0" {
				rm.with(func() {
					if asked++; asked == 3 {
						rm.workflows[0] = workflow(2, 60000, "")
					}
				})
			}
			return false
		}
		expect(t, remove(t.Context(), t, newRun(t, rm), existing()).Diagnostics)
		if asked != 3 || rm.exists {
			t.Errorf("asked %d times, exists %v", asked, rm.exists)
		}
	})
	t.Run("cancellation never ends", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		rm := ready(workflow(2, 58000, ""))
		rounds := 0
		rm.fault = func(_ http.ResponseWriter, r *http.Request) bool {
			if r.URL.Query().Get("$skip") != "0" {
				return false
			}
			if rounds++; rounds == 2 {
				cancel()
				<-r.Context().Done()
			}
			return rounds == 2
		}
		expect(t, remove(ctx, t, newRun(t, rm), existing()).Diagnostics, "still being cancelled", "2 (cancelling)")
		if !rm.exists {
			t.Error("the account was deleted")
		}
	})
	t.Run("region dark", func(t *testing.T) {
		rm := ready()
		run := newRun(t, rm)
		run.service = nowhere()
		resp := remove(t.Context(), t, run, existing())
		expect(t, resp.Diagnostics, "cannot be told", "westus2 is unreachable", "Destroy again when the region answers", "force_destroy = true")
		if !rm.exists {
			t.Error("the account was deleted blindly")
		}
	})
	t.Run("never came to be", func(t *testing.T) {
		rm, failed := ready(workflow(1, 1000, "")), existing()
		rm.state = "Failed"
		failed.ProvisioningState = types.StringValue("Creating")
		expect(t, remove(t.Context(), t, newRun(t, rm), failed).Diagnostics)
		if saw := rm.saw(); saw != "GET DELETE" {
			t.Errorf("saw %s", saw)
		}
	})
	t.Run("gone already", func(t *testing.T) {
		rm := &resourceManager{}
		forced := existing()
		forced.ForceDestroy = types.BoolValue(true)
		expect(t, remove(t.Context(), t, newRun(t, rm), forced).Diagnostics)
	})
	t.Run("refused", func(t *testing.T) {
		rm := ready()
		rm.fault = refuse("DELETE", http.StatusConflict, "ScopeLocked")
		expect(t, remove(t.Context(), t, newRun(t, rm), existing()).Diagnostics, "could not be deleted", "ScopeLocked")
	})
	t.Run("answer lost, and yet deleted", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		rm := ready()
		rm.fault = func(_ http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodDelete {
				return false
			}
			rm.with(func() { rm.exists = false })
			cancel()
			<-r.Context().Done()
			return true
		}
		expect(t, remove(ctx, t, newRun(t, rm), existing()).Diagnostics)
	})
}
