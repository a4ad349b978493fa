package tes

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
)

// A server of 1.0 describes itself at another path than one of 1.1, and either is well
// only if it lists as well.
func TestHealthOfBothVersions(t *testing.T) {
	const old, recent = `{"name":"Old","storage":[]}`, `{"name":"New","version":"0.11","type":{"group":"org.ga4gh","artifact":"tes","version":"1.1.0"}}`
	for name, row := range map[string]struct {
		answers map[string]string
		want    engine.Info
		well    bool
	}{
		"1.1":             {map[string]string{"/service-info": recent, "/tasks": `{"tasks":[]}`}, engine.Info{Name: "New", Version: "0.11", Protocols: []string{"1.1.0"}}, true},
		"1.0":             {map[string]string{"/tasks/service-info": old, "/tasks": `{"tasks":[]}`}, engine.Info{Name: "Old"}, true},
		"does not list":   {map[string]string{"/service-info": recent}, engine.Info{Name: "New", Version: "0.11", Protocols: []string{"1.1.0"}}, false},
		"something else":  {nil, engine.Info{}, false},
		"a page of HTML":  {map[string]string{"/service-info": "<html>", "/tasks": `{"tasks":[]}`}, engine.Info{}, false},
		"tells only that": {map[string]string{"/service-info": "{}", "/tasks": `{}`}, engine.Info{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, ok := row.answers[r.URL.Path]
				if !ok {
					http.NotFound(w, r)
					return
				}
				_, _ = w.Write([]byte(body))
			}))
			defer server.Close()
			got, err := New(server.URL, nil, runtimePipeline()).Health(t.Context())
			if (err == nil) != row.well {
				t.Errorf("it is well: %v", err)
			}
			if got.Name != row.want.Name || got.Version != row.want.Version || !slices.Equal(got.Protocols, row.want.Protocols) {
				t.Errorf("it says of itself %+v", got)
			}
		})
	}
}
