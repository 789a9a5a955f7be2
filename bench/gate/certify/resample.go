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

// A pool holds the noise of one row as it was measured where nothing changed:
// ln(time) of the three arms of one pair, less the median of its run. A pair's
// arms share the moment and differ in layout, so both kinds of noise are in it.
type pool [][arms.Count]float64

// pools collects the noise of every row over all runs of a scenario.
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

// pair draws a measured pair and takes two of its three arms, in random order, as
// base and head: nothing tells them apart.
func (p pool) pair(rng *rand.Rand) (base, head float64) {
	trio := p[rng.IntN(len(p))]
	order := rng.Perm(len(trio))
	return trio[order[0]], trio[order[1]]
}

// simulate plays runs of the gate with measured noise and a slowdown in the first
// row. It returns the share of red runs, by the gate and by every other rule. The others
// are computed in the first few hundred runs only, because they are slow.
func simulate(rng *rand.Rand, rows []pool, slowdown float64, runs int) (gate float64, others []float64) {
	plan := decide.NewPlan(len(rows), 0.03)
	others = make([]float64, len(rules))
	asked := min(runs, 500)
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
			if run < asked && u.red(base, head) {
				others[i] += 1 / float64(asked)
			}
		}
	}
	return gate, others
}
