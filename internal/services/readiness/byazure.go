package readiness

import (
	"context"
	"strings"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	rules "github.com/genomics-continuity/terraform-provider-genomics/internal/readiness"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

// The modes of a store in which Azure itself replicates.
const (
	modeObjectReplication = "object_replication"
	modeGeoRedundant      = "geo_redundant"
)

func (s storeModel) byAzure() bool {
	return s.Mode.ValueString() == modeObjectReplication || s.Mode.ValueString() == modeGeoRedundant
}

// replica reports whether a side is read at the account's own replica.
func (s storeModel) replica(side storeSideModel) bool {
	return s.Mode.ValueString() == modeGeoRedundant && at(side.Location) == at(s.Secondary.Location)
}

// side opens one side of a store.
func (l *look) side(ctx context.Context, s storeModel, side storeSideModel) (*blobstore.Container, error) {
	id := side.StorageAccountID.ValueString()
	if s.Mode.ValueString() != modeGeoRedundant {
		return l.open(ctx, at(side.Location), id, side.ContainerName.ValueString())
	}
	parsed, err := azure.ParseStorageAccountID(id)
	if err != nil {
		return nil, err
	}
	var out *blobstore.Container
	err = l.briefly(ctx, func(ctx context.Context) error {
		account, err := l.session.AccountAnywhere(ctx, parsed)
		if err != nil {
			return err
		}
		if s.replica(side) {
			account.BlobEndpoint = account.SecondaryBlobEndpoint
		}
		out, err = l.session.Container(ctx, session.ContainerRef{
			Location: at(side.Location), StorageAccountID: id, URL: session.ContainerURL(account, side.ContainerName.ValueString()),
		})
		return err
	})
	return out, err
}

// lastSync asks the replica of a geo-redundant account up to when it is complete.
func (l *look) lastSync(ctx context.Context, standby *blobstore.Container, s storeModel, side storeSideModel, out *rules.Store) {
	if !s.replica(side) {
		return
	}
	err := l.briefly(ctx, func(ctx context.Context) error {
		synced, _, err := standby.LastSync(ctx)
		out.RecoveryPoint = synced
		return err
	})
	if err != nil {
		out.RecoveryPoint, out.StandbyUnseen = time.Time{}, l.why(err)
	}
}

// lags reports whether Azure has a blob still to replicate.
func (s storeModel) lags(c replication.Compared) bool {
	switch {
	case c.Source == nil:
		return false
	case s.Mode.ValueString() == modeGeoRedundant:
		// A replica keeps the ETag.
		return c.Destination == nil || c.Destination.ETag != c.Source.ETag
	case c.Source.Type != blobstore.TypeBlock, c.Source.CustomerKey, strings.EqualFold(c.Source.Tier, blobstore.TierArchive):
		return false
	case c.Destination == nil || c.Destination.Size != c.Source.Size:
		return true
	}
	for _, status := range c.Source.Replicated {
		if status == "complete" {
			return false
		}
	}
	return c.Pending
}
