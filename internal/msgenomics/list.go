package msgenomics

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
)

// DefaultPageSize is how many workflows one request asks for.
const DefaultPageSize = 100

// maxStalePages is how many pages in a row may bring nothing new before the
// service is taken not to page at all. New workflows that arrive between two
// requests push old ones onto the next page, but not three pages of them.
const maxStalePages = 3

// Query selects workflows. Its filters are sent to the service and applied to
// what comes back as well, for a service that ignores one must not mislead.
type Query struct {
	// Description and Process are parts of these fields, in their case; empty
	// means any.
	Description string
	Process     string
	// Status is zero for any.
	Status Status
	// OldestFirst turns the order, which is newest first.
	OldestFirst bool
	// PageSize is DefaultPageSize when it is zero.
	PageSize int
}

// values are the OData options for one page.
func (q Query) values(skip, top int) url.Values {
	order := "desc"
	if q.OldestFirst {
		order = "asc"
	}
	v := url.Values{
		"$orderby": {"CreatedDate " + order},
		"$skip":    {strconv.Itoa(skip)},
		"$top":     {strconv.Itoa(top)},
	}
	var filters []string
	if q.Description != "" {
		filters = append(filters, "substringof("+quote(q.Description)+", Description)")
	}
	if q.Process != "" {
		filters = append(filters, "substringof("+quote(q.Process)+", Process)")
	}
	if q.Status != 0 {
		filters = append(filters, "Status eq "+quote(strconv.Itoa(int(q.Status))))
	}
	if len(filters) > 0 {
		v.Set("$filter", strings.Join(filters, " and "))
	}
	return v
}

// quote makes an OData string literal; a quote inside is doubled.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// matches is the exact check of what the service was asked for. Case counts here,
// so that the result is the same whether or not it counts for the service.
func (q Query) matches(w Workflow) bool {
	return strings.Contains(w.Description, q.Description) && strings.Contains(w.Process, q.Process) && (q.Status == 0 || w.Status == q.Status)
}

func (c *Client) page(ctx context.Context, q Query, skip, top int) ([]Workflow, error) {
	a, err := c.call(ctx, http.MethodGet, workflowsPath, q.values(skip, top))
	if err != nil {
		return nil, err
	}
	page, err := decodeWorkflows(a.body)
	if err != nil {
		return nil, a.unreadable(err)
	}
	return page, nil
}

// List gives every workflow of the account that the query selects, each once.
// Pages are asked for as the caller goes on. It ends at the first error.
func (c *Client) List(ctx context.Context, q Query) iter.Seq2[Workflow, error] {
	return func(yield func(Workflow, error) bool) {
		p := newPager(c, q)
		for !p.complete {
			page, err := p.next(ctx)
			if err != nil {
				yield(Workflow{}, err)
				return
			}
			for _, w := range page {
				if q.matches(w) && !yield(w, nil) {
					return
				}
			}
		}
	}
}

// FindByToken gives every workflow whose description contains the token. Whether
// it is at the right place there is for the caller to check.
func (c *Client) FindByToken(ctx context.Context, token string) ([]Workflow, error) {
	if token == "" {
		return nil, errors.New("no token to look for")
	}
	var found []Workflow
	for w, err := range c.List(ctx, Query{Description: token}) {
		if err != nil {
			return nil, err
		}
		found = append(found, w)
	}
	return found, nil
}

// pager goes through a list once. Only an empty page ends it: a short one may
// just be the service's own idea of a page.
type pager struct {
	client   *Client
	query    Query
	top      int
	skip     int
	stale    int
	seen     map[int64]bool
	complete bool
}

func newPager(c *Client, q Query) *pager {
	top := q.PageSize
	if top <= 0 {
		top = DefaultPageSize
	}
	return &pager{client: c, query: q, top: top, seen: map[int64]bool{}}
}

var errNoPaging = errors.New("its pages repeat themselves, so that the list has no end")

// next gives the workflows of the next page that were not on an earlier one.
// When a request failed nothing has moved, and next may be called again.
func (p *pager) next(ctx context.Context) ([]Workflow, error) {
	page, err := p.client.page(ctx, p.query, p.skip, p.top)
	if err != nil {
		return nil, err
	}
	if len(page) == 0 {
		p.complete = true
		return nil, nil
	}
	var fresh []Workflow
	for _, w := range page {
		if !p.seen[w.ID] {
			p.seen[w.ID] = true
			fresh = append(fresh, w)
		}
	}
	p.skip += len(page)
	p.stale++
	if len(fresh) > 0 {
		p.stale = 0
	}
	if p.stale >= maxStalePages {
		return nil, &azure.UnreadableError{Question: whose, Method: http.MethodGet, Path: workflowsPath, StatusCode: http.StatusOK, ContentType: "application/json", Cause: errNoPaging}
	}
	return fresh, nil
}
