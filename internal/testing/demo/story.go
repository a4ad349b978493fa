package main

import (
	"context"
	"fmt"
	"time"
)

// chapter is one step of the story. Its rules are checked while it is played.
type chapter struct {
	title string
	why   string // in plain words, printed before it is played
	play  func(context.Context) error
}

func (d *demo) story() []chapter {
	return []chapter{
		{"Prepare", fmt.Sprintf(`One apply %s. It copies
every input blob to the standby region, and submits six %ss in the active one.`, d.engine.prepared, d.engine.noun), d.prepare},
		{"Two of six finish", `The emulator holds jobs until they are released, so that no clock decides this story.
Two are released now; the other four are still running when the region is lost.`, d.finishSome},
		{"Outage", `westus2 becomes a black hole: it accepts connections and never answers. Its storage goes
with it, and its running jobs fail.`, d.outage},
		{"Plan the failover", `One variable changes. The plan shows what that does, although westus2 says nothing: the
first request that gets no answer closes a gate, and nothing more is asked there.`, d.planFailover},
		{"Fail over", fmt.Sprintf(`The plan is applied. Unfinished %ss are submitted in westeurope, with the same keys
and the copied inputs. Finished ones stay as they are.`, d.engine.noun), d.failOver},
		{"Stay in the dark", `A failover must not leave a plan that is never clean, so the next one has nothing to change
while westus2 is still dark.`, d.stayInTheDark},
		{"Finish elsewhere", fmt.Sprintf(`The four %ss end in westeurope and write their results there.`, d.engine.noun), d.finishElsewhere},
		{"The primary returns", `westus2 answers again. Its service knows nothing of the failover: it restarts the four jobs
that failed with it. Four samples would now be computed, and written, twice.`, d.comeBack},
		{"Plan after the return", `The plan finds the stale runs and shows that they will be stopped (fenced).`, d.planFencing},
		{"Fence", `The apply cancels them, and waits until the service says that they have ended.`, d.fence},
		{"Fail back", `The variable goes back to westus2. Everything has finished, so nothing runs again.`, d.failBack},
		{"Ready for the next one", `Nobody should learn in an outage that a failover does not work. The data source looks at both
regions in a plan, changes nothing, and reports.`, d.ready},
	}
}

// ending is left out when everything is to be left running.
func (d *demo) ending() chapter {
	return chapter{"Clean up", fmt.Sprintf(`Destroying %s.`, d.engine.cleaned), d.cleanUp}
}

// play plays the story, and stops after the first chapter in which a promise
// was not kept.
func (d *demo) play(ctx context.Context, keep bool) error {
	if err := d.introduce(ctx); err != nil {
		return err
	}
	chapters := d.story()
	if !keep {
		chapters = append(chapters, d.ending())
	}
	for i, c := range chapters {
		d.out.say("\n%d. %s\n%s", i+1, c.title, indent(c.why))
		mark, err := d.world.Mark(ctx)
		if err != nil {
			return err
		}
		began := time.Now()
		err = c.play(ctx)
		took := time.Since(began)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			d.promise(err.Error(), "this step succeeds")
		}
		if err := d.addRow(ctx, c.title, took, mark); err != nil {
			return err
		}
		if d.broken > 0 {
			return errBroken
		}
	}
	return nil
}

// introduce says what this is, and on what it runs.
func (d *demo) introduce(ctx context.Context) error {
	version, err := d.version(ctx)
	if err != nil {
		return err
	}
	d.out.say(`
A region goes dark while it runs sequencing workflows. This demo loses one, goes on in another
with one variable, gets it back and returns, and checks every step against what the provider
promises. No cloud takes part: Azurite stands in for Blob storage, and an emulator for %s,
which aligns nothing.

   CLI       %s (%s)
   config    examples/%s/main.tf: %s is active, %s stands by
   patience  GENOMICS_REGION_TIMEOUT=%s, to be shorter than with the default of 10s
   folder    %s`, d.engine.service, version, d.cli.Path, d.engine.lab, primary, secondary, regionTimeout, d.dir)
	return nil
}

func (d *demo) version(ctx context.Context) (string, error) {
	run, err := d.workspace.Exec(ctx, "version", "-json")
	if err != nil {
		return "", err
	}
	version, err := field(run.Stdout, "terraform_version")
	if err != nil {
		return "", fmt.Errorf("ask %s for its version: %w", d.cli.Path, err)
	}
	return d.cli.Name + " " + version, nil
}
