package replication

import (
	"context"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
)

// Compared is what a comparison found under one name.
type Compared struct {
	Name string
	// Source and Destination are the blobs there; nil where there is none.
	Source, Destination *blobstore.Blob
	// Pending says that the destination lacks what the source holds, and Reason why
	// that is, where it isn't just that nobody has copied it yet.
	Pending bool
	Reason  string
}

// Compare is Survey that shows each name on the way, in the order of names. show is called by one goroutine.
func Compare(ctx context.Context, src, dst Side, opt Options, show func(Compared)) (Inventory, error) {
	opt, f, err := opt.prepare()
	if err != nil {
		return Inventory{}, err
	}
	own, reverse, err := fetchBoth(ctx, src, dst, opt)
	if err != nil {
		return Inventory{}, err
	}
	defer own.close()
	defer reverse.close()
	var inv Inventory
	by := opt.rules(src)
	for r, err := range rows(ctx, src, dst, f, own, reverse) {
		if err != nil {
			return Inventory{}, err
		}
		d, before := decide(r, by), inv.PendingBlobs
		inv.count(r, d)
		show(Compared{Name: r.name, Source: r.src, Destination: r.dst, Pending: inv.PendingBlobs > before, Reason: d.reason})
	}
	if own != nil {
		inv.ManifestSHA256, inv.RecoveryPoint = own.digest, own.header.RecoveryPoint
	}
	return inv, nil
}
