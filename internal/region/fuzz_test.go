package region

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"testing"
)

// A name means one region however it is written, and suggestions are regions.
func FuzzNormalize(f *testing.F) {
	for _, seed := range []string{"West US 2", "westus2", "WESTUS2\u00a0", "(Europe) West Europe", "\u0130", "", "germany west central", "westus22"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		normal := Normalize(name)
		if again := Normalize(normal); again != normal {
			t.Errorf("%q is %q, and that is %q", name, normal, again)
		}
		found, ok := Lookup(name)
		if other, same := Lookup(normal); same != ok || other != found {
			t.Errorf("%q and %q are not the same", name, normal)
		}
		if ok && (found.Name != normal || found.Pair == found.Name) {
			t.Errorf("%q is %+v", name, found)
		}
		for _, near := range Suggest(name) {
			if _, ok := Lookup(near); !ok {
				t.Errorf("%q suggests %q", name, near)
			}
		}
	})
}

// An answer closes a gate by itself only if it is the gateway's 403; everything
// below 500 is a sign of life.
func FuzzProof(f *testing.F) {
	f.Add(uint16(403), "", []byte(`{"statusCode":403,"message":"Quota"}`))
	f.Add(uint16(403), "", []byte(`{"Message":"no","StatusCode":403}`))
	f.Add(uint16(403), "", []byte(`{"message":"no","statusCode":"403"}`))
	f.Add(uint16(403), "AuthorizationFailure", []byte(`<Error/>`))
	f.Add(uint16(500), "CannotVerifyCopySource", []byte(nil))
	f.Add(uint16(503), "ServerBusy", []byte(nil))
	f.Add(uint16(502), "", []byte("\xff"))
	f.Fuzz(func(t *testing.T, status uint16, code string, body []byte) {
		if status < 200 || status > 599 {
			status = 200 + status%400
		}
		resp := &http.Response{StatusCode: int(status), Header: http.Header{"X-Ms-Error-Code": {code}}, Body: io.NopCloser(bytes.NewReader(body))}
		got := judgeResponse(resp, false)
		var fields map[string]any
		gateway := status == http.StatusForbidden && json.Unmarshal(body, &fields) == nil && fields["statusCode"] == 403.0
		switch {
		case got.dead() && !gateway:
			t.Errorf("%d %q %q closes the gate", status, code, body)
		case status < 500 && !got.dead() && got.verdict != alive:
			t.Errorf("%d %q is no sign of life", status, body)
		case got.verdict != alive && got.proof == nil, !slices.Contains([]verdict{alive, strike, dead, busy}, got.verdict):
			t.Errorf("%d: %+v", status, got)
		}
		if other := judgeResponse(resp, true); other.dead() || other.verdict == alive || other.foreign() != (got.verdict == alive || got.dead()) {
			t.Errorf("%d of somebody else: %+v", status, other)
		}
		if left, err := io.ReadAll(resp.Body); err != nil || !bytes.Equal(left, body) {
			t.Errorf("the body is lost: %q, %v", left, err)
		}
	})
}
