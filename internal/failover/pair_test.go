package failover

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const (
	west = "westus2"
	east = "westeurope"
	me   = "writer-me"
	they = "writer-they"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func recorded(active string, generation int64, writer string, phase Phase) PairRecord {
	return PairRecord{Version: recordVersion, Pair: "lab", Active: active, Generation: generation, Phase: phase, Writer: writer, By: "ann@desk", At: noon}
}

func TestDecidePair(t *testing.T) {
	dark := func(locations ...string) map[string]string {
		m := map[string]string{}
		for _, l := range locations {
			m[l] = l + " is dark"
		}
		return m
	}
	steady := recorded(west, 1, me, PhaseActive)
	tests := map[string]struct {
		o          PairObservation
		want       PairAction
		generation int64
		from       string
		refused    []string // pieces of the refusals
		lifted     []string
		foreign    bool
	}{
		"a new pair":            {o: PairObservation{To: west}, want: PairKeep, generation: 1},
		"nothing to do":         {o: PairObservation{From: west, To: west, Generation: 1, Records: []PairRecord{steady, steady}}, want: PairKeep, generation: 1},
		"nothing was recorded":  {o: PairObservation{From: west, To: west, Generation: 3}, want: PairKeep, generation: 3},
		"flip":                  {o: PairObservation{From: west, To: east, Generation: 1, Records: []PairRecord{steady, steady}}, want: PairFlip, generation: 2, from: west},
		"flip without a record": {o: PairObservation{From: west, To: east, Generation: 4}, want: PairFlip, generation: 5, from: west},
		"flip in the dark":      {o: PairObservation{From: west, To: east, Generation: 1, Dark: dark(west), Records: []PairRecord{steady}}, want: PairFlip, generation: 2, from: west},
		"flip into the dark": {o: PairObservation{From: west, To: east, Generation: 1, Dark: dark(east)}, want: PairRefuse, generation: 1,
			refused: []string{"The region to fail over to does not answer", "westeurope is dark", "leave active_region at westus2", `accept = ["standby_unreachable"]`}},
		"flip into the dark, accepted": {o: PairObservation{From: west, To: east, Generation: 1, Dark: dark(east), Accept: []string{AcceptStandbyUnreachable}},
			want: PairFlip, generation: 2, from: west, lifted: []string{AcceptStandbyUnreachable}},
		"planned needs the region that is left": {o: PairObservation{From: west, To: east, Generation: 1, Mode: ModePlanned, Dark: dark(west), Accept: []string{AcceptStandbyUnreachable, AcceptCoolingTime}},
			want: PairRefuse, generation: 1, refused: []string{"A planned failover needs both regions", `"forced"`}},
		"cooling down": {o: PairObservation{From: west, To: east, Generation: 3, LastFailoverAt: noon.Add(-time.Minute), CoolingTime: time.Hour},
			want: PairRefuse, generation: 3, refused: []string{"cooling down", "2026-03-01T12:59:00Z", `accept = ["cooling_time"]`}},
		"cooling down, accepted": {o: PairObservation{From: west, To: east, Generation: 3, LastFailoverAt: noon.Add(-time.Minute), CoolingTime: time.Hour, Accept: []string{AcceptCoolingTime}},
			want: PairFlip, generation: 4, from: west, lifted: []string{AcceptCoolingTime}},
		"cooled down": {o: PairObservation{From: west, To: east, Generation: 3, LastFailoverAt: noon.Add(-time.Hour), CoolingTime: time.Hour}, want: PairFlip, generation: 4, from: west},
		"each override lifts only itself": {o: PairObservation{From: west, To: east, Generation: 3, LastFailoverAt: noon.Add(-time.Minute), CoolingTime: time.Hour, Dark: dark(east), Accept: []string{AcceptStandbyUnreachable}},
			want: PairRefuse, generation: 3, refused: []string{"cooling down"}, lifted: []string{AcceptStandbyUnreachable}},
		"every guard is named at once": {o: PairObservation{From: west, To: east, Generation: 3, LastFailoverAt: noon, CoolingTime: time.Hour, Dark: dark(east, west), Mode: ModePlanned},
			want: PairRefuse, generation: 3, refused: []string{"cooling down", "does not answer", "needs both regions"}},
		"resume after a kill": {o: PairObservation{From: west, To: east, Generation: 1, Writer: me, CoolingTime: time.Hour, LastFailoverAt: noon,
			Records: []PairRecord{steady, recorded(east, 2, me, PhaseFailingOver)}}, want: PairResume, generation: 2, from: west},
		"resume into the dark": {o: PairObservation{From: west, To: east, Generation: 1, Writer: me, Dark: dark(east), Records: []PairRecord{recorded(east, 2, me, PhaseFailingOver)}},
			want: PairRefuse, generation: 1, refused: []string{"does not answer"}},
		"resume what only the record's end lacks": {o: PairObservation{From: east, To: east, Generation: 2, Writer: me, Records: []PairRecord{recorded(east, 2, me, PhaseFailingOver)}},
			want: PairResume, generation: 2},
		"give a half-way failover up": {o: PairObservation{From: west, To: west, Generation: 1, Writer: me, Records: []PairRecord{recorded(east, 2, me, PhaseFailingOver)}},
			want: PairFlip, generation: 3, from: east},
		"give it up in the dark": {o: PairObservation{From: west, To: west, Generation: 1, Writer: me, Dark: dark(west), Silent: []string{west}, Records: []PairRecord{recorded(east, 2, me, PhaseFailingOver)}},
			want: PairKeep, generation: 1},
		"give it up, planned, in the dark": {o: PairObservation{From: west, To: west, Generation: 1, Writer: me, Mode: ModePlanned, Dark: dark(east), Silent: []string{east}, Records: []PairRecord{recorded(east, 2, me, PhaseFailingOver)}},
			want: PairKeep, generation: 1},
		// The apply plans once more, and asks nobody before: what only the plan saw must not decide.
		"give it up when it went dark after the refresh": {o: PairObservation{From: west, To: west, Generation: 1, Writer: me, Dark: dark(west), Records: []PairRecord{recorded(east, 2, me, PhaseFailingOver)},
			Accept: []string{AcceptStandbyUnreachable}}, want: PairRefuse, generation: 1, refused: []string{"ended half-way"}},
		"others went first": {o: PairObservation{From: west, To: east, Generation: 1, Writer: me, CoolingTime: time.Hour, LastFailoverAt: noon, Records: []PairRecord{steady, recorded(east, 2, they, PhaseActive)}},
			want: PairJoin, generation: 2, foreign: true},
		"others went, and we stay": {o: PairObservation{From: west, To: west, Generation: 1, Writer: me, Records: []PairRecord{recorded(east, 2, they, PhaseActive)}},
			want: PairKeep, generation: 1, foreign: true},
		"others went and came back": {o: PairObservation{From: west, To: west, Generation: 1, Writer: me, Records: []PairRecord{recorded(west, 3, they, PhaseActive)}},
			want: PairJoin, generation: 3, foreign: true},
		"others came back, and we go": {o: PairObservation{From: west, To: east, Generation: 1, Writer: me, Records: []PairRecord{recorded(west, 3, they, PhaseActive)}},
			want: PairFlip, generation: 4, from: west},
		"others came back a minute ago": {o: PairObservation{From: west, To: east, Generation: 1, Writer: me, CoolingTime: time.Hour, Records: []PairRecord{recorded(west, 3, they, PhaseActive)}},
			want: PairRefuse, generation: 1, refused: []string{"cooling down"}},
		"a third region holds the pair": {o: PairObservation{From: west, To: east, Generation: 1, Writer: me, Records: []PairRecord{recorded("northeurope", 2, they, PhaseActive)}},
			want: PairRefuse, generation: 1, foreign: true, refused: []string{"ann@desk made northeurope the active region", "generation 2", "set active_region to northeurope"}},
		"the state was lost":         {o: PairObservation{To: west, Records: []PairRecord{steady}}, want: PairJoin, generation: 1, foreign: true},
		"the state was lost, others": {o: PairObservation{To: west, Records: []PairRecord{recorded(east, 2, they, PhaseActive)}}, want: PairRefuse, generation: 0, foreign: true, refused: []string{"ann@desk", "set active_region to westeurope", "Change it to westus2 after that"}},
		"the state was lost, and the recorded region is dark": {o: PairObservation{To: west, Dark: dark(east), Records: []PairRecord{recorded(east, 2, they, PhaseActive)}},
			want: PairFlip, generation: 3, from: east},
		"a copy that stayed behind counts for nothing": {o: PairObservation{From: east, To: east, Generation: 2, Writer: me, Records: []PairRecord{recorded(west, 1, they, PhaseActive), recorded(east, 2, me, PhaseActive)}},
			want: PairKeep, generation: 2},
		"two began apart under one generation": {o: PairObservation{From: west, To: west, Generation: 1, Writer: me, Records: []PairRecord{steady, later1(recorded(east, 1, they, PhaseActive))}},
			want: PairKeep, generation: 1, foreign: true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			tc.o.Now = noon
			d := DecidePair(tc.o)
			if d.Action != tc.want || d.Generation != tc.generation || d.From != tc.from {
				t.Errorf("got %+v", d)
			}
			if foreign := d.Record != nil && d.Action != PairResume; foreign != tc.foreign {
				t.Errorf("the record of others is %+v", d.Record)
			}
			var said strings.Builder
			for _, r := range d.Refusals {
				said.WriteString(r.Summary + "\n" + r.Detail() + "\n")
			}
			for _, piece := range tc.refused {
				if !strings.Contains(said.String(), piece) {
					t.Errorf("the refusal says nothing of %q:\n%s", piece, said.String())
				}
			}
			var lifted []string
			for _, r := range d.Lifted {
				lifted = append(lifted, r.Accept)
			}
			if !slices.Equal(lifted, tc.lifted) {
				t.Errorf("lifted are %v, want %v", lifted, tc.lifted)
			}
		})
	}
}

func later1(r PairRecord) PairRecord {
	r.At = r.At.Add(time.Second)
	return r
}

func genRecord(t *rapid.T, label string) PairRecord {
	r := recorded(rapid.SampledFrom([]string{west, east}).Draw(t, label+" active"), rapid.Int64Range(1, 6).Draw(t, label+" generation"),
		rapid.SampledFrom([]string{me, they}).Draw(t, label+" writer"), rapid.SampledFrom([]Phase{PhaseActive, PhaseFailingOver}).Draw(t, label+" phase"))
	r.At = noon.Add(time.Duration(rapid.IntRange(-3, 3).Draw(t, label+" minutes")) * time.Minute)
	return r
}

func genObservation(t *rapid.T) PairObservation {
	locations := []string{west, east}
	o := PairObservation{
		From: rapid.SampledFrom([]string{"", west, east}).Draw(t, "from"), To: rapid.SampledFrom(locations).Draw(t, "to"),
		Mode: rapid.SampledFrom([]string{"forced", ModePlanned}).Draw(t, "mode"), Now: noon, Writer: rapid.SampledFrom([]string{"", me}).Draw(t, "writer"),
		CoolingTime: rapid.SampledFrom([]time.Duration{0, time.Minute, time.Hour}).Draw(t, "cooling"), Dark: map[string]string{},
		Accept: rapid.SliceOfDistinct(rapid.SampledFrom([]string{AcceptStandbyUnreachable, AcceptCoolingTime}), rapid.ID).Draw(t, "accept"),
	}
	if o.From != "" {
		o.Generation = rapid.Int64Range(1, 6).Draw(t, "generation")
		o.LastFailoverAt = noon.Add(-rapid.SampledFrom([]time.Duration{time.Second, 2 * time.Minute, 2 * time.Hour}).Draw(t, "last"))
	}
	for _, l := range locations {
		if rapid.Bool().Draw(t, l+" dark") {
			o.Dark[l] = "dark"
			if rapid.Bool().Draw(t, l+" silent") {
				o.Silent = append(o.Silent, l)
			}
		}
		if rapid.Bool().Draw(t, l+" has a record") {
			o.Records = append(o.Records, genRecord(t, l))
		}
	}
	return o
}

// What holds of every decision, whatever was observed.
func TestDecidePairHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := genObservation(t)
		d := DecidePair(o)
		newest, _ := NewestRecord(o.Records)
		switch d.Action {
		case PairFlip:
			// Nobody's generation is ever used twice.
			if d.Generation <= o.Generation || d.Generation <= newest.Generation && newest.Generation > o.Generation {
				t.Fatalf("flips to generation %d from %+v", d.Generation, o)
			}
			if d.From == o.To || d.From == "" {
				t.Fatalf("flips from %q to %q", d.From, o.To)
			}
		case PairResume:
			if newest.Writer != o.Writer || newest.Active != o.To || d.Generation != newest.Generation {
				t.Fatalf("resumes what is not its own: %+v", d)
			}
		case PairJoin:
			if newest.Active != o.To || d.Generation < o.Generation {
				t.Fatalf("joins another region than is wanted: %+v", d)
			}
			if len(d.Lifted) > 0 {
				t.Fatal("joining needs no override")
			}
		case PairRefuse:
			if len(d.Refusals) == 0 {
				t.Fatal("a refusal without a reason")
			}
		case PairKeep:
			if d.Generation != max(o.Generation, 1) {
				t.Fatalf("keeps under generation %d", d.Generation)
			}
		}
		for _, r := range d.Refusals {
			if r.Summary == "" || r.Reason == "" || r.Remedy == "" {
				t.Fatalf("a refusal says too little: %+v", r)
			}
			if r.Accept != "" && slices.Contains(o.Accept, r.Accept) {
				t.Fatalf("refused in spite of accept: %+v", r)
			}
		}
		for _, r := range d.Lifted {
			if !slices.Contains(o.Accept, r.Accept) {
				t.Fatalf("lifted unasked: %+v", r)
			}
		}
	})
}

// A forced failover comes to the same whatever is known of the health of the
// region that is left.
func TestForcedFlipNeedsNothingOfTheRegionThatIsLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := genObservation(t)
		if o.From == "" || o.From == o.To || o.Mode == ModePlanned {
			return
		}
		delete(o.Dark, o.From)
		o.Silent = slices.DeleteFunc(o.Silent, func(l string) bool { return l == o.From })
		well := DecidePair(o)
		o.Dark[o.From] = "dark"
		dark := DecidePair(o)
		if well.Action != dark.Action || well.Generation != dark.Generation {
			t.Fatalf("%+v in health, %+v in the dark", well, dark)
		}
	})
}

// An override changes nothing but the guard of its name.
func TestPairOverridesLiftOnlyThemselves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := genObservation(t)
		o.Accept = nil
		bare := DecidePair(o)
		for _, name := range []string{AcceptStandbyUnreachable, AcceptCoolingTime} {
			o.Accept = []string{name}
			d := DecidePair(o)
			want := slices.DeleteFunc(slices.Clone(bare.Refusals), func(r Refusal) bool { return r.Accept == name })
			if !slices.Equal(d.Refusals, want) {
				t.Fatalf("with %s: %+v, without: %+v", name, d.Refusals, bare.Refusals)
			}
		}
	})
}

// Two configurations that see each other's records and each follow the decision
// end in one region, whoever wants what and in whatever order they run.
func TestPairsConverge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type config struct {
			writer, at string
			generation int64
		}
		store := map[string]PairRecord{}
		clock := noon
		step := func(c *config, to string, dies bool) {
			clock = clock.Add(time.Second)
			d := DecidePair(PairObservation{From: c.at, To: to, Generation: c.generation, Writer: c.writer, Now: clock, Records: []PairRecord{store[west], store[east]}})
			switch d.Action {
			case PairFlip, PairResume:
				r := PairRecord{Active: to, Generation: d.Generation, Writer: c.writer, Phase: PhaseFailingOver, At: clock, From: d.From}
				store[to] = r
				if dies {
					return
				}
				r.Phase = PhaseActive
				store[west], store[east] = r, r
				c.at, c.generation = to, d.Generation
			case PairJoin:
				c.at, c.generation = to, d.Generation
			case PairKeep, PairRefuse:
			}
		}
		first := PairRecord{Active: west, Generation: 1, Writer: me, Phase: PhaseActive, At: clock}
		store[west], store[east] = first, first
		configs := []*config{{writer: me, at: west, generation: 1}, {writer: they, at: west, generation: 1}}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			c := configs[rapid.IntRange(0, 1).Draw(t, "who")]
			step(c, rapid.SampledFrom([]string{west, east}).Draw(t, "to"), rapid.Bool().Draw(t, "dies"))
		}
		// What ended half-way is finished or joined, by whoever comes first.
		newest, _ := NewestRecord([]PairRecord{store[west], store[east]})
		for _, c := range configs {
			step(c, newest.Active, false)
		}
		for _, c := range configs {
			step(c, newest.Active, false)
			if c.at != newest.Active {
				t.Fatalf("%+v does not follow %+v", c, newest)
			}
		}
		if configs[0].generation != configs[1].generation {
			t.Fatalf("the generations are %d and %d", configs[0].generation, configs[1].generation)
		}
	})
}
