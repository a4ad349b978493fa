package regionpair

import (
	"context"
	"fmt"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/endpoint"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

// refresh reads both sides into the state and the ledger. A container that is gone
// loses its URL in the state, so that the next plan shows it being made again.
func (r *Resource) refresh(ctx context.Context, state *model, book ledger) diag.Diagnostics {
	// Both sides at once, so that a dead region holds up nobody else.
	objects := []*types.Object{&state.Active, &state.Standby}
	sides := make([]struct {
		role  roleModel
		found *seen
		diags diag.Diagnostics
	}, len(objects))
	var wg sync.WaitGroup
	for i, object := range objects {
		wg.Go(func() { sides[i].role, sides[i].found, sides[i].diags = r.read(ctx, object) })
	}
	wg.Wait()
	var diags diag.Diagnostics
	var roles []roleModel
	for _, side := range sides {
		diags.Append(side.diags...)
		url := side.role.OutputContainerURL.ValueString()
		if url == "" {
			continue
		}
		roles = append(roles, side.role)
		if side.found != nil {
			book.Seen[url] = *side.found
		}
	}
	if len(roles) > 0 {
		book.keep(roles)
		state.Phase = types.StringValue(string(book.phase(sides[0].role.Location.ValueString(), state.Generation.ValueInt64())))
		diags.Append(r.measure(ctx, state, book, sides[0].role)...)
	}
	return diags
}

// phase is how far the pair has come by the records, seen from a state.
func (l ledger) phase(active string, generation int64) failover.Phase {
	newest, ok := failover.NewestRecord(l.records())
	switch {
	case !ok || l.Writer == "" || newest.Writer != l.Writer:
	case newest.Generation > generation:
		// An apply was killed before it could save its state.
		return failover.PhaseFailingOver
	case newest.Generation == generation && newest.Active == active:
		return newest.Phase
	}
	return failover.PhaseActive
}

// read reads one side. found is nil when it could not be.
func (r *Resource) read(ctx context.Context, object *types.Object) (role roleModel, found *seen, diags diag.Diagnostics) {
	role, ok, diags := roleFrom(ctx, *object)
	if !ok || role.OutputContainerURL.IsNull() {
		return role, nil, diags
	}
	// The record is a few lines: one that trickles, or stalls again and again, is given up.
	brief, cancel := context.WithTimeout(ctx, 2*r.session.Patience())
	record, exists, err := r.fetch(brief, role)
	cancel()
	// A service may be down while the storage beside it answers. Stores and
	// submissions are planned after the pair, and all of them have to go by that. They
	// share this list. The storage comes first: a busy one is taken for a region in
	// trouble only as long as nothing has answered there.
	_, unlisted := r.session.Live(ctx, account(role))
	diags.Append(diagnostics.Unsearched(unlisted, account(role).ID, role.Location.ValueString(), r.session)...)
	if dark := r.session.Gate(role.Location.ValueString()).Err(); dark != nil {
		err = dark
	}
	if azure.IsNotFound(err) {
		// The storage account is gone, and its containers went with it.
		err = nil
	}
	switch {
	case err != nil && diagnostics.IsUnreachable(err):
		diags.Append(diagnostics.Unreachable(err, r.session)...)
		return role, nil, diags
	case err != nil:
		diags.Append(diagnostics.Error("The output container cannot be read", err, diagnostics.Context{
			Resource: role.OutputContainerURL.ValueString(), Region: role.Location.ValueString(),
		}))
		return role, nil, diags
	case !exists:
		role.OutputContainerURL = types.StringNull()
		var d diag.Diagnostics
		*object, d = role.object(ctx)
		diags.Append(d...)
		return role, nil, diags
	}
	if record.Fault != "" {
		diags.Append(diag.NewWarningDiagnostic("The pair's record cannot be used", record.Fault+
			"\n\nResource: "+role.OutputContainerURL.ValueString()+"/"+recordBlob(role)+
			"\nNext step: use the newest version of the provider, or delete the blob if nobody needs it. Until then configurations that share this pair do not see each other there."))
	}
	return role, &record, diags
}

func account(role roleModel) session.ServiceAccount {
	return endpoint.Account(role.Engine, role.AccountID, role.APIURL, role.Location)
}

// forget deletes the records that this configuration wrote and nobody else goes by,
// and leaves those of others. It asks no region that is silent, and needs nobody's
// answer: what cannot be done is said.
func (r *Resource) forget(ctx context.Context, state *model, k known) diag.Diagnostics {
	roles, diags := state.roles(ctx)
	for _, role := range roles {
		known := k.book.Seen[role.OutputContainerURL.ValueString()].Record
		if known == nil || k.book.Writer == "" || !k.silent.Answers(role.Location.ValueString()) {
			continue
		}
		about := diagnostics.Context{Resource: role.OutputContainerURL.ValueString() + "/" + recordBlob(role), Region: role.Location.ValueString()}
		followers, err := r.leave(ctx, role, k.book.Writer)
		switch {
		case diagnostics.IsUnreachable(err):
			diags.Append(diagnostics.Unreachable(err, r.session)...)
		case err != nil:
			about.NextStep = "If no configuration uses this pair any more, delete the blob: one that creates the pair anew would take it for somebody else's."
			diags.Append(diagnostics.Warning("The pair's record is left behind", err, about))
		case followers != "":
			about.NextStep = "None. The last configuration that uses the pair is not told from the others: delete the blob when there is none any more."
			diags.Append(diagnostics.Warning("The pair's record is kept, for others go by it", fmt.Errorf("this pair is also used by %s", followers), about))
		}
	}
	return diags
}

// leave takes this configuration out of a record, or its own away if it is still as
// it was read. followers are those for whose sake it is kept.
func (r *Resource) leave(ctx context.Context, role roleModel, writer string) (followers string, err error) {
	now, ours, err := r.amend(ctx, role, writer, func(record failover.PairRecord) failover.PairRecord { return record.Left(writer) })
	if err != nil || !ours || now.Record == nil {
		return "", err
	}
	if len(now.Record.Followers) > 0 {
		return now.Record.FollowedBy(), nil
	}
	container, err := r.session.Container(ctx, reference(role))
	if err != nil {
		return "", err
	}
	err = container.Delete(ctx, recordBlob(role), blobstore.Condition{IfMatch: now.ETag})
	if blobstore.IsNotFound(err) {
		return "", nil
	}
	return "", err
}

// readKnown takes what a plan goes by from the private state.
func readKnown(ctx context.Context, private privateReader) (known, diag.Diagnostics) {
	silent, diags := services.ReadSilent(ctx, private)
	book, d := readLedger(ctx, private)
	diags.Append(d...)
	return known{book: book, silent: silent}, diags
}
