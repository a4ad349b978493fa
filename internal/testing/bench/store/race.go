package store

import (
	"context"
	"fmt"
)

// runner is a program and what its runs took.
type runner struct {
	program
	samples []sample
	traffic traffic
}

// race is a job that several programs do in turn, round by round, so that what
// else the machine does meets all of them.
type race struct {
	lab    *lab
	source end
	count  int
	base   string // how the store is reached while a program runs
	// destination, when set, is where each program finds its copies; otherwise it
	// begins with an empty container every time.
	destination map[string]end
	// renew, when set, is called before each run for a lab and a source of its own.
	renew   func(ctx context.Context) (*lab, end, error)
	runners []*runner
}

func newRace(l *lab, source end, count int, programs ...program) *race {
	r := &race{lab: l, source: source, count: count, base: l.base()}
	for _, p := range programs {
		r.runners = append(r.runners, &runner{program: p})
	}
	return r
}

func (r *race) of(name string) *runner {
	for _, each := range r.runners {
		if each.name == name {
			return each
		}
	}
	return nil
}

// rounds lets each program run so many times. Who begins changes from round to round.
func (r *race) rounds(ctx context.Context, rounds int) error {
	for round := range rounds {
		for i := range r.runners {
			each := r.runners[(i+round)%len(r.runners)]
			if err := r.anew(ctx); err != nil {
				return err
			}
			s, err := r.once(ctx, each, r.base)
			if err != nil {
				return err
			}
			each.samples = append(each.samples, s)
		}
	}
	return nil
}

// counted lets each program run once more with a front before the store that counts. That
// run's time is of no interest.
func (r *race) counted(ctx context.Context) error {
	for _, each := range r.runners {
		if err := r.anew(ctx); err != nil {
			return err
		}
		f, err := newFront(ctx, r.lab.base(), 0)
		if err != nil {
			return err
		}
		_, err = r.once(ctx, each, f.url)
		f.close()
		if err != nil {
			return err
		}
		each.traffic = f.seen()
	}
	return nil
}

func (r *race) anew(ctx context.Context) (err error) {
	if r.renew == nil {
		return nil
	}
	r.close()
	if r.lab, r.source, err = r.renew(ctx); err == nil {
		r.base = r.lab.base()
	}
	return err
}

// close ends the last lab of a race that renews it.
func (r *race) close() {
	if r.lab != nil && r.renew != nil {
		r.lab.azurite.Close()
		r.lab = nil
	}
}

func (r *race) once(ctx context.Context, each *runner, base string) (s sample, err error) {
	to, kept := r.destination[each.name]
	if !kept {
		if to, err = r.lab.container(ctx, secondary); err != nil {
			return s, err
		}
	}
	if s, err = each.run(ctx, job{source: r.source, destination: to, base: base}); err != nil {
		return s, fmt.Errorf("%s: %w", each.name, err)
	}
	// What did not do the job must not win.
	n, err := r.lab.holds(ctx, to)
	if err == nil && (n != r.count || s.Pending != 0) {
		err = fmt.Errorf("%s left %d of %d blobs, and says that %d are pending", each.name, n, r.count, s.Pending)
	}
	if err == nil && !kept {
		err = r.lab.drop(ctx, to)
	}
	return s, err
}

// times are what the runs took, in seconds.
func (r *runner) times() spread {
	var values []float64
	for _, s := range r.samples {
		values = append(values, s.took.Seconds())
	}
	return spreadOf(values)
}

// slowerThan is how many times as long as another one's this program's runs took, each compared with the other's of the same round.
func (r *runner) slowerThan(other *runner) spread {
	var values []float64
	for i := range min(len(r.samples), len(other.samples)) {
		values = append(values, r.samples[i].took.Seconds()/other.samples[i].took.Seconds())
	}
	return spreadOf(values)
}

// memory is the most that any run held.
func (r *runner) memory() (most int64) {
	for _, s := range r.samples {
		most = max(most, s.Memory)
	}
	return most
}

// cpu is what the runs worked, in seconds.
func (r *runner) cpu() spread {
	var values []float64
	for _, s := range r.samples {
		values = append(values, s.CPU.Seconds())
	}
	return spreadOf(values)
}
