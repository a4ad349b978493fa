package blobstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// replicaSuffix follows an account's name in the address of its readable replica.
const replicaSuffix = "-secondary"

// Credential opens one storage account. Either Key or Token is set; with a Token, signatures are made with a user
// delegation key that the service hands out.
type Credential struct {
	// AccountName may be empty when the container's URL is host-style (https://account.blob.…).
	AccountName string
	// Key is the base64 account key.
	Key   string
	Token azcore.TokenCredential
}

// Container is one container of one storage account. It is safe for concurrent use.
type Container struct {
	client  *container.Client
	account string
	name    string
	// address is the container's URL without query and trailing slash.
	address   string
	loopback  bool
	pathStyle bool
	key       *blob.SharedKeyCredential
	token     azcore.TokenCredential
	options   azcore.ClientOptions
	now       func() time.Time
	// sibling opens another container with the same credential.
	sibling func(containerURL string) (*Container, error)

	// pageSize and splitAfter are how listings are asked for.
	pageSize   int32
	splitAfter int
	// tagless is set once a listing with tags was refused.
	tagless atomic.Bool
	// putsFromURL is what is known of Put Blob From URL here.
	putsFromURL atomic.Int32

	delegationMu sync.Mutex
	delegation   *delegation
}

// Open prepares access to the container at containerURL, which may be host-style (https://account.host/container) or
// path-style (http://127.0.0.1:10000/account/container). It makes no network call. Plain http is accepted on loopback
// only.
func Open(containerURL string, cred Credential, opts azcore.ClientOptions) (*Container, error) {
	u, err := url.Parse(containerURL)
	if err != nil || u.Host == "" {
		return nil, errors.New("container URL is not an absolute URL")
	}
	u.RawQuery, u.Fragment, u.User = "", "", nil
	u.Path = strings.TrimRight(u.Path, "/")
	loopback := isLoopback(u.Hostname())
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback) {
		return nil, fmt.Errorf("container URL %s must use https", u)
	}
	// One path segment is a container at an account's own host, two are account and container at a shared host.
	segments := strings.Split(strings.TrimPrefix(u.Path, "/"), "/")
	c := &Container{
		name: segments[len(segments)-1], account: cred.AccountName, address: u.String(), loopback: loopback,
		token: cred.Token, options: opts, now: time.Now, pageSize: pageSize, splitAfter: splitAfter,
		sibling: func(containerURL string) (*Container, error) { return Open(containerURL, cred, opts) },
	}
	if c.name == "" || segments[0] == "" || len(segments) > 2 {
		return nil, fmt.Errorf("%s is not the URL of a container", u)
	}
	if c.pathStyle = len(segments) == 2; c.pathStyle && c.account == "" {
		c.account = segments[0]
	}
	if c.account == "" {
		c.account, _, _ = strings.Cut(u.Hostname(), ".")
	}
	c.options.PerCallPolicies = append(slices.Clone(opts.PerCallPolicies), recognizing{})
	if err := c.connect(cred); err != nil {
		return nil, err
	}
	return c, nil
}

// connect makes the azblob client.
func (c *Container) connect(cred Credential) error {
	options := &container.ClientOptions{ClientOptions: c.options}
	options.PerCallPolicies = append(slices.Clone(options.PerCallPolicies), rowsPolicy{})
	options.PerRetryPolicies = append(slices.Clone(options.PerRetryPolicies), throttlePolicy{})
	var err error
	switch {
	case cred.Key != "":
		if c.key, err = container.NewSharedKeyCredential(c.account, cred.Key); err != nil {
			return fmt.Errorf("the key of storage account %s is not valid base64", c.account)
		}
		c.client, err = container.NewClientWithSharedKeyCredential(c.address, c.key, options)
	case cred.Token != nil:
		c.client, err = container.NewClient(c.address, cred.Token, options)
	default:
		return fmt.Errorf("no credential for storage account %s", c.account)
	}
	if err != nil {
		return fmt.Errorf("container %s: %s", c.address, safeText(err))
	}
	return nil
}

// isLoopback tells whether host is this machine by its spelling; nothing is looked up.
func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// URL is the container's address without a query.
func (c *Container) URL() string { return c.address }

// AccountName is the storage account's name, by which others find the container: that of its readable replica
// (account-secondary) where the container's address is there.
func (c *Container) AccountName() string {
	u, err := url.Parse(c.address)
	if err != nil {
		return c.account
	}
	at, _, _ := strings.Cut(u.Hostname(), ".")
	if c.pathStyle {
		at, _, _ = strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	}
	if at == c.account+replicaSuffix {
		return at
	}
	return c.account
}

// Name is the container's name.
func (c *Container) Name() string { return c.name }

// besideSuffix ends the name of the container beside another.
const besideSuffix = "-continuity"

// Beside is a container of the same account, named after this one, for what has to lie beside it because nothing can be
// written in it. It makes no network call.
func (c *Container) Beside() (*Container, error) {
	return c.sibling(strings.TrimSuffix(c.address, c.name) + besideName(c.name))
}

// besideName is a valid name of a container for every name of one: at most 63 characters, of letters, digits and single
// hyphens.
func besideName(name string) string {
	const longest = 63
	plain := strings.TrimPrefix(name, "$")
	if len(plain)+len(besideSuffix) > longest {
		sum := sha256.Sum256([]byte(name))
		short := hex.EncodeToString(sum[:4])
		plain = strings.TrimRight(plain[:longest-len(besideSuffix)-len(short)-1], "-") + "-" + short
	}
	return plain + besideSuffix
}

// Exists asks whether the container is there.
func (c *Container) Exists(ctx context.Context) (bool, error) {
	_, err := c.client.GetProperties(ctx, nil)
	err = c.wrap("read the properties of the container", "", err)
	if IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// Ensure makes the container when it isn't there, private. It asks first, so that an identity that may use, but not
// make, containers gets along with one that exists.
func (c *Container) Ensure(ctx context.Context) (created bool, err error) {
	if exists, err := c.Exists(ctx); err != nil || exists {
		return false, err
	}
	_, err = c.client.Create(ctx, nil)
	if bloberror.HasCode(err, bloberror.ContainerAlreadyExists) {
		return false, nil
	}
	return err == nil, c.wrap("create the container", "", err)
}

// Stat reads one blob's properties. Tags aren't among them (TagsKnown is false).
func (c *Container) Stat(ctx context.Context, name string) (Blob, error) {
	p, err := c.client.NewBlobClient(name).GetProperties(ctx, nil)
	if err != nil {
		return Blob{}, c.wrap("read the properties of", name, err)
	}
	b := Blob{
		Name: name, Size: deref(p.ContentLength), MD5: p.ContentMD5, ETag: etag(p.ETag),
		LastModified: deref(p.LastModified), Type: string(deref(p.BlobType)), Tier: deref(p.AccessTier),
		Rehydrating: deref(p.ArchiveStatus) != "", CustomerKey: deref(p.EncryptionKeySHA256) != "",
		Metadata: plain(p.Metadata), CopyStatus: string(deref(p.CopyStatus)),
		CopySource: copySource(deref(p.CopySource)), CopyCompletedAt: deref(p.CopyCompletionTime),
		Headers: Headers{
			ContentType: deref(p.ContentType), ContentEncoding: deref(p.ContentEncoding),
			ContentLanguage: deref(p.ContentLanguage), ContentDisposition: deref(p.ContentDisposition),
			CacheControl: deref(p.CacheControl),
		},
	}
	return b, nil
}

// etag drops the quotes that headers put around an ETag.
func etag(e *azcore.ETag) string {
	return strings.Trim(strings.TrimPrefix(string(deref(e)), "W/"), `"`)
}

// quoted is the header form of an ETag.
func quoted(tag string) *azcore.ETag {
	e := azcore.ETag(`"` + tag + `"`)
	return &e
}

// plain copies a metadata map out of azblob's pointers; nil when it is empty.
func plain(m map[string]*string) map[string]string {
	if len(m) == 0 {
		return nil
	}
	out := make(map[string]string, len(m))
	for k, v := range m {
		out[k] = deref(v)
	}
	return out
}

// pointers is the reverse of plain.
func pointers(m map[string]string) map[string]*string {
	if len(m) == 0 {
		return nil
	}
	out := make(map[string]*string, len(m))
	for k, v := range m {
		out[k] = &v
	}
	return out
}

// copySource drops the query of a copy's source, which may hold a signature. What was copied from a snapshot or an older
// version wasn't copied from the blob of that name.
func copySource(from string) string {
	address, query, _ := strings.Cut(from, "?")
	for pair := range strings.SplitSeq(strings.ToLower(query), "&") {
		if strings.HasPrefix(pair, "snapshot=") || strings.HasPrefix(pair, "versionid=") {
			return ""
		}
	}
	return address
}

func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// accessConditions is the SDK's form of a Condition.
func (c Condition) accessConditions() *blob.AccessConditions {
	m := &blob.ModifiedAccessConditions{}
	switch {
	case c.IfAbsent:
		anyTag := azcore.ETagAny
		m.IfNoneMatch = &anyTag
	case c.IfMatch != "":
		m.IfMatch = quoted(c.IfMatch)
	default:
		return nil
	}
	return &blob.AccessConditions{ModifiedAccessConditions: m}
}

// refusesTags tells whether a listing failed because of the tags that it asked for: identities without the tag
// permission (403), and accounts with a hierarchical namespace (400, 409), which have none.
func refusesTags(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.StatusCode {
	case http.StatusForbidden, http.StatusBadRequest, http.StatusConflict, http.StatusNotImplemented:
		return e.Code != ""
	}
	return false
}
