package conformance

import (
	"slices"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
)

// failedOver is whatever a failover submitted: found by its mark, running or not,
// and by nobody else's. A run that is taken up keeps what it was sent with.
func failedOver(t *testing.T, server Server) {
	made := func() engine.Marked {
		e, ok := server.Engine(t).(engine.Marked)
		if !ok {
			t.Fatal("the engine cannot find a failover's runs")
		}
		return e
	}
	e := made()
	marks := []string{strings.Repeat("m", engine.MarkLength), strings.Repeat("n", engine.MarkLength)}
	marked := func(submission byte, mark string) engine.Token {
		token := Token(submission, 'b')
		token.Mark = mark
		return token
	}
	plain := submit(t, server, e, Token('a', 'b'))
	first := submit(t, server, e, marked('b', marks[0]))
	second := submit(t, server, e, marked('c', marks[0]))
	other := submit(t, server, e, marked('d', marks[1]))
	again := submit(t, server, e, marked('b', marks[1]))
	if !again.Taken || again.Run.ID != first.Run.ID {
		t.Errorf("another mark made another run: %+v", again.Run)
	}
	if plain.Run.Mark != "" || first.Run.Mark != marks[0] {
		t.Errorf("submitted %q and %q", plain.Run.Mark, first.Run.Mark)
	}
	server.Move(t, second.Run.ID, engine.StateSucceeded)
	for mark, want := range map[string][]string{
		marks[0]: {first.Run.ID, second.Run.ID}, marks[1]: {other.Run.ID}, strings.Repeat("o", engine.MarkLength): {},
	} {
		slices.Sort(want)
		// Somebody who has seen nothing of it sees the same.
		for _, e := range []engine.Marked{e, made()} {
			runs, err := e.Marked(bounded(t), mark)
			if err != nil || !slices.Equal(ids(runs), want) {
				t.Errorf("%s has %v, %v; want %v", mark, ids(runs), err, want)
			}
			for _, run := range runs {
				if run.Key == "" || run.State.Finished() != (run.EndedAt != nil) {
					t.Errorf("%s has %+v", mark, run)
				}
			}
		}
	}
	live, err := e.Live(bounded(t))
	if err != nil || len(live) != 3 {
		t.Errorf("alive are %v, %v", ids(live), err)
	}
}
