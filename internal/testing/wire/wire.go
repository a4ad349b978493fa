// Package wire writes values of Terraform's protocol down as states do, for tests.
package wire

import (
	"encoding/json"
	"fmt"
	"math/big"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Plain is a value as Go and JSON have it; what is not known yet is a string
// that no configuration holds.
func Plain(v tftypes.Value) any {
	switch {
	case v.Type() == nil, v.IsKnown() && v.IsNull():
		return nil
	case !v.IsKnown():
		return "(known after apply)"
	}
	var (
		text   string
		truth  bool
		number big.Float
		list   []tftypes.Value
		fields map[string]tftypes.Value
	)
	switch {
	case v.As(&text) == nil:
		return text
	case v.As(&truth) == nil:
		return truth
	case v.As(&number) == nil:
		return json.Number(number.Text('f', -1))
	case v.As(&list) == nil:
		all := make([]any, 0, len(list))
		for _, inner := range list {
			all = append(all, Plain(inner))
		}
		return all
	case v.As(&fields) == nil:
		all := map[string]any{}
		for name, inner := range fields {
			all[name] = Plain(inner)
		}
		return all
	}
	panic(fmt.Sprintf("a value of type %s cannot be written", v.Type()))
}

// JSON is a value as a state keeps it.
func JSON(v tftypes.Value) []byte {
	raw, err := json.Marshal(Plain(v))
	if err != nil {
		panic(err) // Plain makes nothing that JSON does not have
	}
	return raw
}
