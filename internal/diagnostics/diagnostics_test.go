package diagnostics

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

func TestError(t *testing.T) {
	dark := &region.UnreachableError{Location: "westus2", Cause: errors.New("no answer within 10s")}
	for name, tc := range map[string]struct {
		err     error
		context Context
		want    []string
		absent  []string
	}{
		"everything is named": {
			err:     &msgenomics.APIError{StatusCode: 400, Message: "bad", RequestID: "r-1", Method: "POST", Path: "/api/workflows"},
			context: Context{Resource: "lab/NA12878", Region: "westus2", NextStep: "mend it"},
			want:    []string{"bad", "Resource: lab/NA12878", "Region: westus2", "Code: HTTP 400", "Request ID: r-1", "Next step: mend it"},
		},
		"a refused key says what to look at": {
			err:  fmt.Errorf("reading: %w", &msgenomics.APIError{StatusCode: 401}),
			want: []string{"access_keys"},
		},
		"a dark region names the way out":         {err: dark, want: []string{"westus2", "make the other region of the pair active"}},
		"Resource Manager is no region":           {err: &region.UnreachableError{Location: azure.ResourceManagerGate, Cause: errors.New("x")}, want: []string{"hand the keys over"}, absent: []string{"the other region"}},
		"a cancelled run is not called a failure": {err: fmt.Errorf("polling: %w", context.Canceled), want: []string{"was cancelled before it ended"}},
		"a signature does not survive": {
			err:    errors.New(`Get "https://lab.blob.core.windows.net/inputs/a.fq?sv=2024-01-01&sig=c2VjcmV0c2VjcmV0": EOF`),
			want:   []string{"EOF"},
			absent: []string{"c2VjcmV0c2VjcmV0"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			text := Error("It failed", tc.err, tc.context).Detail()
			for _, part := range tc.want {
				if !strings.Contains(text, part) {
					t.Errorf("%q is missing in: %s", part, text)
				}
			}
			for _, part := range tc.absent {
				if strings.Contains(text, part) {
					t.Errorf("%q is in: %s", part, text)
				}
			}
		})
	}
}

type gates struct{ *region.Gates }

func (g gates) Gate(location string) *region.Gate { return g.For(location) }

// An open gate has nothing to warn of, whatever the error says.
func TestUnreachableWithoutAClosedGate(t *testing.T) {
	g := gates{region.NewGates(time.Second)}
	if d := Unreachable(&region.UnreachableError{Location: "westus2", Cause: errors.New("x")}, g); len(d) != 0 {
		t.Errorf("%v", d)
	}
	if d := Unreachable(errors.New("another error"), g); len(d) != 0 {
		t.Errorf("%v", d)
	}
}

type run struct {
	gates
	told map[string]bool
}

func (r run) Once(words ...string) bool {
	key := strings.Join(words, " ")
	first := !r.told[key]
	r.told[key] = true
	return first
}

func TestUnsearched(t *testing.T) {
	r := run{gates{region.NewGates(time.Second)}, map[string]bool{}}
	refused := &msgenomics.APIError{StatusCode: 403, Message: "no"}
	absent := &azcore.ResponseError{StatusCode: 404, ErrorCode: "ResourceNotFound"}
	for _, err := range []error{nil, absent, context.Canceled, &region.UnreachableError{Location: "westus2", Cause: errors.New("x")}} {
		if d := Unsearched(err, "lab", "westus2", r); len(d) != 0 {
			t.Errorf("%v: %v", err, d)
		}
	}
	for i, want := range []int{1, 0} {
		if d := Unsearched(refused, "/lab", "westus2", r); d.WarningsCount() != want || len(d) != want {
			t.Errorf("time %d: %v", i+1, d)
		}
	}
	if d := Unsearched(refused, "other", "westus2", r); len(d) != 1 {
		t.Errorf("of another account: %v", d)
	}
	for place, remedy := range map[string]string{"/subscriptions/s/resourceGroups/rg/providers/Microsoft.Genomics/accounts/lab": "access_keys", "https://tes.example/v1": "endpoint_credentials"} {
		if d := Unsearched(refused, place, "westus2", r); len(d) != 1 || !strings.Contains(d[0].Detail(), remedy) {
			t.Errorf("of %s: %v", place, d)
		}
	}
}
