//go:build !unix

package fault

import (
	"errors"
	"io"
)

// reserve is for systems where a port can be held without listening on it.
func reserve(string) (io.Closer, error) { return nil, errors.ErrUnsupported }
