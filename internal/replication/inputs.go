package replication

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
)

const (
	// statsAtOnce is how many inputs one check asks about at a time; a submission has few.
	statsAtOnce = 8
	// askedAlone is how many inputs of a container are asked about one by one. Beyond that it is listed: one answer for
	// five thousand blobs instead of a request for each.
	askedAlone = 16
	// maxListed is the length at which a listing is given up: with far more blobs in a container than inputs, to ask for
	// the inputs is less.
	maxListed = 20_000
	// freshFor is how long what was seen is taken for what is.
	freshFor = 30 * time.Second
)

// Inputs is what the submissions of one run share of the containers that they take their inputs from, so that a thousand
// of them need no three thousand requests. The zero value is ready; it is safe for concurrent use.
//
// What is shared may be out of date, by freshFor at most. It is enough to say that all is well: an input may as well be
// changed right after it was looked at. It is never enough to refuse a submission: a problem counts only when the blobs
// and the manifest were asked for anew and still show it.
type Inputs struct {
	manifests ManifestCache
	now       func() time.Time // nil is time.Now

	mu    sync.Mutex
	views map[string]*view
}

// Preflight checks the wanted blobs in the active container against the manifest there.
func (i *Inputs) Preflight(ctx context.Context, active Store, wanted []string, name, prefix string) ([]Problem, error) {
	problems, shared, err := i.check(ctx, active, wanted, name, prefix, freshFor)
	if err != nil || len(problems) == 0 || !shared {
		return problems, err
	}
	problems, _, err = i.check(ctx, active, wanted, name, prefix, 0)
	return problems, err
}

// Manifest is LoadManifest, shared: as it was at most half a minute ago.
func (i *Inputs) Manifest(ctx context.Context, active Store, name, prefix string) (*Manifest, error) {
	return i.manifests.within(ctx, active, name, prefix, freshFor, i.time())
}

// Manifests is where manifests are read anew when they have changed.
func (i *Inputs) Manifests() *ManifestCache { return &i.manifests }

// check compares what was seen no longer than age ago; shared says whether any of it was seen for another check.
func (i *Inputs) check(ctx context.Context, active Store, wanted []string, name, prefix string, age time.Duration) (problems []Problem, shared bool, err error) {
	now := i.time()
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(statsAtOnce)
	var m *Manifest
	group.Go(func() (err error) {
		m, err = i.manifests.within(gctx, active, name, prefix, age, now)
		if errors.Is(err, ErrNoManifest) {
			return nil
		}
		return err
	})
	actual, left := make(map[string]blobstore.Blob, len(wanted)), wanted
	if age > 0 {
		listed, err := i.view(active, prefix).look(ctx, active, len(wanted), now)
		if err != nil {
			// The other request is not waited for any longer than it takes to end.
			return nil, false, errors.Join(err, group.Wait())
		}
		left = nil
		for _, input := range wanted {
			if b, ok := listed[input]; ok {
				actual[input] = b
			} else {
				left = append(left, input)
			}
		}
	}
	var mu sync.Mutex
	for _, input := range left {
		group.Go(func() error {
			b, err := active.Stat(gctx, input)
			if blobstore.IsNotFound(err) {
				return nil
			}
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				actual[input] = b
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, false, err
	}
	return CheckInputs(wanted, actual, m), age > 0, nil
}

func (i *Inputs) time() time.Time {
	if i.now == nil {
		return time.Now()
	}
	return i.now()
}

func (i *Inputs) view(s Store, prefix string) *view {
	i.mu.Lock()
	defer i.mu.Unlock()
	key := s.URL() + "\x00" + prefix
	if i.views == nil {
		i.views = map[string]*view{}
	}
	if i.views[key] == nil {
		i.views[key] = &view{turn: newTurn(), prefix: prefix}
	}
	return i.views[key]
}

// view is one container's blobs below a prefix.
type view struct {
	turn     turn
	prefix   string
	alone    int
	useless  bool // it cannot be listed, or is too long
	listedAt time.Time
	blobs    map[string]blobstore.Blob
}

// look gives the listed blobs, none while so few are wanted that they are asked for one by one.
func (v *view) look(ctx context.Context, s Store, wanted int, now time.Time) (map[string]blobstore.Blob, error) {
	if err := v.turn.take(ctx); err != nil {
		return nil, err
	}
	defer v.turn.give()
	if v.alone += wanted; v.alone <= askedAlone || v.useless {
		return nil, nil
	}
	if v.blobs != nil && now.Sub(v.listedAt) < freshFor {
		return v.blobs, nil
	}
	// A map of its own: others still read the last one.
	blobs := map[string]blobstore.Blob{}
	for b, err := range s.List(ctx, v.prefix) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil || len(blobs) == maxListed {
			// To read a blob is allowed more often than to list them all. Whatever it is, the requests for single blobs
			// show what is wrong.
			v.useless, v.blobs = true, nil
			return nil, nil
		}
		// Of these alone it is compared.
		blobs[b.Name] = blobstore.Blob{Name: b.Name, Size: b.Size, MD5: b.MD5, ETag: b.ETag, Tier: b.Tier, Rehydrating: b.Rehydrating, CopyStatus: b.CopyStatus}
	}
	v.blobs, v.listedAt = blobs, now
	return blobs, nil
}

// turn is a lock that is waited for only as long as the context lasts.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

func (t turn) take(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t turn) give() { <-t }

// ManifestCache keeps manifests in memory for lookups, and reads one again only when its ETag has changed. The zero value
// is ready; it is safe for concurrent use.
type ManifestCache struct {
	mu    sync.Mutex
	known map[string]*cached
}

type cached struct {
	turn     turn
	manifest *Manifest // nil when there is none
	seenAt   time.Time // zero when nobody has looked yet
}

// Get is LoadManifest through the cache. Each use asks for the manifest's ETag, one small request.
func (c *ManifestCache) Get(ctx context.Context, s Store, name, prefix string) (*Manifest, error) {
	return c.within(ctx, s, name, prefix, 0, time.Now())
}

// within is Get that asks for nothing when the manifest was looked at no longer than age before now.
func (c *ManifestCache) within(ctx context.Context, s Store, name, prefix string, age time.Duration, now time.Time) (*Manifest, error) {
	blob := ManifestName(name, prefix)
	place := c.place(s.URL() + "/" + blob)
	if err := place.turn.take(ctx); err != nil {
		return nil, err
	}
	defer place.turn.give()
	if !place.seenAt.IsZero() && now.Sub(place.seenAt) < age {
		return place.answer()
	}
	b, err := s.Stat(ctx, blob)
	if blobstore.IsNotFound(err) {
		if other, failed := beside(s); failed == nil && other != nil {
			s = other
			if b, err = s.Stat(ctx, blob); denied(err) {
				err = blobstore.ErrNotFound
			}
		}
	}
	switch {
	case blobstore.IsNotFound(err):
		place.manifest = nil
	case err != nil:
		return nil, err
	case place.manifest == nil || place.manifest.ETag != b.ETag:
		m, err := LoadManifest(ctx, s, name, prefix)
		if err != nil {
			return nil, err
		}
		place.manifest = m
	}
	place.seenAt = now
	return place.answer()
}

func (p *cached) answer() (*Manifest, error) {
	if p.manifest == nil {
		return nil, ErrNoManifest
	}
	return p.manifest, nil
}

func (c *ManifestCache) place(key string) *cached {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[string]*cached{}
	}
	if c.known[key] == nil {
		c.known[key] = &cached{turn: newTurn()}
	}
	return c.known[key]
}
