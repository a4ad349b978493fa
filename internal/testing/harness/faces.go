package harness

import (
	"context"
	"net/http"
)

// Faces are how a region's TES and WES servers behave, in the emulator's own
// words: a map of what is to change, such as {"tes": {"no_quota": true}}.
type Faces map[string]any

// Faces changes how a region's TES and WES servers behave.
func (a *Admin) Faces(ctx context.Context, region string, change Faces) error {
	return a.call(ctx, http.MethodPut, place(region)+"/faces", nil, change, nil)
}

// ResetFaces lets a region's TES and WES servers do everything as the specifications say.
func (a *Admin) ResetFaces(ctx context.Context, region string) error {
	return a.call(ctx, http.MethodDelete, place(region)+"/faces", nil, nil, nil)
}
