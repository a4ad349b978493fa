package emulator

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/arm"
)

// storage asks Resource Manager about a storage account of the lab.
func (l *lab) storage(method, region, rest string, body any) answer {
	l.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		l.t.Fatal(err)
	}
	got, err := l.arm(method, "/subscriptions/"+DefaultSubscription+"/resourceGroups/rg-"+region+"/providers/Microsoft.Storage/storageAccounts/emu"+region+rest+"?api-version=2025-01-01", string(text))
	if err != nil {
		l.t.Fatal(err)
	}
	return got
}

func (l *lab) settle(region string, change func(*arm.StorageSettings)) {
	l.t.Helper()
	if _, err := l.store.ChangeStorage("emu"+region, func(s *arm.StorageSettings) error { change(s); return nil }); err != nil {
		l.t.Fatal(err)
	}
}

type policyBody struct {
	Properties struct {
		PolicyID           string     `json:"policyId,omitempty"`
		SourceAccount      string     `json:"sourceAccount"`
		DestinationAccount string     `json:"destinationAccount"`
		Rules              []arm.Rule `json:"rules"`
	} `json:"properties"`
}

func policyOf(rules ...arm.Rule) policyBody {
	var b policyBody
	b.Properties.SourceAccount, b.Properties.DestinationAccount, b.Properties.Rules = "emuwestus2", "emuwesteurope", rules
	return b
}

// The policy is made where it leads to, and only then written where it comes from.
func TestPolicyHasAnOrder(t *testing.T) {
	l := newLab(t, Config{})
	l.replicas.BlobStore = nil // whose containers are not the point
	rule := arm.Rule{SourceContainer: "inputs", DestinationContainer: "inputs"}
	const policies = "/objectReplicationPolicies/"
	refused := func(got answer, status int, code string) {
		t.Helper()
		if got.status != status || !strings.Contains(got.body, code) {
			t.Errorf("%d %s, want %d with %s", got.status, got.body, status, code)
		}
	}
	refused(l.storage(http.MethodPut, europe, policies+"default", policyOf(rule)), 409, "BlobVersioningNotEnabled")
	l.settle(europe, func(s *arm.StorageSettings) { s.Versioning = true })
	refused(l.storage(http.MethodPut, west, policies+"default", policyOf(rule)), 409, "BlobVersioningNotEnabled")
	l.settle(west, func(s *arm.StorageSettings) { s.Versioning = true })
	refused(l.storage(http.MethodPut, west, policies+"default", policyOf(rule)), 409, "ChangeFeedNotEnabled")
	if got := l.storage(http.MethodPut, west, "/blobServices/default", map[string]any{"properties": map[string]any{"changeFeed": map[string]bool{"enabled": true}}}); !strings.Contains(got.body, "isVersioningEnabled") {
		t.Errorf("%s", got.body)
	}
	refused(l.storage(http.MethodPut, west, policies+"default", policyOf(rule)), 400, "destination account first")
	refused(l.storage(http.MethodPut, europe, policies+"mine", policyOf(rule)), 400, "policyId")

	made := l.storage(http.MethodPut, europe, policies+"default", policyOf(rule))
	var p policyBody
	made.decode(t, &p)
	id := p.Properties.PolicyID
	if made.status != 200 || len(id) != 36 || p.Properties.Rules[0].ID == "" {
		t.Fatalf("%d %s", made.status, made.body)
	}
	refused(l.storage(http.MethodPut, europe, policies+"default", policyOf(rule)), 409, "AlreadyExists")
	refused(l.storage(http.MethodPut, west, policies+id, policyOf(rule)), 400, "rule")
	if got := l.storage(http.MethodPut, west, policies+id, policyOf(p.Properties.Rules...)); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if !l.replicas.ReadOnly("emuwesteurope", "inputs") || l.replicas.ReadOnly("emuwestus2", "inputs") {
		t.Error("the destination is not what cannot be written to")
	}
	for _, want := range []int{200, 204} {
		if got := l.storage(http.MethodDelete, europe, policies+id, nil); got.status != want {
			t.Errorf("deleted with %d, want %d", got.status, want)
		}
	}
	if got := l.storage(http.MethodGet, europe, policies+id, nil); got.status != 404 {
		t.Errorf("a policy that was deleted: %d", got.status)
	}
	if got := l.storage(http.MethodGet, west, "/objectReplicationPolicies", nil); !strings.Contains(got.body, id) {
		t.Errorf("the source's half went with it: %s", got.body)
	}
	if l.replicas.ReadOnly("emuwesteurope", "inputs") {
		t.Error("the destination still cannot be written to")
	}
	if err := l.replicas.CatchUp(context.Background(), "emuwesteurope", "inputs"); err != nil {
		t.Error(err)
	}
}

// What an account shows of its replica.
func TestAccountWithAReadableReplica(t *testing.T) {
	l := newLab(t, Config{})
	if got := l.storage(http.MethodGet, west, "", nil); strings.Contains(got.body, "secondary") {
		t.Errorf("an account without a replica: %s", got.body)
	}
	l.settle(west, func(s *arm.StorageSettings) { s.SKU, s.SecondaryLocation = "Standard_RAGRS", europe })
	got := l.storage(http.MethodGet, west, "", nil)
	for _, want := range []string{`"secondaryLocation":"westeurope"`, "/emuwestus2-secondary/", "Standard_RAGRS"} {
		if !strings.Contains(got.body, want) {
			t.Errorf("nothing of %s: %s", want, got.body)
		}
	}
	if location, ok := l.storageLocation("emuwestus2-secondary"); location != europe || !ok {
		t.Errorf("the replica is served in %q", location)
	}
	if _, ok := l.storageLocation("emuwesteurope-secondary"); ok {
		t.Error("an account without a replica has one")
	}
	if _, err := l.store.ChangeStorage("emuwestus2", func(s *arm.StorageSettings) error { s.SKU = "Gold"; return nil }); err == nil {
		t.Error("any redundancy will do")
	}
}
