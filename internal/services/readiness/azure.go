package readiness

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	rules "github.com/genomics-continuity/terraform-provider-genomics/internal/readiness"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

// probeLife is how long the signature is good for that is tried.
const probeLife = 10 * time.Minute

func (l *look) account(ctx context.Context) rules.Account {
	id := l.standby.AccountID.ValueString()
	out := rules.Account{ID: id, None: id == ""}
	if out.None {
		return out
	}
	parsed, err := azure.ParseAccountID(id)
	if err != nil {
		out.Unseen, out.Group.Unseen = err.Error(), err.Error()
		return out
	}
	out.Name, out.Group.Name = parsed.Name, parsed.ResourceGroup
	err = l.briefly(ctx, func(ctx context.Context) error {
		account, err := l.session.Account(ctx, id)
		out.Location, out.State = region.Normalize(account.Location), account.ProvisioningState
		return err
	})
	switch {
	case azure.IsNotFound(err):
		out.Missing = true
	case err != nil:
		out.Unseen = l.why(err)
	}
	out.Group = l.group(ctx, parsed.SubscriptionID, parsed.ResourceGroup)
	return out
}

func (l *look) group(ctx context.Context, subscription, name string) rules.Group {
	out := rules.Group{Name: name}
	err := l.briefly(ctx, func(ctx context.Context) error {
		group, err := l.session.ResourceGroup(ctx, subscription, name)
		out.Location = region.Normalize(group.Location)
		return err
	})
	switch {
	case azure.IsNotFound(err):
		out.Missing = true
	case err != nil:
		out.Unseen = l.why(err)
	}
	return out
}

// storageIDs are the standby's storage accounts, each once. replicated says whether
// those are among them that are in the other region, and are read at their replica.
func (l *look) storageIDs(replicated bool) []string {
	ids := []string{l.standby.Output.StorageAccountID.ValueString()}
	for _, s := range l.stores {
		_, standby, _ := s.sides(at(l.active.Location))
		if !replicated && s.Mode.ValueString() == modeGeoRedundant {
			continue
		}
		id := standby.StorageAccountID.ValueString()
		if !slices.ContainsFunc(ids, func(known string) bool { return strings.EqualFold(known, id) }) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (l *look) storage(ctx context.Context) []rules.Storage {
	var out []rules.Storage
	for _, id := range l.storageIDs(false) {
		s := rules.Storage{ID: id}
		if parsed, err := azure.ParseStorageAccountID(id); err == nil {
			s.Name = parsed.Name
		}
		var misplaced *session.MisplacedError
		err := l.briefly(ctx, func(ctx context.Context) error {
			account, err := l.session.StorageAccount(ctx, id, at(l.standby.Location))
			s.Location = region.Normalize(account.Location)
			return err
		})
		switch {
		case errors.As(err, &misplaced):
			s.Location = misplaced.Got
		case azure.IsNotFound(err):
			s.Missing = true
		case err != nil:
			s.Unseen = l.why(err)
		}
		out = append(out, s)
	}
	return out
}

// open opens a container. Its address is Resource Manager's to tell.
func (l *look) open(ctx context.Context, location, storageID, name string) (*blobstore.Container, error) {
	var out *blobstore.Container
	err := l.briefly(ctx, func(ctx context.Context) error {
		account, err := l.session.StorageAccount(ctx, storageID, location)
		if err != nil {
			return err
		}
		out, err = l.session.Container(ctx, session.ContainerRef{
			Location: location, StorageAccountID: storageID, URL: session.ContainerURL(account, name),
		})
		return err
	})
	return out, err
}

// output looks at the standby's output container and at the record of the last
// drill, which lies in it.
func (l *look) output(ctx context.Context) (rules.Output, rules.Drill) {
	side := l.standby.Output
	out := rules.Output{AccountID: side.StorageAccountID.ValueString(), Container: side.ContainerName.ValueString()}
	if id, err := azure.ParseStorageAccountID(out.AccountID); err == nil {
		out.Account = id.Name
	}
	container, err := l.open(ctx, at(l.standby.Location), out.AccountID, out.Container)
	if err == nil {
		out.URL = container.URL()
		err = l.briefly(ctx, func(ctx context.Context) error {
			exists, err := container.Exists(ctx)
			out.Missing = !exists
			return err
		})
		l.heard(container, err)
	}
	switch {
	case err != nil:
		out.Unseen, out.Missing = l.why(err), false
		return out, rules.Drill{Unseen: out.Unseen}
	case out.Missing:
		return out, rules.Drill{}
	}
	out.Access = l.access(ctx, container)
	l.flipped(ctx, container)
	return out, l.drill(ctx, container)
}

// flipped reads the pair's record, which tells when it last failed over. One that
// cannot be read is the pair's own to complain about.
func (l *look) flipped(ctx context.Context, container *blobstore.Container) {
	_ = l.briefly(ctx, func(ctx context.Context) error {
		record, err := services.PairRecord(ctx, container, l.pair.Name.ValueString())
		if err == nil {
			l.record = &record
		}
		return err
	})
}

// access tries what a signature made now allows.
func (l *look) access(ctx context.Context, container *blobstore.Container) (a rules.Access) {
	err := l.briefly(ctx, func(ctx context.Context) error {
		signature, err := container.ContainerSAS(ctx, probeLife)
		if err != nil && !diagnostics.IsUnreachable(err) {
			a.Unsigned = l.why(err)
			return nil
		}
		if err != nil {
			return err
		}
		name := replication.Reserved + "probe-" + strconv.FormatUint(rand.Uint64(), 36) //nolint:gosec // nobody has to guess it
		probes, err := container.Try(ctx, name, signature, l.write)
		for _, p := range probes {
			if p.Denied != nil {
				a.Denied = append(a.Denied, rules.Denial{Permission: string(p.Permission), Reason: p.Denied.Short()})
			}
		}
		return err
	})
	if err != nil {
		a.Unseen = l.why(err)
	}
	return a
}

// drill reads the record of the last drill that succeeded.
func (l *look) drill(ctx context.Context, container *blobstore.Container) rules.Drill {
	var record rules.DrillRecord
	err := l.briefly(ctx, func(ctx context.Context) (err error) {
		record, err = services.LastDrill(ctx, container, l.pair.Name.ValueString())
		return err
	})
	var unusable *services.UnusableError
	switch {
	case blobstore.IsNotFound(err):
		return rules.Drill{}
	case errors.As(err, &unusable):
		return rules.Drill{Unseen: unusable.Error() + "."}
	case err != nil:
		return rules.Drill{Unseen: l.why(err)}
	}
	return record.Seen()
}

// outdated says of a key that was handed over why it is of no use.
const outdated = "the service refuses the one in access_keys."

// credentials tells of each key that a failover needs where it comes from.
func (l *look) credentials(ctx context.Context, account rules.Account) []rules.Credential {
	var out []rules.Credential
	if !account.None {
		key := l.credential(ctx, "account", account.Name, account.Group, l.session.Handed(account.Name), func(ctx context.Context) error {
			return l.session.AccountKey(ctx, account.ID)
		})
		if id, err := azure.ParseAccountID(account.ID); err == nil && key.Handed && l.session.Outdated(id) {
			// What Resource Manager says in its place may not be had in an outage.
			key.Refused = outdated
		}
		out = append(out, key)
	}
	if server := serviceAccount(l.standby).URL; account.None {
		if handed, identity := l.session.Login(server); handed || identity {
			out = append(out, rules.Credential{Name: server, Kind: "server", Handed: handed, Token: identity})
		}
	}
	for _, id := range l.storageIDs(true) {
		parsed, err := azure.ParseStorageAccountID(id)
		if err != nil {
			continue
		}
		const kind = "storage account"
		if l.session.StorageByIdentity() {
			out = append(out, rules.Credential{Name: parsed.Name, Kind: kind, Token: true})
			continue
		}
		handed := l.session.Handed(parsed.Name)
		group := rules.Group{Name: parsed.ResourceGroup}
		if !handed {
			group = l.group(ctx, parsed.SubscriptionID, parsed.ResourceGroup)
		}
		key := l.credential(ctx, kind, parsed.Name, group, handed, func(ctx context.Context) error {
			_, err := l.session.Container(ctx, session.ContainerRef{Location: at(l.standby.Location), StorageAccountID: id, URL: "https://unused.invalid/unused"})
			return err
		})
		if handed && l.refused[parsed.Name] {
			key.Refused = outdated
		}
		out = append(out, key)
	}
	return out
}

func (l *look) credential(ctx context.Context, kind, name string, group rules.Group, handed bool, get func(context.Context) error) rules.Credential {
	c := rules.Credential{Kind: kind, Name: name, Group: group, Handed: handed}
	if handed {
		return c
	}
	switch err := l.briefly(ctx, get); {
	case err == nil:
	case diagnostics.IsUnreachable(err), errors.Is(err, context.DeadlineExceeded):
		c.Unseen = l.why(err)
	default:
		c.Refused = l.why(err)
	}
	return c
}
