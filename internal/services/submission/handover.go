package submission

import (
	"bytes"
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

// note leaves the note beside runs that count, which has to lie there before they
// are stopped. Without it nothing is stopped: a run that a forced failover leaves
// behind is then fenced by a later plan, like any that was superseded.
func (w *change) note(ctx context.Context, which []int) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, i := range which {
		a := w.attempts[i]
		handover := a.handover()
		handover.To, handover.At = w.course.region.Location.ValueString(), w.resource.now().UTC()
		container, name, err := w.resource.noteOf(ctx, w.state, a)
		if container == nil && err == nil {
			continue
		}
		if err == nil {
			_, err = container.Upload(ctx, name, bytes.NewReader(handover.Encode()), blobstore.UploadOptions{})
		}
		if err == nil {
			continue
		}
		at := a.where()
		if !w.course.waits(i) {
			at.NextStep = "It is recorded as superseded; a later plan cancels it."
			diags.Append(diagnostics.Warning("The run that is left was not cancelled, because no note could be left beside it", err, at))
			continue
		}
		at.NextStep = "Apply again when the output container beside it can be written."
		diags.Append(diagnostics.Error("A run was not cancelled, because no note could be left beside it", err, at))
	}
	return diags
}

// unnote takes a note back, as far as that can be done.
func (r *Resource) unnote(ctx context.Context, m *model, a attemptModel) {
	container, name, err := r.noteOf(ctx, m, a)
	if container != nil && err == nil {
		err = container.Delete(ctx, name, blobstore.Condition{})
	}
	if err != nil && !blobstore.IsNotFound(err) {
		tflog.Warn(ctx, "The note beside a run that was not stopped stays", map[string]any{"run": a.WorkflowID.ValueString(), "reason": azure.Mask(err.Error())})
	}
}

// noted reports whether this provider meant to stop a run that counted.
func (r *Resource) noted(ctx context.Context, m *model, a attemptModel) (bool, error) {
	container, name, err := r.noteOf(ctx, m, a)
	if container == nil || err != nil {
		return false, err
	}
	_, err = container.Stat(ctx, name)
	if blobstore.IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// noteOf is where the note beside a run lies. The container is nil for an imported
// run whose output nobody knows.
func (r *Resource) noteOf(ctx context.Context, m *model, a attemptModel) (*blobstore.Container, string, error) {
	ref := session.ContainerRef{Location: a.Location.ValueString(), StorageAccountID: a.OutputStorageAccountID.ValueString(), URL: a.OutputContainerURL.ValueString()}
	if ref.URL == "" && !m.Region.IsNull() {
		// The pair of before writes to the same container, if it is in that region.
		if side, diags := m.region(ctx); !diags.HasError() && sameLocation(side.Location, a.Location) {
			ref.StorageAccountID, ref.URL = side.OutputStorageAccountID.ValueString(), side.OutputContainerURL.ValueString()
		}
	}
	if ref.URL == "" {
		return nil, "", nil
	}
	container, err := r.session.Container(ctx, ref)
	return container, replication.Reserved + a.handover().Name(), err
}

func (a attemptModel) handover() failover.Handover {
	return failover.Handover{Key: a.SubmissionKey.ValueString(), AccountID: a.AccountID.ValueString(), WorkflowID: a.WorkflowID.ValueString()}
}

// strays are runs of the submission that are alive in one of the pair's accounts, or
// have done its job there, and that the state does not know: an apply was killed
// after its service took the run and before that was saved, or the service restarted
// one that was passed over. Only runs with a key that the state knows count: another
// configuration under the same names is not this one's to stop. A region that cannot
// be asked now is left to a later plan, with a warning.
func (r *Resource) strays(ctx context.Context, m *model, attempts []attemptModel) (found []attemptModel, diags diag.Diagnostics) {
	if m.Region.IsNull() || m.SubmissionKey.ValueString() == "" {
		return nil, nil
	}
	side, d := m.region(ctx)
	if d.HasError() {
		return nil, nil
	}
	keys := []string{m.SubmissionKey.ValueString()}
	for _, a := range attempts {
		if key := a.SubmissionKey.ValueString(); !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	for _, account := range []session.ServiceAccount{side.account(), side.peer()} {
		if account.ID == "" || account.Location == "" {
			continue
		}
		add := func(key string, runs []engine.Run) {
			for _, run := range runs {
				stray := newStray(m.kind, account, key, run)
				if !slices.ContainsFunc(slices.Concat(attempts, found), stray.same) {
					found = append(found, stray)
				}
			}
		}
		live, err := r.session.Live(ctx, account)
		if err == nil {
			for _, key := range keys {
				add(key, live.With(key))
			}
			if undone(m, attempts) {
				var done *session.Succeeded
				if done, err = r.session.Succeeded(ctx, account); err == nil {
					add(m.SubmissionKey.ValueString(), done.With(m.SubmissionKey.ValueString()))
				}
			}
		}
		diags.Append(diagnostics.Unsearched(err, account.ID, account.Location, r.session)...)
	}
	return found, diags
}

// undone reports whether a success that nobody knows of would spare the run that
// counts its work.
func undone(m *model, attempts []attemptModel) bool {
	i := failover.Current(toCore(attempts))
	return m.OnFailover.ValueString() != string(failover.ResubmitAll) && (i < 0 || attempts[i].status() != failover.StatusSuccess)
}

// stopStrays stops the strays of a submission that was just created, and returns
// those that have ended. What goes on, or cannot be asked now, is left to the next
// refresh, which finds it again.
func (r *Resource) stopStrays(ctx context.Context, m *model, attempts []attemptModel) (over []attemptModel, diags diag.Diagnostics) {
	found, _ := r.strays(ctx, m, attempts)
	for _, stray := range found {
		if stray.status() == failover.StatusSuccess {
			// The next plan keeps it, and stops the one that was just sent.
			over = append(over, stray)
			continue
		}
		where := stray.where()
		if run, err := r.halt(ctx, stray); err != nil {
			where.NextStep = "The next plan finds it and stops it."
			diags.Append(diagnostics.Warning("A second run with the same key could not be cancelled", err, where))
		} else {
			stray.observe(run)
			over = append(over, stray)
			diags.Append(diagnostics.Warning("A second run with the same key was cancelled", nil, where))
		}
	}
	return over, diags
}

// halt cancels a run, unless it has ended, and sees it end.
func (r *Resource) halt(ctx context.Context, a attemptModel) (engine.Run, error) {
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	client, id, err := r.client(a)
	if err != nil {
		return engine.Run{}, err
	}
	if err := tell(ctx, client, id); err != nil {
		if run, lookErr := client.Get(ctx, id); lookErr == nil && run.State.Finished() {
			return run, nil
		}
		return engine.Run{}, err
	}
	return ended(ctx, client, id)
}
