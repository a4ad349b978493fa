package store

import (
	"context"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// latency is what a slow front adds to each answer.
const latency = 20 * time.Millisecond

// front stands before the store, counts what passes, and answers each request
// later than the store does, as one at some distance would. What the store asks of
// itself, the source of a copy, it answers at once and does not count: that does
// not travel in the cloud either, and no client pays for it.
type front struct {
	url    string
	server *http.Server

	mu      sync.Mutex
	kinds   map[string]int
	content atomic.Int64
}

// traffic is what a front has seen.
type traffic struct {
	kinds map[string]int
	// content is how many bytes passed in both directions, but for listings.
	content int64
}

// kindList is a page of a listing.
const kindList = "list"

// pages are the listing requests.
func (t traffic) pages() int { return t.kinds[kindList] }

// others are all requests but those.
func (t traffic) others() (n int) {
	for kind, count := range t.kinds {
		if kind != kindList {
			n += count
		}
	}
	return n
}

// newFront puts a front before the store at base.
func newFront(ctx context.Context, base string, delay time.Duration) (*front, error) {
	target, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	f := &front{url: "http://" + listener.Addr().String(), kinds: map[string]int{}}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			// Azurite copies between accounts only when both seem to be on the host that was asked.
			p.Out.Host = p.In.Host
		},
		// Idle connections are left before Azurite closes them.
		Transport: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true, IdleConnTimeout: patience / 2},
		ErrorLog:  log.New(io.Discard, "", 0),
		// What breaks behind the front breaks before it.
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		ModifyResponse: func(r *http.Response) error {
			if own(r.Request) || delay == 0 {
				return nil
			}
			timer := time.NewTimer(delay)
			defer timer.Stop()
			select {
			case <-timer.C:
				return nil
			case <-r.Request.Context().Done():
				return r.Request.Context().Err()
			}
		},
	}
	f.server = &http.Server{ReadHeaderTimeout: patience, ErrorLog: proxy.ErrorLog, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !own(r) {
			w = f.note(w, r)
		}
		proxy.ServeHTTP(w, r)
	})}
	go func() { _ = f.server.Serve(listener) }() // it ends with close
	return f, nil
}

// own tells whether the store itself is asking: that is the HTTP client that Azurite looks at a copy's source with.
func own(r *http.Request) bool { return strings.HasPrefix(r.UserAgent(), "axios/") }

func (f *front) close() { _ = f.server.Close() }

// note counts a request, and lets its bytes be counted.
func (f *front) note(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
	kind := kindOf(r)
	f.mu.Lock()
	f.kinds[kind]++
	f.mu.Unlock()
	if kind == kindList {
		return w
	}
	r.Body = &metered{r.Body, &f.content}
	return &meteredWriter{w, &f.content}
}

func (f *front) seen() traffic {
	f.mu.Lock()
	defer f.mu.Unlock()
	return traffic{kinds: maps.Clone(f.kinds), content: f.content.Load()}
}

// kindOf says in words what a request asks for.
func kindOf(r *http.Request) string {
	query := r.URL.Query()
	kind := r.Method
	switch {
	case query.Get("comp") == "list":
		return kindList
	case r.Header.Get("X-Ms-Copy-Source") != "":
		kind += " from URL"
	case query.Get("restype") != "":
		kind += " " + query.Get("restype")
	}
	if comp := query.Get("comp"); comp != "" {
		kind += " " + comp
	}
	return kind
}

type metered struct {
	io.ReadCloser
	bytes *atomic.Int64
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.ReadCloser.Read(p)
	m.bytes.Add(int64(n))
	return n, err
}

type meteredWriter struct {
	http.ResponseWriter
	bytes *atomic.Int64
}

func (m *meteredWriter) Write(p []byte) (int, error) {
	n, err := m.ResponseWriter.Write(p)
	m.bytes.Add(int64(n))
	return n, err
}

// Unwrap lets the proxy flush.
func (m *meteredWriter) Unwrap() http.ResponseWriter { return m.ResponseWriter }
