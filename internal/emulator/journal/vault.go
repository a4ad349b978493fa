package journal

import (
	"net/url"
	"sort"
	"strings"
	"sync"
)

// Secret is one value that must never appear in a client's state, plan, log or
// error text.
type Secret struct {
	// Kind is one of account_key, storage_key, token, signature, identity_header.
	Kind string `json:"kind"`
	// Owner names what the secret belongs to: an account, a container, a token's audience.
	Owner string `json:"owner"`
	// Value is the secret as it was handed out or seen.
	Value string `json:"value"`
	// Encoded is the value as it stands in a query string, where that differs.
	Encoded string `json:"encoded,omitempty"`
}

// Vault collects every secret the emulator handed out or saw, so that a test
// can search for leaks.
type Vault struct {
	mu   sync.Mutex
	seen map[string]Secret
}

// NewVault returns an empty vault.
func NewVault() *Vault { return &Vault{seen: map[string]Secret{}} }

// Add remembers one secret. Empty values are ignored.
func (v *Vault) Add(kind, owner, value string) {
	if value == "" {
		return
	}
	secret := Secret{Kind: kind, Owner: owner, Value: value}
	if encoded := url.QueryEscape(value); encoded != value {
		secret.Encoded = encoded
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, known := v.seen[value]; !known {
		v.seen[value] = secret
	}
}

// AddSignatures remembers the signature of every SAS found in text, which may
// be a query string, a URL or a list of blob names with their SAS.
func (v *Vault) AddSignatures(owner, text string) {
	for _, match := range signature.FindAllStringSubmatch(text, -1) {
		value, err := url.QueryUnescape(match[2])
		if err != nil {
			value = match[2]
		}
		v.Add("signature", owner, value)
	}
}

// All returns the secrets ordered by kind, owner and value.
func (v *Vault) All() []Secret {
	v.mu.Lock()
	defer v.mu.Unlock()
	secrets := make([]Secret, 0, len(v.seen))
	for _, secret := range v.seen {
		secrets = append(secrets, secret)
	}
	sort.Slice(secrets, func(i, j int) bool {
		a, b := secrets[i], secrets[j]
		return strings.Join([]string{a.Kind, a.Owner, a.Value}, "\x00") < strings.Join([]string{b.Kind, b.Owner, b.Value}, "\x00")
	})
	return secrets
}
