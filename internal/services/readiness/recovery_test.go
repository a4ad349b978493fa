package readiness

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
	rules "github.com/genomics-continuity/terraform-provider-genomics/internal/readiness"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

// What the pair has noted in this run is taken as it is. Of one that somebody else
// keeps the record has the beginning, and the service the rest.
func TestHowTheLastFailoverWent(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		body := "[]"
		if query := r.URL.Query(); query.Get("$skip") == "0" && strings.Contains(query.Get("$filter"), failover.Mark("lab", 2)) {
			body = fmt.Sprintf(`[{"Id":1,"Status":20000,"CreatedDate":%q,"EndDate":%q,"Description":"[tfg:abcdefghijklmnopqrstuvwxyz][tff:%s] s"}]`,
				noon.Add(time.Minute).Format(time.RFC3339), noon.Add(time.Hour).Format(time.RFC3339), failover.Mark("lab", 2))
		}
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	record := func(active, from string) *failover.PairRecord {
		return &failover.PairRecord{Pair: "lab", Active: active, Generation: 2, At: noon, From: from, Mode: "planned"}
	}
	noted := failover.Last{From: "a", To: "b", Generation: 7, DecidedAt: noon}
	for name, tc := range map[string]struct {
		noted    *failover.Last
		record   *failover.PairRecord
		requests bool
		want     string
	}{
		"nothing is known":            {nil, nil, false, ""},
		"there was none":              {nil, record("westeurope", ""), false, ""},
		"the record is behind":        {nil, record("westus2", "westeurope"), false, ""},
		"somebody else keeps it":      {nil, record("westeurope", "westus2"), true, "westus2 → westeurope on 2026-03-01 (planned): 1 resubmitted, all accepted after 1m, all ended after 1h"},
		"it is noted, and not looked": {&noted, record("westeurope", "westus2"), false, "a → b on 2026-03-01: nobody has looked yet what it resubmitted"},
	} {
		t.Run(name, func(t *testing.T) {
			run, err := session.New(azure.Config{Environment: "public", UseMSI: true, RegionTimeout: time.Minute, AccessKeys: map[string]string{"lab": "key"}, ServiceEndpoints: map[string]string{"westeurope": server.URL}})
			if err != nil {
				t.Fatal(err)
			}
			if tc.noted != nil {
				run.NoteFailover("lab", *tc.noted)
			}
			l := &look{session: run, pair: pairModel{Name: types.StringValue("lab")}, record: tc.record}
			l.active = pairSideModel{Location: types.StringValue("westeurope"), AccountID: types.StringValue("/subscriptions/s/resourceGroups/rg/providers/Microsoft.Genomics/accounts/lab")}
			before := asked
			got := l.lastFailover(t.Context())
			told := ""
			if got != nil {
				told = got.Told()
			}
			if told != tc.want || (asked > before) != tc.requests || (l.recovery(nil).LastFailover != nil) != (got != nil) {
				t.Errorf("%q after %d requests", told, asked-before)
			}
		})
	}
}

func TestBasesOfARun(t *testing.T) {
	bases := int64(42)
	for want, run := range map[types.Int64]engine.Run{
		types.Int64Value(42): {Detail: msgenomics.Workflow{BasesProcessed: &bases}},
		types.Int64Null():    {Detail: "a task"},
	} {
		if got := basesOf(run); !got.Equal(want) {
			t.Errorf("%+v has %s", run, got)
		}
	}
	if got := basesOf(engine.Run{Detail: msgenomics.Workflow{}}); !got.IsNull() {
		t.Errorf("got %s", got)
	}
}

// A submission is held to the pair's max_data_loss as the failover itself would hold
// it, unless it accepts that.
func TestInputsThatAreTooOld(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	behind := rules.Store{Name: "reads", PendingBlobs: 1, RecoveryPoint: noon.Add(-2 * time.Hour)}
	unseen := rules.Store{Name: "reads", Unseen: "it is dark", RecoveryPoint: noon.Add(-2 * time.Hour)}
	for name, tc := range map[string]struct {
		loss, mode string
		store      rules.Store
		accept     []string
		want       string
	}{
		"within":                {"3h", "forced", behind, nil, ""},
		"beyond":                {"1h", "forced", behind, nil, "complete as of 2h ago, and 1h"},
		"in the dark":           {"1h", "forced", unseen, nil, "complete as of 2h ago, and 1h"},
		"nothing is known":      {"1h", "forced", rules.Store{Name: "reads", Unseen: "it is dark"}, nil, "nothing says how old"},
		"all is there":          {"1h", "forced", rules.Store{Name: "reads"}, nil, ""},
		"accepted":              {"1h", "forced", behind, []string{"data_loss"}, ""},
		"accepted something":    {"1h", "forced", behind, []string{"stale_runs"}, "1h"},
		"a size is the store's": {"1GiB", "forced", behind, nil, ""},
		"planned":               {"1h", "planned", behind, nil, ""},
		"another store":         {"1h", "forced", rules.Store{Name: "other", PendingBlobs: 1}, nil, ""},
	} {
		m := &planModel{}
		m.RegionPair.Failover = &pairFailoverModel{failoverModel: failoverModel{Mode: types.StringValue(tc.mode), MaxDataLoss: types.StringValue(tc.loss)}}
		job := workflowModel{InputStore: &inputStoreModel{StoreName: types.StringValue("reads")}, Accept: tc.accept}
		o := rules.Observation{Now: noon, Standby: rules.Region{Location: "westeurope"}, Stores: []rules.Store{tc.store}}
		if got := m.tooOld(job, o); (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := (&planModel{}).tooOld(workflowModel{InputStore: &inputStoreModel{}}, rules.Observation{}); got != "" {
		t.Errorf("without a limit: %q", got)
	}
}
