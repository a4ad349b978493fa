//go:build acceptance

package matrix

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/provider"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/wire"
)

// bound is the logical deadline of one command. Nothing here takes a tenth of it:
// a command that meets it does not end by itself.
const bound = 90 * time.Second

// message is a warning or an error as a user is shown it.
type message struct {
	severity, summary, detail, address string
}

func (m message) String() string {
	return fmt.Sprintf("%s: %s (%s)\n%s", m.severity, m.summary, m.address, m.detail)
}

// process is one run of the provider's program, as a command starts it: it
// knows nothing of an earlier one.
type process struct {
	server tfprotov6.ProviderServer
	schema map[string]*tfprotov6.Schema
	ctx    context.Context //nolint:containedctx // a process lives for one command, and so does its context
	stop   context.CancelFunc
	report *report
}

// report is everything that one command showed and did.
type report struct {
	mu       sync.Mutex
	messages []message
	defects  []string       // what a CLI takes for a defect of the provider
	asked    map[string]int // tries by host:port, those that found nobody included
	log      lockedBuffer
	late     bool // the command met its deadline
}

// lockedBuffer is written to by every resource at once.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func newReport() *report { return &report{asked: map[string]int{}} }

func (r *report) add(address string, given []*tfprotov6.Diagnostic) (failed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range given {
		severity := "warning"
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			severity, failed = "error", true
		}
		r.messages = append(r.messages, message{severity, d.Summary, d.Detail, address})
	}
	return failed
}

func (r *report) defect(address string, found ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, what := range found {
		r.defects = append(r.defects, address+": "+what)
	}
}

func (r *report) failed() bool { return r.count("error") > 0 }

func (r *report) count(severity string) int {
	n := 0
	for _, m := range r.messages {
		if m.severity == severity {
			n++
		}
	}
	return n
}

// says reports whether a message of this severity holds a text.
func (r *report) says(severity, text string) bool {
	return slices.ContainsFunc(r.messages, func(m message) bool {
		return m.severity == severity && strings.Contains(m.String(), text)
	})
}

// trace counts the tries to each host. The provider's own traces go on working.
func (r *report) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GetConn: func(host string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.asked[host]++
	}})
}

// start starts the provider with a configuration.
func start(ctx context.Context, r *report, config map[string]any) (*process, error) {
	ctx, stop := context.WithTimeout(ctx, bound)
	ctx = tflogtest.RootLogger(r.trace(ctx), &r.log)
	p := &process{server: provider.NewServer("test")(), ctx: ctx, stop: stop, report: r}
	schemas, err := p.server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return nil, err
	}
	p.schema = schemas.ResourceSchemas
	given, err := dynamic(value(schemas.Provider.ValueType(), config))
	if err != nil {
		return nil, err
	}
	answer, err := p.server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.11.4", Config: given})
	if err != nil {
		return nil, err
	}
	if r.add("provider", answer.Diagnostics) {
		return nil, fmt.Errorf("the provider's configuration is refused: %v", r.messages)
	}
	return p, nil
}

// end ends the process.
func (p *process) end() {
	p.report.late = p.report.late || p.ctx.Err() != nil
	p.stop()
}

func (p *process) typeOf(kind string) tftypes.Type { return p.schema[kind].ValueType() }

func dynamic(v tftypes.Value) (*tfprotov6.DynamicValue, error) {
	d, err := tfprotov6.NewDynamicValue(v.Type(), v)
	return &d, err
}

// must is for what only a defect of the driver itself can break.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (p *process) null(kind string) tftypes.Value { return tftypes.NewValue(p.typeOf(kind), nil) }

// took reads an answer's value; one that is not there is null.
func (p *process) took(kind string, d *tfprotov6.DynamicValue) tftypes.Value {
	if d == nil {
		return p.null(kind)
	}
	return must(d.Unmarshal(p.typeOf(kind)))
}

// instance is one resource in a state.
type instance struct {
	kind     string
	state    tftypes.Value
	private  []byte
	identity *tfprotov6.ResourceIdentityData
	tainted  bool
}

// loaded is an instance as a process reads it from the state file.
func (p *process) loaded(address string, i instance) (instance, bool) {
	answer, err := p.server.UpgradeResourceState(p.ctx, &tfprotov6.UpgradeResourceStateRequest{
		TypeName: i.kind, Version: p.schema[i.kind].Version, RawState: &tfprotov6.RawState{JSON: wire.JSON(i.state)},
	})
	if p.failed(address, err) || p.report.add(address, answer.Diagnostics) {
		return i, false
	}
	i.state = p.took(i.kind, answer.UpgradedState)
	return i, true
}

// failed takes the failure of a call itself, which a provider never has.
func (p *process) failed(address string, err error) bool {
	if err != nil {
		p.report.defect(address, err.Error())
	}
	return err != nil
}

// refreshed is what a resource is now; false means that it is to be left alone.
func (p *process) refreshed(address string, i instance) (instance, bool) {
	answer, err := p.server.ReadResource(p.ctx, &tfprotov6.ReadResourceRequest{
		TypeName: i.kind, CurrentState: must(dynamic(i.state)), Private: i.private, CurrentIdentity: i.identity,
	})
	if p.failed(address, err) || p.report.add(address, answer.Diagnostics) {
		return i, false
	}
	i.state, i.private = p.took(i.kind, answer.NewState), answer.Private
	if answer.NewIdentity != nil {
		i.identity = answer.NewIdentity
	}
	if !i.state.IsFullyKnown() {
		p.report.defect(address, "reading left something unknown")
	}
	return i, true
}

// imported takes a resource in by its ID.
func (p *process) imported(address, kind, id string) (instance, bool) {
	answer, err := p.server.ImportResourceState(p.ctx, &tfprotov6.ImportResourceStateRequest{TypeName: kind, ID: id})
	if p.failed(address, err) || p.report.add(address, answer.Diagnostics) || len(answer.ImportedResources) != 1 {
		return instance{}, false
	}
	found := answer.ImportedResources[0]
	i, ok := p.refreshed(address, instance{kind: kind, state: p.took(kind, found.State), private: found.Private, identity: found.Identity})
	if ok && i.state.IsNull() {
		p.report.add(address, []*tfprotov6.Diagnostic{{Severity: tfprotov6.DiagnosticSeverityError, Summary: "Cannot import non-existent remote object"}})
		ok = false
	}
	return i, ok
}

// intent is what a plan means to do with one resource.
type intent struct {
	prior   instance // as refreshed; its state is null when there is none
	config  tftypes.Value
	planned tftypes.Value
	private []byte
	// identity is the planned one.
	identity *tfprotov6.ResourceIdentityData
	// replaces says that a tainted resource is destroyed first.
	replaces bool
}

func (i intent) changes() bool { return i.replaces || !i.prior.state.Equal(i.planned) }

// plan asks for a plan of one resource; a null configuration destroys it.
func (p *process) plan(address string, prior instance, config tftypes.Value) (intent, bool) {
	in := intent{prior: prior, config: config, replaces: prior.tainted && !config.IsNull() && !prior.state.IsNull()}
	kind, from := prior.kind, prior
	if in.replaces {
		from = instance{kind: kind, state: p.null(kind)}
	}
	next := config
	block := p.schema[kind].Block
	if !config.IsNull() {
		validated, err := p.server.ValidateResourceConfig(p.ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: kind, Config: must(dynamic(config))})
		if p.failed(address, err) || p.report.add(address, validated.Diagnostics) {
			return in, false
		}
		next = proposed(block, from.state, config)
	}
	answer, err := p.server.PlanResourceChange(p.ctx, &tfprotov6.PlanResourceChangeRequest{
		TypeName: kind, PriorState: must(dynamic(from.state)), ProposedNewState: must(dynamic(next)), Config: must(dynamic(config)),
		PriorPrivate: from.private, PriorIdentity: from.identity,
	})
	if p.failed(address, err) || p.report.add(address, answer.Diagnostics) {
		return in, false
	}
	in.planned, in.private, in.identity = p.took(kind, answer.PlannedState), answer.PlannedPrivate, answer.PlannedIdentity
	if !config.IsNull() {
		p.report.defect(address, honours(kind, block.Attributes, object(config), object(in.planned))...)
	}
	if len(answer.RequiresReplace) > 0 && !in.prior.state.IsNull() && !in.replaces {
		p.report.defect(address, fmt.Sprintf("the plan replaces the resource: %v", answer.RequiresReplace))
	}
	return in, true
}

// apply carries one intent out and returns what the CLI keeps in its state.
func (p *process) apply(address string, in intent) (instance, bool) {
	kind := in.prior.kind
	prior := in.prior
	if in.replaces {
		gone, ok := p.apply(address, intent{prior: prior, config: p.null(kind), planned: p.null(kind), private: prior.private})
		if !ok {
			return gone, false
		}
		prior = instance{kind: kind, state: p.null(kind)}
	}
	answer, err := p.server.ApplyResourceChange(p.ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: kind, PriorState: must(dynamic(prior.state)), PlannedState: must(dynamic(in.planned)), Config: must(dynamic(in.config)),
		PlannedPrivate: in.private, PlannedIdentity: in.identity,
	})
	if p.failed(address, err) {
		return prior, false
	}
	failed := p.report.add(address, answer.Diagnostics)
	result := instance{kind: kind, state: p.took(kind, answer.NewState), private: answer.Private, identity: answer.NewIdentity}
	if !result.state.IsFullyKnown() {
		p.report.defect(address, "the apply left something unknown")
	}
	switch {
	case failed && prior.state.IsNull() && !result.state.IsNull():
		result.tainted = true // as a CLI does with what was created halfway
	case failed && !prior.state.IsNull() && !in.planned.IsNull() && result.state.IsNull():
		p.report.defect(address, "a failed update dropped the resource")
	case !failed:
		p.report.defect(address, consistent(kind, in.planned, result.state)...)
	}
	return result, !failed
}
