package azure

import (
	"net/http"
	"strings"
	"testing"
)

func storageClient(t *testing.T, script answer) (*StorageClient, *server) {
	t.Helper()
	s := serve(t, script)
	client, err := NewStorageClient("sub", &fakeCredential{}, pipelinesFor(t, s.URL))
	if err != nil {
		t.Fatal(err)
	}
	return client, s
}

var storageLab = StorageAccountID{SubscriptionID: "sub", ResourceGroup: "rg", Name: "lab"}

// A policy is made under the name default, with the blobs that exist already; a rule that was somebody else's stays as it was.
func TestPutPolicy(t *testing.T) {
	const theirs = `{"ruleId":"r1","sourceContainer":"a","destinationContainer":"b","filters":{"prefixMatch":["x","y"],"minCreationTime":"2020-01-01T00:00:00Z"}}`
	const made = `{"name":"p1","properties":{"policyId":"p1","sourceAccount":"src","destinationAccount":"dst","rules":[` + theirs + `,{"ruleId":"r2","sourceContainer":"in","destinationContainer":"out","filters":{"prefixMatch":["run/"]}}]}}`
	client, s := storageClient(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			reply(w, 200, `{"value":[`+made+`]}`)
			return
		}
		reply(w, 200, made)
	})
	p, err := client.PutPolicy(t.Context(), storageLab, ReplicationPolicy{Source: "src", Destination: "dst", Rules: []ReplicationRule{{SourceContainer: "in", DestinationContainer: "out", Prefix: "run/"}}})
	if err != nil || p.ID != "p1" || len(p.Rules) != 2 || p.Rules[1].ID != "r2" || p.Rules[1].Prefix != "run/" {
		t.Fatalf("%+v, %v", p, err)
	}
	first := s.saw()[0]
	if !strings.HasSuffix(first.path, "/storageAccounts/lab/objectReplicationPolicies/default") || !strings.Contains(first.body, "1601-01-01T00:00:00Z") || strings.Contains(first.body, "ruleId") || !strings.Contains(first.body, `"metrics":{"enabled":true}`) {
		t.Errorf("%s %s", first.path, first.body)
	}
	found, err := client.Policies(t.Context(), storageLab)
	if err != nil || len(found) != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	if _, err := client.PutPolicy(t.Context(), storageLab, found[0]); err != nil {
		t.Fatal(err)
	}
	again := s.saw()[2]
	if !strings.HasSuffix(again.path, "/p1") || !strings.Contains(again.body, `"prefixMatch":["x","y"]`) || !strings.Contains(again.body, "2020-01-01T00:00:00Z") {
		t.Errorf("%s %s", again.path, again.body)
	}
}

func TestPolicyWithoutIDs(t *testing.T) {
	for _, body := range []string{`{}`, `{"properties":{"policyId":"default"}}`, `{"properties":{"policyId":"p","rules":[{"sourceContainer":"a"}]}}`} {
		client, _ := storageClient(t, always(200, body))
		if p, err := client.PutPolicy(t.Context(), storageLab, ReplicationPolicy{}); err == nil {
			t.Errorf("%s gave %+v", body, p)
		}
	}
}

func TestDeletePolicy(t *testing.T) {
	for status, body := range map[int]string{200: "", 204: "", 404: `{"error":{"code":"ResourceNotFound"}}`} {
		client, _ := storageClient(t, always(status, body))
		if err := client.DeletePolicy(t.Context(), storageLab, "p"); err != nil {
			t.Errorf("%d: %v", status, err)
		}
	}
	client, _ := storageClient(t, always(409, `{"error":{"code":"Conflict"}}`))
	if err := client.DeletePolicy(t.Context(), storageLab, "p"); err == nil {
		t.Error("a refusal went unnoticed")
	}
}

func TestBlobService(t *testing.T) {
	for body, want := range map[string]BlobService{
		`{}`: {}, `{"properties":{}}`: {}, `{"properties":{"isVersioningEnabled":true,"changeFeed":{}}}`: {Versioning: true},
		`{"properties":{"isVersioningEnabled":true,"changeFeed":{"enabled":true}}}`: {Versioning: true, ChangeFeed: true},
	} {
		client, _ := storageClient(t, always(200, body))
		if got, err := client.BlobService(t.Context(), storageLab); got != want || err != nil {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
}

func TestAccountOfAReplica(t *testing.T) {
	client, _ := storageClient(t, always(200, `{"name":"lab","location":"westus2","kind":"StorageV2","sku":{"name":"Standard_RAGRS"},"properties":{
		"primaryEndpoints":{"blob":"https://lab.blob/"},"secondaryEndpoints":{"blob":"https://lab-secondary.blob/"},"secondaryLocation":"westcentralus",
		"isHnsEnabled":true,"failoverInProgress":true,"lastGeoFailoverTime":"2026-01-01T00:00:00Z"}}`))
	a, err := client.Get(t.Context(), storageLab)
	if err != nil || a.SecondaryLocation != "westcentralus" || a.SecondaryBlobEndpoint != "https://lab-secondary.blob/" || a.SKU != "Standard_RAGRS" || a.Kind != "StorageV2" ||
		!a.Hierarchical || !a.FailoverInProgress || a.LastFailover.Year() != 2026 {
		t.Errorf("%+v, %v", a, err)
	}
}
