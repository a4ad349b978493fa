package workflow

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

const (
	labID = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Genomics/accounts/lab"
	token = "[tfg:abcdefghijklmnopqrstuvwxyz] "
)

// run is one provider run: an account in westus2 and its region's service.
type run struct {
	endpoint  string
	gates     *region.Gates
	pipelines *azure.Pipelines
	noAccount error

	mu       sync.Mutex
	requests []string
	asked    int // how often Resource Manager was asked for the account
}

func newRun(t *testing.T, body string, status int) *run {
	t.Helper()
	r := &run{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		r.requests = append(r.requests, req.Method+" "+req.URL.Path+" "+req.URL.Query().Get("$filter"))
		r.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		if skip := req.URL.Query().Get("$skip"); skip != "" && skip != "0" {
			body = "[]"
		}
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	r.endpoint = server.URL
	return r.connected(t)
}

func (r *run) connected(t *testing.T) *run {
	t.Helper()
	r.gates = region.NewGates(time.Minute)
	pipelines, err := azure.NewPipelines(azure.Config{Environment: "public", RegionTimeout: time.Minute}, r.gates)
	if err != nil {
		t.Fatal(err)
	}
	r.pipelines = pipelines
	return r
}

// dark is a run in which the region refuses connections.
func dark(t *testing.T) *run {
	t.Helper()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	return (&run{endpoint: server.URL}).connected(t)
}

func (r *run) Gate(location string) *region.Gate { return r.gates.For(location) }

func (r *run) ServiceURL(string) (string, error) { return r.endpoint, nil }

func (r *run) Account(context.Context, string) (azure.Account, error) {
	r.asked++
	return azure.Account{Location: "West US 2"}, r.noAccount
}

func (r *run) Service(account session.ServiceAccount) (*msgenomics.Client, error) {
	if account.ID != labID {
		return nil, fmt.Errorf("unexpected account %s", account.ID)
	}
	key := func(context.Context) (string, error) { return "key", nil }
	return msgenomics.New(r.endpoint, key, r.pipelines.New(r.Gate(account.Location))), nil
}

// read runs a data source with some of its arguments set.
func read[M any](t *testing.T, d datasource.DataSource, arguments map[string]any) (M, diag.Diagnostics) {
	t.Helper()
	var s datasource.SchemaResponse
	d.Schema(t.Context(), datasource.SchemaRequest{}, &s)
	kind, ok := s.Schema.Type().TerraformType(t.Context()).(tftypes.Object)
	if !ok {
		t.Fatal("the schema is no object")
	}
	raw := map[string]tftypes.Value{}
	for name, attribute := range kind.AttributeTypes {
		raw[name] = tftypes.NewValue(attribute, arguments[name])
	}
	resp := datasource.ReadResponse{State: tfsdk.State{Schema: s.Schema, Raw: tftypes.NewValue(kind, nil)}}
	d.Read(t.Context(), datasource.ReadRequest{Config: tfsdk.Config{Schema: s.Schema, Raw: tftypes.NewValue(kind, raw)}}, &resp)
	var got M
	if !resp.Diagnostics.HasError() {
		if diags := resp.State.Get(t.Context(), &got); diags.HasError() {
			t.Fatal(diags)
		}
	}
	return got, resp.Diagnostics
}

func one(t *testing.T, r *run, arguments map[string]any) (oneModel, diag.Diagnostics) {
	t.Helper()
	arguments["account_id"], arguments["workflow_id"] = labID, 10001
	return read[oneModel](t, &DataSource{source{r}}, arguments)
}

func many(t *testing.T, r *run, arguments map[string]any) (manyModel, diag.Diagnostics) {
	t.Helper()
	arguments["account_id"] = labID
	return read[manyModel](t, &ListDataSource{source{r}}, arguments)
}

func TestWorkflow(t *testing.T) {
	r := newRun(t, `{"Id":10001,"Status":50000,"CreatedDate":"2017-02-08T00:57:16.3403168+00:00","EndDate":"2017-02-08T02:57:16.3403168+02:00","FailureCode":303,
		"Message":"bad start","Description":"`+token+`NA12878","Process":"gatk4-1","BasesProcessed":"12"}`, 200)
	got, diags := one(t, r, map[string]any{})
	if diags.HasError() {
		t.Fatal(diags)
	}
	want := `{10001 "failed" "bad start" 303 true "NA12878" "abcdefghijklmnopqrstuvwxyz" "gatk4-1" 12 "2017-02-08T00:57:16Z" "2017-02-08T00:57:16Z"}`
	if text := fmt.Sprint(got.facts); text != want || got.Location.ValueString() != "westus2" || !got.Reachable.ValueBool() {
		t.Errorf("got  %s in %s\nwant %s", text, got.Location, want)
	}
	if len(r.requests) != 1 || r.requests[0] != "GET /api/workflows/10001 " {
		t.Errorf("the service saw %v", r.requests)
	}

	running := newRun(t, `{"Id":10001,"Status":10000,"CreatedDate":null,"Description":"by hand","Process":"gatk4-1"}`, 200)
	got, diags = one(t, running, map[string]any{"location": "West US 2"})
	if want := `{10001 "working" <null> <null> false "by hand" <null> "gatk4-1" <null> <null> <null>}`; diags.HasError() || fmt.Sprint(got.facts) != want {
		t.Errorf("got %v, %v", got.facts, diags)
	}
	if running.asked != 0 || got.Location.ValueString() != "West US 2" {
		t.Errorf("with a location Resource Manager was asked %d times, and it became %s", running.asked, got.Location)
	}
}

func TestWorkflowErrors(t *testing.T) {
	_, diags := one(t, newRun(t, `{"Message":"no such workflow"}`, 404), map[string]any{})
	if diags.ErrorsCount() != 1 || diags.Errors()[0].Summary() != "The workflow does not exist" || !strings.Contains(diags.Errors()[0].Detail(), labID+"/workflows/10001") {
		t.Errorf("not found: %v", diags)
	}
	_, diags = one(t, newRun(t, `{"statusCode":404,"message":"no such API"}`, 404), map[string]any{})
	if diags.ErrorsCount() != 1 || diags.Errors()[0].Summary() != "The workflow cannot be read" {
		t.Errorf("gateway's 404: %v", diags)
	}
	r := newRun(t, "", 200)
	r.noAccount = errors.New("no access")
	if _, diags = one(t, r, map[string]any{}); diags.ErrorsCount() != 1 || len(r.requests) != 0 {
		t.Errorf("no access to the account: %v", diags)
	}
}

// A dead region costs no error, and one warning whatever the number of readers.
func TestDarkRegion(t *testing.T) {
	r := dark(t)
	got, diags := one(t, r, map[string]any{})
	if diags.HasError() || diags.WarningsCount() != 1 || got.Reachable.ValueBool() || got.Status.ValueString() != "unknown" || got.WorkflowID.ValueInt64() != 10001 {
		t.Errorf("one: %+v, %v", got, diags)
	}
	list, diags := many(t, r, map[string]any{})
	if len(diags) != 0 || list.Reachable.ValueBool() || list.Workflows == nil || len(list.Workflows) != 0 {
		t.Errorf("many: %+v, %v", list, diags)
	}
}

func TestWorkflows(t *testing.T) {
	body := `[{"Id":4,"Status":50000,"Description":"` + token + `tumour NA1","Process":"gatk4-1"},
		{"Id":3,"Status":61000,"Description":"NA2","Process":"gatk4-1"},
		{"Id":2,"Status":20000,"Description":"NA1","Process":"snapgatk-20180730_1"},
		{"Id":1,"Status":50000,"Description":"` + token + `NA3","Process":"snapgatk-20180730_1"}]`
	for name, tt := range map[string]struct {
		arguments map[string]any
		filter    string
		want      string
	}{
		"all":           {map[string]any{}, "", "[4 3 2 1]"},
		"status":        {map[string]any{"status": "failed"}, "Status eq '50000'", "[4 1]"},
		"odd status":    {map[string]any{"status": "unknown"}, "", "[3]"},
		"name":          {map[string]any{"name": "NA1"}, "substringof('NA1', Description)", "[4 2]"},
		"not the token": {map[string]any{"name": "tfg"}, "substringof('tfg', Description)", "[]"},
		"process":       {map[string]any{"process": "snapgatk"}, "substringof('snapgatk', Process)", "[2 1]"},
		"all of them": {map[string]any{"status": "success", "name": "NA", "process": "snap"},
			"substringof('NA', Description) and substringof('snap', Process) and Status eq '20000'", "[2]"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRun(t, body, 200) // which ignores filters
			got, diags := many(t, r, tt.arguments)
			if diags.HasError() {
				t.Fatal(diags)
			}
			ids := []int64{}
			for _, w := range got.Workflows {
				ids = append(ids, w.WorkflowID.ValueInt64())
			}
			if fmt.Sprint(ids) != tt.want || !got.Reachable.ValueBool() {
				t.Errorf("got %v, want %s", ids, tt.want)
			}
			if r.requests[0] != "GET /api/workflows "+tt.filter {
				t.Errorf("the service saw %q", r.requests)
			}
		})
	}
	got, diags := many(t, newRun(t, "<html>", 200), map[string]any{})
	if diags.HasError() || diags.WarningsCount() != 1 || got.Reachable.ValueBool() || len(got.Workflows) != 0 {
		t.Errorf("a page instead of a list: %+v, %v", got, diags)
	}
	if _, diags := many(t, newRun(t, "{}", 200), map[string]any{}); diags.ErrorsCount() != 1 {
		t.Errorf("an object instead of a list: %v", diags)
	}
}

// A plan that is about to create the account has no workflows to show.
func TestWorkflowsOfAnAccountToBe(t *testing.T) {
	r := newRun(t, "[]", 200)
	header := http.Header{"Content-Type": {"application/json"}}
	r.noAccount = &azcore.ResponseError{StatusCode: 404, ErrorCode: "ResourceNotFound", RawResponse: &http.Response{
		StatusCode: http.StatusNotFound, Header: header, Body: http.NoBody, Request: httptest.NewRequestWithContext(t.Context(), http.MethodGet, labID, nil),
	}}
	got, diags := many(t, r, map[string]any{})
	if diags.HasError() || diags.WarningsCount() != 1 || got.Reachable.ValueBool() || got.Workflows == nil || !got.Location.IsNull() {
		t.Errorf("got %+v, %v", got, diags)
	}
}

func TestSchemasAreValid(t *testing.T) {
	for _, d := range []datasource.DataSource{NewDataSource(), NewListDataSource()} {
		var s datasource.SchemaResponse
		d.Schema(t.Context(), datasource.SchemaRequest{}, &s)
		if diags := s.Schema.ValidateImplementation(t.Context()); diags.HasError() {
			t.Error(diags)
		}
	}
}
