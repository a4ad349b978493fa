package azure

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

// played answers without a network, the nth request as it is told to.
type played struct {
	answer   func(n int, req *http.Request) (status int, header http.Header, body []byte)
	requests []*http.Request
}

func (p *played) Do(req *http.Request) (*http.Response, error) {
	p.requests = append(p.requests, req)
	status, header, body := p.answer(len(p.requests), req)
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(bytes.NewReader(body)), Request: req}, nil
}

// pipelines has a gate of its own for every run, for answers may close it.
func (p *played) pipelines(t *testing.T) *Pipelines {
	t.Helper()
	made, err := NewPipelines(Config{ResourceManagerEndpoint: "https://manager.example"}, region.NewGates(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	made.transport, made.retry = p, policy.RetryOptions{MaxRetries: -1}
	return made
}

const fuzzSecret = "Zx81secretZx81secret+/="

// Whatever Resource Manager, or a proxy before it, answers: only its own word
// means that an account is gone, and no key is in an error.
func FuzzAccountAnswers(f *testing.F) {
	const json, html = "application/json; charset=utf-8", "text/html"
	f.Add(uint16(200), json, []byte(accountJSON("Succeeded")))
	f.Add(uint16(200), json, []byte(`{"key1":"@KEY@","key2":"@KEY@"}`))
	f.Add(uint16(200), json, []byte(`{"key1":["@KEY@"],"key2":7}`))
	f.Add(uint16(200), json, []byte(`{"id":"x","tags":{"a":null},"properties":null}`))
	f.Add(uint16(200), json, []byte(`{"keys":[{"keyName":"key1","value":"@KEY@","permissions":"FULL"},null,{"value":null}]}`))
	f.Add(uint16(200), json, []byte(`{"id":"x","location":"westus2","properties":{"primaryEndpoints":{"blob":"https://a.example/"}}}`))
	f.Add(uint16(200), html, []byte(`<html>@KEY@</html>`))
	f.Add(uint16(404), json, []byte(`{"error":{"code":"ResourceNotFound","message":"@KEY@"}}`))
	f.Add(uint16(404), json, []byte(`{"error":{"code":"SubscriptionNotFound","message":""}}`))
	f.Add(uint16(404), html, []byte(`<html>"code":"ResourceNotFound"</html>`))
	f.Add(uint16(403), json, []byte(`{"error":{"code":"AuthorizationFailed","details":[{"message":"sig=@KEY@"}]}}`))
	f.Add(uint16(503), "", []byte(nil))
	f.Add(uint16(203), json, []byte(`{"key1":"@KEY@"}`)) // a proxy's; azcore prints the body of what it does not expect
	f.Fuzz(func(t *testing.T, status uint16, contentType string, body []byte) {
		if status < 200 || status > 599 {
			status = 200 + status%400
		}
		body = bytes.ReplaceAll(body, []byte("@KEY@"), []byte(fuzzSecret))
		p := &played{answer: func(int, *http.Request) (int, http.Header, []byte) {
			return int(status), http.Header{"Content-Type": {contentType}}, body
		}}
		for what, call := range map[string]func(*Pipelines) error{
			"get": func(made *Pipelines) error {
				_, err := must(NewAccountsClient("sub", &fakeCredential{}, made)).Get(t.Context(), lab)
				return err
			},
			"tags": func(made *Pipelines) error {
				_, err := must(NewAccountsClient("sub", &fakeCredential{}, made)).UpdateTags(t.Context(), lab, nil)
				return err
			},
			"keys": func(made *Pipelines) error {
				_, err := must(NewAccountsClient("sub", &fakeCredential{}, made)).ListKeys(t.Context(), lab)
				return err
			},
			"rotate": func(made *Pipelines) error {
				_, err := must(NewAccountsClient("sub", &fakeCredential{}, made)).RegenerateKey(t.Context(), lab, Key2)
				return err
			},
			"storage": func(made *Pipelines) error {
				_, err := must(NewStorageClient("sub", &fakeCredential{}, made)).Get(t.Context(), StorageAccountID(lab))
				return err
			},
			"storage key": func(made *Pipelines) error {
				_, err := must(NewStorageClient("sub", &fakeCredential{}, made)).Key(t.Context(), StorageAccountID(lab))
				return err
			},
		} {
			made := p.pipelines(t)
			made.Secret(fuzzSecret)
			p.requests = nil
			err := call(made)
			if len(p.requests) != 1 {
				t.Errorf("%s: %d requests", what, len(p.requests))
			}
			if err == nil {
				if status >= 300 {
					t.Errorf("%s: %d is taken for success", what, status)
				}
				continue
			}
			if strings.Contains(err.Error(), fuzzSecret) {
				t.Errorf("%s: the error leaks: %v", what, err)
			}
			if IsNotFound(err) && (status != http.StatusNotFound || !strings.Contains(strings.ToLower(contentType), "json") || !bytes.Contains(body, []byte("NotFound"))) {
				t.Errorf("%s: %d %q %q means that it is gone", what, status, contentType, body)
			}
			_, _ = Code(err), RequestID(err)
		}
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func poll[T any](ctx context.Context, poller *runtime.Poller[T]) error {
	_, err := poller.Poll(ctx) //nolint:bodyclose // azcore has read it to its end
	return err
}

// A long-running operation ends, one way or the other, whatever is answered on
// the way; a creation has succeeded only if something said so.
func FuzzOperations(f *testing.F) {
	statuses := []int{200, 201, 202, 204, 400, 404, 409, 429, 500, 503}
	headers := []string{"", "Azure-AsyncOperation", "Location", "Operation-Location"}
	f.Add([]byte{1, 1, 1, 0, 0, 2, 0, 0, 3, 0, 0, 1}, "")
	f.Add([]byte{2, 2, 0, 2, 2, 0, 0, 0, 1}, "")
	f.Add([]byte{1, 1, 1, 5, 0, 0}, "https://manager.example/elsewhere")
	f.Add([]byte{0, 0, 1}, "")
	f.Add([]byte{2, 1, 0, 0, 0, 4, 0, 0, 5}, "::")
	f.Add([]byte{0, 0, 9}, "")
	f.Fuzz(func(t *testing.T, script []byte, where string) {
		bodies := []string{"", accountJSON("Succeeded"), `{"status":"InProgress"}`, `{"status":"Succeeded"}`, accountJSON("Failed"),
			`{"status":"Failed","error":{"code":"Boom","message":"sig=` + fuzzSecret + `"}}`, `{"status":7}`, `<html>`, accountJSON("Creating"), `{"status":"Canceled"}`}
		if where == "" {
			where = "https://manager.example/operations/1"
		}
		said := false
		p := &played{answer: func(n int, _ *http.Request) (int, http.Header, []byte) {
			at := 3 * (n - 1)
			if at+2 >= len(script) {
				return http.StatusNotFound, http.Header{}, nil
			}
			header := http.Header{"Content-Type": {"application/json"}, "Retry-After": {"0"}}
			if name := headers[int(script[at+1])%len(headers)]; name != "" {
				header.Set(name, where)
			}
			status, body := statuses[int(script[at])%len(statuses)], bodies[int(script[at+2])%len(bodies)]
			// A creation is answered with the account, and done when that says nothing else; a Location is done when it answers 200 or 204.
			said = said || strings.Contains(body, "Succeeded") || status < 202 && !strings.Contains(body, "status") || status == 204
			return status, header, []byte(body)
		}}
		made := p.pipelines(t)
		made.Secret(fuzzSecret)
		client := must(NewAccountsClient("sub", &fakeCredential{}, made))
		silent := func(err error) {
			if err != nil && strings.Contains(err.Error(), fuzzSecret) {
				t.Errorf("the error leaks: %v", err)
			}
		}
		poller, err := client.BeginCreateOrUpdate(t.Context(), lab, "westus2", nil)
		for polls := 0; err == nil && !poller.Done() && polls < len(script); polls++ {
			err = poll(t.Context(), poller)
		}
		silent(err)
		if err == nil && poller.Done() {
			var account Account
			account, err = poller.Result(t.Context())
			silent(err)
			// An answer that describes no account is for the caller to doubt.
			if err == nil && account.ID != "" && !said {
				t.Errorf("nothing said that it succeeded: %v", script)
			}
		}
		if limit := len(script) + 3; len(p.requests) > limit {
			t.Errorf("%d requests", len(p.requests))
		}
		deleting, err := client.BeginDelete(t.Context(), lab)
		for polls := 0; err == nil && !deleting.Done() && polls < len(script); polls++ {
			err = poll(t.Context(), deleting)
		}
		silent(err)
	})
}

// An ID that is accepted is one of one kind, prints as what was read, and a
// request about it goes to it and to nothing else.
func FuzzResourceIDs(f *testing.F) {
	for _, seed := range []string{
		"/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Genomics/accounts/a",
		"/SUBSCRIPTIONS/sub/RESOURCEGROUPS/rg/PROVIDERS/microsoft.storage/STORAGEACCOUNTS/a",
		"/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Genomics/accounts/a/providers/x/y/z",
		"/subscriptions/s/resourceGroups/r/providers/Microsoft.Genomics/accounts/..",
		"/subscriptions/s/resourceGroups/./providers/Microsoft.Genomics/accounts/a?b#c%2F",
		"/subscriptions/s/resourceGroups/é (1)/providers/Microsoft.Genomics/accounts/ſ",
		"//", "/subscriptions//resourceGroups//providers/Microsoft.Genomics/accounts/",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		storage, errStorage := ParseStorageAccountID(text)
		if errStorage == nil {
			if again, err := ParseStorageAccountID(storage.String()); err != nil || again != storage || !strings.EqualFold(storage.String(), text) {
				t.Errorf("%q: %+v, then %+v, %v", text, storage, again, err)
			}
		}
		id, err := ParseAccountID(text)
		if err != nil {
			return
		}
		if errStorage == nil {
			t.Errorf("%q is an account and a storage account", text)
		}
		if again, err := ParseAccountID(id.String()); err != nil || again != id || !strings.EqualFold(id.String(), text) {
			t.Errorf("%q: %+v, then %+v, %v", text, id, again, err)
		}
		p := &played{answer: func(int, *http.Request) (int, http.Header, []byte) {
			return http.StatusOK, http.Header{"Content-Type": {"application/json"}}, []byte(`{}`)
		}}
		if _, err := must(NewAccountsClient("other", &fakeCredential{}, p.pipelines(t))).Get(t.Context(), id); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		asked := p.requests[0].URL
		segments := strings.Split(asked.EscapedPath(), "/")
		for i, s := range segments {
			plain, err := url.PathUnescape(s)
			if err != nil || plain == "." || plain == ".." {
				t.Errorf("%q: asked %s", text, asked)
			}
			segments[i] = plain
		}
		if got := strings.Join(segments, "/"); got != id.String() || asked.Host != "manager.example" || asked.RawQuery != "api-version="+accountsAPIVersion || asked.Fragment != "" {
			t.Errorf("%q: asked %s", text, asked)
		}
	})
}

func FuzzMask(f *testing.F) {
	f.Add("https://a.example/c?sv=1&sig=abc%2Bdef&se=x")
	f.Add(`{"key1":"abc"}`)
	f.Add("sig=sig=sig=&&&;;,")
	f.Add(`Bearer ` + strings.Repeat("a", 20))
	f.Fuzz(func(t *testing.T, text string) {
		once := Mask(text)
		for _, after := range []string{" sig=Zx81secretZx81", ` {"key1": "Zx81secretZx81"}`, " Ocp-Apim-Subscription-Key: Zx81secretZx81", " Authorization: Bearer Zx81secretZx81"} {
			if strings.Contains(Mask(text+after), "Zx81secretZx81") {
				t.Errorf("what stands before it hides%s: %q", after, text)
			}
		}
		if twice := Mask(once); strings.Contains(twice, "Zx81secret") != strings.Contains(once, "Zx81secret") {
			t.Errorf("%q, then %q", once, twice)
		}
	})
}
