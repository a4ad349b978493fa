package emulator

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/arm"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/fault"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/identity"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/journal"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/replica"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/state"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/workflows"
)

// Kinds of records in the state that belong to the whole.
const (
	kindSecrets  = "secrets"
	kindPort     = "port"
	kindFault    = "fault"
	kindControls = "controls"
)

// closeWithin bounds a shutdown: hung requests are cut then.
const closeWithin = 2 * time.Second

// Emulator is the whole of it.
type Emulator struct {
	config   Config
	log      *state.Log
	journal  *journal.Journal
	vault    *journal.Vault
	issuer   *identity.Issuer
	store    *arm.Store
	controls *workflows.Controls
	replicas *replica.Engine
	secrets  secrets
	freeze   fault.Freeze

	manager  *fault.Target
	identity *fault.Target
	admin    *fault.Port
	regions  []*region

	// bounded gives the time a shutdown may take; nil before Start.
	bounded func() (context.Context, context.CancelFunc)
	closing sync.Once
	closed  error
}

// secrets are made once and kept in the state.
type secrets struct {
	IdentityHeader string `json:"identity_header"`
	JobMark        string `json:"job_mark"`
}

// New prepares an emulator. It opens the state but no port.
func New(config Config) (*Emulator, error) {
	config, err := config.complete()
	if err != nil {
		return nil, err
	}
	log, err := state.Open(config.StateDir)
	if err != nil {
		return nil, err
	}
	e := &Emulator{config: config, log: log, journal: journal.New(time.Now), vault: journal.NewVault()}
	if err := e.build(); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return e, nil
}

func (e *Emulator) build() error {
	if err := e.loadSecrets(); err != nil {
		return err
	}
	settings := workflows.Settings{
		DurationMilliseconds:    int(e.config.JobDuration.Milliseconds()),
		CancelDelayMilliseconds: int(e.config.CancelDelay.Milliseconds()),
	}
	if e.config.HoldJobs {
		settings.Holds = []workflows.Hold{{}}
	}
	if _, err := e.log.Get(kindControls, "jobs", &settings); err != nil {
		return err
	}
	e.controls = workflows.NewControls(settings)
	e.controls.Saved = func(s workflows.Settings) { e.log.Put(kindControls, "jobs", s) }

	e.store = &arm.Store{Subscription: e.config.Subscription, Log: e.log, Vault: e.vault, OperationPolls: e.config.OperationPolls, OnDelete: e.accountDeleted}
	if err := e.store.Load(); err != nil {
		return err
	}
	for _, g := range e.config.ResourceGroups {
		e.store.AddGroup(arm.Group{Name: g.Name, Location: g.Location})
	}
	for _, a := range e.config.StorageAccounts {
		e.store.AddStorage(arm.StorageAccount{Name: a.Name, ResourceGroup: a.ResourceGroup, Location: a.Region, Key: a.Key})
	}
	if err := e.addReplication(); err != nil {
		return err
	}
	e.issuer = &identity.Issuer{Tenant: e.config.Tenant, Lifetime: e.config.TokenLifetime, Vault: e.vault, Now: time.Now}
	e.manager = e.target("resource-manager", e.config.ResourceManagerPort, fault.Config{Plane: journal.PlaneARM, Handler: &arm.Server{
		Store: e.store, Issuer: e.issuer, Regions: locations(e.config.Regions), BlobEndpoint: e.blobEndpoint,
		SecondaryEndpoint: e.secondaryEndpoint, HasContainer: e.replicas.HasContainer, Now: time.Now,
		Backlog:                func() *arm.Backlog { return e.replicas.Settings().Backlog },
		RetryAfterMilliseconds: int(e.config.RetryAfter.Milliseconds()),
	}})
	e.identity = e.target("identity", e.config.IdentityPort, fault.Config{Plane: journal.PlaneIdentity, Handler: &identity.Endpoint{Issuer: e.issuer, Header: e.secrets.IdentityHeader}})
	adminPort, wish := e.keptPort("admin", e.config.AdminPort)
	e.admin = fault.NewPort(adminPort, wish, e.adminHandler())
	for _, r := range e.config.Regions {
		if err := e.addRegion(r); err != nil {
			return err
		}
	}
	return nil
}

func (e *Emulator) loadSecrets() error {
	found, err := e.log.Get(kindSecrets, "all", &e.secrets)
	if err != nil {
		return err
	}
	if !found {
		e.secrets = secrets{IdentityHeader: uuid.NewString(), JobMark: rand.Text()}
	}
	if e.config.IdentityHeader != "" {
		e.secrets.IdentityHeader = e.config.IdentityHeader
	}
	e.log.Put(kindSecrets, "all", e.secrets)
	e.vault.Add("identity_header", "managed identity", e.secrets.IdentityHeader)
	return nil
}

func (e *Emulator) target(name string, port int, config fault.Config) *fault.Target {
	config.Port, config.Wish = e.keptPort(name, port)
	config.Journal, config.Vault, config.Freeze = e.journal, e.vault, &e.freeze
	return fault.NewTarget(config)
}

// Start opens every port and starts the jobs an earlier run left unfinished.
// What it starts outlives ctx, until Close.
func (e *Emulator) Start(ctx context.Context) error {
	e.bounded = func() (context.Context, context.CancelFunc) {
		return context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
	}
	if err := e.open(ctx); err != nil {
		return errors.Join(err, e.Close())
	}
	for _, r := range e.regions {
		r.service.Open(ctx, r.current().KillsJobs())
	}
	e.keepPorts()
	return nil
}

func (e *Emulator) open(ctx context.Context) error {
	if err := e.admin.Open(ctx); err != nil {
		return err
	}
	for _, t := range e.targets() {
		if err := t.Open(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (e *Emulator) targets() []*fault.Target {
	targets := []*fault.Target{e.manager, e.identity}
	for _, r := range e.regions {
		targets = append(targets, r.serviceTarget, r.blobTarget)
	}
	return targets
}

// Close stops everything within a bound. It may be called more than once.
func (e *Emulator) Close() error {
	e.closing.Do(func() {
		var failures []error
		// Jobs end before the doors they read through: a job must not take the
		// end of the emulator for a failure of storage, and keep it in the state.
		for _, r := range e.regions {
			r.service.Close()
		}
		if e.bounded != nil {
			ctx, cancel := e.bounded()
			defer cancel()
			for _, t := range e.targets() {
				failures = append(failures, t.Stop(ctx))
			}
			failures = append(failures, e.admin.Stop(ctx))
		}
		for _, r := range e.regions {
			r.door.Close()
		}
		e.closed = errors.Join(append(failures, e.log.Close())...)
	})
	return e.closed
}

// Err reports a state that can no longer be written.
func (e *Emulator) Err() error {
	if err := e.log.Err(); err != nil {
		return fmt.Errorf("emulator: %w", err)
	}
	return nil
}
