//go:build acceptance

package acceptance

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// phase is what an apply is about when it is ended, with about as many requests as
// it makes, of itself and for each submission: of any kind, and of those that
// change something.
type phase struct {
	name           string
	requests, more int
	writes, others int
	runs           int // that are sent or stopped for each submission
	// managed says that Resource Manager is told to make something. Else it is
	// written to for keys alone, which changes nothing.
	managed bool
}

var (
	founding  = phase{"prepare with its accounts", 42, 8, 10, 4, 1, true}
	preparing = phase{"prepare", 32, 8, 6, 3, 1, false}
	fleeing   = phase{"flip from a dark region", 24, 3, 2, 1, 1, false}
	leaving   = phase{"flip from a healthy region", 30, 7, 3, 3, 2, false}
	planning  = phase{"planned flip", 30, 8, 3, 3, 2, false}
	fencing   = phase{"fence", 22, 2, 0, 1, 1, false}
)

var writing = []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// blow is how an apply is ended.
type blow struct {
	name string
	hit  func(*harness.Running) error
	// asks says that the CLI is asked to end: with gentle it ends by itself, when
	// the provider has; else it is asked once more and waits for nobody.
	asks, gentle bool
}

var blows = []blow{
	{"SIGKILL of the provider", (*harness.Running).KillProvider, false, false},
	{"SIGKILL of CLI and provider", (*harness.Running).Kill, false, false},
	{"SIGKILL of the CLI", (*harness.Running).KillCLI, false, false},
	{"SIGTERM of CLI and provider", (*harness.Running).TerminateAll, false, false},
	{"SIGINT of CLI and provider", (*harness.Running).InterruptAll, true, true},
	{"SIGTERM of the CLI", (*harness.Running).Terminate, true, true},
	{"SIGINT of CLI and provider, twice", (*harness.Running).InterruptAll, true, false},
}

// moment draws the request at which an apply is ended.
func (k *kills) moment(what phase) harness.Freeze {
	at := harness.Freeze{After: k.chance(50)}
	bound := what.requests + what.more*len(k.names)
	switch n := k.random.IntN(100); {
	case n < 30: // runs are sent and stopped
		at.Methods, at.Planes, bound = writing, []string{"service"}, what.runs*len(k.names)
	case n < 65:
		at.Methods, bound = writing, what.writes+what.others*len(k.names)
		if !what.managed {
			at.Planes = []string{"service", "storage"}
		}
	}
	at.Skip = k.random.IntN(bound)
	return at
}

// strike starts an apply and ends it early. It reports false when the apply had
// ended by itself before its moment came.
func (k *kills) strike(what phase, region string) bool {
	k.Helper()
	b, at := pickOne(k.random, blows...), k.moment(what)
	args := []string{to(region)}
	if k.chance(50) {
		args = append(args, "-parallelism=1")
	}
	before := k.runs()
	saved, err := k.cli.StateFile()
	k.ok(err)
	heard := k.listen("Interrupt received")
	k.ok(k.Freeze(k.Context(), at))
	running, err := k.cli.StartApply(k.Context(), args...)
	k.ok(err)
	// A provider whose CLI was killed stays, and does nothing any more. There may be none.
	k.Cleanup(func() { _ = running.KillProvider() })
	frozen, ended := k.standstill(running)
	if ended {
		k.missed++
		k.did("%s to %s: ended by itself after %d requests, before %s", what.name, region, frozen.Seen, words(at))
		if _, err := running.Wait(); err != nil {
			k.Fatalf("an apply that nobody ended: %v", err)
		}
		k.ok(k.Thaw(k.Context()))
		return false
	}
	story := fmt.Sprintf("lab%03d kill %d: %s to %s with %s: %s %s, which is %s", k.id, len(k.list)+1, what.name, region, k.cli.CLI.Name, b.name, words(at), asked(frozen))
	k.list = append(k.list, story)
	k.did("%s", story)
	k.deal(b, running, heard)
	if b.gentle {
		k.calm()
		k.honest(before)
		return true
	}
	k.mend(saved)
	k.until("nobody waits for an answer any more", func() bool {
		frozen, err := k.Frozen(k.Context())
		k.ok(err)
		return frozen.Held == 0
	})
	k.ok(k.Thaw(k.Context()))
	return true
}

// deal ends the command, or asks it to end and lets the servers go on.
func (k *kills) deal(b blow, running *harness.Running, heard <-chan struct{}) {
	k.Helper()
	k.ok(b.hit(running))
	if b.asks {
		select {
		case <-heard:
		case <-running.Done():
		}
		if b.gentle {
			k.arrives(running)
			k.ok(k.Thaw(k.Context()))
		} else {
			k.ok(b.hit(running))
		}
	}
	run, err := running.Wait()
	if err == nil {
		k.did("it ended well all the same")
	}
	for _, d := range run.Errors() {
		k.did("error: %s: %s", d.Address, strings.ReplaceAll(d.Summary+": "+d.Detail, "\n", " "))
	}
	if strings.Contains(run.Output(), "panic:") {
		k.Errorf("it panicked: %s", run.Output())
	}
}

// grace is how long an interrupt has to get from the CLI to the provider. It decides
// what is tried, not how it has to end.
const grace = 300 * time.Millisecond

// arrives lets an interrupt get to the provider while the servers still stand: what
// waits for an answer then is given up, but for what is not to be torn.
func (k *kills) arrives(running *harness.Running) {
	k.Helper()
	over := time.NewTimer(grace)
	defer over.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		frozen, err := k.Frozen(k.Context())
		k.ok(err)
		if frozen.Held == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-over.C:
			return
		case <-running.Done():
			return
		}
	}
}

// mend puts a state file back that was torn: the CLIs write over it in place, while
// stores that are meant for such days keep the last whole one.
func (k *kills) mend(saved []byte) {
	k.Helper()
	content, err := k.cli.StateFile()
	k.ok(err)
	if json.Valid(content) {
		return
	}
	k.did("a torn state file is put back: %d bytes for %d", len(saved), len(content))
	k.ok(k.cli.LoseState())
	if len(saved) > 0 {
		k.ok(os.WriteFile(k.cli.StatePath(), saved, 0o600))
	}
}

// words says at which request a freeze stops everything.
func words(at harness.Freeze) string {
	when, what := "before", "request"
	if at.After {
		when = "after"
	}
	if len(at.Methods) > 0 {
		what = "change"
	}
	if len(at.Planes) > 0 {
		what += " of a region"
	}
	return fmt.Sprintf("%s %s %d", when, what, at.Skip+1)
}

// asked is the request at which everything stopped.
func asked(frozen harness.Frozen) string {
	r := frozen.Request
	return strings.Join([]string{r.Method, r.Plane, r.Region, r.Path}, " ")
}

// standstill waits until the servers stand still, or the command has ended.
func (k *kills) standstill(running *harness.Running) (frozen harness.Frozen, ended bool) {
	k.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		var err error
		frozen, err = k.Frozen(k.Context())
		k.ok(err)
		if frozen.Reached {
			return frozen, false
		}
		select {
		case <-tick.C:
		case <-running.Done():
			return frozen, true
		case <-k.Context().Done():
			k.Fatal(context.Cause(k.Context()))
		}
	}
}

// listen tells when the next command says something.
func (k *kills) listen(piece string) (heard <-chan struct{}) {
	said := make(chan struct{})
	once := sync.OnceFunc(func() { close(said) })
	k.cli.Watch = func(m harness.Message) {
		if strings.Contains(m.Text, piece) {
			once()
		}
	}
	return said
}
