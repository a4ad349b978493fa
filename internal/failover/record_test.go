package failover

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestRecordRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := genRecord(t, "record")
		r.Pair, r.From = rapid.String().Draw(t, "pair"), rapid.SampledFrom([]string{"", west}).Draw(t, "from")
		r.Pair = strings.ToValidUTF8(r.Pair, "?")
		back, err := ParseRecord(r.Pair, r.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if !back.SameFlip(r) || back.Phase != r.Phase || !back.At.Equal(r.At.Truncate(time.Second)) || back.From != r.From || back.By != r.By {
			t.Fatalf("%+v came back as %+v", r, back)
		}
	})
}

func TestRecordsThatCannotBeUsed(t *testing.T) {
	good := string(recorded(west, 2, me, PhaseActive).Encode())
	for name, tc := range map[string]struct{ content, says string }{
		"not JSON":           {"<html>", "not JSON"},
		"cut off":            {good[:20], "not JSON"},
		"newer version":      {strings.Replace(good, `"version":1`, `"version":2`, 1), "version 2"},
		"of another pair":    {strings.Replace(good, `"lab"`, `"hall"`, 1), `pair "hall"`},
		"no region":          {strings.Replace(good, `"westus2"`, `""`, 1), "no active region"},
		"generation zero":    {strings.Replace(good, `"generation":2`, `"generation":0`, 1), "generation 0"},
		"phase of a dreamer": {strings.Replace(good, `"active","writer"`, `"asleep","writer"`, 1), `phase "asleep"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseRecord("lab", []byte(tc.content))
			if !IsRecordError(err) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestRecordName(t *testing.T) {
	if a, b := RecordName("lab/a"), RecordName("lab-a"); a == b || !strings.HasPrefix(a, "pair-lab-a-") || !strings.HasSuffix(b, ".json") {
		t.Errorf("%s and %s", a, b)
	}
}

func TestToldHoldsNoControlCharacters(t *testing.T) {
	r := recorded(east, 2, they, PhaseFailingOver)
	r.By = "ann\x1b[2J@desk\n"
	if told := r.Told(); strings.ContainsAny(told, "\x1b\n") || !strings.Contains(told, "began to make westeurope") {
		t.Errorf("%q", told)
	}
	r.By = ""
	if told := r.Told(); !strings.HasPrefix(told, "Another configuration") {
		t.Errorf("%q", told)
	}
}

func FuzzParseRecord(f *testing.F) {
	f.Add("lab", recorded(west, 2, me, PhaseActive).Encode())
	f.Add("", []byte(`{}`))
	f.Fuzz(func(t *testing.T, pair string, content []byte) {
		r, err := ParseRecord(pair, content)
		if err != nil {
			if !IsRecordError(err) {
				t.Fatalf("got %v", err)
			}
			return
		}
		if again, err := ParseRecord(pair, r.Encode()); err != nil || !again.SameFlip(r) {
			t.Fatalf("%+v came back as %+v, %v", r, again, err)
		}
	})
}
