package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"strings"
)

const token = "abcdefghijklmnopqrstuvwxyz"

// url is a blob of a region's storage account, with a SAS of these permissions.
func (l *lab) url(region, blob, permissions string) string {
	return fmt.Sprintf("%s/emu%s/%s?sv=1&sp=%s&sig=x%%2By", l.Ready().Regions[region].Blob, region, blob, permissions)
}

// task is the body of a TES submission that reads a pair and writes one file.
func (l *lab) task(region, name string) string {
	body, _ := json.Marshal(map[string]any{
		"name": name, "tags": map[string]string{"tfg-key": token, "tfg-submission": token[:16]},
		"inputs": []map[string]string{
			{"url": l.url(region, "inputs/s_1.fq", "r"), "path": "/in/s_1.fq"}, {"url": l.url(region, "inputs/s_2.fq", "r"), "path": "/in/s_2.fq"},
			{"content": "hello", "path": "/in/hello"},
		},
		"outputs":   []map[string]string{{"url": l.url(region, "outputs/"+name+".txt", "rw"), "path": "/out/bases.txt"}},
		"executors": []map[string]any{{"image": "debian", "command": []string{"true"}}},
	})
	return string(body)
}

// form is the body of a WES submission and its content type.
func (l *lab) form(region, name string, fields map[string]string) (body, contentType string) {
	params, _ := json.Marshal(map[string]any{
		"reads":  []any{map[string]string{"class": "File", "location": l.url(region, "inputs/s_1.fq", "r")}, map[string]string{"location": l.url(region, "inputs/s_2.fq", "r")}},
		"result": l.url(region, "outputs/"+name+"/", "rcw"),
	})
	all := map[string]string{
		"workflow_type": "CWL", "workflow_type_version": "v1.2", "workflow_url": "count.cwl", "workflow_params": string(params),
		"tags": `{"tfg-key":"` + token + `","name":"` + name + `"}`,
	}
	for field, value := range fields {
		all[field] = value
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for field, value := range all {
		_ = w.WriteField(field, value)
	}
	part, _ := w.CreateFormFile("workflow_attachment", "count.cwl")
	_, _ = part.Write([]byte("cwlVersion: v1.2"))
	_ = w.Close()
	return b.String(), w.FormDataContentType()
}

// tes and wes speak to a region's faces.
func (l *lab) tes(method, region, path, body string, status int) answer {
	l.t.Helper()
	return l.must(method, l.Ready().Regions[region].TES+path, map[string]string{"Content-Type": "application/json"}, body, status)
}

func (l *lab) wes(method, region, path string, status int) answer {
	l.t.Helper()
	return l.must(method, l.Ready().Regions[region].WES+path, nil, "", status)
}

func (l *lab) submitTask(region, name string) string {
	l.t.Helper()
	var created struct{ ID string }
	l.tes("POST", region, "/tasks", l.task(region, name), 200).decode(l.t, &created)
	return created.ID
}

func (l *lab) submitRun(region, name string, fields map[string]string, status int) string {
	l.t.Helper()
	body, contentType := l.form(region, name, fields)
	a := l.must("POST", l.Ready().Regions[region].WES+"/runs", map[string]string{"Content-Type": contentType}, body, status)
	var created struct {
		ID string `json:"run_id"`
	}
	a.decode(l.t, &created)
	return created.ID
}

func (l *lab) faces(region, settings string) {
	l.t.Helper()
	l.admin("PUT", "/admin/regions/"+region+"/faces", settings)
}

// untilState waits for a task's or a run's state.
func (l *lab) untilState(base, id, state string) answer {
	l.t.Helper()
	var a answer
	eventually(l.t, func() bool {
		a = l.must("GET", base+id+"?view=FULL", nil, "", 200)
		return strings.Contains(a.body, `"state":"`+state+`"`)
	})
	return a
}

func (l *lab) tasksOf(region string) string { return l.Ready().Regions[region].TES + "/tasks/" }
func (l *lab) runsOf(region string) string  { return l.Ready().Regions[region].WES + "/runs/" }
