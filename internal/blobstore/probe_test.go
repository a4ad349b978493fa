package blobstore

import (
	"net/http"
	"strings"
	"testing"
)

func TestTryTellsARefusalFromAFailure(t *testing.T) {
	for _, row := range []struct {
		what   string
		answer func(w http.ResponseWriter, r *http.Request)
		denied string
		fails  bool
	}{
		{"all allowed, nothing there", func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPut {
				refuse(w, http.StatusPreconditionFailed, "ConditionNotMet")
				return
			}
			refuse(w, http.StatusNotFound, "BlobNotFound")
		}, "", false},
		{"deleting refused", func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodDelete {
				refuse(w, http.StatusForbidden, "AuthorizationPermissionMismatch")
				return
			}
			refuse(w, http.StatusNotFound, "BlobNotFound")
		}, "delete", false},
		{"deleting forbidden by a policy", func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodDelete {
				refuse(w, http.StatusConflict, "BlobImmutableDueToPolicy")
				return
			}
			refuse(w, http.StatusNotFound, "BlobNotFound")
		}, "delete", false},
		{"another conflict", func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusConflict, "LeaseIdMissing") }, "", true},
		{"something else", func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusBadRequest, "InvalidUri") }, "", true},
		// A proxy's 403 is not the service's.
		{"somebody else's answer", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, "", true},
	} {
		t.Run(row.what, func(t *testing.T) {
			c := serve(t, row.answer)
			probes, err := c.Try(t.Context(), "probe", "sv=1&sig=secret", false)
			if (err != nil) != row.fails {
				t.Fatal(err)
			}
			var denied []string
			for _, p := range probes {
				if p.Denied != nil {
					denied = append(denied, string(p.Permission))
				}
			}
			if got := strings.Join(denied, ","); got != row.denied {
				t.Errorf("denied %q, want %q", got, row.denied)
			}
		})
	}
}

func TestTryWritesUnderAConditionThatCannotHold(t *testing.T) {
	var condition string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			condition = r.Header.Get("If-Match")
		}
		refuse(w, http.StatusNotFound, "BlobNotFound")
	})
	if _, err := c.Try(t.Context(), "probe", "sv=1&sig=secret", false); err != nil {
		t.Fatal(err)
	}
	if condition != `"`+noSuchTag+`"` {
		t.Errorf("written under %q", condition)
	}
}
