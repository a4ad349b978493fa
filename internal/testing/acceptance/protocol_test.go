//go:build acceptance

package acceptance

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/provider"
)

// server is the provider in a process of its own as far as it knows, asked what only
// newer command-line interfaces ask.
type server struct {
	*lab
	framework interface {
		tfprotov6.ProviderServer
		tfprotov6.ListResourceServer
		tfprotov6.ActionServer
	}
	schemas *tfprotov6.GetProviderSchemaResponse
	// problems are errors and warnings, each with its severity in front.
	problems string
}

// configured is a server for the lab's world.
func (l *lab) configured(ctx context.Context) *server {
	l.Helper()
	for _, variable := range l.Env() {
		name, value, _ := strings.Cut(variable, "=")
		l.Setenv(name, value)
	}
	s := &server{lab: l}
	var ok bool
	if s.framework, ok = provider.NewServer("test")().(interface {
		tfprotov6.ProviderServer
		tfprotov6.ListResourceServer
		tfprotov6.ActionServer
	}); !ok {
		l.Fatal("the provider serves no actions or lists")
	}
	var err error
	s.schemas, err = s.framework.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	l.ok(err)
	resp, err := s.framework.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.14.0", Config: l.onWire(s.schemas.Provider.ValueType(), map[string]any{})})
	l.ok(err)
	s.tell(resp.Diagnostics)
	return s
}

// tell takes diagnostics in, and reports whether one is an error.
func (s *server) tell(diagnostics []*tfprotov6.Diagnostic) bool {
	failed := false
	for _, d := range diagnostics {
		failed = failed || d.Severity == tfprotov6.DiagnosticSeverityError
		s.problems += fmt.Sprintf("%s: %s\n%s\n", d.Severity, d.Summary, d.Detail)
	}
	return failed
}

// invoked is what an invocation of an action told.
type invoked struct {
	progress []string
	// problems are errors and warnings, each with its severity in front.
	problems string
}

// invokes invokes an action as a CLI does that has actions: validates, plans, invokes.
// heard is told of each message, and may end the context.
func (l *lab) invokes(ctx context.Context, action string, config map[string]any, heard func(message string)) (out invoked) {
	l.Helper()
	s := l.configured(ctx)
	defer func() { out.problems = s.problems }()
	schema := s.schemas.ActionSchemas[action]
	if schema == nil {
		l.Fatalf("there is no action %s", action)
	}
	given := l.onWire(schema.Schema.ValueType(), config)
	validated, err := s.framework.ValidateActionConfig(ctx, &tfprotov6.ValidateActionConfigRequest{ActionType: action, Config: given})
	l.ok(err)
	planned, err := s.framework.PlanAction(ctx, &tfprotov6.PlanActionRequest{ActionType: action, Config: given})
	l.ok(err)
	if s.tell(slices.Concat(validated.Diagnostics, planned.Diagnostics)) {
		return out
	}
	stream, err := s.framework.InvokeAction(ctx, &tfprotov6.InvokeActionRequest{ActionType: action, Config: given})
	l.ok(err)
	for event := range stream.Events {
		switch e := event.Type.(type) {
		case tfprotov6.ProgressInvokeActionEventType:
			out.progress = append(out.progress, e.Message)
			heard(e.Message)
		case tfprotov6.CompletedInvokeActionEventType:
			s.tell(e.Diagnostics)
		}
	}
	return out
}

// found is one result of a list.
type found struct {
	name               string
	identity, resource map[string]tftypes.Value
}

// queries lists a resource as a CLI does that can query: validates and lists.
func (l *lab) queries(resource string, config map[string]any, whole bool, limit int64) (out []found, problems string) {
	l.Helper()
	ctx := l.Context()
	s := l.configured(ctx)
	schema := s.schemas.ListResourceSchemas[resource]
	if schema == nil {
		l.Fatalf("there is no list of %s", resource)
	}
	given := l.onWire(schema.ValueType(), config)
	validated, err := s.framework.ValidateListResourceConfig(ctx, &tfprotov6.ValidateListResourceConfigRequest{TypeName: resource, Config: given})
	l.ok(err)
	if s.tell(validated.Diagnostics) {
		return nil, s.problems
	}
	identities, err := s.framework.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	l.ok(err)
	stream, err := s.framework.ListResource(ctx, &tfprotov6.ListResourceRequest{TypeName: resource, Config: given, IncludeResource: whole, Limit: limit})
	l.ok(err)
	for result := range stream.Results {
		s.tell(result.Diagnostics)
		if result.Identity == nil {
			continue
		}
		one := found{name: result.DisplayName, identity: l.offWire(identities.IdentitySchemas[resource].ValueType(), result.Identity.IdentityData)}
		if result.Resource != nil {
			one.resource = l.offWire(s.schemas.ResourceSchemas[resource].ValueType(), result.Resource)
		}
		out = append(out, one)
	}
	return out, s.problems
}

func (l *lab) offWire(t tftypes.Type, value *tfprotov6.DynamicValue) map[string]tftypes.Value {
	l.Helper()
	raw, err := value.Unmarshal(t)
	l.ok(err)
	out := map[string]tftypes.Value{}
	l.ok(raw.As(&out))
	return out
}

// said is a value as text, for those that are texts.
func said(value tftypes.Value) string {
	var text *string
	if err := value.As(&text); err != nil || text == nil {
		return ""
	}
	return *text
}

// onWire is a value of a type as a CLI sends it.
func (l *lab) onWire(t tftypes.Type, from map[string]any) *tfprotov6.DynamicValue {
	l.Helper()
	object, ok := t.(tftypes.Object)
	if !ok {
		l.Fatalf("%s is no object", t)
	}
	given := map[string]any{}
	for name, attribute := range object.AttributeTypes {
		given[name] = from[name]
		// As a CLI converts them.
		if text, ok := from[name].(string); ok && attribute.Is(tftypes.Number) {
			number, err := strconv.ParseInt(text, 10, 64)
			l.ok(err)
			given[name] = number
		}
	}
	raw, err := json.Marshal(given)
	l.ok(err)
	value, err := tftypes.ValueFromJSONWithOpts(raw, t, tftypes.ValueFromJSONOpts{IgnoreUndefinedAttributes: true})
	l.ok(err)
	out, err := tfprotov6.NewDynamicValue(t, value)
	l.ok(err)
	return &out
}
