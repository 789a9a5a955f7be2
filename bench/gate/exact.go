package main

import (
	"math"
	"slices"

	"golang.org/x/perf/benchmath"

	"temper/bench/gate/decide"
)

// Exact is a metric that has no noise to speak of: allocations per operation, and
// whatever the benchmarks declare exact ("Unit nll assume=exact better=lower").
type Exact struct {
	Unit  string `json:"unit"`
	Base  Number `json:"base"`
	Head  Number `json:"head"`
	Worse bool   `json:"worse"`
}

const allocs = "allocs/op"

// exactMetrics compares the exact metrics of a row. One allocation more is worse,
// and so is any figure declared exact that changed other than for the better. B/op
// isn't exact. The level is that of the test where allocations vary by themselves.
func exactMetrics(r *row, level float64) []Exact {
	var metrics []Exact
	first := r.samples[head][0]
	for _, value := range first.result.Values {
		exact := value.Unit == allocs || first.units.GetAssumption(value.Unit) == benchmath.AssumeExact
		was, is := r.values(base, value.Unit), r.values(head, value.Unit)
		if !exact || len(was) == 0 {
			continue
		}
		better, best := first.units.GetBetter(value.Unit), slices.Min[[]float64]
		if better > 0 {
			best = slices.Max[[]float64]
		}
		m := Exact{Unit: value.Unit, Base: Number(best(was)), Head: Number(best(is))}
		if value.Unit == allocs {
			m.Worse = moreAllocations(was, r.values(same, allocs), is, level)
		} else {
			m.Worse = worse(best(was), best(is), better)
		}
		metrics = append(metrics, m)
	}
	return metrics
}

// moreAllocations compares the least counts over the rounds, which leaves out
// what the runtime allocates now and then. Where identical builds differ among
// themselves, so that the least count is chance, the pairs must say so too, by a
// test at this level.
func moreAllocations(was, again, is []float64, level float64) bool {
	if slices.Min(is) <= slices.Min(was) {
		return false
	}
	if slices.Min(was) == slices.Max(was) && slices.Equal(was, again) {
		return true
	}
	d := make([]float64, len(was))
	for i := range d {
		d[i] = is[i] - was[i]
	}
	return decide.SignedRank(d) <= level
}

// worse compares a figure declared exact; better is +1 for higher, −1 for lower,
// 0 for "neither, it must not change".
func worse(was, is float64, better int) bool {
	if math.IsNaN(was) || math.IsNaN(is) {
		return !math.IsNaN(was)
	}
	switch better {
	case 1:
		return !(is >= was)
	case -1:
		return !(is <= was)
	}
	return is != was
}

// values are a metric's values in one arm, pair by pair.
func (r *row) values(arm int, unit string) []float64 {
	var values []float64
	for _, s := range r.samples[arm] {
		if v, ok := s.result.Value(unit); ok {
			values = append(values, v)
		}
	}
	return values
}
