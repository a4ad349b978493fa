package azure

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/google/uuid"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

// ResourceManagerGate is the name of the gate that calls to Resource Manager pass, which belongs to no region.
const ResourceManagerGate = "resource-manager"

const groupGatePrefix = ResourceManagerGate + "/"

// How idempotent requests are tried again. A Retry-After longer than maxRetryDelay is not waited for: the answer is the caller's.
const (
	maxRetries    = 2
	retryDelay    = 500 * time.Millisecond
	maxRetryDelay = 30 * time.Second
	// tryTimeout ends a try that passes no gate. Behind a gate the region timeout does so, for the header and for a stalled body.
	tryTimeout = time.Minute
)

// maxFailureBody is how much of a refusal is kept, in bytes. What services say is shorter by far; a proxy's page need not be.
const maxFailureBody = 64 << 10

// Pipelines makes the HTTP pipelines of one run: one transport, one correlation ID, one set of known secrets.
type Pipelines struct {
	cloud       Cloud
	gates       *region.Gates
	transport   policy.Transporter
	retry       policy.RetryOptions
	correlation string
	userAgent   string
	secrets     *vault
}

// NewPipelines prepares the pipelines of one run. It makes no network call.
func NewPipelines(cfg Config, gates *region.Gates) (*Pipelines, error) {
	found, err := CloudFor(cfg)
	if err != nil {
		return nil, err
	}
	p := &Pipelines{
		cloud:       found,
		gates:       gates,
		transport:   &transporter{client: newHTTPClient(newHTTPTransport()), stall: gates.Timeout()},
		retry:       policy.RetryOptions{MaxRetries: maxRetries, RetryDelay: retryDelay, MaxRetryDelay: maxRetryDelay},
		correlation: uuid.NewString(),
		userAgent:   userAgent(cfg),
		secrets:     &vault{},
	}
	p.secrets.add(cfg.ClientSecret, cfg.ClientCertificatePassword, cfg.OIDCToken, cfg.OIDCRequestToken)
	for _, key := range cfg.AccessKeys {
		p.secrets.add(key)
	}
	for _, c := range cfg.EndpointCredentials {
		p.secrets.add(c.Password, c.BearerToken)
	}
	return p, nil
}

func userAgent(cfg Config) string {
	agent := "terraform-provider-genomics/" + orUnknown(cfg.Version)
	if cfg.TerraformVersion != "" {
		agent += " terraform/" + orUnknown(cfg.TerraformVersion)
	}
	return agent
}

// orUnknown keeps a version fit for a header.
func orUnknown(version string) string {
	version = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, version)
	if version == "" {
		return "unknown"
	}
	return version
}

// Secret makes a secret known, so that it is masked in every log line and by [Pipelines.Mask] from now on.
func (p *Pipelines) Secret(secret string) { p.secrets.add(secret) }

// Mask takes registered and recognisable secrets out of a text.
func (p *Pipelines) Mask(text string) string { return p.secrets.mask(text) }

// CorrelationID returns what all requests of this run carry as x-ms-correlation-request-id.
func (p *Pipelines) CorrelationID() string { return p.correlation }

// ClientOptions returns the options for a client of Azure's SDK whose calls pass gate. A nil gate is none.
//
// Credentials are allowed over http here because the transport itself lets plain http go to loopback only.
func (p *Pipelines) ClientOptions(gate *region.Gate) azcore.ClientOptions {
	if gate == nil {
		return p.clientOptions(nil)
	}
	return p.clientOptions(gate, gate.Policy())
}

// clientOptions are ClientOptions with what makes each try pass the gate.
func (p *Pipelines) clientOptions(gate *region.Gate, pass ...policy.Policy) azcore.ClientOptions {
	options := azcore.ClientOptions{
		Cloud:                           p.cloud.Configuration,
		InsecureAllowCredentialWithHTTP: true,
		Retry:                           p.retry,
		Transport:                       p.transport,
	}
	if gate == nil {
		options.Retry.TryTimeout = tryTimeout
	}
	options.PerCallPolicies = []policy.Policy{policyFunc(p.identify), once(options.Retry), policyFunc(p.maskFailure)}
	if gate != nil {
		options.PerCallPolicies = append(options.PerCallPolicies, gate.CallPolicy())
	}
	options.PerRetryPolicies = append(options.PerRetryPolicies, pass...)
	options.PerRetryPolicies = append(options.PerRetryPolicies, policyFunc(p.log))
	return options
}

// ARMOptions returns the options for clients of Resource Manager.
//
// Resource Manager keeps a resource's metadata in the region of its group. In an outage it goes on answering, but with server
// errors for the groups there: these close the group's gate, so that they neither stop a run nor keep it from the other region.
func (p *Pipelines) ARMOptions() *arm.ClientOptions {
	front := p.gates.For(ResourceManagerGate)
	// Each request passes the front first and then its group.
	options := p.clientOptions(front, policyFunc(func(req *policy.Request) (*http.Response, error) {
		if p.groupGate(req) == nil {
			return front.Policy().Do(req)
		}
		return front.FrontPolicy().Do(req)
	}), policyFunc(func(req *policy.Request) (*http.Response, error) {
		if group := p.groupGate(req); group != nil {
			// A page in Resource Manager's place is for the front to judge: it is none of a group's.
			return group.Policy().Do(req.WithContext(region.WithRecognizer(req.Raw().Context(), nil)))
		}
		return req.Next()
	}))
	options.PerCallPolicies = append(options.PerCallPolicies, policyFunc(func(req *policy.Request) (*http.Response, error) {
		return req.WithContext(region.WithRecognizer(req.Raw().Context(), fromResourceManager)).Next()
	}), policyFunc(func(req *policy.Request) (*http.Response, error) {
		if group := p.groupGate(req); group != nil {
			return refuseEarly(group).Do(req)
		}
		return req.Next()
	}))
	return &arm.ClientOptions{ClientOptions: options}
}

// groupGate is the gate of the resource group that a request is about; nil if it is about none.
func (p *Pipelines) groupGate(req *policy.Request) *region.Gate {
	segments := strings.Split(strings.ToLower(req.Raw().URL.Path), "/")
	at := slices.Index(segments, "resourcegroups")
	if at < 2 || at+1 >= len(segments) || segments[at+1] == "" {
		return nil
	}
	return p.gates.For(groupGatePrefix + segments[at-1] + "/" + segments[at+1])
}

// GroupOf is the resource group whose part of Resource Manager a gate stands for.
func GroupOf(gate string) (string, bool) {
	rest, ok := strings.CutPrefix(gate, groupGatePrefix)
	return rest[strings.LastIndex(rest, "/")+1:], ok
}

// New makes a pipeline for a client of our own. Policies in perRetry, such as one that adds a key, run before the gate's.
func (p *Pipelines) New(gate *region.Gate, perRetry ...policy.Policy) runtime.Pipeline {
	options := p.ClientOptions(gate)
	options.Telemetry.Disabled = true // the module's name would only repeat the user agent
	return runtime.NewPipeline("", "", runtime.PipelineOptions{PerRetry: slices.Clone(perRetry)}, &options)
}

type idempotentKey struct{}

// Idempotent marks the calls made with the returned context as safe to send twice. It matters for POST and PATCH only, which are
// otherwise sent exactly once.
func Idempotent(ctx context.Context) context.Context {
	return context.WithValue(ctx, idempotentKey{}, true)
}

// policyFunc makes a policy of a function.
type policyFunc func(*policy.Request) (*http.Response, error)

// Do calls the function.
func (f policyFunc) Do(req *policy.Request) (*http.Response, error) { return f(req) }

// identify names the run, the request and the program. It comes before signing, which covers x-ms-* headers.
func (p *Pipelines) identify(req *policy.Request) (*http.Response, error) {
	header := req.Raw().Header
	header.Set(headerCorrelationID, p.correlation)
	if header.Get(headerClientRequestID) == "" {
		header.Set(headerClientRequestID, uuid.NewString())
	}
	agent := p.userAgent
	if sdk := header.Get("User-Agent"); sdk != "" {
		agent += " " + sdk
	}
	header.Set("User-Agent", agent)
	return req.Next()
}

// once keeps azcore from sending a request again that may have been carried out. Its retry policy knows no methods.
func once(retry policy.RetryOptions) policy.Policy {
	retry.MaxRetries = -1
	return policyFunc(func(req *policy.Request) (*http.Response, error) {
		ctx := req.Raw().Context()
		method := req.Raw().Method
		if safe, _ := ctx.Value(idempotentKey{}).(bool); safe || (method != http.MethodPost && method != http.MethodPatch) {
			return req.Next()
		}
		return req.WithContext(policy.WithRetryOptions(ctx, retry)).Next()
	})
}

// maskFailure takes secrets out of the bodies of refusals, because azcore prints them in its errors. It prints the body of any
// answer that a client did not expect, such as keys with the status 203 of a proxy; what is read for its content has 200 or 206.
func (p *Pipelines) maskFailure(req *policy.Request) (*http.Response, error) {
	resp, err := req.Next()
	if err != nil || resp.Body == nil || resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusPartialContent {
		return resp, err
	}
	body, err := runtime.Payload(resp)
	if err != nil {
		return nil, err
	}
	if len(body) > maxFailureBody {
		resp.Body = newBody(p.Mask(string(body[:maxFailureBody])))
	} else if clean := p.Mask(string(body)); clean != string(body) {
		resp.Body = newBody(clean)
	}
	return resp, nil
}

// refuseEarly ends a call to a closed region before anything is done for it, such as getting a token.
func refuseEarly(gate *region.Gate) policy.Policy {
	return policyFunc(func(req *policy.Request) (*http.Response, error) {
		if err := gate.Err(); err != nil {
			return nil, err
		}
		return req.Next()
	})
}

// loggableQuery are the query parameters that say what was asked for and never hold a secret.
var loggableQuery = []string{
	"api-version", "restype", "comp", "prefix", "delimiter", "marker", "maxresults", "include", "timeout", "blockid",
	"$filter", "$orderby", "$skip", "$top", "resource",
}

// printable returns a URL fit for a log: the values of unknown query parameters are masked.
func (p *Pipelines) printable(u *url.URL) string {
	query := u.Query()
	for name, values := range query {
		if !slices.Contains(loggableQuery, strings.ToLower(name)) {
			query[name] = []string{masked}
			continue
		}
		for i, value := range values {
			values[i] = p.Mask(value)
		}
	}
	text := u.Scheme + "://" + u.Host + u.EscapedPath()
	if len(query) > 0 {
		unescaped, err := url.QueryUnescape(query.Encode())
		if err != nil {
			unescaped = masked
		}
		text += "?" + unescaped
	}
	return p.secrets.mask(text)
}
