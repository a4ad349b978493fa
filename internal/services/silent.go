package services

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// silentKey is where a refresh leaves the regions that did not answer it. It is
// a resource's private state, not the gate, that a plan goes by: the CLI plans
// once more while it applies, in a process that has asked nobody yet, and must
// come to the same plan.
const silentKey = "silent_regions"

// Silent is the regions that did not answer the last refresh.
type Silent []string

// Answers reports whether a region may be asked.
func (s Silent) Answers(location string) bool { return !slices.Contains(s, location) }

type privateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

type privateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// ReadSilent takes the silent regions from a resource's private state.
func ReadSilent(ctx context.Context, private privateReader) (Silent, diag.Diagnostics) {
	data, diags := private.GetKey(ctx, silentKey)
	if len(data) == 0 || diags.HasError() {
		return nil, diags
	}
	var silent Silent
	if err := json.Unmarshal(data, &silent); err != nil {
		diags.AddError("The resource's private state cannot be read", err.Error())
	}
	return silent, diags
}

// Private is a resource's private state as it is on the wire, decoded.
type Private map[string][]byte

// GetKey gives what is kept under a key; nothing when there is none.
func (p Private) GetKey(_ context.Context, key string) ([]byte, diag.Diagnostics) { return p[key], nil }

// SetKey keeps a value.
func (p Private) SetKey(_ context.Context, key string, value []byte) diag.Diagnostics {
	p[key] = value
	return nil
}

// OnlySilent reports whether there is nothing in the private state but what
// SaveSilent leaves there.
func (p Private) OnlySilent() bool {
	_, has := p[silentKey]
	return len(p) == 0 || len(p) == 1 && has
}

// SaveSilent leaves which of the regions do not answer in a resource's private
// state.
func SaveSilent(ctx context.Context, private privateWriter, answers func(location string) bool, locations ...string) diag.Diagnostics {
	silent := Silent{}
	for _, l := range locations {
		if l != "" && !slices.Contains(silent, l) && !answers(l) {
			silent = append(silent, l)
		}
	}
	// A list of strings always marshals.
	data, _ := json.Marshal(silent)
	return private.SetKey(ctx, silentKey, data)
}
