//go:build acceptance

package acceptance

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// How many kills, and the seed that they are drawn from. A lab's kills depend on
// the seed and the lab's number alone: to replay one that failed, give its seed
// and run that lab's subtest.
const (
	killsVariable    = "GENOMICS_TEST_KILLS"
	killSeedVariable = "GENOMICS_TEST_KILLS_SEED"
	defaultKills     = 100
	defaultKillSeed  = 1
	killsPerLab      = 5
)

// TestAccKills ends applies at random moments: the provider, the CLI, both, or by
// an interrupt. After each kill one more apply converges, one run is alive under
// each key, and state and ledger tell the same; in the end no job is lost.
func TestAccKills(t *testing.T) {
	count, seed := number(t, killsVariable, defaultKills), number(t, killSeedVariable, defaultKillSeed)
	var list []string
	missed := 0
	for first := 0; first < count; first += killsPerLab {
		id := first / killsPerLab
		t.Run(fmt.Sprintf("lab%03d", id), func(t *testing.T) {
			k := newKills(t, uint64(seed), id)
			defer func() { list, missed = append(list, k.list...), missed+k.missed }()
			k.play(min(killsPerLab, count-first))
		})
	}
	t.Logf("%d applies were ended early and %d had ended by themselves, with %s=%d:\n%s", len(list), missed, killSeedVariable, seed, strings.Join(list, "\n"))
}

func number(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	given := os.Getenv(variable)
	if given == "" {
		return otherwise
	}
	n, err := strconv.Atoi(given)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q, and not a number from 1 on", variable, given)
	}
	return n
}

// kills is a lab in which applies are ended early.
type kills struct {
	*lab
	random *rand.Rand
	id     int
	names  []string // of the submissions
	mode   string   // of failing over
	active string   // the region that is active when nothing is under way
	dark   string   // the region that is down, if one is
	list   []string // what was ended early, and where
	missed int      // applies that had ended by themselves
	trail  []string // everything that was done, for the message of a failure
}

func newKills(t *testing.T, seed uint64, id int) *kills {
	t.Helper()
	k := &kills{random: rand.New(rand.NewPCG(seed, uint64(id))), id: id, active: primary, mode: "forced"}
	// OpenTofu plans and applies in a fraction of the time that Terraform takes.
	k.lab = labWith(t, "kills", func(found []harness.CLI) harness.CLI {
		if id%5 == 4 {
			return found[0]
		}
		return found[len(found)-1]
	})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("replay with %s=%d and -run '%s'\n%s", killSeedVariable, seed, t.Name(), strings.Join(k.trail, "\n"))
		}
	})
	k.names = []string{"one", "two", "three"}[:2+k.random.IntN(2)]
	if k.chance(30) {
		k.mode = "planned"
	}
	k.put(primary, k.inputs(), k.reads(k.names...))
	k.hold("")
	// A run that is superseded and alive in the region to go to is taken up.
	s := setup{Pair: fmt.Sprintf("failover = { mode = %q }", k.mode), Submissions: map[string]submission{}}
	for _, name := range k.names {
		s.Submissions[name] = submission{More: `accept = ["stale_runs"]`}
	}
	k.write(s)
	k.did("%s, %s, %v", k.cli.CLI.Name, k.mode, k.names)
	return k
}

func (k *kills) chance(percent int) bool { return k.random.IntN(100) < percent }

func (k *kills) did(format string, args ...any) {
	k.trail = append(k.trail, fmt.Sprintf(format, args...))
}

// play goes through prepare, flip and fence until so many applies were ended.
func (k *kills) play(count int) {
	k.Helper()
	k.prepare()
	for round := 0; len(k.list) < count; round++ {
		if round == 4*count {
			k.Fatalf("%d of %d kills in %d rounds", len(k.list), count, round)
		}
		k.flip()
		if k.dark != "" {
			k.fence(len(k.list) < count)
		}
	}
	k.finishAll()
}

func (k *kills) prepare() {
	k.Helper()
	phase := founding
	if k.chance(70) {
		phase = preparing
		k.apply("-target=genomics_account.lab")
	}
	k.strike(phase, k.active)
	k.takeIn()
	k.oneEnds()
	// Whoever waits for nothing goes to the other region at once, if the inputs are there.
	if text(k.state()[storeAddress]["in_sync"]) == "true" && k.chance(50) {
		k.turn()
	}
	k.converge()
}

// takeIn imports the accounts that were made and not saved. Nobody can tell them
// from somebody else's of that name, and so an apply refuses and says to import them.
func (k *kills) takeIn() {
	k.Helper()
	for _, region := range []string{primary, secondary} {
		if _, saved := k.state()[accountAddress(region)]; saved || !k.accountExists(region) {
			continue
		}
		k.did("the account in %s is imported", region)
		_, err := k.cli.Import(k.Context(), accountAddress(region), k.accountID(region))
		k.ok(err)
	}
}

// flip goes to the other region, in most cases because this one is dark.
func (k *kills) flip() {
	k.Helper()
	from, to := k.active, other(k.active)
	phase := leaving
	if k.mode == "planned" {
		phase = planning
	} else if k.chance(70) {
		phase = fleeing
		mode := pickOne(k.random, harness.Refused, harness.Refused, harness.Refused, harness.Gateway403, harness.Error503, harness.Error500, harness.Blackhole)
		k.did("%s is %s", from, mode)
		k.outage(from, mode)
		k.dark = from
	}
	k.active = to
	if k.strike(phase, to) {
		if k.dark != "" && k.chance(35) {
			k.back()
		}
		if k.dark == "" && k.chance(40) {
			k.turn()
		}
		k.oneEnds()
	}
	k.converge()
}

// fence stops what a region has restarted on its return.
func (k *kills) fence(kill bool) {
	k.Helper()
	k.back()
	if kill && k.strike(fencing, k.active) {
		k.oneEnds()
	}
	k.converge()
}

// oneEnds lets now and then a job end while nobody looks: one that the state knows.
// A run that nobody knew of and that ended well in the region that is not active is
// not looked for, since that would take listing everything that ever ended there.
func (k *kills) oneEnds() {
	k.Helper()
	if !k.chance(12) {
		return
	}
	var runs []harness.JobRun
	for _, name := range k.names {
		known := k.known(name)
		for _, run := range k.runsOf(name) {
			if _, is := known[runName(run)]; is && fate(run.Status) == "alive" && run.Region != k.dark {
				runs = append(runs, run)
			}
		}
	}
	if len(runs) == 0 {
		return
	}
	run := pickOne(k.random, runs...)
	k.did("the run %s of %s ends", runName(run), run.Description)
	k.ok(k.Force(k.Context(), run.Region, run.ID, harness.Force{Release: true}))
	k.until(fmt.Sprintf("the run %s has ended", runName(run)), func() bool {
		return slices.ContainsFunc(k.runs(), func(r harness.JobRun) bool { return runName(r) == runName(run) && r.Status == "success" })
	})
}

// turn is a change of mind.
func (k *kills) turn() {
	k.active = other(k.active)
	k.did("to %s instead", k.active)
}

// back brings the dark region back.
func (k *kills) back() {
	k.Helper()
	k.did("%s is back", k.dark)
	k.restore(k.dark)
	k.dark = ""
}

// converge is the one more apply, after which there is nothing left to do.
func (k *kills) converge() {
	k.Helper()
	k.did("one more apply, to %s", k.active)
	run, err := k.cli.Apply(k.Context(), to(k.active))
	if err != nil {
		k.Fatalf("the apply after a kill: %v\n%s", err, ledger(k.runs()))
	}
	for _, warning := range run.Warnings() {
		k.did("warning: %s: %s", warning.Address, strings.ReplaceAll(warning.Summary+": "+warning.Detail, "\n", " "))
	}
	k.calm()
	k.consistent()
	if run, err := k.cli.Exec(k.Context(), "plan", "-json", "-input=false", "-detailed-exitcode", to(k.active)); err != nil || run.ExitCode != 0 {
		plan, err := k.cli.Plan(k.Context(), to(k.active))
		k.Fatalf("a plan after the apply after a kill still has changes (%v):\n%s\n%s", err, k.explain(plan), ledger(k.runs()))
	}
}

// finishAll lets the jobs end: none is lost, and none was done twice.
func (k *kills) finishAll() {
	k.Helper()
	if k.dark != "" {
		k.back()
		k.converge()
	}
	k.release("")
	k.until("every job has ended", func() bool {
		return !slices.ContainsFunc(k.runs(), harness.JobRun.Live)
	})
	k.converge()
	for _, name := range k.names {
		k.holds(address(name), "status", "success", "unfenced_attempts", "0")
		runs := slices.DeleteFunc(k.runsOf(name), func(r harness.JobRun) bool { return r.Status != "success" })
		if len(runs) != 1 {
			k.Errorf("%s succeeded %d times:\n%s", name, len(runs), ledger(k.runsOf(name)))
		}
	}
}

func to(region string) string { return "-var=active_region=" + region }

func other(region string) string {
	if region == primary {
		return secondary
	}
	return primary
}

func pickOne[T any](random *rand.Rand, from ...T) T { return from[random.IntN(len(from))] }
