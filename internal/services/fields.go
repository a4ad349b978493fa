package services

import (
	"context"
	"reflect"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// The framework looks at a structure's tags with each value that it reads into one,
// and compiles a regular expression for each field: that was most of what planning
// thousands of submissions took. What is here remembers them. It does as the framework
// does, and leaves to that all it does not know: other fields than the values have,
// or of other types, and what is null or unknown as a whole.

// Into reads an object into the structure that target points at, as its method As
// does without options.
func Into(ctx context.Context, object types.Object, target any) diag.Diagnostics {
	if Known(object) && assign(object.Attributes(), reflect.ValueOf(target).Elem()) {
		return nil
	}
	return object.As(ctx, target, basetypes.ObjectAsOptions{})
}

// Each reads a list of objects into structures, as its method ElementsAs does.
func Each[T any](ctx context.Context, list types.List) ([]T, diag.Diagnostics) {
	elements := list.Elements()
	out := make([]T, len(elements))
	ok := Known(list)
	for i := 0; ok && i < len(elements); i++ {
		var object types.Object
		object, ok = elements[i].(types.Object)
		ok = ok && Known(object) && assign(object.Attributes(), reflect.ValueOf(&out[i]).Elem())
	}
	if ok {
		return out, nil
	}
	out = nil
	diags := list.ElementsAs(ctx, &out, false)
	return out, diags
}

// Get reads a whole configuration, plan or state into the structure that target
// points at. It reports false when the framework has to.
func Get(ctx context.Context, as attr.Type, raw tftypes.Value, target any) bool {
	value, err := as.ValueFromTerraform(ctx, raw)
	if err != nil {
		return false
	}
	object, ok := value.(types.Object)
	return ok && Known(object) && assign(object.Attributes(), reflect.ValueOf(target).Elem())
}

// Set makes the value of a whole plan or state of a structure. It is not ok when the
// framework has to.
func Set(ctx context.Context, as attr.TypeWithAttributeTypes, from any) (raw tftypes.Value, ok bool) {
	object, ok := objectOf(as, reflect.ValueOf(from).Elem())
	if !ok {
		return raw, false
	}
	raw, err := object.ToTerraformValue(ctx)
	return raw, err == nil
}

// List makes a list of objects of structures, as types.ListValueFrom does.
func List[T any](ctx context.Context, as types.ObjectType, from []T) (types.List, diag.Diagnostics) {
	if from == nil {
		return types.ListNull(as), nil
	}
	elements := make([]attr.Value, len(from))
	for i := range from {
		object, ok := objectOf(as, reflect.ValueOf(&from[i]).Elem())
		if !ok {
			return types.ListValueFrom(ctx, as, from)
		}
		elements[i] = object
	}
	return types.ListValue(as, elements)
}

func objectOf(as attr.TypeWithAttributeTypes, structure reflect.Value) (types.Object, bool) {
	values := make(map[string]attr.Value, structure.NumField())
	for name, index := range fieldsOf(structure.Type()) {
		value, ok := structure.Field(index).Interface().(attr.Value)
		if !ok {
			return types.Object{}, false
		}
		values[name] = value
	}
	object, diags := types.ObjectValue(as.AttributeTypes(), values)
	return object, !diags.HasError()
}

func assign(attributes map[string]attr.Value, to reflect.Value) bool {
	fields := fieldsOf(to.Type())
	if len(fields) != len(attributes) {
		return false
	}
	for name, value := range attributes {
		index, ok := fields[name]
		if !ok {
			return false
		}
		v, field := reflect.ValueOf(value), to.Field(index)
		if !v.IsValid() || v.Type() != field.Type() {
			return false
		}
		field.Set(v)
	}
	return true
}

// tagged is the fields of structures by their tags, by the structures' types.
var tagged sync.Map

func fieldsOf(structure reflect.Type) map[string]int {
	if known, ok := tagged.Load(structure); ok {
		fields, _ := known.(map[string]int)
		return fields
	}
	fields := map[string]int{}
	for i := range structure.NumField() {
		if tag := structure.Field(i).Tag.Get("tfsdk"); tag != "" && tag != "-" {
			fields[tag] = i
		}
	}
	tagged.Store(structure, fields)
	return fields
}
