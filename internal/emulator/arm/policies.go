package arm

import (
	"net/http"
	"sort"
	"strings"

	"github.com/google/uuid"
)

const (
	maxRules    = 10
	maxPolicies = 2 // of an account, on each end
)

// Policy is one account's half of an object replication policy. It takes effect while the other account has the other half.
type Policy struct {
	Account     string `json:"account"` // the one that holds this half, in lower case
	ID          string `json:"id"`
	Source      string `json:"source"`      // as it was sent: a name or a resource ID
	Destination string `json:"destination"` // likewise
	Rules       []Rule `json:"rules"`
}

// Rule replicates one container into another.
type Rule struct {
	ID                   string `json:"ruleId"`
	SourceContainer      string `json:"sourceContainer"`
	DestinationContainer string `json:"destinationContainer"`
	Filters              struct {
		PrefixMatch     []string `json:"prefixMatch,omitempty"`
		MinCreationTime string   `json:"minCreationTime,omitempty"`
	} `json:"filters"`
}

// SourceName and DestinationName are the mere names of the two accounts.
func (p Policy) SourceName() string { return lastPart(p.Source) }

// DestinationName is SourceName's other end.
func (p Policy) DestinationName() string { return lastPart(p.Destination) }

func lastPart(id string) string { return strings.ToLower(id[strings.LastIndex(id, "/")+1:]) }

// Policies returns the halves that an account holds, by ID.
func (s *Store) Policies(account string) []Policy {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.policies, func(p Policy) bool { return strings.EqualFold(p.Account, account) })
}

// replicationPolicies follows the order that the service asks for: the policy is made in the destination account under the name
// default, which gives IDs to it and its rules; then it is written, with these, into the source account. The codes of the
// refusals are this emulator's reading, for the service's are not published.
func (s *Server) replicationPolicies(q *request, storage string) *failure {
	a, f := s.findStorage(q)
	if f != nil {
		return f
	}
	if q.is(storage + "/*/objectreplicationpolicies") {
		if q.r.Method != http.MethodGet {
			return notAllowed(q)
		}
		values := []any{}
		for _, p := range s.Store.Policies(a.Name) {
			values = append(values, s.policyJSON(a, p))
		}
		reply(q.w, http.StatusOK, map[string]any{"value": values})
		return nil
	}
	id := q.path[9]
	switch q.r.Method {
	case http.MethodGet:
		for _, p := range s.Store.Policies(a.Name) {
			if strings.EqualFold(p.ID, id) {
				reply(q.w, http.StatusOK, s.policyJSON(a, p))
				return nil
			}
		}
		return resourceNotFound("Microsoft.Storage/storageAccounts/objectReplicationPolicies", a.Name+"/"+id, a.ResourceGroup)
	case http.MethodPut:
		return s.putPolicy(q, a, id)
	case http.MethodDelete:
		q.w.WriteHeader(s.Store.deletePolicy(a.Name, id))
		return nil
	}
	return notAllowed(q)
}

func (s *Store) deletePolicy(account, id string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := fold(account, id)
	if _, ok := s.policies[key]; !ok {
		return http.StatusNoContent
	}
	delete(s.policies, key)
	s.Log.Delete(kindPolicy, key)
	return http.StatusOK
}

func (s *Server) putPolicy(q *request, a StorageAccount, id string) *failure {
	var body struct {
		Properties struct {
			SourceAccount      string `json:"sourceAccount"`
			DestinationAccount string `json:"destinationAccount"`
			Rules              []Rule `json:"rules"`
		} `json:"properties"`
	}
	if f := decode(q, &body); f != nil {
		return f
	}
	p := Policy{
		Account: strings.ToLower(a.Name), ID: strings.ToLower(id), Rules: body.Properties.Rules,
		Source: body.Properties.SourceAccount, Destination: body.Properties.DestinationAccount,
	}
	f := s.checkEnds(q, a, p)
	if f == nil && p.DestinationName() == p.Account {
		f = s.completeDestination(&p)
	} else if f == nil {
		f = s.checkSource(a, p)
	}
	if f == nil {
		f = s.Store.putPolicy(p)
	}
	if f == nil {
		reply(q.w, http.StatusOK, s.policyJSON(a, p))
	}
	return f
}

func invalid(format string, args ...any) *failure {
	return fail(http.StatusBadRequest, "InvalidRequestPropertyValue", format, args...)
}

// checkEnds refuses a policy whose accounts, containers or rules cannot be.
func (s *Server) checkEnds(q *request, a StorageAccount, p Policy) *failure {
	source, foundSource := s.Store.Storage(p.SourceName())
	destination, foundDestination := s.Store.Storage(p.DestinationName())
	switch {
	case !foundSource || !foundDestination || p.SourceName() == p.DestinationName():
		return invalid("The source or the destination account does not exist, or both are the same.")
	case p.Account != p.SourceName() && p.Account != p.DestinationName():
		return invalid("The account %s is neither the source nor the destination of the policy.", a.Name)
	case len(p.Rules) == 0 || len(p.Rules) > maxRules:
		return invalid("A policy has 1 to %d rules.", maxRules)
	case a.Hierarchical:
		return fail(http.StatusConflict, "FeatureNotSupportedForAccount", "Object replication is not supported for accounts with a hierarchical namespace.")
	case !a.Versioning:
		return fail(http.StatusConflict, "BlobVersioningNotEnabled", "Versioning must be enabled on both accounts.")
	case p.Account == p.SourceName() && !a.ChangeFeed:
		return fail(http.StatusConflict, "ChangeFeedNotEnabled", "Change feed must be enabled on the source account.")
	}
	for i, rule := range p.Rules {
		if rule.SourceContainer == "" || rule.DestinationContainer == "" {
			return invalid("A rule names a source and a destination container.")
		}
		for _, other := range p.Rules[:i] {
			if other.SourceContainer == rule.SourceContainer || other.DestinationContainer == rule.DestinationContainer {
				return invalid("A container takes part in one rule only.")
			}
		}
		if s.HasContainer != nil && (!s.HasContainer(q.r.Context(), source, rule.SourceContainer) || !s.HasContainer(q.r.Context(), destination, rule.DestinationContainer)) {
			return fail(http.StatusNotFound, "ContainerNotFound", "The container %s or %s does not exist.", rule.SourceContainer, rule.DestinationContainer)
		}
	}
	return nil
}

// completeDestination gives a new policy and new rules their IDs.
func (s *Server) completeDestination(p *Policy) *failure {
	if p.ID == "default" {
		p.ID = uuid.NewString()
	} else if _, ok := s.Store.policy(p.Account, p.ID); !ok {
		return invalid("The value '%s' is not allowed for property policyId.", p.ID)
	}
	for i := range p.Rules {
		if p.Rules[i].ID == "" {
			p.Rules[i].ID = uuid.NewString()
		}
	}
	return nil
}

// checkSource holds the source's half against the destination's.
func (s *Server) checkSource(a StorageAccount, p Policy) *failure {
	other, ok := s.Store.policy(p.DestinationName(), p.ID)
	if !ok {
		return invalid("The policy '%s' must be configured on the destination account first; account %s is the source.", p.ID, a.Name)
	}
	known := map[string]Rule{}
	for _, rule := range other.Rules {
		known[rule.ID] = rule
	}
	for _, rule := range p.Rules {
		if r, ok := known[rule.ID]; !ok || r.SourceContainer != rule.SourceContainer || r.DestinationContainer != rule.DestinationContainer {
			return invalid("The rule '%s' is not the destination account's.", rule.ID)
		}
	}
	return nil
}

func (s *Store) policy(account, id string) (Policy, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.policies[fold(account, id)]
	if !ok {
		return Policy{}, false
	}
	return *p, true
}

func (s *Store) putPolicy(p Policy) *failure {
	s.mu.Lock()
	defer s.mu.Unlock()
	sources, destinations := 0, 0
	for _, other := range s.policies {
		if other.Account != p.Account || other.ID == p.ID {
			continue
		}
		if other.SourceName() == p.SourceName() && other.DestinationName() == p.DestinationName() {
			return fail(http.StatusConflict, "ObjectReplicationPolicyAlreadyExists", "There is a policy for this source and this destination account already.")
		}
		if other.SourceName() == p.Account {
			sources++
		} else {
			destinations++
		}
	}
	if isSource := p.SourceName() == p.Account; isSource && sources >= maxPolicies || !isSource && destinations >= maxPolicies {
		return fail(http.StatusConflict, "ObjectReplicationPolicyLimitExceeded", "An account is the source, and likewise the destination, of %d policies at most.", maxPolicies)
	}
	s.policies[fold(p.Account, p.ID)] = &p
	s.Log.Put(kindPolicy, fold(p.Account, p.ID), p)
	return nil
}

func (s *Server) policyJSON(a StorageAccount, p Policy) map[string]any {
	rules := append([]Rule{}, p.Rules...)
	sort.Slice(rules, func(i, j int) bool { return rules[i].ID < rules[j].ID })
	return map[string]any{
		"id": s.Store.StorageID(a) + "/objectReplicationPolicies/" + p.ID, "name": p.ID, "type": "Microsoft.Storage/storageAccounts/objectReplicationPolicies",
		"properties": map[string]any{
			"policyId": p.ID, "sourceAccount": p.Source, "destinationAccount": p.Destination, "rules": rules,
		},
	}
}
