package arm

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
)

const (
	bodyLimit   = 1 << 20 // bytes of a request body
	maxTags     = 50
	maxTagName  = 512
	maxTagValue = 256
)

var accountName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{1,62}[A-Za-z0-9]$`)

// find looks the account of the path up. The caller holds the lock.
func (s *Server) find(q *request) (*Account, *failure) {
	group, name := q.path[3], q.path[7]
	if _, ok := s.Store.groups[fold(group)]; !ok {
		return nil, groupNotFound(group)
	}
	a, ok := s.Store.accounts[fold(group, name)]
	if !ok {
		return nil, resourceNotFound(accountType, name, group)
	}
	return a, nil
}

func (s *Server) accountJSON(a Account) map[string]any {
	tags := a.Tags
	if tags == nil {
		tags = map[string]string{}
	}
	return map[string]any{
		"id": s.Store.AccountID(a), "name": a.Name, "type": accountType, "location": a.Location, "tags": tags,
		"properties": map[string]string{"provisioningState": a.State},
	}
}

func (s *Server) checkAccount(name, location string, tags map[string]string) *failure {
	if !accountName.MatchString(name) {
		return fail(http.StatusBadRequest, "InvalidResourceName", "The account name '%s' is not 3 to 64 letters, digits and hyphens, beginning and ending with a letter or digit.", name)
	}
	if location == "" {
		return fail(http.StatusBadRequest, "LocationRequired", "The location property is required for this definition.")
	}
	for _, region := range s.Regions {
		if region.Name == location {
			return checkTags(tags)
		}
	}
	return fail(http.StatusBadRequest, "LocationNotAvailableForResourceType", "The provided location '%s' is not available for resource type '%s'.", location, accountType)
}

func checkTags(tags map[string]string) *failure {
	if len(tags) > maxTags {
		return fail(http.StatusBadRequest, "TooManyTags", "A resource has at most %d tags.", maxTags)
	}
	for name, value := range tags {
		if name == "" || len(name) > maxTagName || len(value) > maxTagValue {
			return fail(http.StatusBadRequest, "InvalidTagNameOrValue", "A tag's name has 1 to %d characters, its value at most %d.", maxTagName, maxTagValue)
		}
	}
	return nil
}

func decode(q *request, into any) *failure {
	if err := json.NewDecoder(io.LimitReader(q.r.Body, bodyLimit)).Decode(into); err != nil {
		return fail(http.StatusBadRequest, "InvalidRequestContent", "The request content was invalid and could not be deserialized: '%v'.", err)
	}
	return nil
}

// normalize turns "West US 2" into "westus2".
func normalize(location string) string {
	return strings.ToLower(strings.ReplaceAll(location, " ", ""))
}
