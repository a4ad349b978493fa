//go:build acceptance

package matrix

// word is what came of an operation, in the words of the page.
type word string

const (
	usual word = "as usual" // as without the fault
	warns word = "warns"    // it ended well, with a warning
	stops word = "stops"    // it ended with an error
)

// rule is what a kind of faults does to the operations.
type rule struct {
	otherwise word
	but       map[string]word
}

// whileDark is what an outage does: what is known is kept, the region can be left,
// and what needs it stops.
var whileDark = rule{warns, map[string]word{"prepare": stops, "submit": stops, "failback": stops, "import": stops, "destroy": stops}}

// rules are what is expected of every cell.
var rules = map[kind]rule{
	dark:     whileDark,
	halfDark: whileDark,
	lossy:    whileDark,
	// An import asks the service alone, and a destroy cancels there.
	noBlobs: {warns, map[string]word{"prepare": stops, "submit": stops, "failback": stops, "import": usual}},
	// Nobody else may be failed over to, either.
	alldark: {warns, map[string]word{"prepare": stops, "submit": stops, "flip": stops, "failback": stops, "import": stops, "destroy": stops}},
	// Without keys for the other region it cannot be gone to; access_keys has them.
	unmanaged: {warns, map[string]word{"prepare": stops, "submit": stops, "flip": stops, "failback": stops, "import": stops, "destroy": stops}},
	// A definite refusal is for the user to look at, before anything is changed.
	refusing: {stops, nil},
	passing:  {usual, nil},
	// A submission whose answer never came is not sent again blindly.
	flapping:    {usual, map[string]word{"prepare": stops, "submit": stops, "failback": stops}},
	missing:     {usual, map[string]word{"import": stops}},
	conflicting: {stops, map[string]word{"flip": warns, "replicate": usual}},
	// What storage cannot copy by itself is streamed, and that is said.
	skewed: {usual, map[string]word{"prepare": warns, "replicate": warns}},
}

// tries bound what one process asks of a region of a kind, storage and service
// together. What is not here passes the region's gate, which lets everything
// through as long as the region answers: those ask each resource a few times.
var tries = map[string]int{
	"connection refused": 1, "black hole": 1, "both regions down": 1,
	"reset after request": 3, "500": 3, "502": 3, "503": 3, "504": 3,
	"wrong content type": 3, "HTML 404 of a proxy": 3,
}

const triesOtherwise = 30

func expected(e engine, f fault, o operation) word {
	r := rules[f.kind]
	if e.face != "" && o.name == "destroy" && f.kind != refusing && f.kind != conflicting && r.but[o.name] == stops {
		// There is no account that cannot be deleted: the run is left behind, and named.
		return warns
	}
	if w, ok := r.but[o.name]; ok {
		return w
	}
	return r.otherwise
}

// impossible says why a fault cannot occur in an operation; empty means it can.
func impossible(f fault, o operation) string {
	reads := o.name == "plan" || o.name == "refresh" || o.name == "import"
	switch {
	case f.kind == flapping && reads:
		return "nothing is written that could be lost: reading under a region that flaps is reading after a reset"
	case f.kind == conflicting && reads:
		return "only changes meet a conflict"
	case f.kind == missing && (o.name == "prepare" || o.name == "submit"):
		return "there is no workflow yet that could be missing"
	case f.kind == skewed && (reads || o.name == "fence" || o.name == "destroy"):
		return "nothing is signed: the provider itself goes by key"
	}
	return ""
}
