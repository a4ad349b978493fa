package replication

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"
)

// thousand is a container with a pair of inputs for each of a thousand submissions, replicated there.
func thousand(t *testing.T) (east *fakeStore, c *clock, names [][]string) {
	t.Helper()
	west, east, c := pair()
	for i := range 1000 {
		one := []string{fmt.Sprintf("s%d_1.fq", i), fmt.Sprintf("s%d_2.fq", i)}
		for _, name := range one {
			west.put(name, "reads of "+name)
		}
		names = append(names, one)
	}
	mustRun(t, west, east, c, named1)
	east.mu.Lock()
	clear(east.calls)
	east.mu.Unlock()
	return east, c, names
}

func mustPass(t *testing.T, i *Inputs, s Store, names []string) {
	t.Helper()
	problems, err := i.Preflight(t.Context(), s, names, "reads", "")
	if err != nil || len(problems) != 0 {
		t.Fatalf("%v: %+v %v", names, problems, err)
	}
}

func TestAThousandSubmissionsShareWhatTheySee(t *testing.T) {
	east, c, names := thousand(t)
	inputs := Inputs{now: c.now}
	var wg sync.WaitGroup
	slots := make(chan struct{}, 10)
	for _, one := range names {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if problems, err := inputs.Preflight(t.Context(), east, one, "reads", ""); err != nil || len(problems) != 0 {
				t.Errorf("%v: %+v %v", one, problems, err)
			}
		})
	}
	wg.Wait()
	// One for the manifest, beside the inputs of the first few.
	if n := east.count("stat"); n > askedAlone+1 {
		t.Errorf("%d blobs were asked about one by one", n)
	}
	if lists, reads := east.count("list"), east.count("download"); lists != 1 || reads != 1 {
		t.Errorf("the container was listed %d times, the manifest read %d times", lists, reads)
	}
}

// What is shared may only say that all is well.
func TestNothingIsRefusedForWhatIsOutOfDate(t *testing.T) {
	east, c, names := thousand(t)
	inputs := Inputs{now: c.now}
	for _, one := range names[:askedAlone] {
		mustPass(t, &inputs, east, one)
	}
	late := []string{"late_1.fq", "late_2.fq"}
	if problems, err := inputs.Preflight(t.Context(), east, late, "reads", ""); err != nil || len(problems) != 2 {
		t.Fatalf("%+v %v", problems, err)
	}
	for _, name := range late {
		east.put(name, "came after the listing")
	}
	mustPass(t, &inputs, east, late)
	// A problem is one that a fresh look shows too.
	east.remove(names[0][0])
	if problems, err := inputs.Preflight(t.Context(), east, append(names[0], "never.fq"), "reads", ""); err != nil || len(problems) != 2 {
		t.Errorf("%+v %v", problems, err)
	}
}

func TestWhatIsSharedGrowsOld(t *testing.T) {
	east, c, names := thousand(t)
	now := c.now()
	inputs := Inputs{now: func() time.Time { return now }}
	for _, one := range names[:askedAlone] {
		mustPass(t, &inputs, east, one)
	}
	east.put(names[0][0], "another content")
	mustPass(t, &inputs, east, names[0])
	now = now.Add(freshFor)
	problems, err := inputs.Preflight(t.Context(), east, names[0], "reads", "")
	if err != nil || len(problems) != 1 || problems[0].Kind != ProblemSize {
		t.Errorf("%+v %v", problems, err)
	}
}

// Who may read blobs but not list them is asked for the blobs.
func TestAContainerThatCannotBeListed(t *testing.T) {
	east, c, names := thousand(t)
	inputs := Inputs{now: c.now}
	east.before = func(op, _ string) error {
		if op == "list" {
			return failure(403, "AuthorizationPermissionMismatch", "")
		}
		return nil
	}
	for _, one := range names[:50] {
		mustPass(t, &inputs, east, one)
	}
	if n := east.count("list"); n != 1 {
		t.Errorf("listed %d times", n)
	}
	if n := east.count("stat"); n != 101 {
		t.Errorf("%d requests for single blobs and the manifest", n)
	}
}

func TestWaitingForAListingEndsWithTheContext(t *testing.T) {
	east, c, names := thousand(t)
	inputs := Inputs{now: c.now}
	for _, one := range names[:askedAlone/2] {
		mustPass(t, &inputs, east, one)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	listing, release := make(chan struct{}), make(chan struct{})
	east.before = func(op, _ string) error {
		if op == "list" {
			close(listing)
			<-release
		}
		return nil
	}
	var wg sync.WaitGroup
	wg.Go(func() { mustPass(t, &inputs, east, names[8]) })
	<-listing
	wg.Go(func() {
		if _, err := inputs.Preflight(ctx, east, names[9], "reads", ""); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		close(release)
	})
	cancel()
	wg.Wait()
}
