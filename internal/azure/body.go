package azure

import (
	"io"
	"strings"
)

// replacedBody is a response body that is already here. It can seek, as azcore's own downloaded bodies can.
type replacedBody struct{ *strings.Reader }

func newBody(text string) io.ReadCloser { return replacedBody{strings.NewReader(text)} }

// Close does nothing.
func (replacedBody) Close() error { return nil }
