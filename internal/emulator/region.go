package emulator

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/arm"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/door"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/fault"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/ga4gh"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/journal"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/reads"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/workflows"
)

// region is one region: a workflow service and a blob door, which go down and
// come back together or alone.
type region struct {
	name          string
	service       *workflows.Service
	faces         *ga4gh.Faces
	door          *door.Door
	serviceTarget *fault.Target
	blobTarget    *fault.Target

	mu    sync.Mutex // one change at a time
	fault fault.Fault

	front atomic.Pointer[url.URL] // stands before the blob door; nil is nothing
}

// blobURL is where clients are told that the region's blobs are.
func (r *region) blobURL() string {
	if front := r.front.Load(); front != nil {
		return front.String()
	}
	return r.blobTarget.URL()
}

// current returns the fault in force.
func (r *region) current() fault.Fault {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fault
}

// set puts a fault in force. Going down, the service stops answering before its
// jobs fail, and they fail before their storage does; coming back, the jobs are
// queued again before the service answers. So no client sees a moment in
// between, and no job takes an outage for a failure of storage.
func (r *region) set(ctx context.Context, f fault.Fault) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := r.fault
	r.fault = f
	killed, kills := before.KillsJobs(), f.KillsJobs()
	if !kills {
		r.service.Requeue()
	}
	serviceErr := r.serviceTarget.Set(ctx, f.For(fault.ScopeService))
	if kills && !killed {
		r.service.Outage()
	}
	storageErr := r.blobTarget.Set(ctx, f.For(fault.ScopeStorage))
	if !kills {
		r.service.Resume()
	}
	return errors.Join(serviceErr, storageErr)
}

// addRegion builds a region with the fault it was left in.
func (e *Emulator) addRegion(config Region) error {
	r := &region{name: config.Name, fault: fault.Fault{Mode: fault.None, Scope: fault.ScopeAll}}
	if _, err := e.log.Get(kindFault, r.name, &r.fault); err != nil {
		return err
	}
	if err := e.addFaces(r); err != nil {
		return err
	}
	service, err := workflows.New(workflows.Config{
		Region: r.name, Log: e.log, Controls: e.controls, MaxJobs: e.config.MaxJobs,
		Limits:          reads.Limits{MaxReadLength: e.maxReadLength()},
		AccountByKey:    func(key string) (workflows.Account, bool) { return e.accountByKey(r.name, key) },
		StorageLocation: e.storageLocation,
		BlobURL:         e.doorEndpoint,
		StorageDark:     func() bool { return r.blobTarget.Fault().Dark() },
		KnownHost: func(host string) bool {
			_, _, known := e.regionOfDoor(host)
			return known
		},
		Behave: r.faces.Behave,
		Seen:   e.remember,
		Mark:   func(h http.Header) { h.Set(door.JobHeader, e.secrets.JobMark) },
		Logger: e.config.Logger, Now: time.Now,
	})
	if err != nil {
		return err
	}
	r.service = service
	r.faces.Service, r.faces.Else = service, service
	r.door = &door.Door{
		Region: r.name, Vault: e.vault, JobMark: e.secrets.JobMark, RegionOf: e.regionOfDoor,
		Owns: func(account string) bool {
			location, ok := e.storageLocation(account)
			return ok && location == r.name
		},
		Store: e.replicas.BlobStore, Replication: e.replicas,
	}
	r.door.Open()
	r.serviceTarget = e.target(r.name+"/service", config.ServicePort, fault.Config{Plane: journal.PlaneService, Region: r.name, Handler: r.faces, Describe: e.describeService(r.name)})
	r.blobTarget = e.target(r.name+"/blob", config.BlobPort, fault.Config{Plane: journal.PlaneStorage, Region: r.name, Handler: r.door, Describe: r.door.Describe})
	r.serviceTarget.Preset(r.fault.For(fault.ScopeService))
	r.blobTarget.Preset(r.fault.For(fault.ScopeStorage))
	e.regions = append(e.regions, r)
	return nil
}

// places are what Azure says of a region; those it does not know get their name.
var places = map[string]arm.Region{
	"westus2":        {DisplayName: "West US 2", Geography: "United States", Pair: "westcentralus"},
	"westcentralus":  {DisplayName: "West Central US", Geography: "United States", Pair: "westus2"},
	"eastus":         {DisplayName: "East US", Geography: "United States", Pair: "westus"},
	"westus":         {DisplayName: "West US", Geography: "United States", Pair: "eastus"},
	"eastus2":        {DisplayName: "East US 2", Geography: "United States", Pair: "centralus"},
	"centralus":      {DisplayName: "Central US", Geography: "United States", Pair: "eastus2"},
	"southcentralus": {DisplayName: "South Central US", Geography: "United States", Pair: "northcentralus"},
	"westeurope":     {DisplayName: "West Europe", Geography: "Europe", Pair: "northeurope"},
	"northeurope":    {DisplayName: "North Europe", Geography: "Europe", Pair: "westeurope"},
	"southeastasia":  {DisplayName: "Southeast Asia", Geography: "Asia Pacific", Pair: "eastasia"},
	"eastasia":       {DisplayName: "East Asia", Geography: "Asia Pacific", Pair: "southeastasia"},
}

func locations(regions []Region) []arm.Region {
	shown := make([]arm.Region, 0, len(regions))
	for _, r := range regions {
		place, known := places[r.Name]
		if !known {
			place = arm.Region{DisplayName: r.Name, Geography: "Emulator"}
		}
		place.Name = r.Name
		shown = append(shown, place)
	}
	return shown
}
