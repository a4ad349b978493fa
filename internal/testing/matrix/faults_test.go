//go:build acceptance

package matrix

import (
	"net/http"
	"strconv"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// What the primary's service is reached by in a cell.
const (
	wireIP   = iota
	wireName // a host name that only this test resolves
	wireTLS  // https
)

// endless is more requests than any command makes.
const endless = 1 << 20

// kind is a class of faults that the provider treats alike.
type kind string

const (
	dark     kind = "dark"     // nothing useful comes from the region
	halfDark kind = "halfdark" // the region's service is gone, its storage answers
	noBlobs  kind = "noblobs"  // the region's storage is gone, its service answers
	refusing kind = "refusing" // the region answers, and refuses
	passing  kind = "passing"  // the fault is survived without the user

	lossy       kind = "lossy"       // the region carries out what it is asked, and its answers are lost
	flapping    kind = "flapping"    // the region drops a request now and then
	missing     kind = "missing"     // the service says that there is no such run
	conflicting kind = "conflicting" // changes are refused, reading works
	skewed      kind = "skewed"      // what goes by signature is refused, what goes by key works
	unmanaged   kind = "unmanaged"   // nobody gives keys and addresses
	alldark     kind = "alldark"     // both regions are dark
)

// fault is one thing that goes wrong.
type fault struct {
	name string
	what string // for the page
	kind kind
	wire int
	set  func(*cell)
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// page is what a proxy on the way says instead of a server.
const page = "<html><head><title>404 Not Found</title></head><body>nginx</body></html>"

// serviceError and storageError are refusals in the servers' own forms.
func serviceError(message string) any { return map[string]any{"Message": message} }
func storageError(code string) (string, map[string]string) {
	return `<?xml version="1.0" encoding="utf-8"?><Error><Code>` + code + `</Code><Message>No.</Message></Error>`,
		map[string]string{"Content-Type": "application/xml", "x-ms-error-code": code}
}

// gateway is a proxy's page with a status, from both servers.
func gateway(status int) func(*cell) {
	headers := map[string]string{"Content-Type": "text/html"}
	body := "<html><body>" + http.StatusText(status) + "</body></html>"
	return all(answers("service", status, body, headers), answers("storage", status, body, headers))
}

// emulated is a fault that the emulator knows, jobs and all.
func emulated(f harness.Fault) func(*cell) {
	return func(c *cell) { c.ok(c.Fault(c.context(), c.region[primary], f)) }
}

// shuts refuses connections, and is an outage to whoever asks the region from
// within Azure.
func shuts(service, blob bool, sides ...int) func(*cell) {
	return func(c *cell) {
		for _, side := range sides {
			scope := "all"
			switch {
			case !service:
				scope = "storage"
			case !blob:
				scope = "service"
			}
			c.ok(c.Fault(c.context(), c.region[side], harness.Fault{Mode: harness.Refused, Scope: scope}))
			if service {
				c.service[side].shut()
			}
			if blob {
				c.blob[side].shut()
			}
		}
	}
}

var faults = []fault{
	{name: "connection refused", what: "nobody listens at the region's service and storage", kind: dark, set: shuts(true, true, primary)},
	{name: "DNS failure", what: "the name of the region's service does not resolve", kind: halfDark, wire: wireName, set: func(c *cell) { c.lost.Store(true) }},
	{name: "black hole", what: "connections are taken and nothing ever comes back", kind: dark,
		set: poisoned(poison("timeout", "upstream", map[string]any{"timeout": 0}))},
	{name: "TLS failure", what: "the certificate of the region's service is from an authority that nobody knows", kind: halfDark, wire: wireTLS,
		set: func(c *cell) { c.tunnel.foreign.Store(true) }},
	{name: "reset after request", what: "every request is carried out, and its connection is reset before the answer", kind: lossy,
		set: poisoned(poison("reset_peer", "downstream", map[string]any{"timeout": 0}))},
	{name: "reset in the body", what: "every answer breaks off in its body with a reset", kind: lossy,
		set: poisoned(poison("cut", "downstream", map[string]any{"body": 8}), toxic{Type: "reset_peer", Stream: "downstream", Attributes: map[string]any{"timeout": 0}})},
	{name: "truncated body", what: "every answer ends before its body does", kind: lossy,
		set: poisoned(poison("cut", "downstream", map[string]any{"body": 8}))},
	{name: "stalled body", what: "every answer stops where its body begins, and the connection stays", kind: lossy,
		set: poisoned(poison("cut", "downstream", map[string]any{"body": 0, "stall": true}))},
	{name: "slow drip", what: "every answer comes in drops of sixteen bytes", kind: passing,
		set: poisoned(poison("slicer", "downstream", map[string]any{"average_size": 16, "delay": 2000}))},
	{name: "body is no JSON", what: "the service answers 200 with a line of text", kind: halfDark,
		set: answers("service", http.StatusOK, "It works!", map[string]string{"Content-Type": "application/json"})},
	{name: "wrong content type", what: "a login page answers 200 for the service and for storage", kind: dark,
		set: all(answers("service", http.StatusOK, page, map[string]string{"Content-Type": "text/html"}),
			answers("storage", http.StatusOK, page, map[string]string{"Content-Type": "text/html"}))},
	{name: "HTML 404 of a proxy", what: "a proxy on the way answers 404 with a page", kind: dark, set: gateway(http.StatusNotFound)},
	{name: "401", what: "the gateway refuses the key of every request", kind: refusing, set: answers("service", http.StatusUnauthorized,
		map[string]any{"statusCode": 401, "message": "Access denied due to invalid subscription key."}, nil)},
	{name: "403 of the gateway", what: "the gateway says that the service behind it is down", kind: halfDark,
		set: emulated(harness.Fault{Mode: harness.Gateway403, Scope: "service"})},
	{name: "403 of the service", what: "the service itself refuses every request", kind: refusing,
		set: answers("service", http.StatusForbidden, serviceError("You may not do this."), nil)},
	{name: "real 404", what: "the service has forgotten every workflow that it had", kind: missing, set: func(c *cell) {
		for _, run := range c.runs("") {
			if run.Region == c.region[primary] {
				c.ok(c.Force(c.context(), run.Region, run.ID, harness.Force{Forget: true}))
			}
		}
	}},
	{name: "409", what: "the service and storage find every change in conflict with another", kind: conflicting, set: func(c *cell) {
		for _, method := range []string{http.MethodPost, http.MethodDelete} {
			matching(harness.Match{Method: method}, http.StatusConflict, serviceError("Another operation is under way."), nil)(c)
		}
		body, headers := storageError("ContainerBeingDeleted")
		matching(harness.Match{Plane: "storage", Method: http.MethodPut}, http.StatusConflict, body, headers)(c)
	}},
	{name: "429 with Retry-After", what: "the next two requests to the service are throttled for a second", kind: passing, set: func(c *cell) {
		c.ok(c.Inject(c.context(), c.region[primary], harness.Injection{
			Action: harness.Answer, Status: http.StatusTooManyRequests, Count: 2, Headers: map[string]string{"Retry-After": "1"},
			Body: map[string]any{"statusCode": 429, "message": "Rate limit is exceeded."},
		}))
	}},
	{name: "429", what: "every request to the service is throttled, for nobody says how long", kind: halfDark,
		set: answers("service", http.StatusTooManyRequests, map[string]any{"statusCode": 429, "message": "Rate limit is exceeded."}, nil)},
	{name: "500", what: "the service and storage answer 500", kind: dark, set: emulated(harness.Fault{Mode: harness.Error500})},
	{name: "502", what: "a gateway before the service and storage answers 502", kind: dark, set: gateway(http.StatusBadGateway)},
	{name: "503", what: "the service and storage answer 503", kind: dark, set: emulated(harness.Fault{Mode: harness.Error503})},
	{name: "504", what: "a gateway before the service and storage answers 504", kind: dark, set: gateway(http.StatusGatewayTimeout)},
	{name: "clock skew on SAS", what: "storage finds every signature outside of its time, in both regions", kind: skewed, set: func(c *cell) {
		body, headers := storageError("AuthenticationFailed")
		for _, region := range c.region {
			c.ok(c.Inject(c.context(), region, harness.Injection{Match: harness.Match{Plane: "storage", QueryContains: "sig="},
				Action: harness.Answer, Status: http.StatusForbidden, Body: body, Headers: headers, Count: endless}))
		}
	}},
	{name: "Resource Manager down", what: "Resource Manager is a black hole", kind: unmanaged, set: func(c *cell) {
		c.ok(c.manager.set(poison("timeout", "upstream", map[string]any{"timeout": 0})))
	}},
	{name: "storage down", what: "the region's storage refuses connections while its service answers", kind: noBlobs, set: shuts(false, true, primary)},
	{name: "service down", what: "the region's service refuses connections while its storage answers", kind: halfDark, set: shuts(true, false, primary)},
	{name: "both regions down", what: "nobody listens in either region", kind: alldark, set: shuts(true, true, primary, secondary)},
	{name: "flapping", what: "the region drops the next write to its service and the next two reads and writes to its storage, and is back each time", kind: flapping, set: func(c *cell) {
		for match, count := range map[harness.Match]int{
			{Method: http.MethodPost}: 1, {Method: http.MethodDelete}: 1,
			{Method: http.MethodGet, Plane: "storage"}: 2, {Method: http.MethodPut, Plane: "storage"}: 2,
		} {
			c.ok(c.Inject(c.context(), c.region[primary], harness.Injection{Match: match, Action: harness.DropBefore, Count: count}))
		}
	}},
}

// poisoned puts toxics before both of the primary's servers.
func poisoned(toxics ...toxic) func(*cell) {
	return func(c *cell) {
		c.ok(c.service[primary].set(toxics...))
		c.ok(c.blob[primary].set(toxics...))
	}
}

// answers makes one of the primary's servers answer everything alike.
func answers(plane string, status int, body any, headers map[string]string) func(*cell) {
	return matching(harness.Match{Plane: plane}, status, body, headers)
}

func matching(match harness.Match, status int, body any, headers map[string]string) func(*cell) {
	return func(c *cell) {
		c.ok(c.Inject(c.context(), c.region[primary], harness.Injection{
			Match: match, Action: harness.Answer, Status: status, Body: body, Headers: headers, Count: endless,
		}))
	}
}

// all sets several faults at once.
func all(set ...func(*cell)) func(*cell) {
	return func(c *cell) {
		for _, one := range set {
			one(c)
		}
	}
}
