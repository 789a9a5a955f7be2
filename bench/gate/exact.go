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
	Unit  string  `json:"unit"`
	Base  float64 `json:"base"`
	Head  float64 `json:"head"`
	Worse bool    `json:"worse"`
}

const allocs = "allocs/op"

// exactMetrics compares the exact metrics of a row. One allocation more is worse,
// and so is any figure declared exact that changed other than for the better. B/op
// isn't exact. The level is that of the test where allocations vary by themselves.
func exactMetrics(r *row, level float64) []Exact {
	var metrics []Exact
	for _, s := range r.samples[head][:1] {
		for _, value := range s.result.Values {
			declared := s.units.GetAssumption(value.Unit) == benchmath.AssumeExact
			if value.Unit != allocs && !declared {
				continue
			}
			was, is := r.values(base, value.Unit), r.values(head, value.Unit)
			if len(was) == 0 || len(is) == 0 {
				continue
			}
			m := Exact{Unit: value.Unit, Base: slices.Min(was), Head: slices.Min(is)}
			if value.Unit == allocs {
				m.Worse = moreAllocations(was, r.values(same, allocs), is, level)
			} else {
				if s.units.GetBetter(value.Unit) > 0 {
					m.Base, m.Head = slices.Max(was), slices.Max(is)
				}
				m.Worse = worse(m.Base, m.Head, s.units.GetBetter(value.Unit))
			}
			metrics = append(metrics, m)
		}
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
