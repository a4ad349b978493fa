package workflows

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics" //nolint:depguard // a test may hold the two readings against each other
)

// The two readings of the protocol are held against each other here, in tests
// only: what the provider's checks let through while planning, the service must
// not refuse when it is sent.

// wire keeps the body of the one request that it is sent.
type wire struct{ body []byte }

func (w *wire) Do(req *http.Request) (*http.Response, error) {
	w.body, _ = io.ReadAll(req.Body)
	return &http.Response{StatusCode: http.StatusCreated, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"Id":1,"Status":1000}`)), Request: req}, nil
}

func valid() msgenomics.Submission {
	return msgenomics.Submission{
		Process: "gatk4", ProcessArgs: "R=hg38m1", Description: "d", InputAccount: "reads", InputContainer: "inputs", OutputAccount: "results", OutputContainer: "outputs",
		Inputs: []msgenomics.Input{{Name: "s_1.fq.gz", SAS: "sv=1&sig=a%2B"}, {Name: "s_2.fq.gz", SAS: "sv=1&sig=b%3D"}}, OutputSAS: "sv=1&sig=c", OutputBase: "s", IncludeLogs: true,
	}
}

// arrives sends a submission as the provider does, and reads it as the service does.
func arrives(t *testing.T, s msgenomics.Submission) Submission {
	t.Helper()
	w := &wire{}
	pl := runtime.NewPipeline("", "", runtime.PipelineOptions{}, &policy.ClientOptions{Transport: w})
	client := msgenomics.New("https://region.example", func(context.Context) (string, error) { return "key", nil }, pl)
	if _, err := client.Submit(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	got, err := parseSubmission(bytes.TrimSpace(w.body))
	if err == nil {
		err = got.validate()
	}
	if err != nil {
		t.Fatalf("the service refuses %+v: %v", s, err)
	}
	return got
}

func FuzzProcessArgs(f *testing.F) {
	for _, seed := range []string{"R=hg38m1", "R=b37m1;x=y", "R=hg19m1;R=hg38m1", "r=hg38m1", "R=hg38m1;", ";R=hg38m1", "R=hg38m1 ;a=b", "R=hg38m1;a==b", "R=hg38m1;\u00a0=x", "R=hg38m1\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, args string) {
		if !utf8.ValidString(args) || msgenomics.ValidProcessArgs(args) != nil {
			return
		}
		s := valid()
		s.ProcessArgs = args
		if got := arrives(t, s); got.ProcessArgs != args {
			t.Errorf("%q arrives as %q", args, got.ProcessArgs)
		}
	})
}

func FuzzBlobNames(f *testing.F) {
	for _, seed := range [][3]string{
		{"s_1.fq.gz", "s_2.fq.gz", "s"}, {"a.bam", "b.sam", "dir/base"}, {"a,b.fq", "a?b.fq", "x"}, {"../a.fq", "./b.fq", "."}, {"a.FQ", "b.fq", "é"},
		{strings.Repeat("a", 1021) + ".fq", "b.fq", strings.Repeat("b", 1024)}, {"a//b.fq", "a.fq/.fq", "-"}, {"a.fq\n", "b.fq", "a\n"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, first, second, base string) {
		names := []string{first, second}
		if msgenomics.ValidInputs(names) != nil || msgenomics.ValidBlobName(base) != nil {
			return
		}
		s := valid()
		s.Inputs[0].Name, s.Inputs[1].Name, s.OutputBase = first, second, base
		got := arrives(t, s)
		if len(got.Inputs) != 2 || got.OutputBase != base {
			t.Fatalf("%q arrive as %+v, base %q as %q", names, got.Inputs, base, got.OutputBase)
		}
		for i, in := range got.Inputs {
			if in.Name != names[i] || in.SAS != s.Inputs[i].SAS {
				t.Errorf("%q arrives as %q with %q", names[i], in.Name, in.SAS)
			}
		}
	})
}

func FuzzTexts(f *testing.F) {
	f.Add("[tfg:abcdefghijklmnopqrstuvwxyz] NA12878", "@RG\tID:a\tSM:b", "gvcf")
	f.Add(strings.Repeat("é", 500), "@RG"+strings.Repeat("a", 997), "BP_RESOLUTION")
	f.Add("\u2028\x00\"\\<&>", "@RG\u007f", "none")
	f.Add("😀", "@RG\x00", "")
	f.Fuzz(func(t *testing.T, description, readGroup, confidence string) {
		known := confidence == ""
		for _, mode := range msgenomics.EmitRefConfidences() {
			known = known || strings.EqualFold(mode, confidence)
		}
		if !utf8.ValidString(description) || !known || msgenomics.ValidDescription(description, 0) != nil || msgenomics.ValidReadGroup(readGroup) != nil {
			return
		}
		s := valid()
		s.Description, s.Options.ReadGroup, s.Options.EmitRefConfidence = description, readGroup, confidence
		if got := arrives(t, s); got.Description != description || got.Optional["ReadGroupLine"] != readGroup || !strings.EqualFold(got.Optional["GatkEmitRefConfidence"], confidence) {
			t.Errorf("%q, %q, %q arrive as %q, %v", description, readGroup, confidence, got.Description, got.Optional)
		}
	})
}
