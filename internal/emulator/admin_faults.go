package emulator

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/fault"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/journal"
)

// resourceManager is Resource Manager's name where a region's is expected.
const resourceManager = "resource-manager"

// faultRoutes are the parts of the admin interface that break things.
func (e *Emulator) faultRoutes(handle func(string, func(*http.Request) (any, error))) {
	handle("GET /admin/regions", func(*http.Request) (any, error) { return e.faults(), nil })
	handle("PUT /admin/regions/{region}/fault", func(r *http.Request) (any, error) {
		return e.changeFault(r, r.PathValue("region"), fault.Fault{Mode: fault.None})
	})
	handle("POST /admin/regions/{region}/down", func(r *http.Request) (any, error) {
		return e.changeFault(r, r.PathValue("region"), fault.Fault{Mode: fault.Refused})
	})
	handle("POST /admin/regions/{region}/up", func(r *http.Request) (any, error) {
		return e.applyFault(r.Context(), r.PathValue("region"), fault.Fault{Mode: fault.None})
	})
	handle("PUT /admin/regions/{region}/front", e.setFront)
	handle("PUT /admin/resource-manager/fault", func(r *http.Request) (any, error) {
		return e.changeFault(r, resourceManager, fault.Fault{Mode: fault.None})
	})
	handle("PUT /admin/freeze", e.arm)
	handle("GET /admin/freeze", func(*http.Request) (any, error) { return e.freeze.State(), nil })
	handle("DELETE /admin/freeze", func(*http.Request) (any, error) {
		e.freeze.Thaw()
		return e.freeze.State(), nil
	})
	for path, name := range map[string]func(*http.Request) string{
		"/admin/regions/{region}/inject": func(r *http.Request) string { return r.PathValue("region") },
		"/admin/resource-manager/inject": func(*http.Request) string { return resourceManager },
	} {
		handle("POST "+path, func(r *http.Request) (any, error) { return e.inject(r, name(r)) })
		handle("GET "+path, func(r *http.Request) (any, error) { return e.injections(name(r)) })
		handle("DELETE "+path, func(r *http.Request) (any, error) { return e.clearInjections(name(r)) })
	}
}

// arm stops every server at a request of a client that is still to come.
func (e *Emulator) arm(r *http.Request) (any, error) {
	var rule fault.FreezeRule
	if err := readJSON(r, &rule); err != nil {
		return nil, err
	}
	if rule.Skip < 0 {
		return nil, fmt.Errorf("skip is not negative")
	}
	e.freeze.Arm(rule)
	return e.freeze.State(), nil
}

func (e *Emulator) faults() map[string]fault.Fault {
	faults := map[string]fault.Fault{resourceManager: e.manager.Fault()}
	for _, r := range e.regions {
		faults[r.name] = r.current()
	}
	return faults
}

// setFront says what stands before a region's blob door, such as a fault proxy:
// Resource Manager gives its URL out from now on.
func (e *Emulator) setFront(r *http.Request) (any, error) {
	region, ok := e.regionNamed(r.PathValue("region"))
	if !ok {
		return nil, fmt.Errorf("there is no region %q", r.PathValue("region"))
	}
	var body struct {
		Blob string `json:"blob"`
	}
	if err := readJSON(r, &body); err != nil {
		return nil, err
	}
	if body.Blob == "" {
		region.front.Store(nil)
		return body, nil
	}
	front, err := url.Parse(strings.TrimRight(body.Blob, "/"))
	if err != nil || front.Scheme == "" || front.Port() == "" {
		return nil, fmt.Errorf("blob must be a URL with a port, or empty")
	}
	region.front.Store(front)
	return body, nil
}

func (e *Emulator) changeFault(r *http.Request, name string, f fault.Fault) (any, error) {
	if err := readJSON(r, &f); err != nil {
		return nil, err
	}
	return e.applyFault(r.Context(), name, f)
}

func (e *Emulator) applyFault(ctx context.Context, name string, f fault.Fault) (any, error) {
	// A change goes through even when whoever asked for it does not wait.
	return f, e.SetFault(context.WithoutCancel(ctx), name, f)
}

// SetFault puts a fault in force in a region, or in "resource-manager".
func (e *Emulator) SetFault(ctx context.Context, name string, f fault.Fault) error {
	f, err := f.Normalize()
	if err != nil {
		return err
	}
	if name == resourceManager {
		return e.manager.Set(ctx, f)
	}
	r, ok := e.regionNamed(name)
	if !ok {
		return fmt.Errorf("there is no region %q", name)
	}
	e.config.Logger.Info("fault", "region", name, "mode", f.Mode, "scope", f.Scope)
	e.log.Put(kindFault, name, f)
	return r.set(ctx, f)
}

// Inject adds a fault for the next requests that match, in a region or in
// "resource-manager". Without a plane it hits the region's workflow service.
func (e *Emulator) Inject(name string, i fault.Injection) error {
	i, err := i.Normalize()
	if err != nil {
		return err
	}
	switch i.Match.Plane {
	case "", journal.PlaneService, journal.PlaneStorage:
	default:
		return fmt.Errorf("unknown plane %q: service or storage", i.Match.Plane)
	}
	service, storage, err := e.planes(name)
	if err != nil {
		return err
	}
	if i.Match.Plane == journal.PlaneStorage {
		storage.Inject(i)
		return nil
	}
	i.Match.Plane = service.Plane
	service.Inject(i)
	return nil
}

// planes returns the two servers of a region; Resource Manager is both of its own.
func (e *Emulator) planes(name string) (service, storage *fault.Target, err error) {
	if name == resourceManager {
		return e.manager, e.manager, nil
	}
	r, ok := e.regionNamed(name)
	if !ok {
		return nil, nil, fmt.Errorf("there is no region %q", name)
	}
	return r.serviceTarget, r.blobTarget, nil
}

func (e *Emulator) inject(r *http.Request, name string) (any, error) {
	var i fault.Injection
	if err := readJSON(r, &i); err != nil {
		return nil, err
	}
	if err := e.Inject(name, i); err != nil {
		return nil, err
	}
	return e.injections(name)
}

func (e *Emulator) injections(name string) (any, error) {
	service, storage, err := e.planes(name)
	if err != nil {
		return nil, err
	}
	pending := service.Injections()
	if storage != service {
		pending = append(pending, storage.Injections()...)
	}
	return map[string]any{"pending": pending}, nil
}

func (e *Emulator) clearInjections(name string) (any, error) {
	service, storage, err := e.planes(name)
	if err != nil {
		return nil, err
	}
	service.ClearInjections()
	storage.ClearInjections()
	return e.injections(name)
}
