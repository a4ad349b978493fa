package replication

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// service is a model of storage: more at a time makes it faster up to its capacity; beyond its patience it asks for less.
type service struct {
	capacity float64 // requests at a time that it works on
	drag     float64 // by how much each request beyond that slows all of them
	patience float64 // requests at a time beyond which it throttles; zero for never
}

// turn is one window at the controller's limit.
func (s service) turn(c *controller) (limit int) {
	limit = c.allowed()
	n := float64(limit)
	if s.patience > 0 && n > s.patience {
		// All that are under way are refused, one after the other.
		for range limit {
			c.throttled()
		}
		n = float64(c.allowed())
	}
	rate := 100 * math.Min(n, s.capacity) / (1 + s.drag*math.Max(0, n-s.capacity))
	c.window(rate, true)
	return limit
}

// average is the mean limit over the last hundred of many windows.
func (s service) average(most int) float64 {
	c := newController(most)
	for range 300 {
		s.turn(c)
	}
	sum := 0
	for range 100 {
		sum += s.turn(c)
	}
	return float64(sum) / 100
}

func TestTheLimitFindsWhatTheServiceCanDo(t *testing.T) {
	for name, tc := range map[string]struct {
		service
		most        int
		least, peak float64
	}{
		"no end of capacity":        {service{capacity: 1e9}, 256, 256, 256},
		"less allowed than helps":   {service{capacity: 100}, 16, 16, 16},
		"as the emulator: few help": {service{capacity: 12}, 256, 11, 22},
		"one thread":                {service{capacity: 1}, 64, 1, 12},
		"more makes it slower":      {service{capacity: 40, drag: 0.05}, 256, 25, 62},
		"throttles at once":         {service{capacity: 1e9, patience: 4}, 256, 1.9, 4.5},
		"throttles late":            {service{capacity: 1e9, patience: 60}, 256, 38, 61},
		"one at a time":             {service{capacity: 1e9}, 1, 1, 1},
	} {
		if got := tc.average(tc.most); got < tc.least || got > tc.peak {
			t.Errorf("%s: %.1f at a time, want %v to %v", name, got, tc.least, tc.peak)
		}
	}
}

// Whatever the service answers, the limit stays between one and what the user allows; it never grows on a refusal, and one
// burst of refusals is one.
func TestTheLimitKeepsItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(1, 256).Draw(t, "most")
		c := newController(most)
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			before := c.limit
			if rapid.IntRange(0, 3).Draw(t, "kind") == 0 {
				c.throttled()
				once := c.limit
				for range 5 {
					c.throttled()
				}
				if c.limit > before || c.limit != once || c.limit < math.Min(1, before*cut) {
					t.Fatalf("%v refused: %v, then %v", before, once, c.limit)
				}
			} else {
				c.window(rapid.Float64().Draw(t, "rate"), rapid.Bool().Draw(t, "full"))
				if c.limit > before*growth+1 {
					t.Fatalf("%v grew to %v", before, c.limit)
				}
			}
			if n := c.allowed(); n < 1 || n > most {
				t.Fatalf("%d of %d", n, most)
			}
		}
	})
}

func TestAWindowThatIsNotFullSaysNothing(t *testing.T) {
	c := newController(64)
	for range 50 {
		c.window(1000, false)
	}
	if c.allowed() != firstLimit {
		t.Errorf("%d", c.allowed())
	}
}
