package harness

import (
	"context"
	"net/http"
)

// Freeze stops every server at one request of a client.
type Freeze struct {
	Methods []string `json:"methods,omitempty"` // what counts; empty is every method
	Planes  []string `json:"planes,omitempty"`  // what counts: service, storage, arm, identity; empty is all
	Skip    int      `json:"skip"`              // requests that count and pass before
	After   bool     `json:"after,omitempty"`   // that request takes effect, and its answer is held
}

// Frozen says how far a freeze has come.
type Frozen struct {
	Armed   bool  `json:"armed"`
	Reached bool  `json:"reached"` // everything stands still
	Held    int   `json:"held"`    // requests that wait for the thaw
	Seen    int   `json:"seen"`    // requests that count
	Request *Seen `json:"request"` // the one that stopped everything
}

// Freeze arms a freeze.
func (a *Admin) Freeze(ctx context.Context, freeze Freeze) error {
	return a.call(ctx, http.MethodPut, "/admin/freeze", nil, freeze, nil)
}

// Frozen tells how far the freeze has come.
func (a *Admin) Frozen(ctx context.Context) (Frozen, error) {
	var frozen Frozen
	err := a.read(ctx, "/admin/freeze", nil, &frozen)
	return frozen, err
}

// Thaw lets everything go on: what waited is served, unless its client has left.
func (a *Admin) Thaw(ctx context.Context) error {
	return a.call(ctx, http.MethodDelete, "/admin/freeze", nil, nil, nil)
}
