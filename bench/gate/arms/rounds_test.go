//go:build unix

package arms

import (
	"testing"
	"time"
)

func TestRoundIsDisturbedByStealAndByUnusualSwitches(t *testing.T) {
	usual := Sample{switches: 20, wall: 60 * time.Millisecond}
	r := new(Row)
	for arm := range Count {
		r.Samples[arm] = []Sample{usual, usual, usual}
	}
	busy, stolen := usual, usual
	busy.switches, stolen.steal = 300, 20*time.Millisecond
	for _, c := range []struct {
		name string
		trio [Count]Sample
		want bool
	}{
		{"as usual", [Count]Sample{usual, usual, usual}, false},
		{"switches", [Count]Sample{usual, usual, busy}, true},
		{"steal", [Count]Sample{stolen, usual, usual}, true},
	} {
		if got := r.disturbed(c.trio); got != c.want {
			t.Errorf("%s: disturbed = %v", c.name, got)
		}
	}
}
