//go:build acceptance

package acceptance

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/provider"
	rules "github.com/genomics-continuity/terraform-provider-genomics/internal/readiness"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/acctest"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// watched is a healthy pair that rows make ill. Each look is a run of its own: a new
// provider reads the data source, and knows nothing of what was seen before.
type watched struct {
	*lab
	// provider and config are what the next look is given.
	provider, config map[string]any
	undo             []func()
	// handed is a key that somebody noted down before.
	handed string
}

// finding is what one rule says.
type finding struct {
	rule            string
	status          rules.Status
	message, remedy string
}

// illness is a row: what is done to the world or the configuration, and every rule
// that does not pass for it.
type illness struct {
	what string
	do   func(*watched)
	// finds are all rules that do not pass. Of one without a status nothing is expected.
	finds []finding
	// follow does what the first finding's remedy says. Everything passes after it.
	follow func(w *watched, remedy string)
}

// Each rule passes, fails and is unknown for what is really so in Azure and storage,
// and what it says helps.
func TestAccReadinessRules(t *testing.T) {
	l := newestLab(t, "rules")
	for _, variable := range l.Env() {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	l.put(primary, l.inputs(), l.reads("one"))
	l.hold("")
	l.write(setup{
		Pair:        `  data_residency = { allowed_geographies = ["United States", "Europe"] }`,
		Submissions: map[string]submission{"one": {}}, Extra: drill("first", ""),
	})
	l.apply()

	seen := map[[2]string]bool{}
	w := l.watch()
	verdict, all := w.look()
	w.expect(all)
	if verdict != string(rules.Ready) {
		t.Fatalf("the pair is %s before anything is done to it", verdict)
	}
	for rule := range all {
		seen[[2]string{rule, string(rules.Pass)}] = true
	}
	for _, row := range illnesses {
		for _, f := range row.finds {
			if f.status == "" {
				continue
			}
			seen[[2]string{f.rule, string(f.status)}] = true
		}
		t.Run(row.what, func(t *testing.T) {
			w := l.within(t).watch()
			defer w.heal()
			row.do(w)
			verdict, all := w.look()
			w.expect(all, row.finds...)
			if verdict == string(rules.Ready) {
				t.Error("the verdict is ready")
			}
			if row.follow == nil || t.Failed() {
				return
			}
			row.follow(w, all[row.finds[0].rule].remedy)
			_, all = w.look()
			w.expect(all)
		})
	}
	_, all = w.look()
	w.expect(all)

	for _, rule := range rules.Rules() {
		for _, status := range []rules.Status{rules.Pass, rules.Fail, rules.Unknown} {
			if state := [2]string{rule, string(status)}; !seen[state] {
				t.Errorf("no row brings it about that %s is %s", rule, status)
			} else {
				delete(seen, state)
			}
		}
	}
	if len(seen) > 0 {
		t.Errorf("there are no such rules: %v", seen)
	}
}

// watch looks at the lab's pair in a way that asks for every rule.
func (l *lab) watch() *watched {
	l.Helper()
	state := l.state()
	raw, err := json.Marshal(map[string]any{
		"region_pair": state[pairAddress], "input_stores": []any{state[storeAddress]}, "workflows": []any{state[address("one")]},
		"max_recovery_point_age": "1h", "max_drill_age": "720h", "state_location": "northeurope",
	})
	l.ok(err)
	w := &watched{lab: l, provider: map[string]any{}}
	l.ok(json.Unmarshal(raw, &w.config))
	return w
}

// at is a part of the configuration, by its path.
func (w *watched) at(path string) map[string]any {
	w.Helper()
	part := asObject(dig(w.config, path))
	if part == nil {
		w.Fatalf("the configuration has no %s", path)
	}
	return part
}

// later undoes something when the row is over.
func (w *watched) later(undo func()) { w.undo = append(w.undo, undo) }

// heal makes everything as it was. The lab's jobs go on being held.
func (w *watched) heal() {
	w.Helper()
	for _, place := range []string{primary, secondary, harness.ResourceManager} {
		w.ok(w.ClearInjections(w.Context(), place))
		w.ok(w.Up(w.Context(), place))
	}
	for _, undo := range slices.Backward(w.undo) {
		undo()
	}
}

// dark silences a part of a region, and leaves its jobs alone.
func (w *watched) dark(region, scope string) {
	w.Helper()
	w.ok(w.Fault(w.Context(), region, harness.Fault{Mode: harness.Refused, Scope: scope, Jobs: "keep"}))
}

// refuse lets a region's storage, or Resource Manager, refuse with a code every request
// of a method whose path begins and whose query reads so.
func (w *watched) refuse(place, method, prefix, query, code string) {
	w.Helper()
	injection := harness.Injection{
		Match:  harness.Match{Method: method, PathPrefix: prefix, QueryContains: query},
		Action: harness.Answer, Status: http.StatusForbidden, Count: 100,
		Body: map[string]any{"error": map[string]string{"code": code, "message": "No."}},
	}
	if place != harness.ResourceManager {
		injection.Match.Plane, injection.Body = "storage", "<Error/>"
		injection.Headers = map[string]string{"x-ms-error-code": code}
	}
	w.inject(place, injection)
}

// look reads the data source as a CLI does, and gives the verdict and what each rule
// says: the worst of its checks.
func (w *watched) look() (string, map[string]finding) {
	w.Helper()
	ctx := w.Context()
	server := provider.NewServer("test")()
	schemas, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	w.ok(err)
	fine := func(diagnostics []*tfprotov6.Diagnostic, err error) {
		w.Helper()
		w.ok(err)
		for _, d := range diagnostics {
			if d.Severity == tfprotov6.DiagnosticSeverityError {
				w.Fatalf("looking failed: %s: %s", d.Summary, d.Detail)
			}
		}
	}
	configured, err := server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{
		TerraformVersion: "1.14.0", Config: w.onWire(schemas.Provider.ValueType(), maps.Clone(w.provider))})
	fine(configured.Diagnostics, err)
	const name = "genomics_readiness"
	schema := schemas.DataSourceSchemas[name].ValueType()
	given := w.onWire(schema, maps.Clone(w.config))
	validated, err := server.ValidateDataResourceConfig(ctx, &tfprotov6.ValidateDataResourceConfigRequest{TypeName: name, Config: given})
	fine(validated.Diagnostics, err)
	read, err := server.ReadDataSource(ctx, &tfprotov6.ReadDataSourceRequest{TypeName: name, Config: given})
	fine(read.Diagnostics, err)
	value, err := read.State.Unmarshal(schema)
	w.ok(err)
	var attributes map[string]tftypes.Value
	w.ok(value.As(&attributes))
	var list []tftypes.Value
	w.ok(attributes["checks"].As(&list))
	all := map[string]finding{}
	for _, one := range list {
		var c map[string]tftypes.Value
		w.ok(one.As(&c))
		f := finding{rule: w.text(c["name"]), status: rules.Status(w.text(c["status"])), message: w.text(c["message"]), remedy: w.text(c["remedy"])}
		if was, ok := all[f.rule]; !ok || was.status == rules.Pass || was.status == rules.Unknown && f.status == rules.Fail {
			all[f.rule] = f
		}
	}
	return w.text(attributes["verdict"]), all
}

func (w *watched) text(v tftypes.Value) string {
	w.Helper()
	var text *string
	w.ok(v.As(&text))
	if text == nil {
		return ""
	}
	return *text
}

// expect asserts what does not pass and what it says; every other rule passes.
func (w *watched) expect(all map[string]finding, finds ...finding) {
	w.Helper()
	for rule, got := range all {
		want := finding{rule: rule, status: rules.Pass}
		if i := slices.IndexFunc(finds, func(f finding) bool { return f.rule == rule }); i >= 0 {
			want = finds[i]
		}
		if want.status == "" {
			continue
		}
		if got.status != want.status || !strings.Contains(got.message, want.message) || !strings.Contains(got.remedy, want.remedy) {
			w.Errorf("%s is %s, says %q and to do %q; want %s, %q and %q", rule, got.status, got.message, got.remedy, want.status, want.message, want.remedy)
		}
		if (got.remedy == "") != (got.status == rules.Pass) {
			w.Errorf("%s is %s and says to do %q", rule, got.status, got.remedy)
		}
	}
	for _, f := range finds {
		if _, ok := all[f.rule]; !ok {
			w.Errorf("there is no check %s", f.rule)
		}
	}
}

// among gives the parts of a text that an expression has groups for.
func (w *watched) among(text, expression string) []string {
	w.Helper()
	found := regexp.MustCompile(expression).FindStringSubmatch(text)
	if found == nil {
		w.Fatalf("%q has nothing of the form %s", text, expression)
	}
	return found[1:]
}

// newAccount makes an account of the workflow service, and gives its ID.
func (w *watched) newAccount(group, location string) string {
	w.Helper()
	id := fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Genomics/accounts/%s", w.subscription(), group, acctest.Name("new"))
	w.resource(http.MethodPut, id, genomicsVersion, map[string]any{"location": location})
	w.until("the account is there", func() bool {
		status, body := w.resource(http.MethodGet, id, genomicsVersion, nil)
		return status == http.StatusOK && text(asObject(body["properties"])["provisioningState"]) == "Succeeded"
	})
	w.later(func() { w.resource(http.MethodDelete, id, genomicsVersion, nil) })
	return id
}

// damage replaces a blob, and puts it back when the row is over.
func (w *watched) damage(container, name string, content []byte) {
	w.Helper()
	was := w.get(secondary, container, name)
	if content == nil {
		w.remove(secondary, container, name)
	} else {
		w.put(secondary, container, map[string][]byte{name: content})
	}
	w.later(func() { w.put(secondary, container, map[string][]byte{name: was}) })
}

// kept is the one blob of the provider's own whose name begins so.
func (w *watched) kept(container, prefix string) string {
	w.Helper()
	found := w.blobs(secondary, container, ".genomics-continuity/"+prefix)
	if len(found) != 1 {
		w.Fatalf("%s* are %v", prefix, found)
	}
	return found[0]
}

// longAgo is a drill's record of another time.
func (w *watched) longAgo() []byte {
	at := time.Now().Add(-61 * 24 * time.Hour)
	return rules.DrillRecord{Pair: w.name, ID: "old", Location: secondary, Run: "1", StartedAt: at, EndedAt: at.Add(time.Minute)}.Encode()
}
