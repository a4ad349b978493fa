package azure

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestListAccounts(t *testing.T) {
	for name, tt := range map[string]struct {
		subscription, group string
		// next is where the first page says that it goes on.
		next func(own string) string
		path string
		want int
		err  string
	}{
		"of the subscription": {"", "", func(string) string { return "" }, "/subscriptions/sub/providers/Microsoft.Genomics/accounts", 1, ""},
		"of a group":          {"other", "rg", func(string) string { return "" }, "/subscriptions/other/resourceGroups/rg/providers/Microsoft.Genomics/accounts", 1, ""},
		"of two pages":        {"", "", func(own string) string { return own + "/more?page=2" }, "/subscriptions/sub/providers/Microsoft.Genomics/accounts", 2, ""},
		"that leads away":     {"", "", func(string) string { return "https://elsewhere.example.org/more" }, "/subscriptions/sub/providers/Microsoft.Genomics/accounts", 1, "elsewhere.example.org"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(n int, w http.ResponseWriter, r *http.Request) {
				next := ""
				if n == 1 {
					next = tt.next("http://" + r.Host)
				}
				reply(w, http.StatusOK, fmt.Sprintf(`{"value":[%s],"nextLink":%q}`, accountJSON("Succeeded"), next))
			})
			client, _, _ := accounts(t, s)
			got, failed := 0, ""
			for account, err := range client.List(t.Context(), tt.subscription, tt.group) {
				switch {
				case err != nil:
					failed = err.Error()
				case account.ID != labPath:
					t.Errorf("got %+v", account)
				default:
					got++
				}
			}
			if got != tt.want || (failed == "") != (tt.err == "") || !strings.Contains(failed, tt.err) {
				t.Errorf("got %d accounts, %q", got, failed)
			}
			if saw := s.saw(); saw[0].path != tt.path || saw[0].query != "api-version=2017-08-01-preview" || len(saw) != tt.want {
				t.Errorf("asked %+v", saw)
			}
		})
	}
	s := serve(t, always(http.StatusNotFound, `{"error":{"code":"ResourceGroupNotFound","message":"none"}}`))
	client, _, _ := accounts(t, s)
	for _, err := range client.List(t.Context(), "", "none") {
		if !IsNotFound(err) {
			t.Errorf("of a group that is not there: %v", err)
		}
	}
}

// Nobody asks for a page that nobody wants.
func TestListAccountsStops(t *testing.T) {
	s := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		reply(w, http.StatusOK, fmt.Sprintf(`{"value":[%s],"nextLink":"http://%s/more"}`, accountJSON("Succeeded"), r.Host))
	})
	client, _, _ := accounts(t, s)
	for _, err := range client.List(t.Context(), "", "") {
		if err != nil {
			t.Error(err)
		}
		break
	}
	if n := len(s.saw()); n != 1 {
		t.Errorf("%d pages were asked for", n)
	}
}
