package msgenomics

import "context"

// Listing is one account's workflows as many readers of one run share them. It
// reads pages newest first, only as far as somebody needs, one request at a time,
// and keeps what it has read. It is safe for concurrent use.
type Listing struct {
	// turn holds one token: its owner may touch everything below.
	turn  chan struct{}
	pager *pager
	found map[int64]Workflow
	order []int64
}

// NewListing makes a listing that has read nothing yet.
func NewListing(c *Client) *Listing {
	return &Listing{turn: make(chan struct{}, 1), pager: newPager(c, Query{}), found: map[int64]Workflow{}}
}

// Find gives a workflow as it was when its page was read. It is false, without an
// error, only when the whole list was read and the workflow is not in it. A
// failed request is not remembered: the next caller asks again, unless the
// region's gate has closed, which answers by itself.
func (l *Listing) Find(ctx context.Context, id int64) (Workflow, bool, error) {
	if err := l.enter(ctx); err != nil {
		return Workflow{}, false, err
	}
	defer l.leave()
	for {
		if w, ok := l.found[id]; ok {
			return w, true, nil
		}
		if l.pager.complete {
			return Workflow{}, false, nil
		}
		if err := l.read(ctx); err != nil {
			return Workflow{}, false, err
		}
	}
}

// All reads the rest of the list and gives all of it, newest first.
func (l *Listing) All(ctx context.Context) ([]Workflow, error) {
	if err := l.enter(ctx); err != nil {
		return nil, err
	}
	defer l.leave()
	for !l.pager.complete {
		if err := l.read(ctx); err != nil {
			return nil, err
		}
	}
	all := make([]Workflow, 0, len(l.order))
	for _, id := range l.order {
		all = append(all, l.found[id])
	}
	return all, nil
}

func (l *Listing) enter(ctx context.Context) error {
	select {
	case l.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *Listing) leave() { <-l.turn }

func (l *Listing) read(ctx context.Context) error {
	page, err := l.pager.next(ctx)
	if err != nil {
		return err
	}
	for _, w := range page {
		l.found[w.ID] = w
		l.order = append(l.order, w.ID)
	}
	return nil
}
