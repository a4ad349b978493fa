package rest

import (
	"context"
	"errors"
)

// maxPages bounds a list: at five hundred runs a page, more than any server keeps.
const maxPages = 2000

// ErrNoEnd says that a list has no end.
var ErrNoEnd = errors.New("its page tokens repeat themselves, so that the list has no end")

// Pages goes through a list by its page tokens until there is none.
func Pages(ctx context.Context, page func(ctx context.Context, token string) (next string, err error)) error {
	seen := map[string]bool{}
	for token := ""; ; {
		next, err := page(ctx, token)
		if err != nil || next == "" {
			return err
		}
		if seen[next] || len(seen) >= maxPages {
			return ErrNoEnd
		}
		seen[next] = true
		token = next
	}
}
