package arm

import (
	"net/http"
	"strings"
)

func (s *Server) storageAccounts(q *request, storage string) *failure {
	method := q.r.Method
	switch {
	case q.is(storage+"/*") && method == http.MethodGet:
		a, f := s.findStorage(q)
		if f == nil {
			body := s.storageJSON(a)
			if strings.EqualFold(q.r.URL.Query().Get("$expand"), "geoReplicationStats") {
				s.addGeoReplicationStats(body, a)
			}
			reply(q.w, http.StatusOK, body)
		}
		return f
	case q.is(storage+"/*/listkeys") && method == http.MethodPost:
		a, f := s.findStorage(q)
		if f == nil {
			reply(q.w, http.StatusOK, map[string]any{"keys": []map[string]string{
				{"keyName": "key1", "value": a.Key, "permissions": "FULL", "creationTime": "2020-01-01T00:00:00.0000000Z"},
			}})
		}
		return f
	case q.is(storage) && method == http.MethodGet:
		return s.listStorage(q, q.path[3])
	case len(q.folded) == 5 && method == http.MethodGet:
		return s.listStorage(q, "")
	}
	return notAllowed(q)
}

func (s *Server) findStorage(q *request) (StorageAccount, *failure) {
	group, name := q.path[3], q.path[7]
	if f := s.groupExists(group); f != nil {
		return StorageAccount{}, f
	}
	a, ok := s.Store.Storage(name)
	if !ok || !strings.EqualFold(a.ResourceGroup, group) {
		return a, resourceNotFound("Microsoft.Storage/storageAccounts", name, group)
	}
	return a, nil
}

func (s *Server) listStorage(q *request, group string) *failure {
	if group != "" {
		if f := s.groupExists(group); f != nil {
			return f
		}
	}
	values := []any{}
	for _, a := range s.Store.StorageAccounts() {
		if group == "" || strings.EqualFold(a.ResourceGroup, group) {
			values = append(values, s.storageJSON(a))
		}
	}
	reply(q.w, http.StatusOK, map[string]any{"value": values})
	return nil
}

func (s *Server) storageJSON(a StorageAccount) map[string]any {
	return map[string]any{
		"id": s.Store.StorageID(a), "name": a.Name, "type": "Microsoft.Storage/storageAccounts", "location": a.Location,
		"kind": a.Kind, "sku": map[string]string{"name": a.SKU, "tier": "Standard"}, "tags": map[string]string{},
		"properties": s.storageProperties(a),
	}
}

func (s *Server) groupExists(name string) *failure {
	s.Store.mu.Lock()
	defer s.Store.mu.Unlock()
	if _, ok := s.Store.groups[fold(name)]; !ok {
		return groupNotFound(name)
	}
	return nil
}

func (s *Server) groups(q *request, group string) *failure {
	method := q.r.Method
	if q.is(group) {
		if method != http.MethodGet {
			return notAllowed(q)
		}
		s.Store.mu.Lock()
		defer s.Store.mu.Unlock()
		values := []any{}
		for _, g := range sorted(s.Store.groups, func(Group) bool { return true }) {
			values = append(values, s.groupJSON(g))
		}
		reply(q.w, http.StatusOK, map[string]any{"value": values})
		return nil
	}
	name := q.path[3]
	switch method {
	case http.MethodPut:
		return s.putGroup(q, name)
	case http.MethodHead:
		if f := s.groupExists(name); f != nil {
			q.w.WriteHeader(http.StatusNotFound)
		} else {
			q.w.WriteHeader(http.StatusNoContent)
		}
		return nil
	case http.MethodGet:
		s.Store.mu.Lock()
		defer s.Store.mu.Unlock()
		g, ok := s.Store.groups[fold(name)]
		if !ok {
			return groupNotFound(name)
		}
		reply(q.w, http.StatusOK, s.groupJSON(*g))
		return nil
	}
	return notAllowed(q)
}

func (s *Server) putGroup(q *request, name string) *failure {
	var body accountBody
	if f := decode(q, &body); f != nil {
		return f
	}
	location := normalize(body.Location)
	if location == "" {
		return fail(http.StatusBadRequest, "LocationRequired", "The location property is required for this definition.")
	}
	if f := checkTags(body.Tags); f != nil {
		return f
	}
	s.Store.mu.Lock()
	defer s.Store.mu.Unlock()
	status := http.StatusOK
	g, ok := s.Store.groups[fold(name)]
	switch {
	case !ok:
		status = http.StatusCreated
		g = &Group{Name: name, Location: location}
		s.Store.groups[fold(name)] = g
	case g.Location != location:
		return fail(http.StatusConflict, "InvalidResourceGroupLocation", "Invalid resource group location '%s'. The Resource group already exists in location '%s'.", location, g.Location)
	}
	g.Tags = body.Tags
	s.Store.Log.Put(kindGroup, fold(name), g)
	reply(q.w, status, s.groupJSON(*g))
	return nil
}

func (s *Server) groupJSON(g Group) map[string]any {
	tags := g.Tags
	if tags == nil {
		tags = map[string]string{}
	}
	return map[string]any{
		"id": s.Store.groupID(g), "name": g.Name, "type": "Microsoft.Resources/resourceGroups", "location": g.Location,
		"tags": tags, "properties": map[string]string{"provisioningState": StateSucceeded},
	}
}

func (s *Server) subscription(q *request) *failure {
	if q.r.Method != http.MethodGet {
		return notAllowed(q)
	}
	reply(q.w, http.StatusOK, map[string]any{
		"id": "/subscriptions/" + s.Store.Subscription, "subscriptionId": s.Store.Subscription, "tenantId": s.Issuer.Tenant,
		"displayName": "Emulator", "state": "Enabled",
	})
	return nil
}

func (s *Server) locations(q *request) *failure {
	if q.r.Method != http.MethodGet {
		return notAllowed(q)
	}
	values := []any{}
	for _, region := range s.Regions {
		paired := []map[string]string{}
		if region.Pair != "" {
			paired = append(paired, map[string]string{"name": region.Pair, "id": "/subscriptions/" + s.Store.Subscription + "/locations/" + region.Pair})
		}
		values = append(values, map[string]any{
			"id": "/subscriptions/" + s.Store.Subscription + "/locations/" + region.Name, "name": region.Name,
			"type": "Region", "displayName": region.DisplayName, "regionalDisplayName": region.DisplayName,
			"metadata": map[string]any{"regionType": "Physical", "regionCategory": "Recommended", "geography": region.Geography, "geographyGroup": region.Geography, "pairedRegion": paired},
		})
	}
	reply(q.w, http.StatusOK, map[string]any{"value": values})
	return nil
}
