package account

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// rotating is the account with a value of key_rotation; empty means none.
func rotating(value string) *model {
	m := existing()
	if value != "" {
		m.KeyRotation = types.StringValue(value)
	}
	return m
}

func TestPlanWarnsOfRotation(t *testing.T) {
	unknown, elsewhere := rotating("2"), rotating("2")
	unknown.KeyRotation = types.StringUnknown()
	elsewhere.Location = types.StringValue("westeurope")
	for name, tt := range map[string]struct {
		plan, state *model
		warns       bool
	}{
		"new account":            {rotating("1"), nil, false},
		"no change":              {rotating("1"), rotating("1"), false},
		"change":                 {rotating("2"), rotating("1"), true},
		"set for the first time": {rotating("1"), existing(), true},
		"not known yet":          {unknown, rotating("1"), true},
		"removed":                {existing(), rotating("1"), false},
		"with a new account":     {elsewhere, rotating("1"), false},
	} {
		resp := resource.ModifyPlanResponse{Plan: planOf(t, tt.plan)}
		(&Resource{cloud: newRun(t, &resourceManager{})}).ModifyPlan(t.Context(), resource.ModifyPlanRequest{Plan: planOf(t, tt.plan), State: stateOf(t, tt.state)}, &resp)
		fatal(t, resp.Diagnostics)
		if got := resp.Diagnostics.WarningsCount() == 1; got != tt.warns {
			t.Errorf("%s: %v", name, resp.Diagnostics)
		}
		for _, w := range resp.Diagnostics.Warnings() {
			if !strings.Contains(w.Detail(), "access_keys") || !strings.Contains(w.Detail(), "SAS") {
				t.Errorf("%s: the warning says only: %s", name, w.Detail())
			}
		}
	}
}

func update(t *testing.T, r *run, plan, state *model) resource.UpdateResponse {
	t.Helper()
	resp := resource.UpdateResponse{State: stateOf(t, state), Identity: noIdentity(t.Context())}
	(&Resource{cloud: r}).Update(t.Context(), resource.UpdateRequest{Plan: planOf(t, plan), State: stateOf(t, state)}, &resp)
	return resp
}

// lose drops requests to regenerate a key without an answer, from the nth on.
func lose(nth int) func(http.ResponseWriter, *http.Request) bool {
	return func(_ http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/regenerateKey") {
			return false
		}
		if nth--; nth > 0 {
			return false
		}
		panic(http.ErrAbortHandler)
	}
}

func TestRotation(t *testing.T) {
	const both = "POST:regenerateKey POST:regenerateKey"
	for name, tt := range map[string]struct {
		plan, state *model
		fault       func(http.ResponseWriter, *http.Request) bool
		saw         string
		regenerated map[string]int
		forgotten   int
		value       string // in the state afterwards
		says        []string
	}{
		"a new value":            {plan: rotating("2"), state: rotating("1"), saw: both, regenerated: map[string]int{"Key1": 1, "Key2": 1}, forgotten: 1, value: "2"},
		"a first value":          {plan: rotating("1"), state: existing(), saw: both, regenerated: map[string]int{"Key1": 1, "Key2": 1}, forgotten: 1, value: "1"},
		"no change":              {plan: rotating("1"), state: rotating("1"), value: "1"},
		"removed":                {plan: existing(), state: rotating("1"), value: ""},
		"with tags, which first": {plan: tagged(rotating("2"), "a", "b"), state: rotating("1"), saw: "PATCH " + both, regenerated: map[string]int{"Key1": 1, "Key2": 1}, forgotten: 1, value: "2"},
		"refused": {
			plan: rotating("2"), state: rotating("1"), saw: "POST:regenerateKey", value: "1",
			fault: refuse("POST", http.StatusForbidden, "AuthorizationFailed"),
			says:  []string{"were not regenerated", "AuthorizationFailed", "both old keys still work", "old value of key_rotation", "harmless"},
		},
		"a server's error": {
			plan: rotating("2"), state: rotating("1"), saw: "POST:regenerateKey", forgotten: 1, value: "1",
			fault: refuse("POST", http.StatusInternalServerError, "InternalServerError"),
			says:  []string{"not known whether the account's first key", "second key was not touched", "Applying again regenerates both"},
		},
		"first answer lost": {
			plan: tagged(rotating("2"), "a", "b"), state: rotating("1"), saw: "PATCH POST:regenerateKey", forgotten: 1, value: "1",
			fault: lose(1),
			says:  []string{"not known whether the account's first key"},
		},
		"second answer lost": {
			plan: rotating("2"), state: rotating("1"), saw: both, regenerated: map[string]int{"Key1": 1}, forgotten: 1, value: "1",
			fault: lose(2),
			says:  []string{"not known whether the account's second key", "The first key is new"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			rm := &resourceManager{exists: true, location: "westus2", state: "Succeeded", fault: tt.fault}
			r := newRun(t, rm)
			resp := update(t, r, tt.plan, tt.state)
			expect(t, resp.Diagnostics, tt.says...)
			if rm.saw() != tt.saw || !maps.Equal(rm.regenerated, tt.regenerated) || len(r.rotated) != tt.forgotten {
				t.Errorf("saw %q, regenerated %v, forgot %v", rm.saw(), rm.regenerated, r.rotated)
			}
			got := modelOf(t, resp.State)
			if got.KeyRotation.ValueString() != tt.value || !got.Tags.Equal(tt.plan.Tags) {
				t.Errorf("state has key_rotation %s, tags %s", got.KeyRotation, got.Tags)
			}
			for _, d := range resp.Diagnostics {
				if strings.Contains(d.Detail(), "key-of-lab") {
					t.Errorf("a key is in %s", d.Detail())
				}
			}
		})
	}
}

// Without Resource Manager nothing is changed, and the error does not offer
// access_keys, which do not help here.
func TestRotationWithoutResourceManager(t *testing.T) {
	r := dark(t)
	resp := update(t, r, rotating("2"), rotating("1"))
	expect(t, resp.Diagnostics, "were not regenerated", "resource-manager is unreachable", "Nothing was changed")
	if len(r.rotated) != 0 || modelOf(t, resp.State).KeyRotation.ValueString() != "1" {
		t.Errorf("forgot %v, state %v", r.rotated, modelOf(t, resp.State))
	}
}

// The keys of a new account are new.
func TestCreateDoesNotRotate(t *testing.T) {
	rm := &resourceManager{}
	plan := lab()
	plan.KeyRotation = types.StringValue("1")
	resp := create(t.Context(), t, newRun(t, rm), plan)
	fatal(t, resp.Diagnostics)
	if rm.regenerated != nil || modelOf(t, resp.State).KeyRotation.ValueString() != "1" {
		t.Errorf("regenerated %v, state %+v", rm.regenerated, modelOf(t, resp.State))
	}
}
