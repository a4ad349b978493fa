package store

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/rand"
	"fmt"
	"io"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"golang.org/x/sync/errgroup"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

const (
	primary   = "westus2"
	secondary = "westeurope"
	storeName = "bench"
)

// lab is a Blob service with an account in each region.
type lab struct {
	azurite  *harness.Azurite
	accounts map[string]harness.StorageKey // by region
	n        int
}

// startLab starts Azurite alone. It keeps everything in memory, so that what is large gets one of its own.
func startLab(ctx context.Context, log io.Writer) (*lab, error) {
	accounts := map[string]harness.StorageKey{
		primary: harness.NewStorageKey("store" + primary), secondary: harness.NewStorageKey("store" + secondary),
	}
	azurite, err := harness.StartAzurite(ctx, []harness.StorageKey{accounts[primary], accounts[secondary]}, log)
	if err != nil {
		return nil, err
	}
	return &lab{azurite: azurite, accounts: accounts}, nil
}

// labIn is the Blob service of a world, past its doors.
func labIn(world *harness.World) (*lab, error) {
	l := &lab{azurite: world.Azurite, accounts: map[string]harness.StorageKey{}}
	for _, region := range []string{primary, secondary} {
		account, err := world.StorageAccount(region)
		if err != nil {
			return nil, err
		}
		l.accounts[region] = harness.NewStorageKey(account.Name)
	}
	return l, nil
}

func (l *lab) base() string { return l.azurite.URL }

// container makes a new container in a region.
func (l *lab) container(ctx context.Context, region string) (end, error) {
	l.n++
	e := end{
		Location: region, Account: l.accounts[region].Account, Key: l.accounts[region].Key,
		Container: fmt.Sprintf("bench-%03d", l.n),
	}
	client, err := e.open(l.base())
	if err != nil {
		return e, err
	}
	_, err = client.Create(ctx, nil)
	return e, err
}

func (l *lab) drop(ctx context.Context, e end) error {
	client, err := e.open(l.base())
	if err != nil {
		return err
	}
	_, err = client.Delete(ctx, nil)
	return err
}

// seedWorkers is how many uploads are under way while a source is filled.
const seedWorkers = 16

// nameOf is the name of a blob of a source.
func nameOf(i int) string { return fmt.Sprintf("run/lane%02d/reads_%06d.fq.gz", i/1000, i) }

// seed fills a new container with blobs of random content that carry an MD5.
func (l *lab) seed(ctx context.Context, count, size int) (end, error) {
	e, err := l.container(ctx, primary)
	if err != nil {
		return e, err
	}
	client, err := e.open(l.base())
	if err != nil {
		return e, err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(seedWorkers)
	for i := range count {
		group.Go(func() error {
			content := make([]byte, size)
			_, _ = rand.Read(content) // it never fails
			sum := md5.Sum(content)
			_, err := client.NewBlockBlobClient(nameOf(i)).Upload(ctx, streaming.NopCloser(bytes.NewReader(content)), &blockblob.UploadOptions{
				HTTPHeaders:             &blob.HTTPHeaders{BlobContentMD5: sum[:]},
				TransactionalValidation: blob.TransferValidationTypeMD5(sum[:]),
			})
			return err
		})
	}
	return e, group.Wait()
}

// seedLarge fills a new container with blobs of one content: the store keeps it once, and the copies refer to it.
func (l *lab) seedLarge(ctx context.Context, count, size int) (end, error) {
	e, err := l.seed(ctx, 1, size)
	if err != nil {
		return e, err
	}
	client, err := e.open(l.base())
	if err != nil {
		return e, err
	}
	from, err := client.NewBlobClient(nameOf(0)).GetSASURL(sas.BlobPermissions{Read: true}, time.Now().Add(time.Hour), nil)
	if err != nil {
		return e, err
	}
	for i := 1; i < count; i++ {
		if _, err := client.NewBlobClient(nameOf(i)).CopyFromURL(ctx, from, nil); err != nil {
			return e, err
		}
	}
	return e, nil
}

// holds counts a container's blobs, without what the engine keeps there for itself.
func (l *lab) holds(ctx context.Context, e end) (int, error) {
	c, err := l.azurite.Container(e.Account, e.Container)
	if err != nil {
		return 0, err
	}
	names, err := c.Names(ctx, "run/")
	return len(names), err
}
