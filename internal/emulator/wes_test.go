package emulator

import (
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/workflows"
)

func TestWorkflowReadsItsInputsAndWritesItsOutputs(t *testing.T) {
	l := newLab(t, Config{})
	id := l.submitRun(west, "NA2", nil, 200)
	a := l.untilState(l.runsOf(west), id, "COMPLETE")
	for _, part := range []string{`"bases":8`, `/outputs/NA2/result.json","size"`, `"workflow_url":"count.cwl"`, `"exit_code":0`, token} {
		if !strings.Contains(a.body, part) {
			t.Errorf("no %s in %s", part, a.body)
		}
	}
	if written := l.blobs.get("/emuwestus2/outputs/NA2/result.json"); !contains(written, `"bases_processed": 8`) {
		t.Errorf("written: %s", written)
	}
	if a := l.wes("GET", west, "/runs/"+id+"/status", 200); !strings.Contains(a.body, `"state":"COMPLETE"`) {
		t.Errorf("status: %s", a.body)
	}
	if runs := l.Runs(west, token, "NA2"); len(runs) != 1 || runs[0].Face != workflows.FaceWES {
		t.Errorf("the ledger: %+v", runs)
	}
}

func TestWESVersionsAndManners(t *testing.T) {
	l := newLab(t, Config{HoldJobs: true})
	id := l.submitRun(west, "m", nil, 200)
	if got := l.wes("GET", west, "/runs?page_size=5", 200).body; !strings.Contains(got, `"runs":[`) || !strings.Contains(got, token) {
		t.Errorf("1.1 lists %s", got)
	}
	if got := l.wes("GET", west, "/service-info", 200).body; !strings.Contains(got, `"artifact":"wes"`) || !strings.Contains(got, `"1.1.0"`) {
		t.Errorf("1.1 says %s", got)
	}
	l.faces(west, `{"wes":{"version":"1.0","submit_status":201,"max_page":1}}`)
	second := l.submitRun(west, "m", nil, 201)
	got := l.wes("GET", west, "/runs?page_size=1", 200).body
	if !strings.Contains(got, `"workflows":[`) || strings.Contains(got, token) || !strings.Contains(got, id) || !strings.Contains(got, second) {
		t.Errorf("1.0 lists %s", got)
	}
	if got := l.wes("GET", west, "/service-info", 200).body; strings.Contains(got, "artifact") {
		t.Errorf("1.0 says %s", got)
	}
	l.wes("GET", west, "/runs/wes-7", 404)
	l.faces(west, `{"wes":{"errors_in_200":true}}`)
	if got := l.wes("GET", west, "/runs/wes-7", 200).body; !strings.Contains(got, `"status_code":404`) {
		t.Errorf("an error inside 200: %s", got)
	}
}

func TestRefusedSubmissionsLeavePhantoms(t *testing.T) {
	l := newLab(t, Config{})
	l.submitRun(west, "p", map[string]string{"workflow_type": "PERL"}, 400)
	if runs := l.Runs("", "", ""); len(runs) != 0 {
		t.Errorf("a clean server has %+v", runs)
	}
	l.faces(west, `{"wes":{"phantoms":true,"refuse_submits":1}}`)
	for _, fields := range []map[string]string{{"workflow_type_version": "v9"}, {"workflow_url": ""}, {"workflow_url": "other.cwl"}, {"workflow_params": "{"}, {"tags": "[]"}} {
		l.submitRun(west, "p", fields, 400)
	}
	l.submitRun(west, "p", nil, 500)
	runs := l.Runs("", "", "")
	if len(runs) != 6 || runs[5].Token != token || runs[0].Token != "" {
		t.Fatalf("phantoms: %+v", runs)
	}
	l.untilState(l.runsOf(west), "wes-10006", "SYSTEM_ERROR")
}
