package emulator

import (
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/workflows"
)

func TestTaskReadsItsInputsAndWritesItsOutputs(t *testing.T) {
	l := newLab(t, Config{})
	id := l.submitTask(west, "NA1")
	a := l.untilState(l.tasksOf(west), id, "COMPLETE")
	for _, part := range []string{`"stdout":"8 bases\n"`, `"size_bytes"`, `"path":"/out/bases.txt"`, `"content":"hello"`} {
		if !strings.Contains(a.body, part) {
			t.Errorf("no %s in %s", part, a.body)
		}
	}
	if written := l.blobs.get("/emuwestus2/outputs/NA1.txt"); !contains(written, `"bases_processed": 8`) || !contains(written, `"s_2.fq"`) {
		t.Errorf("written: %s", written)
	}
	runs := l.Runs(west, token, "NA1")
	if len(runs) != 1 || runs[0].Face != workflows.FaceTES || runs[0].OutputContainer != "emuwestus2/outputs" || runs[0].OutputBasename != "NA1" {
		t.Errorf("the ledger: %+v", runs)
	}
	if a, err := l.ask("GET", west, "/api/workflows", ""); err != nil || strings.TrimSpace(a.body) != "[]" {
		t.Errorf("the workflow service shows %s %v", a.body, err)
	}
	l.wes("GET", west, "/runs/"+id, 404)
	if secrets := l.admin("GET", "/admin/secrets", "").body; !strings.Contains(secrets, `"x+y"`) {
		t.Errorf("the SAS was not remembered: %s", secrets)
	}
}

func TestTESLists(t *testing.T) {
	l := newLab(t, Config{HoldJobs: true})
	first, second, third := l.submitTask(west, "a1"), l.submitTask(west, "a2"), l.submitTask(west, "b1")
	for name, c := range map[string]struct {
		settings, query string
		want            []string
	}{
		"newest first":      {"", "view=BASIC", []string{third, second, first}},
		"prefix":            {"", "name_prefix=a", []string{second, first}},
		"token":             {"", "tag_key=tfg-key&tag_value=" + token, []string{third, second, first}},
		"any value":         {"", "tag_key=tfg-key&tag_value=&tag_key=tfg-submission&tag_value=" + token[:16], []string{third, second, first}},
		"key alone":         {"", "tag_key=tfg-key", []string{third, second, first}},
		"another value":     {"", "tag_key=tfg-key&tag_value=x", nil},
		"no such key":       {"", "tag_key=x", nil},
		"state":             {"", "state=COMPLETE", nil},
		"filters ignored":   {`{"tes":{"ignore_filters":true}}`, "tag_key=x", []string{third, second, first}},
		"pages":             {"", "page_size=2", []string{third, second, first}},
		"the server's size": {`{"tes":{"max_page":1,"ignore_filters":false}}`, "page_size=2000", []string{third, second, first}},
	} {
		t.Run(name, func(t *testing.T) {
			l := &lab{t: t, Emulator: l.Emulator}
			if c.settings != "" {
				l.faces(west, c.settings)
			}
			defer l.faces(west, `{"tes":{"max_page":2047,"ignore_filters":false}}`)
			var got []string
			for page := ""; ; {
				var list struct {
					Tasks []struct{ ID string }
					Next  string `json:"next_page_token"`
				}
				l.tes("GET", west, "/tasks?"+c.query+"&page_token="+page, "", 200).decode(t, &list)
				for _, task := range list.Tasks {
					got = append(got, task.ID)
				}
				if page = list.Next; page == "" {
					break
				}
			}
			if strings.Join(got, " ") != strings.Join(c.want, " ") {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
	for _, query := range []string{"page_size=0", "page_size=2048", "page_token=x", "view=ALL"} {
		l.tes("GET", west, "/tasks?"+query, "", 400)
	}
}

func TestTESViews(t *testing.T) {
	l := newLab(t, Config{})
	id := l.submitTask(west, "v")
	l.untilState(l.tasksOf(west), id, "COMPLETE")
	if got := strings.TrimSpace(l.tes("GET", west, "/tasks/"+id, "", 200).body); got != `{"id":"`+id+`","state":"COMPLETE"}` {
		t.Errorf("MINIMAL: %s", got)
	}
	l.faces(west, `{"tes":{"minimal_empty_tags":true}}`)
	if got := l.tes("GET", west, "/tasks?view=MINIMAL", "", 200).body; !strings.Contains(got, `"tags":{}`) {
		t.Errorf("MINIMAL with empty tags: %s", got)
	}
	basic := l.tes("GET", west, "/tasks/"+id+"?view=BASIC", "", 200).body
	if !strings.Contains(basic, token) || strings.Contains(basic, `"content"`) || strings.Contains(basic, "stdout") {
		t.Errorf("BASIC: %s", basic)
	}
	l.tes("GET", west, "/tasks/"+id+"?view=ALL", "", 400)
	if a := l.tes("GET", west, "/tasks/tes-1?view=BASIC", "", 404); !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") || !strings.Contains(a.body, `"error"`) {
		t.Errorf("an error: %v %s", a.header, a.body)
	}
	if a := l.tes("GET", west, "/service-info", "", 200); !strings.Contains(a.body, `"artifact":"tes"`) {
		t.Errorf("service-info: %s", a.body)
	}
}

func TestTESRefusesWhatTheSpecificationRequires(t *testing.T) {
	l := newLab(t, Config{})
	for name, body := range map[string]string{
		"no JSON": "x", "no executor": `{}`, "no image": `{"executors":[{"command":["x"]}]}`,
		"input without a path": `{"executors":[{"image":"x","command":["x"]}],"inputs":[{"url":"http://x"}]}`,
		"output without a URL": `{"executors":[{"image":"x","command":["x"]}],"outputs":[{"path":"/x"}]}`,
	} {
		t.Run(name, func(*testing.T) { l.tes("POST", west, "/tasks", body, 400) })
	}
	l.faces(west, `{"tes":{"refuse_submits":1}}`)
	l.tes("POST", west, "/tasks", l.task(west, "r"), 500)
	if runs := l.Runs("", "", ""); len(runs) != 0 {
		t.Errorf("refused, and yet: %+v", runs)
	}
	l.tes("PUT", west, "/tasks", "", 404)
}
