package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
)

// Fields is a JSON object whose fields are taken in any form first: a surprise in
// one must not hide the rest. Of two fields with one name the last counts.
type Fields map[string]json.RawMessage

// Object reads a JSON object.
func Object(body []byte) (Fields, error) {
	var f Fields
	if err := json.Unmarshal(body, &f); err != nil {
		return nil, fmt.Errorf("it is not a JSON object: %w", azure.Misread(err))
	}
	if f == nil {
		return nil, errors.New("it is not a JSON object: it is null")
	}
	return f, nil
}

// Has reports whether a field is there and not null.
func (f Fields) Has(name string) bool {
	raw, ok := f[name]
	return ok && string(raw) != "null"
}

// Text is a field that is a JSON string; empty for everything else.
func (f Fields) Text(name string) string {
	var s string
	if json.Unmarshal(f[name], &s) != nil {
		return ""
	}
	return s
}

// ID is a field that names something: a string, or a number as it is written.
func (f Fields) ID(name string) string { return bare(f[name]) }

// Object is a field that is a JSON object; nil, which can be read, for everything
// else.
func (f Fields) Object(name string) Fields {
	o, err := Object(f[name])
	if err != nil {
		return nil
	}
	return o
}

// List is a field that is a JSON array; false when it is anything else. Null counts
// as empty: that is how some servers write a list without elements.
func (f Fields) List(name string) ([]json.RawMessage, bool) {
	raw, ok := f[name]
	if !ok {
		return nil, false
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return nil, false
	}
	return list, true
}

// Lines are the texts of a field that is a JSON array, trimmed, without empty ones.
func (f Fields) Lines(name string) []string {
	list, _ := f.List(name)
	var out []string
	for _, raw := range list {
		var line string
		if json.Unmarshal(raw, &line) == nil && strings.TrimSpace(line) != "" {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return out
}

// Integer is a field that is a whole number, also one in quotes; false for
// everything else.
func (f Fields) Integer(name string) (int64, bool) {
	s := bare(f[name])
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, true
	}
	// 1.0 and 1e2 are whole numbers too; beyond 2^53 a float no longer says which.
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || strings.Trim(s, "0123456789+-.eE") != "" || math.Abs(v) > 1<<53 || v == 0 && strings.ContainsAny(s, "123456789") {
		return 0, false
	}
	if exact, ok := new(big.Rat).SetString(s); !ok || !exact.IsInt() {
		return 0, false
	}
	return int64(v), true
}

// Time is a field that is a time in RFC 3339 with any number of fraction digits,
// or without an offset, which is taken as UTC; nil for everything else.
func (f Fields) Time(name string) *time.Time {
	s := bare(f[name])
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 1 && t.Year() < 9999 {
			t = t.UTC()
			return &t
		}
	}
	return nil
}

// bare is a JSON scalar without its quotes; empty for null, for what is missing,
// and for objects and arrays.
func bare(raw []byte) string {
	text := strings.TrimSpace(string(raw))
	if text == "" || text == "null" || text[0] == '{' || text[0] == '[' {
		return ""
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return strings.TrimSpace(s)
	}
	if text[0] == '"' || !json.Valid(raw) {
		return ""
	}
	return text
}

// ExitCode is a field that is the exit code of something that failed; zero for
// everything else.
func (f Fields) ExitCode(name string) int {
	code, ok := f.Integer(name)
	if !ok || code < math.MinInt32 || code > math.MaxInt32 {
		return 0
	}
	return int(code)
}
