package emulator

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/ga4gh"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/workflows"
)

// kindFaces are the settings of a region's TES and WES in the state.
const kindFaces = "faces"

// addFaces gives a region its TES and WES, as they were left.
func (e *Emulator) addFaces(r *region) error {
	settings := ga4gh.Defaults()
	if _, err := e.log.Get(kindFaces, r.name, &settings); err != nil {
		return err
	}
	switches := ga4gh.NewSwitches(settings)
	switches.Saved = func(s ga4gh.Settings) { e.log.Put(kindFaces, r.name, s) }
	r.faces = &ga4gh.Faces{Config: ga4gh.Config{
		Region: r.name, Switches: switches, Seen: e.remember,
		Verify: func(token, audience string) error {
			return e.issuer.Verify(token, []string{strings.TrimSuffix(audience, "/")})
		},
	}}
	e.rememberCredentials(r.name, settings.Auth)
	return nil
}

func (e *Emulator) rememberCredentials(region string, auth ga4gh.Auth) {
	e.vault.Add("password", region, auth.Password)
	e.vault.Add("token", region, auth.Token)
}

// faceRoutes are the parts of the admin interface that change how a region's
// TES and WES behave.
func (e *Emulator) faceRoutes(handle func(string, func(*http.Request) (any, error))) {
	const path = "/admin/regions/{region}/faces"
	handle("GET "+path, e.ofFaces(func(_ *http.Request, current ga4gh.Settings) (ga4gh.Settings, error) { return current, nil }))
	handle("PUT "+path, e.ofFaces(func(r *http.Request, current ga4gh.Settings) (ga4gh.Settings, error) {
		err := readJSON(r, &current) // keeps what the request leaves out
		return current, err
	}))
	handle("DELETE "+path, e.ofFaces(func(*http.Request, ga4gh.Settings) (ga4gh.Settings, error) { return ga4gh.Defaults(), nil }))
}

// ofFaces puts what change makes of a region's settings in force.
func (e *Emulator) ofFaces(change func(*http.Request, ga4gh.Settings) (ga4gh.Settings, error)) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		region, ok := e.regionNamed(r.PathValue("region"))
		if !ok {
			return nil, fmt.Errorf("there is no region %q", r.PathValue("region"))
		}
		current := region.faces.Switches.Settings()
		settings, err := change(r, current)
		if err == nil {
			err = settings.Validate()
		}
		if err != nil || settings == current {
			return settings, err
		}
		e.rememberCredentials(region.name, settings.Auth)
		region.faces.Switches.Change(func(s *ga4gh.Settings) { *s = settings })
		e.controls.Change(func(*workflows.Settings) {}) // tasks that wait for a machine look again
		return settings, nil
	}
}
