package azure

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// tokenMargin is how long before its end a token is no longer used.
const tokenMargin = 5 * time.Minute

// tokenCache remembers tokens for a credential that does not. Each client of the SDK keeps only its own tokens, and the Azure CLI
// takes about a second for each it is asked for.
type tokenCache struct {
	credential azcore.TokenCredential
	turn       chan struct{} // one question at a time; unlike a mutex it can be waited for with a context

	mu     sync.Mutex
	tokens map[string]azcore.AccessToken
}

func newTokenCache(credential azcore.TokenCredential) *tokenCache {
	return &tokenCache{credential: credential, turn: make(chan struct{}, 1), tokens: map[string]azcore.AccessToken{}}
}

// GetToken returns a remembered token, or asks for one.
func (c *tokenCache) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if options.Claims != "" {
		return c.credential.GetToken(ctx, options) // a challenge: the remembered token was refused
	}
	key := options.TenantID + " " + strings.Join(options.Scopes, " ")
	if token, ok := c.remembered(key); ok {
		return token, nil
	}
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return azcore.AccessToken{}, ctx.Err()
	}
	if token, ok := c.remembered(key); ok {
		return token, nil
	}
	token, err := c.credential.GetToken(ctx, options)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tokens[key] = token
	return token, nil
}

func (c *tokenCache) remembered(key string) (azcore.AccessToken, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	token, ok := c.tokens[key]
	return token, ok && time.Until(token.ExpiresOn) > tokenMargin
}
