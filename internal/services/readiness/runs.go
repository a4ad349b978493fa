package readiness

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	rules "github.com/genomics-continuity/terraform-provider-genomics/internal/readiness"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
)

// runs is what was seen of the submissions' runs.
type runs struct {
	// unseen says why those in the active region are not known.
	unseen string
	// newest is the newest run of each submission in the active region.
	newest map[string]engine.Run
	// alive are the runs of each submission that are alive in the standby.
	alive   map[string][]engine.Run
	fencing rules.Fencing
}

// parts gives the submission that keys beginning so belong to.
func (l *look) parts() map[string]workflowModel {
	out := map[string]workflowModel{}
	for _, job := range l.jobs {
		out[failover.Part(failover.Identity{Pair: l.pair.Name.ValueString(), Submission: job.Name.ValueString()})] = job
	}
	return out
}

// partOf is what the keys of all runs of a submission begin with.
func partOf(key string) string { return key[:min(len(key), partLength)] }

var partLength = len(failover.Part(failover.Identity{}))

// runs looks for the newest run of each submission in the active region, as far back
// as it takes, and at what is alive in the standby.
func (l *look) runs(ctx context.Context) runs {
	out := runs{newest: map[string]engine.Run{}, alive: map[string][]engine.Run{}}
	parts := l.parts()
	var both sync.WaitGroup
	both.Go(func() { l.newest(ctx, parts, &out) })
	both.Go(func() { out.fencing = l.fencing(ctx, parts, out.alive) })
	both.Wait()
	return out
}

func (l *look) newest(ctx context.Context, parts map[string]workflowModel, out *runs) {
	if len(parts) == 0 {
		return
	}
	can, err := l.session.Walk(ctx, serviceAccount(l.active), func(run engine.Run) bool {
		if job, ours := parts[partOf(run.Key)]; ours {
			if _, known := out.newest[job.Name.ValueString()]; !known {
				out.newest[job.Name.ValueString()] = run
			}
		}
		return len(out.newest) < len(parts)
	})
	switch {
	case err != nil:
		out.unseen = l.why(err)
	case !can:
		// What is alive it lists, and of that it is certain.
		live, err := l.session.Live(ctx, serviceAccount(l.active))
		if err != nil {
			out.unseen = l.why(err)
			return
		}
		for _, run := range live.Runs() {
			if job, ours := parts[partOf(run.Key)]; ours {
				out.newest[job.Name.ValueString()] = run
			}
		}
		out.unseen = fmt.Sprintf("The service in %s does not list the runs that have ended.", at(l.active.Location))
	}
}

// fencing looks at what is alive in the standby.
func (l *look) fencing(ctx context.Context, parts map[string]workflowModel, alive map[string][]engine.Run) rules.Fencing {
	var out rules.Fencing
	live, err := l.session.Live(ctx, serviceAccount(l.standby))
	if err != nil {
		out.Unseen = l.why(err)
		return out
	}
	for _, run := range live.Runs() {
		job, ours := parts[partOf(run.Key)]
		if ours {
			alive[job.Name.ValueString()] = append(alive[job.Name.ValueString()], run)
		}
		switch {
		case partOf(run.Key) == failover.Part(services.DrillIdentity(l.pair.Name.ValueString())), run.Key == "":
		case ours && job.OnFailover.ValueString() == string(failover.KeepRuns):
			// It may be the one that counts: it stays where it is.
		case ours:
			out.Runs = append(out.Runs, rules.Run{Workflow: job.Name.ValueString(), ID: run.ID, Location: at(l.standby.Location), Status: string(run.State)})
		case len(parts) == 0:
			out.Nameless++
		}
	}
	return out
}

// moves reports whether a failover would take a submission along.
func (r runs) moves(job workflowModel) bool {
	switch job.OnFailover.ValueString() {
	case string(failover.KeepRuns):
		return false
	case string(failover.ResubmitAll):
		return true
	}
	run, ran := r.newest[job.Name.ValueString()]
	return !ran || !run.State.Finished() && !run.State.Stopping() || run.State == engine.StateFailedSystem
}

// knows reports whether it is known that a failover would take a submission along, or
// would not.
func (r runs) knows(job workflowModel) bool {
	_, ran := r.newest[job.Name.ValueString()]
	policy := failover.Policy(job.OnFailover.ValueString())
	return r.unseen == "" || ran || policy == failover.KeepRuns || policy == failover.ResubmitAll
}

// workflows holds what submissions take along against what the standby has.
func (l *look) workflows(ran runs, stores []*inputs) rules.Workflows {
	out := rules.Workflows{Asked: l.jobs != nil, Unseen: ran.unseen, Total: len(l.jobs)}
	for _, job := range l.jobs {
		certain := ran.knows(job)
		if certain && !ran.moves(job) {
			continue
		}
		out.Unfinished++
		if len(job.Inputs) == 0 {
			continue
		}
		store := job.InputStore.StoreName.ValueString()
		i := slices.IndexFunc(stores, func(s *inputs) bool { return s.name == store })
		switch {
		case i < 0:
			out.Unlisted = store
		case stores[i].unlooked != "":
			out.Unlooked = stores[i].unlooked
		default:
			for _, p := range stores[i].problems(job) {
				p.Certain = certain
				out.Problems = append(out.Problems, p)
			}
		}
	}
	if ran.unseen != "" {
		out.Unfinished = 0
	}
	return out
}

// problems are those with one submission's inputs.
func (in *inputs) problems(job workflowModel) []rules.Problem {
	var out []rules.Problem
	for _, p := range replication.CheckInputs(job.Inputs, in.standby, in.manifest) {
		problem := rules.Problem{Workflow: job.Name.ValueString(), Input: p.Name, Text: p.Text, Size: -1, Altered: p.Kind != replication.ProblemMissing && p.Kind != replication.ProblemUnreadable}
		source, there := in.source[p.Name]
		if there {
			problem.Size, problem.Modified = source.Size, source.LastModified
		}
		problem.Gone = in.sourced && !there
		out = append(out, problem)
	}
	return out
}
