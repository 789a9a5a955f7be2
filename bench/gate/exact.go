//go:build unix

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
// isn't exact. One that head no longer reports is worse: nobody can tell any more.
// The level is that of the test where allocations vary by themselves.
func exactMetrics(r *row, level float64) []Exact {
	var metrics []Exact
	for _, value := range r.samples[base][0].result.Values {
		unit := value.Unit
		exact, better := r.declared(unit)
		if unit == allocs {
			metrics = append(metrics, r.allocations(level))
		} else if exact {
			was, is := best(r.values(base, unit), better), best(r.values(head, unit), better)
			metrics = append(metrics, Exact{Unit: unit, Base: Number(was), Head: Number(is), Worse: worse(was, is, better)})
		}
	}
	return metrics
}

// declared is what head says of a unit or, where it says nothing, base.
func (r *row) declared(unit string) (exact bool, better int) {
	for _, arm := range []int{head, base} {
		units := r.samples[arm][0].units
		if units.GetAssumption(unit) == benchmath.AssumeExact {
			return true, units.GetBetter(unit)
		}
	}
	return false, 0
}

// best is the greatest value where higher is better, else the least; NaN if
// there is none.
func best(values []float64, better int) float64 {
	switch {
	case len(values) == 0:
		return math.NaN()
	case better > 0:
		return slices.Max(values)
	}
	return slices.Min(values)
}

func (r *row) allocations(level float64) Exact {
	was, again, is := r.values(base, allocs), r.values(same, allocs), r.values(head, allocs)
	return Exact{Unit: allocs, Base: Number(best(was, -1)), Head: Number(best(is, -1)), Worse: moreAllocations(was, again, is, level)}
}

// moreAllocations compares the least counts over the rounds, which leaves out
// what the runtime allocates now and then. Where identical builds differ among
// themselves, so that the least count is chance, the pairs must say so too, by a
// test at this level.
func moreAllocations(was, again, is []float64, level float64) bool {
	if len(is) < len(was) {
		return true
	}
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
