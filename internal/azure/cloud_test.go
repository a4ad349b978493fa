package azure

import (
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
)

func TestCloudFor(t *testing.T) {
	for _, tc := range []struct{ environment, override, authority, manager, audience, suffix string }{
		{"", "", "https://login.microsoftonline.com/", "https://management.azure.com", "https://management.core.windows.net/", "core.windows.net"},
		{"public", "http://127.0.0.1:8080/", "https://login.microsoftonline.com/", "http://127.0.0.1:8080", "https://management.core.windows.net/", "core.windows.net"},
		{"usgovernment", "", "https://login.microsoftonline.us/", "https://management.usgovcloudapi.net", "https://management.core.usgovcloudapi.net/", "core.usgovcloudapi.net"},
		{"china", "", "https://login.chinacloudapi.cn/", "https://management.chinacloudapi.cn", "https://management.core.chinacloudapi.cn/", "core.chinacloudapi.cn"},
	} {
		got, err := CloudFor(Config{Environment: tc.environment, ResourceManagerEndpoint: tc.override})
		if err != nil {
			t.Fatal(err)
		}
		manager := got.Configuration.Services[cloud.ResourceManager]
		if got.Configuration.ActiveDirectoryAuthorityHost != tc.authority || manager.Endpoint != tc.manager || manager.Audience != tc.audience || got.StorageSuffix != tc.suffix {
			t.Errorf("%s: %+v", tc.environment, got)
		}
	}
	if again, _ := CloudFor(Config{}); again.Configuration.Services[cloud.ResourceManager].Endpoint != "https://management.azure.com" {
		t.Error("an override stays behind for the next caller")
	}
	if _, err := CloudFor(Config{Environment: "mars"}); err == nil || !strings.Contains(err.Error(), "china, public, usgovernment") {
		t.Errorf("got %v", err)
	}
	if _, err := CloudFor(Config{ResourceManagerEndpoint: "http://arm.example"}); err == nil {
		t.Error("plain http to another machine is accepted")
	}
	if !slices.Equal(Environments(), []string{"china", "public", "usgovernment"}) {
		t.Errorf("got %v", Environments())
	}
}

func TestCheckEndpoint(t *testing.T) {
	for endpoint, want := range map[string]string{
		"https://westus2.microsoftgenomics.net":  "",
		"https://westus2.example:8443/base/":     "",
		"http://127.0.0.1:1234":                  "",
		"http://127.8.9.10":                      "",
		"http://[::1]:1234/":                     "",
		"http://localhost:1":                     "",
		"http://blob.localhost:1":                "",
		"http://10.0.0.1":                        "loopback",
		"http://localhost.example.com":           "loopback",
		"http://example.com":                     "loopback",
		"ftp://example.com":                      "neither",
		"example.com":                            "absolute",
		"":                                       "absolute",
		"https://":                               "absolute",
		"https://user:hunter2@example.com":       "password",
		"https://example.com?sv=1&sig=hunter2":   "query",
		"https://example.com/#x":                 "fragment",
		"https://exa mple.com/?sv=1&sig=hunter2": "not a URL",
	} {
		err := CheckEndpoint(endpoint)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", endpoint, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: got %v, want something about %q", endpoint, err, want)
		case err != nil && strings.Contains(err.Error(), "hunter2"):
			t.Errorf("%s: the error gives a secret away: %v", endpoint, err)
		}
	}
}
