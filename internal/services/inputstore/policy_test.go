package inputstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
)

// azures is Resource Manager with two accounts, and the order that it asks for.
type azures struct {
	accounts map[string]azure.StorageAccount
	services map[string]azure.BlobService
	held     map[string][]azure.ReplicationPolicy
	dark     map[string]bool
	calls    []string
	made     int
}

func newAzures() *azures {
	a := &azures{accounts: map[string]azure.StorageAccount{}, services: map[string]azure.BlobService{}, held: map[string][]azure.ReplicationPolicy{}, dark: map[string]bool{}}
	for _, name := range []string{"labwestus2", "labwesteurope"} {
		a.accounts[name] = azure.StorageAccount{Name: name, Kind: "StorageV2", Location: strings.TrimPrefix(name, "lab")}
		a.services[name] = azure.BlobService{Versioning: true, ChangeFeed: true}
	}
	return a
}

var errDark = &region.UnreachableError{Location: "rg", Cause: errors.New("no answer")}

func (a *azures) AccountAnywhere(_ context.Context, id azure.StorageAccountID) (azure.StorageAccount, error) {
	return a.accounts[id.Name], nil
}

func (a *azures) BlobService(_ context.Context, id azure.StorageAccountID) (azure.BlobService, error) {
	return a.services[id.Name], nil
}

func (a *azures) ChangePolicies(change func() error) error { return change() }

func (a *azures) Policies(_ context.Context, id azure.StorageAccountID) ([]azure.ReplicationPolicy, error) {
	if a.dark[id.Name] {
		return nil, errDark
	}
	return slices.Clone(a.held[id.Name]), nil
}

func (a *azures) PutPolicy(_ context.Context, id azure.StorageAccountID, p azure.ReplicationPolicy) (azure.ReplicationPolicy, error) {
	a.calls = append(a.calls, "put "+id.Name)
	switch {
	case a.dark[id.Name]:
		return p, errDark
	case sameAccount(p.Destination, id.String()):
		if p.ID == "" {
			a.made++
			p.ID = fmt.Sprintf("p%d", a.made)
		}
		p.Rules = slices.Clone(p.Rules)
		for i := range p.Rules {
			if p.Rules[i].ID == "" {
				a.made++
				p.Rules[i].ID = fmt.Sprintf("r%d", a.made)
			}
		}
	case !slices.ContainsFunc(a.held["labwesteurope"], func(o azure.ReplicationPolicy) bool { return o.ID == p.ID }) &&
		!slices.ContainsFunc(a.held["labwestus2"], func(o azure.ReplicationPolicy) bool { return o.ID == p.ID }):
		return p, errors.New("the destination does not know the policy")
	}
	a.held[id.Name] = append(slices.DeleteFunc(a.held[id.Name], func(o azure.ReplicationPolicy) bool { return o.ID == p.ID }), p)
	return p, nil
}

func (a *azures) DeletePolicy(_ context.Context, id azure.StorageAccountID, policy string) error {
	a.calls = append(a.calls, "delete "+id.Name)
	if a.dark[id.Name] {
		return errDark
	}
	a.held[id.Name] = slices.DeleteFunc(a.held[id.Name], func(o azure.ReplicationPolicy) bool { return o.ID == policy })
	return nil
}

func (a *azures) saw() string {
	out := strings.Join(a.calls, ", ")
	a.calls = nil
	return out
}

func byPolicyIn(t *testing.T, location string) model {
	t.Helper()
	m := stateActiveIn(t, location, 0)
	m.Mode = types.StringValue(modeObjectReplication)
	return m
}

// The policy comes into being at its destination; a second store between the same accounts extends it, for there can be one only.
func TestRulesShareThePolicyOfTheirAccounts(t *testing.T) {
	arm, m := newAzures(), byPolicyIn(t, "westus2")
	want, _ := m.rule(t.Context())
	first, err := want.ensure(t.Context(), arm)
	if err != nil || first.Policy == "" || first.ID == "" || arm.saw() != "put labwesteurope, put labwestus2" {
		t.Fatalf("%+v, %v", first, err)
	}
	if again, err := want.ensure(t.Context(), arm); err != nil || again != first || arm.saw() != "" {
		t.Errorf("what holds was written again: %+v, %v", again, err)
	}
	other := want
	other.Source.Container, other.Destination.Container = "more", "more"
	second, err := other.ensure(t.Context(), arm)
	if err != nil || second.Policy != first.Policy || second.ID == first.ID || len(arm.held["labwestus2"]) != 1 || len(arm.held["labwestus2"][0].Rules) != 2 {
		t.Fatalf("%+v, %v: %+v", second, err, arm.held)
	}
	arm.saw()
	for _, e := range []end{first.Source, first.Destination} {
		if err := first.remove(t.Context(), arm, e.Account); err != nil {
			t.Fatal(err)
		}
	}
	if got := arm.saw(); got != "put labwestus2, put labwesteurope" || len(arm.held["labwestus2"][0].Rules) != 1 {
		t.Errorf("%s, %+v", got, arm.held)
	}
	if err := second.remove(t.Context(), arm, second.Source.Account); err != nil || arm.saw() != "delete labwestus2" {
		t.Error(err)
	}
}

// A failover asks a silent region nothing, and goes on without what does not answer; what stays is remembered until it is gone.
func TestAPolicyThatCannotBeTakenDown(t *testing.T) {
	arm, m := newAzures(), byPolicyIn(t, "westus2")
	var rules ruleMemory
	if d := rules.bring(t.Context(), arm, &m, nil); len(d) > 0 || rules.Rule == nil {
		t.Fatal(d)
	}
	arm.saw()
	flipped := byPolicyIn(t, "westeurope")
	arm.dark["labwesteurope"] = true
	if d := rules.takeDown(t.Context(), arm, services.Silent{"westus2"}); d.HasError() || d.WarningsCount() != 1 || arm.saw() != "" {
		t.Errorf("%v", d)
	}
	if rules.Rule != nil || len(rules.Left) != 2 || rules.mends(t.Context(), &flipped, nil) {
		t.Fatalf("%+v", rules)
	}
	kept := private{}
	if d := rules.save(t.Context(), kept); len(d) > 0 {
		t.Fatal(d)
	}
	back, d := recallRules(t.Context(), kept)
	if len(d) > 0 || len(back.Left) != 2 {
		t.Fatalf("%+v, %v", back, d)
	}
	arm.dark["labwesteurope"] = false
	answers := services.Silent{"westus2"}.Answers
	if d := back.look(t.Context(), arm, answers, nil); len(d) > 0 || len(back.Left) != 2 || !back.mends(t.Context(), &flipped, services.Silent{"westus2"}) {
		t.Errorf("%+v, %v", back, d)
	}
	if d := back.bring(t.Context(), arm, &flipped, services.Silent{"westus2"}); len(d) > 0 || len(back.Left) != 1 || arm.saw() != "delete labwesteurope" {
		t.Errorf("%+v, %v", back, d)
	}
	// Somebody else takes the last one down.
	delete(arm.held, "labwestus2")
	if d := back.look(t.Context(), arm, services.Silent{}.Answers, nil); len(d) > 0 || len(back.Left) != 0 || back.mends(t.Context(), &flipped, nil) {
		t.Errorf("%+v, %v", back, d)
	}
	// The other direction is made only when it is asked for.
	flipped.FailbackReplication = types.BoolValue(true)
	if !back.mends(t.Context(), &flipped, nil) || back.mends(t.Context(), &flipped, services.Silent{"westus2"}) {
		t.Error("it does not go by whether both regions answer")
	}
	if d := back.bring(t.Context(), arm, &flipped, nil); len(d) > 0 || arm.saw() != "put labwestus2, put labwesteurope" {
		t.Errorf("%v", d)
	}
}

func TestAHalfThatIsGone(t *testing.T) {
	arm, m := newAzures(), byPolicyIn(t, "westus2")
	var rules ruleMemory
	if d := rules.bring(t.Context(), arm, &m, nil); len(d) > 0 {
		t.Fatal(d)
	}
	arm.dark["labwestus2"] = true
	if d := rules.look(t.Context(), arm, services.Silent{"westus2"}.Answers, nil); len(d) > 0 || rules.Missing {
		t.Errorf("a silent account lost its policy: %v", d)
	}
	arm.dark["labwestus2"] = false
	delete(arm.held, "labwestus2")
	if d := rules.look(t.Context(), arm, services.Silent{}.Answers, nil); len(d) > 0 || !rules.Missing || !rules.mends(t.Context(), &m, nil) {
		t.Errorf("%+v, %v", rules, d)
	}
	object, _ := rules.object(t.Context(), 0)
	if !object.Attributes()["policy_id"].IsNull() {
		t.Errorf("%v", object)
	}
	if d := rules.forget(t.Context(), arm, "reads"); len(d) > 0 || len(arm.held["labwesteurope"]) != 0 {
		t.Errorf("%v, %+v", d, arm.held)
	}
}

// What is wanting is named with its account and what to do about it, and nothing is switched on.
func TestLacks(t *testing.T) {
	m := byPolicyIn(t, "westus2")
	want, _ := m.rule(t.Context())
	for name, tc := range map[string]struct {
		change   func(*azures)
		bothWays bool
		account  string
		says     []string
	}{
		"nothing":                     {func(*azures) {}, true, "", nil},
		"versioning":                  {func(a *azures) { a.services["labwesteurope"] = azure.BlobService{ChangeFeed: true} }, false, "labwesteurope", []string{"versioning_enabled = true", "--account-name labwesteurope", "--enable-versioning true"}},
		"change feed at the source":   {func(a *azures) { a.services["labwestus2"] = azure.BlobService{Versioning: true} }, false, "labwestus2", []string{"change_feed_enabled = true", "--enable-change-feed true"}},
		"change feed at the other":    {func(a *azures) { a.services["labwesteurope"] = azure.BlobService{Versioning: true} }, false, "", nil},
		"change feed on the way back": {func(a *azures) { a.services["labwesteurope"] = azure.BlobService{Versioning: true} }, true, "labwesteurope", []string{"change feed"}},
		"kind":                        {func(a *azures) { a.accounts["labwestus2"] = azure.StorageAccount{Name: "labwestus2", Kind: "Storage"} }, false, "labwestus2", []string{"kind=StorageV2"}},
		"hierarchy": {func(a *azures) {
			a.accounts["labwestus2"] = azure.StorageAccount{Name: "labwestus2", Hierarchical: true}
		}, false, "labwestus2", []string{"hierarchical"}},
		"failover under way": {func(a *azures) {
			a.accounts["labwesteurope"] = azure.StorageAccount{Name: "labwesteurope", FailoverInProgress: true}
		}, false, "labwesteurope", []string{"being failed over"}},
		"failover of the account": {func(a *azures) {
			a.accounts["labwesteurope"] = azure.StorageAccount{Name: "labwesteurope", LastFailover: time.Unix(1e9, 0)}
		}, false, "labwesteurope", []string{"customer-managed failover"}},
	} {
		t.Run(name, func(t *testing.T) {
			arm := newAzures()
			tc.change(arm)
			lacks, err := want.lacks(t.Context(), arm, tc.bothWays)
			if err != nil || len(lacks) > 1 || (len(lacks) == 1) != (tc.account != "") {
				t.Fatalf("%v, %v", lacks, err)
			}
			for _, l := range lacks {
				if l.account != tc.account {
					t.Errorf("it names %s", l.account)
				}
				for _, piece := range tc.says {
					if !strings.Contains(l.Error(), piece) {
						t.Errorf("%q says nothing of %q", l.Error(), piece)
					}
				}
			}
			if got := arm.saw(); got != "" {
				t.Errorf("a look changed something: %s", got)
			}
		})
	}
}

func TestArrived(t *testing.T) {
	rules := ruleMemory{Rule: &rule{Policy: "P", ID: "R"}}
	source := func(status string, change func(*blobstore.Blob)) *blobstore.Blob {
		b := &blobstore.Blob{Name: "a", Size: 1, Type: blobstore.TypeBlock}
		if status != "" {
			b.Replicated = map[string]string{"p_r": status}
		}
		if change != nil {
			change(b)
		}
		return b
	}
	there := &blobstore.Blob{Name: "a", Size: 1, Type: blobstore.TypeBlock}
	for name, tc := range map[string]struct {
		c    replication.Compared
		want bool
	}{
		"not there":               {replication.Compared{Source: source("", nil), Pending: true}, false},
		"said to be there":        {replication.Compared{Source: source(statusComplete, nil), Pending: true}, false},
		"there, without a hash":   {replication.Compared{Source: source(statusComplete, nil), Destination: there, Pending: true}, true},
		"there, of another time":  {replication.Compared{Source: source("", nil), Destination: there, Pending: true}, false},
		"the same by its content": {replication.Compared{Source: source("", nil), Destination: there}, true},
		"given up":                {replication.Compared{Source: source(statusFailed, nil), Destination: there}, false},
		"another size":            {replication.Compared{Source: source(statusComplete, func(b *blobstore.Blob) { b.Size = 2 }), Destination: there}, false},
		"not to be replicated":    {replication.Compared{Source: source("", func(b *blobstore.Blob) { b.Type = blobstore.TypeAppend })}, true},
	} {
		if got := rules.arrived(tc.c); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if rules.failed != 1 || len(rules.told("reads")) != 1 {
		t.Errorf("%d failed", rules.failed)
	}
}
