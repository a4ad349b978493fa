package workflows

import "testing"

func TestControlsDecidePerRun(t *testing.T) {
	c := NewControls(Settings{DurationMilliseconds: 5, CancelDelayMilliseconds: 7, Rules: []Rule{{"slow", 9}, {"slower", 11}}})
	for description, want := range map[string]int{"any": 5, "slow one": 9, "slower": 9} {
		duration, delay, held, _ := c.ask("westus2", description)
		if duration != milliseconds(want) || delay != milliseconds(7) || held {
			t.Errorf("%s: %v %v %v", description, duration, delay, held)
		}
	}
	_, _, _, changed := c.ask("westus2", "any")
	c.Hold(Hold{Region: "westus2"})
	c.Hold(Hold{Region: "westus2"})
	c.Hold(Hold{Description: "[tfg:"})
	select {
	case <-changed:
	default:
		t.Error("a waiting job is not told")
	}
	for _, r := range []struct {
		region, description string
		held                bool
	}{{"westus2", "any", true}, {"westeurope", "any", false}, {"westeurope", "[tfg:x] any", true}} {
		if _, _, held, _ := c.ask(r.region, r.description); held != r.held {
			t.Errorf("%+v: held %v", r, held)
		}
	}
	if left := c.Release(Hold{Region: "westus2"}).Holds; len(left) != 1 || left[0].Description != "[tfg:" {
		t.Errorf("left: %+v", left)
	}
	if left := c.Release(Hold{}).Holds; len(left) != 0 {
		t.Errorf("left: %+v", left)
	}
}

func TestSettingsAreChecked(t *testing.T) {
	for name, s := range map[string]Settings{
		"duration": {DurationMilliseconds: -1}, "delay": {CancelDelayMilliseconds: -1},
		"rule": {Rules: []Rule{{"", 1}}}, "rule's duration": {Rules: []Rule{{"x", -1}}},
	} {
		if s.Validate() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
