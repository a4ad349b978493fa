package replica

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/arm"
)

// signedFor is how long the signature of a copy is valid.
const signedFor = time.Hour

// open opens a container behind all doors.
func (e *Engine) open(account arm.StorageAccount, name string) (*container.Client, error) {
	key, err := container.NewSharedKeyCredential(account.Name, account.Key)
	if err != nil {
		return nil, err
	}
	return container.NewClientWithSharedKeyCredential(e.BlobStore.JoinPath(account.Name, name).String(), key,
		&container.ClientOptions{ClientOptions: azcore.ClientOptions{InsecureAllowCredentialWithHTTP: true}})
}

// HasContainer reports whether an account has a container.
func (e *Engine) HasContainer(ctx context.Context, account arm.StorageAccount, name string) bool {
	if e.BlobStore == nil {
		return true
	}
	client, err := e.open(account, name)
	if err == nil {
		_, err = client.GetProperties(ctx, nil)
	}
	return err == nil
}

// replicate brings a destination container to its source's content. What is deleted at the source is deleted there too, as
// the service does it.
func (e *Engine) replicate(ctx context.Context, l link) error {
	source, errSource := e.open(l.source, l.rule.SourceContainer)
	destination, errDestination := e.open(l.destination, l.rule.DestinationContainer)
	if err := errors.Join(errSource, errDestination); err != nil {
		return err
	}
	now, err := etags(ctx, source, l.rule)
	if bloberror.HasCode(err, bloberror.ContainerNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	before := e.states[l.key()]
	after := map[string]blobState{}
	for name, etag := range now {
		if known, ok := before[name]; ok && known.etag == etag {
			after[name] = known
			continue
		}
		failed := e.fails(name)
		if !failed {
			err := transfer(ctx, source, destination, name)
			if bloberror.HasCode(err, bloberror.ContainerNotFound) {
				failed = true
			} else if err != nil {
				return err
			}
		}
		after[name] = blobState{etag: etag, failed: failed}
	}
	for name := range before {
		if _, ok := now[name]; !ok {
			if _, err := destination.NewBlobClient(name).Delete(ctx, nil); err != nil && !bloberror.HasCode(err, bloberror.BlobNotFound, bloberror.ContainerNotFound) {
				return err
			}
		}
	}
	if e.states == nil {
		e.states = map[string]map[string]blobState{}
	}
	e.states[l.key()] = after
	return nil
}

func (e *Engine) fails(name string) bool {
	for _, part := range e.settings.Fail {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// etags lists the block blobs of a rule.
func etags(ctx context.Context, source *container.Client, rule arm.Rule) (map[string]string, error) {
	found := map[string]string{}
	for pager := source.NewListBlobsFlatPager(nil); pager.More(); {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, item := range page.Segment.BlobItems {
			if item.Properties.BlobType != nil && *item.Properties.BlobType == container.BlobTypeBlockBlob && matches(*item.Name, rule.Filters.PrefixMatch) {
				found[*item.Name] = strings.Trim(string(*item.Properties.ETag), `"`)
			}
		}
	}
	return found, nil
}

func matches(name string, prefixes []string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return len(prefixes) == 0
}

func transfer(ctx context.Context, source, destination *container.Client, name string) error {
	blob := source.NewBlobClient(name)
	signed, err := blob.GetSASURL(sas.BlobPermissions{Read: true}, time.Now().Add(signedFor), nil)
	if err != nil {
		return err
	}
	_, err = destination.NewBlobClient(name).StartCopyFromURL(ctx, signed, nil)
	return err
}
