package readiness

import (
	"slices"
	"strings"
	"testing"
)

// server is the healthy pair with a server, known by its address, in the place of
// an account.
func server(o *Observation) {
	o.Account = Account{None: true}
	o.Service = Service{About: "Funnel 0.11; protocol 1.1.0"}
	o.Credentials[0] = Credential{Name: o.Standby.ServiceURL, Kind: "server", Handed: true}
}

func TestRulesOfServers(t *testing.T) {
	gone := Problem{Workflow: "one", Input: "a.fq", Text: "a.fq is not there", Size: -1}
	certain := gone
	certain.Certain = true
	ended := "The service in westus2 does not list the runs that have ended."
	for _, row := range []row{
		{"well", server, RuleService, Pass, "lists what it runs (Funnel 0.11; protocol 1.1.0)", ""},
		{"login handed over", server, RuleCredentials, Pass, "The key of the server was handed over in advance.", ""},
		{"identity", func(o *Observation) { server(o); o.Credentials[0].Handed, o.Credentials[0].Token = false, true }, RuleCredentials, Pass, "opened with an identity", ""},
		{"silent", func(o *Observation) { server(o); o.Service = Service{Silent: "westeurope does not answer."} }, RuleService, Fail, "does not answer", "curl -sS -o /dev/null -w '%{http_code}\\n' https://europe.example"},
		{"login refused", func(o *Observation) { server(o); o.Service = Service{Refused: "401 Unauthorized."} }, RuleService, Fail, "refuses the login: 401",
			`endpoint_credentials = { "https://europe.example" = {`},
		{"no server there", func(o *Observation) { server(o); o.Service = Service{Unseen: "404 Not Found."} }, RuleService, Unknown, "404", "terraform plan"},
		{"speaks another version", func(o *Observation) { server(o); o.Service.Foreign = "The service speaks version 2.0." }, RuleService, Unknown, "version 2.0", "terraform init -upgrade"},
		{"inputs of what is alive", func(o *Observation) {
			server(o)
			o.Workflows.Unseen, o.Workflows.Problems = ended, []Problem{gone, certain}
		}, RuleWorkflowInputs, Fail,
			"one: a.fq is not there", "terraform apply"},
		{"inputs of what may have ended", func(o *Observation) { server(o); o.Workflows.Unseen, o.Workflows.Problems = ended, []Problem{gone} }, RuleWorkflowInputs, Unknown,
			"It is not known whether that matters: " + ended, "terraform plan"},
		{"inputs are there", func(o *Observation) { server(o); o.Workflows.Unseen = ended }, RuleWorkflowInputs, Pass, "All inputs of all 4 submissions", ""},
		{"inputs of a store that is not listed", func(o *Observation) { server(o); o.Workflows.Unlisted = "reads-2" }, RuleWorkflowInputs, Unknown,
			`from the store "reads-2", which is not among input_stores`, "input_stores = [genomics_replicated_input_store.reads_2]"},
		{"whose runs", func(o *Observation) { server(o); o.Fencing.Nameless = 2 }, RuleFencing, Unknown, "2 runs with a submission's key", "tasks = [ … ]"},
	} {
		t.Run(row.what, func(t *testing.T) {
			o := healthy()
			row.change(&o)
			r := Assess(o)
			found := false
			for _, c := range r.Checks {
				switch {
				case c.Name == RuleAccount, c.Name == RuleResourceGroup:
					t.Errorf("a server is judged by the rule %s", c.Name)
				case c.Name == row.rule && !found:
					found = true
					if c.Status != row.status || !strings.Contains(c.Message, row.message) || !strings.Contains(c.Remedy, row.remedy) || (c.Remedy == "") != (c.Status == Pass) {
						t.Errorf("%+v", c)
					}
				case c.Status != Pass:
					t.Errorf("%s too: %+v", c.Name, c)
				}
			}
			if !found {
				t.Errorf("the rule %s says nothing", row.rule)
			}
		})
	}
}

func TestWhatIsNotAskedOfServers(t *testing.T) {
	o := healthy()
	server(&o)
	o.Workflows = Workflows{}
	if got := Assess(o).NotAsked; !slices.Contains(got, "workflow_inputs: set tasks or runs") {
		t.Errorf("%v", got)
	}
}
