package emulator

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/fault"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/journal"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/workflows"
)

func statuses(r workflows.Record) []int {
	var all []int
	for _, t := range r.Transitions {
		all = append(all, t.Status)
	}
	return all
}

func TestJobReadsItsInputsAndWritesItsOutputs(t *testing.T) {
	l := newLab(t, Config{})
	id := l.submit(west, "[tfg:abc123] NA12878", "NA12878", "s_1.fq")
	run := l.await(west, id, workflows.Succeeded)
	if run.Token != "abc123" || run.BasesProcessed == nil || *run.BasesProcessed != 8 || run.Attempts != 1 {
		t.Errorf("the ledger: %+v", run)
	}
	if got := statuses(run); !slices.Equal(got, []int{workflows.Queued, workflows.InProgress, workflows.Succeeded}) {
		t.Errorf("transitions %v", got)
	}
	if result := l.blobs.get("/emuwestus2/outputs/NA12878.result.json"); !contains(result, `"bases_processed": 8`) {
		t.Errorf("the result: %s", result)
	}
	raw := l.blobs.get("/emuwestus2/outputs/NA12878.logs.zip")
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range archive.File {
		names = append(names, f.Name)
	}
	if !slices.Equal(names, []string{"outputFileList.txt", "standardoutput.txt", "standarderror.txt"}) {
		t.Errorf("the logs hold %v", names)
	}
	for _, e := range l.journal.Entries(journal.Filter{Region: west, Plane: journal.PlaneStorage}).Entries {
		if e.Origin != journal.OriginJob || strings.Contains(e.Query, "put") {
			t.Errorf("journal: %+v", e)
		}
	}
}

func TestJobsFailAsDocumented(t *testing.T) {
	l := newLab(t, Config{})
	if run := l.await(west, l.submit(west, "cut", "cut", "cut_1.fq"), workflows.Failed); run.FailureCode != 300 {
		t.Errorf("a cut file: %+v", run)
	}
	if logs := l.blobs.get("/emuwestus2/outputs/cut.logs.zip"); logs == nil {
		t.Error("a failed job leaves no logs")
	}
	if run := l.await(west, l.submit(west, "missing", "m", "none_1.fq"), workflows.Failed); run.FailureCode != workflows.CodeAccess {
		t.Errorf("a missing blob: %+v", run)
	}
	l.await(west, l.submit(west, "once", "same", "s_1.fq"), workflows.Succeeded)
	before := l.blobs.get("/emuwestus2/outputs/same.result.json")
	if run := l.await(west, l.submit(west, "twice", "same", "s_1.fq"), workflows.Failed); run.FailureCode != workflows.CodeOutputExists {
		t.Errorf("OVERWRITE=false: %+v", run)
	}
	if after := l.blobs.get("/emuwestus2/outputs/same.result.json"); !bytes.Equal(before, after) {
		t.Error("the output was overwritten")
	}
}

func TestForcedTransitions(t *testing.T) {
	l := newLab(t, Config{HoldJobs: true})
	id := l.submit(west, "f", "f", "s_1.fq")
	l.await(west, id, workflows.InProgress)
	l.admin("POST", "/admin/runs/westus2/10001", `{"status":50000,"failure_code":701,"message":"forced"}`)
	if run := l.run(west, id); run.Status != workflows.Failed || run.FailureCode != 701 || run.Message != "forced" {
		t.Errorf("forced: %+v", run)
	}
	l.admin("POST", "/admin/runs/westus2/10001", `{"status":31415}`)
	if a, err := l.ask("GET", west, "/api/workflows/10001", ""); err != nil || !strings.Contains(a.body, `"Status":31415`) {
		t.Errorf("an unknown status: %s %v", a.body, err)
	}
	l.admin("POST", "/admin/runs/westus2/10001", `{"status":1000}`)
	l.await(west, id, workflows.InProgress)
	l.admin("POST", "/admin/runs/westus2/10001", `{"release":true}`)
	l.await(west, id, workflows.Succeeded)
}

func TestStateSurvivesARestart(t *testing.T) {
	config := Config{StateDir: t.TempDir()}
	l := newLab(t, config)
	config.BlobStore = l.config.BlobStore
	done := l.submit(west, "[tfg:one] a", "a", "s_1.fq")
	l.await(west, done, workflows.Succeeded)
	l.admin("POST", "/admin/hold", "")
	running := l.submit(west, "[tfg:two] b", "b", "s_1.fq")
	l.await(west, running, workflows.InProgress)
	l.admin("PUT", "/admin/regions/westeurope/fault", `{"mode":"blackhole"}`)
	before, token := l.Ready(), l.token("https://management.azure.com")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}

	l.start(config)
	after := l.Ready()
	if after.ResourceManager != before.ResourceManager || after.Regions[west] != before.Regions[west] || after.IdentityHeader != before.IdentityHeader {
		t.Errorf("it moved:\n%+v\n%+v", before, after)
	}
	l.must("GET", after.ResourceManager+accountPath("rg-westus2", "lab-westus2")+version, map[string]string{"Authorization": "Bearer " + token}, "", 200)
	if l.run(west, done).Status != workflows.Succeeded {
		t.Error("a finished run changed")
	}
	if f := l.faults()[europe]; f.Mode != fault.Blackhole {
		t.Errorf("the fault is %+v", f)
	}
	l.await(west, running, workflows.InProgress)
	l.admin("POST", "/admin/release", "")
	l.await(west, running, workflows.Succeeded)
	if next := l.submit(west, "c", "c", "s_1.fq"); next != running+1 {
		t.Errorf("the next number is %d", next)
	}
}

func TestSecretsAreAllThere(t *testing.T) {
	l := newLab(t, Config{})
	l.await(west, l.submit(west, "s", "s", "s_1.fq"), workflows.Succeeded)
	secrets := l.admin("GET", "/admin/secrets", "").body
	for _, want := range []string{l.keys[west], l.keys[europe], `"in+put"`, `"in%2Bput"`, `"output"`, l.Ready().IdentityHeader, `"storage_key"`, `"token"`} {
		if !strings.Contains(secrets, want) {
			t.Errorf("%s is missing", want)
		}
	}
	for _, place := range []string{"/admin/journal", "/admin/runs", "/admin/regions", "/admin/jobs"} {
		body := l.admin("GET", place, "").body
		for _, s := range l.vault.All() {
			if s.Kind != "identity_header" && len(s.Value) > 6 && strings.Contains(body, s.Value) {
				t.Errorf("%s shows a %s", place, s.Kind)
			}
		}
	}
}

func TestAdminRefusesWhatItDoesNotKnow(t *testing.T) {
	l := newLab(t, Config{})
	for path, body := range map[string]string{
		"/admin/regions/mars/down":      "",
		"/admin/regions/westus2/inject": `{"action":"explode"}`,
		"/admin/hold":                   `{"region":"mars"}`,
		"/admin/release":                `{"nonsense":1}`,
		"/admin/runs/westus2/1":         `{"status":1000}`,
		"/admin/runs/mars/1":            `{}`,
	} {
		l.must("POST", l.Ready().Admin+path, nil, body, 400)
	}
	l.must("PUT", l.Ready().Admin+"/admin/regions/westus2/fault", nil, `{"mode":"off"}`, 400)
	l.must("PUT", l.Ready().Admin+"/admin/jobs", nil, `{"duration_ms":-1}`, 400)
	l.must("GET", l.Ready().Admin+"/admin/journal?since=x", nil, "", 400)
}

func TestConfigIsChecked(t *testing.T) {
	for name, c := range map[string]Config{
		"subscription":   {Subscription: "x"},
		"region":         {Regions: []Region{{Name: "West US 2"}}},
		"region twice":   {Regions: []Region{{Name: west}, {Name: west}}},
		"account":        {StorageAccounts: []StorageAccount{{Name: "UPPER", Region: west}}},
		"account's home": {StorageAccounts: []StorageAccount{{Name: "abc", Region: "mars"}}},
		"account's key":  {StorageAccounts: []StorageAccount{{Name: "abc", Region: west, Key: "?"}}},
		"group":          {StorageAccounts: []StorageAccount{{Name: "abc", Region: west, ResourceGroup: "none"}}},
		"blob store":     {BlobStore: "nowhere"},
		"duration":       {JobDuration: -1},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestItListensOnLoopbackOnly(t *testing.T) {
	l := newLab(t, Config{})
	for _, target := range l.targets() {
		host, _, err := net.SplitHostPort(target.Host())
		if err != nil || !net.ParseIP(host).IsLoopback() {
			t.Errorf("%s: %v", target.Host(), err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.do("GET", l.Ready().Admin+"/admin/ready", nil, ""); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("it answers after its end: %v", err)
	}
}

// A job that reads its inputs while the emulator ends once failed with the
// closed door as its reason, and stayed failed after the restart.
func TestClosingIsNoFailureOfStorage(t *testing.T) {
	config := Config{StateDir: t.TempDir()}
	l := newLab(t, config)
	config.BlobStore = l.config.BlobStore
	if err := l.Inject(west, fault.Injection{Match: fault.Match{Method: "GET", Plane: journal.PlaneStorage}, Action: fault.Hang}); err != nil {
		t.Fatal(err)
	}
	id := l.submit(west, "reading", "reading", "s_1.fq")
	eventually(t, func() bool {
		return l.journal.Entries(journal.Filter{Plane: journal.PlaneStorage, Method: "GET"}).Count == 1
	})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l.start(config)
	if run := l.await(west, id, workflows.Succeeded); run.Attempts != 2 || run.Restarts != 0 {
		t.Errorf("after the restart: %+v", run)
	}
}
