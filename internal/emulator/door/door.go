// Package door is a region's Blob endpoint: it lets the region's own storage
// accounts through to the blob store behind all regions, and knows when a
// server-side copy reads from a region that is down.
package door

import (
	"encoding/xml"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/journal"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/replica"
)

// JobHeader marks the requests of workflow runs. Its value is a secret of the
// emulator, so that no client can pass for a job.
const JobHeader = "X-Emulator-Job"

const copySource = "x-ms-copy-source"

// Door is one region's Blob endpoint.
type Door struct {
	Region string
	Store  *url.URL // the blob store; nil when there is none
	// Owns reports whether a storage account lives in this region.
	Owns func(account string) bool
	// RegionOf finds the region whose door has this host:port, and whether its
	// storage is down.
	RegionOf func(host string) (region string, dark, known bool)
	// JobMark is the value of JobHeader on a job's own requests.
	JobMark string
	Vault   *journal.Vault
	// Replication is what storage does by itself; nil does nothing.
	Replication *replica.Engine

	proxy *httputil.ReverseProxy
}

// Open prepares the way to the blob store.
func (d *Door) Open() {
	if d.Store == nil {
		return
	}
	d.proxy = &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Scheme, p.Out.URL.Host = d.Store.Scheme, d.Store.Host
			p.Out.Header.Del(JobHeader)
			p.Out.Host = p.In.Host
			// The store copies between accounts only when source and destination
			// seem to be on one host. The host is not part of a signature.
			if source, err := url.Parse(p.In.Header.Get(copySource)); err == nil && source.Host != "" {
				p.Out.Host = source.Host
			}
		},
		Transport: &http.Transport{
			MaxIdleConnsPerHost: 64,
			// The store closes idle connections after five seconds by default;
			// leaving them earlier avoids resets that no region caused.
			IdleConnTimeout:    4 * time.Second,
			DisableCompression: true,
		},
		FlushInterval: -1,
		ErrorLog:      log.New(io.Discard, "", 0),
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, _ error) {
			if r.Context().Err() != nil {
				panic(http.ErrAbortHandler) // the client went away
			}
			refuse(w, http.StatusBadGateway, "BlobStoreUnreachable", "The blob store behind the emulator does not answer.")
		},
	}
	if d.Replication != nil {
		d.proxy.ModifyResponse = d.Replication.After
	}
}

// Close lets go of the connections to the blob store.
func (d *Door) Close() {
	if d.proxy == nil {
		return
	}
	if transport, ok := d.proxy.Transport.(*http.Transport); ok {
		transport.CloseIdleConnections()
	}
}

// Describe adds what a door knows of a request to its journal entry.
func (d *Door) Describe(r *http.Request, e *journal.Entry) {
	e.Account = account(r)
	switch {
	case d.JobMark != "" && r.Header.Get(JobHeader) == d.JobMark:
		e.Origin = journal.OriginJob
	case strings.HasPrefix(r.UserAgent(), "axios/"):
		e.Origin = journal.OriginCopy // Azurite's own HTTP client, checking a copy's source
	}
	if source := r.Header.Get(copySource); source != "" {
		e.CopySource = source
		d.Vault.AddSignatures("copy source", source)
		if parsed, err := url.Parse(source); err == nil {
			e.CopySourceRegion, _, _ = d.RegionOf(parsed.Host)
		}
	}
}

// ServeHTTP lets a request through to the blob store.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := account(r)
	switch {
	case name == "":
		refuse(w, http.StatusBadRequest, "InvalidUri", "The path begins with the name of a storage account.")
		return
	case !d.Owns(name):
		refuse(w, http.StatusNotFound, "ResourceNotFound", fmt.Sprintf("The region %s has no storage account %s.", d.Region, name))
		return
	case d.proxy == nil:
		refuse(w, http.StatusServiceUnavailable, "ServerBusy", "The emulator was started without a blob store.")
		return
	}
	if source := r.Header.Get(copySource); source != "" && !d.sourceAnswers(source) {
		// Storage itself reads the source and finds no one there.
		refuse(w, http.StatusInternalServerError, "CannotVerifyCopySource", "Could not verify the copy source within the specified time.")
		return
	}
	if d.Replication != nil {
		if refusal := d.Replication.Before(r); refusal != nil {
			refuse(w, refusal.Status, refusal.Code, refusal.Message)
			return
		}
	}
	d.proxy.ServeHTTP(w, r)
}

func (d *Door) sourceAnswers(source string) bool {
	parsed, err := url.Parse(source)
	if err != nil {
		return true // the store has a better answer to nonsense
	}
	_, dark, known := d.RegionOf(parsed.Host)
	return !known || !dark
}

func account(r *http.Request) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return name
}

type storageError struct {
	XMLName xml.Name `xml:"Error"`
	Code    string
	Message string
}

// refuse answers in storage's own form.
func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("x-ms-error-code", code)
	w.Header().Set("x-ms-request-id", uuid.NewString())
	w.WriteHeader(status)
	_, _ = io.WriteString(w, xml.Header)
	_ = xml.NewEncoder(w).Encode(storageError{Code: code, Message: message}) // the client may be gone, which is no matter here
}
