package replication

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
)

const (
	// window is how many blobs may be under way or waiting for an earlier one to end: the manifest is written in the
	// order of names while copies end in any order. It bounds the memory to some ten megabytes.
	window = 32 << 10
	// lastWords is how long writing the manifest may take after the caller has given up: what was copied shouldn't be
	// forgotten.
	lastWords = 30 * time.Second
	// manifestRun is the metadata that tells whose manifest it is.
	manifestRun = "run"
)

// Run copies from src to dst what dst lacks, and leaves a manifest in dst. It never deletes a blob, and overwrites only
// what an earlier run put there or saw there, unless OnConflict says otherwise.
//
// The result is meaningful with an error too. Errors, joined when there are several: *ConflictError after everything else
// was copied, *TransferError for single blobs, ErrManifestChanged, and whatever ends a run, such as a region that went
// dark or ctx. A run that was ended continues with the next one.
func Run(ctx context.Context, src, dst Side, opt Options, now func() time.Time) (Result, error) {
	opt, f, err := opt.prepare()
	if err != nil {
		return Result{}, err
	}
	started := now().UTC().Truncate(time.Second)
	own, reverse, err := fetchBoth(ctx, src, dst, opt)
	if err != nil {
		return Result{}, err
	}
	defer own.close()
	defer reverse.close()
	draft, err := newDraft(Header{
		Store: opt.Name, Prefix: opt.Prefix, Run: rand.Text(),
		Source:      Endpoint{Location: src.Location, ContainerURL: src.Store.URL()},
		Destination: Endpoint{Location: dst.Location, ContainerURL: dst.Store.URL()},
	}, own)
	if err != nil {
		return Result{}, err
	}
	defer draft.close()

	e := newEngine(ctx, src, dst, opt)
	runErr := e.run(f, own, reverse, draft)
	e.report(func(*Progress) {})
	res := e.result()
	errs := []error{runErr, e.failed(), res.conflictsLeft(opt)}
	complete := errors.Join(errs...) == nil && res.InProgress == 0
	point := draft.before.RecoveryPoint
	if complete {
		point = started
	}
	if ctx.Err() != nil {
		var done context.CancelFunc
		ctx, done = context.WithTimeout(context.WithoutCancel(ctx), lastWords)
		defer done()
	}
	res.ManifestSHA256, res.RecoveryPoint = draft.digestBefore, draft.before.RecoveryPoint
	if digest, err := draft.publish(ctx, dst.Store, point, complete); err != nil {
		errs = append(errs, err)
	} else if digest != "" {
		res.ManifestSHA256, res.RecoveryPoint = digest, point
	}
	return res, errors.Join(errs...)
}

// conflictsLeft is the conflicts' error unless they were to be overwritten.
func (r Result) conflictsLeft(opt Options) error {
	if opt.OnConflict == ConflictOverwrite {
		return nil
	}
	return r.ConflictError()
}

// draft is the manifest that a run is writing. The entries go to a temporary file; the header, which needs the run's
// outcome, is put before them at the end.
type draft struct {
	header Header
	// before and etagBefore describe the manifest that is being replaced; etagBefore is empty when there is none.
	before                   Header
	etagBefore, digestBefore string
	old                      *spool
	entries                  *os.File
	writer                   *entryWriter
}

func newDraft(h Header, own *spool) (*draft, error) {
	d := &draft{header: h, old: own}
	if own != nil {
		d.etagBefore = own.etag
		// Reading it now, to the end, finds damage before anything is copied.
		for _, err := range own.entries() {
			if err != nil {
				return nil, err
			}
		}
		d.before, d.digestBefore = own.header, own.digest
	}
	file, err := os.CreateTemp("", "genomics-manifest-*")
	if err != nil {
		return nil, err
	}
	d.entries = file
	d.writer = newEntryWriter(file)
	return d, nil
}

func (d *draft) close() {
	_ = d.entries.Close()
	_ = os.Remove(d.entries.Name())
}

// retain copies the old manifest's entries after the name last: of what an ended run didn't get to. With none done (some is
// false), of all.
func (d *draft) retain(last string, some bool, f *Filter) error {
	for e, err := range d.old.entries() {
		if err != nil {
			return err
		}
		if f.Match(e.Name) && (!some || compareNames(e.Name, last) > 0) {
			if err := d.writer.add(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// publish uploads the manifest in one conditional step and returns its digest; "" when there was nothing to write: an
// incomplete run that changed no entry. A complete one is always written, because it moves the recovery point.
func (d *draft) publish(ctx context.Context, dst Store, point time.Time, complete bool) (string, error) {
	digest := d.writer.sum()
	if !complete && (digest == d.digestBefore || d.etagBefore == "" && d.writer.count == 0) {
		return "", nil
	}
	d.header.RecoveryPoint = point
	file, err := os.CreateTemp("", "genomics-manifest-*")
	if err != nil {
		return "", err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	if err := d.assemble(file); err != nil {
		return "", err
	}
	name := ManifestName(d.header.Store, d.header.Prefix)
	_, err = dst.Upload(ctx, name, file, blobstore.UploadOptions{
		Condition: blobstore.Condition{IfMatch: d.etagBefore, IfAbsent: d.etagBefore == ""},
		Headers:   blobstore.Headers{ContentType: "application/gzip"},
		Metadata:  map[string]string{manifestRun: d.header.Run},
	})
	var condition *blobstore.ConditionError
	if errors.As(err, &condition) {
		if d.written(ctx, dst, name) {
			return digest, nil
		}
		return "", errors.Join(ErrManifestChanged, err)
	}
	return digest, err
}

// written tells whether the manifest is this run's after all: a request that is sent again because its answer was lost
// meets what it wrote the first time.
func (d *draft) written(ctx context.Context, dst Store, name string) bool {
	b, err := dst.Stat(ctx, name)
	if err != nil {
		return false
	}
	for k, v := range b.Metadata {
		if strings.EqualFold(k, manifestRun) {
			return v == d.header.Run
		}
	}
	return false
}

// assemble writes header, entries and footer.
func (d *draft) assemble(w io.Writer) error {
	if err := d.writer.flush(); err != nil {
		return err
	}
	if _, err := d.entries.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return writeManifest(w, d.header, d.entries, footer{Entries: d.writer.count, SHA256: d.writer.sum()})
}
