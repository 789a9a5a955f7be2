package props

import (
	"fmt"
	"math"
)

// The false-alarm budget: the probability with which a full run may accuse a
// correct implementation is at most 1e-6. A check that is made for every input
// has falseAlarm: in one run some 1600 inputs, rows, tokens, distances and problems
// (1.6e-9), in a campaign of 10 000 inputs a law 10⁵ of them (1e-7). A check made
// once a run has falseAlarmOnce: Draw/Uniform, Draw/Survey, Draw/Collisions,
// Generator/Steps, Generator/Collisions, Sampler/Survey, Verifier/Collisions, Verifier/Survey
// for each of two operations, and Annealer/Fine for each of four problems, 1.3e-8 together.
const (
	falseAlarm     = 1e-12
	falseAlarmOnce = 1e-9
)

// evidence collects draws against an exact distribution in an e-process: the
// ratio M_n of the draws' probability under a Dirichlet(½) mixture to that under
// the law,
//
//	M_n = B(½ + n) / B(½) / Π p_k^{n_k}
//
// whose mean is 1 under the law after any number of draws, so that M_n ≥ 1/α has
// probability at most α whenever one stops (Ville's inequality).
type evidence struct {
	p      []float64
	counts []int
	total  int
	logM   float64
}

func newEvidence(p []float64) *evidence {
	return &evidence{p: p, counts: make([]int, len(p))}
}

// count takes one draw in; a cell of probability 0 settles the matter.
func (e *evidence) count(cell int) {
	predicted := (float64(e.counts[cell]) + 0.5) / (float64(e.total) + 0.5*float64(len(e.p)))
	e.logM += math.Log(predicted / e.p[cell])
	e.counts[cell]++
	e.total++
}

// damning reports whether the evidence is beyond the false alarm allowed.
func (e *evidence) damning() bool { return e.logM >= -math.Log(falseAlarm) }

// verdict names the cell that is furthest off, if the evidence is damning.
func (e *evidence) verdict() error {
	if !e.damning() {
		return nil
	}
	worst, furthest := 0, -1.0
	for cell, n := range e.counts {
		expected := e.p[cell] * float64(e.total)
		if far := math.Abs(float64(n)-expected) / math.Sqrt(expected+0.1); far > furthest {
			worst, furthest = cell, far
		}
	}
	return fmt.Errorf("cell %d of %d came %d times in %d draws, expected %.4g (evidence exp(%.4g) against the law)",
		worst, len(e.p), e.counts[worst], e.total, e.p[worst]*float64(e.total), e.logM)
}
