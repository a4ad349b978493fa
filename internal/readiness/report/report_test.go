package report

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/readiness"
)

var update = flag.Bool("update", false, "write the golden files anew")

var noon = time.Date(2026, 3, 5, 12, 0, 0, 0, time.UTC)

// observed is a pair that is fine but for what a test changes.
func observed(change func(*readiness.Observation)) readiness.Report {
	group := readiness.Group{Name: "rg-lab-weu", Location: "westeurope"}
	o := readiness.Observation{
		Pair: "lab", Now: noon,
		Active:  readiness.Region{Location: "westus2", DisplayName: "West US 2", Geography: "United States", ServiceURL: "https://westus2.example"},
		Standby: readiness.Region{Location: "westeurope", DisplayName: "West Europe", Geography: "Europe", ServiceURL: "https://westeurope.example"},
		Limits:  readiness.Limits{MaxRecoveryPointAge: time.Hour, MaxDrillAge: 30 * 24 * time.Hour, StateLocation: "northeurope", Geographies: []string{"United States", "Europe"}},
		Account: readiness.Account{ID: "/subscriptions/s/resourceGroups/rg-lab-weu/providers/Microsoft.Genomics/accounts/lab-weu", Name: "lab-weu", Location: "westeurope", State: "Succeeded", Group: group},
		Output:  readiness.Output{Account: "labweu", AccountID: "/subscriptions/s/resourceGroups/rg-lab-weu/providers/Microsoft.Storage/storageAccounts/labweu", Container: "outputs"},
		Storage: []readiness.Storage{{Name: "labweu", Location: "westeurope"}},
		Credentials: []readiness.Credential{
			{Name: "lab-weu", Kind: "account", Handed: true}, {Name: "labweu", Kind: "storage account", Group: group},
		},
		Stores: []readiness.Store{
			{Name: "reads", Flows: true, Account: "labweu", Container: "inputs", Blobs: 20_000, Bytes: 3 << 40, Manifest: readiness.ManifestGood, ManifestEntries: 20_000, RecoveryPoint: noon.Add(-10 * time.Minute)},
			{Name: "references", Flows: true, Account: "labweu", Container: "references", Blobs: 12, Bytes: 9 << 30, Manifest: readiness.ManifestGood, ManifestEntries: 12, RecoveryPoint: noon.Add(-time.Minute)},
		},
		Workflows: readiness.Workflows{Asked: true, Total: 1000, Unfinished: 412},
		Drill:     readiness.Drill{At: noon.Add(-48 * time.Hour), Duration: 20 * time.Minute, Accept: 3 * time.Second},
		Patience:  10 * time.Second,
	}
	change(&o)
	return readiness.Assess(o)
}

var cases = map[string]func(*readiness.Observation){
	"ready": func(*readiness.Observation) {},
	"hurting": func(o *readiness.Observation) {
		s := &o.Stores[0]
		s.PendingBlobs, s.PendingBytes, s.Oldest = 1, 42<<20, noon.Add(-3*time.Hour)
		// A name may be anything that the storage takes.
		s.Pending = []readiness.Blob{{Name: "NA12891 <b>|`_2`*.fq.gz", Size: 42 << 20, Modified: s.Oldest}}
		o.Workflows.Problems = []readiness.Problem{{Workflow: "NA12891", Input: "NA12891_2.fq.gz", Text: `"NA12891_2.fq.gz" is missing, and was never replicated here`, Size: 42 << 20, Modified: s.Oldest}}
		o.Account.Group.Location = "westus2"
		o.Output.Access.Denied = []readiness.Denial{{Permission: "delete", Reason: "HTTP 403 AuthorizationPermissionMismatch"}}
		o.Limits.StateLocation = "westus2"
		o.Probe = readiness.ProbeWrite
		resubmitted, accepted, finished := int64(37), 95*time.Second, 43*time.Minute
		o.LastFailover = &readiness.Failover{From: "westeurope", To: "westus2", Mode: "forced", At: noon.AddDate(0, -1, 0), Resubmitted: &resubmitted, Accepted: &accepted, Finished: &finished}
	},
	"dark": func(o *readiness.Observation) {
		o.Stores[0].Unseen, o.Stores[1].Unseen = "westus2 does not answer: nothing came within 10s.", "westus2 does not answer: nothing came within 10s."
		o.Workflows.Unseen = "westus2 does not answer: nothing came within 10s."
		o.Fencing.Unseen = "westus2 does not answer: nothing came within 10s."
		o.Limits.MaxDrillAge, o.Limits.StateLocation, o.Limits.Geographies = 0, "", nil
	},
	"no stores": func(o *readiness.Observation) { o.Stores, o.Workflows = nil, readiness.Workflows{} },
}

func TestGolden(t *testing.T) {
	for name, change := range cases {
		r := observed(change)
		junit, err := JUnit(r)
		if err != nil {
			t.Fatal(err)
		}
		document, err := JSON(r)
		if err != nil {
			t.Fatal(err)
		}
		svg, err := SVG(r)
		if err != nil {
			t.Fatal(err)
		}
		for suffix, got := range map[string]string{"md": Markdown(r), "xml": junit, "json": document, "svg": svg} {
			golden(t, strings.ReplaceAll(name, " ", "-")+"."+suffix, got)
		}
		wellFormed(t, junit)
		wellFormed(t, svg)
		var back struct{ Version int }
		if err := json.Unmarshal([]byte(document), &back); err != nil || back.Version != Version {
			t.Errorf("%s: version %d: %v", name, back.Version, err)
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got), after a look at it -update writes it anew:\n%s", name, diff)
	}
}

func wellFormed(t *testing.T, text string) {
	t.Helper()
	for decoder := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
	}
}

// A picture is looked at where it lies, and asks for nothing from elsewhere.
func TestThePictureNeedsNothingBesideItself(t *testing.T) {
	svg, err := SVG(observed(cases["hurting"]))
	if err != nil {
		t.Fatal(err)
	}
	for _, foreign := range []string{"href", "<script", "@import", "url(http", "<foreignObject", "<image"} {
		if strings.Contains(svg, foreign) {
			t.Errorf("the picture holds %q", foreign)
		}
	}
}

// Whatever a blob is called, the reports stay what they are.
func FuzzReports(f *testing.F) {
	for _, seed := range []string{"reads_1.fq.gz", "a|b\nc", "]]>", "\x00\x1b[31m", "</text><script>", "```\n# x", "\u202eevil", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		r := observed(func(o *readiness.Observation) {
			o.Pair = name
			o.Stores[0].Name, o.Stores[0].PendingBlobs = name, 1
			o.Stores[0].Pending = []readiness.Blob{{Name: name, Modified: noon, Reason: name}}
		})
		junit, err := JUnit(r)
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, junit)
		svg, err := SVG(r)
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, svg)
		if _, err := JSON(r); err != nil {
			t.Fatal(err)
		}
		rows := 0
		for line := range strings.Lines(Markdown(r)) {
			if strings.HasPrefix(line, "| ") {
				rows++
				if got := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|"); got != 4 && !strings.HasPrefix(line, "| |") {
					t.Errorf("a row of %d bars: %q", got, line)
				}
			}
		}
		if rows != len(r.Checks)+1 {
			t.Errorf("%d rows for %d checks", rows, len(r.Checks))
		}
	})
}

func TestClipAndWrap(t *testing.T) {
	if got := clip("abc def", 5); got != "abc…" {
		t.Errorf("%q", got)
	}
	if got := wrap("ab cd efghij k", 4); strings.Join(got, "|") != "ab|cd|efgh|ij k" {
		t.Errorf("%q", got)
	}
}
