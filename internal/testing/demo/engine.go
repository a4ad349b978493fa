package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// engineVariable says what runs in the two regions.
const engineVariable = "ENGINE"

// engine is what differs between the services that the story can be told with.
type engine struct {
	lab      string // the folder below examples
	resource string // the type of its submissions
	noun     string // what one submission makes
	service  string // what the emulator stands in for
	prepared string // what the first apply makes besides containers
	cleaned  string // what the last one deletes
	// results are what a run leaves below its name in the output container, in
	// order; result is the one that tells how many bases it has read.
	results []string
	result  string
	// endpoint is a region's base URL, which the configuration has to be told;
	// nil where it follows from the location.
	endpoint func(harness.ReadyRegion) string
}

var engines = map[string]engine{
	"genomics": {
		lab: "lab", resource: "genomics_workflow_submission", noun: "workflow", service: "Resource\nManager and the workflow service",
		prepared: "creates an account in each region and makes the missing containers", cleaned: "deletes the two accounts, and none of the user's blobs",
		results: []string{".logs.zip", ".result.json"}, result: ".result.json",
	},
	"tes": {
		lab: "lab-tes", resource: "genomics_task_submission", noun: "task", service: "Resource\nManager and for the TES of each region",
		prepared: "makes the missing containers in both regions", cleaned: "deletes none of the user's blobs",
		results: []string{"/bases.txt"}, result: "/bases.txt",
		endpoint: func(r harness.ReadyRegion) string { return r.TES },
	},
	"wes": {
		lab: "lab-wes", resource: "genomics_run_submission", noun: "run", service: "Resource\nManager and for the WES of each region",
		prepared: "makes the missing containers in both regions", cleaned: "deletes none of the user's blobs",
		results: []string{"/bases.txt"}, result: "/bases.txt",
		endpoint: func(r harness.ReadyRegion) string { return r.WES },
	},
}

// lookForEngine finds out what the story is told with.
func lookForEngine() (engine, error) {
	name := os.Getenv(engineVariable)
	if name == "" {
		name = "genomics"
	}
	found, known := engines[name]
	if !known {
		return found, fmt.Errorf("  - %s=%s: there are %s", engineVariable, name, strings.Join(slices.Sorted(maps.Keys(engines)), ", "))
	}
	return found, nil
}

// nouns is the noun for a number of them.
func (d *demo) nouns(number int) string {
	if number == 1 {
		return d.engine.noun
	}
	return d.engine.noun + "s"
}

// address is where a sample's submission stands in the configuration.
func (d *demo) address(sample string) string {
	return fmt.Sprintf("%s.sample[%q]", d.engine.resource, sample)
}

// files are the engine's example.
func (d *demo) files() (map[string]string, error) {
	paths, err := filepath.Glob(filepath.Join(d.root, "examples", d.engine.lab, "*"))
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		files[filepath.Base(path)] = string(content)
	}
	return files, nil
}

// endpoints are the base URLs by region, nil where the configuration has none.
func (d *demo) endpoints() map[string]string {
	if d.engine.endpoint == nil {
		return nil
	}
	endpoints := map[string]string{}
	for region, ready := range d.world.Emulator.Ready.Regions {
		endpoints[region] = d.engine.endpoint(ready)
	}
	return endpoints
}
