package emulator

import (
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/arm"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/journal"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/reads"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/replica"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/workflows"
)

// What the parts ask of each other goes through here.

// regionNamed finds a region.
func (e *Emulator) regionNamed(name string) (*region, bool) {
	for _, r := range e.regions {
		if r.name == name {
			return r, true
		}
	}
	return nil, false
}

// blobEndpoint is the URL of a storage account's blob service as clients are told.
func (e *Emulator) blobEndpoint(a arm.StorageAccount) string {
	r, ok := e.regionNamed(a.Location)
	if !ok {
		return ""
	}
	return r.blobURL() + "/" + a.Name + "/"
}

// secondaryEndpoint is the same for the account's replica in the other region.
func (e *Emulator) secondaryEndpoint(a arm.StorageAccount) string {
	r, ok := e.regionNamed(a.SecondaryLocation)
	if !ok {
		return ""
	}
	return r.blobURL() + "/" + a.Name + replica.Suffix + "/"
}

// storageLocation is where an account, or its replica, is served.
func (e *Emulator) storageLocation(account string) (string, bool) {
	name, ofReplica := replica.Primary(account)
	a, ok := e.store.Storage(name)
	if ofReplica {
		return a.SecondaryLocation, ok && a.ReadableReplica()
	}
	return a.Location, ok
}

// doorEndpoint is the URL of an account's blob service at the region's door itself: jobs run in the region, past whatever
// stands before its door.
func (e *Emulator) doorEndpoint(account string) (string, bool) {
	location, known := e.storageLocation(account)
	r, ok := e.regionNamed(location)
	if !known || !ok {
		return "", false
	}
	return r.blobTarget.URL() + "/" + account + "/", true
}

// addReplication prepares what storage does by itself.
func (e *Emulator) addReplication() error {
	e.replicas = &replica.Engine{Store: e.store, Now: time.Now, Dark: func(region string) bool {
		r, ok := e.regionNamed(region)
		return ok && r.blobTarget.Fault().Dark()
	}}
	if e.config.BlobStore == "" {
		return nil
	}
	store, err := url.Parse(e.config.BlobStore)
	e.replicas.BlobStore = store
	return err
}

// regionOfDoor finds the region whose door has this host:port.
func (e *Emulator) regionOfDoor(host string) (name string, dark, known bool) {
	for _, r := range e.regions {
		front := r.front.Load()
		if sameHost(r.blobTarget.Host(), host) || front != nil && sameHost(front.Host, host) {
			return r.name, r.blobTarget.Fault().Dark(), true
		}
	}
	return "", false, false
}

func sameHost(door, host string) bool {
	_, doorPort, _ := net.SplitHostPort(door)
	name, port, err := net.SplitHostPort(host)
	return err == nil && port == doorPort && (name == "127.0.0.1" || name == "localhost" || name == "::1")
}

func (e *Emulator) accountByKey(region, key string) (workflows.Account, bool) {
	a, ok := e.store.AccountByKey(region, key)
	return workflows.Account{Name: a.Name, TenantID: a.TenantID}, ok
}

func (e *Emulator) accountDeleted(a arm.Account) {
	if r, ok := e.regionNamed(a.Location); ok {
		r.service.Drop(a.TenantID)
	}
}

// remember takes a secret that a client sent, right or wrong.
func (e *Emulator) remember(kind, owner, text string) {
	if kind == "signature" {
		e.vault.AddSignatures(owner, text)
		return
	}
	e.vault.Add(kind, owner, text)
}

func (e *Emulator) describeService(region string) func(*http.Request, *journal.Entry) {
	return func(r *http.Request, entry *journal.Entry) {
		if a, ok := e.store.AccountByKey(region, r.Header.Get("Ocp-Apim-Subscription-Key")); ok {
			entry.Account = a.Name
		}
	}
}

func (e *Emulator) maxReadLength() int {
	if e.config.MaxReadLength > 0 {
		return e.config.MaxReadLength
	}
	return reads.DefaultMaxReadLength
}

// keptPort prefers the port that was asked for, and wishes for the one of an
// earlier run.
func (e *Emulator) keptPort(name string, asked int) (port int, wish bool) {
	if asked != 0 {
		return asked, false
	}
	// A port that cannot be read is as good as none: a free one is taken.
	_, _ = e.log.Get(kindPort, name, &port)
	return port, true
}

// keepPorts remembers every port, so that a restart is found where it was.
func (e *Emulator) keepPorts() {
	addresses := map[string]string{"admin": e.admin.URL(), "resource-manager": e.manager.URL(), "identity": e.identity.URL()}
	for _, r := range e.regions {
		addresses[r.name+"/service"], addresses[r.name+"/blob"] = r.serviceTarget.URL(), r.blobTarget.URL()
	}
	for name, address := range addresses {
		u, err := url.Parse(address)
		if err != nil {
			continue
		}
		if port, err := strconv.Atoi(u.Port()); err == nil {
			e.log.Put(kindPort, name, port)
		}
	}
}
