package readiness

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// unseen is a check that could not be made.
func unseen(c Check, why, remedy string) []Check {
	c.Status, c.Message, c.Remedy = Unknown, why, remedy
	return []Check{c}
}

func failed(c Check, message, remedy string) []Check {
	c.Status, c.Message, c.Remedy = Fail, message, remedy
	return []Check{c}
}

func passed(c Check, format string, args ...any) []Check {
	c.Status, c.Message = Pass, fmt.Sprintf(format, args...)
	return []Check{c}
}

// again is the remedy where nothing is known to be wrong: to look once more.
const again = "terraform plan"

// regions checks both regions: a failover goes to one, and comes back to the other.
func (o Observation) regions() []Check {
	var out []Check
	for _, r := range []Region{o.Active, o.Standby} {
		c := Check{Name: RuleRegion, Region: r.Location}
		switch {
		case !r.EndOfLife.IsZero() && !o.Now.Before(r.EndOfLife):
			out = append(out, failed(c, fmt.Sprintf("The service at %s was retired on %s.", r.ServiceURL, day(r.EndOfLife)),
				block(`provider "genomics"`, "service_endpoints = { "+r.Location+` = "https://…" } # a service that is alive`))...)
		case r.Geography == "":
			out = append(out, unseen(c, fmt.Sprintf("%s is not a region that this version of the provider knows, so nobody can say where it is.", r.Location),
				"terraform init -upgrade")...)
		case !r.EndOfLife.IsZero():
			out = append(out, passed(c, "%s (%s) is known; its service ends on %s.", r.DisplayName, r.Geography, day(r.EndOfLife))...)
		default:
			out = append(out, passed(c, "%s (%s) is known, and no end of its service is.", r.DisplayName, r.Geography)...)
		}
	}
	return out
}

func (o Observation) account() []Check {
	a := o.Account
	if a.None {
		return nil
	}
	c := Check{Name: RuleAccount, Region: o.Standby.Location, Subject: a.Name}
	switch {
	case a.Unseen != "":
		return unseen(c, a.Unseen, again)
	case a.Missing:
		return failed(c, fmt.Sprintf("There is no account %s.", a.ID), "terraform apply # creates the account when its genomics_account is in the configuration")
	case a.Location != o.Standby.Location:
		return failed(c, fmt.Sprintf("The account is in %s, but the pair has it in %s.", a.Location, o.Standby.Location),
			block(`resource "genomics_account" "standby"`, fmt.Sprintf("location = %q", o.Standby.Location)))
	case !strings.EqualFold(a.State, "Succeeded"):
		return failed(c, fmt.Sprintf("The account's provisioning state is %s.", cmp.Or(a.State, "not told")),
			fmt.Sprintf("az resource wait --ids %s --custom \"properties.provisioningState=='Succeeded'\"", a.ID))
	}
	return passed(c, "The account exists and is provisioned.")
}

func (o Observation) resourceGroup() []Check {
	g := o.Account.Group
	if o.Account.None {
		return nil
	}
	c := Check{Name: RuleResourceGroup, Region: o.Standby.Location, Subject: g.Name}
	home := fmt.Sprintf("resource \"azurerm_resource_group\" \"standby\" {\n  name     = \"%s-%s\"\n  location = %q\n}\n\n", g.Name, o.Standby.Location, o.Standby.Location) +
		block(`resource "genomics_account" "standby"`, "resource_group_name = azurerm_resource_group.standby.name")
	switch {
	case g.Unseen != "":
		return unseen(c, g.Unseen, again)
	case g.Missing:
		return failed(c, fmt.Sprintf("There is no resource group %s.", g.Name), fmt.Sprintf("az group create --name %s --location %s", g.Name, o.Standby.Location))
	case g.Location != o.Standby.Location:
		return failed(c, fmt.Sprintf("The resource group is in %s. What is in it can be read at best, and not changed, in an outage of that region.", g.Location), home)
	}
	return passed(c, "The resource group is in %s, as the account is.", g.Location)
}

func (o Observation) service() []Check {
	s := o.Service
	c := Check{Name: RuleService, Region: o.Standby.Location}
	switch {
	case s.Silent != "":
		return failed(c, s.Silent, fmt.Sprintf("curl -sS -o /dev/null -w '%%{http_code}\\n' %s # any number is an answer; with none, wait for the region or pair with another one", o.Standby.ServiceURL))
	case s.Refused != "" && o.Account.None:
		return failed(c, "The service answers and refuses the login: "+s.Refused,
			block(`provider "genomics"`, fmt.Sprintf("endpoint_credentials = { %q = { bearer_token = var.standby_token } } # or username and password, or scope", o.Standby.ServiceURL)))
	case s.Refused != "":
		return failed(c, "The service answers and refuses the account's key: "+s.Refused, keyRemedy(o.Account.Name, o.Account.ID))
	case s.Unseen != "":
		return unseen(c, s.Unseen, again)
	case s.Foreign != "":
		return unseen(c, s.Foreign, "terraform init -upgrade")
	case s.About != "":
		return passed(c, "The service answers, takes the login that a submission has, and lists what it runs (%s).", s.About)
	}
	return passed(c, "The service answers and takes the key or login that a submission has.")
}

func keyRemedy(name, id string) string {
	return fmt.Sprintf("az resource invoke-action --action listKeys --ids %s # then hand the current key over, or leave it out of access_keys:\n", id) +
		block(`provider "genomics"`, fmt.Sprintf("access_keys = { %q = var.%s_key }", name, identifier(name)))
}

// credentials checks that a failover gets what it needs when the active region is
// gone: a key handed over, or one that Resource Manager reads in the standby's own
// region.
func (o Observation) credentials() []Check {
	var out []Check
	for _, k := range o.Credentials {
		c := Check{Name: RuleCredentials, Region: o.Standby.Location, Subject: k.Name}
		hand := block(`provider "genomics"`, fmt.Sprintf("access_keys = { %q = var.%s_key }", k.Name, identifier(k.Name)))
		switch {
		case k.Refused != "":
			out = append(out, failed(c, fmt.Sprintf("The key of the %s cannot be had: %s", k.Kind, k.Refused), hand)...)
		case k.Token:
			out = append(out, passed(c, "The %s is opened with an identity, and needs no key.", k.Kind)...)
		case k.Handed:
			out = append(out, passed(c, "The key of the %s was handed over in advance.", k.Kind)...)
		case k.Unseen != "":
			out = append(out, unseen(c, k.Unseen, hand)...)
		case k.Group.Unseen != "":
			out = append(out, unseen(c, k.Group.Unseen, hand)...)
		case k.Group.Location != o.Standby.Location:
			out = append(out, failed(c, fmt.Sprintf("The key of the %s is read from Resource Manager in resource group %s, which is in %s: in an outage of that region it may not be had.",
				k.Kind, k.Group.Name, cmp.Or(k.Group.Location, "no region")), hand)...)
		default:
			out = append(out, passed(c, "Resource Manager gives the key of the %s, from a resource group in %s.", k.Kind, k.Group.Location)...)
		}
	}
	return out
}

func (o Observation) outputContainer() []Check {
	s := o.Output
	c := Check{Name: RuleOutputContainer, Region: o.Standby.Location, Subject: s.Container}
	switch {
	case s.Unseen != "":
		return unseen(c, s.Unseen, again)
	case s.Missing:
		return failed(c, fmt.Sprintf("Storage account %s has no container %s.", s.Account, s.Container),
			fmt.Sprintf("az storage container create --account-name %s --name %s --auth-mode login # or terraform apply, which makes it", s.Account, s.Container))
	}
	return passed(c, "The container exists.")
}

func (o Observation) outputAccess() []Check {
	s := o.Output
	a := s.Access
	c := Check{Name: RuleOutputAccess, Region: o.Standby.Location, Subject: s.Container}
	grant := fmt.Sprintf("az role assignment create --assignee \"$ARM_CLIENT_ID\" --role \"Storage Blob Data Contributor\" --scope %s/blobServices/default/containers/%s", s.AccountID, s.Container)
	switch {
	case s.Unseen != "":
		return unseen(c, s.Unseen, again)
	case s.Missing:
		return unseen(c, "There is no container to try a signature on.", "terraform apply")
	case a.Unsigned != "":
		return failed(c, "No signature can be made: "+a.Unsigned,
			fmt.Sprintf("az role assignment create --assignee \"$ARM_CLIENT_ID\" --role \"Storage Blob Delegator\" --scope %s", s.AccountID))
	case len(a.Denied) > 0:
		names, reasons := make([]string, 0, len(a.Denied)), make([]string, 0, len(a.Denied))
		remedy := grant
		for _, d := range a.Denied {
			names = append(names, d.Permission)
			reasons = append(reasons, fmt.Sprintf("%s: %s", d.Permission, d.Reason))
			if strings.Contains(d.Reason, "BlobImmutable") {
				// No role helps against a policy or a legal hold.
				remedy = block("output = {", `container_name = "…" # of a container without an immutability policy and a legal hold`)
			}
		}
		return failed(c, fmt.Sprintf("A signature made now may not %s there (%s).", strings.Join(names, " or "), strings.Join(reasons, "; ")), remedy)
	case a.Unseen != "":
		return unseen(c, a.Unseen, again)
	case o.Probe == ProbeWrite:
		return passed(c, "With a signature made now a blob was written, read and deleted.")
	}
	return passed(c, "A signature made now may write, read and delete. It was asked in ways that change nothing.")
}

func (o Observation) residency() []Check {
	if len(o.Limits.Geographies) == 0 {
		return nil
	}
	var out []Check
	allowed := strings.Join(o.Limits.Geographies, ", ")
	for _, r := range []Region{o.Active, o.Standby} {
		c := Check{Name: RuleResidency, Region: r.Location}
		switch {
		case r.Geography == "":
			out = append(out, unseen(c, fmt.Sprintf("Nobody can say in which geography %s is.", r.Location), "terraform init -upgrade")...)
		case !slices.Contains(o.Limits.Geographies, r.Geography):
			out = append(out, failed(c, fmt.Sprintf("%s is in the geography %s, and allowed are: %s.", r.Location, r.Geography, allowed),
				block(`resource "genomics_region_pair" "lab"`, fmt.Sprintf("data_residency = { allowed_geographies = [%s, %q] } # or another region", quoted(o.Limits.Geographies), r.Geography)))...)
		default:
			out = append(out, passed(c, "%s is in the geography %s, which is allowed.", r.Location, r.Geography)...)
		}
	}
	for _, s := range o.Storage {
		c := Check{Name: RuleResidency, Region: o.Standby.Location, Subject: s.Name}
		switch {
		case s.Unseen != "":
			out = append(out, unseen(c, s.Unseen, again)...)
		case s.Missing:
			out = append(out, failed(c, fmt.Sprintf("There is no storage account %s.", s.ID), "terraform apply")...)
		case s.Location != o.Standby.Location:
			out = append(out, failed(c, fmt.Sprintf("Storage account %s is in %s, but is configured for %s: data would leave where they have to stay.", s.Name, s.Location, o.Standby.Location),
				block(`secondary = {`, fmt.Sprintf("storage_account_id = \"…\" # of a storage account in %s", o.Standby.Location)))...)
		default:
			out = append(out, passed(c, "The storage account is in %s.", s.Location)...)
		}
	}
	return out
}

func (o Observation) stateLocation() []Check {
	at := o.Limits.StateLocation
	if at == "" {
		return nil
	}
	c := Check{Name: RuleStateLocation, Region: at}
	switch {
	case at == o.Active.Location:
		return failed(c, fmt.Sprintf("Terraform's own state is kept in %s: in an outage of that region nobody can plan the failover.", at),
			"terraform init -migrate-state # after pointing the backend at a storage account in "+o.Standby.Location)
	case at != o.Standby.Location && o.Active.Geography == "":
		return unseen(c, fmt.Sprintf("Nobody can say how %s and %s are related.", at, o.Active.Location), "terraform init -upgrade")
	}
	return passed(c, "Terraform's own state is kept in %s, and can be read without %s.", at, o.Active.Location)
}

func (o Observation) drill() []Check {
	limit := o.Limits.MaxDrillAge
	if limit <= 0 {
		return nil
	}
	c := Check{Name: RuleDrill, Region: o.Standby.Location}
	run := block(`resource "genomics_failover_drill" "lab"`, fmt.Sprintf("drill_id = %q # a new value runs a drill", o.Now.UTC().Format(time.DateOnly)))
	switch age := o.Now.Sub(o.Drill.At); {
	case o.Drill.Unseen != "":
		return unseen(c, o.Drill.Unseen, again)
	case o.Drill.At.IsZero():
		return failed(c, fmt.Sprintf("No drill has succeeded in %s yet.", o.Standby.Location), run)
	case age > limit:
		return failed(c, fmt.Sprintf("The last drill that succeeded was %s ago, on %s; at most %s are allowed.", Age(age), day(o.Drill.At), Age(limit)), run)
	default:
		return passed(c, "The last drill succeeded %s ago, within %s, and took %s.", Age(age), Age(limit), Age(o.Drill.Duration))
	}
}
