package azure

import "testing"

func TestGroupOf(t *testing.T) {
	for gate, want := range map[string]string{
		ResourceManagerGate:                   "",
		ResourceManagerGate + "/s/rg-lab":     "rg-lab",
		"westus2":                             "",
		ResourceManagerGate + "-elsewhere/rg": "",
	} {
		if group, ok := GroupOf(gate); ok != (want != "") || (ok && group != want) {
			t.Errorf("%s: %q %t", gate, group, ok)
		}
	}
}
