//go:build acceptance

package acceptance

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/acctest"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// rotation is a lab whose keys are regenerated, with the first ones handed over.
type rotation struct {
	*lab
	operator *acctest.Operator
	extra    string
}

// TestAccKeyRotation regenerates keys, and works with the account in the same run
// and in later ones, whoever has handed over what is old by then.
func TestAccKeyRotation(t *testing.T) {
	l := running(t, "rotation", setup{Account: `key_rotation = "1"`}, "one")
	r := &rotation{lab: l, operator: acctest.NewOperator(t)}
	r.regenerated(0, primary, 0)
	r.regenerated(0, secondary, 0)
	s := &searched{lab: l, texts: map[string][]byte{}}
	l.cli.Trace = true
	l.put(primary, l.inputs(), l.reads("two", "three"))
	l.apply()

	old := map[string]string{primary: r.keys(primary).Key1, secondary: r.keys(secondary).Key1}
	l.cli.Env = append(slices.Clone(l.cli.Env), "TF_VAR_first="+old[primary], "TF_VAR_second="+old[secondary])
	r.extra = fmt.Sprintf("access_keys = { %q = var.first, %q = var.second }", l.account(primary), l.account(secondary))

	// A rotation, and a submission after it in the same run.
	r.write("2", "one", "two")
	mark := l.mark()
	plan := l.plan()
	s.keep(plan)
	l.changes(plan, accountAddress(primary)+" update", accountAddress(secondary)+" update", address("two")+" create")
	l.goes(plan, accountAddress(primary), "key_rotation", "1", "2")
	l.unknown(plan, accountAddress(primary))
	l.warned(plan.Run, 2)
	l.warnsOf(plan.Run, "Both keys of account "+l.account(primary)+" are regenerated")
	s.run(l.apply(plan.Path))
	r.regenerated(mark, primary, 2)
	r.regenerated(mark, secondary, 2)
	l.submitted(mark, 1)
	for _, region := range []string{primary, secondary} {
		fresh := r.keys(region)
		for key, want := range map[string]int{old[region]: http.StatusUnauthorized, fresh.Key1: http.StatusOK, fresh.Key2: http.StatusOK} {
			if got := r.answer(region, key); got != want {
				t.Errorf("%s answers %d to a key, want %d", region, got, want)
			}
		}
	}

	// Later runs find out that what was handed over is old, and submit once.
	mark = l.mark()
	l.unchanged(0)
	r.write("2", "one", "two", "three")
	s.run(l.apply())
	l.submitted(mark, 1)
	l.ran("three", 1)

	// A lost answer: what was not seen done is still to do, and may be done again.
	r.write("3", "one", "two", "three")
	mark = l.mark()
	l.inject(harness.ResourceManager, harness.Injection{Match: harness.Match{Method: http.MethodPost, PathPrefix: l.accountID(primary) + "/regenerateKey"},
		Action: harness.DropAfterAccept, Count: 1})
	s.run(l.broken("not known whether the account's first key was regenerated", "The second key was not touched", "regenerates both keys"))
	r.regenerated(mark, primary, 1)
	r.regenerated(mark, secondary, 2)
	l.holds(accountAddress(primary), "key_rotation", "2")
	l.holds(accountAddress(secondary), "key_rotation", "3")
	plan = l.plan()
	s.keep(plan)
	l.changes(plan, accountAddress(primary)+" update")
	s.run(l.apply(plan.Path))
	r.regenerated(mark, primary, 3)
	l.holds(accountAddress(primary), "key_rotation", "3")

	// Without Resource Manager nothing is regenerated. With the service dark it is.
	r.write("4", "one", "two", "three")
	mark = l.mark()
	plan = l.plan()
	l.outage(harness.ResourceManager, harness.Refused)
	run, err := l.cli.Apply(l.Context(), plan.Path)
	s.run(l.failed(run, err, "were not regenerated", "Nothing was changed"))
	l.restore(harness.ResourceManager)
	r.regenerated(mark, primary, 0)
	l.holds(accountAddress(primary), "key_rotation", "3")
	l.outage(primary, harness.Refused)
	s.run(l.apply())
	r.regenerated(mark, primary, 2)
	l.restore(primary)
	l.unchanged(0)
	for _, name := range []string{"one", "two", "three"} {
		l.ran(name, 1)
	}
	acctest.NoLeaks(t, l.cli, s.texts)
}

func (r *rotation) write(value string, submissions ...string) {
	s := setup{Provider: r.extra, Account: fmt.Sprintf("key_rotation = %q", value), Submissions: map[string]submission{}, Extra: `
variable "first" {
  ephemeral = true
  sensitive = true
}
variable "second" {
  ephemeral = true
  sensitive = true
}
`}
	for _, name := range submissions {
		s.Submissions[name] = submission{}
	}
	r.lab.write(s)
}

func (r *rotation) keys(region string) azure.Keys {
	r.Helper()
	id, err := azure.ParseAccountID(r.accountID(region))
	r.ok(err)
	keys, err := r.operator.Manager().ListKeys(r.Context(), id)
	r.ok(err)
	return keys
}

// regenerated asserts how often Resource Manager was asked to regenerate a key of
// an account since a mark.
func (r *rotation) regenerated(since int64, region string, times int) {
	r.Helper()
	asked := slices.DeleteFunc(r.managed(since), func(s harness.Seen) bool {
		return !strings.EqualFold(s.Path, r.accountID(region)+"/regenerateKey")
	})
	if len(asked) != times {
		r.Errorf("keys of %s were regenerated %d times, want %d: %+v", region, len(asked), times, asked)
	}
}

// answer is the status with which a region's service answers to a key.
func (r *rotation) answer(region, key string) int {
	r.Helper()
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, r.Emulator.Ready.Regions[region].Service+"/api/workflows?$top=1", nil)
	r.ok(err)
	req.Header.Set("Ocp-Apim-Subscription-Key", key)
	resp, err := http.DefaultClient.Do(req)
	r.ok(err)
	r.ok(resp.Body.Close())
	return resp.StatusCode
}
