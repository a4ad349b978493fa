//go:build acceptance

package acceptance

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"

	rules "github.com/genomics-continuity/terraform-provider-genomics/internal/readiness"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// nowhere is a region that no catalogue has.
const nowhere = "atlantis"

// groupsVersion is the version of the API for resource groups, which nothing else is asked with.
const groupsVersion = "2021-04-01"

// silent are the rules of which it depends on what is asked first what they say, when
// only a part of a region answers: the rest of the run takes the region for dark.
func silent(finds ...finding) []finding {
	for _, rule := range []string{
		rules.RuleService, rules.RuleCredentials, rules.RuleFencing, rules.RuleReplication, rules.RuleManifest, rules.RuleWorkflowInputs,
		rules.RuleOutputContainer, rules.RuleOutputAccess, rules.RuleDrill, rules.RuleRecoveryPoint,
	} {
		if !slices.ContainsFunc(finds, func(f finding) bool { return f.rule == rule }) {
			finds = append(finds, finding{rule: rule})
		}
	}
	return finds
}

// illnesses are what can be wrong with a pair.
var illnesses = []illness{
	{
		what: "the active region's service is retired",
		do: func(w *watched) {
			// Microsoft's own address: nobody asks it, for nobody is said to run anything there.
			w.provider["service_endpoints"] = map[string]any{secondary: w.Emulator.Ready.Regions[secondary].Service}
			w.config["workflows"] = nil
		},
		finds: []finding{{rules.RuleRegion, rules.Fail, "The service at https://westus2.microsoftgenomics.net was retired on 2025-01-06", "service_endpoints = { westus2 = "}},
		follow: func(w *watched, _ string) {
			w.provider["service_endpoints"] = nil // the environment has one that is alive
		},
	},
	{
		what: "the active region is one of nobody's knowledge",
		do: func(w *watched) {
			pair, store := w.at("region_pair"), w.at("input_stores.0")
			pair["active_region"], asObject(pair["primary"])["location"], asObject(store["primary"])["location"] = nowhere, nowhere, nowhere
			// Nobody asks there, for nobody is said to run anything there.
			w.provider["service_endpoint_template"] = "http://127.0.0.1:1/{location}"
			w.config["workflows"] = nil
		},
		finds: []finding{
			{rules.RuleRegion, rules.Unknown, nowhere + " is not a region that this version", "terraform init -upgrade"},
			{rules.RuleResidency, rules.Unknown, "in which geography " + nowhere, "terraform init -upgrade"},
			{rules.RuleStateLocation, rules.Unknown, "how northeurope and " + nowhere + " are related", "terraform init -upgrade"},
			{rules.RuleReplication, rules.Unknown, "configured for " + nowhere, ""},
		},
	},
	{
		what: "the standby's account is gone",
		do: func(w *watched) {
			w.at("region_pair.secondary")["account_id"] = strings.Replace(w.accountID(secondary), w.account(secondary), "gone", 1)
		},
		finds: []finding{
			{rules.RuleAccount, rules.Fail, "There is no account /subscriptions/", "terraform apply"},
			{rules.RuleService, rules.Unknown, "", "terraform plan"},
			{rules.RuleCredentials, rules.Fail, "cannot be had", "access_keys"},
			{rules.RuleFencing, rules.Unknown, "", "terraform plan"},
		},
	},
	{
		what: "the standby's account is elsewhere",
		do: func(w *watched) {
			w.at("region_pair.secondary")["account_id"] = w.newAccount(places[secondary].group, primary)
		},
		finds: []finding{{rules.RuleAccount, rules.Fail, "The account is in westus2", `location = "westeurope"`}, {rules.RuleService, rules.Fail, "", ""}, {rules.RuleFencing, rules.Unknown, "", ""}},
	},
	{
		what: "Resource Manager does not let anybody see the account",
		do: func(w *watched) {
			w.refuse(harness.ResourceManager, http.MethodGet, w.accountID(secondary), "", "AuthorizationFailed")
		},
		finds: []finding{{rules.RuleAccount, rules.Unknown, "AuthorizationFailed", "terraform plan"}},
	},
	{
		what: "the account's resource group is in the active region",
		do: func(w *watched) {
			w.at("region_pair.secondary")["account_id"] = w.newAccount(places[primary].group, secondary)
		},
		finds: []finding{
			{rules.RuleResourceGroup, rules.Fail, "The resource group is in westus2", "resource_group_name = azurerm_resource_group.standby.name"},
			{rules.RuleCredentials, rules.Fail, "read from Resource Manager in resource group rg-lab-wus2, which is in westus2", "access_keys"},
		},
		follow: func(w *watched, remedy string) {
			group := w.among(remedy, `name     = "(.+)"\n  location = "(.+)"`)
			w.resource(http.MethodPut, "/subscriptions/"+w.subscription()+"/resourceGroups/"+group[0], groupsVersion, map[string]any{"location": group[1]})
			w.at("region_pair.secondary")["account_id"] = w.newAccount(group[0], group[1])
		},
	},
	{
		what: "Resource Manager does not let anybody see the resource group",
		do: func(w *watched) {
			w.refuse(harness.ResourceManager, http.MethodGet, "", groupsVersion, "AuthorizationFailed")
		},
		finds: []finding{
			{rules.RuleResourceGroup, rules.Unknown, "HTTP 403 AuthorizationFailed.", "terraform plan"},
			{rules.RuleCredentials, rules.Unknown, "HTTP 403 AuthorizationFailed.", "access_keys"},
		},
	},
	{
		what: "the standby's service is dead",
		do:   func(w *watched) { w.dark(secondary, "service") },
		finds: silent(
			finding{rules.RuleService, rules.Fail, "westeurope does not answer", "curl"},
			finding{rules.RuleFencing, rules.Unknown, "westeurope does not answer", "terraform plan"},
		),
		follow: func(w *watched, remedy string) {
			url := w.among(remedy, `(http://\S+)`)[0]
			if code := w.curl(url); code != 0 {
				w.Errorf("%s answers %d", url, code)
			}
			w.restore(secondary)
			if code := w.curl(url); code == 0 {
				w.Errorf("%s does not answer", url)
			}
		},
	},
	{
		what: "the standby's service refuses the account's key",
		do: func(w *watched) {
			w.inject(secondary, harness.Injection{Action: harness.Answer, Status: http.StatusUnauthorized, Count: 100, Body: map[string]any{"statusCode": 401, "message": "Access denied due to invalid subscription key."}})
		},
		finds: []finding{{rules.RuleService, rules.Fail, "refuses the account's key", "az resource invoke-action --action listKeys"}, {rules.RuleFencing, rules.Unknown, "", ""}},
	},
	{
		what: "the key handed over in advance is outdated",
		do: func(w *watched) {
			w.provider["access_keys"] = map[string]any{w.account(secondary): strings.Repeat("0", 32)}
		},
		finds: []finding{{rules.RuleCredentials, rules.Fail, "the service refuses the one in access_keys", "access_keys = { "}},
		follow: func(w *watched, _ string) {
			w.provider["access_keys"] = map[string]any{w.account(secondary): w.key(secondary)}
		},
	},
	{
		what: "the storage key handed over in advance is outdated",
		do: func(w *watched) {
			w.provider["access_keys"] = map[string]any{places[secondary].storage: w.storageKey(secondary)}
			w.refuse(secondary, http.MethodHead, "", "", "AuthenticationFailed")
			w.refuse(secondary, http.MethodGet, "", "", "AuthenticationFailed")
		},
		finds: []finding{
			{rules.RuleCredentials, rules.Fail, "The key of the storage account cannot be had: the service refuses the one in access_keys", "access_keys = { "},
			{rules.RuleOutputContainer, rules.Unknown, "AuthenticationFailed", "terraform plan"}, {rules.RuleOutputAccess, rules.Unknown, "", ""},
			{rules.RuleReplication, rules.Unknown, "", ""}, {rules.RuleManifest, rules.Unknown, "", ""}, {rules.RuleRecoveryPoint, rules.Unknown, "", ""},
			{rules.RuleWorkflowInputs, rules.Unknown, "", ""}, {rules.RuleDrill, rules.Unknown, "", ""},
		},
	},
	{
		what: "Resource Manager does not give the account's key",
		do: func(w *watched) {
			w.handed = w.key(secondary)
			w.refuse(harness.ResourceManager, http.MethodPost, w.accountID(secondary)+"/listKeys", "", "AuthorizationFailed")
		},
		finds: []finding{
			{rules.RuleCredentials, rules.Fail, "The key of the account cannot be had", "access_keys = { "},
			{rules.RuleService, rules.Unknown, "AuthorizationFailed", "terraform plan"},
			{rules.RuleFencing, rules.Unknown, "", ""},
		},
		follow: func(w *watched, remedy string) {
			w.provider["access_keys"] = map[string]any{w.among(remedy, `access_keys = { "(.+)" =`)[0]: w.handed}
		},
	},
	{
		what: "Resource Manager is dark",
		do:   func(w *watched) { w.outage(harness.ResourceManager, harness.Refused) },
		finds: []finding{
			{rules.RuleAccount, rules.Unknown, "Resource Manager", "terraform plan"},
			{rules.RuleCredentials, rules.Unknown, "Resource Manager", "access_keys"},
			{rules.RuleResidency, rules.Unknown, "Resource Manager", "terraform plan"},
			{rules.RuleResourceGroup, rules.Unknown, "Resource Manager", "terraform plan"},
			{rules.RuleService, rules.Unknown, "", ""}, {rules.RuleFencing, rules.Unknown, "", ""},
			{rules.RuleReplication, rules.Unknown, "", ""}, {rules.RuleManifest, rules.Unknown, "", ""}, {rules.RuleWorkflowInputs, rules.Unknown, "", ""},
			{rules.RuleOutputContainer, rules.Unknown, "", ""}, {rules.RuleOutputAccess, rules.Unknown, "", ""}, {rules.RuleDrill, rules.Unknown, "", ""}, {rules.RuleRecoveryPoint, rules.Unknown, "", ""},
		},
	},
	{
		what: "there is no output container",
		do: func(w *watched) {
			asObject(w.at("region_pair.secondary")["output"])["container_name"] = w.name + "-none"
		},
		finds: []finding{
			{rules.RuleOutputContainer, rules.Fail, "labweu has no container ", "az storage container create --account-name labweu --name "},
			{rules.RuleOutputAccess, rules.Unknown, "There is no container to try a signature on", "terraform apply"},
			{rules.RuleDrill, rules.Fail, "No drill has succeeded", "drill_id = "},
		},
		follow: func(w *watched, remedy string) {
			w.put(secondary, w.among(remedy, `--name (\S+)`)[0], map[string][]byte{w.kept(w.outputs(), "drill-"): w.get(secondary, w.outputs(), w.kept(w.outputs(), "drill-"))})
		},
	},
	denied("write", http.MethodPut),
	denied("read", http.MethodGet),
	denied("delete", http.MethodDelete),
	{
		what: "the standby's storage is dark",
		do:   func(w *watched) { w.dark(secondary, "storage") },
		finds: silent(
			finding{rules.RuleOutputContainer, rules.Unknown, "westeurope does not answer", "terraform plan"},
			finding{rules.RuleOutputAccess, rules.Unknown, "westeurope does not answer", "terraform plan"},
			finding{rules.RuleManifest, rules.Unknown, "westeurope does not answer", "terraform plan"},
			finding{rules.RuleWorkflowInputs, rules.Unknown, "westeurope does not answer", "terraform plan"},
			finding{rules.RuleRecoveryPoint, rules.Unknown, "westeurope does not answer", "terraform plan"},
			finding{rules.RuleReplication, rules.Unknown, "westeurope does not answer", "terraform plan"},
			finding{rules.RuleDrill, rules.Unknown, "westeurope does not answer", "terraform plan"},
		),
	},
	{
		what:  "the active region is dark",
		do:    func(w *watched) { w.dark(primary, "all") },
		finds: []finding{{rules.RuleReplication, rules.Unknown, "westus2 does not answer", "terraform plan"}},
	},
	{
		what: "a blob is behind, and the limit of what may be lost is passed",
		do: func(w *watched) {
			w.put(primary, w.inputs(), map[string][]byte{"late.fq.gz": []byte("late")})
			w.later(func() { w.remove(primary, w.inputs(), "late.fq.gz") })
			w.config["max_recovery_point_age"] = "1ns"
		},
		finds: []finding{
			{rules.RuleReplication, rules.Fail, "1 of 3 blobs (4 B) are not in westeurope", "terraform apply"},
			{rules.RuleRecoveryPoint, rules.Fail, "at most", "terraform apply"},
		},
		follow: func(w *watched, _ string) {
			w.apply()
			w.config["max_recovery_point_age"] = "1h"
			w.later(func() { w.remove(secondary, w.inputs(), "late.fq.gz") })
		},
	},
	{
		what:   "there is no manifest",
		do:     func(w *watched) { w.damage(w.inputs(), w.kept(w.inputs(), "manifest-"), nil) },
		finds:  []finding{{rules.RuleManifest, rules.Fail, "There is no manifest", "terraform apply"}},
		follow: func(w *watched, _ string) { w.apply() },
	},
	{
		what:  "the manifest is damaged",
		do:    func(w *watched) { w.damage(w.inputs(), w.kept(w.inputs(), "manifest-"), []byte("torn")) },
		finds: []finding{{rules.RuleManifest, rules.Fail, "cannot be used", "az storage blob delete --account-name labweu"}, {rules.RuleReplication, rules.Unknown, "", ""}, {rules.RuleRecoveryPoint, rules.Unknown, "", ""}},
		follow: func(w *watched, remedy string) {
			named := w.among(remedy, `--container-name (\S+) --name (\S+)`)
			w.remove(secondary, named[0], named[1])
			w.apply()
		},
	},
	{
		what: "a submission's input is missing",
		do:   func(w *watched) { w.remove(secondary, w.inputs(), secondReads("one")) },
		finds: []finding{
			{rules.RuleWorkflowInputs, rules.Fail, `one: "one_2.fq.gz" is missing`, "terraform apply"},
			{rules.RuleReplication, rules.Fail, "1 of 2 blobs", "terraform apply"},
		},
		follow: func(w *watched, _ string) { w.apply() },
	},
	{
		what:   "a superseded run is alive",
		do:     func(w *watched) { w.submitAgain(w.runsIn(primary, "one")[0]) },
		finds:  []finding{{rules.RuleFencing, rules.Fail, "of one in westeurope is ", "terraform apply"}},
		follow: func(w *watched, _ string) { w.apply() },
	},
	{
		what: "data may not be where they are",
		do: func(w *watched) {
			w.at("region_pair.data_residency")["allowed_geographies"] = []any{"United States"}
		},
		finds: []finding{{rules.RuleResidency, rules.Fail, "westeurope is in the geography Europe, and allowed are: United States", `allowed_geographies = ["United States", "Europe"]`}},
		follow: func(w *watched, remedy string) {
			var allowed []any
			for _, name := range strings.Split(w.among(remedy, `allowed_geographies = \[(.+)\]`)[0], ", ") {
				allowed = append(allowed, strings.Trim(name, `"`))
			}
			w.at("region_pair.data_residency")["allowed_geographies"] = allowed
		},
	},
	{
		what:  "no drill has succeeded",
		do:    func(w *watched) { w.damage(w.outputs(), w.kept(w.outputs(), "drill-"), nil) },
		finds: []finding{{rules.RuleDrill, rules.Fail, "No drill has succeeded", "drill_id = "}},
	},
	{
		what:  "the last drill was long ago",
		do:    func(w *watched) { w.damage(w.outputs(), w.kept(w.outputs(), "drill-"), w.longAgo()) },
		finds: []finding{{rules.RuleDrill, rules.Fail, "was 60d ", "drill_id = "}},
	},
	{
		what:  "the record of the last drill is damaged",
		do:    func(w *watched) { w.damage(w.outputs(), w.kept(w.outputs(), "drill-"), []byte("torn")) },
		finds: []finding{{rules.RuleDrill, rules.Unknown, "cannot be used", "terraform plan"}},
	},
	{
		what:  "the state is in the active region",
		do:    func(w *watched) { w.config["state_location"] = primary },
		finds: []finding{{rules.RuleStateLocation, rules.Fail, "state is kept in westus2", "terraform init -migrate-state # after pointing the backend at a storage account in westeurope"}},
		follow: func(w *watched, remedy string) {
			w.config["state_location"] = w.among(remedy, `storage account in (\S+)`)[0]
		},
	},
}

// denied is a permission that a signature lacks. A role gives it: the storage service
// refuses until the role is assigned.
func denied(permission, method string) illness {
	return illness{
		what: "a signature may not " + permission,
		do: func(w *watched) {
			w.refuse(secondary, method, fmt.Sprintf("/%s/%s/.genomics-continuity/probe-", places[secondary].storage, w.outputs()), "", "AuthorizationPermissionMismatch")
		},
		finds: []finding{{rules.RuleOutputAccess, rules.Fail, "may not " + permission + " there (" + permission + ": HTTP 403 AuthorizationPermissionMismatch)", "az role assignment create "}},
		follow: func(w *watched, remedy string) {
			given := w.among(remedy, `--role "(.+)" --scope (\S+)`)
			if given[0] != "Storage Blob Data Contributor" || given[1] != w.storageID(secondary)+"/blobServices/default/containers/"+w.outputs() {
				w.Errorf("the remedy assigns %v", given)
			}
			w.ok(w.ClearInjections(w.Context(), secondary))
		},
	}
}

// curl asks as the command does that a remedy names, and gives the status; 0 is none.
func (w *watched) curl(url string) int {
	w.Helper()
	request, err := http.NewRequestWithContext(w.Context(), http.MethodGet, url, nil)
	w.ok(err)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	w.ok(err)
	return answer.StatusCode
}

// submitAgain sends a run's submission to the standby as well, as a failover does whose
// side was changed back since. It is held as all of the lab's are.
func (w *watched) submitAgain(run harness.JobRun) {
	w.Helper()
	expiry := time.Now().Add(time.Hour)
	sign := func(address string, err error) string {
		w.Helper()
		w.ok(err)
		_, signature, _ := strings.Cut(address, "?")
		// The service wants the version first.
		parts := strings.Split(signature, "&")
		slices.SortStableFunc(parts, func(a, b string) int { return strings.Compare(b[:2], a[:2]) })
		return strings.Join(parts, "&")
	}
	var inputs []string
	for _, name := range []string{firstReads("one"), secondReads("one")} {
		inputs = append(inputs, name+"?"+sign(w.folder(secondary, w.inputs()).Client.NewBlobClient(name).GetSASURL(sas.BlobPermissions{Read: true}, expiry, nil)))
	}
	output := sign(w.folder(secondary, w.outputs()).Client.GetSASURL(sas.ContainerPermissions{Read: true, Write: true, Create: true, Delete: true, List: true}, expiry, nil))
	header := http.Header{"Ocp-Apim-Subscription-Key": {w.key(secondary)}}
	status := w.call(http.MethodPost, w.Emulator.Ready.Regions[secondary].Service+"/api/workflows", header, map[string]any{
		"Process": run.Process, "ProcessArgs": run.ProcessArgs, "Description": run.Description,
		"InputArgs":  map[string]any{"ACCOUNT": places[secondary].storage, "CONTAINER": w.inputs(), "BLOBNAMES_WITH_SAS": strings.Join(inputs, ",")},
		"OutputArgs": map[string]any{"ACCOUNT": places[secondary].storage, "CONTAINER": w.outputs(), "CONTAINER_SAS": output, "OUTPUT_FILENAME_BASE": "again"},
	}, nil)
	if status != http.StatusOK {
		w.Fatalf("the submission was answered with %d", status)
	}
}
