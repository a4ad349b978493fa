package readiness

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/tes"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/wes"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
	rules "github.com/genomics-continuity/terraform-provider-genomics/internal/readiness"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

// look is one look at a pair. What it costs is bounded by the pages of the listings
// and by constants, however many submissions and blobs there are.
type look struct {
	session *session.Session
	pair    pairModel
	stores  []storeModel
	jobs    []workflowModel
	now     time.Time
	// write says that a probe may be written.
	write           bool
	active, standby pairSideModel

	// record is the pair's, as the standby has it; nil if there is none.
	record *failover.PairRecord
	// last is how the last failover went; nil if there was none.
	last *failover.Last

	mu     sync.Mutex
	silent []error
	// refused are the storage accounts that refused the key.
	refused map[string]bool
}

func newLook(s *session.Session, subject subjectModel, now time.Time) *look {
	l := &look{session: s, pair: subject.RegionPair, stores: subject.InputStores, jobs: subject.jobs(), now: now, refused: map[string]bool{}}
	l.active, l.standby = l.pair.sides()
	return l
}

// observe asks everybody at the same time.
func (l *look) observe(ctx context.Context) rules.Observation {
	o, ran, seen := l.gather(ctx)
	// Keys were asked for by then, and what is known of them costs nothing.
	o.Credentials = l.credentials(ctx, o.Account)
	o.Workflows = l.workflows(ran, seen)
	return o
}

// gather is what a failover can be planned by.
func (l *look) gather(ctx context.Context) (rules.Observation, runs, []*inputs) {
	o := rules.Observation{
		Patience: l.session.Patience(),
		Pair:     l.pair.Name.ValueString(), Now: l.now, Probe: rules.ProbeRead,
		Active: l.region(l.active), Standby: l.region(l.standby), Stores: make([]rules.Store, len(l.stores)),
	}
	if l.write {
		o.Probe = rules.ProbeWrite
	}
	seen := make([]*inputs, len(l.stores))
	var ran runs
	var all sync.WaitGroup
	all.Go(func() { o.Account = l.account(ctx) })
	all.Go(func() { o.Service = l.service(ctx) })
	all.Go(func() { o.Output, o.Drill = l.output(ctx) })
	all.Go(func() { o.Storage = l.storage(ctx) })
	all.Go(func() { ran = l.runs(ctx) })
	for i, s := range l.stores {
		all.Go(func() { o.Stores[i], seen[i] = l.store(ctx, s) })
	}
	all.Wait()
	o.Fencing = ran.fencing
	o.LastFailover = l.lastFailover(ctx)
	return o, ran, seen
}

func (l *look) region(side pairSideModel) rules.Region {
	r := rules.Region{Location: at(side.Location)}
	if known, ok := region.Lookup(r.Location); ok {
		r.DisplayName, r.Geography = known.DisplayName, known.Geography
	}
	account := serviceAccount(side)
	if r.ServiceURL = account.URL; account.Kind == "" {
		if url, err := l.session.ServiceURL(r.Location); err == nil {
			r.ServiceURL, r.EndOfLife = url, msgenomics.EndOfLife(url)
		}
	}
	return r
}

func (l *look) service(ctx context.Context) rules.Service {
	service, err := l.session.Engine(serviceAccount(l.standby))
	var info engine.Info
	if err == nil {
		err = l.briefly(ctx, func(ctx context.Context) (err error) {
			info, err = service.Health(ctx)
			return err
		})
	}
	var dark *region.UnreachableError
	switch {
	case err == nil:
		return rules.Service{About: about(info), Foreign: foreign(info)}
	case errors.As(err, &dark) && dark.Location == at(l.standby.Location):
		return rules.Service{Silent: l.why(err)}
	case engine.Denied(err):
		return rules.Service{Refused: l.why(err)}
	}
	return rules.Service{Unseen: l.why(err)}
}

// about is what a service says of itself, for people.
func about(info engine.Info) string {
	var parts []string
	if name := strings.TrimSpace(info.Name + " " + info.Version); name != "" {
		parts = append(parts, name)
	}
	if len(info.Protocols) > 0 {
		parts = append(parts, "protocol "+strings.Join(info.Protocols, ", "))
	}
	for _, name := range slices.Sorted(maps.Keys(info.Workflows)) {
		parts = append(parts, strings.TrimSpace(name+" "+strings.Join(info.Workflows[name], ", ")))
	}
	return azure.Mask(strings.Join(parts, "; "))
}

var number = regexp.MustCompile(`[0-9]+`)

// foreign says that none of the versions of its protocol that a service speaks is a
// first one, which are those that are known. One that names none says nothing.
func foreign(info engine.Info) string {
	numbered := false
	for _, version := range info.Protocols {
		switch number.FindString(version) {
		case "":
		case "1":
			return ""
		default:
			numbered = true
		}
	}
	if !numbered {
		return ""
	}
	return fmt.Sprintf("The service speaks version %s of its protocol, and this version of the provider knows 1.", azure.Mask(strings.Join(info.Protocols, ", ")))
}

// serviceAccount is what runs workflows on a side.
func serviceAccount(side pairSideModel) session.ServiceAccount {
	switch {
	case side.TES != nil:
		return session.ServiceAccount{Kind: tes.Kind, ID: side.TES.URL.ValueString(), URL: side.TES.URL.ValueString(), Location: at(side.Location)}
	case side.WES != nil:
		return session.ServiceAccount{Kind: wes.Kind, ID: side.WES.URL.ValueString(), URL: side.WES.URL.ValueString(), Location: at(side.Location)}
	}
	return session.ServiceAccount{ID: side.AccountID.ValueString(), Location: at(side.Location)}
}

// briefly bounds a small question: a server that trickles, or stalls again and
// again, is given up.
func (l *look) briefly(ctx context.Context, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, 2*l.session.Patience())
	defer cancel()
	return ask(ctx)
}

// why says for people what an error means, and remembers who does not answer.
func (l *look) why(err error) string {
	var dark *region.UnreachableError
	switch {
	case errors.As(err, &dark):
		l.mu.Lock()
		l.silent = append(l.silent, err)
		l.mu.Unlock()
		name := dark.Location
		if name == azure.ResourceManagerGate {
			name = "Resource Manager"
		} else if group, ok := azure.GroupOf(name); ok {
			name = "Resource Manager, for resource group " + group + ","
		}
		return fmt.Sprintf("%s does not answer: %s.", name, azure.Mask(dark.Cause.Error()))
	case errors.Is(err, context.DeadlineExceeded):
		return "There was no answer in the time that reading may take."
	}
	return azure.Mask(brief(err))
}

// brief leaves the body of Resource Manager's answer out: it goes over many lines.
func brief(err error) string {
	text := err.Error()
	var answer *azcore.ResponseError
	if !errors.As(err, &answer) || !strings.HasSuffix(text, answer.Error()) {
		return text
	}
	asked := cmp.Or(strings.TrimSuffix(strings.TrimSuffix(text, answer.Error()), ": "), "asking Resource Manager")
	return fmt.Sprintf("%s: HTTP %d %s.", asked, answer.StatusCode, answer.ErrorCode)
}

// heard remembers a storage account that does not take the key: a signature is only
// looked at by who has the key, and anything else is refused with another code.
func (l *look) heard(container *blobstore.Container, err error) {
	var failure *blobstore.Error
	if !errors.As(err, &failure) || failure.Code != "AuthenticationFailed" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused[container.AccountName()] = true
}

// warnings name once in a run who does not answer.
func (l *look) warnings() diag.Diagnostics {
	var diags diag.Diagnostics
	for _, err := range l.silent {
		diags.Append(diagnostics.Unreachable(err, l.session)...)
	}
	return diags
}
