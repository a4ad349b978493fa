package blobstore

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"
)

const (
	// clockSkew is how far in the past a signature starts, because the clocks of this machine and of the service differ.
	clockSkew = 15 * time.Minute
	// delegationLife is how long a user delegation key is asked for when a signature needs no more; the service gives
	// out seven days at most.
	delegationLife = 24 * time.Hour
	delegationMax  = 7*24*time.Hour - 2*clockSkew
	// delegationSpare is how long before its end a cached key isn't used any more.
	delegationSpare = 10 * time.Minute
)

// delegation is a cached user delegation key.
type delegation struct {
	credential *service.UserDelegationCredential
	expires    time.Time
}

// BlobSAS makes a shared access signature that may read one blob for validFor from now, as a query string without '?'.
//
// The string begins with sv, because the workflow service answers 500 to the alphabetical order that azblob emits, and
// consists of [A-Za-z0-9&=%-] only: everything else is percent-encoded, which every reader of a query string undoes.
func (c *Container) BlobSAS(ctx context.Context, name string, validFor time.Duration) (string, error) {
	return c.sign(ctx, sas.BlobSignatureValues{
		BlobName:    name,
		Permissions: (&sas.BlobPermissions{Read: true}).String(),
	}, validFor)
}

// ContainerSAS is BlobSAS for reading, writing and deleting in the whole container.
func (c *Container) ContainerSAS(ctx context.Context, validFor time.Duration) (string, error) {
	return c.sign(ctx, sas.BlobSignatureValues{
		Permissions: (&sas.ContainerPermissions{Read: true, Write: true, Delete: true}).String(),
	}, validFor)
}

// sign fills in what all signatures share and signs with the account key or a user delegation key.
func (c *Container) sign(ctx context.Context, v sas.BlobSignatureValues, validFor time.Duration) (string, error) {
	if validFor <= 0 {
		return "", errors.New("a shared access signature needs a positive validity")
	}
	now := c.now().UTC().Truncate(time.Second)
	v.ContainerName = c.name
	v.StartTime, v.ExpiryTime = now.Add(-clockSkew), now.Add(validFor)
	v.Protocol = sas.ProtocolHTTPS
	if c.loopback && strings.HasPrefix(c.address, "http:") {
		v.Protocol = sas.ProtocolHTTPSandHTTP
	}
	var params sas.QueryParameters
	var err error
	if c.key != nil {
		params, err = v.SignWithSharedKey(c.key)
	} else {
		var credential *service.UserDelegationCredential
		if credential, err = c.delegate(ctx, now, v.ExpiryTime); err != nil {
			return "", err
		}
		params, err = v.SignWithUserDelegation(credential)
	}
	if err != nil {
		return "", c.wrap("sign access to", v.BlobName, err)
	}
	return order(params.Encode()), nil
}

// order moves sv to the front of an encoded query and narrows the characters to [A-Za-z0-9-] between the separators.
func order(query string) string {
	var first string
	var rest []string
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(value); err == nil {
			value = plain
		}
		pair = name + "=" + escape(value)
		if name == "sv" {
			first = pair
			continue
		}
		rest = append(rest, pair)
	}
	return strings.Join(append([]string{first}, rest...), "&")
}

// escape percent-encodes every byte but letters, digits and the hyphen.
func escape(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		switch ch := s[i]; {
		case 'a' <= ch && ch <= 'z', 'A' <= ch && ch <= 'Z', '0' <= ch && ch <= '9', ch == '-':
			b.WriteByte(ch)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[ch>>4])
			b.WriteByte(hex[ch&15])
		}
	}
	return b.String()
}

// delegate gives a user delegation key that is valid until at least expiry, from the cache while it lasts.
func (c *Container) delegate(ctx context.Context, now, expiry time.Time) (*service.UserDelegationCredential, error) {
	if expiry.Sub(now) > delegationMax {
		return nil, errors.New("with Microsoft Entra ID a shared access signature can't be valid for more than seven days")
	}
	c.delegationMu.Lock()
	defer c.delegationMu.Unlock()
	if d := c.delegation; d != nil && now.Before(d.expires.Add(-delegationSpare)) && !expiry.After(d.expires) {
		return d.credential, nil
	}
	end := now.Add(delegationLife)
	if need := expiry.Add(delegationSpare); need.After(end) {
		end = need
	}
	client, err := c.delegationClient()
	if err != nil {
		return nil, c.wrap("ask for a user delegation key", "", err)
	}
	start, stop := now.Add(-clockSkew).Format(sas.TimeFormat), end.Format(sas.TimeFormat)
	credential, err := client.GetUserDelegationCredential(ctx, service.KeyInfo{Start: &start, Expiry: &stop}, nil)
	if err != nil {
		return nil, c.wrap("ask for a user delegation key", "", err)
	}
	c.delegation = &delegation{credential: credential, expires: end}
	return credential, nil
}

// delegationClient makes the client of the account's service. azblob takes the account's name for the signature from the
// first label of the host; with a path-style address that would be wrong, so the client is made for a host of the
// account's name and a policy sends its requests to the real address.
func (c *Container) delegationClient() (*service.Client, error) {
	options := &service.ClientOptions{ClientOptions: c.options}
	base := strings.TrimSuffix(c.address, "/"+c.name)
	if !c.pathStyle {
		return service.NewClient(base+"/", c.token, options)
	}
	target, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	redirect := redirectPolicy{to: target}
	options.PerCallPolicies = append(append([]policy.Policy(nil), options.PerCallPolicies...), redirect)
	return service.NewClient("https://"+c.account+".invalid/", c.token, options)
}

// redirectPolicy sends requests for the service's root to another address.
type redirectPolicy struct{ to *url.URL }

// Do implements policy.Policy.
func (p redirectPolicy) Do(req *policy.Request) (*http.Response, error) {
	raw := req.Raw()
	raw.URL.Scheme, raw.URL.Host, raw.URL.Path = p.to.Scheme, p.to.Host, strings.TrimRight(p.to.Path, "/")+raw.URL.Path
	raw.Host = p.to.Host
	return req.Next()
}
