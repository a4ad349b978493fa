package emulator

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage/v2"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/workflows"
)

// sdk returns what Azure's own clients need to speak to the emulator.
func (l *lab) sdk() (azcore.TokenCredential, *arm.ClientOptions) {
	l.t.Helper()
	l.t.Setenv("IDENTITY_ENDPOINT", l.Ready().Identity)
	l.t.Setenv("IDENTITY_HEADER", l.Ready().IdentityHeader)
	credential, err := azidentity.NewManagedIdentityCredential(nil)
	if err != nil {
		l.t.Fatal(err)
	}
	return credential, &arm.ClientOptions{DisableRPRegistration: true, ClientOptions: policy.ClientOptions{
		InsecureAllowCredentialWithHTTP: true,
		Cloud: cloud.Configuration{Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
			cloud.ResourceManager: {Endpoint: l.Ready().ResourceManager, Audience: "https://management.core.windows.net/"},
		}},
	}}
}

func TestAzuresStorageClientWorks(t *testing.T) {
	l := newLab(t, Config{})
	credential, options := l.sdk()
	client, err := armstorage.NewAccountsClient(DefaultSubscription, credential, options)
	if err != nil {
		t.Fatal(err)
	}
	account, err := client.GetProperties(t.Context(), "RG-westus2", "emuwestus2", nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := l.Ready().Regions[west].Blob + "/emuwestus2/"; *account.Properties.PrimaryEndpoints.Blob != want || *account.Location != west {
		t.Errorf("%s in %s, want %s", *account.Properties.PrimaryEndpoints.Blob, *account.Location, want)
	}
	keys, err := client.ListKeys(t.Context(), "rg-westus2", "emuwestus2", nil)
	if err != nil || len(keys.Keys) != 1 || *keys.Keys[0].Value == "" {
		t.Errorf("keys: %+v %v", keys, err)
	}
	_, err = client.GetProperties(t.Context(), "rg-westus2", "nosuchaccount", nil)
	var response *azcore.ResponseError
	if !errors.As(err, &response) || response.ErrorCode != "ResourceNotFound" || response.StatusCode != http.StatusNotFound {
		t.Errorf("a missing account: %v", err)
	}
}

// Azure's own poller has to follow creation and deletion to their ends.
func TestAzuresPollerFollowsAnAccount(t *testing.T) {
	l := newLab(t, Config{OperationPolls: 2, RetryAfter: time.Millisecond})
	credential, options := l.sdk()
	client, err := arm.NewClient("emulator.test", "v1.0.0", credential, options)
	if err != nil {
		t.Fatal(err)
	}
	path := l.Ready().ResourceManager + accountPath("rg-westeurope", "polled") + version
	l.keys[europe] = l.createWithPoller(t.Context(), client, path)
	l.admin("POST", "/admin/hold", "")
	run := l.submit(europe, "d", "d", "s_1.fq")
	l.await(europe, run, workflows.InProgress)

	request, err := runtime.NewRequest(t.Context(), http.MethodDelete, path)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Pipeline().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusAccepted {
		t.Fatalf("status %d", response.StatusCode)
	}
	poller, err := runtime.NewPoller[struct{}](response, client.Pipeline(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := poller.PollUntilDone(t.Context(), &runtime.PollUntilDoneOptions{Frequency: time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	if a, err := l.arm("GET", accountPath("rg-westeurope", "polled")+version, ""); err != nil || a.status != http.StatusNotFound || !strings.Contains(a.body, `"ResourceNotFound"`) {
		t.Errorf("after its deletion: %d %s %v", a.status, a.body, err)
	}
	if got := l.run(europe, run); got.Status != workflows.Cancelled {
		t.Errorf("its workflow: %+v", got)
	}
}

// createWithPoller creates an account with Azure's poller and returns its first key.
func (l *lab) createWithPoller(ctx context.Context, client *arm.Client, path string) string {
	l.t.Helper()
	request, err := runtime.NewRequest(ctx, http.MethodPut, path)
	if err != nil {
		l.t.Fatal(err)
	}
	if err := runtime.MarshalAsJSON(request, map[string]any{"location": "West Europe", "tags": map[string]string{"a": "b"}}); err != nil {
		l.t.Fatal(err)
	}
	response, err := client.Pipeline().Do(request)
	if err != nil {
		l.t.Fatal(err)
	}
	defer response.Body.Close()
	type account struct {
		Location   string
		Tags       map[string]string
		Properties struct{ ProvisioningState string }
	}
	poller, err := runtime.NewPoller[account](response, client.Pipeline(), nil)
	if err != nil {
		l.t.Fatal(err)
	}
	created, err := poller.PollUntilDone(ctx, &runtime.PollUntilDoneOptions{Frequency: time.Millisecond})
	if err != nil || created.Location != europe || created.Tags["a"] != "b" || created.Properties.ProvisioningState != "Succeeded" {
		l.t.Fatalf("%+v %v", created, err)
	}
	var keys map[string]string
	a, err := l.arm("POST", strings.TrimPrefix(strings.Replace(path, "?", "/listKeys?", 1), l.Ready().ResourceManager), "")
	if err != nil {
		l.t.Fatal(err)
	}
	a.decode(l.t, &keys)
	return keys["key1"]
}

func TestResourceManagerRefuses(t *testing.T) {
	l := newLab(t, Config{})
	good, base := "Bearer "+l.token("https://management.azure.com/"), l.Ready().ResourceManager
	lab := accountPath("rg-westus2", "lab-westus2")
	for name, c := range map[string]struct {
		method, path, token, body string
		status                    int
		code                      string
	}{
		"no token":               {"GET", lab + version, "", "", 401, "AuthenticationFailed"},
		"nonsense token":         {"GET", lab + version, "Bearer x.y.z", "", 401, "InvalidAuthenticationToken"},
		"wrong audience":         {"GET", lab + version, "Bearer " + l.token("https://storage.azure.com/"), "", 401, "InvalidAuthenticationTokenAudience"},
		"no version":             {"GET", lab, good, "", 400, "MissingApiVersionParameter"},
		"bad version":            {"GET", lab + "?api-version=new", good, "", 400, "InvalidApiVersionParameter"},
		"other version":          {"GET", lab + "?api-version=2020-01-01", good, "", 400, "NoRegisteredProviderFound"},
		"other subscription":     {"GET", strings.Replace(lab, DefaultSubscription, DefaultTenant, 1) + version, good, "", 404, "SubscriptionNotFound"},
		"no such group":          {"GET", accountPath("none", "x") + version, good, "", 404, "ResourceGroupNotFound"},
		"no such account":        {"GET", accountPath("rg-westus2", "none") + version, good, "", 404, "ResourceNotFound"},
		"create in no group":     {"PUT", accountPath("none", "lab") + version, good, `{"location":"westus2"}`, 404, "ResourceGroupNotFound"},
		"create without a place": {"PUT", accountPath("rg-westus2", "new") + version, good, `{}`, 400, "LocationRequired"},
		"create in a bad place":  {"PUT", accountPath("rg-westus2", "new") + version, good, `{"location":"mars"}`, 400, "LocationNotAvailableForResourceType"},
		"bad name":               {"PUT", accountPath("rg-westus2", "-") + version, good, `{"location":"westus2"}`, 400, "InvalidResourceName"},
		"move":                   {"PUT", lab + version, good, `{"location":"westeurope"}`, 409, "InvalidResourceLocation"},
		"name taken in region":   {"PUT", accountPath("rg-westeurope", "lab-westus2") + version, good, `{"location":"westus2"}`, 409, "AccountNameNotAvailable"},
		"not JSON":               {"PATCH", lab + version, good, `{`, 400, "InvalidRequestContent"},
		"wrong method":           {"POST", lab + version, good, `{}`, 405, "HttpMethodNotAllowed"},
		"unknown type":           {"GET", "/subscriptions/" + DefaultSubscription + "/providers/Microsoft.Compute/disks?api-version=2020-01-01", good, "", 404, "InvalidResourceType"},
		"unknown key":            {"POST", lab + "/regenerateKey" + version, good, `{"keyName":"key3"}`, 400, "InvalidKeyName"},
		"group elsewhere":        {"PUT", "/subscriptions/" + DefaultSubscription + "/resourcegroups/rg-westus2?api-version=2021-04-01", good, `{"location":"westeurope"}`, 409, "InvalidResourceGroupLocation"},
	} {
		t.Run(name, func(t *testing.T) {
			header := map[string]string{}
			if c.token != "" {
				header["Authorization"] = c.token
			}
			a := l.must(c.method, base+c.path, header, c.body, c.status)
			if !strings.Contains(a.body, `{"error":{"code":"`+c.code+`"`) || a.header.Get("x-ms-request-id") == "" {
				t.Errorf("%s, header %v", a.body, a.header)
			}
		})
	}
}

func TestResourceManagerManages(t *testing.T) {
	l := newLab(t, Config{})
	lab := accountPath("rg-westus2", "lab-westus2")
	want := func(method, path, body string, status int, holds ...string) string {
		t.Helper()
		a, err := l.arm(method, path, body)
		if err != nil || a.status != status {
			t.Fatalf("%s %s: %d %s %v", method, path, a.status, a.body, err)
		}
		for _, part := range holds {
			if !strings.Contains(a.body, part) {
				t.Errorf("%s %s: %s lacks %s", method, path, a.body, part)
			}
		}
		return a.body
	}
	want("PATCH", lab+version, `{"tags":{"team":"genomics"}}`, 200, `"team":"genomics"`)
	want("PUT", lab+version, `{"location":"westus2","tags":{}}`, 200, `"tags":{}`)
	before := want("POST", lab+"/listKeys"+version, "", 200)
	after := want("POST", lab+"/regenerateKey"+version, `{"keyName":"Key2"}`, 200, l.keys[west])
	if before == after {
		t.Error("the second key was not renewed")
	}
	root := "/subscriptions/" + DefaultSubscription
	want("GET", root+"/providers/Microsoft.Genomics/accounts"+version, "", 200, "lab-westus2", "lab-westeurope")
	if body := want("GET", root+"/resourceGroups/rg-westus2/providers/microsoft.genomics/ACCOUNTS"+version, "", 200, "lab-westus2"); strings.Contains(body, "lab-westeurope") {
		t.Errorf("a group lists another's account: %s", body)
	}
	want("GET", root+"/locations?api-version=2022-12-01", "", 200, `"displayName":"West US 2"`, `"geography":"Europe"`)
	want("PUT", root+"/resourcegroups/new?api-version=2021-04-01", `{"location":"West US 2"}`, 201, `"location":"westus2"`)
	want("GET", root+"/resourcegroups/NEW?api-version=2021-04-01", "", 200, `"name":"new"`)
	want("GET", root+"/resourcegroups?api-version=2021-04-01", "", 200, "rg-westus2", `"new"`)
	want("HEAD", root+"/resourcegroups/new?api-version=2021-04-01", "", 204)
	want("GET", root+"/providers/Microsoft.Storage/storageAccounts?api-version=2023-01-01", "", 200, "emuwestus2", "emuwesteurope")
	want("GET", root+"?api-version=2022-12-01", "", 200, `"state":"Enabled"`)
	want("DELETE", accountPath("rg-westus2", "none")+version, "", 204)
}

func TestResourceManagerHasFaultsOfItsOwn(t *testing.T) {
	l := newLab(t, Config{})
	path := accountPath("rg-westus2", "lab-westus2") + version
	l.admin("PUT", "/admin/resource-manager/fault", `{"mode":"error503"}`)
	if a, err := l.arm("GET", path, ""); err != nil || a.status != 503 {
		t.Errorf("%d %v", a.status, err)
	}
	l.admin("PUT", "/admin/resource-manager/fault", `{"mode":"none"}`)
	l.admin("POST", "/admin/resource-manager/inject", `{"match":{"method":"GET"},"action":"status","status":429,"headers":{"Retry-After":"1"},"body":{"error":{"code":"TooManyRequests"}}}`)
	var got []int
	for range 2 {
		a, err := l.arm("GET", path, "")
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, a.status)
	}
	if !slices.Equal(got, []int{429, 200}) {
		t.Errorf("statuses %v", got)
	}
}
