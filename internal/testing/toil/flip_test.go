//go:build acceptance && toil

package toil

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/wes"
	azureregion "github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// engine is a client of the region's server, with a gate of its own: what one
// command of a user has.
func (r *region) engine(location string) engine.Engine {
	gate := azureregion.NewGates(30 * time.Second).For(location)
	return wes.New(r.URL, nil, runtime.NewPipeline("test", "v0.0.0", runtime.PipelineOptions{PerRetry: []policy.Policy{gate.Policy()}},
		&policy.ClientOptions{Retry: policy.RetryOptions{MaxRetries: -1}}))
}

// order is one submission of the workflow, under the token.
func order(t *testing.T, files []string, gate *gate) engine.Order {
	t.Helper()
	path, err := harness.CountBases()
	if err != nil {
		t.Fatal(err)
	}
	workflow, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fields := form(t, files, gate)
	key := engine.Token{Submission: token[:16], Key: token}
	return engine.Order{
		Submission: key.Submission, Decide: engine.Oldest(key),
		Compose: func(context.Context, engine.Token, []engine.Run) (engine.Job, error) {
			return wes.Request{
				WorkflowType: fields["workflow_type"], WorkflowTypeVersion: fields["workflow_type_version"], WorkflowURL: fields["workflow_url"],
				WorkflowParams: json.RawMessage(fields["workflow_params"]), Attachments: []wes.Attachment{{Name: filepath.Base(path), Content: workflow}},
			}, nil
		},
	}
}

func submitted(t *testing.T, e engine.Engine, o engine.Order) engine.Outcome {
	t.Helper()
	out, err := engine.SubmitOnce(t.Context(), e, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// One region is lost while it runs the workflow, the other one does it, and what
// the first one still says it runs is stopped when it is back.
func TestAccToilFlip(t *testing.T) {
	primary, secondary, gate := start(t), start(t), newGate(t)
	files, bases := sample(t)
	o := order(t, files, gate)

	lost := submitted(t, primary.engine("westus2"), o)
	if again := submitted(t, primary.engine("westus2"), o); !again.Taken || again.Run.ID != lost.Run.ID {
		t.Errorf("submitted again: %+v", again)
	}
	primary.until(lost.Run.ID, "RUNNING")
	if err := primary.Kill(); err != nil {
		t.Fatal(err)
	}
	var dark *azureregion.UnreachableError
	if _, err := engine.SubmitOnce(t.Context(), primary.engine("westus2"), o); !errors.As(err, &dark) {
		t.Errorf("the lost region: %v", err)
	}

	moved := submitted(t, secondary.engine("westeurope"), o)
	gate.open(t)
	if got := secondary.result(secondary.until(moved.Run.ID, "COMPLETE")); got != bases {
		t.Errorf("the other region counts %d bases, want %d", got, bases)
	}

	if err := primary.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	returned := primary.engine("westus2")
	zombies, err := returned.Live(t.Context())
	if err != nil || len(zombies) != 1 || zombies[0].ID != lost.Run.ID || zombies[0].Key != token || zombies[0].State != engine.StateRunning {
		t.Fatalf("back again, it runs %+v, %v", zombies, err)
	}
	if err := returned.Cancel(t.Context(), lost.Run.ID); err != nil {
		t.Fatal(err)
	}
	for region, e := range map[string]engine.Engine{"westus2": primary.engine("westus2"), "westeurope": secondary.engine("westeurope")} {
		runs, err := e.Find(t.Context(), token[:16])
		if err != nil || len(runs) != 1 {
			t.Fatalf("%s: %+v, %v", region, runs, err)
		}
		if state := runs[0].State; region == "westus2" && !state.Stopping() || region == "westeurope" && state != engine.StateSucceeded {
			t.Errorf("%s: %s", region, state)
		}
	}
}
