package fault

import (
	"fmt"
	"net/http"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/journal"
)

// writeOutage answers in the form that the plane's own servers use and returns
// the status it wrote.
func writeOutage(w http.ResponseWriter, plane journal.Plane, status int) int {
	contentType := "application/json; charset=utf-8"
	var body string
	switch {
	case plane == journal.PlaneStorage:
		// Storage has no gateway of that kind in front of it: it is busy.
		code := "InternalError"
		if status != http.StatusInternalServerError {
			status, code = http.StatusServiceUnavailable, "ServerBusy"
		}
		contentType = "application/xml"
		body = fmt.Sprintf(`<?xml version="1.0" encoding="utf-8"?><Error><Code>%s</Code><Message>The region is down.</Message></Error>`, code)
		w.Header().Set("x-ms-error-code", code)
	case plane == journal.PlaneService && status == http.StatusForbidden:
		body = `{"statusCode":403,"message":"The service behind the gateway is down."}`
	case plane == journal.PlaneService:
		body = `{"Message":"An error has occurred."}`
	default:
		code := map[int]string{500: "InternalServerError", 503: "ServiceUnavailable", 403: "Forbidden"}[status]
		body = fmt.Sprintf(`{"error":{"code":%q,"message":"The server is down."}}`, code)
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // the client may be gone, which is no matter here
	return status
}

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
	wrote  bool
}

// WriteHeader keeps the final status; informational ones pass.
func (r *recorder) WriteHeader(status int) {
	if !r.wrote && status >= 200 {
		r.status, r.wrote = status, true
	}
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController find the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// discard takes an answer that no client will see.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}
