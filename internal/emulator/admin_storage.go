package emulator

import (
	"net/http"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/arm"
)

// storageRoutes are the parts of the admin interface that say what storage accounts are, and hold what they do by themselves.
func (e *Emulator) storageRoutes(handle func(string, func(*http.Request) (any, error))) {
	const account, replication = "/admin/storage-accounts/{account}", "/admin/object-replication"
	change := func(r *http.Request, into func(*arm.StorageSettings) error) (any, error) {
		return e.store.ChangeStorage(r.PathValue("account"), into)
	}
	handle("GET "+account, func(r *http.Request) (any, error) {
		return change(r, func(*arm.StorageSettings) error { return nil })
	})
	handle("PUT "+account, func(r *http.Request) (any, error) {
		// Keeps what the request leaves out.
		return change(r, func(s *arm.StorageSettings) error { return readJSON(r, s) })
	})
	handle("GET "+replication, func(*http.Request) (any, error) { return e.replicas.Settings(), nil })
	handle("PUT "+replication, func(r *http.Request) (any, error) {
		settings := e.replicas.Settings()
		if err := readJSON(r, &settings); err != nil {
			return nil, err
		}
		e.replicas.Change(settings)
		return settings, nil
	})
}
