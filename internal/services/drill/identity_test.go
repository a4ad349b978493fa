package drill

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"
)

const storage = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/labweu"

func TestIDOfADrill(t *testing.T) {
	for _, row := range []struct{ id, pair, drill string }{
		{"westeurope=" + storage + "/outputs/lab/2026-03", "lab", "2026-03"},
		{"West Europe=" + storage + "/outputs/a%2Fb/2026%2F03", "a/b", "2026/03"},
	} {
		got, err := parseID(row.id)
		if err != nil {
			t.Errorf("%s: %v", row.id, err)
			continue
		}
		if got.PairName.ValueString() != row.pair || got.DrillID.ValueString() != row.drill || got.Location.ValueString() != "westeurope" ||
			got.ContainerName.ValueString() != "outputs" || got.StorageAccountID.ValueString() != storage {
			t.Errorf("%s is %+v", row.id, got)
		}
	}
	for _, id := range []string{
		"", "lab/2026-03", storage + "/outputs/lab/1", "=" + storage + "/outputs/lab/1", "westeurope=" + storage + "/lab/1", "westeurope=" + storage + "/outputs/lab/",
		"westeurope=" + storage + "/outputs/lab/%zz", "westeurope=/subscriptions/s/resourceGroups/rg/providers/Microsoft.Genomics/accounts/a/outputs/lab/1", "westeurope=" + storage + "/out%2Fputs/lab/1",
	} {
		if got, err := parseID(id); err == nil {
			t.Errorf("%q is %+v", id, got)
		}
	}
}

// Whatever is taken for an ID is written again as one that means the same, and every
// name of a pair and of a drill can be written.
func FuzzIDOfADrill(f *testing.F) {
	f.Add("westeurope="+storage+"/outputs/lab/2026-03", "lab", "2026-03")
	f.Add("a=/b/c/d", "a/b=c", "..")
	f.Add("", "%2F", " ")
	f.Fuzz(func(t *testing.T, id, pair, drill string) {
		if got, err := parseID(id); err == nil {
			if again, err := parseID(got.id()); err != nil || again != got {
				t.Errorf("%q is %+v, and that written again %+v, %v", id, got, again, err)
			}
		}
		if pair == "" || drill == "" {
			return
		}
		want := identityModel{types.StringValue("westeurope"), types.StringValue(storage), types.StringValue("outputs"), types.StringValue(pair), types.StringValue(drill)}
		if got, err := parseID(want.id()); err != nil || got != want {
			t.Errorf("%+v comes back as %+v, %v", want, got, err)
		}
	})
}
