package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// toilPatience is how long Toil's server may take to start: it needs a second
// on a quiet machine.
const toilPatience = 90 * time.Second

// Toil is a running WES server that no one here wrote: Toil's, as Debian
// packages it. What it keeps is in a directory and outlives it.
type Toil struct {
	URL string // base URL of its WES

	dir     string
	port    int
	log     io.Writer
	process *process
}

// CountBases is the path of a CWL tool that counts the bases of two files of
// reads. With an input "gate" that names a pipe it waits for a line from there.
func CountBases() (string, error) {
	root, err := Root()
	return filepath.Join(root, "internal", "testing", "harness", "toil", "count.cwl"), err
}

// StartToil starts Toil's server on a free port of the loopback interface.
// What it keeps is in dir, which must exist. log, which may be nil, receives
// what it prints.
func StartToil(ctx context.Context, dir string, log io.Writer) (*Toil, error) {
	port, err := quietPort(ctx)
	if err != nil {
		return nil, err
	}
	t := &Toil{URL: fmt.Sprintf("http://127.0.0.1:%d/ga4gh/wes/v1", port), dir: dir, port: port, log: log}
	if err := t.Start(ctx); err != nil {
		return nil, err
	}
	return t, nil
}

// Start starts a server that was killed again, on its port and with what it kept.
func (t *Toil) Start(ctx context.Context) error {
	root, err := Root()
	if err != nil {
		return err
	}
	// Its log tells when it listens, and is on standard error. Close stops it,
	// not the end of the context it was started with.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "sh", "-c", "exec toil server --bypass_celery --work_dir work 2>&1")
	cmd.Dir = t.dir
	cmd.Env = append(cleanEnv(),
		"PYTHONPATH="+filepath.Join(root, "internal", "testing", "harness", "toil"), "PYTHONDONTWRITEBYTECODE=1",
		// Its own --port and --workers never reach the web server (Toil 5.9). One
		// worker: only the one that started a run can stop it.
		"GUNICORN_CMD_ARGS=--workers=1 --bind=127.0.0.1:"+strconv.Itoa(t.port))
	ctx, cancel := context.WithTimeout(ctx, toilPatience)
	defer cancel()
	t.process, err = startProcess(ctx, "toil server", cmd, t.log, func(line string) bool {
		return strings.Contains(line, "Listening at:")
	})
	return err
}

// Kill ends the server and everything that works for it at once, as if its
// machine had lost its power.
func (t *Toil) Kill() error {
	// Toil's workers are in groups of their own. What is stopped starts no more of them.
	t.process.signal(syscall.SIGSTOP)
	groups, err := groupsBelow(t.process.cmd.Process.Pid)
	t.process.kill()
	for _, group := range groups {
		_ = syscall.Kill(-group, syscall.SIGKILL) // one that is gone already is no error
	}
	return err
}

// Close stops the server and everything that works for it.
func (t *Toil) Close() error { return t.Kill() }

// Output reads a file that a run has written, by the URL that the server gives.
func (t *Toil) Output(location string) ([]byte, error) {
	path, found := strings.CutPrefix(location, "file://")
	if !found {
		return nil, fmt.Errorf("%q is not a file of the server", location)
	}
	return os.ReadFile(path)
}

// quietPort finds a free port that no outgoing connection takes for its own
// while the server that has it is down.
func quietPort(ctx context.Context) (int, error) {
	const first, count, tries = 20000, 12000, 100
	var failures []error
	for range tries {
		port := first + rand.IntN(count)
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, listener.Close()
		}
		failures = append(failures, err)
	}
	return 0, fmt.Errorf("no port is free: %w", errors.Join(failures...))
}
