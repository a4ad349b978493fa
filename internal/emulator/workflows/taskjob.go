package workflows

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/reads"
)

// taskRecord is a task as the ledger shows it.
func (r *Run) taskRecord(held bool) Record {
	record := Record{
		Region: r.Region, Account: r.Account, Face: r.Task.Face, ID: r.ID, Status: r.Status, StatusName: StatusName(r.Status),
		Description: r.Submission.Description, Token: r.Task.token(), Process: r.Process, Inputs: []string{},
		Attempts: r.Attempts, Restarts: r.Restarts, FailureCode: r.FailureCode, Message: r.Message, BasesProcessed: r.BasesProcessed,
		Created: r.Created, Ended: r.Ended, Held: held, Forgotten: r.Forgotten, Stuck: r.Stuck, Transitions: slices.Clone(r.Transitions),
	}
	for _, input := range r.Task.Inputs {
		container, name, _ := input.blob()
		record.InputContainer = container
		record.Inputs = append(record.Inputs, name)
	}
	for _, output := range r.Task.Outputs {
		container, name, _ := output.blob()
		record.OutputContainer, record.OutputBasename = container, strings.TrimSuffix(name, path.Ext(name))
	}
	return record
}

// blob takes a URL of the form SCHEME://HOST/ACCOUNT/CONTAINER/NAME apart.
func (p Place) blob() (container, name, sas string) {
	u, err := url.Parse(p.URL)
	if err != nil {
		return "", "", ""
	}
	parts := strings.SplitN(strings.TrimPrefix(u.EscapedPath(), "/"), "/", 3)
	for len(parts) < 3 {
		parts = append(parts, "")
	}
	return parts[0] + "/" + parts[1], parts[2], u.RawQuery
}

// reachable reports whether a job can get there by itself: a Blob endpoint of
// the emulator. Everything else is for the server's own access, which the
// emulator has none of, and is left alone.
func (s *Service) reachable(p Place) bool {
	u, err := url.Parse(p.URL)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.RawQuery != "" && s.KnownHost != nil && s.KnownHost(u.Host)
}

// executeTask is a task's job from its start to its end. It runs none of the
// task's programs: it reads every input that it can reach, counts the bases of
// reads, and writes the outputs whose URLs it knows.
func (s *Service) executeTask(ctx context.Context, run Run) result {
	begun := time.Now()
	bases, err := s.readTask(ctx, run.Task)
	if err == nil {
		err = s.linger(ctx, run, begun)
	}
	var products []Product
	if err == nil {
		products, err = s.writeTask(ctx, run, bases)
	}
	switch {
	case err == nil:
		return result{status: Succeeded, bases: &bases, products: products}
	case ctx.Err() != nil:
		return result{} // halted: whoever did it has written the end
	}
	r := result{status: Failed}
	r.code, r.message = classify(err)
	return r
}

// readTask reads inputs in pairs where two files of reads follow each other.
func (s *Service) readTask(ctx context.Context, task *Task) (bases int64, err error) {
	leave, err := s.reading(ctx)
	if err != nil {
		return 0, err
	}
	defer leave()
	inputs := slices.DeleteFunc(slices.Clone(task.Inputs), func(p Place) bool { return !s.reachable(p) })
	for len(inputs) > 0 {
		group := inputs[:1]
		if len(inputs) > 1 && fastqForm.MatchString(inputs[0].base()) && fastqForm.MatchString(inputs[1].base()) {
			group = inputs[:2]
		}
		inputs = inputs[len(group):]
		n, err := s.readGroup(ctx, group)
		if err != nil {
			return bases, err
		}
		bases += n
	}
	return bases, nil
}

func (p Place) base() string {
	_, name, _ := p.blob()
	return path.Base(name)
}

// readGroup reads one file, or the two of a pair.
func (s *Service) readGroup(ctx context.Context, group []Place) (int64, error) {
	first, err := s.openPlace(ctx, group[0])
	if err != nil {
		return 0, err
	}
	defer first.Close()
	file := reads.Named{Name: group[0].base(), Reader: first}
	switch {
	case len(group) == 2:
		second, err := s.openPlace(ctx, group[1])
		if err != nil {
			return 0, err
		}
		defer second.Close()
		return reads.FASTQ(ctx, file, reads.Named{Name: group[1].base(), Reader: second}, s.Limits, true)
	case alignedForm.MatchString(file.Name):
		return s.countAligned(ctx, file)
	}
	if _, err := io.Copy(io.Discard, first); err != nil {
		return 0, fmt.Errorf("%w: %w", reads.ErrSource, err)
	}
	return 0, nil
}

func (s *Service) openPlace(ctx context.Context, p Place) (io.ReadCloser, error) {
	container, name, sas := p.blob()
	return s.open(ctx, container+"/"+name, sas)
}

// productName is what a task writes into a folder.
const productName = "result.json"

// writeTask writes the same small manifest to every output that it can reach.
func (s *Service) writeTask(ctx context.Context, run Run, bases int64) ([]Product, error) {
	record := run.taskRecord(false)
	content, err := json.MarshalIndent(manifest{
		Note: "Written by an emulator. No program was run.", Region: s.Region, WorkflowID: run.ID, Attempt: run.Attempts,
		Process: run.Process, Description: record.Description, InputContainer: record.InputContainer, Inputs: record.Inputs, BasesProcessed: bases,
	}, "", "  ")
	if err != nil {
		return nil, err
	}
	content = append(content, '\n')
	var products []Product
	for _, output := range run.Task.Outputs {
		if !s.reachable(output) {
			continue
		}
		container, name, sas := output.blob()
		if output.Directory {
			name = strings.TrimPrefix(strings.TrimSuffix(name, "/")+"/"+productName, "/")
			output.Path = path.Join(output.Path, productName)
		}
		if err := s.write(ctx, container+"/"+name, sas, http.Header{"Content-Type": {"application/json"}}, content); err != nil {
			return products, err
		}
		base, _, _ := strings.Cut(output.URL, "?")
		base = strings.TrimSuffix(base, "/")
		if output.Directory {
			base += "/" + productName
		}
		products = append(products, Product{Place: Place{URL: base, Path: output.Path}, Bytes: int64(len(content))})
	}
	return products, nil
}

// Reference is a task's identifier as clients know it.
func (r *Run) Reference() string { return string(r.Task.Face) + "-" + strconv.FormatInt(r.ID, 10) }

// Number is the run that a task's identifier names.
func Number(face Face, reference string) (int64, bool) {
	text, found := strings.CutPrefix(reference, string(face)+"-")
	id, err := strconv.ParseInt(text, 10, 64)
	return id, found && err == nil
}
