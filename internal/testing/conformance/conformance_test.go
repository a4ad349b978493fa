package conformance

import "testing"

// Every engine, with the manners of the servers that are in use.
func TestEngines(t *testing.T) {
	for name, build := range map[string]func(*ledger) face{
		"microsoft_genomics": func(l *ledger) face { return &workflows{l} },
		"tes_1.1":            func(l *ledger) face { return &tasks{ledger: l, prefix: "/ga4gh/tes/v1", pages: 2000} },
		"tes_1.0":            func(l *ledger) face { return &tasks{ledger: l, prefix: "/v1", pages: 7, unfiltered: true, plain: true} },
		"tes_busy":           func(l *ledger) face { return &tasks{ledger: l, pages: 3, conflicts: 2, plain: true} },
		"wes_1.1":            func(l *ledger) face { return &runs{ledger: l, prefix: "/ga4gh/wes/v1", created: true} },
		"wes_1.0":            func(l *ledger) face { return &runs{ledger: l, prefix: "/ga4gh/wes/v1", old: true, phantoms: true} },
		"wes_quiet":          func(l *ledger) face { return &runs{ledger: l, quiet: true, phantoms: true} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			Run(t, func(t *testing.T) Server { return start(t, build) })
		})
	}
}
