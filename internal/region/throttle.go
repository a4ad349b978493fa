package region

import (
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// CallPolicy returns the azcore policy that looks at what came of all tries of a call. It belongs before the retry policy (per
// call). It ends a call to a closed region before anything is done for it, such as getting a token.
//
// And it takes a server for silent that has answered nothing in this run but that it is busy, to a read that went out as often as it
// may: a refresh has no use for such an answer, and a failover must not need a better one. From a server that has answered
// something else it is throttling, whoever is to blame for it.
func (g *Gate) CallPolicy() policy.Policy { return callPolicy{g} }

type callPolicy struct{ gate *Gate }

func (p callPolicy) Do(req *policy.Request) (*http.Response, error) {
	if err := p.gate.Err(); err != nil {
		return nil, err
	}
	resp, err := req.Next()
	if err != nil || resp.StatusCode != http.StatusTooManyRequests {
		return resp, err
	}
	if method := req.Raw().Method; method != http.MethodGet && method != http.MethodHead {
		return resp, nil
	}
	if silent := p.gate.throttled(req.Raw().URL.Host, statusError(resp, false)); silent != nil {
		_ = resp.Body.Close()
		return nil, silent
	}
	return resp, nil
}

// heardOf notes that a server has answered something else than that it is busy.
func (g *Gate) heardOf(host string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.heard[host] = true
}

// throttled closes the gate for a server that only throttles, unless it was heard of.
func (g *Gate) throttled(host string, proof error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.heard[host] {
		return nil
	}
	if done, err := g.breaker.Allow(); err == nil {
		g.proof = proof
		done(errStrike)
		g.shut(proof)
	}
	return &UnreachableError{Location: g.location, Cause: proof, At: time.Now(), Sent: true}
}
