package arm

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/identity"
)

// Genomics' only API version.
const genomicsVersion = "2017-08-01-preview"

// Audiences are the resources whose tokens Resource Manager accepts, in all
// clouds, without a slash at their end.
var Audiences = []string{
	"https://management.azure.com", "https://management.core.windows.net",
	"https://management.usgovcloudapi.net", "https://management.core.usgovcloudapi.net",
	"https://management.chinacloudapi.cn", "https://management.core.chinacloudapi.cn",
}

var versionForm = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(-preview|-alpha|-beta|-privatepreview)?$`)

// Region is a region as the subscription's locations show it.
type Region struct {
	Name, DisplayName, Geography, Pair string
}

// Server is Resource Manager over HTTP.
type Server struct {
	Store   *Store
	Issuer  *identity.Issuer
	Regions []Region
	// BlobEndpoint returns the URL of a storage account's blob service.
	BlobEndpoint func(StorageAccount) string
	// SecondaryEndpoint is the same for the replica that can be read; empty where there is none.
	SecondaryEndpoint func(StorageAccount) string
	// HasContainer reports whether an account has a container; nil takes every one for there.
	HasContainer func(ctx context.Context, a StorageAccount, name string) bool
	Now          func() time.Time
	// Backlog is what the metrics of object replication say; nil or giving nil means that nothing is measured.
	Backlog func() *Backlog
	// RetryAfterMilliseconds is what a long-running operation asks its client to wait.
	RetryAfterMilliseconds int
}

// request is one authorized request, its path cut into pieces.
type request struct {
	w      http.ResponseWriter
	r      *http.Request
	path   []string // as sent
	folded []string // in lower case: Resource Manager's paths ignore case
}

// is reports whether the path has this form; a star stands for any one piece.
func (q *request) is(pattern string) bool {
	want := strings.Split(pattern, "/")
	if len(want) != len(q.folded) {
		return false
	}
	for i, piece := range want {
		if piece != "*" && piece != q.folded[i] {
			return false
		}
	}
	return true
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.traceHeaders(w, r)
	trimmed := strings.Trim(r.URL.Path, "/")
	q := &request{w: w, r: r, path: strings.Split(trimmed, "/"), folded: strings.Split(strings.ToLower(trimmed), "/")}
	if f := s.check(q); f != nil {
		if f.status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Bearer authorization_uri="https://login.windows.net/`+s.Issuer.Tenant+`", error="invalid_token"`)
		}
		f.write(w)
		return
	}
	if f := s.route(q); f != nil {
		f.write(w)
	}
}

func (s *Server) traceHeaders(w http.ResponseWriter, r *http.Request) {
	correlation := r.Header.Get("x-ms-correlation-request-id")
	if correlation == "" {
		correlation = uuid.NewString()
	}
	w.Header().Set("x-ms-correlation-request-id", correlation)
	if strings.EqualFold(r.Header.Get("x-ms-return-client-request-id"), "true") {
		w.Header().Set("x-ms-client-request-id", r.Header.Get("x-ms-client-request-id"))
	}
	w.Header().Set("Cache-Control", "no-cache")
}

func (s *Server) check(q *request) *failure {
	scheme, token, _ := strings.Cut(q.r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return fail(http.StatusUnauthorized, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
	}
	s.Store.Vault.Add("token", "authorization header", token)
	switch err := s.Issuer.Verify(token, Audiences); {
	case errors.Is(err, identity.ErrAudience):
		return fail(http.StatusUnauthorized, "InvalidAuthenticationTokenAudience", "The access token has been obtained for wrong audience or resource. It should exactly match with one of the allowed audiences '%s'.", strings.Join(Audiences[:2], "','"))
	case errors.Is(err, identity.ErrExpired):
		return fail(http.StatusUnauthorized, "ExpiredAuthenticationToken", "The access token expiry UTC time is earlier than current UTC time.")
	case err != nil:
		return fail(http.StatusUnauthorized, "InvalidAuthenticationToken", "The access token is invalid.")
	}
	version := q.r.URL.Query().Get("api-version")
	if version == "" {
		return fail(http.StatusBadRequest, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests.")
	}
	if !versionForm.MatchString(version) {
		return fail(http.StatusBadRequest, "InvalidApiVersionParameter", "The api-version '%s' is invalid.", version)
	}
	if len(q.folded) >= 2 && q.folded[0] == "subscriptions" && !strings.EqualFold(q.path[1], s.Store.Subscription) {
		return fail(http.StatusNotFound, "SubscriptionNotFound", "The subscription '%s' could not be found.", q.path[1])
	}
	return nil
}

func (s *Server) route(q *request) *failure {
	const (
		group   = "subscriptions/*/resourcegroups"
		generic = group + "/*/providers/microsoft.genomics/accounts"
		storage = group + "/*/providers/microsoft.storage/storageaccounts"
	)
	switch {
	case len(q.folded) > 4 && strings.Contains(strings.Join(q.folded, "/"), "/providers/microsoft.genomics/"):
		if version := q.r.URL.Query().Get("api-version"); version != genomicsVersion {
			return fail(http.StatusBadRequest, "NoRegisteredProviderFound", "No registered resource provider found for API version '%s' and type 'accounts'. The supported api-versions are '%s'.", version, genomicsVersion)
		}
		return s.genomics(q, generic)
	case q.is(storage), q.is(storage + "/*"), q.is(storage + "/*/listkeys"), q.is("subscriptions/*/providers/microsoft.storage/storageaccounts"):
		return s.storageAccounts(q, storage)
	case q.is(storage + "/*/blobservices/default"):
		return s.blobService(q)
	case q.is(storage + "/*/objectreplicationpolicies"), q.is(storage + "/*/objectreplicationpolicies/*"):
		return s.replicationPolicies(q, storage)
	case q.is(storage + "/*/objectreplicationpolicies/*/providers/microsoft.insights/metrics"):
		return s.metrics(q)
	case q.is(group), q.is(group + "/*"):
		return s.groups(q, group)
	case q.is("subscriptions/*/locations"):
		return s.locations(q)
	case q.is("subscriptions/*"):
		return s.subscription(q)
	}
	return fail(http.StatusNotFound, "InvalidResourceType", "The resource type could not be found for the path '%s'.", q.r.URL.Path)
}

func notAllowed(q *request) *failure {
	return fail(http.StatusMethodNotAllowed, "HttpMethodNotAllowed", "The requested resource does not support http method '%s'.", q.r.Method)
}
