package main

import (
	"context"
	"os"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// lookAround says how to go on with what is left running, and reports whether
// anything is.
func (d *demo) lookAround() bool {
	if d.world == nil || d.workspace == nil {
		return false
	}
	// A job that is submitted by hand should not wait for the story.
	ctx, cancel := context.WithTimeout(context.Background(), serverPatience)
	defer cancel()
	if err := d.world.Release(ctx, harness.Hold{}); err != nil {
		d.out.say("Jobs are still held: %v", err)
	}
	ready := d.world.Emulator.Ready
	d.out.say(`
KEEP is set, so everything goes on running until Ctrl-C here, or kill %[1]d.

In another shell, this is the configuration with its state, and the provider in it:

%[2]s
What the servers saw, and what they run:

   curl %[3]s/admin/journal     every request, oldest first (?region=%[4]s&origin=client&since=SEQ)
   curl %[3]s/admin/runs        every run, in both regions
   curl %[3]s/admin/regions     what is wrong with each region

Lose a region, and bring it back ("blackhole", "refused", "error503", "gateway403", "slow"):

   curl -X PUT %[3]s/admin/regions/%[4]s/fault -d '{"mode": "blackhole"}'
   curl -X POST %[3]s/admin/regions/%[4]s/up

   Resource Manager        %[5]s
   %-22[4]s  service %[6]s, storage %[7]s
   %-22[8]s  service %[9]s, storage %[10]s
   Azurite itself          %[11]s
   logs of all commands    %[12]s`,
		os.Getpid(), indent(d.workspace.Shell()), ready.Admin, primary, ready.ResourceManager,
		ready.Regions[primary].Service, ready.Regions[primary].Blob,
		secondary, ready.Regions[secondary].Service, ready.Regions[secondary].Blob, d.world.Azurite.URL, d.dir)
	return true
}
