//go:build acceptance

package replication

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
)

// child names what a process of this test program is to replicate: transfer and the two containers' URLs, keys and
// accounts.
const child = "GENOMICS_TEST_REPLICATE"

// TestAccReplicateAsAProcess is what the processes run that TestAccKilledProcess kills. By itself it does nothing.
func TestAccReplicateAsAProcess(t *testing.T) {
	order := strings.Fields(os.Getenv(child))
	if len(order) == 0 {
		return
	}
	var sides []Side
	for i := 1; i < len(order); i += 3 {
		c, err := blobstore.Open(order[i], blobstore.Credential{AccountName: order[i+1], Key: order[i+2]}, azcore.ClientOptions{})
		if err != nil {
			t.Fatal(err)
		}
		sides = append(sides, Side{fmt.Sprint(i), c})
	}
	res, err := Run(t.Context(), sides[0], sides[1], Options{Name: "process", Transfer: order[0], Concurrency: 8}, time.Now)
	if err != nil || !res.InSync() {
		t.Fatalf("%+v %v", res, err)
	}
}

// front stands before Azurite and counts what was written, as told by the service. What it has begun it brings to an end,
// whoever was killed meanwhile, and it can strike when so much is written.
type front struct {
	*httptest.Server
	mu     sync.Mutex
	busy   sync.WaitGroup
	writes map[string]int
	total  int
	at     int
	strike func()
}

func newFront(t *testing.T) *front {
	t.Helper()
	target, err := url.Parse(os.Getenv("GENOMICS_TEST_AZURITE"))
	if err != nil {
		t.Fatal(err)
	}
	f := &front{writes: map[string]int{}}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out = r.Out.WithContext(context.WithoutCancel(r.Out.Context()))
			r.SetURL(target)
		},
		ModifyResponse: func(r *http.Response) error {
			query := r.Request.URL.Query()
			if r.Request.Method != http.MethodPut || r.StatusCode >= http.StatusMultipleChoices || strings.Contains(r.Request.URL.Path, Reserved) || query.Get("comp") == "blocklist" {
				return nil
			}
			f.wrote(r.Request.URL.Path + " " + query.Get("blockid"))
			return nil
		},
	}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.busy.Add(1)
		defer f.busy.Done()
		// A caller that is killed can't be answered; that isn't the proxy's fault.
		defer func() { _ = recover() }()
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *front) wrote(what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.writes[what]++
	if f.total++; f.total == f.at {
		f.strike()
	}
}

// replicate runs a process, and kills it when as many writes have been answered; zero is never.
func (f *front) replicate(t *testing.T, transfer string, src, dst *world, killAt int) {
	t.Helper()
	order := []string{transfer}
	for i, address := range []string{src.URL(), strings.Replace(dst.URL(), os.Getenv("GENOMICS_TEST_AZURITE"), f.URL, 1)} {
		account, key, _ := strings.Cut(strings.Split(os.Getenv("GENOMICS_TEST_AZURITE_ACCOUNTS"), ";")[i], ":")
		order = append(order, address, account, key)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestAccReplicateAsAProcess$")
	cmd.Env = append(os.Environ(), child+"="+strings.Join(order, " "))
	f.mu.Lock()
	f.at, f.strike = killAt, func() { _ = cmd.Process.Kill() }
	f.mu.Unlock()
	out, err := cmd.CombinedOutput()
	f.busy.Wait()
	if (err != nil) != (killAt > 0) {
		t.Fatalf("killed at %d: %v\n%s", killAt, err, out)
	}
}

// A process that is killed at any moment, without a word, is continued by the next one: the sum of what both write is what
// there is to write.
func TestAccKilledProcess(t *testing.T) {
	src := azurite(t, 0)
	if _, err := src.Ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	const blobs = 120
	for i := range blobs {
		name := fmt.Sprintf("%03d", i)
		src.put(t, name, "content of "+name)
		if i%3 == 0 {
			src.unhash(t, name)
		}
	}
	// The service notes times in whole seconds: what was written in the second in which it was copied may have been written
	// after that, and is copied again.
	<-time.After(time.Until(time.Now().Truncate(time.Second).Add(time.Second)))
	for _, percent := range []int{25, 50, 75} {
		t.Run(fmt.Sprintf("small at %d", percent), func(t *testing.T) {
			f := newFront(t)
			dst := azurite(t, 1)
			if _, err := dst.Ensure(t.Context()); err != nil {
				t.Fatal(err)
			}
			f.replicate(t, TransferServerSide, src, dst, blobs*percent/100)
			if done := f.total; done < blobs*percent/100 || done >= blobs {
				t.Fatalf("killed after %d", done)
			}
			f.replicate(t, TransferServerSide, src, dst, 0)
			f.wroteOnce(t, blobs)
			if len(dst.contents(t)) != blobs {
				t.Error("not all of them are there")
			}
		})
	}
	t.Run("large, streamed", func(t *testing.T) {
		const size, blocks = 24 << 20, 6
		large := azurite(t, 0)
		if _, err := large.Ensure(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"one", "two"} {
			large.put(t, name, strings.Repeat(name[:1], size))
			large.unhash(t, name)
		}
		f := newFront(t)
		dst := azurite(t, 1)
		if _, err := dst.Ensure(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.replicate(t, TransferStream, large, dst, blocks)
		f.replicate(t, TransferStream, large, dst, 0)
		f.wroteOnce(t, 2*blocks)
		for name, b := range dst.list(t) {
			if !strings.HasPrefix(name, Reserved) && (b.Size != size || len(b.MD5) == 0 || dst.text(t, name) != strings.Repeat(name[:1], size)) {
				t.Errorf("%+v", b)
			}
		}
	})
}

// wroteOnce checks that so many things were written, each of them once.
func (f *front) wroteOnce(t *testing.T, things int) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.total != things || len(f.writes) != things {
		t.Errorf("%d writes of %d things, and there are %d", f.total, len(f.writes), things)
	}
}
