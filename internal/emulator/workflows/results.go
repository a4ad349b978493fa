package workflows

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

var errOutputExists = errors.New("the output exists and OVERWRITE is false")

// resultName is the blob that stands for a real run's alignments and variants.
func resultName(run Run) string { return run.Submission.OutputBase + ".result.json" }

func logsName(run Run) string { return run.Submission.OutputBase + ".logs.zip" }

// manifest is what a successful job leaves in the output container.
type manifest struct {
	Note           string   `json:"note"`
	Region         string   `json:"region"`
	WorkflowID     int64    `json:"workflow_id"`
	Attempt        int      `json:"attempt"`
	Process        string   `json:"process"`
	ProcessArgs    string   `json:"process_args"`
	Description    string   `json:"description"`
	InputContainer string   `json:"input_container"`
	Inputs         []string `json:"inputs"`
	BasesProcessed int64    `json:"bases_processed"`
}

// mayOverwrite also holds for a job that the service restarted by itself: what
// stands there may be its own, half written before the outage.
func mayOverwrite(run Run) bool { return run.Submission.Overwrite || run.Attempts > 1 }

// checkOutput refuses a job early whose output is there already.
func (s *Service) checkOutput(ctx context.Context, run Run) error {
	if mayOverwrite(run) {
		return nil
	}
	there, err := s.exists(ctx, run, resultName(run))
	if err == nil && there {
		err = fmt.Errorf("%w: %s", errOutputExists, outputPlace(run, resultName(run)))
	}
	return err
}

func (s *Service) writeResult(ctx context.Context, run Run, bases int64, log *jobLog) error {
	record := run.record(false)
	content, err := json.MarshalIndent(manifest{
		Note: "Written by an emulator. No read was aligned.", Region: s.Region, WorkflowID: run.ID, Attempt: run.Attempts,
		Process: run.Process, ProcessArgs: run.Submission.ProcessArgs, Description: run.Submission.Description,
		InputContainer: record.InputContainer, Inputs: record.Inputs, BasesProcessed: bases,
	}, "", "  ")
	if err != nil {
		return err
	}
	if err := s.put(ctx, run, resultName(run), "application/json", append(content, '\n'), mayOverwrite(run)); err != nil {
		return err
	}
	log.printf("completed, %d bases processed", bases)
	if !run.Submission.IncludeLogs {
		return nil
	}
	return s.writeLogs(ctx, run, []string{resultName(run), logsName(run)}, log)
}

// writeLogs replaces what is there: the log belongs to the latest run that had
// the right to write under this name.
func (s *Service) writeLogs(ctx context.Context, run Run, outputs []string, log *jobLog) error {
	list := strings.Join(outputs, "\n")
	if list != "" {
		list += "\n"
	}
	var archive bytes.Buffer
	writer := zip.NewWriter(&archive)
	for _, file := range []struct{ name, content string }{
		{"outputFileList.txt", list}, {"standardoutput.txt", log.out.String()}, {"standarderror.txt", log.err.String()},
	} {
		entry, err := writer.Create(file.name)
		if err != nil {
			return err
		}
		if _, err := entry.Write([]byte(file.content)); err != nil {
			return err
		}
	}
	if err := writer.Close(); err != nil {
		return err
	}
	return s.put(ctx, run, logsName(run), "application/zip", archive.Bytes(), true)
}
