package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// The two regions, and what examples/lab counts on in them.
const (
	primary   = "westus2"
	secondary = "westeurope"

	subscription = "00000000-0000-0000-0000-000000000000"
)

var (
	storageAccounts = map[string]string{primary: "labwus2", secondary: "labweu"}
	resourceGroups  = []string{"rg-lab-wus2=" + primary, "rg-lab-weu=" + secondary}
)

const (
	// regionTimeout is how long the provider waits for a region before it takes
	// it for dark. Its default is 10 s; here it makes the demo shorter.
	regionTimeout = 3 * time.Second
	// How long a job takes beside reading its inputs, and a cancellation.
	jobPace    = 2 * time.Second
	cancelPace = 500 * time.Millisecond
)

// demo is one performance.
type demo struct {
	out       *console
	engine    engine
	cli       harness.CLI
	root      string // the checkout
	dir       string // of everything this demo writes
	world     *harness.World
	workspace *harness.Workspace
	servers   *os.File // what Azurite and the emulator print

	samples  []string
	finished []string // those that have finished when the outage begins
	moving   []string // the others
	keys     map[string]string
	bases    int64 // of each sample

	rows     []row
	broken   int               // promises that were not kept
	commands int               // that were run so far
	texts    map[string][]byte // everything a user could read, by where it stands

	lost     int64         // the journal's newest entry when the outage began
	failover *harness.Plan // what one chapter plans and the next applies
	fencing  *harness.Plan
}

// errBroken is the end of a demo in which a promise was not kept; what was seen
// instead has been printed.
var errBroken = errors.New("a promise was not kept")

// open starts the servers and writes the configuration. Whatever it returns
// besides an error is to be closed.
func open(ctx context.Context, out *console, found prerequisites) (*demo, error) {
	d := &demo{out: out, engine: found.engine, cli: found.cli, root: found.root, keys: map[string]string{}, texts: map[string][]byte{}}
	parent := filepath.Join(found.root, ".cache", "demo")
	if err := os.MkdirAll(parent, 0o750); err != nil {
		return nil, err
	}
	var err error
	if d.dir, err = os.MkdirTemp(parent, "run-"); err != nil {
		return nil, err
	}
	if d.servers, err = os.Create(filepath.Join(d.dir, "servers.log")); err != nil {
		return d, err
	}
	if err := d.start(ctx); err != nil {
		return d, err
	}
	lab := filepath.Join(d.dir, "lab")
	if err := os.Mkdir(lab, 0o750); err != nil {
		return d, err
	}
	building := out.busy("building the provider")
	d.workspace, err = d.world.Workspace(ctx, d.cli, lab)
	building.done()
	if err == nil {
		err = d.writeLab()
	}
	return d, err
}

// start starts Azurite and the emulator under the names of examples/lab.
func (d *demo) start(ctx context.Context) error {
	starting := d.out.busy("building the emulator, starting it and Azurite")
	defer starting.done()
	args := []string{"-subscription", subscription, "-verbose"}
	for _, group := range resourceGroups {
		args = append(args, "-resource-group", group)
	}
	var err error
	d.world, err = harness.StartWorld(ctx, harness.Options{
		Regions: []string{primary, secondary}, StorageAccounts: storageAccounts, EmulatorArgs: args,
		RegionTimeout: regionTimeout, Log: d.servers,
	})
	if err != nil {
		return err
	}
	return d.world.Pace(ctx, jobPace, cancelPace)
}

// writeLab copies the example and names the samples.
func (d *demo) writeLab() error {
	files, err := d.files()
	if err != nil {
		return err
	}
	samples := map[string][]string{}
	for i := 1; i <= 6; i++ {
		name := fmt.Sprintf("sample%d", i)
		d.samples = append(d.samples, name)
		samples[name] = []string{name + "_1.fq.gz", name + "_2.fq.gz"}
	}
	d.finished, d.moving = d.samples[:2], d.samples[2:]
	values := map[string]any{"samples": samples}
	if endpoints := d.endpoints(); endpoints != nil {
		values["endpoints"] = endpoints
	}
	variables, err := json.MarshalIndent(values, "", "  ")
	if err != nil {
		return err
	}
	files["terraform.tfvars.json"] = string(variables) + "\n"
	return d.workspace.Write(files)
}

// close stops everything.
func (d *demo) close() {
	if d.world != nil {
		d.world.Close()
	}
	if d.servers != nil {
		_ = d.servers.Close() // what it holds is for reading only
	}
}

// discard removes what the demo wrote, once nobody has a use for it.
func (d *demo) discard() {
	if d != nil {
		_ = os.RemoveAll(d.dir) // a folder that stays below .cache harms nobody
	}
}

// keepEvidence writes what the servers know beside the logs.
func (d *demo) keepEvidence(ctx context.Context) error {
	if d.world == nil {
		return nil
	}
	seen, _, err := d.world.Journal(ctx, harness.Query{})
	if err != nil {
		return err
	}
	runs, err := d.world.Runs(ctx, "", "")
	if err != nil {
		return err
	}
	return errors.Join(d.writeJSON("journal.json", seen), d.writeJSON("runs.json", runs))
}

func (d *demo) writeJSON(name string, value any) error {
	content, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(d.dir, name), append(content, '\n'), 0o600)
}
