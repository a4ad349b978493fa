package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// sample is what one run of a program took.
type sample struct {
	took time.Duration
	harness.Usage
	outcome
}

// job is what a program is to do, wherever the blobs are.
type job struct {
	source, destination end
	base                string
}

// program does a job in a process of its own, from whose start to whose end it is measured.
type program struct {
	name string
	run  func(ctx context.Context, j job) (sample, error)
}

// The programs by the names that the table shows.
const (
	nameEngine  = "this provider's engine"
	nameStream  = "the same, transfer = \"stream\""
	nameSurvey  = "its comparison alone, as in a plan"
	nameLoop    = "a bare loop of server-side copies"
	nameRclone  = "rclone sync"
	nameTuned   = "rclone sync, tuned"
	rcloneTuned = "--transfers 64 --checkers 64 --fast-list --checksum"
)

func (s Settings) child(name, do, transfer string) program {
	return program{name, func(ctx context.Context, j job) (sample, error) {
		return runChild(ctx, task{
			Do: do, Source: j.source, Destination: j.destination, Base: j.base, Transfer: transfer, Profile: s.Profile,
		})
	}}
}

func runChild(ctx context.Context, t task) (s sample, err error) {
	self, err := os.Executable()
	if err != nil {
		return s, err
	}
	in, err := json.Marshal(t)
	if err != nil {
		return s, err
	}
	var out, complaints bytes.Buffer
	cmd := exec.CommandContext(ctx, self, ChildArgument)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &out, &complaints
	if s.Usage, s.took, err = harness.Measure(cmd); err != nil {
		return s, fmt.Errorf("%s: %w\n%s", t.Do, err, complaints.Bytes())
	}
	return s, json.Unmarshal(out.Bytes(), &s.outcome)
}

// rclone is the peer, from the pinned module that make builds.
func rclone(name, dir string, flags ...string) program {
	return program{name, func(ctx context.Context, j job) (s sample, err error) {
		path, err := rclonePath()
		if err != nil {
			return s, err
		}
		args := append([]string{"sync", "source:" + j.source.Container, "destination:" + j.destination.Container}, flags...)
		cmd := exec.CommandContext(ctx, path, args...)
		cmd.Env = append(os.Environ(), "RCLONE_CONFIG="+filepath.Join(dir, "rclone.conf"))
		for remote, e := range map[string]end{"SOURCE": j.source, "DESTINATION": j.destination} {
			prefix := "RCLONE_CONFIG_" + remote + "_"
			cmd.Env = append(cmd.Env, prefix+"TYPE=azureblob", prefix+"ACCOUNT="+e.Account, prefix+"KEY="+e.Key,
				prefix+"ENDPOINT="+j.base+"/"+e.Account)
		}
		var complaints bytes.Buffer
		cmd.Stdout, cmd.Stderr = &complaints, &complaints
		if s.Usage, s.took, err = harness.Measure(cmd); err != nil {
			return s, fmt.Errorf("rclone: %w\n%s", err, complaints.Bytes())
		}
		return s, nil
	}}
}

func rclonePath() (string, error) {
	root, err := harness.Root()
	if err != nil {
		return "", err
	}
	path := filepath.Join(root, ".cache", "bin", "rclone")
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("rclone is not built (make bench builds it): %w", err)
	}
	return path, nil
}

func tuned() []string { return strings.Fields(rcloneTuned) }
