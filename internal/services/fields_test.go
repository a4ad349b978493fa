package services

import (
	"context"
	"reflect"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"pgregory.net/rapid"
)

type sample struct {
	Name  types.String `tfsdk:"name"`
	Count types.Int64  `tfsdk:"count"`
	Reads types.List   `tfsdk:"reads"`

	note string
}

// shorter lacks a field, and plain has Go's own types.
type (
	shorter struct {
		Name types.String `tfsdk:"name"`
	}
	plain struct {
		Name  string   `tfsdk:"name"`
		Count int64    `tfsdk:"count"`
		Reads []string `tfsdk:"reads"`
	}
)

var sampleType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"name": types.StringType, "count": types.Int64Type, "reads": types.ListType{ElemType: types.StringType},
}}

func drawSample(t *rapid.T) types.Object {
	if whole := rapid.IntRange(0, 9).Draw(t, "whole"); whole == 0 {
		return types.ObjectNull(sampleType.AttrTypes)
	} else if whole == 1 {
		return types.ObjectUnknown(sampleType.AttrTypes)
	}
	reads, _ := types.ListValueFrom(context.Background(), types.StringType, rapid.SliceOf(rapid.String()).Draw(t, "reads"))
	return types.ObjectValueMust(sampleType.AttrTypes, map[string]attr.Value{
		"name":  rapid.SampledFrom([]types.String{types.StringNull(), types.StringUnknown(), types.StringValue("NA12878")}).Draw(t, "name"),
		"count": rapid.SampledFrom([]types.Int64{types.Int64Null(), types.Int64Value(2)}).Draw(t, "count"),
		"reads": reads,
	})
}

// Whatever is read and into whatever, it is what the framework reads, or what that
// refuses.
func TestFieldsAreTheFrameworks(t *testing.T) {
	ctx := context.Background()
	rapid.Check(t, func(t *rapid.T) {
		object := drawSample(t)
		into[sample](t, object)
		into[shorter](t, object)
		into[plain](t, object)

		objects := []attr.Value{}
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			objects = append(objects, drawSample(t))
		}
		list := rapid.SampledFrom([]types.List{types.ListValueMust(sampleType, objects), types.ListNull(sampleType), types.ListUnknown(sampleType)}).Draw(t, "list")
		var want []sample
		wantDiags := list.ElementsAs(ctx, &want, false)
		got, gotDiags := Each[sample](ctx, list)
		alike(t, wantDiags, gotDiags)
		if wantDiags.HasError() {
			return
		}
		wantList, wantDiags := types.ListValueFrom(ctx, sampleType, want)
		gotList, gotDiags := List(ctx, sampleType, got)
		alike(t, wantDiags, gotDiags)
		if !wantList.Equal(gotList) {
			t.Fatalf("list %s, the framework's %s", gotList, wantList)
		}
		if nothing, _ := List(ctx, sampleType, []sample(nil)); !nothing.IsNull() {
			t.Fatalf("no slice is %s", nothing)
		}
	})
}

func into[T any](t *rapid.T, object types.Object) {
	ctx := context.Background()
	var want, got T
	alike(t, object.As(ctx, &want, basetypes.ObjectAsOptions{}), Into(ctx, object, &got))
	if !reflect.DeepEqual(want, got) {
		t.Fatalf("read %+v, the framework %+v", got, want)
	}
}

func alike(t *rapid.T, want, got diag.Diagnostics) {
	// What the framework lists in its texts is in no order.
	if len(want) != len(got) || want.HasError() != got.HasError() {
		t.Fatalf("said %v, the framework %v", got, want)
	}
}

// What has no tag is none of the framework's business.
func TestFieldsWithoutATagAreLeftAlone(t *testing.T) {
	object := types.ObjectValueMust(sampleType.AttrTypes, map[string]attr.Value{
		"name": types.StringValue("NA12878"), "count": types.Int64Value(1), "reads": types.ListNull(types.StringType),
	})
	s := sample{note: "kept"}
	if diags := Into(context.Background(), object, &s); diags.HasError() || s.note != "kept" || s.Name.ValueString() != "NA12878" {
		t.Fatalf("%+v %v", s, diags)
	}
}
