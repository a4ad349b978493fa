package submission

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// shelf is a container that signs with the names that it was asked for.
type shelf struct{ name string }

func (s shelf) URL() string         { return "https://acct.example/" + s.name }
func (s shelf) AccountName() string { return "acct" }
func (s shelf) Name() string        { return s.name }

func (s shelf) BlobSAS(_ context.Context, name string, _ time.Duration) (string, error) {
	return "sv=1&blob=" + name, nil
}

func (s shelf) ContainerSAS(context.Context, time.Duration) (string, error) {
	return "sv=1&container=" + s.name, nil
}

func TestReferencesBecomeURLs(t *testing.T) {
	for _, row := range []struct{ access, text, want string }{
		{accessSAS, "store://a/b c.fq", "https://acct.example/in/a/b%20c.fq?sv=1&blob=a/b c.fq"},
		{accessSAS, "output://x.txt", "https://acct.example/out/one-westus2-1/x.txt?sv=1&container=out"},
		{accessHTTPS, "store://a.fq", "https://acct.example/in/a.fq"},
		{accessPath, "store://a.fq", "/acct/in/a.fq"},
		{accessPath, "output://d/", "/acct/out/one-westus2-1/d/"},
		{accessSAS, "https://elsewhere.example/x", "https://elsewhere.example/x"},
		{accessSAS, "", ""},
	} {
		r := resolver{access: row.access, input: shelf{"in"}, output: shelf{"out"}, folder: "one-westus2-1", validFor: time.Hour}
		if got, err := r.resolve(t.Context(), row.text); err != nil || got != row.want {
			t.Errorf("%s is %q, %v", row.text, got, err)
		}
	}
	if _, err := (resolver{access: accessSAS, output: shelf{"out"}}).resolve(t.Context(), "store://x"); !errors.Is(err, errNoStore) {
		t.Errorf("without a store: %v", err)
	}
}

func TestCheckReference(t *testing.T) {
	for text, fine := range map[string]bool{
		"store://a.fq": true, "output://d/": true, "https://x": true, "": true,
		"store://": false, "output://": false, "store://folder/": false, "output://../x": false, "store://a/../b": false,
	} {
		if err := checkReference(text); (err == nil) != fine {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Whatever parameters are written, nothing in them changes but the texts that are
// told to, and each reference among them is found.
func FuzzParameters(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":"store://x","b":["output://y",1.50,1e400,{"c":null}]}`, `{"a":"<&>"}`, `"store://x"`, `{`, `{}{}`, `[12345678901234567890]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		same, err := mapJSON(raw, func(s string) (string, error) { return s, nil })
		if err != nil {
			return
		}
		var before, after any
		if json.Unmarshal(raw, &before) == nil && (json.Unmarshal(same, &after) != nil || !reflect.DeepEqual(before, after)) {
			t.Errorf("%s became %s", raw, same)
		}
		texts, err := jsonTexts(raw)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range references(texts) {
			if !slices.Contains(texts, inputScheme+name) {
				t.Errorf("%q was found in %s", name, raw)
			}
		}
		marked, err := mapJSON(raw, func(string) (string, error) { return "", nil })
		if left, _ := jsonTexts(marked); err != nil || strings.Join(left, "") != "" {
			t.Errorf("%s keeps %q", marked, left)
		}
	})
}
