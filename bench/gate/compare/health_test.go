//go:build unix

package compare

import (
	"math"
	"testing"

	"temper/bench/gate/arms"
	"temper/bench/gate/decide"
)

// timed is a row whose arms took so many seconds in each pair.
func timed(times [arms.Count][]float64) *arms.Row {
	r := &arms.Row{Package: "m", Name: "X"}
	for arm, seconds := range times {
		for _, s := range seconds {
			r.Samples[arm] = append(r.Samples[arm], arms.Sample{Seconds: s})
		}
	}
	return r
}

func TestControlsNoticeWhatTheyAreFor(t *testing.T) {
	level, jitter, slower := make([]float64, 13), make([]float64, 13), make([]float64, 13)
	for i := range level {
		level[i] = 1 + float64(i)/100
		jitter[i] = level[i] * math.Exp(0.001*math.Sin(float64(i)*2))
		slower[i] = level[i] * (1.5 + float64(i)/1000)
	}
	well := timed([arms.Count][]float64{level, jitter, slower})
	if h := health(well, []*arms.Row{well}); h.Broken() != "" || h.Unstable() {
		t.Errorf("all is well, but %+v", h)
	}
	moved := timed([arms.Count][]float64{level, slower, slower})
	if h := health(well, []*arms.Row{moved}); len(h.Moved) != 1 || h.Broken() == "" {
		t.Errorf("base and base′ of a row are apart, but %+v", h)
	}
	blind := timed([arms.Count][]float64{level, jitter, jitter})
	if h := health(blind, nil); h.Slowed != decide.Pass || h.Broken() == "" {
		t.Errorf("the planted slowdown was not found, but %+v", h)
	}
}
