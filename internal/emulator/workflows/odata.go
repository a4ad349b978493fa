package workflows

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// listing is what a GET of the list asks for.
type listing struct {
	descending bool
	skip       int
	top        int // -1: everything
	empty      bool
	conditions []condition
}

// condition is one clause of $filter.
type condition func(*Run) bool

var errFilter = errors.New("the $filter could not be parsed")

func parseListing(query url.Values) (listing, error) {
	l := listing{top: -1}
	for name := range query {
		switch name {
		case "$orderby", "$skip", "$top", "$filter":
		default:
			if strings.HasPrefix(name, "$") {
				return l, fmt.Errorf("the query option %s is not supported", name)
			}
		}
	}
	if err := l.order(query.Get("$orderby")); err != nil {
		return l, err
	}
	if text := query.Get("$skip"); text != "" {
		skip, err := strconv.Atoi(text)
		if err != nil || skip < 0 {
			return l, fmt.Errorf("$skip must be a number that is not negative, not %q", text)
		}
		l.skip = skip
	}
	if text := query.Get("$top"); text != "" {
		top, err := strconv.Atoi(text)
		if err != nil {
			return l, fmt.Errorf("$top must be a number, not %q", text)
		}
		l.top, l.empty = max(top, 0), top <= 0 // a negative $top gives an empty list
	}
	var err error
	l.conditions, err = parseFilter(query.Get("$filter"))
	return l, err
}

func (l *listing) order(text string) error {
	fields := strings.Fields(text)
	switch {
	case len(fields) == 0:
		return nil
	case fields[0] != "CreatedDate" || len(fields) > 2:
	case len(fields) == 1 || strings.EqualFold(fields[1], "asc"):
		return nil
	case strings.EqualFold(fields[1], "desc"):
		l.descending = true
		return nil
	}
	return fmt.Errorf("$orderby must be CreatedDate asc or CreatedDate desc, not %q", text)
}

// apply picks and orders from runs, which are oldest first.
func (l *listing) apply(runs []*Run) []*Run {
	if l.empty {
		return nil
	}
	var picked []*Run
	for _, run := range runs {
		if !slices.ContainsFunc(l.conditions, func(c condition) bool { return !c(run) }) {
			picked = append(picked, run)
		}
	}
	if l.descending {
		slices.Reverse(picked)
	}
	picked = picked[min(l.skip, len(picked)):]
	if l.top >= 0 {
		picked = picked[:min(l.top, len(picked))]
	}
	return picked
}

// parseFilter reads clauses joined by "and": substringof('x', Description),
// substringof('x', Process) and Status eq '50000'. A quote inside a literal is
// doubled, as OData has it.
func parseFilter(text string) ([]condition, error) {
	rest := strings.TrimSpace(text)
	if rest == "" {
		return nil, nil
	}
	var conditions []condition
	for {
		c, after, err := parseClause(rest)
		if err != nil {
			return nil, err
		}
		conditions = append(conditions, c)
		if after == "" {
			return conditions, nil
		}
		next, found := strings.CutPrefix(after, "and ")
		if !found {
			return nil, errFilter
		}
		rest = strings.TrimSpace(next)
	}
}

func parseClause(text string) (condition, string, error) {
	if rest, found := strings.CutPrefix(text, "substringof("); found {
		return parseSubstring(rest)
	}
	rest, found := strings.CutPrefix(text, "Status eq ")
	if !found {
		return nil, "", errFilter
	}
	rest = strings.TrimSpace(rest)
	value, rest, err := literal(rest)
	if err != nil {
		digits := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
		if digits < 0 {
			digits = len(rest)
		}
		value, rest = rest[:digits], rest[digits:]
	}
	status, err := strconv.Atoi(value)
	if err != nil || rest != "" && rest[0] != ' ' {
		return nil, "", errFilter
	}
	return func(r *Run) bool { return r.Status == status }, strings.TrimSpace(rest), nil
}

func parseSubstring(text string) (condition, string, error) {
	part, rest, err := literal(strings.TrimSpace(text))
	if err != nil {
		return nil, "", err
	}
	rest, found := strings.CutPrefix(strings.TrimSpace(rest), ",")
	if !found {
		return nil, "", errFilter
	}
	field, rest, found := strings.Cut(rest, ")")
	if !found || rest != "" && rest[0] != ' ' {
		return nil, "", errFilter
	}
	var of func(*Run) string
	switch strings.TrimSpace(field) {
	case "Description":
		of = func(r *Run) string { return r.Submission.Description }
	case "Process":
		of = func(r *Run) string { return r.Process }
	default:
		return nil, "", errFilter
	}
	return func(r *Run) bool { return strings.Contains(of(r), part) }, strings.TrimSpace(rest), nil
}

// literal reads a quoted string from the start of text. Without one it returns
// text unchanged as the rest.
func literal(text string) (value, rest string, err error) {
	if !strings.HasPrefix(text, "'") {
		return "", text, errFilter
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		if text[i] != '\'' {
			b.WriteByte(text[i])
			continue
		}
		if i+1 < len(text) && text[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		return b.String(), text[i+1:], nil
	}
	return "", text, errFilter
}
