package azure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

var lab = AccountID{SubscriptionID: "sub", ResourceGroup: "rg", Name: "lab"}

const labPath = "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Genomics/accounts/lab"

func accountJSON(state string) string {
	return fmt.Sprintf(`{"id":%q,"name":"lab","type":"Microsoft.Genomics/accounts","location":"westus2","tags":{"a":"b"},"properties":{"provisioningState":%q}}`, labPath, state)
}

func accounts(t *testing.T, s *server) (*AccountsClient, *fakeCredential, *Pipelines) {
	t.Helper()
	p := pipelinesFor(t, s.URL)
	credential := &fakeCredential{}
	client, err := NewAccountsClient("sub", credential, p)
	if err != nil {
		t.Fatal(err)
	}
	return client, credential, p
}

func TestGetAccount(t *testing.T) {
	s := serve(t, always(http.StatusOK, accountJSON("Succeeded")))
	client, credential, p := accounts(t, s)
	got, err := client.Get(t.Context(), AccountID{ResourceGroup: "rg", Name: "lab"}) // the client knows the subscription
	if err != nil || got.ID != labPath || got.Name != "lab" || got.Location != "westus2" || got.ProvisioningState != "Succeeded" || got.Tags["a"] != "b" {
		t.Errorf("%+v, %v", got, err)
	}
	request := s.saw()[0]
	if request.path != labPath || request.query != "api-version=2017-08-01-preview" || request.header.Get("Authorization") != "Bearer token-1" {
		t.Errorf("asked %+v", request)
	}
	if credential.scopes[0] != "https://management.core.windows.net//.default" {
		t.Errorf("the token is for %v", credential.scopes)
	}
	if p.gates.For(ResourceManagerGate).State() != region.Open {
		t.Error("Resource Manager passes no gate")
	}
}

func TestCreateIsALongRunningOperation(t *testing.T) {
	for _, header := range []string{"Azure-AsyncOperation", "Location"} {
		var s *server
		s = serve(t, func(n int, w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Method == http.MethodPut:
				w.Header().Set(header, s.URL+"/operations/1?api-version=2017-08-01-preview")
				w.Header().Set("Retry-After", "0")
				if header == "Location" {
					reply(w, http.StatusAccepted, "")
					return
				}
				reply(w, http.StatusCreated, accountJSON("Accepted"))
			case strings.HasPrefix(r.URL.Path, "/operations/") && n < 4:
				if header == "Location" {
					w.Header().Set("Location", s.URL+"/operations/1")
					w.WriteHeader(http.StatusAccepted)
					return
				}
				reply(w, http.StatusOK, `{"status":"InProgress"}`)
			case strings.HasPrefix(r.URL.Path, "/operations/") && header != "Location":
				reply(w, http.StatusOK, `{"status":"Succeeded"}`)
			default:
				reply(w, http.StatusOK, accountJSON("Succeeded"))
			}
		})
		client, _, _ := accounts(t, s)
		poller, err := client.BeginCreateOrUpdate(t.Context(), lab, "westus2", nil)
		if err != nil {
			t.Fatal(err)
		}
		options := client.PollOptions()
		if options.Frequency != PollFrequency {
			t.Errorf("polls every %s", options.Frequency)
		}
		options.Frequency = 1
		got, err := poller.PollUntilDone(t.Context(), options)
		if err != nil || got.ProvisioningState != "Succeeded" || got.Location != "westus2" {
			t.Errorf("%s: %+v, %v", header, got, err)
		}
		request := s.saw()[0]
		var body map[string]any
		if err := json.Unmarshal([]byte(request.body), &body); err != nil || body["location"] != "westus2" || body["tags"] == nil || request.path != labPath {
			t.Errorf("asked %+v", request)
		}
	}
}

func TestACreateThatFails(t *testing.T) {
	var s *server
	s = serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			w.Header().Set("Azure-AsyncOperation", s.URL+"/operations/1")
			reply(w, http.StatusCreated, accountJSON("Accepted"))
			return
		}
		w.Header().Set("x-ms-request-id", "request-7")
		reply(w, http.StatusOK, `{"status":"Failed","error":{"code":"QuotaExceeded","message":"no more accounts"}}`)
	})
	client, _, _ := accounts(t, s)
	poller, err := client.BeginCreateOrUpdate(t.Context(), lab, "westus2", map[string]string{"a": "b"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = poller.PollUntilDone(t.Context(), &runtime.PollUntilDoneOptions{Frequency: 1})
	if Code(err) != "QuotaExceeded" || RequestID(err) != "request-7" || IsNotFound(err) {
		t.Errorf("code %q, request %q, %v", Code(err), RequestID(err), err)
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	var s *server
	s = serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Azure-AsyncOperation", s.URL+"/operations/1")
		w.Header().Set("Retry-After", "3600")
		reply(w, http.StatusCreated, accountJSON("Accepted"))
	})
	client, _, _ := accounts(t, s)
	poller, err := client.BeginCreateOrUpdate(t.Context(), lab, "westus2", nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := poller.PollUntilDone(ctx, client.PollOptions()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestDeleteAccount(t *testing.T) {
	t.Run("which takes time", func(t *testing.T) {
		var s *server
		s = serve(t, func(n int, w http.ResponseWriter, _ *http.Request) {
			if n < 3 {
				w.Header().Set("Location", s.URL+"/operations/2")
				w.WriteHeader(http.StatusAccepted)
				return
			}
			w.WriteHeader(http.StatusNoContent)
		})
		client, _, _ := accounts(t, s)
		poller, err := client.BeginDelete(t.Context(), lab)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := poller.PollUntilDone(t.Context(), &runtime.PollUntilDoneOptions{Frequency: 1}); err != nil {
			t.Error(err)
		}
		if got := s.saw(); len(got) != 3 || got[0].method != http.MethodDelete || got[2].path != "/operations/2" {
			t.Errorf("asked %+v", got)
		}
	})
	t.Run("which is gone already", func(t *testing.T) {
		s := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
		client, _, _ := accounts(t, s)
		poller, err := client.BeginDelete(t.Context(), lab)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := poller.PollUntilDone(t.Context(), client.PollOptions()); err != nil {
			t.Error(err)
		}
	})
	t.Run("which is refused", func(t *testing.T) {
		s := serve(t, always(http.StatusConflict, `{"error":{"code":"ScopeLocked"}}`))
		client, _, _ := accounts(t, s)
		if _, err := client.BeginDelete(t.Context(), lab); Code(err) != "ScopeLocked" {
			t.Errorf("got %v", err)
		}
	})
}

func TestUpdateTagsMaySendTwice(t *testing.T) {
	s := serve(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 1 {
			reply(w, http.StatusBadGateway, "")
			return
		}
		reply(w, http.StatusOK, accountJSON("Succeeded"))
	})
	client, _, _ := accounts(t, s)
	if got, err := client.UpdateTags(t.Context(), lab, nil); err != nil || got.Name != "lab" {
		t.Errorf("%+v, %v", got, err)
	}
	for _, request := range s.saw() {
		if request.method != http.MethodPatch || request.body != `{"tags":{}}` {
			t.Errorf("asked %+v", request)
		}
	}
	if len(s.saw()) != 2 {
		t.Errorf("sent %d times", len(s.saw()))
	}
}

func TestKeys(t *testing.T) {
	flaky := func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 1 {
			reply(w, http.StatusServiceUnavailable, "")
			return
		}
		reply(w, http.StatusOK, `{"key1":"first-key","key2":"second-key"}`)
	}
	t.Run("are listed, if need be on a second try", func(t *testing.T) {
		s := serve(t, flaky)
		client, _, p := accounts(t, s)
		got, err := client.ListKeys(t.Context(), lab)
		if err != nil || got != (Keys{Key1: "first-key", Key2: "second-key"}) {
			t.Errorf("%v", err)
		}
		if request := s.saw()[1]; request.method != http.MethodPost || request.path != labPath+"/listKeys" {
			t.Errorf("asked %+v", request)
		}
		if text := p.Mask("first-key second-key"); text != "*** ***" {
			t.Errorf("the keys are not known as secrets: %s", text)
		}
	})
	t.Run("are regenerated once", func(t *testing.T) {
		s := serve(t, flaky)
		client, _, _ := accounts(t, s)
		if _, err := client.RegenerateKey(t.Context(), lab, Key2); Code(err) != "HTTP 503" {
			t.Errorf("got %v", err)
		}
		if got := s.saw(); len(got) != 1 || got[0].body != `{"keyName":"Key2"}` || got[0].path != labPath+"/regenerateKey" {
			t.Errorf("asked %+v", got)
		}
	})
}

func TestASlowChangeIsNoOutage(t *testing.T) {
	for _, tc := range []struct {
		name  string
		call  func(context.Context, *AccountsClient) error
		after time.Duration
		state region.State
	}{
		{"a read", func(ctx context.Context, c *AccountsClient) error { _, err := c.Get(ctx, lab); return err }, 10 * time.Second, region.Closed},
		{"a list of keys", func(ctx context.Context, c *AccountsClient) error { _, err := c.ListKeys(ctx, lab); return err }, 10 * time.Second, region.Closed},
		{"a change", func(ctx context.Context, c *AccountsClient) error {
			_, err := c.RegenerateKey(ctx, lab, Key1)
			return err
		}, time.Minute, region.Untried},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := pipelinesFor(t, "")
				p.gates = region.NewGates(10 * time.Second)
				p.transport = newHTTPClient(roundTrip(func(req *http.Request) (*http.Response, error) {
					<-req.Context().Done()
					return nil, req.Context().Err()
				}))
				client, err := NewAccountsClient("sub", &fakeCredential{}, p)
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				if err := tc.call(t.Context(), client); err == nil {
					t.Error("no error")
				}
				if got := p.gates.For(ResourceManagerGate).State(); time.Since(start) != tc.after || got != tc.state {
					t.Errorf("after %s the gate is %s", time.Since(start), got)
				}
			})
		})
	}
}

func TestANameCannotChangeThePath(t *testing.T) {
	s := serve(t, always(http.StatusNotFound, `{"error":{"code":"ResourceNotFound"}}`))
	client, _, _ := accounts(t, s)
	_, err := client.Get(t.Context(), AccountID{SubscriptionID: "sub", ResourceGroup: "rg", Name: "a/../../b?x=y"})
	if !IsNotFound(err) {
		t.Error(err)
	}
	if request := s.saw()[0]; !strings.HasSuffix(request.path, "/accounts/a/../../b?x=y") || request.query != "api-version=2017-08-01-preview" {
		t.Errorf("asked %+v", request) // the path is shown unescaped: it is one segment on the wire
	}
}

func TestIsNotFound(t *testing.T) {
	for _, tc := range []struct {
		name              string
		status            int
		contentType, body string
		want              bool
	}{
		{"the resource", 404, "application/json; charset=utf-8", `{"error":{"code":"ResourceNotFound","message":"x"}}`, true},
		{"its group", 404, "application/json", `{"error":{"code":"ResourceGroupNotFound"}}`, true},
		{"the provider's own word", 404, "application/json", `{"error":{"code":"NotFound"}}`, true},
		{"the subscription", 404, "application/json", `{"error":{"code":"SubscriptionNotFound"}}`, false},
		{"the resource type", 404, "application/json", `{"error":{"code":"InvalidResourceType"}}`, false},
		{"a proxy's page", 404, "text/html", `<html>Not Found</html>`, false},
		{"a proxy's page that quotes", 404, "text/html", `<html><code>ResourceNotFound</code></html>`, false},
		{"no body", 404, "application/json", ``, false},
		{"another kind of JSON", 404, "application/json", `{"Message":"gone"}`, false},
		{"gone", 410, "application/json", `{"error":{"code":"ResourceNotFound"}}`, false},
		{"forbidden", 403, "application/json", `{"error":{"code":"AuthorizationFailed"}}`, false},
		{"a server error", 500, "application/json", `{"error":{"code":"ResourceNotFound"}}`, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tc.contentType)
				w.WriteHeader(tc.status)
				_, _ = w.Write([]byte(tc.body))
			})
			client, _, _ := accounts(t, s)
			_, err := client.Get(t.Context(), lab)
			if got := IsNotFound(fmt.Errorf("reading: %w", err)); err == nil || got != tc.want {
				t.Errorf("%v for %v", got, err)
			}
		})
	}
	if IsNotFound(nil) || IsNotFound(errors.New("404")) {
		t.Error("that is no answer of Resource Manager")
	}
}

func TestWhatAnErrorCarries(t *testing.T) {
	response := &http.Response{StatusCode: http.StatusUnauthorized, Header: http.Header{"X-Ms-Correlation-Request-Id": {"correlated"}}}
	dark := &region.UnreachableError{Cause: &region.StatusError{StatusCode: 503, RequestID: "last"}}
	for _, tc := range []struct {
		err             error
		code, requestID string
	}{
		{nil, "", ""},
		{errors.New("x"), "", ""},
		{&azcore.ResponseError{StatusCode: 401, RawResponse: response}, "HTTP 401", "correlated"},
		{&azcore.ResponseError{StatusCode: 401, ErrorCode: "Denied"}, "Denied", ""},
		{&azidentity.AuthenticationFailedError{RawResponse: response}, "HTTP 401", "correlated"},
		{fmt.Errorf("asking: %w", dark), "HTTP 503", "last"},
	} {
		if code, id := Code(tc.err), RequestID(tc.err); code != tc.code || id != tc.requestID {
			t.Errorf("%v: code %q, request %q", tc.err, code, id)
		}
	}
}

func TestStorage(t *testing.T) {
	id := StorageAccountID{SubscriptionID: "sub", ResourceGroup: "rg", Name: "acct"}
	storage := func(t *testing.T, script answer) (*StorageClient, *server, *Pipelines) {
		t.Helper()
		s := serve(t, script)
		p := pipelinesFor(t, s.URL)
		client, err := NewStorageClient("sub", &fakeCredential{}, p)
		if err != nil {
			t.Fatal(err)
		}
		return client, s, p
	}
	t.Run("properties", func(t *testing.T) {
		client, s, _ := storage(t, always(200, `{"name":"acct","location":"westus2","properties":{"primaryEndpoints":{"blob":"http://127.0.0.1:1/acct/"}}}`))
		got, err := client.Get(t.Context(), id)
		want := StorageAccount{ID: id.String(), Name: "acct", Location: "westus2", BlobEndpoint: "http://127.0.0.1:1/acct/"}
		if err != nil || got != want {
			t.Errorf("%+v, %v", got, err)
		}
		if agent := s.saw()[0].header.Get("User-Agent"); !strings.HasPrefix(agent, "terraform-provider-genomics/1.2.3 terraform/1.11.4 azsdk-go-armstorage/") {
			t.Errorf("user agent %q", agent)
		}
	})
	t.Run("no blobs", func(t *testing.T) {
		client, _, _ := storage(t, always(200, `{"name":"acct","location":"westus2","properties":{"primaryEndpoints":{"file":"https://x/"}}}`))
		if _, err := client.Get(t.Context(), id); err == nil || !strings.Contains(err.Error(), "no blob endpoint") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("not there", func(t *testing.T) {
		client, _, _ := storage(t, always(404, `{"error":{"code":"ResourceNotFound"}}`))
		if _, err := client.Get(t.Context(), id); !IsNotFound(err) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a key that may write, on a second try", func(t *testing.T) {
		client, s, p := storage(t, func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 1 {
				reply(w, 500, "")
				return
			}
			reply(w, 200, `{"keys":[{"keyName":"a","value":"read-only","permissions":"READ"},{"keyName":"b","value":""},{"keyName":"c","value":"read-write","permissions":"FULL"}]}`)
		})
		key, err := client.Key(t.Context(), id)
		if err != nil || key != "read-write" || len(s.saw()) != 2 || p.Mask(key) != masked {
			t.Errorf("%v, asked %d times", err, len(s.saw()))
		}
	})
	t.Run("no key", func(t *testing.T) {
		client, _, _ := storage(t, always(200, `{"keys":[]}`))
		if _, err := client.Key(t.Context(), id); !errors.Is(err, errNoKey) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("refused", func(t *testing.T) {
		client, _, _ := storage(t, always(403, `{"error":{"code":"AuthorizationFailed"}}`))
		if _, err := client.Key(t.Context(), id); Code(err) != "AuthorizationFailed" {
			t.Errorf("got %v", err)
		}
	})
}
