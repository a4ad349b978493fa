package failover

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const storeWest, storeEast = "westus2", "westeurope"

var (
	storeNow   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	storePoint = storeNow.Add(-2 * time.Hour)
)

// storeLeaving is the failover of a store that is in sync and whose figures are fresh.
func storeLeaving(change func(*StoreObservation)) StoreObservation {
	facts := ManifestFacts{SHA256: "aa", RecoveryPoint: storePoint}
	o := StoreObservation{
		From: storeWest, To: storeEast, Standby: storeEast, Mode: "forced", Flows: true, Known: true, InSync: true, Now: storeNow,
		Left: storeEast, Recorded: facts, Manifest: ManifestFound, Seen: facts,
	}
	if change != nil {
		change(&o)
	}
	return o
}

func limit(t interface{ Fatal(args ...any) }, text string) *DataLoss {
	l, err := ParseDataLoss(text)
	if err != nil {
		t.Fatal(err)
	}
	return &l
}

func storeBehind(o *StoreObservation) { o.PendingBlobs, o.PendingBytes, o.InSync = 2, 2000, false }

func TestDecideStore(t *testing.T) {
	stay := func(o *StoreObservation) { o.To = o.From }
	planned := func(o *StoreObservation) { o.Mode = ModePlanned }
	dark := func(locations ...string) func(*StoreObservation) {
		return func(o *StoreObservation) { o.Silent = locations }
	}
	limited := func(text string) func(*StoreObservation) {
		return func(o *StoreObservation) { o.Limit = limit(t, text) }
	}
	accept := func(names ...string) func(*StoreObservation) {
		return func(o *StoreObservation) { o.Accept = names }
	}
	found := func(m ManifestState) func(*StoreObservation) {
		return func(o *StoreObservation) { o.Manifest, o.Seen = m, ManifestFacts{} }
	}
	seen := func(sha string, at time.Time) func(*StoreObservation) {
		return func(o *StoreObservation) { o.Seen = ManifestFacts{sha, at} }
	}
	oneWay := func(o *StoreObservation) { o.Flows = false }
	// Azure replicates, and no manifest is kept.
	azures := func(o *StoreObservation) { o.ByAzure, o.Left, o.Manifest = true, "", ManifestMissing }
	unknown := func(o *StoreObservation) { o.Known = false }
	type changes []func(*StoreObservation)
	for name, tc := range map[string]struct {
		observed changes
		want     StoreAction
		// refused and lifted are the names of the guards; "-" one without a name.
		refused, lifted string
		says            string
		loss            bool
	}{
		"nothing to do":                       {changes{stay}, StoreKeep, "", "", "", false},
		"behind":                              {changes{stay, storeBehind}, StoreReplicate, "", "", "", false},
		"behind, one way only":                {changes{stay, storeBehind, oneWay}, StoreKeep, "", "", "", false},
		"behind, source dark":                 {changes{stay, storeBehind, dark(storeWest)}, StoreKeep, "", "", "", false},
		"behind, standby dark":                {changes{stay, storeBehind, dark(storeEast)}, StoreKeep, "", "", "", false},
		"only what cannot be copied":          {changes{stay, func(o *StoreObservation) { o.InSync = false }}, StoreKeep, "", "", "", false},
		"manifest lost":                       {changes{stay, found(ManifestMissing)}, StoreReplicate, "", "", "", false},
		"manifest damaged":                    {changes{stay, found(ManifestUnreadable)}, StoreKeep, "", "", "", false},
		"flip in sync":                        {changes{}, StoreFlip, "", "", "", false},
		"flip behind":                         {changes{storeBehind}, StoreRefuse, AcceptDataLoss, "", "active_region unchanged", false},
		"flip behind, accepted":               {changes{storeBehind, accept(AcceptDataLoss)}, StoreFlip, "", AcceptDataLoss, "", false},
		"flip behind, other accepted":         {changes{storeBehind, accept(AcceptStaleManifest)}, StoreRefuse, AcceptDataLoss, "", "", false},
		"flip behind, one way only":           {changes{storeBehind, oneWay}, StoreRefuse, AcceptDataLoss, "", "failback_replication = true", false},
		"flip behind in the dark":             {changes{storeBehind, dark(storeWest)}, StoreFlip, "", "", "", true},
		"within the size":                     {changes{storeBehind, limited("2KB")}, StoreFlip, "", "", "", true},
		"beyond the size":                     {changes{storeBehind, limited("1KB")}, StoreRefuse, AcceptDataLoss, "", "max_data_loss is 1KB", false},
		"beyond the size in the dark":         {changes{storeBehind, limited("1KB"), dark(storeWest)}, StoreRefuse, AcceptDataLoss, "", "wait until westus2 answers", false},
		"beyond the size, accepted":           {changes{storeBehind, limited("1KB"), accept(AcceptDataLoss)}, StoreFlip, "", AcceptDataLoss, "", false},
		"size not known":                      {changes{limited("1TB"), dark(storeWest), func(o *StoreObservation) { o.Known = false }}, StoreRefuse, AcceptDataLoss, "", "is not known", false},
		"within the age":                      {changes{storeBehind, limited("3h")}, StoreFlip, "", "", "", true},
		"beyond the age":                      {changes{storeBehind, limited("1h")}, StoreRefuse, AcceptDataLoss, "", "2h0m0s ago", false},
		"beyond the age in the dark":          {changes{limited("1h"), dark(storeWest)}, StoreRefuse, AcceptDataLoss, "", "2h0m0s ago", false},
		"in sync when last looked at":         {changes{limited("1h"), dark(storeWest), func(o *StoreObservation) { o.InSyncAt = storeNow.Add(-time.Minute) }}, StoreFlip, "", "", "", false},
		"in sync now, however old the copies": {changes{limited("1h")}, StoreFlip, "", "", "", false},
		"no recovery point":                   {changes{limited("1h"), dark(storeWest), func(o *StoreObservation) { o.Recorded = ManifestFacts{}; o.Seen = ManifestFacts{} }}, StoreRefuse, AcceptDataLoss, "", "no recovery point", false},
		"the recovery point of the other":     {changes{limited("3h"), dark(storeWest), func(o *StoreObservation) { o.Left = storeWest }}, StoreRefuse, AcceptDataLoss, "", "no recovery point", false},
		"never compared":                      {changes{func(o *StoreObservation) { o.Known = false }}, StoreFlip, "", "", "", true},
		"flip without manifest":               {changes{found(ManifestMissing), dark(storeWest)}, StoreRefuse, AcceptStaleManifest, "", "missing", false},
		"flip with a damaged manifest":        {changes{found(ManifestUnreadable)}, StoreRefuse, AcceptStaleManifest, "", "delete the manifest", false},
		"flip with an older manifest":         {changes{seen("bb", storePoint.Add(-time.Hour))}, StoreRefuse, AcceptStaleManifest, "", "older than", false},
		"flip with another manifest":          {changes{seen("bb", storePoint)}, StoreRefuse, AcceptStaleManifest, "", "not the one", false},
		"flip with a newer manifest":          {changes{seen("bb", storePoint.Add(time.Hour))}, StoreFlip, "", "", "", false},
		"nobody could look at it":             {changes{found(ManifestUnseen), dark(storeEast)}, StoreFlip, "", "", "", false},
		"it never was the destination":        {changes{found(ManifestMissing), func(o *StoreObservation) { o.Left = storeWest }}, StoreFlip, "", "", "", false},
		"stale manifest accepted":             {changes{found(ManifestMissing), accept(AcceptStaleManifest)}, StoreFlip, "", AcceptStaleManifest, "", false},
		"both guards":                         {changes{storeBehind, found(ManifestMissing)}, StoreRefuse, AcceptDataLoss + " " + AcceptStaleManifest, "", "", false},
		"both guards, one lifted":             {changes{storeBehind, found(ManifestMissing), accept(AcceptDataLoss)}, StoreRefuse, AcceptStaleManifest, AcceptDataLoss, "", false},
		"planned":                             {changes{planned}, StoreReplicateThenFlip, "", "", "", false},
		"planned and behind":                  {changes{planned, storeBehind, found(ManifestMissing), limited("0B")}, StoreReplicateThenFlip, "", "", "", false},
		"planned, source dark":                {changes{planned, dark(storeWest), accept(AcceptDataLoss)}, StoreRefuse, "-", "", `"forced"`, false},
		"planned, both dark":                  {changes{planned, dark(storeWest, storeEast)}, StoreRefuse, "- -", "", "", false},
		"planned, one way only":               {changes{planned, oneWay}, StoreReplicateThenFlip, "", "", "", false},
		"planned, one way and behind":         {changes{planned, oneWay, storeBehind}, StoreRefuse, AcceptDataLoss, "", "failback_replication = true", false},
		"planned, one way and accepted":       {changes{planned, oneWay, storeBehind, accept(AcceptDataLoss)}, StoreFlip, "", AcceptDataLoss, "", false},
		"Azure's, behind":                     {changes{azures, stay, storeBehind}, StoreKeep, "", "", "", false},
		"Azure's, flip behind":                {changes{azures, storeBehind}, StoreRefuse, AcceptDataLoss, "", "wait until Azure has replicated", false},
		"Azure's, flip behind in the dark":    {changes{azures, storeBehind, dark(storeWest)}, StoreFlip, "", "", "", true},
		"Azure's, flip behind, one way":       {changes{azures, storeBehind, oneWay}, StoreRefuse, AcceptDataLoss, "", "failback_replication = true", false},
		"Azure's, planned":                    {changes{azures, planned}, StoreFlip, "", "", "", false},
		"Azure's, planned and behind":         {changes{azures, planned, storeBehind}, StoreRefuse, AcceptDataLoss, "", "wait until Azure has replicated", false},
		"Azure's, planned and not compared":   {changes{azures, planned, unknown}, StoreRefuse, AcceptDataLoss, "", "Nobody has compared", false},
		"Azure's, planned in the dark":        {changes{azures, planned, dark(storeWest)}, StoreRefuse, "-", "", `"forced"`, false},
		"Azure's, beyond the age":             {changes{azures, dark(storeWest), limited("1h"), func(o *StoreObservation) { o.InSyncAt = storePoint }}, StoreRefuse, AcceptDataLoss, "", "2h0m0s ago", false},
	} {
		t.Run(name, func(t *testing.T) {
			d := DecideStore(storeLeaving(func(o *StoreObservation) {
				for _, change := range tc.observed {
					change(o)
				}
			}))
			if d.Action != tc.want || names(d.Refusals) != tc.refused || names(d.Lifted) != tc.lifted || (d.Loss != "") != tc.loss {
				t.Errorf("got %+v", d)
			}
			if len(d.Refusals) > 0 && !strings.Contains(d.Refusals[0].Detail(), tc.says) {
				t.Errorf("it says nothing of %q: %s", tc.says, d.Refusals[0].Detail())
			}
		})
	}
}

func names(refusals []Refusal) string {
	all := make([]string, len(refusals))
	for i, r := range refusals {
		if all[i] = r.Accept; r.Accept == "" {
			all[i] = "-"
		}
	}
	return strings.Join(all, " ")
}

// What holds of every decision about a store, whatever was observed.
func TestDecideStoreProperties(t *testing.T) {
	guards := []string{AcceptDataLoss, AcceptStaleManifest}
	rapid.Check(t, func(t *rapid.T) {
		o := StoreObservation{
			From: storeWest, To: rapid.SampledFrom([]string{storeWest, storeEast}).Draw(t, "to"), Standby: storeEast, Now: storeNow,
			Mode:   rapid.SampledFrom([]string{"", "forced", ModePlanned}).Draw(t, "mode"),
			Silent: rapid.SliceOfDistinct(rapid.SampledFrom([]string{storeWest, storeEast}), rapid.ID[string]).Draw(t, "silent"),
			Flows:  rapid.Bool().Draw(t, "flows"), ByAzure: rapid.Bool().Draw(t, "by azure"), Known: rapid.Bool().Draw(t, "known"),
			PendingBlobs: rapid.Int64Range(0, 3).Draw(t, "blobs"), PendingBytes: rapid.Int64Range(0, 3000).Draw(t, "bytes"),
			Left:     rapid.SampledFrom([]string{"", storeWest, storeEast}).Draw(t, "left"),
			Recorded: ManifestFacts{"aa", storePoint},
			Manifest: rapid.SampledFrom([]ManifestState{ManifestUnseen, ManifestFound, ManifestMissing, ManifestUnreadable}).Draw(t, "manifest"),
			Seen:     ManifestFacts{rapid.SampledFrom([]string{"aa", "bb"}).Draw(t, "sha"), storePoint.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "point")) * time.Hour)},
			Accept:   rapid.SliceOfDistinct(rapid.SampledFrom(guards), rapid.ID[string]).Draw(t, "accept"),
		}
		o.InSync = o.PendingBlobs == 0
		if text := rapid.SampledFrom([]string{"", "1h", "3h", "0B", "1KB", "1GiB"}).Draw(t, "limit"); text != "" {
			o.Limit = limit(t, text)
		}
		d := DecideStore(o)
		if (d.Action == StoreRefuse) != (len(d.Refusals) > 0) {
			t.Fatalf("%s with %d refusals", d.Action, len(d.Refusals))
		}
		if flips := d.Action == StoreFlip || d.Action == StoreReplicateThenFlip; flips && o.From == o.To {
			t.Fatal("the roles are swapped though nobody wants it")
		}
		if copies := d.Action == StoreReplicate || d.Action == StoreReplicateThenFlip; copies && (len(o.Silent) > 0 || o.ByAzure) {
			t.Fatal("a copy is proposed with a silent region, or where Azure replicates")
		}
		for _, r := range d.Refusals {
			if r.Reason == "" || r.Remedy == "" || slices.Contains(o.Accept, r.Accept) {
				t.Fatalf("refused by %+v", r)
			}
		}
		// Accepting one more name takes away that refusal and no other.
		for _, name := range guards {
			more := o
			more.Accept = append(slices.Clone(o.Accept), name)
			left := slices.DeleteFunc(slices.Clone(d.Refusals), func(r Refusal) bool { return r.Accept == name })
			if got := DecideStore(more); names(got.Refusals) != names(left) {
				t.Fatalf("accepting %s leaves %q, want %q", name, names(got.Refusals), names(left))
			}
		}
		// A failover that is not planned, without a limit, and with a good manifest
		// is never held up by a silent source.
		if o.Mode != ModePlanned && o.Limit == nil && o.stale() == "" && !o.answers(o.From) && d.Action == StoreRefuse {
			t.Fatal("a silent region holds up its own failover")
		}
	})
}

func TestParseDataLoss(t *testing.T) {
	for text, want := range map[string]DataLoss{
		"24h": {Age: 24 * time.Hour}, "1ms": {Age: time.Millisecond}, "10m": {Age: 10 * time.Minute},
		"50GiB": {BySize: true, Bytes: 50 << 30}, "10GB": {BySize: true, Bytes: 10_000_000_000}, "1.5 kB": {BySize: true, Bytes: 1500}, "0B": {BySize: true},
	} {
		got, err := ParseDataLoss(text)
		if want.text = text; err != nil || got != want || got.String() != text {
			t.Errorf("%q is %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0", "0s", "-1h", "24", "10G", "10M", "1d", "GB", "-1GB", "9EiB", "99999999999999999999B", "1h GB", "NaNB", "soon"} {
		if got, err := ParseDataLoss(text); err == nil {
			t.Errorf("%q was taken for %+v", text, got)
		}
	}
}
