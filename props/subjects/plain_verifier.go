package subjects

import (
	"math"
	"math/rand/v2"
	"slices"

	"temper/reference"
	"temper/reference/sequence"
)

// answering is a verifier given by what it answers to one good draft with n + 1 numbers.
// Its Draw takes the numbers from the source.
func answering(rule sequence.Rule, answer func(d sequence.Draft, u []float64) []int) sequence.Verifier {
	v := verifying(rule, answer)
	v.Draw = answeringWords(rule, func(d sequence.Draft, src rand.Source) []int {
		u := make([]float64, len(d.Tokens)+1)
		for i := range u {
			u[i] = reference.Uniform(src)
		}
		return answer(d, u)
	}).Draw
	return v
}

// verifying is answering without Draw.
func verifying(rule sequence.Rule, answer func(d sequence.Draft, u []float64) []int) sequence.Verifier {
	return sequence.Verifier{Name: rule.Name, Available: true, Rule: rule, Verify: func(dst [][]int, drafts []sequence.Draft, u [][]float64) error {
		return eachGood(drafts, func(s int, d sequence.Draft) { dst[s] = answer(d, u[s]) })
	}}
}

// answeringWords is answering without Verify.
func answeringWords(rule sequence.Rule, answer func(d sequence.Draft, src rand.Source) []int) sequence.Verifier {
	return sequence.Verifier{Name: rule.Name, Available: true, Rule: rule, Draw: func(dst [][]int, drafts []sequence.Draft, src rand.Source) error {
		return eachGood(drafts, func(s int, d sequence.Draft) { dst[s] = answer(d, src) })
	}}
}

func eachGood(drafts []sequence.Draft, answer func(s int, d sequence.Draft)) error {
	var bad reference.RowErrors
	for s, d := range drafts {
		if err := d.Check(); err != nil {
			bad = append(bad, reference.RowError{Row: s, Err: err})
			continue
		}
		answer(s, d)
	}
	return bad.Err()
}

// accepting is speculative sampling of a chain, step by step as kernels do it: accept by
// comparison, a residual, and an inverse distribution function. The steps can be replaced.
type accepting struct {
	accept   func(u, p, q float64) bool
	instead  func(d sequence.Draft, i int) []float64 // weights of the token in place of token i
	behind   func(d sequence.Draft) []float64        // weights of the token behind all accepted ones
	pick     func(weights []float64, u float64) int
	number   func(u []float64, i int) float64 // of the decision about token i
	lastFrom func(u []float64, accepted int) float64
}

func newAccepting() accepting {
	return accepting{
		accept:   func(u, p, q float64) bool { return u*q < p },
		instead:  func(d sequence.Draft, i int) []float64 { return residualOf(d.P[i], qOf(d, i)) },
		behind:   func(d sequence.Draft) []float64 { return d.P[len(d.Tokens)] },
		pick:     tokenAt,
		number:   func(u []float64, i int) float64 { return u[i] },
		lastFrom: func(u []float64, _ int) float64 { return u[len(u)-1] },
	}
}

func (a accepting) answer(d sequence.Draft, u []float64) []int {
	for i, x := range d.Tokens {
		if !a.accept(a.number(u, i), d.P[i][x], qOf(d, i)[x]) {
			return append(slices.Clone(d.Tokens[:i]), a.pick(a.instead(d, i), a.lastFrom(u, i)))
		}
	}
	return append(slices.Clone(d.Tokens), a.pick(a.behind(d), a.lastFrom(u, len(d.Tokens))))
}

// acceptingBut is the plain verifier after an edit.
func acceptingBut(edit func(a *accepting)) sequence.Verifier {
	a := newAccepting()
	edit(&a)
	return answering(sequence.RejectionRule(), a.answer)
}

// qOf is the row that token i was drawn from, one-hot for drafts without randomness.
func qOf(d sequence.Draft, i int) []float64 {
	if d.Q != nil {
		return d.Q[i]
	}
	row := make([]float64, len(d.P[i]))
	row[d.Tokens[i]] = 1
	return row
}

// residualOf are the weights (p − q)⁺, or p where they have no mass.
func residualOf(p, q []float64) []float64 {
	return massOr(mapRow(p, func(v int, x float64) float64 { return math.Max(0, x-q[v]) }), p)
}

// massOr is the row, or another one where it has no mass.
func massOr(row, other []float64) []float64 {
	if addUp(row) > 0 {
		return row
	}
	return other
}

func mapRow(row []float64, f func(v int, x float64) float64) []float64 {
	mapped := make([]float64, len(row))
	for v, x := range row {
		mapped[v] = f(v, x)
	}
	return mapped
}

// lackingToken is the row with weight 0 of a token.
func lackingToken(p []float64, x int) []float64 {
	return mapRow(p, func(v int, w float64) float64 {
		if v == x {
			return 0
		}
		return w
	})
}
