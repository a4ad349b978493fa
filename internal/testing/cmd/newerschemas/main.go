// Command newerschemas completes the schemas that a command-line interface prints: it
// reads them from standard input and adds those of actions and list resources, which
// the interface that this repository pins knows nothing of.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/provider"
)

func main() {
	if err := run(context.Background(), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, in io.Reader, out io.Writer) error {
	var printed struct {
		Format    string                    `json:"format_version"`
		Providers map[string]map[string]any `json:"provider_schemas"`
	}
	if err := json.NewDecoder(in).Decode(&printed); err != nil {
		return err
	}
	known, err := provider.NewServer("docs")().GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return err
	}
	actions, lists := map[string]any{}, map[string]any{}
	for name, action := range known.ActionSchemas {
		actions[name] = map[string]any{"block": block(action.Schema.Block)}
	}
	for name, list := range known.ListResourceSchemas {
		lists[name] = map[string]any{"version": list.Version, "block": block(list.Block)}
	}
	for _, schemas := range printed.Providers {
		schemas["action_schemas"], schemas["list_resource_schemas"] = actions, lists
	}
	return json.NewEncoder(out).Encode(printed)
}

var kinds = map[tfprotov6.StringKind]string{tfprotov6.StringKindPlain: "plain", tfprotov6.StringKindMarkdown: "markdown"}

// block is a block of a schema as command-line interfaces print it.
func block(b *tfprotov6.SchemaBlock) map[string]any {
	blocks := map[string]any{}
	modes := map[tfprotov6.SchemaNestedBlockNestingMode]string{
		tfprotov6.SchemaNestedBlockNestingModeSingle: "single", tfprotov6.SchemaNestedBlockNestingModeList: "list",
		tfprotov6.SchemaNestedBlockNestingModeSet: "set", tfprotov6.SchemaNestedBlockNestingModeMap: "map",
	}
	for _, nested := range b.BlockTypes {
		blocks[nested.TypeName] = map[string]any{
			"nesting_mode": modes[nested.Nesting], "block": block(nested.Block), "min_items": nested.MinItems, "max_items": nested.MaxItems,
		}
	}
	return map[string]any{"attributes": attributes(b.Attributes), "block_types": blocks, "description": b.Description, "description_kind": kinds[b.DescriptionKind]}
}

func attributes(all []*tfprotov6.SchemaAttribute) map[string]any {
	modes := map[tfprotov6.SchemaObjectNestingMode]string{
		tfprotov6.SchemaObjectNestingModeSingle: "single", tfprotov6.SchemaObjectNestingModeList: "list",
		tfprotov6.SchemaObjectNestingModeSet: "set", tfprotov6.SchemaObjectNestingModeMap: "map",
	}
	out := map[string]any{}
	for _, a := range all {
		one := map[string]any{
			"description": a.Description, "description_kind": kinds[a.DescriptionKind],
			"required": a.Required, "optional": a.Optional, "computed": a.Computed, "sensitive": a.Sensitive,
		}
		if a.NestedType != nil {
			one["nested_type"] = map[string]any{"attributes": attributes(a.NestedType.Attributes), "nesting_mode": modes[a.NestedType.Nesting]}
		} else {
			one["type"] = a.Type
		}
		out[a.Name] = one
	}
	return out
}
