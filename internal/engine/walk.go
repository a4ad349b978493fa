package engine

import "context"

// Walker is a directory that can be gone through, the newest run first.
type Walker interface {
	// Walk shows runs until show says that it has seen enough. What somebody has read
	// already is not asked for again.
	Walk(ctx context.Context, show func(Run) (more bool)) error
}
