package azure

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/hashicorp/terraform-plugin-log/tflog"
)

// logSubsystem is the name under which requests are logged.
const logSubsystem = "http"

// maxLoggedBody is how much of a body is logged, in bytes.
const maxLoggedBody = 4 << 10

// loggableHeaders are the headers whose values are logged; of all others only the names are.
var loggableHeaders = []string{
	"Accept", "Azure-Asyncoperation", "Cache-Control", "Content-Length", "Content-Range", "Content-Type", "Date", "Etag",
	"If-Match", "If-Modified-Since", "If-None-Match", "If-Unmodified-Since", "Last-Modified", "Location", "Operation-Location",
	"Retry-After", "Server", "User-Agent", "X-Ms-Blob-Type", "X-Ms-Client-Request-Id", "X-Ms-Copy-Status",
	"X-Ms-Correlation-Request-Id", "X-Ms-Date", "X-Ms-Error-Code", "X-Ms-Request-Id", "X-Ms-Routing-Request-Id", "X-Ms-Version",
}

// secretPaths end the paths whose answers are secrets through and through: none of their bodies is logged.
var secretPaths = []string{"/listkeys", "/regeneratekey", "/token"}

// log writes one line for the request and one for its outcome: at debug what was asked and what came of it, at trace also the
// bodies. It is the innermost policy, so that it shows what really goes out.
func (p *Pipelines) log(req *policy.Request) (*http.Response, error) {
	ctx := tflog.NewSubsystem(req.Raw().Context(), logSubsystem)
	if !tflog.SubsystemIsDebug(ctx, logSubsystem) {
		return req.Next()
	}
	trace := tflog.SubsystemIsTrace(ctx, logSubsystem)
	where := map[string]any{"method": req.Raw().Method, "url": p.printable(req.Raw().URL)}

	sent := with(where, map[string]any{"headers": p.headers(req.Raw().Header)})
	if trace {
		sent["body"] = p.requestBody(req)
	}
	tflog.SubsystemDebug(ctx, logSubsystem, "Sending request", sent)

	start := time.Now()
	resp, err := req.Next()
	took := time.Since(start).Round(time.Millisecond).String()
	if err != nil {
		tflog.SubsystemDebug(ctx, logSubsystem, "Request failed", with(where, map[string]any{"error": p.Mask(err.Error()), "took": took}))
		return resp, err
	}
	got := with(where, map[string]any{"status": resp.StatusCode, "headers": p.headers(resp.Header), "took": took})
	if trace {
		got["body"] = p.responseBody(req.Raw(), resp)
	}
	tflog.SubsystemDebug(ctx, logSubsystem, "Received response", got)
	return resp, nil
}

func with(fields, more map[string]any) map[string]any {
	merged := make(map[string]any, len(fields)+len(more))
	for _, m := range []map[string]any{fields, more} {
		for k, v := range m {
			merged[k] = v
		}
	}
	return merged
}

// headers makes one text of the headers, with the values of those that are not known to be harmless masked.
func (p *Pipelines) headers(header http.Header) string {
	names := make([]string, 0, len(header))
	for name := range header {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		value := masked
		if slices.Contains(loggableHeaders, http.CanonicalHeaderKey(name)) {
			value = p.Mask(strings.Join(header[name], ", "))
		}
		b.WriteString(name + ": " + value + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (p *Pipelines) requestBody(req *policy.Request) string {
	body := req.Body()
	if body == nil {
		return ""
	}
	if reason := omitted(req.Raw(), req.Raw().Header.Get("Content-Type")); reason != "" {
		return reason
	}
	text, readErr := io.ReadAll(io.LimitReader(body, maxLoggedBody))
	if _, err := body.Seek(0, io.SeekStart); err != nil || readErr != nil {
		return "(unreadable)"
	}
	return p.cut(text)
}

func (p *Pipelines) responseBody(req *http.Request, resp *http.Response) string {
	if reason := omitted(req, resp.Header.Get("Content-Type")); reason != "" {
		return reason
	}
	if _, downloaded := resp.Body.(io.Seeker); !downloaded {
		return "(streamed)"
	}
	text, err := runtime.Payload(resp)
	if err != nil {
		return "(unreadable)"
	}
	return p.cut(text)
}

// cut masks before it shortens: half a secret would no longer be recognised.
func (p *Pipelines) cut(text []byte) string {
	if len(text) < maxLoggedBody {
		return p.Mask(string(text))
	}
	clean := p.Mask(string(text[:min(len(text), 2*maxLoggedBody)]))
	return clean[:min(len(clean), maxLoggedBody/2)] + "… (shortened)"
}

// omitted says why a body is not logged, or "" when it may be.
func omitted(req *http.Request, contentType string) string {
	path := strings.ToLower(strings.TrimRight(req.URL.Path, "/"))
	for _, suffix := range secretPaths {
		if strings.HasSuffix(path, suffix) {
			return "(secret)"
		}
	}
	contentType = strings.ToLower(contentType)
	for _, kind := range []string{"json", "xml", "text/"} {
		if strings.Contains(contentType, kind) {
			return ""
		}
	}
	return "(not text)"
}
