package services

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/readiness"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
)

// keptLimit bounds what is read of a small blob that the provider keeps for itself.
const keptLimit = 64 << 10

// DrillIdentity is under what the canaries of a pair's drills run. No submission can
// have its name.
func DrillIdentity(pair string) failover.Identity {
	return failover.Identity{Pair: pair, Submission: "\x00drill"}
}

// UnusableError says that what the provider keeps for itself is there, and is not
// what it should be.
type UnusableError struct {
	// What names it, for people.
	What  string
	Cause error
}

// Error names both.
func (e *UnusableError) Error() string { return e.What + " cannot be used: " + e.Cause.Error() }

// Unwrap gives the cause.
func (e *UnusableError) Unwrap() error { return e.Cause }

// LastDrill is the record of a pair's last drill that succeeded in a region, from the
// output container there. blobstore.IsNotFound tells of an error that there is none.
func LastDrill(ctx context.Context, output *blobstore.Container, pair string) (readiness.DrillRecord, error) {
	content, err := kept(ctx, output, readiness.DrillRecordName(pair))
	if err != nil {
		return readiness.DrillRecord{}, err
	}
	record, err := readiness.ParseDrill(pair, content)
	if err != nil {
		return record, &UnusableError{What: "The record of the last drill", Cause: err}
	}
	return record, nil
}

// PairRecord is a pair's record, from the output container of one of its regions.
// blobstore.IsNotFound tells of an error that there is none.
func PairRecord(ctx context.Context, output *blobstore.Container, pair string) (failover.PairRecord, error) {
	content, err := kept(ctx, output, failover.RecordName(pair))
	if err != nil {
		return failover.PairRecord{}, err
	}
	record, err := failover.ParseRecord(pair, content)
	if err != nil {
		return record, &UnusableError{What: fmt.Sprintf("The record of the pair %q", pair), Cause: err}
	}
	return record, nil
}

func kept(ctx context.Context, container *blobstore.Container, name string) ([]byte, error) {
	body, _, err := container.Download(ctx, replication.Reserved+name)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(body, keptLimit))
	return content, errors.Join(err, body.Close())
}
