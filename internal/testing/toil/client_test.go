//go:build acceptance && toil

// Package toil holds what the provider and the emulator take for granted of a
// WES server against one that no one here wrote: Toil's, with a real CWL
// workflow on real reads.
package toil

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/acctest"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// region is one Toil server.
type region struct {
	*testing.T
	*harness.Toil
}

func start(t *testing.T) *region {
	t.Helper()
	server, err := harness.StartToil(t.Context(), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return &region{t, server}
}

// call asks the server and decodes its answer.
func (r *region) call(method, path, contentType string, body io.Reader, status int, into any) {
	r.Helper()
	request, err := http.NewRequestWithContext(r.Context(), method, r.URL+path, body)
	if err != nil {
		r.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		r.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		r.Fatal(err)
	}
	if response.StatusCode != status {
		r.Fatalf("%s %s: %s %s, want %d", method, path, response.Status, answer, status)
	}
	if err := json.Unmarshal(answer, into); err != nil {
		r.Fatalf("%s %s: %v in %s", method, path, err, answer)
	}
}

// run is what the tests look at in a run.
type run struct {
	ID      string `json:"run_id"`
	State   string `json:"state"`
	Request struct {
		Tags map[string]string `json:"tags"`
	} `json:"request"`
	Outputs struct {
		Bases struct {
			Location string `json:"location"`
		} `json:"bases"`
	} `json:"outputs"`
	// Refused is the server's word for what it would not take.
	Refused string `json:"msg"`
}

func (r *region) get(id string) run {
	r.Helper()
	var found run
	r.call(http.MethodGet, "/runs/"+id, "", nil, http.StatusOK, &found)
	return found
}

// list is the list of runs as its clients see it: each with what is there.
func (r *region) list() []map[string]any {
	r.Helper()
	var answer struct {
		Workflows []map[string]any `json:"workflows"`
	}
	r.call(http.MethodGet, "/runs", "", nil, http.StatusOK, &answer)
	return answer.Workflows
}

// submit sends the workflow with these fields of its form.
func (r *region) submit(fields map[string]string, status int) run {
	r.Helper()
	var form bytes.Buffer
	writer := multipart.NewWriter(&form)
	for name, value := range fields {
		if err := writer.WriteField(name, value); err != nil {
			r.Fatal(err)
		}
	}
	path, err := harness.CountBases()
	if err != nil {
		r.Fatal(err)
	}
	workflow, err := os.ReadFile(path)
	if err != nil {
		r.Fatal(err)
	}
	part, err := writer.CreateFormFile("workflow_attachment", filepath.Base(path))
	if err == nil {
		_, err = part.Write(workflow)
	}
	if err == nil {
		err = writer.Close()
	}
	if err != nil {
		r.Fatal(err)
	}
	var answer run
	r.call(http.MethodPost, "/runs", writer.FormDataContentType(), &form, status, &answer)
	return answer
}

// until waits for a run's state; the state that ends it badly ends the test.
func (r *region) until(id, state string) run {
	r.Helper()
	var now run
	acctest.Await(r.T, nil, func() (bool, error) {
		now = r.get(id)
		if now.State != state && (now.State == "SYSTEM_ERROR" || now.State == "EXECUTOR_ERROR") {
			return false, fmt.Errorf("run %s is in %s, and never in %s", id, now.State, state)
		}
		return now.State == state, nil
	})
	return now
}

// gate is a pipe at which runs wait.
type gate struct {
	path string
	pipe *os.File
}

func newGate(t *testing.T) *gate {
	t.Helper()
	g := &gate{path: filepath.Join(t.TempDir(), "gate")}
	if err := syscall.Mkfifo(g.path, 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if g.pipe, err = os.OpenFile(g.path, os.O_RDWR, 0); err != nil { // for reading too: nobody has to be there yet
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.pipe.Close() }) // lets go of whoever still waits
	return g
}

// open lets one run through.
func (g *gate) open(t *testing.T) {
	t.Helper()
	if _, err := g.pipe.WriteString("go\n"); err != nil {
		t.Fatal(err)
	}
}

// sample writes the reads to files and counts their bases.
func sample(t *testing.T) (files []string, bases int64) {
	t.Helper()
	reads, err := harness.LoadReads()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for i, content := range [][]byte{reads.First, reads.Second} {
		path := filepath.Join(dir, fmt.Sprintf("reads_%d.fq.gz", i+1))
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	if bases, err = reads.Count(); err != nil {
		t.Fatal(err)
	}
	return files, bases
}

// result is the number that a run has counted.
func (r *region) result(done run) int64 {
	r.Helper()
	content, err := r.Output(done.Outputs.Bases.Location)
	if err != nil {
		r.Fatal(err)
	}
	bases, err := strconv.ParseInt(strings.TrimSpace(string(content)), 10, 64)
	if err != nil {
		r.Fatal(err)
	}
	return bases
}
