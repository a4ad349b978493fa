package session

import (
	"context"
	"fmt"
	"strings"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/genomics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/rest"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/tes"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/wes"
)

// Engine is the engine behind an account of the workflow service or an endpoint.
// There is one a run for each, for some remember what they have looked at. Its
// calls pass the region's gate.
func (s *Session) Engine(account ServiceAccount) (engine.Engine, error) {
	made, err := s.engineOf(account)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	at := strings.Join([]string{account.key(), account.URL, account.Location}, "\n")
	if s.engines[at] == nil {
		s.engines[at] = made
	}
	return s.engines[at], nil
}

// key tells accounts and endpoints apart.
func (a ServiceAccount) key() string {
	if a.Kind == "" || a.Kind == genomics.Kind {
		// Resource IDs have no case.
		return strings.ToLower(a.ID)
	}
	return a.Kind + "\n" + a.ID
}

func (s *Session) engineOf(account ServiceAccount) (engine.Engine, error) {
	switch account.Kind {
	case "", genomics.Kind:
		client, err := s.Service(account)
		if err != nil {
			return nil, err
		}
		return genomics.New(client), nil
	case tes.Kind, wes.Kind:
		base := strings.TrimRight(account.URL, "/")
		if err := azure.CheckEndpoint(base); err != nil {
			return nil, fmt.Errorf("%s: %w", base, err)
		}
		gate := s.Gate(account.Location)
		authorize := s.authorize(base)
		if authorize != nil {
			inner := authorize
			authorize = func(ctx context.Context) (string, error) {
				// A token for a region that is closed would be asked for in vain.
				if err := gate.Err(); err != nil {
					return "", err
				}
				return inner(ctx)
			}
		}
		if account.Kind == tes.Kind {
			return tes.New(base, authorize, s.pipelines.New(gate)), nil
		}
		return wes.New(base, authorize, s.pipelines.New(gate)), nil
	default:
		return nil, fmt.Errorf("%q is no engine that this provider knows", account.Kind)
	}
}

// Login tells how an endpoint is told who calls, as far as the provider's
// configuration says it: by what was handed over in advance, or by an identity.
func (s *Session) Login(base string) (handed, identity bool) {
	c, ok := s.cfg.EndpointCredentials[strings.TrimRight(base, "/")]
	return ok && c.Scope == "", ok && c.Scope != ""
}

// authorize is how an endpoint wants to know its clients, by the provider's
// configuration; nil for one that knows nobody.
func (s *Session) authorize(base string) rest.Authorize {
	c, ok := s.cfg.EndpointCredentials[base]
	switch {
	case !ok:
		return nil
	case c.BearerToken != "":
		return rest.Bearer(c.BearerToken)
	case c.Scope != "":
		return rest.Entra(s.credential, c.Scope)
	default:
		return rest.Basic(c.Username, c.Password)
	}
}
