package readiness

import (
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 5, 12, 0, 0, 0, time.UTC)

// healthy is a pair for which every rule is asked and passes.
func healthy() Observation {
	group := Group{Name: "rg-lab-weu", Location: "westeurope"}
	return Observation{
		Pair: "lab", Now: noon, Probe: ProbeRead,
		Active:  Region{Location: "westus2", DisplayName: "West US 2", Geography: "United States", ServiceURL: "https://west.example"},
		Standby: Region{Location: "westeurope", DisplayName: "West Europe", Geography: "Europe", ServiceURL: "https://europe.example"},
		Limits: Limits{MaxRecoveryPointAge: time.Hour, MaxDrillAge: 30 * 24 * time.Hour, StateLocation: "northeurope",
			Geographies: []string{"United States", "Europe"}},
		Account: Account{ID: "/subscriptions/s/resourceGroups/rg-lab-weu/providers/Microsoft.Genomics/accounts/lab-weu", Name: "lab-weu",
			Location: "westeurope", State: "Succeeded", Group: group},
		Output: Output{Account: "labweu", AccountID: "/subscriptions/s/resourceGroups/rg-lab-weu/providers/Microsoft.Storage/storageAccounts/labweu",
			Container: "outputs", URL: "https://labweu.blob.example/outputs"},
		Storage: []Storage{{ID: "…/labweu", Name: "labweu", Location: "westeurope"}},
		Credentials: []Credential{
			{Name: "lab-weu", Kind: "account", Handed: true},
			{Name: "labweu", Kind: "storage account", Group: group},
		},
		Stores: []Store{{Name: "reads", Flows: true, Account: "labweu", Container: "inputs", Blobs: 3, Bytes: 3 << 20, Manifest: ManifestGood,
			ManifestName: "m.gz", ManifestEntries: 3, RecoveryPoint: noon.Add(-10 * time.Minute)}},
		Workflows: Workflows{Asked: true, Total: 4, Unfinished: 2},
		Drill:     Drill{At: noon.Add(-48 * time.Hour), Duration: 20 * time.Minute, Accept: 3 * time.Second, ID: "march"},
	}
}

func TestEverythingPasses(t *testing.T) {
	r := Assess(healthy())
	if r.Verdict != Ready || len(r.NotAsked) != 0 {
		t.Errorf("%s %v", r.Verdict, r.NotAsked)
	}
	for _, c := range r.Checks {
		if c.Status != Pass || c.Message == "" || c.Remedy != "" {
			t.Errorf("%+v", c)
		}
	}
	if r.RecoveryPointAge == nil || *r.RecoveryPointAge != 0 {
		t.Errorf("recovery point age %v", r.RecoveryPointAge)
	}
}

type row struct {
	what            string
	change          func(*Observation)
	rule            string
	status          Status
	message, remedy string
}

// rows change one thing of the healthy pair: what then becomes of which rule, and
// what message and remedy say.
var rows = []row{
	{"service retired", func(o *Observation) { o.Standby.EndOfLife = noon.Add(-time.Hour) }, RuleRegion, Fail, "was retired on 2026-03-05", "service_endpoints"},
	{"service ends later", func(o *Observation) { o.Standby.EndOfLife = noon.Add(48 * time.Hour) }, RuleRegion, Pass, "ends on 2026-03-07", ""},
	{"region of nobody's knowledge", func(o *Observation) { o.Active.Geography = "" }, RuleRegion, Unknown, "westus2 is not a region that this version", "terraform init -upgrade"},

	{"account missing", func(o *Observation) { o.Account.Missing = true }, RuleAccount, Fail, "There is no account /subscriptions/s", "terraform apply"},
	{"account elsewhere", func(o *Observation) { o.Account.Location = "eastus" }, RuleAccount, Fail, "is in eastus", `location = "westeurope"`},
	{"account not ready", func(o *Observation) { o.Account.State = "Creating" }, RuleAccount, Fail, "provisioning state is Creating", "az resource wait"},
	{"account unseen", func(o *Observation) { o.Account.Unseen = "Resource Manager does not answer." }, RuleAccount, Unknown, "Resource Manager does not answer.", "terraform plan"},

	{"group elsewhere", func(o *Observation) { o.Account.Group.Location = "westus2" }, RuleResourceGroup, Fail, "The resource group is in westus2", "resource_group_name = azurerm_resource_group.standby.name"},
	{"group missing", func(o *Observation) { o.Account.Group.Missing = true }, RuleResourceGroup, Fail, "no resource group rg-lab-weu", "az group create --name rg-lab-weu --location westeurope"},
	{"group unseen", func(o *Observation) { o.Account.Group.Unseen = "It may not be read." }, RuleResourceGroup, Unknown, "may not be read", "terraform plan"},

	{"service dead", func(o *Observation) { o.Service.Silent = "westeurope does not answer: timeout." }, RuleService, Fail, "does not answer", "https://europe.example"},
	{"key refused", func(o *Observation) { o.Service.Refused = "HTTP 401" }, RuleService, Fail, "refuses the account's key: HTTP 401", "az resource invoke-action --action listKeys"},
	{"service unasked", func(o *Observation) { o.Service.Unseen = "There is no key to ask with." }, RuleService, Unknown, "no key", "terraform plan"},

	{"key read in the active region", func(o *Observation) { o.Credentials[1].Group.Location = "westus2" }, RuleCredentials, Fail, "rg-lab-weu, which is in westus2", `access_keys = { "labweu" = var.labweu_key }`},
	{"key not given", func(o *Observation) { o.Credentials[0].Refused = "HTTP 403" }, RuleCredentials, Fail, "cannot be had: HTTP 403", `access_keys = { "lab-weu" = var.lab_weu_key }`},
	{"identity instead of a key", func(o *Observation) {
		o.Credentials[1] = Credential{Name: "labweu", Kind: "storage account", Token: true}
	}, RuleCredentials, Pass, "needs no key", ""},
	{"key unseen", func(o *Observation) { o.Credentials[1].Unseen = "Resource Manager does not answer." }, RuleCredentials, Unknown, "does not answer", "access_keys"},
	{"group of the key unseen", func(o *Observation) { o.Credentials[1].Group.Unseen = "May not be read." }, RuleCredentials, Unknown, "May not be read", "access_keys"},

	{"container missing", func(o *Observation) { o.Output.Missing = true }, RuleOutputContainer, Fail, "labweu has no container outputs", "az storage container create --account-name labweu --name outputs"},
	{"container unseen", func(o *Observation) { o.Output.Unseen = "westeurope does not answer." }, RuleOutputContainer, Unknown, "does not answer", "terraform plan"},

	{"deleting denied", func(o *Observation) {
		o.Output.Access.Denied = []Denial{{Permission: "delete", Reason: "HTTP 403 AuthorizationPermissionMismatch"}}
	}, RuleOutputAccess, Fail, "may not delete there (delete: HTTP 403", "Storage Blob Data Contributor"},
	{"deleting forbidden by a policy", func(o *Observation) {
		o.Output.Access.Denied = []Denial{{Permission: "delete", Reason: "HTTP 409 BlobImmutableDueToPolicy"}}
	}, RuleOutputAccess, Fail, "may not delete there (delete: HTTP 409", "without an immutability policy"},
	{"nothing can be signed", func(o *Observation) { o.Output.Access.Unsigned = "HTTP 403" }, RuleOutputAccess, Fail, "No signature can be made", "Storage Blob Delegator"},
	{"a probe was written", func(o *Observation) { o.Probe = ProbeWrite }, RuleOutputAccess, Pass, "was written, read and deleted", ""},
	{"access unseen", func(o *Observation) { o.Output.Access.Unseen = "The answer was lost." }, RuleOutputAccess, Unknown, "answer was lost", "terraform plan"},
	{"access to a missing container", func(o *Observation) { o.Output.Missing = true }, RuleOutputAccess, Unknown, "no container to try", "terraform apply"},
	{"access to a container unseen", func(o *Observation) { o.Output.Unseen = "dark" }, RuleOutputAccess, Unknown, "dark", "terraform plan"},

	{"a blob behind", behind, RuleReplication, Fail, "1 of 3 blobs (1.0 MiB) are not in westeurope, the oldest for 3h: c.fq.gz (1.0 MiB, 3h old).", "terraform apply"},
	{"conflicts", func(o *Observation) { behind(o); o.Stores[0].Conflicts = 1 }, RuleReplication, Fail, "1 of them are conflicts", `on_conflict = "overwrite"`},
	{"nothing flows back", func(o *Observation) { behind(o); o.Stores[0].Flows = false }, RuleReplication, Fail, "not in westeurope", "failback_replication = true"},
	{"page blob", func(o *Observation) { o.Stores[0].Uncopiable = 2 }, RuleReplication, Fail, "2 cannot be copied", "exclude ="},
	{"not compared", func(o *Observation) { o.Stores[0].Unseen = "westus2 does not answer." }, RuleReplication, Unknown, "westus2 does not answer", "terraform plan"},

	{"no manifest", func(o *Observation) { o.Stores[0].Manifest = ManifestMissing }, RuleManifest, Fail, "There is no manifest", "terraform apply"},
	{"damaged manifest", func(o *Observation) {
		o.Stores[0].Manifest, o.Stores[0].ManifestReason = ManifestDamaged, "line 7 is cut off"
	}, RuleManifest, Fail, "line 7", "az storage blob delete --account-name labweu --container-name inputs --name m.gz"},
	{"no manifest where Azure replicates", func(o *Observation) { o.Stores[0].Manifest = ManifestNone }, RuleManifest, Pass, "keeps no manifest", ""},
	{"manifest unseen", func(o *Observation) { o.Stores[0].Manifest, o.Stores[0].StandbyUnseen = ManifestUnseen, "dark" }, RuleManifest, Unknown, "dark", "terraform plan"},

	{"old data", func(o *Observation) { behind(o); o.Limits.MaxRecoveryPointAge = 5 * time.Minute }, RuleRecoveryPoint, Fail, "are 10m old; at most 5m", "terraform apply"},
	{"the oldest that is missing tells", func(o *Observation) { behind(o); o.Stores[0].RecoveryPoint = time.Time{} }, RuleRecoveryPoint, Fail, "are 3h old; at most 1h", "terraform apply"},
	{"recent enough while the source is dark", func(o *Observation) { o.Stores[0].Unseen = "dark" }, RuleRecoveryPoint, Pass, "10m old, within 1h", ""},
	{"old while the source is dark", func(o *Observation) {
		o.Stores[0].Unseen, o.Stores[0].RecoveryPoint = "dark.", noon.Add(-5*time.Hour)
	}, RuleRecoveryPoint, Unknown, "5h old, more than 1h. dark.", "terraform plan"},
	{"no recovery point in sight", func(o *Observation) { o.Stores[0].Unseen, o.Stores[0].RecoveryPoint = "dark", time.Time{} }, RuleRecoveryPoint, Unknown, "dark", "terraform plan"},
	{"never complete", func(o *Observation) {
		behind(o)
		o.Stores[0].RecoveryPoint, o.Stores[0].Oldest = time.Time{}, time.Time{}
	}, RuleRecoveryPoint, Fail, "No replication was ever complete", "terraform apply"},

	{"input missing", func(o *Observation) {
		o.Workflows.Problems = []Problem{{Workflow: "NA12878", Input: "c.fq.gz", Text: `"c.fq.gz" is missing`, Size: 1 << 20, Modified: noon.Add(-3 * time.Hour)}}
	}, RuleWorkflowInputs, Fail, `NA12878: "c.fq.gz" is missing (1.0 MiB, 3h old).`, "terraform apply"},
	{"input missing on both sides", func(o *Observation) {
		o.Workflows.Problems = []Problem{{Workflow: "NA12878", Input: "c", Text: `"c" is missing`, Size: -1, Gone: true}}
	}, RuleWorkflowInputs, Fail, `"c" is missing.`, "az storage blob upload"},
	{"input of a workflow that may have finished", func(o *Observation) {
		o.Workflows.Unseen = "westus2 does not answer."
		o.Workflows.Problems = []Problem{{Workflow: "a", Text: `"c" is missing`, Size: -1}}
	}, RuleWorkflowInputs, Unknown, "It is not known whether that matters: westus2 does not answer.", "terraform plan"},
	{"all inputs there, whatever has finished", func(o *Observation) { o.Workflows.Unseen = "westus2 does not answer." }, RuleWorkflowInputs, Pass, "All were looked at.", ""},
	{"inputs unlooked", func(o *Observation) { o.Workflows.Unlooked = "westeurope does not answer." }, RuleWorkflowInputs, Unknown, "westeurope", "terraform plan"},

	{"stale run", func(o *Observation) { o.Fencing.Runs = []Run{{"NA12878", "10001", "westeurope", "working"}} }, RuleFencing, Fail, "run 10001 of NA12878 in westeurope is working", "terraform apply"},
	{"runs unseen", func(o *Observation) { o.Fencing.Unseen = "dark" }, RuleFencing, Unknown, "dark", "terraform plan"},
	{"whose runs", func(o *Observation) { o.Fencing.Nameless = 2 }, RuleFencing, Unknown, "2 runs with a submission's key", "workflows ="},

	{"geography not allowed", func(o *Observation) { o.Limits.Geographies = []string{"United States"} }, RuleResidency, Fail, "westeurope is in the geography Europe, and allowed are: United States", `allowed_geographies = ["United States", "Europe"]`},
	{"storage elsewhere", func(o *Observation) { o.Storage[0].Location = "eastus" }, RuleResidency, Fail, "labweu is in eastus", "storage_account_id"},
	{"storage missing", func(o *Observation) { o.Storage[0].Missing = true }, RuleResidency, Fail, "There is no storage account", "terraform apply"},
	{"geography unknown", func(o *Observation) { o.Standby.Geography = "" }, RuleResidency, Unknown, "in which geography westeurope is", "terraform init -upgrade"},
	{"storage unseen", func(o *Observation) { o.Storage[0].Unseen = "dark" }, RuleResidency, Unknown, "dark", "terraform plan"},

	{"no drill", func(o *Observation) { o.Drill = Drill{} }, RuleDrill, Fail, "No drill has succeeded in westeurope yet", `drill_id = "2026-03-05"`},
	{"drill long ago", func(o *Observation) { o.Drill.At = noon.Add(-40 * 24 * time.Hour) }, RuleDrill, Fail, "was 40d ago", "drill_id"},
	{"drill unseen", func(o *Observation) { o.Drill = Drill{Unseen: "dark"} }, RuleDrill, Unknown, "dark", "terraform plan"},

	{"state in the active region", func(o *Observation) { o.Limits.StateLocation = "westus2" }, RuleStateLocation, Fail, "state is kept in westus2", "terraform init -migrate-state"},
	{"state in the standby", func(o *Observation) { o.Limits.StateLocation = "westeurope" }, RuleStateLocation, Pass, "westeurope", ""},
	{"state beside a region of nobody's knowledge", func(o *Observation) { o.Active.Geography = "" }, RuleStateLocation, Unknown, "how northeurope and westus2 are related", "terraform init -upgrade"},
}

// behind makes one of three blobs of the store one that the standby lacks.
func behind(o *Observation) {
	s := &o.Stores[0]
	s.PendingBlobs, s.PendingBytes, s.Oldest = 1, 1<<20, noon.Add(-3*time.Hour)
	s.Pending = []Blob{{Name: "c.fq.gz", Size: 1 << 20, Modified: s.Oldest}}
}

func TestRules(t *testing.T) {
	for _, row := range rows {
		t.Run(row.what, func(t *testing.T) {
			o := healthy()
			row.change(&o)
			r := Assess(o)
			worst := Worst(slices.DeleteFunc(slices.Clone(r.Checks), func(c Check) bool {
				return c.Name != row.rule || row.status == Pass && !strings.Contains(c.Message, row.message)
			}))
			if len(worst) == 0 {
				t.Fatalf("no check %s says %q: %+v", row.rule, row.message, r.Checks)
			}
			c := worst[0]
			if c.Status != row.status || !strings.Contains(c.Message, row.message) || !strings.Contains(c.Remedy, row.remedy) || (c.Remedy == "") != (row.status == Pass) {
				t.Errorf("%+v", c)
			}
			switch {
			case row.status == Fail && r.Verdict != NotReady, row.status == Unknown && r.Verdict == Ready:
				t.Errorf("the verdict is %s", r.Verdict)
			}
		})
	}
}

// Each rule was seen in all three states: pass above, the others in the table.
func TestEachRuleFailsAndIsUnknown(t *testing.T) {
	checks := Assess(healthy()).Checks
	for _, rule := range Rules() {
		if !slices.ContainsFunc(checks, func(c Check) bool { return c.Name == rule }) {
			t.Errorf("nothing asks for %s in a pair for which every rule is to be asked", rule)
		}
		for _, status := range []Status{Fail, Unknown} {
			if !slices.ContainsFunc(rows, func(r row) bool {
				return r.rule == rule && r.status == status
			}) {
				t.Errorf("no row makes %s %s", rule, status)
			}
		}
	}
}

func TestWhatNothingAsksForIsLeftOut(t *testing.T) {
	o := healthy()
	o.Limits, o.Workflows, o.Drill = Limits{}, Workflows{}, Drill{}
	r := Assess(o)
	if r.Verdict != Ready || len(r.NotAsked) != 5 {
		t.Errorf("%s %v", r.Verdict, r.NotAsked)
	}
}

func TestAServiceWithoutAnAccount(t *testing.T) {
	o := healthy()
	o.Account, o.Credentials = Account{None: true}, o.Credentials[1:]
	r := Assess(o)
	for _, c := range r.Checks {
		if c.Name == RuleAccount || c.Name == RuleResourceGroup {
			t.Errorf("%+v", c)
		}
	}
	if r.Verdict != Ready {
		t.Error(r.Verdict)
	}
}

func TestVerdictAndSummary(t *testing.T) {
	pass, fail, unknown := Check{Name: RuleService, Region: "westeurope", Status: Pass}, Check{Name: RuleReplication, Subject: "reads", Region: "westeurope", Status: Fail}, Check{Name: RuleDrill, Status: Unknown}
	for _, row := range []struct {
		checks  []Check
		verdict Verdict
		summary string
	}{
		{nil, VerdictUnknown, "unknown: nothing was checked"},
		{[]Check{pass}, Ready, "ready: all checks (1) pass"},
		{[]Check{pass, unknown}, VerdictUnknown, "unknown: 1 of 2 checks could not be made (drill), and unknown is not ready"},
		{[]Check{unknown, fail}, NotReady, "not ready: 1 of 2 checks fail (replication (reads) in westeurope), and 1 unknown (drill)"},
		{[]Check{fail, fail, fail, fail, pass}, NotReady, "not ready: 4 of 5 checks fail (replication (reads) in westeurope, replication (reads) in westeurope, replication (reads) in westeurope and 1 more)"},
		// A status that nobody knows is not ready either.
		{[]Check{pass, {Name: "odd", Status: "maybe"}}, VerdictUnknown, "unknown: 1 of 2 checks could not be made (odd), and unknown is not ready"},
	} {
		if got := Judge(row.checks); got != row.verdict {
			t.Errorf("%v: %s, want %s", row.checks, got, row.verdict)
		}
		if got := Summary(row.checks); got != row.summary {
			t.Errorf("%q, want %q", got, row.summary)
		}
	}
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Hour: "0s", 0: "0s", time.Millisecond: "under 1s", 59 * time.Second: "59s", 90 * time.Second: "1m", 3 * time.Hour: "3h", 5*time.Hour + 12*time.Minute: "5h 12m",
		47*time.Hour + 59*time.Minute: "47h 59m", 76 * time.Hour: "3d 4h", 48 * time.Hour: "2d",
	} {
		if got := Age(d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}
