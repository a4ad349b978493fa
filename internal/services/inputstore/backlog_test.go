package inputstore

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
)

// meter is an Azure Monitor that says one thing.
type meter struct {
	says  azure.Backlog
	err   error
	asked []string
}

func (m *meter) Backlog(_ context.Context, id azure.StorageAccountID, policy string, _ time.Time) (azure.Backlog, error) {
	m.asked = append(m.asked, id.Name+"/"+policy)
	return m.says, m.err
}

// The backlog is shown as far as it is told, and nothing depends on it.
func TestMeasure(t *testing.T) {
	at := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	seven, bytes, old := int64(7), int64(1000), int64(99)
	said := azure.Backlog{Operations: &seven, Bytes: &bytes, At: at}
	for name, tt := range map[string]struct {
		meter      meter
		silent     services.Silent
		missing    bool
		asked      int
		operations string
	}{
		"told":                      {meter: meter{says: said}, asked: 1, operations: "7"},
		"not offered":               {meter: meter{err: errors.New("no such metric")}, asked: 1, operations: "<null>"},
		"not measured":              {asked: 1, operations: "<null>"},
		"no answer":                 {meter: meter{err: errDark}, asked: 1, operations: "99"},
		"the source is dark":        {meter: meter{says: said}, silent: services.Silent{"westus2"}, operations: "99"},
		"resource manager is dark":  {meter: meter{says: said}, silent: services.Silent{azure.ResourceManagerGate}, operations: "99"},
		"the policy is not there":   {meter: meter{says: said}, missing: true, operations: "<null>"},
		"the destination is silent": {meter: meter{says: said}, silent: services.Silent{"westeurope"}, asked: 1, operations: "7"},
	} {
		t.Run(name, func(t *testing.T) {
			store := stateActiveIn(t, "westus2", 0)
			r, ok := store.rule(t.Context())
			if !ok {
				t.Fatal("the store has no rule")
			}
			r.Policy = "p1"
			rules := ruleMemory{Rule: &r, Missing: tt.missing, Backlog: &backlog{Operations: &old, At: at}}
			rules.measure(t.Context(), &tt.meter, tt.silent.Answers, at)
			if len(tt.meter.asked) != tt.asked || tt.asked > 0 && tt.meter.asked[0] != "labwestus2/p1" {
				t.Errorf("asked %v", tt.meter.asked)
			}
			object, d := rules.object(t.Context(), 0)
			var got replicationModel
			d.Append(object.As(t.Context(), &got, basetypes.ObjectAsOptions{})...)
			if len(d) > 0 || got.BacklogOperations.String() != tt.operations || got.BacklogOperations.IsNull() != got.BacklogAt.IsNull() {
				t.Errorf("%+v, %v", got, d)
			}
		})
	}
}
