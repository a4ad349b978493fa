// Package emulator is a faithful stand-in for Microsoft Genomics and the parts
// of Azure around it, for development and tests: Resource Manager, a managed
// identity, one workflow service and one Blob endpoint a region, and an admin
// interface that takes regions down and tells what they saw. It aligns nothing.
//
// It shares no code with the provider's clients: two readings of one protocol
// keep each other honest.
package emulator

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"time"
)

// Region asks for one region. Ports of 0 take free ones.
type Region struct {
	Name        string // as in "westus2"
	ServicePort int
	BlobPort    int
}

// StorageAccount asks for one storage account. Its data lives in the blob
// store, which must know the same name and key.
type StorageAccount struct {
	Name          string
	Region        string
	Key           string // base64; empty makes one
	ResourceGroup string // empty takes the first group of the account's region
}

// ResourceGroup asks for one resource group.
type ResourceGroup struct {
	Name     string
	Location string
}

// Config says what to start. The zero value gives two regions with a storage
// account and a resource group each.
type Config struct {
	Subscription string
	Tenant       string

	Regions         []Region
	ResourceGroups  []ResourceGroup
	StorageAccounts []StorageAccount

	ResourceManagerPort int
	AdminPort           int
	IdentityPort        int
	IdentityHeader      string // empty makes one

	// BlobStore is the URL of the Azurite behind all Blob endpoints. Without
	// it they answer 503.
	BlobStore string
	// StateDir keeps everything across a restart; empty keeps nothing.
	StateDir string

	JobDuration   time.Duration // how long a job takes, beside reading its inputs
	CancelDelay   time.Duration // from "cancellation requested" to "cancelled"
	HoldJobs      bool          // jobs run until they are released
	MaxJobs       int           // a region's jobs at a time; 0 means any number
	MaxReadLength int           // in bases; 0 means the default

	OperationPolls int           // how often a long-running operation says InProgress
	RetryAfter     time.Duration // what a long-running operation asks its client to wait
	TokenLifetime  time.Duration // of the managed identity's tokens; 0 means a day

	Logger *slog.Logger // nil logs nothing
}

// Defaults of the seeded names.
const (
	DefaultSubscription = "00000000-0000-0000-0000-0000000e4001"
	DefaultTenant       = "00000000-0000-0000-0000-0000000e4002"
	defaultLifetime     = 24 * time.Hour
)

var (
	guidForm    = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	regionForm  = regexp.MustCompile(`^[a-z][a-z0-9]{2,39}$`)
	storageForm = regexp.MustCompile(`^[a-z0-9]{3,24}$`)
	groupForm   = regexp.MustCompile(`^[A-Za-z0-9_.()-]{0,89}[A-Za-z0-9_()-]$`)
)

// complete fills what was left out and refuses what cannot be.
func (c Config) complete() (Config, error) {
	if c.Subscription == "" {
		c.Subscription = DefaultSubscription
	}
	if c.Tenant == "" {
		c.Tenant = DefaultTenant
	}
	if len(c.Regions) == 0 {
		c.Regions = []Region{{Name: "westus2"}, {Name: "westeurope"}}
	}
	if len(c.ResourceGroups) == 0 {
		for _, region := range c.Regions {
			c.ResourceGroups = append(c.ResourceGroups, ResourceGroup{Name: "rg-" + region.Name, Location: region.Name})
		}
	}
	if c.StorageAccounts == nil {
		for _, region := range c.Regions {
			name := "emu" + region.Name
			c.StorageAccounts = append(c.StorageAccounts, StorageAccount{Name: name[:min(len(name), 24)], Region: region.Name})
		}
	}
	if c.TokenLifetime == 0 {
		c.TokenLifetime = defaultLifetime
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, errors.Join(c.checkNames(), c.checkPlaces(), c.checkNumbers())
}

func (c *Config) checkNames() error {
	if !guidForm.MatchString(c.Subscription) || !guidForm.MatchString(c.Tenant) {
		return errors.New("subscription and tenant must be GUIDs")
	}
	seen := map[string]bool{}
	for _, region := range c.Regions {
		if !regionForm.MatchString(region.Name) || seen[region.Name] {
			return fmt.Errorf("region %q: names are like westus2, each once", region.Name)
		}
		seen[region.Name] = true
	}
	for _, group := range c.ResourceGroups {
		if !groupForm.MatchString(group.Name) || group.Location == "" {
			return fmt.Errorf("resource group %q needs a valid name and a location", group.Name)
		}
	}
	if c.BlobStore != "" {
		if u, err := url.Parse(c.BlobStore); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return fmt.Errorf("blob store %q is not a URL", c.BlobStore)
		}
	}
	return nil
}

// checkPlaces gives every storage account a resource group.
func (c *Config) checkPlaces() error {
	regions, groups, accounts := map[string]bool{}, map[string]bool{}, map[string]bool{}
	first := map[string]string{}
	for _, region := range c.Regions {
		regions[region.Name] = true
	}
	for _, group := range c.ResourceGroups {
		groups[group.Name] = true
		if first[group.Location] == "" {
			first[group.Location] = group.Name
		}
	}
	for i := range c.StorageAccounts {
		a := &c.StorageAccounts[i]
		if !storageForm.MatchString(a.Name) || accounts[a.Name] {
			return fmt.Errorf("storage account %q: 3 to 24 lower-case letters and digits, each once", a.Name)
		}
		accounts[a.Name] = true
		if !regions[a.Region] {
			return fmt.Errorf("storage account %s: there is no region %q", a.Name, a.Region)
		}
		if _, err := base64.StdEncoding.DecodeString(a.Key); err != nil {
			return fmt.Errorf("storage account %s: its key is not base64", a.Name)
		}
		if a.ResourceGroup == "" {
			a.ResourceGroup = first[a.Region]
		}
		if !groups[a.ResourceGroup] {
			return fmt.Errorf("storage account %s: there is no resource group %q", a.Name, a.ResourceGroup)
		}
	}
	return nil
}

func (c *Config) checkNumbers() error {
	if c.JobDuration < 0 || c.CancelDelay < 0 || c.MaxJobs < 0 || c.MaxReadLength < 0 || c.OperationPolls < 0 || c.RetryAfter < 0 || c.TokenLifetime < 0 {
		return errors.New("durations and counts are not negative")
	}
	return nil
}
