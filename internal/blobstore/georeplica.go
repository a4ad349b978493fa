package blobstore

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"
)

// LastSync asks the readable replica of a geo-redundant account, which is where this container has to be, up to when it holds
// every write to the account. It is zero while the service doesn't know: during the first synchronization, or when replication
// is interrupted, which status tells (live, bootstrap or unavailable).
func (c *Container) LastSync(ctx context.Context) (at time.Time, status string, err error) {
	client, err := c.serviceClient()
	if err != nil {
		return time.Time{}, "", err
	}
	resp, err := client.GetStatistics(ctx, nil)
	if err != nil {
		return time.Time{}, "", c.wrap("read the replication statistics of the account of", "", err)
	}
	if resp.GeoReplication == nil {
		return time.Time{}, "", c.wrap("read the replication statistics of the account of", "", errors.New("the answer holds none"))
	}
	return deref(resp.GeoReplication.LastSyncTime), string(deref(resp.GeoReplication.Status)), nil
}

// serviceClient is a client of the whole blob service that the container is in.
func (c *Container) serviceClient() (*service.Client, error) {
	options := &service.ClientOptions{ClientOptions: c.options}
	base := strings.TrimSuffix(c.address, "/"+c.name) + "/"
	if c.key != nil {
		return service.NewClientWithSharedKeyCredential(base, c.key, options)
	}
	return service.NewClient(base, c.token, options)
}
