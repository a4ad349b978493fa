package regionpair

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/user"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
)

// ledgerKey is where the pair's private state keeps what it knows of the records.
const ledgerKey = "pair_records"

// recordLimit bounds what is read of a record, in bytes.
const recordLimit = 64 << 10

// ledger is what a configuration knows of the pair's records. A plan goes by it
// and not by what it could ask: the CLI plans once more while it applies, and must
// come to the same plan.
type ledger struct {
	// Writer is this configuration's name in records.
	Writer string `json:"writer"`
	// Seen is what was last read of each container, by its URL.
	Seen map[string]seen `json:"seen,omitempty"`
	// Dark is since when a region that did not answer the last refresh was seen not to.
	Dark map[string]time.Time `json:"dark,omitempty"`
}

// seen is what lay in a record's place.
type seen struct {
	// ETag is what a write has to find there; empty when there was nothing.
	ETag   string               `json:"etag,omitempty"`
	Record *failover.PairRecord `json:"record,omitempty"`
	// Fault says why what is there cannot be used as a record.
	Fault string `json:"fault,omitempty"`
}

type privateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

type privateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// readLedger takes the ledger from the private state. One of before there was any
// is empty, and gets a name with the next apply.
func readLedger(ctx context.Context, private privateReader) (ledger, diag.Diagnostics) {
	book := ledger{Seen: map[string]seen{}}
	data, diags := private.GetKey(ctx, ledgerKey)
	if len(data) == 0 || diags.HasError() {
		return book, diags
	}
	if err := json.Unmarshal(data, &book); err != nil {
		diags.AddError("The pair's private state cannot be read", err.Error())
	}
	if book.Seen == nil {
		book.Seen = map[string]seen{}
	}
	return book, diags
}

func (l ledger) save(ctx context.Context, private privateWriter) diag.Diagnostics {
	// Strings and records always marshal.
	data, _ := json.Marshal(l)
	return private.SetKey(ctx, ledgerKey, data)
}

// sign gives the configuration the name that it has in records from now on.
func (l *ledger) sign() {
	if l.Writer == "" {
		l.Writer = rand.Text()
	}
}

func (l ledger) records() []failover.PairRecord {
	var out []failover.PairRecord
	for _, s := range l.Seen {
		if s.Record != nil {
			out = append(out, *s.Record)
		}
	}
	return out
}

// keep forgets the containers that no role of the pair has.
func (l ledger) keep(roles []roleModel) {
	for url := range l.Seen {
		known := false
		for _, role := range roles {
			known = known || role.OutputContainerURL.ValueString() == url
		}
		if !known {
			delete(l.Seen, url)
		}
	}
}

// lostError says that somebody else's record came before a write.
type lostError struct{ record failover.PairRecord }

func (e *lostError) Error() string { return e.record.Told() }

func recordBlob(role roleModel) string {
	return replication.Reserved + failover.RecordName(role.PairName.ValueString())
}

// fetch reads the record beside a role's output. exists is false when the
// container itself is not there.
func (r *Resource) fetch(ctx context.Context, role roleModel) (found seen, exists bool, err error) {
	container, err := r.session.Container(ctx, reference(role))
	if err != nil {
		return found, false, err
	}
	body, blob, err := container.Download(ctx, recordBlob(role))
	var refused *blobstore.Error
	switch {
	case blobstore.IsNotFound(err) && errors.As(err, &refused) && refused.Code == string(bloberror.BlobNotFound):
		return found, true, nil
	case blobstore.IsNotFound(err):
		return found, false, nil
	case err != nil:
		return found, false, err
	}
	defer body.Close()
	content, err := io.ReadAll(io.LimitReader(body, recordLimit))
	if err != nil {
		return found, false, err
	}
	found.ETag = blob.ETag
	record, err := failover.ParseRecord(role.PairName.ValueString(), content)
	if err != nil {
		found.Fault = err.Error()
	} else {
		found.Record = &record
	}
	return found, true, nil
}

// put writes a record where the given one was seen. A *lostError says that
// somebody else's has taken its place.
func (r *Resource) put(ctx context.Context, role roleModel, want failover.PairRecord, was seen) (seen, error) {
	container, err := r.session.Container(ctx, reference(role))
	if err != nil {
		return was, err
	}
	name := recordBlob(role)
	write := func(was seen) (seen, error) {
		if was.Fault != "" {
			return was, &failover.RecordError{Reason: was.Fault}
		}
		return overwrite(ctx, container, name, was, want.Upon(was.Record))
	}
	now, err := write(was)
	var changed *blobstore.ConditionError
	if !errors.As(err, &changed) {
		return now, err
	}
	// Somebody wrote since it was seen: this configuration, in an apply that was
	// killed or a request that was sent again, or another one.
	now, _, err = r.fetch(ctx, role)
	switch {
	case err != nil:
		return was, err
	case now.Record == nil, now.Record.Generation < want.Generation:
		return write(now)
	case now.Record.SameFlip(want) && now.Record.Phase == want.Phase:
		return now, nil
	case now.Record.SameFlip(want):
		return write(now)
	default:
		return now, &lostError{*now.Record}
	}
}

// overwrite writes a record where what was seen still lies.
func overwrite(ctx context.Context, container *blobstore.Container, name string, was seen, record failover.PairRecord) (seen, error) {
	copied, err := container.Upload(ctx, name, bytes.NewReader(record.Encode()), blobstore.UploadOptions{
		Condition: blobstore.Condition{IfMatch: was.ETag, IfAbsent: was.ETag == ""},
		Headers:   blobstore.Headers{ContentType: "application/json"},
	})
	if err != nil {
		return was, err
	}
	return seen{ETag: copied.ETag, Record: &record}, nil
}

// amend changes somebody else's record, as long as it is as it was read. ours says
// that by now it is this configuration's own, or none.
func (r *Resource) amend(ctx context.Context, role roleModel, writer string, change func(failover.PairRecord) failover.PairRecord) (now seen, ours bool, err error) {
	now, _, err = r.fetch(ctx, role)
	if err != nil || now.Record == nil || now.Record.Writer == writer {
		return now, true, err
	}
	container, err := r.session.Container(ctx, reference(role))
	if err != nil {
		return now, false, err
	}
	now, err = overwrite(ctx, container, recordBlob(role), now, change(*now.Record))
	return now, false, err
}

// operator is who runs this, as user@host, the way the CLI's own state locks say it.
func operator() string {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	host, err := os.Hostname()
	if err != nil {
		return name
	}
	return name + "@" + host
}
