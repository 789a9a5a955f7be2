package props

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"temper/reference/sequence"
)

func verifierThresholdsLaw() Law {
	return verifierLaw[grids]{
		id: "Verifier/Thresholds",
		claim: "numbers a little below and a little above every threshold, weighed with their cells, add up to the declared rule's distribution of what comes of each draft, " +
			"where a token has p or q = 2⁻¹⁴, where a row leaves 2⁻¹⁰ for all tokens but one, and where the residual has a mass of 2⁻¹¹",
		source: "derived: small residuals that count as empty, rows that count as greedy, floors below p, numbers and rows of few bits",
		of:     knownVerify,
		once:   func(seed uint64) grids { return grids{seed} },
		judge:  weighsOut,
	}.erased()
}

func weighsOut(v sequence.Verifier, g grids) error {
	r := rand.New(rand.NewPCG(g.seed, 44))
	for _, kind := range rareKinds {
		problem, ok := newRare(v.Rule, kind, r)
		if !ok {
			continue // some rules compare numbers with thresholds that are close together
		}
		if err := problem.weighOut(v); err != nil {
			return fmt.Errorf("%w\nasked: %v", err, problem)
		}
	}
	return nil
}

// rareKinds are rows of three tokens for one drafted token, with small differences.
var rareKinds = []rareKind{
	{"an improbable token of p", false, func(r *rand.Rand) (p, q []float64) { return leaving(r, 0x1p-14, 1), leaving(r, 0.5, 1) }},
	{"an improbable token of q", false, func(r *rand.Rand) (p, q []float64) { return leaving(r, 0.5, 1), leaving(r, 0x1p-14, 1) }},
	{"p all but certain", false, func(r *rand.Rand) (p, q []float64) { return leaving(r, 1-0x1p-10, 0.25), leaving(r, 0.5, 1) }},
	{"q all but certain", false, func(r *rand.Rand) (p, q []float64) { return leaving(r, 0.5, 1), leaving(r, 1-0x1p-10, 0.25) }},
	{"p and q apart by little", false, func(r *rand.Rand) (p, q []float64) {
		p = leaving(r, 0.5, 1)
		return p, []float64{p[0] - 0x1p-11, p[1] + 0x1p-11, p[2]}
	}},
	{"no token drawn at random, p all but certain", true, func(r *rand.Rand) (p, q []float64) { return leaving(r, 1-0x1p-10, 0.25), leaving(r, 0.5, 1) }},
	{"no token drawn at random, an improbable one drafted", true, func(r *rand.Rand) (p, q []float64) { return leaving(r, 0x1p-12, 1), leaving(r, 0.75, 1) }},
}

type rareKind struct {
	name string
	bare bool // the draft is made without randomness
	rows func(r *rand.Rand) (p, q []float64)
}

// leaving is a row that gives so much to token 0, and leaves the rest to the others: a part
// of between a quarter and three quarters to token 1, scaled by part.
func leaving(r *rand.Rand, first, part float64) []float64 {
	second := (1 - first) * (0.25 + 0.5*r.Float64()*part)
	return []float64{first, second, 1 - first - second}
}

// leastGap is the least distance of thresholds: an implementation in float32 tells numbers
// a sixteenth of it apart from each of them, in logarithms too. Those closer than
// sameThreshold count as one.
const (
	leastGap      = 0x1p-16
	sameThreshold = 0x1p-20
)

// newRare draws rows of a kind until all thresholds are apart, if that happens soon.
func newRare(rule sequence.Rule, kind rareKind, r *rand.Rand) (g grid, ok bool) {
	for range enoughTries {
		p, q := kind.rows(r)
		order := r.Perm(3)
		g = grid{rule: rule, vocab: 3, count: 1, bare: kind.bare, rows: gridOf{}}
		first := gridRow{make([]float64, 3), make([]float64, 3)}
		for v, place := range order {
			first.p[place], first.q[place] = p[v], q[v]
		}
		if kind.bare {
			first.q = onlyMost(first.q)
		}
		g.rows[fmt.Sprint([]int(nil))] = first
		for _, prefix := range g.longer(nil) {
			share := 0.2 + 0.25*r.Float64()
			last := gridRow{p: make([]float64, 3)}
			last.p[order[0]], last.p[order[1]] = share, 1-share
			g.rows[fmt.Sprint(prefix)] = last
		}
		if !slices.ContainsFunc(g.drafts(), func(d sequence.Draft) bool {
			thresholds, _ := g.thresholds(d)
			return leastDistance(thresholds) < leastGap
		}) {
			return g, true
		}
	}
	return g, false
}

func leastDistance(sorted []float64) float64 {
	least := 1.0
	for i, t := range sorted[1:] {
		least = min(least, t-sorted[i])
	}
	return least
}

// thresholds are 0, 1 and what a number can be compared with, in ascending order: for every
// choice of the rule, and for every row of p, the sums of some of the probabilities, in
// whatever order an implementation adds them up. merged is the width of what counts as one.
func (g grid) thresholds(d sequence.Draft) (apart []float64, merged float64) {
	choices, err := g.rule.Choices(d)
	if err != nil {
		panic(err) // the drafts of a grid are good ones
	}
	all := []float64{0, 1}
	for _, p := range append(choices, d.P...) {
		sums := []float64{0}
		for _, x := range p {
			for _, sum := range sums {
				sums = append(sums, sum+x)
			}
		}
		all = append(all, sums...)
	}
	slices.Sort(all)
	for i, t := range all {
		if i > 0 && t-apart[len(apart)-1] < sameThreshold {
			merged += t - all[i-1]
			continue
		}
		apart = append(apart, t)
	}
	apart[len(apart)-1] = 1 // which rounding may have missed
	return apart, merged
}

// weighedNumber is the middle of a cell, with the cell's width.
type weighedNumber struct{ u, width float64 }

// cellsBetween cuts the cells between thresholds near both ends, so that their middles are
// near the thresholds, compared with these and with their distances from 1.
func cellsBetween(thresholds []float64) (cells []weighedNumber) {
	near := func(t, width float64) float64 {
		if scale := min(t, 1-t); scale > 0 {
			width = min(width, scale/2)
		}
		return min(0x1p-12, width/4)
	}
	for i, high := range thresholds[1:] {
		low := thresholds[i]
		above, below := low+near(low, high-low), high-near(high, high-low)
		for _, cell := range [][2]float64{{low, above}, {above, below}, {below, high}} {
			cells = append(cells, weighedNumber{(cell[0] + cell[1]) / 2, cell[1] - cell[0]})
		}
	}
	return cells
}

// weighOut runs every pair of cells of every draft of one token.
func (g grid) weighOut(v sequence.Verifier) error {
	for _, d := range g.drafts() {
		law, err := g.rule.Outcomes(d)
		if err != nil {
			return err
		}
		thresholds, merged := g.thresholds(d)
		slack := 1e-9 + 2*merged // for each of two numbers
		cells := cellsBetween(thresholds)
		got, example := map[string]float64{}, map[string][]float64{}
		for _, first := range cells {
			u := make([][]float64, len(cells))
			for i, second := range cells {
				u[i] = []float64{first.u, second.u}
			}
			outputs, err := verifiedBy(v, slices.Repeat([]sequence.Draft{d}, len(u)), u)
			if err != nil {
				return err
			}
			for i, tokens := range outputs {
				key := fmt.Sprint(tokens)
				got[key] += first.width * cells[i].width
				example[key] = u[i]
			}
		}
		for _, c := range law {
			key := fmt.Sprint(c.Tokens)
			if want := math.Exp(c.LogProb); !(math.Abs(got[key]-want) < slack) {
				return fmt.Errorf("%s: %v comes of numbers of a measure of %.9g, but the probability is %.9g", draftWords(d), c.Tokens, got[key], want)
			}
			delete(got, key)
		}
		if len(got) > 0 {
			tokens := slices.Min(slices.Collect(maps.Keys(got)))
			return fmt.Errorf("%s: %v comes of numbers of a measure of %.9g, as u = %v, but cannot come", draftWords(d), tokens, got[tokens], example[tokens])
		}
	}
	return nil
}
