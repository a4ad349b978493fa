package emulator

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/fault"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/journal"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/workflows"
)

func TestOutageFailsJobsAndTheReturnRestartsThem(t *testing.T) {
	for _, mode := range []fault.Mode{fault.Refused, fault.Blackhole, fault.Error500, fault.Gateway403} {
		t.Run(string(mode), func(t *testing.T) {
			l := newLab(t, Config{})
			done := l.submit(west, "done", "done", "s_1.fq")
			l.await(west, done, workflows.Succeeded)
			broken := l.submit(west, "broken", "broken", "cut_1.fq")
			l.await(west, broken, workflows.Failed)
			l.admin("POST", "/admin/hold", "")
			running := l.submit(west, "running", "running", "s_1.fq")
			other := l.submit(europe, "running", "running", "s_1.fq")
			l.await(west, running, workflows.InProgress)
			l.await(europe, other, workflows.InProgress)

			l.admin("PUT", "/admin/regions/westus2/fault", `{"mode":"`+string(mode)+`"}`)
			if run := l.run(west, running); run.Status != workflows.Failed || run.FailureCode != workflows.CodeOutage || run.Ended == nil {
				t.Errorf("in the outage: %+v", run)
			}
			l.admin("POST", "/admin/regions/westus2/up", "")
			// No moment in between is visible: the first answer is the restarted run.
			a, err := l.ask("GET", west, "/api/workflows?$filter=substringof('running',Description)", "")
			if err != nil || strings.Contains(a.body, "50000") || !strings.Contains(a.body, `"EndDate":null`) {
				t.Errorf("after the return: %s %v", a.body, err)
			}
			l.admin("POST", "/admin/release", "")
			run := l.await(west, running, workflows.Succeeded)
			if run.ID != running || run.Restarts != 1 || run.Attempts != 2 {
				t.Errorf("restarted: %+v", run)
			}
			if l.run(west, broken).Restarts != 0 || l.run(west, done).Restarts != 0 {
				t.Error("a job that had ended was restarted")
			}
			if got := l.await(europe, other, workflows.Succeeded); got.Restarts != 0 {
				t.Errorf("the other region: %+v", got)
			}
		})
	}
}

func TestCancelledJobsStayCancelledThroughAnOutage(t *testing.T) {
	l := newLab(t, Config{HoldJobs: true, CancelDelay: 1 << 40})
	id := l.submit(west, "c", "c", "s_1.fq")
	l.await(west, id, workflows.InProgress)
	a, err := l.ask("DELETE", west, "/api/workflows/10001", "")
	if err != nil || a.status != 200 || !strings.Contains(a.body, `"Status":58000`) {
		t.Fatalf("%d %s %v", a.status, a.body, err)
	}
	l.admin("POST", "/admin/regions/westus2/down", `{"mode":"blackhole"}`)
	l.admin("POST", "/admin/regions/westus2/up", "")
	if run := l.run(west, id); run.Status != workflows.Cancelled || run.Restarts != 0 {
		t.Errorf("after the return: %+v", run)
	}
}

func TestStorageGoesDownAloneOrWithItsRegion(t *testing.T) {
	l := newLab(t, Config{})
	l.admin("PUT", "/admin/regions/westus2/fault", `{"mode":"error503","scope":"storage"}`)
	id := l.submit(west, "s", "s", "s_1.fq")
	if run := l.await(west, id, workflows.Failed); run.FailureCode != workflows.CodeStorage {
		t.Errorf("with its storage down: %+v", run)
	}
	l.admin("POST", "/admin/regions/westus2/up", "")
	if run := l.await(west, id, workflows.Succeeded); run.Restarts != 1 {
		t.Errorf("after the return: %+v", run)
	}
}

func TestCopiesThroughTheDoors(t *testing.T) {
	l := newLab(t, Config{})
	doors := l.Ready().Regions
	source := doors[west].Blob + "/emuwestus2/inputs/s_1.fq?sv=1&sig=source%3D"
	target := doors[europe].Blob + "/emuwesteurope/inputs/new?sv=1&sig=t"
	l.must("PUT", target, map[string]string{"x-ms-copy-source": source}, "", 202)
	if want := strings.TrimPrefix(doors[west].Blob, "http://"); !slices.Equal(l.blobs.hosts, []string{want}) {
		t.Errorf("the store was asked as %v, want %s", l.blobs.hosts, want)
	}
	l.admin("PUT", "/admin/regions/westus2/fault", `{"mode":"blackhole"}`)
	a := l.must("PUT", target, map[string]string{"x-ms-copy-source": source}, "", 500)
	if a.header.Get("x-ms-error-code") != "CannotVerifyCopySource" || len(l.blobs.hosts) != 1 {
		t.Errorf("from a dark region: %+v, store asked %d times", a, len(l.blobs.hosts))
	}
	entries := l.journal.Entries(journal.Filter{Region: europe, Plane: journal.PlaneStorage, Method: "PUT"}).Entries
	last := entries[len(entries)-1]
	if last.CopySourceRegion != west || strings.Contains(last.CopySource, "source%3D") {
		t.Errorf("journal: %+v", last)
	}
	l.must("GET", doors[europe].Blob+"/emuwestus2/inputs/s_1.fq?sv=1&sig=t", nil, "", 404) // another region's account
}

func TestLostAnswerLeavesItsJob(t *testing.T) {
	l := newLab(t, Config{})
	l.admin("POST", "/admin/regions/westus2/inject", `{"match":{"method":"POST","path_prefix":"/api/workflows"},"action":"drop_after_accept"}`)
	if _, err := l.ask("POST", west, "/api/workflows/", submission(west, "lost", "lost", "s_1.fq")); err == nil {
		t.Fatal("the answer came")
	}
	if runs := l.Runs(west, "", "lost"); len(runs) != 1 {
		t.Errorf("%d runs", len(runs))
	}
	l.admin("POST", "/admin/regions/westus2/inject", `{"match":{"method":"POST"},"action":"drop_before"}`)
	if _, err := l.ask("POST", west, "/api/workflows", submission(west, "never", "never", "s_1.fq")); err == nil {
		t.Fatal("the answer came")
	}
	if runs := l.Runs(west, "", "never"); len(runs) != 0 {
		t.Errorf("%d runs", len(runs))
	}
}

// A proxy before a region's blob door is what Resource Manager tells clients of,
// and a copy that names it reads from that region.
func TestFrontBeforeTheBlobDoor(t *testing.T) {
	l := newLab(t, Config{})
	door := l.Ready().Regions[west].Blob
	front := "http://127.0.0.1:1"
	endpoint := func() string {
		for _, a := range l.Ready().StorageAccounts {
			if a.Location == west {
				return a.Endpoint
			}
		}
		return ""
	}
	l.admin("PUT", "/admin/regions/westus2/front", `{"blob":"`+front+`/"}`)
	if got := endpoint(); got != front+"/emuwestus2/" {
		t.Errorf("the endpoint is %s", got)
	}
	l.admin("PUT", "/admin/regions/westus2/fault", `{"mode":"error503","scope":"storage"}`)
	target := l.Ready().Regions[europe].Blob + "/emuwesteurope/inputs/new?sv=1&sig=t"
	a := l.must("PUT", target, map[string]string{"x-ms-copy-source": front + "/emuwestus2/inputs/s_1.fq?sv=1&sig=source"}, "", 500)
	if a.header.Get("x-ms-error-code") != "CannotVerifyCopySource" {
		t.Errorf("a copy from behind the front: %+v", a)
	}
	l.admin("POST", "/admin/regions/westus2/up", "")
	// Jobs do not pass it.
	if run := l.await(west, l.submit(west, "s", "s", "s_1.fq"), workflows.Succeeded); run.Restarts != 0 {
		t.Errorf("the run: %+v", run)
	}
	l.admin("PUT", "/admin/regions/westus2/front", `{}`)
	if got := endpoint(); got != door+"/emuwestus2/" {
		t.Errorf("without a front the endpoint is %s", got)
	}
	l.must("PUT", l.Ready().Admin+"/admin/regions/westus2/front", nil, `{"blob":"here"}`, 400)
}

// A run that the service has forgotten is shown in the ledger alone.
func TestForgottenRun(t *testing.T) {
	l := newLab(t, Config{HoldJobs: true})
	id := l.submit(west, "gone", "gone", "s_1.fq")
	l.await(west, id, workflows.InProgress)
	l.admin("POST", fmt.Sprintf("/admin/runs/westus2/%d", id), `{"forget":true}`)
	if run := l.run(west, id); !run.Forgotten || run.Status != workflows.Cancelled {
		t.Errorf("the ledger: %+v", run)
	}
	for method, status := range map[string]int{"GET": 404, "DELETE": 404} {
		if a, err := l.ask(method, west, fmt.Sprintf("/api/workflows/%d", id), ""); err != nil || a.status != status {
			t.Errorf("%s: %d %s %v", method, a.status, a.body, err)
		}
	}
	if a, err := l.ask("GET", west, "/api/workflows", ""); err != nil || strings.TrimSpace(a.body) != "[]" {
		t.Errorf("the listing: %s %v", a.body, err)
	}
}
