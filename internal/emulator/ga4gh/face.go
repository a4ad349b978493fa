package ga4gh

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/workflows"
)

const bodyLimit = 32 << 20 // bytes

// Config is what a region's faces are made of.
type Config struct {
	Region   string
	Switches *Switches
	Service  *workflows.Service
	// Verify checks a token of the managed identity for an audience.
	Verify func(token, audience string) error
	// Seen is told of every SAS and credential a client sends.
	Seen func(kind, owner, text string)
	// Else answers what belongs to neither face.
	Else http.Handler
}

// Faces are the TES and WES servers of one region.
type Faces struct{ Config }

// ServeHTTP hands a request to the face whose prefix it has.
func (f *Faces) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	settings := f.Switches.Settings()
	switch {
	case within(r.URL.Path, settings.TES.Prefix):
		(&tesFace{f, settings}).serve(w, r, strings.TrimPrefix(r.URL.Path, settings.TES.Prefix))
	case within(r.URL.Path, settings.WES.Prefix):
		(&wesFace{f, settings}).serve(w, r, strings.TrimPrefix(r.URL.Path, settings.WES.Prefix))
	default:
		f.Else.ServeHTTP(w, r)
	}
}

// Behave is how the region's servers run their tasks.
func (f *Faces) Behave(face workflows.Face) workflows.Behaviour {
	settings := f.Switches.Settings()
	if face == workflows.FaceTES {
		return workflows.Behaviour{Stuck: settings.TES.StuckRunning, NoQuota: settings.TES.NoQuota}
	}
	return workflows.Behaviour{Stuck: settings.WES.StuckRunning, NoQuota: settings.WES.NoQuota}
}

var (
	errCredentialsMissing = errors.New("authorization is missing")
	errCredentialsWrong   = errors.New("authorization was not accepted")
)

// authorize finds out who sent a request, "" where the server does not ask.
func (f *Faces) authorize(r *http.Request, auth Auth) (user string, err error) {
	kind, credentials, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	name, password, basic := r.BasicAuth()
	if basic {
		f.Seen("password", name, password)
		f.Seen("password", name, credentials)
	} else {
		f.Seen("token", "authorization header", credentials)
	}
	if auth.Mode == AuthNone {
		return "", nil
	}
	if credentials == "" {
		return "", errCredentialsMissing
	}
	bearer := strings.EqualFold(kind, "Bearer")
	good := false
	switch auth.Mode {
	case AuthBasic:
		good, user = basic && same(name, auth.Username) && same(password, auth.Password), name
	case AuthBearer:
		good = bearer && same(credentials, auth.Token)
	case AuthEntra:
		good = bearer && f.Verify(credentials, auth.Audience) == nil
	}
	if !good {
		return "", errCredentialsWrong
	}
	return user, nil
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// state is a run's state in the words that both interfaces share.
func state(run workflows.Run) string {
	switch {
	case run.Shown != "":
		return run.Shown
	case run.Initializing:
		return "INITIALIZING"
	}
	switch run.Status {
	case workflows.Queued:
		return "QUEUED"
	case workflows.InProgress:
		return "RUNNING"
	case workflows.Succeeded:
		return "COMPLETE"
	case workflows.Cancelling:
		return "CANCELING"
	case workflows.Cancelled:
		return "CANCELED"
	case workflows.Failed:
		if inputsAreBad(run.FailureCode) {
			return "EXECUTOR_ERROR"
		}
		return "SYSTEM_ERROR"
	}
	return "UNKNOWN"
}

// inputsAreBad holds for the failures that a task's program would have found
// by itself: with the same inputs it fails everywhere.
func inputsAreBad(code int) bool {
	return code > 0 && code < workflows.CodeOutage || code == workflows.CodeExecutor
}

// span is when a run was last started and when it ended, "" where it was not.
func span(run workflows.Run) (start, end string) {
	for _, t := range run.Transitions {
		if t.Status == workflows.InProgress {
			start = t.Time.UTC().Format(time.RFC3339Nano)
		}
	}
	if run.Ended != nil {
		end = run.Ended.UTC().Format(time.RFC3339Nano)
	}
	return start, end
}

// paging is the part of a list that a client asks for. Lists are newest first,
// and a page's token says which run it begins after.
type paging struct {
	size  int
	after int64 // 0 is the newest page
}

func parsePaging(query url.Values, limit int) (paging, error) {
	p := paging{size: min(256, limit)}
	if text := query.Get("page_size"); text != "" {
		size, err := strconv.Atoi(text)
		if err != nil || size < 1 || size > 2047 {
			return p, errors.New("page_size must be between 1 and 2047")
		}
		p.size = min(size, limit)
	}
	if text := query.Get("page_token"); text != "" {
		raw, err := base64.RawURLEncoding.DecodeString(text)
		if err == nil {
			p.after, err = strconv.ParseInt(strings.TrimPrefix(string(raw), "after "), 10, 64)
		}
		if err != nil {
			return p, errors.New("page_token is not one that was given out")
		}
	}
	return p, nil
}

// apply picks one page of runs, which are oldest first, and the token of the next.
func (p paging) apply(runs []workflows.Run, fits func(workflows.Run) bool) (page []workflows.Run, next string) {
	for i := len(runs) - 1; i >= 0; i-- {
		run := runs[i]
		if p.after != 0 && run.ID >= p.after || !fits(run) {
			continue
		}
		if len(page) == p.size {
			last := page[len(page)-1].ID
			return page, base64.RawURLEncoding.EncodeToString([]byte("after " + strconv.FormatInt(last, 10)))
		}
		page = append(page, run)
	}
	return page, ""
}

func reply(w http.ResponseWriter, status int, contentType string, body any) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may be gone, which is no matter here
}

const jsonType = "application/json"

// remember takes the signatures of a task's places.
func (f *Faces) remember(places []workflows.Place) {
	for _, p := range places {
		f.Seen("signature", f.Region, p.URL)
	}
}
