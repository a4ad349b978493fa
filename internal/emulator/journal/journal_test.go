package journal

import (
	"strings"
	"testing"
	"time"
)

func TestMaskHidesOnlySignatures(t *testing.T) {
	for name, c := range map[string]struct{ in, out string }{
		"query":        {"sv=2021-06-08&sr=b&sig=ab%2Bc%3D&se=x", "sv=2021-06-08&sr=b&sig=***&se=x"},
		"first":        {"sig=abc&sv=1", "sig=***&sv=1"},
		"url":          {"http://127.0.0.1:1/a/c/b?sv=1&sig=abc%3D", "http://127.0.0.1:1/a/c/b?sv=1&sig=***"},
		"list":         {"a.fq?sv=1&sig=abc,b.fq?sv=1&sig=def,", "a.fq?sv=1&sig=***,b.fq?sv=1&sig=***,"},
		"not a secret": {"$filter=substringof('design=x',Description)", "$filter=substringof('design=x',Description)"},
		"upper case":   {"sv=1&SIG=abc", "sv=1&SIG=***"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Mask(c.in); got != c.out {
				t.Errorf("Mask(%q) = %q, want %q", c.in, got, c.out)
			}
		})
	}
}

func TestJournalKeepsWhatIsNeverAnsweredAndMasks(t *testing.T) {
	j := New(time.Now)
	hung := j.Begin(Entry{Plane: PlaneService, Region: "westus2", Method: "GET", Path: "/api/workflows"})
	done := j.Begin(Entry{Plane: PlaneStorage, Region: "westeurope", Method: "GET", Query: "sv=1&sig=secret"})
	j.End(done, OutcomeAnswered, 200, "")

	page := j.Entries(Filter{Region: "westus2"})
	if page.Count != 1 || page.Entries[0].Seq != hung || page.Entries[0].Outcome != OutcomePending {
		t.Errorf("the hung request is not there: %+v", page)
	}
	page = j.Entries(Filter{Since: hung})
	if page.Count != 1 || page.Entries[0].Status != 200 || strings.Contains(page.Entries[0].Query, "secret") {
		t.Errorf("the answered request: %+v", page)
	}
	j.Reset()
	j.End(done, OutcomeAnswered, 500, "")
	if page := j.Entries(Filter{}); page.Count != 0 || page.Last != done {
		t.Errorf("after the reset: %+v", page)
	}
}

func TestVaultHoldsBothFormsOfASignature(t *testing.T) {
	v := NewVault()
	v.AddSignatures("inputs", "a.fq?sv=1&sig=ab%2Bc%3D,b.fq?sv=1&sig=def")
	v.Add("account_key", "lab", "k1")
	v.Add("account_key", "lab", "")
	secrets := v.All()
	if len(secrets) != 3 {
		t.Fatalf("secrets: %+v", secrets)
	}
	if s := secrets[1]; s.Value != "ab+c=" || s.Encoded != "ab%2Bc%3D" {
		t.Errorf("signature: %+v", s)
	}
}
