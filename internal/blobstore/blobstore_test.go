package blobstore

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"pgregory.net/rapid"
)

var testKey = base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{9}, 64))

// quick is a pipeline that doesn't wait between tries.
func quick(client *http.Client) azcore.ClientOptions {
	o := azcore.ClientOptions{Retry: policy.RetryOptions{MaxRetries: -1}}
	if client != nil {
		o.Transport = client
	}
	return o
}

// serve opens a container whose requests go to handle.
func serve(t *testing.T, handle http.HandlerFunc) *Container {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	c, err := Open(server.URL+"/acct/box", Credential{Key: testKey}, quick(server.Client()))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// refuse answers as the storage service refuses.
func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("x-ms-error-code", code)
	w.Header().Set("x-ms-request-id", "req-1")
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `<?xml version="1.0"?><Error><Code>%s</Code><Message>sig=bodysecret</Message></Error>`, code)
}

func TestOpen(t *testing.T) {
	for _, tc := range []struct {
		url, account     string
		wantURL, wantAcc string
		fails            bool
	}{
		{url: "https://acct.blob.core.windows.net/box", wantURL: "https://acct.blob.core.windows.net/box", wantAcc: "acct"},
		{url: "https://acct.blob.core.windows.net/box/", wantURL: "https://acct.blob.core.windows.net/box", wantAcc: "acct"},
		{url: "https://acct.z3.blob.storage.azure.net/box?sig=x", wantURL: "https://acct.z3.blob.storage.azure.net/box", wantAcc: "acct"},
		{url: "http://127.0.0.1:10000/acct/box", wantURL: "http://127.0.0.1:10000/acct/box", wantAcc: "acct"},
		{url: "http://[::1]:10000/acct/box", wantURL: "http://[::1]:10000/acct/box", wantAcc: "acct"},
		{url: "https://storage.example/acct/box", wantURL: "https://storage.example/acct/box", wantAcc: "acct"},
		{url: "https://files.example/box", account: "acct", wantURL: "https://files.example/box", wantAcc: "acct"},
		{url: "http://acct.blob.core.windows.net/box", fails: true},
		{url: "https://acct.blob.core.windows.net/", fails: true},
		{url: "https://acct.blob.core.windows.net/a/b/c", fails: true},
		{url: "box", fails: true},
		{url: "https://a b/", fails: true},
	} {
		c, err := Open(tc.url, Credential{AccountName: tc.account, Key: testKey}, azcore.ClientOptions{})
		if tc.fails {
			if err == nil || c != nil {
				t.Errorf("%s passed", tc.url)
			}
			continue
		}
		if err != nil || c.URL() != tc.wantURL || c.AccountName() != tc.wantAcc || c.Name() != "box" {
			t.Errorf("%s: %+v %v", tc.url, c, err)
		}
	}
	for _, cred := range []Credential{{}, {Key: "not base64!"}} {
		if _, err := Open("https://a.example/box", cred, azcore.ClientOptions{}); err == nil || strings.Contains(err.Error(), "not base64!") {
			t.Errorf("%v", err)
		}
	}
}

func TestSASIsSpelledForTheWorkflowService(t *testing.T) {
	now := time.Date(2025, 6, 1, 12, 0, 30, 0, time.UTC)
	for _, tc := range []struct{ address, protocol string }{
		{"https://acct.blob.core.windows.net/box", "https"},
		{"http://127.0.0.1:10000/acct/box", "https,http"},
		{"https://127.0.0.1:10000/acct/box", "https"},
	} {
		c, err := Open(tc.address, Credential{Key: testKey}, azcore.ClientOptions{})
		if err != nil {
			t.Fatal(err)
		}
		c.now = func() time.Time { return now }
		for permissions, sign := range map[string]func() (string, error){
			"r":   func() (string, error) { return c.BlobSAS(t.Context(), "a_b~c.fq+ü", 48*time.Hour) },
			"rwd": func() (string, error) { return c.ContainerSAS(t.Context(), 48*time.Hour) },
		} {
			query, err := sign()
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(query, "sv=") || !regexp.MustCompile(`^[A-Za-z0-9&=%-]+$`).MatchString(query) {
				t.Errorf("%q", query)
			}
			v, err := url.ParseQuery(query)
			if err != nil {
				t.Fatal(err)
			}
			if v.Get("sp") != permissions || v.Get("st") != "2025-06-01T11:45:30Z" || v.Get("se") != "2025-06-03T12:00:30Z" ||
				v.Get("spr") != tc.protocol || v.Get("sr") != map[string]string{"r": "b", "rwd": "c"}[permissions] || v.Get("sig") == "" {
				t.Errorf("%v", v)
			}
		}
		if _, err := c.BlobSAS(t.Context(), "a", 0); err == nil {
			t.Error("a signature without validity was made")
		}
	}
}

func TestOrderKeepsEveryValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := url.Values{"sv": {"2025-01-05"}}
		for _, key := range []string{"se", "sig", "skoid"} {
			in.Set(key, rapid.String().Draw(t, key))
		}
		got := order(in.Encode())
		out, err := url.ParseQuery(got)
		if err != nil || out.Encode() != in.Encode() || !strings.HasPrefix(got, "sv=2025-01-05&") {
			t.Fatalf("%q from %q", got, in.Encode())
		}
	})
}

type fixedToken struct{}

func (fixedToken) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "token", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func TestDelegationKeyIsKeptUntilShortlyBeforeItsEnd(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/acct/" || r.URL.Query().Get("comp") != "userdelegationkey" {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		var info struct{ Start, Expiry string }
		_ = xml.NewDecoder(r.Body).Decode(&info)
		asked.Add(1)
		w.Header().Set("Content-Type", "application/xml")
		_, _ = fmt.Fprintf(w, `<?xml version="1.0"?><UserDelegationKey><SignedOid>oid</SignedOid><SignedTid>tid</SignedTid>`+
			`<SignedStart>%s</SignedStart><SignedExpiry>%s</SignedExpiry><SignedService>b</SignedService>`+
			`<SignedVersion>2025-01-05</SignedVersion><Value>%s</Value></UserDelegationKey>`, info.Start, info.Expiry, testKey)
	}))
	defer server.Close()
	c, err := Open(server.URL+"/acct/box", Credential{Token: fixedToken{}}, quick(server.Client()))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	c.now = func() time.Time { return now }
	sign := func(d time.Duration, want int32) {
		t.Helper()
		query, err := c.BlobSAS(t.Context(), "a", d)
		if err != nil || !strings.HasPrefix(query, "sv=") || !strings.Contains(query, "skoid=oid") {
			t.Fatalf("%q %v", query, err)
		}
		if asked.Load() != want {
			t.Errorf("asked %d times, want %d", asked.Load(), want)
		}
	}
	sign(time.Hour, 1)
	sign(time.Hour, 1)
	now = now.Add(22 * time.Hour)
	sign(time.Hour, 1)
	sign(48*time.Hour, 2) // longer than the key
	sign(48*time.Hour, 2)
	now = now.Add(48 * time.Hour)
	sign(time.Minute, 3) // the key is about to end
	if _, err := c.BlobSAS(t.Context(), "a", 8*24*time.Hour); err == nil || asked.Load() != 3 {
		t.Errorf("%v", err)
	}
}

func TestErrorsAreTypedAndKeepSecrets(t *testing.T) {
	var answer atomic.Pointer[http.HandlerFunc]
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { (*answer.Load())(w, r) })
	for name, tc := range map[string]struct {
		handle   http.HandlerFunc
		notFound bool
		as       any
		text     string
	}{
		"blob missing": {func(w http.ResponseWriter, _ *http.Request) { refuse(w, 404, "BlobNotFound") }, true, nil, "BlobNotFound (request req-1)"},
		"proxy's 404": {func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "<html>sig=bodysecret", http.StatusNotFound)
		}, false, nil, "HTTP 404"},
		"source 404":     {func(w http.ResponseWriter, _ *http.Request) { refuse(w, 404, "CannotVerifyCopySource") }, false, new(*CopySourceError), "CannotVerifyCopySource"},
		"source 403":     {func(w http.ResponseWriter, _ *http.Request) { refuse(w, 403, "CannotVerifyCopySource") }, false, new(*CopySourceError), "403"},
		"condition":      {func(w http.ResponseWriter, _ *http.Request) { refuse(w, 412, "ConditionNotMet") }, false, new(*ConditionError), "412"},
		"source changed": {func(w http.ResponseWriter, _ *http.Request) { refuse(w, 412, "SourceConditionNotMet") }, false, new(*ConditionError), "412"},
		"exists":         {func(w http.ResponseWriter, _ *http.Request) { refuse(w, 409, "BlobAlreadyExists") }, false, new(*ConditionError), "409"},
		"forbidden":      {func(w http.ResponseWriter, _ *http.Request) { refuse(w, 403, "AuthorizationFailure") }, false, new(*Error), "AuthorizationFailure"},
		"broken":         {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, false, new(*Error), "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			answer.Store(&tc.handle)
			_, err := c.CopyFrom(t.Context(), c, Blob{Name: "a b", ETag: "e", Size: 1}, TransferOptions{})
			if err == nil {
				t.Fatal("no error")
			}
			if IsNotFound(err) != tc.notFound || tc.as != nil && !errors.As(err, tc.as) {
				t.Errorf("%T %v", err, err)
			}
			if !strings.Contains(err.Error(), tc.text) || !strings.Contains(err.Error(), `"a b"`) || !strings.Contains(err.Error(), "/acct/box") {
				t.Errorf("%v", err)
			}
			if strings.Contains(err.Error(), "sig=") && !strings.Contains(err.Error(), "sig=REDACTED") || strings.Contains(err.Error(), "secret") {
				t.Errorf("a secret: %v", err)
			}
		})
	}
}

func TestQueriesNeverReachAnErrorText(t *testing.T) {
	err := &Error{Op: "x", cause: &url.Error{Op: "Put", URL: "https://h/p?sig=abc%2B", Err: errors.New("dial https://h?sv=1&sig=abc%2B failed")}}
	if text := err.Error(); strings.Contains(text, "abc") || !strings.Contains(text, "dial") {
		t.Error(text)
	}
}

func TestAPassingDoubtAboutTheSourceIsRetriedAFewTimes(t *testing.T) {
	for _, fails := range []int32{2, 100} {
		var tries atomic.Int32
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("x-ms-requires-sync") != "true" || r.Header.Get("x-ms-source-if-match") != `"e"` ||
				r.Header.Get("If-None-Match") != "*" || !strings.Contains(r.Header.Get("x-ms-copy-source"), "/acct/box/n?sv=") {
				t.Errorf("%v", r.Header)
			}
			if tries.Add(1) <= fails {
				refuse(w, 500, "CannotVerifyCopySource")
				return
			}
			w.Header().Set("ETag", `"new"`)
			w.WriteHeader(http.StatusAccepted)
		})
		done, err := c.CopyFrom(t.Context(), c, Blob{Name: "n", ETag: "e", Size: 1}, TransferOptions{Condition: Condition{IfAbsent: true}})
		var source *CopySourceError
		if fails == 2 && (err != nil || done.ETag != "new") || fails == 100 && (!errors.As(err, &source) || tries.Load() != verifyTries) {
			t.Errorf("%d tries: %+v %v", tries.Load(), done, err)
		}
	}
}

func TestListingGoesOnWithoutTagsWhereTheyAreRefused(t *testing.T) {
	var withTags atomic.Int32
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Query().Get("include"), "tags") {
			withTags.Add(1)
			refuse(w, 403, "AuthorizationPermissionMismatch")
			return
		}
		w.Header().Set("Content-Type", "application/xml")
		_, _ = io.WriteString(w, `<?xml version="1.0"?><EnumerationResults><Blobs><Blob><Name>a</Name><Properties>`+
			`<Etag>0x1</Etag><Content-Length>5</Content-Length><BlobType>BlockBlob</BlobType></Properties></Blob></Blobs><NextMarker/></EnumerationResults>`)
	})
	for range 2 {
		n := 0
		for b, err := range c.List(t.Context(), "") {
			n++
			if err != nil || b.TagsKnown || b.ETag != "0x1" || b.Size != 5 {
				t.Errorf("%+v %v", b, err)
			}
		}
		if n != 1 {
			t.Errorf("%d blobs", n)
		}
	}
	if withTags.Load() != 1 {
		t.Errorf("tags were asked for %d times", withTags.Load())
	}
}

func TestARefusedListingIsNotBlamedOnTags(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { refuse(w, 403, "AuthorizationFailure") })
	for _, err := range c.List(t.Context(), "") {
		if err == nil || !strings.Contains(err.Error(), "AuthorizationFailure") {
			t.Errorf("%v", err)
		}
	}
	if c.tagless.Load() {
		t.Error("tags were given up")
	}
}

// TestBlocksCoverEveryByteOnce holds for any size that the service allows.
func TestBlocksCoverEveryByteOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.Int64Range(1, 190<<40).Draw(t, "size")
		usual := rapid.SampledFrom([]int64{copyBlock, streamBlock}).Draw(t, "usual")
		size := blockSize(total, usual)
		count := (total + size - 1) / size
		if size < usual || size > 4000<<20 || count > maxBlocks {
			t.Fatalf("%d blocks of %d", count, size)
		}
	})
}

// memory is a Source in memory.
type memory struct{ content *bytes.Reader }

func (memory) URL() string                                     { return "https://m.example/c" }
func (memory) ReadURL(context.Context, string) (string, error) { return "https://m.example/c/x", nil }
func (m memory) ReadPinned(_ context.Context, _, _ string, offset int64) (io.ReadCloser, error) {
	_, err := m.content.Seek(offset, io.SeekStart)
	return io.NopCloser(m.content), err
}

func TestAStreamThatIsNotWhatWasPromisedIsNotCommitted(t *testing.T) {
	var mu sync.Mutex
	var committed []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.URL.Query().Get("comp") != "block" {
			mu.Lock()
			committed = append(committed, r.URL.String())
			mu.Unlock()
		}
		w.WriteHeader(http.StatusCreated)
	})
	for _, size := range []int{10, streamBlock + 10} {
		data := bytes.Repeat([]byte{1}, size)
		for name, b := range map[string]Blob{
			"short": {Name: "x", Size: int64(size) + 1},
			"long":  {Name: "x", Size: int64(size) - 1},
			"hash":  {Name: "x", Size: int64(size), MD5: make([]byte, 16)},
		} {
			_, err := c.StreamFrom(t.Context(), memory{bytes.NewReader(data)}, b, TransferOptions{CheckMD5: true})
			var content *ContentError
			if !errors.As(err, &content) {
				t.Errorf("%s of %d: %v", name, size, err)
			}
		}
	}
	if len(committed) != 0 {
		t.Errorf("%v", committed)
	}
}

func TestEveryBlockIsSentWithItsMD5(t *testing.T) {
	var blocks atomic.Int32
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("comp") == "block" {
			blocks.Add(1)
			if r.Header.Get("Content-MD5") == "" {
				t.Error("a block without a hash")
			}
		}
		w.Header().Set("ETag", `"e"`)
		w.WriteHeader(http.StatusCreated)
	})
	data := bytes.Repeat([]byte{1}, 2*streamBlock+1)
	done, err := c.StreamFrom(t.Context(), memory{bytes.NewReader(data)}, Blob{Name: "x", Size: int64(len(data))}, TransferOptions{})
	if err != nil || blocks.Load() != 3 || len(done.MD5) != 16 || done.Bytes != int64(len(data)) {
		t.Errorf("%d blocks, %+v %v", blocks.Load(), done, err)
	}
}

// The container beside another has a valid name of its own, whatever the other's.
func TestBesideName(t *testing.T) {
	for name, want := range map[string]string{
		"inputs": "inputs-continuity", "$web": "web-continuity",
		strings.Repeat("a", 52): strings.Repeat("a", 52) + "-continuity",
	} {
		if got := besideName(name); got != want {
			t.Errorf("beside %s is %s, want %s", name, got, want)
		}
	}
	valid := regexp.MustCompile(`^[a-z0-9](-?[a-z0-9])+$`)
	seen := map[string]bool{}
	for _, name := range []string{strings.Repeat("a", 63), strings.Repeat("a", 62) + "b", strings.Repeat("a", 42) + "-" + strings.Repeat("b", 20)} {
		got := besideName(name)
		if len(got) > 63 || !valid.MatchString(got) || seen[got] {
			t.Errorf("beside %s is %s", name, got)
		}
		seen[got] = true
	}
}
