package emulator

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/workflows"
)

func TestCancellations(t *testing.T) {
	l := newLab(t, Config{HoldJobs: true})
	task, run := l.submitTask(west, "c"), l.submitRun(west, "c", nil, 200)
	l.faces(west, `{"tes":{"cancel_conflicts":1}}`)
	l.tes("POST", west, "/tasks/"+task+":cancel", "", 409)
	for range 2 { // of a task that has ended it is fine as well
		l.tes("POST", west, "/tasks/"+task+":cancel", "", 200)
		l.untilState(l.tasksOf(west), task, "CANCELED")
	}
	l.tes("POST", west, "/tasks/tes-7:cancel", "", 404)
	l.wes("POST", west, "/runs/"+run+"/cancel", 200)
	l.untilState(l.runsOf(west), run, "CANCELED")
	l.wes("POST", west, "/runs/"+run+"/cancel", 403)
	l.wes("POST", west, "/runs/wes-7/cancel", 404)
}

func TestFacesAskForCredentials(t *testing.T) {
	l := newLab(t, Config{})
	for name, c := range map[string]struct{ settings, good string }{
		"basic":  {`{"auth":{"mode":"basic","username":"lab","password":"s3cret"}}`, "Basic bGFiOnMzY3JldA=="},
		"bearer": {`{"auth":{"mode":"bearer","token":"t0ken"}}`, "Bearer t0ken"},
		"entra":  {`{"auth":{"mode":"entra","audience":"api://tes"}}`, "Bearer " + l.token("api://tes")},
	} {
		t.Run(name, func(*testing.T) {
			l.faces(west, c.settings)
			for _, base := range []string{l.Ready().Regions[west].TES, l.Ready().Regions[west].WES} {
				l.must("GET", base+"/service-info", map[string]string{"Authorization": c.good}, "", 200)
				l.must("GET", base+"/service-info", nil, "", 401)
				for _, bad := range []string{"Basic bGFiOm5v", "Bearer no", "Bearer " + l.token("api://other")} {
					l.must("GET", base+"/service-info", map[string]string{"Authorization": bad}, "", 401)
				}
			}
		})
	}
	for _, secret := range []string{"s3cret", "bGFiOnMzY3JldA==", "t0ken"} {
		if !strings.Contains(l.admin("GET", "/admin/secrets", "").body, `"`+secret+`"`) {
			t.Errorf("%s was not remembered", secret)
		}
	}
}

func TestAnOutageRestartsTasksOrLeavesThemRunningForEver(t *testing.T) {
	for _, stuck := range []bool{false, true} {
		t.Run(fmt.Sprintf("stuck %v", stuck), func(t *testing.T) {
			dir := t.TempDir()
			l := newLab(t, Config{HoldJobs: true, StateDir: dir})
			l.faces(west, fmt.Sprintf(`{"tes":{"stuck_running":%[1]v},"wes":{"stuck_running":%[1]v}}`, stuck))
			task, run := l.submitTask(west, "o"), l.submitRun(west, "o", nil, 200)
			l.untilState(l.tasksOf(west), task, "RUNNING")
			l.untilState(l.runsOf(west), run, "RUNNING")
			l.admin("POST", "/admin/regions/westus2/down", "")
			l.admin("POST", "/admin/release", "")
			l.admin("POST", "/admin/regions/westus2/up", "")
			if !stuck {
				l.untilState(l.tasksOf(west), task, "COMPLETE")
				l.untilState(l.runsOf(west), run, "COMPLETE")
				if runs := l.Runs(west, token, ""); runs[0].Restarts != 1 || runs[1].Restarts != 1 {
					t.Errorf("the ledger: %+v", runs)
				}
				return
			}
			// A restart of the emulator changes nothing for them either.
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			l.start(Config{StateDir: dir, BlobStore: l.config.BlobStore})
			for _, r := range l.Runs(west, token, "") {
				if !r.Stuck || r.Status != workflows.InProgress || r.Attempts != 1 {
					t.Errorf("the ledger: %+v", r)
				}
			}
			l.tes("POST", west, "/tasks/"+task+":cancel", "", 200)
			l.untilState(l.tasksOf(west), task, "CANCELED")
			l.wes("POST", west, "/runs/"+run+"/cancel", 200)
			l.untilState(l.runsOf(west), run, "CANCELED")
		})
	}
}

func TestWithoutQuotaTasksInitialize(t *testing.T) {
	l := newLab(t, Config{})
	l.faces(west, `{"tes":{"no_quota":true},"wes":{"no_quota":true}}`)
	task, run := l.submitTask(west, "q"), l.submitRun(west, "q", nil, 200)
	l.untilState(l.tasksOf(west), task, "INITIALIZING")
	l.untilState(l.runsOf(west), run, "INITIALIZING")
	l.faces(west, `{"tes":{"no_quota":false},"wes":{"no_quota":false}}`)
	l.untilState(l.tasksOf(west), task, "COMPLETE")
	l.untilState(l.runsOf(west), run, "COMPLETE")
}

func TestStatesCanBeForced(t *testing.T) {
	l := newLab(t, Config{HoldJobs: true})
	id := l.submitTask(west, "f")
	for _, word := range []string{"PAUSED", "QUEUED", "PREEMPTED", "INITIALIZING", "RUNNING", "EXECUTOR_ERROR", "SYSTEM_ERROR", "UNKNOWN", "NEW_WORD", "CANCELED", "COMPLETE"} {
		l.admin("POST", "/admin/runs/westus2/10001", `{"state":"`+word+`","message":"m"}`)
		l.untilState(l.tasksOf(west), id, word)
	}
	l.admin("POST", "/admin/runs/westus2/10001", `{"forget":true}`)
	l.tes("GET", west, "/tasks/"+id, "", 404)
}

func TestFacesSitWhereTheyAreTold(t *testing.T) {
	l := newLab(t, Config{})
	l.faces(west, `{"tes":{"prefix":"/lab/v1"}}`)
	if ready := l.Ready().Regions[west]; !strings.HasSuffix(ready.TES, "/lab/v1") {
		t.Errorf("ready: %+v", ready)
	}
	l.tes("GET", west, "/tasks", "", 200)
	l.must("GET", l.Ready().Regions[west].Service+"/ga4gh/tes/v1/tasks", map[string]string{"Ocp-Apim-Subscription-Key": l.keys[west]}, "", 404)
	for _, bad := range []string{
		`{"tes":{"prefix":"x"}}`, `{"tes":{"prefix":"/api/x"}}`, `{"tes":{"prefix":"/ga4gh/wes/v1"}}`, `{"auth":{"mode":"x"}}`, `{"wes":{"version":"2.0"}}`,
		`{"wes":{"submit_status":202}}`, `{"tes":{"max_page":0}}`, `{"tes":{"cancel_conflicts":-1}}`, `{"tes":{"refuse_status":200}}`, `{"nonsense":1}`,
	} {
		l.must("PUT", l.Ready().Admin+"/admin/regions/westus2/faces", nil, bad, http.StatusBadRequest)
	}
	l.must("PUT", l.Ready().Admin+"/admin/regions/x/faces", nil, "", http.StatusBadRequest)
	if got := l.admin("GET", "/admin/regions/westus2/faces", "").body; !strings.Contains(got, "/lab/v1") {
		t.Errorf("settings: %s", got)
	}
	if got := l.admin("DELETE", "/admin/regions/westus2/faces", "").body; strings.Contains(got, "/lab/v1") {
		t.Errorf("the defaults: %s", got)
	}
}

func TestTasksGoNowhereButToTheDoors(t *testing.T) {
	l := newLab(t, Config{})
	elsewhere := url.URL{Scheme: "http", Host: "127.0.0.1:1", Path: "/emuwestus2/inputs/s_1.fq", RawQuery: "sv=1&sig=x"}
	body := strings.Replace(l.task(west, "n"), strings.ReplaceAll(l.url(west, "inputs/s_1.fq", "r"), "&", `\u0026`), strings.ReplaceAll(elsewhere.String(), "&", `\u0026`), 1)
	if !strings.Contains(body, "127.0.0.1:1/") {
		t.Fatal("nothing was replaced")
	}
	var created struct{ ID string }
	l.tes("POST", west, "/tasks", body, 200).decode(t, &created)
	l.untilState(l.tasksOf(west), created.ID, "COMPLETE")

	missing := strings.Replace(l.task(west, "n"), "inputs/s_2.fq", "inputs/none.fq", 1)
	l.tes("POST", west, "/tasks", missing, 200).decode(t, &created)
	l.untilState(l.tasksOf(west), created.ID, "SYSTEM_ERROR")
	cut := strings.Replace(l.task(west, "n"), "inputs/s_1.fq", "inputs/cut_1.fq", 1)
	l.tes("POST", west, "/tasks", cut, 200).decode(t, &created)
	l.untilState(l.tasksOf(west), created.ID, "EXECUTOR_ERROR")
}
