package harness

import (
	"bytes"
	"context"
	"crypto/md5"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// Create makes the container; one that is there already is no error.
func (c *Container) Create(ctx context.Context) error {
	_, err := c.Client.Create(ctx, nil)
	if err != nil && !bloberror.HasCode(err, bloberror.ContainerAlreadyExists) {
		return fmt.Errorf("create %s: %w", c.Client.URL(), err)
	}
	return nil
}

// Put writes blobs, with the MD5 that a careful uploader leaves.
func (c *Container) Put(ctx context.Context, blobs map[string][]byte) error {
	for _, name := range slices.Sorted(maps.Keys(blobs)) {
		sum := md5.Sum(blobs[name])
		_, err := c.Client.NewBlockBlobClient(name).UploadBuffer(ctx, blobs[name], &blockblob.UploadBufferOptions{
			HTTPHeaders: &blob.HTTPHeaders{BlobContentMD5: sum[:]},
		})
		if err != nil {
			return fmt.Errorf("upload %s to %s: %w", name, c.Client.URL(), err)
		}
	}
	return nil
}

// Get reads one blob.
func (c *Container) Get(ctx context.Context, name string) ([]byte, error) {
	response, err := c.Client.NewBlobClient(name).DownloadStream(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("download %s from %s: %w", name, c.Client.URL(), err)
	}
	defer response.Body.Close()
	var content bytes.Buffer
	if _, err := io.Copy(&content, response.Body); err != nil {
		return nil, fmt.Errorf("download %s from %s: %w", name, c.Client.URL(), err)
	}
	return content.Bytes(), nil
}

// Delete removes one blob.
func (c *Container) Delete(ctx context.Context, name string) error {
	if _, err := c.Client.NewBlobClient(name).Delete(ctx, nil); err != nil {
		return fmt.Errorf("delete %s from %s: %w", name, c.Client.URL(), err)
	}
	return nil
}

// Names lists the blobs whose names start with prefix, in order.
func (c *Container) Names(ctx context.Context, prefix string) ([]string, error) {
	pages := c.Client.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: to.Ptr(prefix)})
	var names []string
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", c.Client.URL(), err)
		}
		for _, item := range page.Segment.BlobItems {
			names = append(names, *item.Name)
		}
	}
	return names, nil
}
