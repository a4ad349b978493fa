package replication

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
)

// Notes are the manifest of a destination that somebody else replicates to: Azure itself, which keeps the container
// read-only meanwhile. It lies in a container beside the destination and is found and read like any other.
type Notes struct {
	draft *draft
	own   *spool
	store Store
	err   error
}

// keeper is a store whose container may have another one beside it; *blobstore.Container is one.
type keeper interface {
	Beside() (*blobstore.Container, error)
}

// beside is where the manifest of a read-only container lies; nil for a store that has no such place.
func beside(s Store) (Store, error) {
	k, ok := s.(keeper)
	if !ok {
		return nil, nil //nolint:nilnil // no such place is an answer
	}
	c, err := k.Beside()
	if err != nil {
		return nil, err
	}
	return c, nil
}

// OpenNotes begins the notes of one comparison of src and dst. The caller closes them. Errors: *ManifestError when the
// ones of before are damaged.
func OpenNotes(ctx context.Context, src, dst Side, opt Options) (*Notes, error) {
	store, err := beside(dst.Store)
	if err != nil || store == nil {
		return nil, errors.Join(err, errNoPlace)
	}
	return openNotes(ctx, store, src, dst, opt)
}

var errNoPlace = errors.New("there is no place for a manifest beside the container")

func openNotes(ctx context.Context, store Store, src, dst Side, opt Options) (*Notes, error) {
	own, err := fetch(ctx, store, ManifestName(opt.Name, opt.Prefix))
	if err != nil && !errors.Is(err, ErrNoManifest) {
		return nil, err
	}
	d, err := newDraft(Header{
		Store: opt.Name, Prefix: opt.Prefix, Run: rand.Text(),
		Source:      Endpoint{Location: src.Location, ContainerURL: src.Store.URL()},
		Destination: Endpoint{Location: dst.Location, ContainerURL: dst.Store.URL()},
	}, own)
	if err != nil {
		own.close()
		return nil, err
	}
	return &Notes{draft: d, own: own, store: store}, nil
}

// Close ends the notes.
func (n *Notes) Close() {
	n.draft.close()
	n.own.close()
}

// Add notes a blob that has arrived. Blobs come in the order of names, as Compare shows them.
func (n *Notes) Add(c Compared) {
	if n.err != nil || c.Source == nil || c.Destination == nil {
		return
	}
	n.err = n.draft.writer.add(Entry{
		Name: c.Name, Size: c.Source.Size, MD5: c.Destination.MD5, SourceETag: c.Source.ETag, ETag: c.Destination.ETag,
		CopiedAt: c.Destination.LastModified,
	})
}

// Digest is that of the manifest which is kept now, hexadecimal; empty when there is none.
func (n *Notes) Digest() string { return n.draft.digestBefore }

// Behind tells whether what was added is not what the manifest records.
func (n *Notes) Behind() bool {
	if n.draft.etagBefore == "" {
		return n.draft.writer.count > 0
	}
	return n.draft.writer.sum() != n.draft.digestBefore
}

// Keep writes the manifest in one conditional step, in a container that is made where it is missing, and returns its
// digest. point is the recovery point when everything has arrived, else zero: that of before stays. Errors:
// ErrManifestChanged when somebody else wrote one meanwhile.
func (n *Notes) Keep(ctx context.Context, point time.Time) (digest string, err error) {
	if n.err != nil {
		return "", n.err
	}
	if c, ok := n.store.(interface {
		Ensure(ctx context.Context) (bool, error)
	}); ok {
		if _, err := c.Ensure(ctx); err != nil {
			return "", err
		}
	}
	complete := !point.IsZero()
	if !complete {
		point = n.draft.before.RecoveryPoint
	}
	digest, err = n.draft.publish(ctx, n.store, point, complete)
	if err == nil && digest == "" {
		digest = n.draft.digestBefore
	}
	return digest, err
}
