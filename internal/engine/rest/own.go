package rest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

// own recognizes the answers of a service of GA4GH: JSON, be it a quoted text, and
// errors in plain text.
func own(resp *http.Response) bool {
	body, err := runtime.Payload(resp)
	if err != nil {
		return true
	}
	if body = bytes.TrimSpace(body); len(body) > 0 {
		plain := strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") && body[0] != '<'
		if plain && resp.StatusCode >= http.StatusBadRequest || body[0] == '"' && json.Valid(body) {
			return true
		}
	}
	return region.SpeaksJSON(resp)
}

// routes are what web servers, frameworks and gateways say of a path that they do
// not know, which says nothing of a run.
var routes = []string{"not found", "404 not found", "404 page not found", "page not found", "resource not found", "no message available"}

// aboutRoute reports whether a text is about a path and not about a run: a base URL
// with the wrong prefix must not make runs vanish.
func aboutRoute(message string) bool {
	message = strings.ToLower(strings.Trim(message, " .\n\r\t"))
	return message == "" || slices.Contains(routes, message) || strings.Contains(message, "requested url") || strings.Contains(message, "no route")
}
