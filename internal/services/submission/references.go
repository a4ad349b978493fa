package submission

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
)

// The references that stand for URLs of the active region. What they come to is
// known when a run is sent, and never kept.
const (
	inputScheme  = "store://"
	outputScheme = "output://"
)

// How a server gets at what a reference names.
const (
	accessSAS   = "sas"
	accessHTTPS = "https"
	accessPath  = "path"
)

// parseReference takes apart a reference; ok is false for a text that is none.
func parseReference(text string) (scheme, name string, ok bool) {
	for _, scheme := range []string{inputScheme, outputScheme} {
		if name, ok := strings.CutPrefix(text, scheme); ok {
			return scheme, name, true
		}
	}
	return "", "", false
}

// checkReference says what is wrong with a reference; a text that is none is fine.
func checkReference(text string) error {
	scheme, name, ok := parseReference(text)
	switch {
	case !ok:
		return nil
	case name == "":
		return fmt.Errorf("%s names nothing", scheme)
	case scheme == inputScheme && strings.HasSuffix(name, "/"):
		return fmt.Errorf("%q names a folder: name each blob, so that it can be looked for before anything is sent", text)
	case slices.Contains(strings.Split(name, "/"), ".."):
		return fmt.Errorf("%q leads out of its folder", text)
	}
	return nil
}

// references finds the blobs of the input store among texts, each once, in order.
func references(texts []string) []string {
	var names []string
	for _, text := range texts {
		if scheme, name, ok := parseReference(text); ok && scheme == inputScheme && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// References are the blobs of the input store that are referred to in texts, and in
// parameters in JSON, each once. What is no JSON refers to nothing.
func References(params string, texts ...string) []string {
	if within, err := jsonTexts([]byte(params)); err == nil {
		texts = append(texts, within...)
	}
	return references(texts)
}

// place is a container as references need it.
type place interface {
	URL() string
	AccountName() string
	Name() string
	BlobSAS(ctx context.Context, name string, validFor time.Duration) (string, error)
	ContainerSAS(ctx context.Context, validFor time.Duration) (string, error)
}

var _ place = (*blobstore.Container)(nil)

// resolver makes URLs of references.
type resolver struct {
	access string
	// input is nil for a submission without an input store.
	input, output place
	// folder is where this run's results go, in the output container.
	folder   string
	validFor time.Duration
}

var errNoStore = errors.New("it refers to the input store, and has no input_store")

// resolve gives the URL that a text refers to, or the text itself.
func (r resolver) resolve(ctx context.Context, text string) (string, error) {
	scheme, name, ok := parseReference(text)
	if !ok {
		return text, nil
	}
	at, sign := r.output, func() (string, error) { return r.output.ContainerSAS(ctx, r.validFor) }
	if scheme == inputScheme {
		if r.input == nil {
			return "", errNoStore
		}
		at, sign = r.input, func() (string, error) { return r.input.BlobSAS(ctx, name, r.validFor) }
	} else {
		name = r.folder + "/" + name
	}
	if r.access == accessPath {
		return "/" + at.AccountName() + "/" + at.Name() + "/" + name, nil
	}
	segments := strings.Split(name, "/")
	for i, s := range segments {
		segments[i] = url.PathEscape(s)
	}
	address := at.URL() + "/" + strings.Join(segments, "/")
	if r.access == accessHTTPS {
		return address, nil
	}
	signature, err := sign()
	if err != nil {
		return "", err
	}
	return address + "?" + signature, nil
}

// jsonTexts are all texts within a JSON value.
func jsonTexts(raw []byte) ([]string, error) {
	var texts []string
	_, err := mapJSON(raw, func(text string) (string, error) {
		texts = append(texts, text)
		return text, nil
	})
	slices.Sort(texts)
	return texts, err
}

// mapJSON changes the texts within a JSON value. Numbers stay as they are written.
func mapJSON(raw []byte, change func(string) (string, error)) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, errors.New("it is not JSON")
	}
	if decoder.More() {
		return nil, errors.New("it is more than one JSON value")
	}
	value, err := mapValue(value, change)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

func mapValue(value any, change func(string) (string, error)) (_ any, err error) {
	switch v := value.(type) {
	case string:
		return change(v)
	case []any:
		for i := range v {
			if v[i], err = mapValue(v[i], change); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for name := range v {
			if v[name], err = mapValue(v[name], change); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}
