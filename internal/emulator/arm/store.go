// Package arm is the emulator's Resource Manager: Genomics accounts, storage
// accounts, resource groups and locations of one subscription.
package arm

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"sync"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/journal"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/state"
)

// Provisioning states of an account.
const (
	StateCreating  = "Creating"
	StateSucceeded = "Succeeded"
	StateDeleting  = "Deleting"
)

// Kinds of records in the state.
const (
	kindAccount   = "account"
	kindGroup     = "resource-group"
	kindStorage   = "storage-account"
	kindOperation = "operation"
	kindTenant    = "tenant"
	kindPolicy    = "replication-policy"
)

// Account is one Microsoft Genomics account.
type Account struct {
	ResourceGroup string            `json:"resource_group"`
	Name          string            `json:"name"`
	Location      string            `json:"location"`
	Tags          map[string]string `json:"tags,omitempty"`
	State         string            `json:"state"`
	Key1          string            `json:"key1"`
	Key2          string            `json:"key2"`
	TenantID      int64             `json:"tenant_id"` // the account's number inside the workflow service
}

// Group is one resource group.
type Group struct {
	Name     string            `json:"name"`
	Location string            `json:"location"`
	Tags     map[string]string `json:"tags,omitempty"`
}

// StorageAccount is one storage account, whose data lives in the blob store.
type StorageAccount struct {
	Name          string `json:"name"`
	ResourceGroup string `json:"resource_group"`
	Location      string `json:"location"`
	Key           string `json:"key"` // base64, the one the blob store knows too
	StorageSettings
}

// operation is a long-running operation on an account.
type operation struct {
	ID        string `json:"id"`
	Group     string `json:"group"`
	Account   string `json:"account"`
	Target    string `json:"target"` // the provisioning state it leads to; "" when the account goes away
	PollsLeft int    `json:"polls_left"`
	Done      bool   `json:"done"`
}

// Store holds what Resource Manager knows.
type Store struct {
	Subscription string
	Log          *state.Log
	Vault        *journal.Vault
	// OperationPolls is how many times a long-running operation answers
	// InProgress before it is done. Counting polls instead of seconds keeps
	// tests off the clock.
	OperationPolls int
	// OnDelete is told of every account that is gone. It may be nil.
	OnDelete func(Account)

	mu         sync.Mutex
	accounts   map[string]*Account
	groups     map[string]*Group
	storage    map[string]*StorageAccount
	operations map[string]*operation
	policies   map[string]*Policy // by account and ID
	lastTenant int64
}

// Load reads what the state holds from an earlier run.
func (s *Store) Load() error {
	s.accounts, s.groups = map[string]*Account{}, map[string]*Group{}
	s.storage, s.operations, s.policies = map[string]*StorageAccount{}, map[string]*operation{}, map[string]*Policy{}
	if _, err := s.Log.Get(kindTenant, "last", &s.lastTenant); err != nil {
		return err
	}
	for kind, load := range map[string]func(string, []byte) error{
		kindAccount:   decodeInto(s.accounts),
		kindGroup:     decodeInto(s.groups),
		kindStorage:   decodeInto(s.storage),
		kindOperation: decodeInto(s.operations),
		kindPolicy:    decodeInto(s.policies),
	} {
		if err := s.Log.Each(kind, load); err != nil {
			return err
		}
	}
	for _, a := range s.accounts {
		s.Vault.Add("account_key", a.Name, a.Key1)
		s.Vault.Add("account_key", a.Name, a.Key2)
	}
	for _, a := range s.storage {
		s.Vault.Add("storage_key", a.Name, a.Key)
	}
	return nil
}

func decodeInto[T any](into map[string]*T) func(string, []byte) error {
	return func(key string, raw []byte) error {
		value := new(T)
		into[key] = value
		return json.Unmarshal(raw, value)
	}
}

// AddGroup seeds a resource group; one that exists stays as it is.
func (s *Store) AddGroup(g Group) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.groups[fold(g.Name)]; ok {
		return
	}
	s.groups[fold(g.Name)] = &g
	s.Log.Put(kindGroup, fold(g.Name), g)
}

// AddStorage seeds a storage account. One that exists keeps its key, unless
// another key is given; an account without any gets a new one.
func (s *Store) AddStorage(a StorageAccount) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.storage[a.Name]; ok && a.Key == "" {
		a.Key = known.Key
	}
	a.StorageSettings = plainAccount()
	if known, ok := s.storage[a.Name]; ok {
		a.StorageSettings = known.StorageSettings
	}
	if a.Key == "" {
		a.Key = base64.StdEncoding.EncodeToString(random(64))
	}
	s.storage[a.Name] = &a
	s.Vault.Add("storage_key", a.Name, a.Key)
	s.Log.Put(kindStorage, a.Name, a)
}

// Storage returns one storage account by its name.
func (s *Store) Storage(name string) (StorageAccount, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.storage[strings.ToLower(name)]
	if !ok {
		return StorageAccount{}, false
	}
	return *a, true
}

// StorageAccounts returns all storage accounts by name.
func (s *Store) StorageAccounts() []StorageAccount {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.storage, func(StorageAccount) bool { return true })
}

// AccountByKey finds the account of a region that one of its two keys opens.
func (s *Store) AccountByKey(region, key string) (Account, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.accounts {
		if a.Location == region && a.State == StateSucceeded && (a.Key1 == key || a.Key2 == key) {
			return *a, true
		}
	}
	return Account{}, false
}

// AccountID is the resource ID of an account.
func (s *Store) AccountID(a Account) string {
	return fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Genomics/accounts/%s", s.Subscription, a.ResourceGroup, a.Name)
}

// StorageID is the resource ID of a storage account.
func (s *Store) StorageID(a StorageAccount) string {
	return fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Storage/storageAccounts/%s", s.Subscription, a.ResourceGroup, a.Name)
}

func (s *Store) groupID(g Group) string {
	return fmt.Sprintf("/subscriptions/%s/resourceGroups/%s", s.Subscription, g.Name)
}

func (s *Store) newKey(account string) string {
	key := hex.EncodeToString(random(16)) // 32 hexadecimal digits, as the gateway's keys are
	s.Vault.Add("account_key", account, key)
	return key
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails, by its documentation
	return b
}

func fold(parts ...string) string { return strings.ToLower(strings.Join(parts, "/")) }

func sorted[T any](m map[string]*T, want func(T) bool) []T {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	values := []T{}
	for _, key := range keys {
		if want(*m[key]) {
			values = append(values, *m[key])
		}
	}
	return values
}
