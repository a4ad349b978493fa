package workflows

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Rule gives the jobs whose description contains a text a duration of their own.
type Rule struct {
	Description          string `json:"description"`
	DurationMilliseconds int    `json:"duration_ms"`
}

// Hold keeps jobs running until it is released; empty fields match every job.
type Hold struct {
	Region      string `json:"region,omitempty"`
	Description string `json:"description,omitempty"` // a part of the description
}

// Settings are how jobs behave. They are the same in all regions.
type Settings struct {
	DurationMilliseconds    int    `json:"duration_ms"`     // how long a job takes, beside reading its inputs
	CancelDelayMilliseconds int    `json:"cancel_delay_ms"` // from "cancellation requested" to "cancelled"
	Rules                   []Rule `json:"rules"`           // the first that matches wins
	Holds                   []Hold `json:"holds"`
}

// Validate refuses settings that mean nothing.
func (s Settings) Validate() error {
	if s.DurationMilliseconds < 0 || s.CancelDelayMilliseconds < 0 {
		return fmt.Errorf("duration_ms and cancel_delay_ms are not negative")
	}
	for _, rule := range s.Rules {
		if rule.Description == "" || rule.DurationMilliseconds < 0 {
			return fmt.Errorf("a rule needs a description and a duration_ms that is not negative")
		}
	}
	return nil
}

// Controls are the settings in force. Waiting jobs learn of a change at once.
type Controls struct {
	// Saved is called with every change; it may be nil.
	Saved func(Settings)

	mu       sync.Mutex
	settings Settings
	changed  chan struct{}
}

// NewControls starts with these settings.
func NewControls(s Settings) *Controls {
	return &Controls{settings: s, changed: make(chan struct{})}
}

// Settings returns a copy of what is in force.
func (c *Controls) Settings() Settings {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.settings.clone()
}

func (s Settings) clone() Settings {
	s.Rules, s.Holds = append([]Rule{}, s.Rules...), append([]Hold{}, s.Holds...)
	return s
}

// Change lets change edit the settings and wakes every waiting job.
func (c *Controls) Change(change func(*Settings)) Settings {
	c.mu.Lock()
	change(&c.settings)
	settings := c.settings.clone()
	close(c.changed)
	c.changed = make(chan struct{})
	c.mu.Unlock()
	if c.Saved != nil {
		c.Saved(settings)
	}
	return settings
}

// Hold adds a hold.
func (c *Controls) Hold(h Hold) Settings {
	return c.Change(func(s *Settings) {
		if !slices.Contains(s.Holds, h) {
			s.Holds = append(s.Holds, h)
		}
	})
}

// Release lifts the holds that have h's fields; an empty h lifts all of them.
func (c *Controls) Release(h Hold) Settings {
	return c.Change(func(s *Settings) {
		s.Holds = slices.DeleteFunc(s.Holds, func(held Hold) bool {
			return (h.Region == "" || h.Region == held.Region) && (h.Description == "" || h.Description == held.Description)
		})
	})
}

// ask returns what applies to one run, and a channel that closes when it may change.
func (c *Controls) ask(region, description string) (duration, cancelDelay time.Duration, held bool, changed <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ms := c.settings.DurationMilliseconds
	for _, rule := range c.settings.Rules {
		if strings.Contains(description, rule.Description) {
			ms = rule.DurationMilliseconds
			break
		}
	}
	for _, h := range c.settings.Holds {
		if (h.Region == "" || h.Region == region) && strings.Contains(description, h.Description) {
			held = true
		}
	}
	return milliseconds(ms), milliseconds(c.settings.CancelDelayMilliseconds), held, c.changed
}

// wake makes every waiting job look again.
func (c *Controls) wake() { c.Change(func(*Settings) {}) }

func milliseconds(n int) time.Duration { return time.Duration(n) * time.Millisecond }
