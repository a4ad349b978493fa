package replication

import "math"

const (
	// firstLimit is how many requests at a time a run begins with; what is right shows within some hundred requests.
	firstLimit = 8
	// growth is by how much a limit grows at a time, gain how much faster the service has to have become by that.
	growth = 1.5
	gain   = 1.05
	// cut is what is left of the limit when the service asks for less.
	cut = 0.6
	// restAtLeast and restAtMost are how many windows pass before more is tried again, after more was of no use.
	restAtLeast, restAtMost = 4, 64
)

// controller decides how many requests may be under way. It is told what each window of work came to, knows no clock, and
// is not safe for concurrent use.
//
// It climbs while climbing pays: as long as more at a time makes the service do more a second the limit grows, and goes
// back by a step when it doesn't, since then requests only wait for each other over there. When the service itself asks
// for less, the limit falls at once, and grows again from there by one at a time.
type controller struct {
	max   float64
	limit float64
	// before is the limit that was grown from and rate what it did; before is zero when the last step wasn't a growth.
	before, rate float64
	// rest is how many windows are left before more is tried, and restNext how many the next time.
	rest, restNext int
	// careful is set once the service has asked for less.
	careful bool
	// deaf is set from a cut to the end of the window: what was under way then is refused too, and says nothing new.
	deaf bool
}

func newController(most int) *controller {
	return &controller{max: float64(most), limit: math.Min(firstLimit, float64(most)), restNext: restAtLeast}
}

// allowed is the limit, from one to the most.
func (c *controller) allowed() int { return max(1, int(c.limit)) }

// window takes in a window of work that was done at rate, in any one unit a second. A window that didn't use the limit
// (full is false) tells nothing about it.
func (c *controller) window(rate float64, full bool) {
	c.deaf = false
	if !full || !(rate > 0) || math.IsInf(rate, 0) {
		return
	}
	switch {
	case c.before > 0 && rate < c.rate*gain:
		c.limit, c.before = c.before, 0
		c.rest, c.restNext = c.restNext, min(2*c.restNext, restAtMost)
	case c.rest > 0:
		c.rest--
		c.rate = rate
	case c.limit < c.max:
		c.before, c.rate = c.limit, rate
		c.limit = math.Min(c.max, c.limit+c.step())
	default:
		c.before, c.rate = 0, rate
	}
}

func (c *controller) step() float64 {
	if c.careful {
		return 1
	}
	return math.Max(1, c.limit*(growth-1))
}

// throttled takes in that the service asked for less.
func (c *controller) throttled() {
	if c.deaf {
		return
	}
	c.limit = math.Max(1, c.limit*cut)
	c.before, c.rest, c.careful, c.deaf = 0, restAtLeast, true, true
}
