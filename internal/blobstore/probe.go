package blobstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// Permission is what a signature allows.
type Permission string

// The permissions that a run needs in the container that it writes to.
const (
	PermissionRead   Permission = "read"
	PermissionWrite  Permission = "write"
	PermissionDelete Permission = "delete"
)

// Probe is one request that was made with a signature and nothing else.
type Probe struct {
	Permission Permission
	// Denied is the refusal, nil if the request was allowed.
	Denied *Error
}

// noSuchTag is an ETag that no blob has, so that a write under its condition changes nothing.
const noSuchTag = "0x0000000000000000"

// Try finds out what a signature allows with the blob of this name, which nobody else may use. When it may write, it
// writes the blob, reads it and deletes it. Otherwise it asks in ways that change nothing: it reads and deletes what isn't
// there, and writes under a condition that doesn't hold. The service looks at the permission first, so that what comes
// back then is about the blob or the condition. An error is about anything but permission: nothing is known then.
func (c *Container) Try(ctx context.Context, name, signature string, write bool) ([]Probe, error) {
	client, err := container.NewClientWithNoCredential(c.address+"?"+signature, &container.ClientOptions{ClientOptions: c.options})
	if err != nil {
		return nil, c.wrap("try a signature on", name, err)
	}
	blob := client.NewBlockBlobClient(name)
	content := []byte("Written to see whether it can be, and to be deleted at once.\n")
	steps := []struct {
		permission Permission
		do         func() error
	}{
		{PermissionWrite, func() error {
			options := &blockblob.UploadOptions{}
			if !write {
				options.AccessConditions = Condition{IfMatch: noSuchTag}.accessConditions()
			}
			_, err := blob.Upload(ctx, streaming.NopCloser(bytes.NewReader(content)), options)
			return err
		}},
		{PermissionRead, func() error {
			answer, err := blob.DownloadStream(ctx, nil)
			if err != nil {
				return err
			}
			defer answer.Body.Close()
			_, err = io.Copy(io.Discard, answer.Body)
			return err
		}},
		{PermissionDelete, func() error {
			_, err := blob.Delete(ctx, nil)
			return err
		}},
	}
	var out []Probe
	for _, step := range steps {
		denied, err := c.judge(name, step.permission, step.do())
		if err != nil {
			return out, err
		}
		out = append(out, Probe{Permission: step.permission, Denied: denied})
	}
	return out, nil
}

// judge tells a refusal of permission from what else may come back.
func (c *Container) judge(name string, permission Permission, err error) (*Error, error) {
	if err == nil {
		return nil, nil
	}
	err = c.wrap("use a signature to "+string(permission), name, err)
	var condition *ConditionError
	if IsNotFound(err) || errors.As(err, &condition) {
		return nil, nil
	}
	var failure *Error
	if !errors.As(err, &failure) || failure.Code == "" {
		return nil, err
	}
	switch failure.StatusCode {
	case http.StatusForbidden, http.StatusUnauthorized:
		return failure, nil
	case http.StatusConflict:
		// A policy or a legal hold on the container forbids it, whatever the permissions.
		if strings.HasPrefix(failure.Code, "BlobImmutableDueTo") {
			return failure, nil
		}
	}
	return nil, err
}

// Short is the answer alone: the status and the service's own code.
func (e *Error) Short() string { return fmt.Sprintf("HTTP %d %s", e.StatusCode, e.Code) }
