//go:build acceptance

package harness

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func startWorld(t *testing.T, options Options) *World {
	t.Helper()
	world, err := StartWorld(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(world.Close)
	return world
}

// get asks a server as a client would, with a patience that a black hole outlasts.
func get(t *testing.T, url string) (int, error) {
	t.Helper()
	client := http.Client{Timeout: 300 * time.Millisecond, Transport: &http.Transport{DisableKeepAlives: true}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}

func TestAccWorldBreaksAndHeals(t *testing.T) {
	world := startWorld(t, Options{EmulatorArgs: []string{"-state", t.TempDir()}})
	service := world.Emulator.Ready.Regions["westus2"].Service + "/api/workflows"
	if status, err := get(t, service); err != nil || status != http.StatusUnauthorized {
		t.Fatalf("healthy: status %d, error %v", status, err)
	}
	for mode, want := range map[Mode]int{Refused: 0, Blackhole: 0, Error503: http.StatusServiceUnavailable, Gateway403: http.StatusForbidden} {
		mark, err := world.Mark(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := world.Down(t.Context(), "westus2", mode); err != nil {
			t.Fatal(err)
		}
		status, err := get(t, service)
		if status != want || (want == 0) != (err != nil) {
			t.Errorf("%s: status %d, error %v", mode, status, err)
		}
		seen, _, err := world.Journal(t.Context(), Query{Region: "westus2", Plane: "service", Since: mark})
		if err != nil {
			t.Fatal(err)
		}
		if reached := mode != Refused; (len(seen) == 1) != reached {
			t.Errorf("%s: the journal has %v", mode, seen)
		}
		faults, err := world.Faults(t.Context())
		if err != nil || faults["westus2"].Mode != mode || faults["westeurope"].Mode != Healthy {
			t.Errorf("%s: faults %v, error %v", mode, faults, err)
		}
	}
	injection := Injection{Match: Match{PathPrefix: "/api"}, Action: Answer, Status: http.StatusTeapot, Body: "no"}
	if err := world.Inject(t.Context(), "westus2", injection); err != nil {
		t.Fatal(err)
	}
	if err := world.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	if status, err := get(t, service); err != nil || status != http.StatusUnauthorized {
		t.Errorf("after the reset: status %d, error %v", status, err)
	}
	if err := world.Inject(t.Context(), "westus2", injection); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{http.StatusTeapot, http.StatusUnauthorized} {
		if status, err := get(t, service); err != nil || status != want {
			t.Errorf("injected: status %d instead of %d, error %v", status, want, err)
		}
	}
	before := world.Emulator.Ready
	if err := world.Emulator.Crash(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := world.Emulator.Ready; after.Admin != before.Admin || after.Regions["westus2"] != before.Regions["westus2"] {
		t.Errorf("it came back elsewhere: %v instead of %v", after, before)
	}
}

func TestAccWorldFindsLeaks(t *testing.T) {
	world := startWorld(t, Options{RegionTimeout: 2 * time.Second})
	env := world.Env()
	header := env[slices.IndexFunc(env, func(e string) bool { return strings.HasPrefix(e, "IDENTITY_HEADER=") })]
	leaks, err := world.Leaks(t.Context(), map[string][]byte{
		"log":   []byte("sent " + header),
		"state": []byte(`{"key": "` + world.Azurite.Accounts[0].Key + `"}`),
		"plan":  []byte("nothing"),
	})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, leak := range leaks {
		found[leak.Kind+" in "+leak.Where] = true
	}
	if len(found) != 2 || !found["identity_header in log"] || !found["storage_key in state"] {
		t.Errorf("found %v", leaks)
	}
	if !slices.Contains(env, "GENOMICS_REGION_TIMEOUT=2s") {
		t.Errorf("environment %v", env)
	}
}
