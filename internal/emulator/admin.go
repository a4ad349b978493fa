package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/journal"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/workflows"
)

// adminHandler is the admin interface: JSON in, JSON out, no key. It listens
// on loopback like everything else here.
func (e *Emulator) adminHandler() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, answer func(*http.Request) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			body, err := answer(r)
			status := http.StatusOK
			if err != nil {
				status, body = http.StatusBadRequest, map[string]string{"error": err.Error()}
			}
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			w.WriteHeader(status)
			encoder := json.NewEncoder(w)
			encoder.SetEscapeHTML(false)
			_ = encoder.Encode(body) // the client may be gone, which is no matter here
		})
	}
	handle("GET /admin/ready", func(*http.Request) (any, error) { return e.Ready(), nil })
	handle("GET /admin/secrets", func(*http.Request) (any, error) {
		return map[string]any{"secrets": e.vault.All()}, nil
	})
	handle("GET /admin/journal", func(r *http.Request) (any, error) { return e.readJournal(r) })
	handle("DELETE /admin/journal", func(*http.Request) (any, error) {
		e.journal.Reset()
		return e.journal.Entries(journal.Filter{}), nil
	})
	handle("GET /admin/runs", func(r *http.Request) (any, error) {
		query := r.URL.Query()
		return map[string]any{"runs": e.Runs(query.Get("region"), query.Get("token"), query.Get("description"))}, nil
	})
	handle("POST /admin/runs/{region}/{id}", e.forceRun)
	handle("GET /admin/jobs", func(*http.Request) (any, error) { return e.controls.Settings(), nil })
	handle("PUT /admin/jobs", e.setJobs)
	handle("POST /admin/hold", func(r *http.Request) (any, error) { return e.hold(r, e.controls.Hold) })
	handle("POST /admin/release", func(r *http.Request) (any, error) { return e.hold(r, e.controls.Release) })
	e.faultRoutes(handle)
	e.faceRoutes(handle)
	e.storageRoutes(handle)
	return mux
}

func (e *Emulator) readJournal(r *http.Request) (any, error) {
	query := r.URL.Query()
	filter := journal.Filter{
		Region: query.Get("region"), Method: strings.ToUpper(query.Get("method")),
		Plane: journal.Plane(query.Get("plane")), Origin: journal.Origin(query.Get("origin")),
	}
	if since := query.Get("since"); since != "" {
		var err error
		if filter.Since, err = strconv.ParseInt(since, 10, 64); err != nil {
			return nil, fmt.Errorf("since must be a sequence number, not %q", since)
		}
	}
	return e.journal.Entries(filter), nil
}

// Runs returns the ledger of all regions, selected by region, token and a part
// of the description; empty selects everything.
func (e *Emulator) Runs(region, token, description string) []workflows.Record {
	runs := []workflows.Record{}
	for _, r := range e.regions {
		if region != "" && region != r.name {
			continue
		}
		for _, run := range r.service.Records() {
			if (token == "" || token == run.Token) && strings.Contains(run.Description, description) {
				runs = append(runs, run)
			}
		}
	}
	return runs
}

func (e *Emulator) forceRun(r *http.Request) (any, error) {
	region, ok := e.regionNamed(r.PathValue("region"))
	if !ok {
		return nil, fmt.Errorf("there is no region %q", r.PathValue("region"))
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%q is not a workflow number", r.PathValue("id"))
	}
	var change workflows.Change
	if err := readJSON(r, &change); err != nil {
		return nil, err
	}
	return region.service.Force(id, change)
}

// setJobs replaces the settings it is given and keeps the others.
func (e *Emulator) setJobs(r *http.Request) (any, error) {
	settings := e.controls.Settings()
	if err := readJSON(r, &settings); err != nil {
		return nil, err
	}
	if err := settings.Validate(); err != nil {
		return nil, err
	}
	return e.controls.Change(func(s *workflows.Settings) { *s = settings }), nil
}

func (e *Emulator) hold(r *http.Request, apply func(workflows.Hold) workflows.Settings) (any, error) {
	var h workflows.Hold
	if err := readJSON(r, &h); err != nil {
		return nil, err
	}
	if _, ok := e.regionNamed(h.Region); h.Region != "" && !ok {
		return nil, fmt.Errorf("there is no region %q", h.Region)
	}
	return apply(h), nil
}

// readJSON reads a body strictly: a misspelt name is an error and not ignored.
// An empty body leaves into as it is.
func readJSON(r *http.Request, into any) error {
	decoder := json.NewDecoder(http.MaxBytesReader(nil, r.Body, 1<<20))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("the body is not what is wanted here: %w", err)
	}
	return nil
}
