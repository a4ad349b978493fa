package harness

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
)

func TestGeneratedReadsAreReproducible(t *testing.T) {
	reads, err := GenerateReads(7, 20)
	if err != nil {
		t.Fatal(err)
	}
	again, err := GenerateReads(7, 20)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(reads.First, again.First) || !bytes.Equal(reads.Second, again.Second) {
		t.Error("the same seed gave other reads")
	}
	var bases int64
	names := [2][]string{}
	for mate, file := range [][]byte{reads.First, reads.Second} {
		lines := gunzip(t, file)
		if len(lines) != 4*20 {
			t.Fatalf("mate %d has %d lines, want 80", mate+1, len(lines))
		}
		for i := 0; i < len(lines); i += 4 {
			name, found := strings.CutSuffix(lines[i], []string{"/1", "/2"}[mate])
			if !found || lines[i][0] != '@' || lines[i+2] != "+" || len(lines[i+1]) != len(lines[i+3]) {
				t.Fatalf("not a FASTQ record: %q", lines[i:i+4])
			}
			names[mate] = append(names[mate], name)
			bases += int64(len(lines[i+1]))
		}
	}
	if !slices.Equal(names[0], names[1]) {
		t.Error("the mates are not in the same order")
	}
	if bases != reads.Bases {
		t.Errorf("counted %d bases, told %d", bases, reads.Bases)
	}
}

func gunzip(t *testing.T, file []byte) []string {
	t.Helper()
	reader, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

func TestMessagesAreReadWhateverTheChunks(t *testing.T) {
	output := `{"@level":"info","@message":"OpenTofu","type":"version"}
not a message
{"@level":"warn","@message":"Warning: w","type":"diagnostic","diagnostic":{"severity":"warning","summary":"w","detail":"d","address":"a.b"}}
{"@level":"warn","@message":"Warning: o","type":"diagnostic","diagnostic":{"severity":"warning","summary":"Provider development overrides are in effect"}}
{"@level":"error","@message":"Error: e","type":"diagnostic","diagnostic":{"severity":"error","summary":"e","detail":""}}
`
	for _, size := range []int{1, 7, 64, len(output)} {
		var watched int
		stream := &messages{watch: func(Message) { watched++ }}
		for chunk := range slices.Chunk([]byte(output), size) {
			if _, err := stream.Write(chunk); err != nil {
				t.Fatal(err)
			}
		}
		run := Run{Messages: stream.all}
		if len(stream.all) != 4 || watched != 4 {
			t.Errorf("chunks of %d: %d messages, %d watched, want 4", size, len(stream.all), watched)
		}
		if got := run.Warnings(); len(got) != 1 || got[0] != (Diagnostic{"warning", "w", "d", "a.b"}) {
			t.Errorf("chunks of %d: warnings %v", size, got)
		}
		if got := run.Errors(); len(got) != 1 || got[0].Summary != "e" {
			t.Errorf("chunks of %d: errors %v", size, got)
		}
	}
}

func TestPlanTellsWhatChanges(t *testing.T) {
	const text = `{"format_version":"1.2","resource_changes":[
	 {"address":"g.same","mode":"managed","change":{"actions":["no-op"]}},
	 {"address":"data.g.read","mode":"data","change":{"actions":["read"]}},
	 {"address":"g.update","mode":"managed","change":{"actions":["update"],"after_unknown":
	   {"status":true,"name":false,"active":{"location":false,"id":true},"attempts":[{"id":false},{"id":true}]}}},
	 {"address":"g.replace","mode":"managed","change":{"actions":["delete","create"]}}]}`
	plan := &Plan{Run: &Run{}, JSON: &tfjson.Plan{}}
	if err := json.Unmarshal([]byte(text), plan.JSON); err != nil {
		t.Fatal(err)
	}
	changes := plan.Changes()
	if len(changes) != 2 || !changes["g.update"].Update() || !changes["g.replace"].Replace() {
		t.Errorf("changes %v", changes)
	}
	if got := plan.Destroys(); !slices.Equal(got, []string{"g.replace"}) {
		t.Errorf("destroys %v", got)
	}
	if got := plan.Unknown("g.update"); !slices.Equal(got, []string{"active.id", "attempts.1.id", "status"}) {
		t.Errorf("unknown %v", got)
	}
	if got := plan.Unknown("g.none"); got != nil {
		t.Errorf("unknown of a resource that is not there: %v", got)
	}
}

func TestEnvironmentOfTheMachineStaysOut(t *testing.T) {
	for _, name := range []string{"TF_LOG", "ARM_CLIENT_SECRET", "GENOMICS_REGION_TIMEOUT", "AZURE_CONFIG_DIR", "IDENTITY_ENDPOINT", "MSI_SECRET"} {
		t.Setenv(name, "from the machine")
	}
	t.Setenv("KEPT", "yes")
	env := cleanEnv()
	if !slices.Contains(env, "KEPT=yes") {
		t.Error("what has nothing to do with it was left out")
	}
	for _, entry := range env {
		if strings.HasSuffix(entry, "=from the machine") {
			t.Errorf("%s came through", entry)
		}
	}
}
