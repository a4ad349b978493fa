package ga4gh

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/workflows"
)

// minimalTask is the MINIMAL view of servers that show tags and leave them empty.
type minimalTask struct {
	ID    string            `json:"id"`
	State string            `json:"state"`
	Tags  map[string]string `json:"tags"`
}

// show is a task in one of the three views; no view is MINIMAL.
func (f *tesFace) show(run workflows.Run, view string) any {
	if view != "BASIC" && view != "FULL" {
		if f.settings.TES.MinimalEmptyTags {
			return minimalTask{ID: run.Reference(), State: state(run), Tags: map[string]string{}}
		}
		return wireTask{ID: run.Reference(), State: state(run)}
	}
	var t wireTask
	_ = json.Unmarshal(run.Task.Request, &t) // it was read when it came
	t.ID, t.State, t.CreationTime = run.Reference(), state(run), run.Created.UTC().Format(time.RFC3339Nano)
	t.Logs = nil
	if start, _ := span(run); start != "" {
		t.Logs = []wireLog{taskLog(run)}
	}
	if view == "FULL" {
		return t
	}
	for i := range t.Inputs {
		t.Inputs[i].Content = ""
	}
	for i := range t.Logs {
		t.Logs[i].SystemLogs = nil
		for j := range t.Logs[i].Logs {
			t.Logs[i].Logs[j].Stdout, t.Logs[i].Logs[j].Stderr = "", ""
		}
	}
	return t
}

// taskLog is the log of a task's latest attempt.
func taskLog(run workflows.Run) wireLog {
	start, end := span(run)
	log := wireLog{Logs: []wireExecution{}, StartTime: start, EndTime: end, Outputs: []wireOutput{}}
	for _, product := range run.Products {
		log.Outputs = append(log.Outputs, wireOutput{URL: product.URL, Path: product.Path, Bytes: strconv.FormatInt(product.Bytes, 10)})
	}
	execution := wireExecution{StartTime: start, EndTime: end}
	switch state(run) {
	case "COMPLETE":
		if run.BasesProcessed != nil {
			execution.Stdout = fmt.Sprintf("%d bases\n", *run.BasesProcessed)
		}
		log.Logs = append(log.Logs, execution)
	case "EXECUTOR_ERROR":
		execution.Stderr, execution.ExitCode = run.Message+"\n", 1
		log.Logs = append(log.Logs, execution)
	case "SYSTEM_ERROR", "PREEMPTED":
		log.SystemLogs = []string{run.Message}
	}
	return log
}
