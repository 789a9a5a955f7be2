package subjects

import (
	"math/rand/v2"
	"slices"

	"temper/props/verdict"
	"temper/reference/sequence"
)

// togetherMutants are bugs of accept rules in larger batches, in longer drafts, of rarer tokens
// and of wider trees, and in the memory that answers are written to.
func togetherMutants() (mutants []verifierMutant) {
	plain, rejection := newAccepting(), sequence.RejectionRule()
	add := func(cause string, v sequence.Verifier) {
		mutants = append(mutants, verifierMutant{"batches", "derived", cause, v, verdict.Must})
	}
	drawing := func(v sequence.Verifier) sequence.Verifier {
		v.Verify = nil
		return v
	}
	stale := answeringBatches(rejection, func(drafts []sequence.Draft, u [][]float64, s int) []int {
		d := drafts[s]
		if s >= 8 && len(drafts[s-8].Q) > 0 {
			before := drafts[s-8].Q
			d.Q = slices.Clone(d.Q)
			for i := range d.Q {
				if q := before[min(i, len(before)-1)]; len(q) == len(d.Q[i]) && q[d.Tokens[i]] > 0 {
					d.Q[i] = q
				}
			}
		}
		return plain.answer(d, u[s])
	})
	add("q of the draft 8 places before", stale)
	add("Draw: q of the draft 8 places before", drawing(stale))
	add("Draw: p of the draft 16 places before", drawing(answeringBatches(rejection, func(drafts []sequence.Draft, u [][]float64, s int) []int {
		d := drafts[s]
		if s >= 16 {
			d.P = slices.Clone(d.P)
			copy(d.P, drafts[s-16].P)
		}
		return plain.answer(d, u[s])
	})))
	again := func(distance int) sequence.Verifier {
		return drawing(answeringBatches(rejection, func(drafts []sequence.Draft, u [][]float64, s int) []int {
			numbers := slices.Clone(u[s])
			if s/distance%2 == 1 {
				copy(numbers, u[s-distance])
			}
			return plain.answer(drafts[s], numbers)
		}))
	}
	add("Draw: the numbers of the draft 2 places before", again(2))
	add("Draw: the numbers of the draft 100 places before", again(100))
	short := answering(rejection, plain.answer)
	draw := short.Draw
	short.Verify, short.Draw = nil, func(dst [][]int, drafts []sequence.Draft, src rand.Source) error {
		return draw(dst, drafts, rand.NewPCG(src.Uint64()>>48, 1))
	}
	add("Draw: a generator for each call, made from 16 bits of a word", short)
	add("the places of drafts in 16 bits", answeringBatches(rejection, func(drafts []sequence.Draft, u [][]float64, s int) []int {
		return plain.answer(drafts[s&0xffff], u[s])
	}))
	verify := answering(rejection, plain.answer).Verify
	shared := answering(rejection, plain.answer)
	shared.Draw, shared.Verify = nil, func(dst [][]int, drafts []sequence.Draft, u [][]float64) error {
		err := verify(dst, drafts, u)
		for s := range dst {
			for before := range s {
				if err == nil && slices.Equal(dst[before], dst[s]) {
					dst[s] = dst[before]
				}
			}
		}
		return err
	}
	add("equal answers share their memory", shared)
	add("u < p/(q + 1e-10)", acceptingBut(func(a *accepting) {
		a.accept = func(u, p, q float64) bool { return u < p/(q+1e-10) }
	}))
	add("from the 33rd position on the q of 32 positions before", acceptingBut(func(a *accepting) {
		a.instead = func(d sequence.Draft, i int) []float64 {
			if i < 32 {
				return residualOf(d.P[i], qOf(d, i))
			}
			return massOr(residualOf(d.P[i], qOf(d, i-32)), residualOf(d.P[i], qOf(d, i)))
		}
	}))
	add("the number of the seventeenth token on is that of the first again", acceptingBut(func(a *accepting) {
		a.number = func(u []float64, i int) float64 { return u[i%16] }
	}))
	add("at most 64 tokens accepted", answering(rejection, func(d sequence.Draft, u []float64) []int {
		if len(d.Tokens) > 64 {
			d.Tokens, d.P = d.Tokens[:64], d.P[:65]
			if d.Q != nil {
				d.Q = d.Q[:64]
			}
		}
		return plain.answer(d, u)
	}))
	steps := treeSteps{1, below, true, true}
	add("tree: the first eight children alone", answering(sequence.TreeRule(1), func(d sequence.Draft, u []float64) []int {
		return steps.answer(withoutTokens(d, func(_, place, _ int) bool { return place >= 8 }), u)
	}))
	exact := rejection.Verifier()
	none := exact
	none.Verify = func(dst [][]int, drafts []sequence.Draft, u [][]float64) error {
		_ = drafts[len(drafts)-1]
		return exact.Verify(dst, drafts, u)
	}
	mutants = append(mutants, verifierMutant{"batches", "derived", "a batch of no drafts panics", none, verdict.Should})
	appended := exact
	appended.Draw, appended.Verify = nil, func(dst [][]int, drafts []sequence.Draft, u [][]float64) error {
		own := make([][]int, len(dst))
		err := exact.Verify(own, drafts, u)
		for s, tokens := range own {
			if tokens != nil && len(dst) == len(drafts) {
				dst[s] = append(dst[s], tokens...)
			}
		}
		return err
	}
	mutants = append(mutants, verifierMutant{"batches", "derived", "tokens appended to what dst holds", appended, verdict.Should})
	seedless := exact
	seedless.Verify, seedless.Draw = nil, func(dst [][]int, drafts []sequence.Draft, src rand.Source) error {
		if src == nil {
			src = rand.NewPCG(1, 1)
		}
		return exact.Draw(dst, drafts, src)
	}
	return append(mutants, verifierMutant{"batches", "derived", "a source of its own where there is none", seedless, verdict.Should})
}
