//go:build unix

package main

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"temper/bench/gate/arms"
	"temper/bench/gate/decide"
)

// A pool holds the noise of one row, measured in runs without a change: for each pair,
// ln(time) of the three arms minus ln of the median time of the run. The arms of a pair
// ran at the same moment with different layouts, so that the pool contains the noise of
// both. With a median of 100 ns, a pair of 100, 101 and 99 ns is (0, 0.010, −0.010).
type pool [][arms.Count]float64

// pools returns the noise of every row over all runs of a scenario.
func pools(records []*record) ([]pool, error) {
	byRow := map[string]pool{}
	for _, r := range records {
		var times [arms.Count]map[string][]float64
		for arm := range arms.Count {
			var err error
			if times[arm], err = r.times(arm); err != nil {
				return nil, err
			}
		}
		for row, base := range times[arms.Base] {
			same, head := times[arms.Same][row], times[arms.Head][row]
			centre := math.Log(median(slices.Concat(base, same, head)))
			for i := range min(len(base), len(same), len(head)) {
				byRow[row] = append(byRow[row], [arms.Count]float64{
					math.Log(base[i]) - centre, math.Log(same[i]) - centre, math.Log(head[i]) - centre})
			}
		}
	}
	var all []pool
	for _, row := range slices.Sorted(maps.Keys(byRow)) {
		all = append(all, byRow[row])
	}
	return all, nil
}

// pair draws a measured pair and returns two of its three arms, in random order, as base
// and head. It may do so because all three arms ran the same code.
func (p pool) pair(rng *rand.Rand) (base, head float64) {
	measured := p[rng.IntN(len(p))]
	order := rng.Perm(len(measured))
	return measured[order[0]], measured[order[1]]
}

// simulate simulates runs of the gate with measured noise and a slowdown in the first
// row: 0.05 is 5 %. It returns the share of red runs by the gate, and by every other
// rule in the first 500 runs, because the test of the other rules takes long.
func simulate(rng *rand.Rand, rows []pool, slowdown float64, runs int) (gate float64, others []float64) {
	plan := decide.NewPlan(len(rows), decide.Margin)
	others = make([]float64, len(rules))
	tested := min(runs, 500)
	for run := range runs {
		base, head := map[string][]float64{}, map[string][]float64{}
		red := false
		d := make([][]float64, len(rows))
		var judged []decide.Judgement
		for k, look := range plan.Looks {
			open := false
			for r, noise := range rows {
				name := string(rune('a' + r))
				for len(d[r]) < look.Pairs && (judged == nil || judged[r].Verdict == decide.Open) {
					was, is := noise.pair(rng)
					if r == 0 {
						is += math.Log1p(slowdown)
					}
					d[r] = append(d[r], is-was)
					base[name] = append(base[name], math.Exp(was))
					head[name] = append(head[name], math.Exp(is))
				}
			}
			judged = plan.Judge(k, judged, d, false)
			for _, row := range judged {
				open = open || row.Verdict == decide.Open
				red = red || row.Verdict == decide.Fail
			}
			if !open {
				break
			}
		}
		if red {
			gate += 1 / float64(runs)
		}
		for i, u := range rules {
			if run < tested && u.red(base, head) {
				others[i] += 1 / float64(tested)
			}
		}
	}
	return gate, others
}
