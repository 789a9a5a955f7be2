package subjects

import (
	"math"
	"math/rand/v2"
	"slices"

	"temper/props/verdict"
	"temper/reference"
	"temper/reference/sequence"
)

// rareMutants are bugs of accept rules at some positions, in some batches, of some rows, or
// in Draw alone.
func rareMutants() (mutants []verifierMutant) {
	plain := newAccepting()
	add := func(cause string, v sequence.Verifier) {
		mutants = append(mutants, verifierMutant{"rare", "derived", cause, v, verdict.Must})
	}
	but := func(cause string, edit func(a *accepting)) { add(cause, acceptingBut(edit)) }
	drawing := func(answer func(d sequence.Draft, u []float64) []int) sequence.Verifier {
		v := answering(sequence.RejectionRule(), answer)
		v.Verify = nil
		return v
	}
	but("the first 16384 of more than 32768 tokens never come", func(a *accepting) {
		a.pick = func(weights []float64, u float64) int {
			if rest := slices.Clone(weights); len(weights) > 1<<15 {
				clear(rest[:1<<14])
				weights = massOr(rest, weights)
			}
			return tokenAt(weights, u)
		}
	})
	but("the numbers of the ninth token on are those of the first", func(a *accepting) {
		a.number = func(u []float64, i int) float64 { return u[i%8] }
	})
	but("from the fifth position on the row of p before", func(a *accepting) {
		a.instead = func(d sequence.Draft, i int) []float64 {
			if i >= 4 {
				return massOr(mapRow(residualOf(d.P[i-1], qOf(d, i)), func(v int, x float64) float64 { return x * float64(b2i(d.P[i][v] > 0)) }), d.P[i])
			}
			return residualOf(d.P[i], qOf(d, i))
		}
	})
	add("the most probable token of p is accepted whenever it is drafted", answering(sequence.RejectionRule(), func(d sequence.Draft, u []float64) []int {
		numbers := slices.Clone(u)
		for i, x := range d.Tokens {
			if d.P[i][x] == slices.Max(d.P[i]) {
				numbers[i] = 0
			}
		}
		return plain.answer(d, numbers)
	}))
	but("(p − q(x))⁺ for the residual, x the rejected token", func(a *accepting) {
		a.instead = func(d sequence.Draft, i int) []float64 {
			q := qOf(d, i)[d.Tokens[i]]
			return massOr(mapRow(lackingToken(d.P[i], d.Tokens[i]), func(_ int, x float64) float64 { return math.Max(0, x-q) }), lackingToken(d.P[i], d.Tokens[i]))
		}
	})
	but("the last token of the vocabulary where the number exceeds the sum of p", func(a *accepting) {
		a.pick = func(weights []float64, u float64) int {
			if math.Abs(addUp(weights)-1) > 1e-3 { // a residual
				return tokenAt(weights, u)
			}
			sum := 0.0
			for v, w := range weights {
				if sum += w; u < sum {
					return v
				}
			}
			return len(weights) - 1
		}
	})
	but("0.001 added to every probability of p above 0", func(a *accepting) {
		a.behind = func(d sequence.Draft) []float64 {
			return mapRow(d.P[len(d.Tokens)], func(_ int, x float64) float64 { return x + 0.001*float64(b2i(x > 0)) })
		}
	})
	add("Draw: a row with a token above 0.99 counts as greedy", drawing(func(d sequence.Draft, u []float64) []int {
		d.P = slices.Clone(d.P)
		for i, p := range d.P {
			if most := slices.Index(p, slices.Max(p)); p[most] > 0.99 {
				d.P[i] = lackingAll(p, most)
			}
		}
		return plain.answer(d, u)
	}))
	add("Draw: a residual of mass below 0.02 counts as empty", drawing(func(d sequence.Draft, u []float64) []int {
		a := plain
		a.instead = func(d sequence.Draft, i int) []float64 {
			if rest := residualOf(d.P[i], qOf(d, i)); addUp(rest) >= 0.02 {
				return rest
			}
			return d.P[i]
		}
		return a.answer(d, u)
	}))
	same := verifying(sequence.RejectionRule(), plain.answer)
	same.Verify = nil
	same.Draw = func(dst [][]int, drafts []sequence.Draft, src rand.Source) error {
		return eachGood(drafts, func(s int, d sequence.Draft) {
			for before := range s {
				if slices.Equal(drafts[before].Tokens, d.Tokens) && slices.EqualFunc(drafts[before].P, d.P, slices.Equal) {
					dst[s] = slices.Clone(dst[before])
					return
				}
			}
			u := make([]float64, len(d.Tokens)+1)
			for i := range u {
				u[i] = reference.Uniform(src)
			}
			dst[s] = plain.answer(d, u)
		})
	}
	add("the answer of an equal draft of the batch", same)
	add("a draft of no tokens takes the last row of the draft behind it", answeringBatches(sequence.RejectionRule(), func(drafts []sequence.Draft, u [][]float64, s int) []int {
		a := plain
		if next := min(s+1, len(drafts)-1); len(drafts[s].Tokens) == 0 {
			a.behind = func(d sequence.Draft) []float64 {
				row := drafts[next].P[len(drafts[next].P)-1]
				return massOr(mapRow(row, func(v int, x float64) float64 { return x * float64(b2i(d.P[0][v] > 0)) }), d.P[0])
			}
		}
		return a.answer(drafts[s], u[s])
	}))
	steps := treeSteps{1, below, true, true}
	add("tree: the first two children alone", answering(sequence.TreeRule(1), func(d sequence.Draft, u []float64) []int {
		return steps.answer(withoutTokens(d, func(_, place, _ int) bool { return place >= 2 }), u)
	}))
	add("tree: a child that does not stand beside the one before is not seen", answering(sequence.TreeRule(1), func(d sequence.Draft, u []float64) []int {
		return steps.answer(withoutTokens(d, func(token, place, before int) bool { return place > 0 && before != token-1 }), u)
	}))
	add("block: the residual's ratio lacks the last factor", answering(sequence.BlockRule(), func(d sequence.Draft, u []float64) []int {
		b, before := newBlockSteps(), 1.0
		joint, residual := b.joint, b.residual
		b.joint = func(w, p, q float64) float64 {
			before = w
			return joint(w, p, q)
		}
		b.residual = func(p, q []float64, _ float64) []float64 { return residual(p, q, before) }
		return b.answer(d, u)
	}))
	add("sampler match: one number for all positions", answering(sequence.SamplerMatchRule(), func(d sequence.Draft, u []float64) []int {
		return matchAnswer(d, slices.Repeat(u[:1], len(u)))
	}))
	add("typical: the entropy of the first row for all", answering(sequence.TypicalRule(0.3, 0.6), func(d sequence.Draft, u []float64) []int {
		for i, x := range d.Tokens {
			if !(d.P[i][x] > math.Min(0.3, 0.6*math.Exp(-nats(d.P[0])))) {
				return append(slices.Clone(d.Tokens[:i]), tokenAt(d.P[i], u[len(u)-1]))
			}
		}
		return append(slices.Clone(d.Tokens), tokenAt(d.P[len(d.Tokens)], u[len(u)-1]))
	}))
	return mutants
}

// withoutTokens is a tree without the tokens that are named by their index, their place among
// the tokens that follow the same one, counted from 0, and the index of the one before in that
// order; and without what follows them.
func withoutTokens(d sequence.Draft, out func(token, place, before int) bool) sequence.Draft {
	kept, index := sequence.Draft{P: d.P[:1:1]}, map[int]int{-1: -1}
	for i, x := range d.Tokens {
		parent := i - 1
		if d.Parents != nil {
			parent = d.Parents[i]
		}
		siblings := d.Children(parent)
		place := slices.Index(siblings, i)
		at, in := index[parent]
		if !in || out(i, place, siblings[max(0, place-1)]) {
			continue
		}
		index[i] = len(kept.Tokens)
		kept.Tokens, kept.Parents, kept.P = append(kept.Tokens, x), append(kept.Parents, at), append(kept.P, d.P[i+1])
	}
	return kept
}
