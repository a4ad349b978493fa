package region

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// pipe makes a real HTTP client whose connections lead to serve, in memory, so that synctest's clock rules.
func pipe(serve func(conn net.Conn)) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			client, server := net.Pipe()
			go func() {
				defer func() { _ = server.Close() }()
				if _, err := http.ReadRequest(bufio.NewReader(server)); err == nil {
					serve(server)
				}
			}()
			return client, nil
		},
	}}
}

func pipeline(g *Gate, client *http.Client) runtime.Pipeline {
	return runtime.NewPipeline("test", "v0.0.1", runtime.PipelineOptions{}, &policy.ClientOptions{
		Transport: client, Retry: policy.RetryOptions{MaxRetries: -1}, PerRetryPolicies: []policy.Policy{g.Policy()},
	})
}

func write(conn net.Conn, text string) { _, _ = io.WriteString(conn, text) }

func plain(t *testing.T, pl runtime.Pipeline, streamed bool) (string, error) {
	t.Helper()
	req, err := runtime.NewRequest(t.Context(), http.MethodGet, "http://region.example/")
	if err != nil {
		t.Fatal(err)
	}
	if streamed {
		runtime.SkipBodyDownload(req)
	}
	resp, err := pl.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

func TestOnlyTheHeaderIsTimed(t *testing.T) {
	for _, streamed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			gate := NewGates(timeout).For("westus2")
			client := pipe(func(conn net.Conn) {
				write(conn, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
				for range 4 {
					<-time.After(timeout)
					write(conn, "x")
				}
			})
			body, err := plain(t, pipeline(gate, client), streamed)
			if body != "xxxx" || err != nil || gate.State() != Open {
				t.Errorf("streamed %v: %q, %v, gate %s", streamed, body, err, gate.State())
			}
		})
	}
}

func TestAnAcceptedConnectionThatStaysSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := NewGates(timeout).For("westus2")
		client := pipe(func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
		start := time.Now()
		_, err := plain(t, pipeline(gate, client), false)
		var late *TimeoutError
		if !errors.As(err, &late) || time.Since(start) != timeout || NeverReceived(err) {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

func TestAnAnswerThatBreaksOffIsAStrike(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := NewGates(timeout).For("westus2")
		client := pipe(func(conn net.Conn) { write(conn, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nx") })
		for i := range strikes {
			if gate.State() == Closed {
				t.Fatalf("closed after %d", i)
			}
			if _, err := plain(t, pipeline(gate, client), false); err == nil {
				t.Fatal("no error")
			}
		}
		if gate.State() != Closed {
			t.Errorf("the gate is %s", gate.State())
		}
	})
}

func TestAnUntrustedCertificateIsAProof(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	gate := NewGates(timeout).For("westus2")
	req, err := runtime.NewRequest(t.Context(), http.MethodGet, server.URL)
	if err != nil {
		t.Fatal(err)
	}
	err = finish(pipeline(gate, &http.Client{Transport: &http.Transport{}}).Do(req))
	var dark *UnreachableError
	if !errors.As(err, &dark) || !dark.Sent || !NeverReceived(err) {
		t.Errorf("got %v", err)
	}
}
