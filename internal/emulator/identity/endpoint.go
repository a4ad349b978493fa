package identity

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strconv"
)

// Path is where the token endpoint answers.
const Path = "/msi/token"

// Endpoint speaks the App Service protocol for managed identities, version
// 2019-08-01: azidentity's ManagedIdentityCredential uses it when
// IDENTITY_ENDPOINT and IDENTITY_HEADER are set.
type Endpoint struct {
	Issuer *Issuer
	Header string // the value of IDENTITY_HEADER
}

// ServeHTTP answers a token request.
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	switch {
	case r.URL.Path != Path:
		refuse(w, http.StatusNotFound, "NotFound", "no such endpoint; tokens are at "+Path)
	case r.Method != http.MethodGet:
		refuse(w, http.StatusMethodNotAllowed, "MethodNotAllowed", "ask with GET")
	case subtle.ConstantTimeCompare([]byte(r.Header.Get("X-Identity-Header")), []byte(e.Header)) != 1:
		refuse(w, http.StatusUnauthorized, "Unauthorized", "the header X-IDENTITY-HEADER is missing or wrong")
	case query.Get("api-version") != "2019-08-01":
		refuse(w, http.StatusBadRequest, "UnsupportedApiVersion", "api-version must be 2019-08-01")
	case query.Get("resource") == "":
		refuse(w, http.StatusBadRequest, "BadRequest", "the parameter resource is missing")
	default:
		e.issue(w, query.Get("resource"), query.Get("client_id"))
	}
}

func (e *Endpoint) issue(w http.ResponseWriter, resource, client string) {
	if client == "" {
		client = "00000000-0000-0000-0000-00000000e401" // the system-assigned identity
	}
	token, expires, err := e.Issuer.Issue(resource, client)
	if err != nil {
		refuse(w, http.StatusInternalServerError, "InternalError", err.Error())
		return
	}
	write(w, http.StatusOK, map[string]string{
		"access_token": token,
		"client_id":    client,
		"expires_on":   strconv.FormatInt(expires.Unix(), 10),
		"not_before":   strconv.FormatInt(e.Issuer.Now().Unix(), 10),
		"resource":     resource,
		"token_type":   "Bearer",
	})
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	write(w, status, map[string]any{"statusCode": status, "code": code, "message": message})
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may be gone, which is no matter here
}
