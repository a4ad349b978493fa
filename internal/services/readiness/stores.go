package readiness

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	rules "github.com/genomics-continuity/terraform-provider-genomics/internal/readiness"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
)

const (
	// pendingKept is how many of the blobs that are behind are named, the oldest.
	pendingKept = 20
	// askedAlone is how many inputs that no listing of a store shows are asked for one
	// by one.
	askedAlone = 16
)

// inputs is what was seen of the blobs that submissions take from one store.
type inputs struct {
	name string
	// unlooked says why the standby's could not be looked at.
	unlooked string
	manifest *replication.Manifest
	wanted   map[string]bool
	// standby and source are those of the wanted that are there; sourced says that the
	// source was looked at.
	standby, source map[string]blobstore.Blob
	sourced         bool
}

func (l *look) wanted(store string) map[string]bool {
	out := map[string]bool{}
	for _, job := range l.jobs {
		if job.InputStore.StoreName.ValueString() == store {
			for _, name := range job.Inputs {
				out[name] = true
			}
		}
	}
	return out
}

// store compares both sides of a store: by the pages of two listings, and a manifest.
func (l *look) store(ctx context.Context, s storeModel) (rules.Store, *inputs) {
	from, to, flows := s.sides(at(l.active.Location))
	out := rules.Store{Name: s.Name.ValueString(), Flows: flows, Container: to.ContainerName.ValueString()}
	in := &inputs{name: out.Name, wanted: l.wanted(out.Name), standby: map[string]blobstore.Blob{}, source: map[string]blobstore.Blob{}}
	out.ManifestName = replication.ManifestName(out.Name, s.Prefix.ValueString())
	standby, err := l.side(ctx, s, to)
	if err != nil {
		out.StandbyUnseen = l.why(err)
		out.Unseen, in.unlooked = out.StandbyUnseen, out.StandbyUnseen
		return out, in
	}
	out.Account = standby.AccountName()
	if s.Mode.ValueString() == modeGeoRedundant {
		out.Manifest = rules.ManifestNone
		l.lastSync(ctx, standby, s, to, &out)
	} else {
		in.manifest = l.manifest(ctx, standby, s, &out)
	}
	options := replication.Options{
		Name: out.Name, Prefix: s.Prefix.ValueString(), Include: s.Include, Exclude: s.Exclude, Verify: s.Verify.ValueString(),
	}
	source, err := l.side(ctx, s, from)
	if err == nil {
		err = l.compare(ctx, s, replication.Side{Location: at(from.Location), Store: source}, replication.Side{Location: at(to.Location), Store: standby}, options, &out, in)
	}
	if err != nil {
		out.Unseen = l.why(err)
		l.alone(ctx, standby, options, in)
	}
	l.beyond(ctx, standby, options, in)
	return out, in
}

// manifest reads the standby's, once a run for all who ask.
func (l *look) manifest(ctx context.Context, standby *blobstore.Container, s storeModel, out *rules.Store) *replication.Manifest {
	m, err := l.session.Manifests().Get(ctx, standby, out.Name, s.Prefix.ValueString())
	var damaged *replication.ManifestError
	switch {
	case errors.Is(err, replication.ErrNoManifest):
		out.Manifest = rules.ManifestMissing
	case errors.As(err, &damaged):
		out.Manifest, out.ManifestReason = rules.ManifestDamaged, damaged.Reason
	case err != nil:
		out.StandbyUnseen = l.why(err)
		l.heard(standby, err)
	default:
		out.Manifest, out.ManifestEntries, out.RecoveryPoint = rules.ManifestGood, int64(m.Len()), m.RecoveryPoint()
		if vouched := l.session.Vouched(standby.URL()); vouched.After(out.RecoveryPoint) {
			out.RecoveryPoint = vouched
		}
		return m
	}
	return nil
}

func (l *look) compare(ctx context.Context, s storeModel, src, dst replication.Side, options replication.Options, out *rules.Store, in *inputs) error {
	var behind []rules.Blob
	oldest := func() {
		slices.SortStableFunc(behind, func(a, b rules.Blob) int { return cmp.Or(a.Modified.Compare(b.Modified), cmp.Compare(a.Name, b.Name)) })
		behind = behind[:min(len(behind), pendingKept)]
	}
	standby, source := map[string]blobstore.Blob{}, map[string]blobstore.Blob{}
	var pending, bytes int64
	found, err := replication.Compare(ctx, src, dst, options, func(c replication.Compared) {
		if in.wanted[c.Name] && c.Destination != nil {
			standby[c.Name] = *c.Destination
		}
		if in.wanted[c.Name] && c.Source != nil {
			source[c.Name] = *c.Source
		}
		if s.byAzure() {
			// What Azure says of its own work counts more than what the content tells.
			c.Pending = s.lags(c)
		}
		if !c.Pending {
			return
		}
		pending, bytes = pending+1, bytes+c.Source.Size
		behind = append(behind, rules.Blob{Name: c.Name, Size: c.Source.Size, Modified: c.Source.LastModified, Reason: c.Reason})
		if len(behind) > 4*pendingKept {
			oldest()
		}
	})
	if err != nil {
		return err
	}
	oldest()
	in.standby, in.source, in.sourced = standby, source, true
	out.Blobs, out.Bytes = found.BlobCount, found.TotalBytes
	out.PendingBlobs, out.PendingBytes = found.PendingBlobs, found.PendingBytes
	out.Conflicts, out.Uncopiable = found.ConflictCount, found.UnsupportedCount
	if s.byAzure() {
		out.PendingBlobs, out.PendingBytes, out.Conflicts = pending, bytes, 0
	}
	if s.Mode.ValueString() == modeGeoRedundant {
		// The replica of an account holds blobs of every type.
		out.Uncopiable = 0
	}
	if out.Pending = behind; len(behind) > 0 {
		out.Oldest = behind[0].Modified
	}
	return nil
}

// alone lists the standby by itself, when the two sides cannot be compared.
func (l *look) alone(ctx context.Context, standby *blobstore.Container, options replication.Options, in *inputs) {
	if len(in.wanted) == 0 {
		return
	}
	for b, err := range standby.List(ctx, options.Prefix) {
		switch {
		case blobstore.IsNotFound(err):
			return
		case err != nil:
			in.unlooked = l.why(err)
			return
		case in.wanted[b.Name]:
			in.standby[b.Name] = b
		}
	}
}

// beyond asks for inputs that do not belong to the store: somebody may have put them
// into the standby by hand.
func (l *look) beyond(ctx context.Context, standby *blobstore.Container, options replication.Options, in *inputs) {
	filter, err := replication.NewFilter(options.Prefix, options.Include, options.Exclude)
	if err != nil || in.unlooked != "" {
		return
	}
	asked := 0
	for name := range in.wanted {
		if filter.Match(name) {
			continue
		}
		if asked++; asked > askedAlone {
			in.unlooked = "More inputs than can be asked for one by one do not belong to the store " + in.name + ": its prefix, include or exclude leaves them out."
			return
		}
		err := l.briefly(ctx, func(ctx context.Context) error {
			b, err := standby.Stat(ctx, name)
			if err == nil {
				in.standby[name] = b
			}
			return err
		})
		if err != nil && !blobstore.IsNotFound(err) {
			in.unlooked = l.why(err)
			return
		}
	}
}
