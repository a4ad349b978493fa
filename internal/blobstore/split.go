package blobstore

import (
	"context"
	"iter"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

const (
	// splitAfter is how many pages are listed one after the other before the rest is split: shorter listings gain nothing.
	splitAfter = 10
	// aside is how many parts are listed ahead. Each holds a page, so that they bound the memory.
	aside = 3
	// mostParts is into how many parts a listing is split about: enough that they are small beside the whole.
	mostParts = 48
	// deepest is how many folders are entered in search of one that holds several.
	deepest = 6
)

// parts are what is left of a listing, as prefixes that have no name in common, in the order of names.
type parts struct {
	c        *Container
	prefixes []string
	lanes    []chan lane
	group    sync.WaitGroup
	stop     context.CancelFunc
}

type lane struct {
	page
	err error
}

// split looks for the folders of a long listing that has come as far as the page. It gives the prefix of the part that the
// last name belongs to, which goes on as before, and the parts after it, whose listing begins at once; nil when there is
// nothing to split by. Names that are new since, and belong to none of the parts, are for the next listing.
func (c *Container) split(ctx context.Context, prefix string, listed []Blob) (string, *parts) {
	if len(listed) == 0 {
		return "", nil
	}
	last := listed[len(listed)-1].Name
	prefixes := partition(c.folders(ctx, prefix), mostParts)
	at := slices.IndexFunc(prefixes, func(p string) bool { return strings.HasPrefix(last, p) })
	if at < 0 || at == len(prefixes)-1 {
		return "", nil
	}
	p := &parts{c: c, prefixes: prefixes[at+1:]}
	p.begin(ctx)
	return prefixes[at], p
}

// folders are the names and folders right below a prefix, or below the only folder there, in order. There are none when
// they don't fit in a page, or can't be listed: then the listing goes on as it is.
func (c *Container) folders(ctx context.Context, prefix string) []string {
	for range deepest {
		o := &container.ListBlobsHierarchyOptions{MaxResults: &c.pageSize}
		if prefix != "" {
			o.Prefix = &prefix
		}
		answer, err := c.client.NewListBlobsHierarchyPager("/", o).NextPage(ctx)
		if err != nil || answer.Segment == nil || deref(answer.NextMarker) != "" {
			return nil
		}
		var names []string
		for _, folder := range answer.Segment.BlobPrefixes {
			names = append(names, deref(folder.Name))
		}
		for _, item := range answer.Segment.BlobItems {
			names = append(names, deref(item.Name))
		}
		if len(names) != 1 || names[0] == prefix || !strings.HasSuffix(names[0], "/") {
			slices.SortFunc(names, CompareNames)
			return names
		}
		prefix = names[0]
	}
	return nil
}

// partition finds about so many prefixes that each of the names, which are in order, begins with exactly one of, in order.
func partition(names []string, most int) []string {
	if len(names) == 0 {
		return nil
	}
	groups := [][]string{names}
	for len(groups) < most {
		largest, size := -1, 1
		for i, g := range groups {
			if len(g) > size && common(g) != g[0] {
				largest, size = i, len(g)
			}
		}
		if largest < 0 {
			break
		}
		groups = slices.Replace(groups, largest, largest+1, apart(groups[largest])...)
	}
	prefixes := make([]string, len(groups))
	for i, g := range groups {
		prefixes[i] = common(g)
	}
	return prefixes
}

// common is what all of some ordered names begin with, in whole characters.
func common(names []string) string {
	prefix := names[0]
	for _, name := range names[1:] {
		n := 0
		for n < len(prefix) && n < len(name) && prefix[n] == name[n] {
			n++
		}
		for n > 0 && n < len(prefix) && !utf8.RuneStart(prefix[n]) {
			n--
		}
		prefix = prefix[:n]
	}
	return prefix
}

// apart groups names by the character that follows what they have in common.
func apart(names []string) (groups [][]string) {
	after := len(common(names))
	var last string
	for _, name := range names {
		_, width := utf8.DecodeRuneInString(name[after:])
		next := name[after : after+width]
		if len(groups) == 0 || next != last {
			groups, last = append(groups, nil), next
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], name)
	}
	return groups
}

// begin lists the parts, some at a time, the first ones first.
func (p *parts) begin(ctx context.Context) {
	ctx, p.stop = context.WithCancel(ctx)
	p.lanes = make([]chan lane, len(p.prefixes))
	for i := range p.lanes {
		p.lanes[i] = make(chan lane)
	}
	turns := make(chan struct{}, aside)
	p.group.Go(func() {
		for i, prefix := range p.prefixes {
			select {
			case turns <- struct{}{}:
			case <-ctx.Done():
				return
			}
			p.group.Go(func() {
				defer func() { <-turns }()
				defer close(p.lanes[i])
				send(ctx, p.c.pages(ctx, prefix), p.lanes[i])
			})
		}
	})
}

func send(ctx context.Context, pages iter.Seq2[page, error], to chan<- lane) {
	for listed, err := range pages {
		select {
		case to <- lane{listed, err}:
		case <-ctx.Done():
			return
		}
	}
}

// end ends the listing of the parts. It may be called on nil.
func (p *parts) end() {
	if p != nil {
		p.stop()
		p.group.Wait()
	}
}

// walk yields the parts' blobs, one part after the other.
func (p *parts) walk(ctx context.Context, yield func(Blob, error) bool) {
	for i := range p.lanes {
		for {
			var l lane
			var more bool
			select {
			case l, more = <-p.lanes[i]:
			case <-ctx.Done():
				yield(Blob{}, p.c.wrap("list", "", ctx.Err()))
				return
			}
			if err := ctx.Err(); !more && err != nil {
				// It may have ended for that.
				yield(Blob{}, p.c.wrap("list", "", err))
				return
			}
			if !more {
				break
			}
			if l.err != nil {
				yield(Blob{}, l.err)
				return
			}
			for _, b := range l.blobs {
				if !yield(b, nil) {
					return
				}
			}
		}
	}
}
