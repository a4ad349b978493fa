package readiness

import (
	"strings"
	"testing"
	"time"
)

func TestDrillRecordComesBackAsItWas(t *testing.T) {
	want := DrillRecord{Pair: "lab", ID: "march", Location: "westeurope", Run: "7", StartedAt: noon, EndedAt: noon.Add(20 * time.Minute), AcceptSeconds: 3}
	got, err := ParseDrill("lab", want.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if s := got.Seen(); s != (Drill{At: want.EndedAt, ID: "march", Duration: 20 * time.Minute, Accept: 3 * time.Second}) {
		t.Errorf("%+v", s)
	}
	if a, b := DrillRecordName("lab"), DrillRecordName("lab2"); a == b || !strings.HasPrefix(a, "drill-") {
		t.Errorf("%s %s", a, b)
	}
}

func FuzzParseDrill(f *testing.F) {
	f.Add(DrillRecord{Pair: "lab", StartedAt: noon, EndedAt: noon.Add(time.Hour)}.Encode())
	for _, seed := range []string{"", "{}", `{"version":2,"pair":"lab"}`, `{"version":1,"pair":"other"}`, `{"version":1,"pair":"lab","started_at":"2026-03-05T12:00:00Z","ended_at":"2026-03-05T11:00:00Z"}`,
		`{"version":1,"pair":"lab","ended_at":"2026-03-05T11:00:00Z","accept_seconds":-1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		d, err := ParseDrill("lab", content)
		if err != nil {
			return
		}
		if d.Pair != "lab" || d.EndedAt.Before(d.StartedAt) || d.Seen().Duration < 0 {
			t.Errorf("%+v", d)
		}
	})
}
