// Package ga4gh is a region's second and third face: the Task Execution
// Service (TES) 1.1 and the Workflow Execution Service (WES) 1.0 and 1.1 of the
// GA4GH, over the same ledger of runs as the workflow service. Servers differ
// where the specifications leave room, and some keep to them less than others:
// how a region's server does it can be switched.
package ga4gh

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
)

// How a server wants to know its clients.
const (
	AuthNone   = "none"
	AuthBasic  = "basic"
	AuthBearer = "bearer" // a token that is set here
	AuthEntra  = "entra"  // a token of the managed identity, for an audience
)

// Auth is what a server asks of its clients.
type Auth struct {
	Mode     string `json:"mode"`
	Username string `json:"username,omitempty"`
	Password string `json:"password,omitempty"`
	Token    string `json:"token,omitempty"`
	Audience string `json:"audience,omitempty"`
}

// TES is how a region's TES server behaves.
type TES struct {
	Prefix           string `json:"prefix"`             // of all paths
	MinimalEmptyTags bool   `json:"minimal_empty_tags"` // the MINIMAL view shows empty tags, rather than none
	IgnoreFilters    bool   `json:"ignore_filters"`     // a list shows everything, whatever it was asked for
	MaxPage          int    `json:"max_page"`           // tasks on a page at most
	CancelConflicts  int    `json:"cancel_conflicts"`   // that many cancellations to come are answered with 409
	RefuseSubmits    int    `json:"refuse_submits"`     // that many submissions to come are refused, without effect
	RefuseStatus     int    `json:"refuse_status"`      // what they are refused with
	StuckRunning     bool   `json:"stuck_running"`      // an outage leaves running tasks at RUNNING for ever
	NoQuota          bool   `json:"no_quota"`           // tasks stay at INITIALIZING
}

// WES is how a region's WES server behaves.
type WES struct {
	Prefix        string `json:"prefix"`         // of all paths
	Version       string `json:"version"`        // 1.0: lists under "workflows", whole and without tags; 1.1: under "runs", with tags
	SubmitStatus  int    `json:"submit_status"`  // 200 or 201
	ErrorsIn200   bool   `json:"errors_in_200"`  // errors have HTTP status 200 and their own in the body
	Phantoms      bool   `json:"phantoms"`       // a refused submission leaves a run in SYSTEM_ERROR
	RefuseSubmits int    `json:"refuse_submits"` // that many submissions to come are refused
	RefuseStatus  int    `json:"refuse_status"`  // what they are refused with
	MaxPage       int    `json:"max_page"`       // runs on a page at most
	StuckRunning  bool   `json:"stuck_running"`
	NoQuota       bool   `json:"no_quota"`
}

// Settings are both servers of a region. They know the same clients.
type Settings struct {
	Auth Auth `json:"auth"`
	TES  TES  `json:"tes"`
	WES  WES  `json:"wes"`
}

// Defaults are servers that do everything the specifications say.
func Defaults() Settings {
	return Settings{
		Auth: Auth{Mode: AuthNone},
		TES:  TES{Prefix: "/ga4gh/tes/v1", MaxPage: 2047, RefuseStatus: http.StatusInternalServerError},
		WES:  WES{Prefix: "/ga4gh/wes/v1", Version: "1.1", SubmitStatus: http.StatusOK, MaxPage: 1000, RefuseStatus: http.StatusInternalServerError},
	}
}

var prefixForm = regexp.MustCompile(`^(/[A-Za-z0-9._~-]+)+$`)

// Validate refuses settings that mean nothing.
func (s Settings) Validate() error {
	for _, prefix := range []string{s.TES.Prefix, s.WES.Prefix} {
		if !prefixForm.MatchString(prefix) || strings.HasPrefix(prefix+"/", "/api/") {
			return fmt.Errorf("prefix %q is not a path, or belongs to the workflow service", prefix)
		}
	}
	if within(s.TES.Prefix, s.WES.Prefix) || within(s.WES.Prefix, s.TES.Prefix) {
		return fmt.Errorf("TES and WES cannot both live below %s", s.TES.Prefix)
	}
	switch s.Auth.Mode {
	case AuthNone, AuthBasic, AuthBearer, AuthEntra:
	default:
		return fmt.Errorf("auth: unknown mode %q: none, basic, bearer or entra", s.Auth.Mode)
	}
	switch {
	case s.WES.Version != "1.0" && s.WES.Version != "1.1":
		return fmt.Errorf("wes: unknown version %q: 1.0 or 1.1", s.WES.Version)
	case s.WES.SubmitStatus != http.StatusOK && s.WES.SubmitStatus != http.StatusCreated:
		return fmt.Errorf("wes: submit_status must be 200 or 201, not %d", s.WES.SubmitStatus)
	case s.TES.MaxPage < 1 || s.WES.MaxPage < 1:
		return fmt.Errorf("max_page must be at least 1")
	case !refusal(s.TES.RefuseStatus) || !refusal(s.WES.RefuseStatus):
		return fmt.Errorf("refuse_status must be from 400 to 599")
	case s.TES.CancelConflicts < 0 || s.TES.RefuseSubmits < 0 || s.WES.RefuseSubmits < 0:
		return fmt.Errorf("cancel_conflicts and refuse_submits are not negative")
	}
	return nil
}

func refusal(status int) bool { return status >= 400 && status < 600 }

// within reports whether path is prefix or lies below it.
func within(path, prefix string) bool {
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}

// Switches are the settings in force in one region.
type Switches struct {
	// Saved is called with every change; it may be nil.
	Saved func(Settings)

	mu       sync.Mutex
	settings Settings
}

// NewSwitches starts with these settings.
func NewSwitches(s Settings) *Switches { return &Switches{settings: s} }

// Settings returns what is in force.
func (s *Switches) Settings() Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings
}

// Change lets change edit the settings.
func (s *Switches) Change(change func(*Settings)) Settings {
	s.mu.Lock()
	change(&s.settings)
	settings := s.settings
	s.mu.Unlock()
	if s.Saved != nil {
		s.Saved(settings)
	}
	return settings
}

// spend takes one of what is left of a counter, and reports whether there was any.
func (s *Switches) spend(counter func(*Settings) *int) bool {
	some := false
	s.Change(func(settings *Settings) {
		if left := counter(settings); *left > 0 {
			*left--
			some = true
		}
	})
	return some
}
