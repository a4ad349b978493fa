package replica

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"net/http"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Refusal is an answer in place of the blob store's.
type Refusal struct {
	Status        int
	Code, Message string
}

// place is what a request's path names.
type place struct {
	account, container, blob string
	replica                  bool
}

func placeOf(path string) place {
	parts := strings.SplitN(strings.TrimPrefix(path, "/"), "/", 3)
	parts = append(parts, "", "")
	p := place{container: parts[1], blob: parts[2]}
	p.account, p.replica = Primary(parts[0])
	return p
}

// Before looks at a client's request on its way to the blob store, and refuses what the service would.
func (e *Engine) Before(r *http.Request) *Refusal {
	p := placeOf(r.URL.Path)
	if p.container == "" || p.replica {
		return nil
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		if err := e.CatchUp(r.Context(), p.account, p.container); err != nil {
			return &Refusal{http.StatusInternalServerError, "InternalError", "Object replication: " + err.Error()}
		}
	case http.MethodPut, http.MethodPost:
		if p.blob != "" && e.ReadOnly(p.account, p.container) {
			return &Refusal{http.StatusConflict, "ObjectReplicationDestinationReadOnly", "The container is the destination of an object replication policy and cannot be written to."}
		}
	}
	return nil
}

// After adds to the blob store's answers what it knows nothing of.
func (e *Engine) After(resp *http.Response) error {
	r := resp.Request
	if resp.StatusCode != http.StatusOK || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return nil
	}
	p, query := placeOf(r.URL.Path), r.URL.Query()
	switch {
	case p.replica && query.Get("comp") == "stats":
		return rewrite(resp, func(body []byte) []byte { return e.statistics(p, body) })
	case query.Get("comp") == "list" && p.container != "":
		return rewrite(resp, func(body []byte) []byte { return e.listing(p, body) })
	case p.blob != "" && p.replica:
		if at, err := time.Parse(time.RFC1123, resp.Header.Get("Last-Modified")); err == nil && at.After(e.syncedAt(p.account)) {
			return e.hide(resp)
		}
	case p.blob != "":
		for key, status := range e.statuses(p.account, p.container, p.blob, strings.Trim(resp.Header.Get("ETag"), `"`)) {
			resp.Header.Set("x-ms-or-"+key, status)
		}
		if policy := e.policyOf(p.account, p.container); policy != "" {
			resp.Header.Set("x-ms-or-policy-id", policy)
		}
	}
	return nil
}

// rewrite replaces the body of an answer.
func rewrite(resp *http.Response, change func([]byte) []byte) error {
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close() // it was read to its end
	if err != nil {
		return err
	}
	set(resp, change(body))
	return nil
}

func set(resp *http.Response, body []byte) {
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp.Header.Set("Content-Length", strconv.Itoa(len(body)))
	resp.Header.Del("Transfer-Encoding")
}

// hide answers that a blob is not there.
func (e *Engine) hide(resp *http.Response) error {
	_ = resp.Body.Close() // nobody reads it
	resp.StatusCode, resp.Status = http.StatusNotFound, ""
	resp.Header = http.Header{"X-Ms-Error-Code": {"BlobNotFound"}, "Content-Type": {"application/xml"}, "X-Ms-Request-Id": resp.Header.Values("x-ms-request-id")}
	body := "<Error><Code>BlobNotFound</Code><Message>The specified blob does not exist.</Message></Error>"
	if resp.Request.Method == http.MethodHead {
		body = ""
	}
	set(resp, []byte(xml.Header+body))
	return nil
}

func (e *Engine) syncedAt(account string) time.Time {
	a, _ := e.Store.Storage(account)
	return a.SyncedAt(e.Now())
}

// statistics tells up to when an account's replica holds everything.
func (e *Engine) statistics(p place, _ []byte) []byte {
	return fmt.Appendf(nil, "%s<StorageServiceStats><GeoReplication><Status>live</Status><LastSyncTime>%s</LastSyncTime></GeoReplication></StorageServiceStats>",
		xml.Header, e.syncedAt(p.account).UTC().Format(http.TimeFormat))
}

var (
	blobElement  = regexp.MustCompile(`(?s)<Blob>.*?</Blob>`)
	nameElement  = regexp.MustCompile(`(?s)<Name>(.*?)</Name>`)
	etagElement  = regexp.MustCompile(`<Etag>(.*?)</Etag>`)
	writtenAfter = regexp.MustCompile(`<Last-Modified>(.*?)</Last-Modified>`)
)

// listing adds to each blob how it was replicated, and leaves out what a replica does not have yet.
func (e *Engine) listing(p place, body []byte) []byte {
	if !p.replica && len(e.links(p.account, p.container)) == 0 {
		return body
	}
	synced := e.syncedAt(p.account)
	return blobElement.ReplaceAllFunc(body, func(element []byte) []byte {
		if p.replica {
			if at, err := time.Parse(time.RFC1123, first(writtenAfter, element)); err == nil && at.After(synced) {
				return nil
			}
			return element
		}
		statuses := e.statuses(p.account, p.container, html.UnescapeString(first(nameElement, element)), strings.Trim(html.UnescapeString(first(etagElement, element)), `"`))
		if len(statuses) == 0 {
			return element
		}
		keys := make([]string, 0, len(statuses))
		for key := range statuses {
			keys = append(keys, key)
		}
		sort.Strings(keys)
		var metadata strings.Builder
		for _, key := range keys {
			fmt.Fprintf(&metadata, "<or-%s>%s</or-%s>", key, statuses[key], key)
		}
		// A copy: what follows the element lies right behind it.
		return slices.Concat(bytes.TrimSuffix(element, []byte("</Blob>")), []byte("<OrMetadata>"+metadata.String()+"</OrMetadata></Blob>"))
	})
}

func first(pattern *regexp.Regexp, in []byte) string {
	found := pattern.FindSubmatch(in)
	if found == nil {
		return ""
	}
	return string(found[1])
}
