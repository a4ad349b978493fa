package arm

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

const (
	accountType  = "Microsoft.Genomics/accounts"
	asyncHeader  = "Azure-AsyncOperation"
	operationURL = "%s/subscriptions/%s/providers/Microsoft.Genomics/locations/%s/operationStatuses/%s?api-version=%s"
)

type accountBody struct {
	Location string            `json:"location"`
	Tags     map[string]string `json:"tags"`
}

func (s *Server) genomics(q *request, generic string) *failure {
	method := q.r.Method
	switch {
	case q.is("subscriptions/*/providers/microsoft.genomics/accounts") && method == http.MethodGet:
		return s.listAccounts(q, "")
	case q.is(generic) && method == http.MethodGet:
		return s.listAccounts(q, q.path[3])
	case q.is(generic + "/*"):
		switch method {
		case http.MethodGet:
			return s.getAccount(q)
		case http.MethodPut:
			return s.putAccount(q)
		case http.MethodPatch:
			return s.patchAccount(q)
		case http.MethodDelete:
			return s.deleteAccount(q)
		}
	case q.is(generic+"/*/listkeys") && method == http.MethodPost:
		return s.keys(q, "")
	case q.is(generic+"/*/regeneratekey") && method == http.MethodPost:
		return s.regenerateKey(q)
	case q.is("subscriptions/*/providers/microsoft.genomics/locations/*/operationstatuses/*") && method == http.MethodGet:
		return s.operationStatus(q)
	}
	return notAllowed(q)
}

func (s *Server) listAccounts(q *request, group string) *failure {
	s.Store.mu.Lock()
	defer s.Store.mu.Unlock()
	if _, ok := s.Store.groups[fold(group)]; !ok && group != "" {
		return groupNotFound(group)
	}
	accounts := sorted(s.Store.accounts, func(a Account) bool { return group == "" || strings.EqualFold(a.ResourceGroup, group) })
	values := []any{}
	for _, a := range accounts {
		values = append(values, s.accountJSON(a))
	}
	reply(q.w, http.StatusOK, map[string]any{"value": values})
	return nil
}

func (s *Server) getAccount(q *request) *failure {
	s.Store.touch(q.path[3], q.path[7])
	s.Store.mu.Lock()
	defer s.Store.mu.Unlock()
	a, f := s.find(q)
	if f != nil {
		return f
	}
	reply(q.w, http.StatusOK, s.accountJSON(*a))
	return nil
}

func (s *Server) putAccount(q *request) *failure {
	var body accountBody
	if f := decode(q, &body); f != nil {
		return f
	}
	group, name := q.path[3], q.path[7]
	location := normalize(body.Location)
	if f := s.checkAccount(name, location, body.Tags); f != nil {
		return f
	}
	s.Store.mu.Lock()
	defer s.Store.mu.Unlock()
	g, ok := s.Store.groups[fold(group)]
	if !ok {
		return groupNotFound(group)
	}
	key := fold(group, name)
	if a, exists := s.Store.accounts[key]; exists {
		return s.updateAccount(q, a, location, body.Tags)
	}
	for _, other := range s.Store.accounts {
		if strings.EqualFold(other.Name, name) && other.Location == location {
			return fail(http.StatusConflict, "AccountNameNotAvailable", "The account name '%s' is taken in the location '%s': it is part of the service's address space there.", name, location)
		}
	}
	s.Store.lastTenant++
	s.Store.Log.Put(kindTenant, "last", s.Store.lastTenant)
	a := &Account{
		ResourceGroup: g.Name, Name: name, Location: location, Tags: body.Tags, State: StateCreating,
		Key1: s.Store.newKey(name), Key2: s.Store.newKey(name), TenantID: s.Store.lastTenant,
	}
	s.Store.accounts[key] = a
	s.Store.Log.Put(kindAccount, key, a)
	s.announce(q, a, s.Store.begin(a, StateSucceeded))
	reply(q.w, http.StatusCreated, s.accountJSON(*a))
	return nil
}

// updateAccount is a PUT on an account that exists. The caller holds the lock.
func (s *Server) updateAccount(q *request, a *Account, location string, tags map[string]string) *failure {
	if a.Location != location {
		return fail(http.StatusConflict, "InvalidResourceLocation", "The resource '%s' already exists in location '%s' in resource group '%s'. A resource with the same name cannot be created in location '%s'.", a.Name, a.Location, a.ResourceGroup, location)
	}
	if a.State == StateDeleting {
		return fail(http.StatusConflict, "AccountIsDeleting", "The account '%s' is being deleted.", a.Name)
	}
	a.Tags = tags
	s.Store.Log.Put(kindAccount, fold(a.ResourceGroup, a.Name), a)
	reply(q.w, http.StatusOK, s.accountJSON(*a))
	return nil
}

func (s *Server) patchAccount(q *request) *failure {
	var body struct {
		Tags map[string]string `json:"tags"`
	}
	if f := decode(q, &body); f != nil {
		return f
	}
	if f := checkTags(body.Tags); f != nil {
		return f
	}
	s.Store.mu.Lock()
	defer s.Store.mu.Unlock()
	a, f := s.find(q)
	if f != nil {
		return f
	}
	if body.Tags != nil {
		a.Tags = body.Tags
		s.Store.Log.Put(kindAccount, fold(a.ResourceGroup, a.Name), a)
	}
	reply(q.w, http.StatusOK, s.accountJSON(*a))
	return nil
}

func (s *Server) deleteAccount(q *request) *failure {
	s.Store.mu.Lock()
	defer s.Store.mu.Unlock()
	if _, ok := s.Store.groups[fold(q.path[3])]; !ok {
		return groupNotFound(q.path[3])
	}
	a, f := s.find(q)
	if f != nil {
		q.w.WriteHeader(http.StatusNoContent) // deleting what is not there is done
		return nil
	}
	a.State = StateDeleting
	s.Store.Log.Put(kindAccount, fold(a.ResourceGroup, a.Name), a)
	s.announce(q, a, s.Store.begin(a, ""))
	q.w.WriteHeader(http.StatusAccepted)
	return nil
}

func (s *Server) regenerateKey(q *request) *failure {
	var body struct {
		KeyName string `json:"keyName"`
	}
	if f := decode(q, &body); f != nil {
		return f
	}
	name := strings.ToLower(body.KeyName)
	if name != "key1" && name != "key2" {
		return fail(http.StatusBadRequest, "InvalidKeyName", "keyName is key1 or key2, not '%s'.", body.KeyName)
	}
	return s.keys(q, name)
}

// keys answers listKeys and, with a key to renew, regenerateKey. No public
// schema of either exists; this is the form of Azure's other two-key accounts.
func (s *Server) keys(q *request, renew string) *failure {
	s.Store.mu.Lock()
	defer s.Store.mu.Unlock()
	a, f := s.find(q)
	if f != nil {
		return f
	}
	switch renew {
	case "key1":
		a.Key1 = s.Store.newKey(a.Name)
	case "key2":
		a.Key2 = s.Store.newKey(a.Name)
	}
	if renew != "" {
		s.Store.Log.Put(kindAccount, fold(a.ResourceGroup, a.Name), a)
	}
	reply(q.w, http.StatusOK, map[string]string{"key1": a.Key1, "key2": a.Key2})
	return nil
}

func (s *Server) operationStatus(q *request) *failure {
	id := q.path[7]
	done, found := s.Store.poll(strings.ToLower(id))
	if !found {
		return fail(http.StatusNotFound, "OperationNotFound", "The operation '%s' was not found.", id)
	}
	status := "InProgress"
	if done {
		status = "Succeeded"
	} else {
		s.retryAfter(q)
	}
	reply(q.w, http.StatusOK, map[string]any{"id": q.r.URL.Path, "name": id, "status": status})
	return nil
}

// announce tells the client where to ask for the end of an operation.
func (s *Server) announce(q *request, a *Account, id string) {
	q.w.Header().Set(asyncHeader, fmt.Sprintf(operationURL, "http://"+q.r.Host, s.Store.Subscription, a.Location, id, genomicsVersion))
	s.retryAfter(q)
}

// retryAfter sends whole seconds, as Azure does, and beside them the
// milliseconds that Azure's own clients understand and prefer.
func (s *Server) retryAfter(q *request) {
	q.w.Header().Set("Retry-After", strconv.Itoa(s.RetryAfterMilliseconds/1000))
	q.w.Header().Set("x-ms-retry-after-ms", strconv.Itoa(s.RetryAfterMilliseconds))
}
