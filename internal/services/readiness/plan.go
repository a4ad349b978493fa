package readiness

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	rules "github.com/genomics-continuity/terraform-provider-genomics/internal/readiness"
)

// PlanDataSource implements genomics_failover_plan.
type PlanDataSource struct{ DataSource }

var _ datasource.DataSourceWithConfigure = (*PlanDataSource)(nil)

// NewPlanDataSource makes the data source.
func NewPlanDataSource() datasource.DataSource {
	return &PlanDataSource{DataSource{now: time.Now}}
}

// Metadata names the data source.
func (d *PlanDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_failover_plan"
}

// Schema describes the data source.
func (d *PlanDataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = planSchema(ctx)
}

// Read looks at both regions and decides as a failover would.
func (d *PlanDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var data planModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &data)...)
	timeout, found := data.Timeouts.Read(ctx, defaultReadTimeout)
	resp.Diagnostics.Append(found...)
	if resp.Diagnostics.HasError() {
		return
	}
	subject := data.subject()
	if resp.Diagnostics.Append(subject.check()...); resp.Diagnostics.HasError() {
		return
	}
	bounded, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	l := newLook(d.session, subject, d.now())
	o, ran, seen := l.gather(bounded)
	if ctx.Err() != nil {
		resp.Diagnostics.AddError("The failover was not planned", "The operation was cancelled before it ended.")
		return
	}
	resp.Diagnostics.Append(l.warnings()...)
	data.From, data.To = types.StringValue(o.Active.Location), types.StringValue(o.Standby.Location)
	data.guards(l, o)
	data.follow(l, o, ran, seen)
	data.figures(l, o)
	resp.Diagnostics.Append(resp.State.Set(ctx, &data)...)
}

// guards are what the pair's and the stores' decisions refuse.
func (m *planModel) guards(l *look, o rules.Observation) {
	m.Guards = []guardModel{}
	refuse := func(on string, refusals []failover.Refusal) {
		for _, r := range refusals {
			m.Guards = append(m.Guards, guardModel{types.StringValue(on), some(r.Accept), types.StringValue(r.Summary), types.StringValue(r.Reason), types.StringValue(r.Remedy)})
		}
	}
	pair := failover.PairObservation{
		From: o.Active.Location, To: o.Standby.Location, Generation: 1, Now: l.now, Dark: l.dark(o), Accept: m.RegionPair.Accept,
	}
	if l.record != nil && l.record.Active == o.Active.Location {
		// The record of the last failover tells when that was.
		pair.Generation = l.record.Generation
		if pair.Generation > 1 {
			pair.LastFailoverAt = l.record.At
		}
	}
	if f := m.RegionPair.Failover; f != nil {
		pair.Mode = f.Mode.ValueString()
		pair.CoolingTime, _ = time.ParseDuration(f.CoolingTime.ValueString())
	}
	refuse("pair", failover.DecidePair(pair).Refusals)
	for i, s := range o.Stores {
		refuse(s.Name, failover.DecideStore(l.storeObservation(s, m.InputStores[i], o)).Refusals)
	}
	m.Possible = types.BoolValue(len(m.Guards) == 0)
}

// dark says why a region cannot be gone to or left.
func (l *look) dark(o rules.Observation) map[string]string {
	out := map[string]string{}
	for _, r := range []rules.Region{o.Active, o.Standby} {
		if err := l.session.Gate(r.Location).Err(); err != nil {
			out[r.Location] = l.why(err)
		}
	}
	reason := cmp.Or(o.Service.Silent, o.Service.Refused, o.Service.Unseen, o.Output.Unseen)
	if out[o.Standby.Location] == "" && reason != "" {
		out[o.Standby.Location] = reason
	}
	return out
}

func (l *look) storeObservation(s rules.Store, m planStoreModel, o rules.Observation) failover.StoreObservation {
	out := failover.StoreObservation{
		From: o.Active.Location, To: o.Standby.Location, Standby: o.Standby.Location, Flows: s.Flows, Known: s.Unseen == "",
		PendingBlobs: s.PendingBlobs, PendingBytes: s.PendingBytes, InSync: s.PendingBlobs == 0 && s.Uncopiable == 0, Now: l.now, Accept: m.Accept,
		Recorded: failover.ManifestFacts{RecoveryPoint: s.RecoveryPoint}, Seen: failover.ManifestFacts{RecoveryPoint: s.RecoveryPoint},
	}
	for _, location := range []string{o.Active.Location, o.Standby.Location} {
		if !l.session.Answers(location) {
			out.Silent = append(out.Silent, location)
		}
	}
	switch s.Manifest {
	case rules.ManifestGood:
		out.Manifest, out.Left = failover.ManifestFound, o.Standby.Location
	case rules.ManifestDamaged:
		out.Manifest, out.Left = failover.ManifestUnreadable, o.Standby.Location
	default:
		// Whether one should be there, only the store's own state knows.
	}
	if f := m.Failover; f != nil {
		out.Mode = f.Mode.ValueString()
		if loss, err := failover.ParseDataLoss(f.MaxDataLoss.ValueString()); err == nil {
			out.Limit = &loss
		}
	}
	return out
}

// follow decides for each submission.
func (m *planModel) follow(l *look, o rules.Observation, ran runs, seen []*inputs) {
	m.Submissions, m.MissingInputs = []submissionModel{}, []missingModel{}
	counts := map[string]int64{}
	var bytes int64
	m.BasesProcessed = types.Int64Null()
	for _, job := range l.jobs {
		action, reason := l.decide(job, o, ran)
		told := submissionModel{Name: job.Name, InputBytes: types.Int64Null(), BasesProcessed: types.Int64Null()}
		if action == resubmit {
			size, problems, looked := inputsOf(job, seen)
			for _, p := range problems {
				m.MissingInputs = append(m.MissingInputs, missingModel{job.Name, types.StringValue(p.Input), types.StringValue(p.Text)})
			}
			old := m.tooOld(job, o)
			switch {
			case len(problems) > 0:
				action, reason = refuse, "its inputs are not all there: "+problems[0].Text
			case old != "":
				action, reason = refuse, old
			default:
				bytes += size
				told.BasesProcessed = basesOf(ran.newest[job.Name.ValueString()])
				if looked {
					told.InputBytes = types.Int64Value(size)
				}
			}
		}
		if !told.BasesProcessed.IsNull() {
			m.BasesProcessed = types.Int64Value(m.BasesProcessed.ValueInt64() + told.BasesProcessed.ValueInt64())
		}
		counts[action]++
		told.Action, told.Reason = types.StringValue(action), types.StringValue(reason)
		m.Submissions = append(m.Submissions, told)
	}
	m.ResubmitCount, m.KeepCount, m.RefuseCount = types.Int64Value(counts[resubmit]), types.Int64Value(counts[keep]), types.Int64Value(counts[refuse])
	m.InputBytes = types.Int64Value(bytes)
}

// The guards that a submission's own accept lifts, beside those of its runs.
const (
	acceptDataLoss      = "data_loss"
	acceptChangedInputs = "changed_inputs"
)

// tooOld says that a submission's inputs in the standby are older than the pair's
// max_data_loss allows, to which a failover holds each; empty if they are not. A
// planned failover copies what is behind before it goes.
func (m *planModel) tooOld(job workflowModel, o rules.Observation) string {
	f := m.RegionPair.Failover
	if f == nil || f.Mode.ValueString() == failover.ModePlanned || slices.Contains(job.Accept, acceptDataLoss) {
		return ""
	}
	limit, err := failover.ParseDataLoss(f.MaxDataLoss.ValueString())
	i := slices.IndexFunc(o.Stores, func(s rules.Store) bool { return s.Name == job.InputStore.StoreName.ValueString() })
	if err != nil || limit.BySize || i < 0 {
		return ""
	}
	s := o.Stores[i]
	switch age := o.Now.Sub(s.RecoveryPoint); {
	case s.Unseen == "" && s.PendingBlobs == 0 && s.Uncopiable == 0:
		// The failover's own refresh will see the same.
		return ""
	case s.RecoveryPoint.IsZero():
		return fmt.Sprintf("its inputs may be older than max_data_loss: nothing says how old those in %s are", o.Standby.Location)
	case age > limit.Age:
		return fmt.Sprintf("its inputs are older than max_data_loss: those in %s are known to be complete as of %s ago, and %s are allowed", o.Standby.Location, rules.Age(age), rules.Age(limit.Age))
	}
	return ""
}

// What becomes of a submission.
const (
	resubmit = "resubmit"
	keep     = "keep"
	refuse   = "refuse"
	unknown  = "unknown"
)

func (l *look) decide(job workflowModel, o rules.Observation, ran runs) (action, reason string) {
	name := job.Name.ValueString()
	run, has := ran.newest[name]
	if ran.unseen != "" && !has {
		return unknown, ran.unseen
	}
	var attempts []failover.Attempt
	add := func(r engine.Run, side pairSideModel, superseded bool) {
		attempts = append(attempts, failover.Attempt{
			Location: at(side.Location), AccountID: side.AccountID.ValueString(), WorkflowID: r.ID, Key: r.Key, Status: statuses[r.State],
			SubmittedAt: r.CreatedAt, Superseded: superseded, InputFailure: r.State == engine.StateFailedInput,
		})
	}
	for _, stale := range ran.alive[name] {
		add(stale, l.standby, has)
	}
	key := ""
	if has {
		key = run.Key
		add(run, l.active, false)
	} else if len(attempts) > 0 {
		key = attempts[len(attempts)-1].Key
	}
	d := failover.Decide(failover.Observation{
		Location: o.Standby.Location, AccountID: l.standby.AccountID.ValueString(), Key: key, Policy: failover.Policy(job.OnFailover.ValueString()),
		Attempts: attempts, Answers: l.session.Answers, Accept: job.Accept,
	})
	switch d.Action {
	case failover.Submit:
		return resubmit, d.Reason
	case failover.Refuse:
		return refuse, d.Reason
	default:
		return keep, d.Reason
	}
}

// statuses are an engine's states in the words of the decisions.
var statuses = map[engine.State]failover.Status{
	engine.StateQueued: failover.StatusQueued, engine.StateInitializing: failover.StatusQueued, engine.StateRunning: failover.StatusWorking, engine.StatePaused: failover.StatusWorking,
	engine.StateSucceeded: failover.StatusSuccess, engine.StateFailedInput: failover.StatusFailed, engine.StateFailedSystem: failover.StatusFailed,
	engine.StateCancelling: failover.StatusCancelling, engine.StateCancelled: failover.StatusCancelled, engine.StateUnknown: failover.StatusUnknown,
}

// inputsOf gives the size of a submission's inputs in the standby, and what is wrong
// with them; looked is false when nobody could look.
func inputsOf(job workflowModel, stores []*inputs) (size int64, problems []rules.Problem, looked bool) {
	for _, s := range stores {
		if s.name != job.InputStore.StoreName.ValueString() || s.unlooked != "" {
			continue
		}
		for _, name := range job.Inputs {
			size += s.standby[name].Size
		}
		problems = s.problems(job)
		if slices.Contains(job.Accept, acceptChangedInputs) {
			problems = slices.DeleteFunc(problems, func(p rules.Problem) bool { return p.Altered })
		}
		return size, problems, true
	}
	return 0, nil, false
}

// figures are what the stores lack, and how long it would take.
func (m *planModel) figures(l *look, o rules.Observation) {
	var blobs, bytes int64
	m.PendingBlobs, m.PendingBytes = types.Int64Null(), types.Int64Null()
	compared := true
	for _, s := range o.Stores {
		blobs, bytes, compared = blobs+s.PendingBlobs, bytes+s.PendingBytes, compared && s.Unseen == ""
	}
	if compared {
		m.PendingBlobs, m.PendingBytes = types.Int64Value(blobs), types.Int64Value(bytes)
	}
	m.recoveryModel = l.recovery(rules.Estimate(o.Patience, int(m.ResubmitCount.ValueInt64()), o.Drill))
}
