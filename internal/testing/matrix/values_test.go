//go:build acceptance

package matrix

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/wire"
)

// object is a value of a resource, attribute by attribute; nil when it is null.
func object(v tftypes.Value) map[string]tftypes.Value {
	attributes := map[string]tftypes.Value{}
	if v.Type() == nil || v.IsNull() || !v.IsKnown() || v.As(&attributes) != nil {
		return nil
	}
	return attributes
}

// value writes a Go value, or the value of another resource's attribute, as a
// type of the schema, as HCL's conversion does: attributes that the type lacks
// are dropped, those that are missing are null.
func value(t tftypes.Type, from any) tftypes.Value {
	switch from := from.(type) {
	case nil:
		return tftypes.NewValue(t, nil)
	case tftypes.Value:
		return converted(t, from)
	case bool, string, int64, *big.Float:
		return tftypes.NewValue(t, from)
	case int:
		return tftypes.NewValue(t, int64(from))
	}
	switch t := t.(type) {
	case tftypes.Object:
		given, _ := from.(map[string]any)
		attributes := map[string]tftypes.Value{}
		for name, inner := range t.AttributeTypes {
			attributes[name] = value(inner, given[name])
		}
		return tftypes.NewValue(t, attributes)
	case tftypes.Map:
		elements := map[string]tftypes.Value{}
		given, _ := from.(map[string]any)
		for name, inner := range given {
			elements[name] = value(t.ElementType, inner)
		}
		return tftypes.NewValue(t, elements)
	case tftypes.List:
		return tftypes.NewValue(t, elements(t.ElementType, from))
	case tftypes.Set:
		return tftypes.NewValue(t, elements(t.ElementType, from))
	}
	panic(fmt.Sprintf("no %s can be made of %T", t, from))
}

func elements(t tftypes.Type, from any) []tftypes.Value {
	all := []tftypes.Value{}
	switch from := from.(type) {
	case []string:
		for _, inner := range from {
			all = append(all, value(t, inner))
		}
	case []any:
		for _, inner := range from {
			all = append(all, value(t, inner))
		}
	}
	return all
}

func converted(t tftypes.Type, from tftypes.Value) tftypes.Value {
	target, isObject := t.(tftypes.Object)
	switch {
	case !from.IsKnown():
		return tftypes.NewValue(t, tftypes.UnknownValue)
	case from.IsNull():
		return tftypes.NewValue(t, nil)
	case !isObject:
		return from
	}
	have := object(from)
	attributes := map[string]tftypes.Value{}
	for name, inner := range target.AttributeTypes {
		attributes[name] = tftypes.NewValue(inner, nil)
		if v, ok := have[name]; ok {
			attributes[name] = converted(inner, v)
		}
	}
	return tftypes.NewValue(t, attributes)
}

// dig follows a path such as "active.location" or "attempts.0.status" and
// writes what it finds as text; what is not there is "null".
func dig(v tftypes.Value, path string) string {
	found := wire.Plain(v)
	for step := range strings.SplitSeq(path, ".") {
		switch inner := found.(type) {
		case map[string]any:
			found = inner[step]
		case []any:
			i, err := strconv.Atoi(step)
			switch {
			case step == "#":
				found = json.Number(strconv.Itoa(len(inner)))
			case err != nil || i >= len(inner):
				found = nil
			default:
				found = inner[i]
			}
		default:
			found = nil
		}
	}
	if text, ok := found.(string); ok {
		return text
	}
	raw, err := json.Marshal(found)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// proposed is the proposed new state that a CLI computes: the configuration,
// and for what it leaves open the prior value of what is computed.
func proposed(block *tfprotov6.SchemaBlock, prior, config tftypes.Value) tftypes.Value {
	have, want := object(prior), object(config)
	merged := maps.Clone(want)
	for _, a := range block.Attributes {
		merged[a.Name] = proposedAttribute(a, have[a.Name], want[a.Name])
	}
	return tftypes.NewValue(block.ValueType(), merged)
}

func proposedAttribute(a *tfprotov6.SchemaAttribute, prior, config tftypes.Value) tftypes.Value {
	if a.Computed && config.IsNull() {
		if prior.Type() == nil {
			return config
		}
		return prior
	}
	if !nested(a) || object(config) == nil {
		return config
	}
	have, want := object(prior), object(config)
	merged := map[string]tftypes.Value{}
	for _, inner := range a.NestedType.Attributes {
		merged[inner.Name] = proposedAttribute(inner, have[inner.Name], want[inner.Name])
	}
	return tftypes.NewValue(a.ValueType(), merged)
}

func nested(a *tfprotov6.SchemaAttribute) bool {
	return a.NestedType != nil && a.NestedType.Nesting == tfprotov6.SchemaObjectNestingModeSingle
}

// honours says where a plan does not keep to the configuration, which a CLI
// takes for a defect of the provider.
func honours(path string, attributes []*tfprotov6.SchemaAttribute, config, planned map[string]tftypes.Value) []string {
	var wrong []string
	for _, a := range attributes {
		want, got := config[a.Name], planned[a.Name]
		at := path + "." + a.Name
		switch {
		case a.Computed && want.IsNull():
		case nested(a) && object(want) != nil && object(got) != nil:
			wrong = append(wrong, honours(at, a.NestedType.Attributes, object(want), object(got))...)
		case want.IsFullyKnown() && !want.Equal(got):
			wrong = append(wrong, fmt.Sprintf("invalid plan: %s is configured as %s and planned as %s", at, wire.JSON(want), wire.JSON(got)))
		}
	}
	return wrong
}

// consistent says where what came does not agree with what was planned. All
// that was known when planning has to come as planned.
func consistent(path string, planned, got tftypes.Value) []string {
	differs := func() []string {
		return []string{fmt.Sprintf("inconsistent result: %s was planned as %s and is %s", path, wire.JSON(planned), wire.JSON(got))}
	}
	switch {
	case !planned.IsKnown():
		return nil
	case planned.IsNull() != (got.IsKnown() && got.IsNull()):
		return differs()
	case planned.IsNull():
		return nil
	case !got.IsKnown():
		return differs()
	}
	if want := object(planned); want != nil {
		have := object(got)
		if !slices.Equal(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(have))) {
			return differs()
		}
		var wrong []string
		for _, name := range slices.Sorted(maps.Keys(want)) {
			wrong = append(wrong, consistent(path+"."+name, want[name], have[name])...)
		}
		return wrong
	}
	var want, have []tftypes.Value
	if planned.As(&want) != nil {
		if !planned.Equal(got) {
			return differs()
		}
		return nil
	}
	if got.As(&have) != nil || len(want) != len(have) {
		return differs()
	}
	if _, set := planned.Type().(tftypes.Set); set {
		if planned.IsFullyKnown() && !planned.Equal(got) {
			return differs()
		}
		return nil
	}
	var wrong []string
	for i := range want {
		wrong = append(wrong, consistent(fmt.Sprintf("%s.%d", path, i), want[i], have[i])...)
	}
	return wrong
}
