//go:build acceptance

package replication

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
)

// azurite makes a new container in the nth account of the Azurite that the harness runs.
func azurite(t *testing.T, nth int) *world {
	t.Helper()
	base, accounts := os.Getenv("GENOMICS_TEST_AZURITE"), strings.Split(os.Getenv("GENOMICS_TEST_AZURITE_ACCOUNTS"), ";")
	if base == "" || len(accounts) < 2 {
		t.Fatal("GENOMICS_TEST_AZURITE and GENOMICS_TEST_AZURITE_ACCOUNTS must name a running Azurite and two accounts")
	}
	account, key, _ := strings.Cut(accounts[nth], ":")
	address := strings.TrimRight(base, "/") + "/" + account + "/r" + strings.ToLower(rand.Text())
	w := &world{}
	var err error
	if w.Container, err = blobstore.Open(address, blobstore.Credential{AccountName: account, Key: key}, azcore.ClientOptions{Transport: &w.seen, Retry: policy.RetryOptions{MaxRetries: 2, RetryDelay: time.Millisecond}}); err != nil {
		t.Fatal(err)
	}
	cred, err := container.NewSharedKeyCredential(account, key)
	if err != nil {
		t.Fatal(err)
	}
	if w.raw, err = container.NewClientWithSharedKeyCredential(address, cred, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := w.raw.Delete(context.Background(), nil); err != nil {
			t.Error(err)
		}
	})
	return w
}

// world is a container, the same one as another program sees it, and the requests that went out to it.
type world struct {
	*blobstore.Container
	raw  *container.Client
	seen ledger
}

// ledger is a transport that counts by kind of request.
type ledger struct {
	mu    sync.Mutex
	kinds map[string]int
	// fault, when set, may spoil a request of a kind: by an answer in the service's place, or by losing the service's.
	fault func(kind string) (status int, lost bool)
}

func (l *ledger) Do(req *http.Request) (*http.Response, error) {
	query := req.URL.Query()
	kind := req.Method
	for _, part := range []string{query.Get("comp"), query.Get("maxresults")} {
		if part != "" {
			kind += " " + part
		}
	}
	// azblob doesn't spell the names of headers as the standard library looks for them.
	sent := http.Header{}
	for name, values := range req.Header {
		sent[http.CanonicalHeaderKey(name)] = values
	}
	switch {
	case sent.Get("x-ms-requires-sync") != "":
		kind += " copy"
	case sent.Get("x-ms-copy-source") != "":
		kind += " from URL"
	}
	l.mu.Lock()
	if l.kinds == nil {
		l.kinds = map[string]int{}
	}
	l.kinds[kind]++
	var status int
	var lost bool
	if l.fault != nil {
		status, lost = l.fault(kind)
	}
	l.mu.Unlock()
	if status != 0 {
		answer := httptest.NewRecorder()
		answer.Header().Set("x-ms-error-code", "ServerBusy")
		answer.WriteHeader(status)
		return answer.Result(), nil
	}
	resp, err := http.DefaultClient.Do(req)
	if err == nil && lost {
		_ = resp.Body.Close()
		return nil, io.ErrUnexpectedEOF
	}
	return resp, err
}

// take is what was counted since the last time.
func (l *ledger) take() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	kinds := l.kinds
	l.kinds = nil
	return kinds
}

func upload(t *testing.T, c *world, name, content string) {
	t.Helper()
	if _, err := c.Upload(t.Context(), name, strings.NewReader(content), blobstore.UploadOptions{Tags: map[string]string{"n": "1"}}); err != nil {
		t.Fatal(err)
	}
}

func TestAccReplicateBetweenAccounts(t *testing.T) {
	for _, transfer := range []string{TransferAuto, TransferStream} {
		t.Run(transfer, func(t *testing.T) {
			src, dst := azurite(t, 0), azurite(t, 1)
			for _, c := range []*world{src, dst} {
				if _, err := c.Ensure(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			for i := range 60 {
				upload(t, src, fmt.Sprintf("run/%02d.fq", i), strings.Repeat("ACGT", i))
			}
			for _, name := range []string{"a/../b", "%41", "smile-😀", "wide-\uFF5E", "with space+plus"} {
				upload(t, src, name, name)
			}
			big := make([]byte, 9<<20)
			_, _ = rand.Read(big)
			if _, err := src.Upload(t.Context(), "big", bytes.NewReader(big), blobstore.UploadOptions{}); err != nil {
				t.Fatal(err)
			}
			opt := Options{Name: "acc", Transfer: transfer}
			from, to := Side{"west", src}, Side{"east", dst}
			inv, err := Survey(t.Context(), from, to, opt)
			if err != nil || inv.PendingBlobs != 66 {
				t.Fatalf("%+v %v", inv, err)
			}
			res, err := Run(t.Context(), from, to, opt, time.Now)
			if err != nil || res.Copied != 66 || !res.InSync() || (res.StreamedBytes > 0) != (transfer == TransferStream) {
				t.Fatalf("%+v %v", res, err)
			}
			again, err := Run(t.Context(), from, to, opt, time.Now)
			if err != nil || again.Copied != 0 || again.ManifestSHA256 != res.ManifestSHA256 {
				t.Fatalf("%+v %v", again, err)
			}
			changeAndRun(t, src, dst, opt)
		})
	}
}

// changeAndRun makes one change of each kind and looks what a run makes of it.
func changeAndRun(t *testing.T, src, dst *world, opt Options) {
	t.Helper()
	from, to := Side{"west", src}, Side{"east", dst}
	upload(t, src, "run/01.fq", "TGCA") // changed, same size
	upload(t, dst, "run/02.fq", "tampered")
	upload(t, dst, "extra", "kept")
	if err := src.SetTags(t.Context(), "run/03.fq", map[string]string{"n": "2"}); err != nil {
		t.Fatal(err)
	}
	inv, err := Survey(t.Context(), from, to, opt)
	if err != nil || inv.PendingBlobs != 3 || inv.ConflictCount != 1 || inv.ExtraCount != 1 {
		t.Errorf("%+v %v", inv, err)
	}
	res, err := Run(t.Context(), from, to, opt, time.Now)
	var conflict *ConflictError
	if !errors.As(err, &conflict) || conflict.Conflicts[0].Name != "run/02.fq" || res.Copied != 1 || res.Retagged != 1 {
		t.Errorf("%+v %v", res, err)
	}
	opt.OnConflict = ConflictOverwrite
	if res, err = Run(t.Context(), from, to, opt, time.Now); err != nil || res.Copied != 1 || !res.InSync() {
		t.Errorf("%+v %v", res, err)
	}
	var inputs Inputs
	problems, err := inputs.Preflight(t.Context(), dst, []string{"run/01.fq", "big", "nowhere"}, opt.Name, opt.Prefix)
	if err != nil || len(problems) != 1 || problems[0].Name != "nowhere" {
		t.Errorf("%+v %v", problems, err)
	}
	upload(t, dst, "big", "small")
	if problems, err = inputs.Preflight(t.Context(), dst, []string{"big"}, opt.Name, opt.Prefix); err != nil || len(problems) != 1 || problems[0].Kind != ProblemSize {
		t.Errorf("%+v %v", problems, err)
	}
}

func TestAccSurveyOfAContainerThatIsNotThereYet(t *testing.T) {
	src, dst := azurite(t, 0), azurite(t, 1)
	if _, err := src.Ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	upload(t, src, "a", "x")
	inv, err := Survey(t.Context(), Side{"west", src}, Side{"east", dst}, Options{})
	if err != nil || inv.PendingBlobs != 1 {
		t.Errorf("%+v %v", inv, err)
	}
	if _, err := Survey(t.Context(), Side{"east", dst}, Side{"west", src}, Options{}); !blobstore.IsNotFound(err) {
		t.Errorf("%v", err)
	}
	if _, err := dst.Ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
}
