package azure

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

// A page in Resource Manager's place is an outage of Resource Manager, and none of the resource group that was asked about.
func TestAPageInResourceManagersPlaceIsAnOutageOfIt(t *testing.T) {
	s := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "<html>nginx</html>")
	})
	client, _, p := accounts(t, s)
	_, err := client.Get(t.Context(), AccountID{SubscriptionID: "sub", ResourceGroup: "rg", Name: "lab"})
	var dark *region.UnreachableError
	if !errors.As(err, &dark) || dark.Location != ResourceManagerGate || IsNotFound(err) || Code(err) != "HTTP 404" {
		t.Errorf("got %v", err)
	}
	if got := p.gates.For(groupGatePrefix + "sub/rg").State(); got == region.Closed {
		t.Error("the group's gate is closed")
	}
	if n := len(s.saw()); n != 3 {
		t.Errorf("asked %d times", n)
	}
}

func TestResourceManagersOwnAnswers(t *testing.T) {
	for name, own := range map[string]bool{"X-Ms-Request-Id": true, "X-Ms-Correlation-Request-Id": true, "Server": false} {
		page := &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{name: {"1"}}, Body: newBody("<html>")}
		if got := fromResourceManager(page); got != own {
			t.Errorf("a page with %s: own is %v", name, got)
		}
		_ = page.Body.Close()
	}
}
