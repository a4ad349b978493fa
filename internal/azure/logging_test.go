package azure

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/hashicorp/terraform-plugin-log/tflogtest"
)

// exchange sends one request with a log attached and returns the log's lines.
func exchange(t *testing.T, p *Pipelines, method, location, contentType, body string, header http.Header) []map[string]any {
	t.Helper()
	var out bytes.Buffer
	ctx := tflogtest.RootLogger(t.Context(), &out)
	req, err := runtime.NewRequest(ctx, method, location)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		req.Raw().Header[name] = values
	}
	if body != "" {
		if err := req.SetBody(streaming.NopCloser(strings.NewReader(body)), contentType); err != nil {
			t.Fatal(err)
		}
	}
	if resp, err := p.New(p.gates.For("westus2")).Do(req); err == nil {
		_ = resp.Body.Close()
	}
	lines, err := tflogtest.MultilineJSONDecode(&out)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func field(lines []map[string]any, message, name string) string {
	for _, line := range lines {
		if line["@message"] == message {
			text, _ := line[name].(string)
			return text
		}
	}
	return "(no such line)"
}

func TestTheLogShowsWhatHappenedAndNoSecret(t *testing.T) {
	const signature = "hunter2%2Bhunter2%3D"
	s := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Ms-Request-Id", "request-1")
		w.Header().Set("Set-Cookie", "session=hunter2")
		reply(w, http.StatusOK, `{"Id":7,"Message":"literal-secret","Echo":"https://a.example/b?sv=1&sig=`+signature+`"}`)
	})
	p := pipelinesFor(t, "")
	p.Secret("literal-secret")
	lines := exchange(t, p, http.MethodPost, s.URL+"/api/workflows?api-version=1&code=hunter2&%24filter=substringof('x'%2CDescription)", "application/json",
		`{"InputArgs":{"BLOBNAMES_WITH_SAS":"s_1.fq.gz?sv=1\u0026sig=`+signature+`,"},"OutputArgs":{"CONTAINER_SAS":"sv=1\u0026sr=c\u0026sig=`+signature+`"}}`,
		http.Header{
			"Authorization":             {"Bearer hunter2hunter2"},
			"Ocp-Apim-Subscription-Key": {"hunter2hunter2"},
			"X-Ms-Copy-Source":          {"https://a.example/b?sv=1&sig=" + signature},
		})
	for _, line := range lines {
		for name, value := range line {
			if text, ok := value.(string); ok && (strings.Contains(text, "hunter2") || strings.Contains(text, "literal-secret")) {
				t.Errorf("%s: %s", name, text)
			}
		}
	}
	for _, want := range []struct{ message, name, text string }{
		{"Sending request", "method", "POST"},
		{"Sending request", "url", "/api/workflows?$filter=substringof('x',Description)&api-version=1&code=***"},
		{"Sending request", "headers", "Ocp-Apim-Subscription-Key: ***"},
		{"Sending request", "headers", "Content-Type: application/json"},
		{"Sending request", "body", "BLOBNAMES_WITH_SAS"},
		{"Received response", "headers", "X-Ms-Request-Id: request-1"},
		{"Received response", "body", `"Id":7`},
	} {
		if got := field(lines, want.message, want.name); !strings.Contains(got, want.text) {
			t.Errorf("%s, %s: %q lacks %q", want.message, want.name, got, want.text)
		}
	}
	if got := s.saw(); len(got) != 1 || !strings.Contains(got[0].body, signature) || got[0].header.Get("X-Ms-Copy-Source") == "" {
		t.Errorf("logging changed the request: %+v", got)
	}
}

func TestBodiesOfKeysAndOfDataAreNotLogged(t *testing.T) {
	for _, tc := range []struct{ path, contentType, want string }{
		{"/subscriptions/s/providers/Microsoft.Storage/storageAccounts/a/listKeys", "application/json", "(secret)"},
		{"/subscriptions/s/providers/Microsoft.Genomics/accounts/a/regenerateKey/", "application/json", "(secret)"},
		{"/container/reads.fq.gz", "application/octet-stream", "(not text)"},
	} {
		s := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", tc.contentType)
			_, _ = w.Write([]byte(`{"a":"hunter2"}`))
		})
		lines := exchange(t, pipelinesFor(t, ""), http.MethodPut, s.URL+tc.path, tc.contentType, `{"b":"hunter2"}`, nil)
		for _, message := range []string{"Sending request", "Received response"} {
			if got := field(lines, message, "body"); got != tc.want {
				t.Errorf("%s: %s: %q", tc.path, message, got)
			}
		}
	}
}

func TestALongBodyIsShortenedAfterMasking(t *testing.T) {
	p := pipelinesFor(t, "")
	// The signature lies across the place where the text is cut.
	text := strings.Repeat("x ", maxLoggedBody/4-4) + "sv=1&sig=" + strings.Repeat("hunter2", 20) + " " + strings.Repeat("y ", maxLoggedBody)
	got := p.cut([]byte(text))
	if strings.Contains(got, "hunter2") || len(got) > maxLoggedBody || !strings.HasSuffix(got, "(shortened)") {
		t.Errorf("%d bytes, ending in %q", len(got), got[len(got)-60:])
	}
}

func TestAFailureIsLogged(t *testing.T) {
	s := serve(t, always(http.StatusOK, ""))
	s.Close()
	lines := exchange(t, pipelinesFor(t, ""), http.MethodGet, s.URL+"/?sv=1&sig=hunter2", "", "", nil)
	got := field(lines, "Request failed", "error")
	if !strings.Contains(got, "refused") || strings.Contains(got, "hunter2") {
		t.Errorf("got %q", got)
	}
}

func TestStreamedBodiesAreLeftAlone(t *testing.T) {
	s := serve(t, always(http.StatusOK, `{"a":1}`))
	var out bytes.Buffer
	req, err := runtime.NewRequest(tflogtest.RootLogger(t.Context(), &out), http.MethodGet, s.URL)
	if err != nil {
		t.Fatal(err)
	}
	runtime.SkipBodyDownload(req)
	p := pipelinesFor(t, "")
	resp, err := p.New(nil, policyFunc(func(req *policy.Request) (*http.Response, error) { return req.Next() })).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if !strings.Contains(out.String(), "(streamed)") {
		t.Errorf("got %s", out.String())
	}
}
