package subjects

import (
	"math"
	"math/rand/v2"
	"slices"

	"temper/props/verdict"
	"temper/reference"
	"temper/reference/sequence"
)

// engineMutants are bugs of accept rules that only some drafts, rows, numbers or batches
// show, as kernels for engines have them.
func engineMutants() []verifierMutant {
	return slices.Concat(shortcutMutants(), roundedMutants(), indexMutants(), levelMutants(), uncheckedMutants(), rareMutants())
}

// shortcutMutants treat some rows or drafts by a shorter way that is not theirs.
func shortcutMutants() (mutants []verifierMutant) {
	add := func(source, cause string, edit func(a *accepting)) {
		mutants = append(mutants, verifierMutant{"shortcut", source, cause, acceptingBut(edit), verdict.Must})
	}
	add("derived", "the token behind all accepted ones comes from the last row of q, where p > 0", func(a *accepting) {
		a.behind = func(d sequence.Draft) []float64 {
			p := d.P[len(d.Tokens)]
			if len(d.Tokens) == 0 {
				return p
			}
			q := qOf(d, len(d.Tokens)-1)
			return massOr(mapRow(p, func(v int, x float64) float64 { return float64(b2i(x > 0)) * q[v] }), p)
		}
	})
	for _, c := range []struct {
		mass  float64
		cause string
	}{
		{0.05, "a residual of mass below 0.05 counts as empty"},
		{1e-3, "a residual of mass below 0.001 counts as empty"},
	} {
		add("derived", c.cause, func(a *accepting) {
			a.instead = func(d sequence.Draft, i int) []float64 {
				rest := residualOf(d.P[i], qOf(d, i))
				if addUp(rest) < c.mass {
					return d.P[i]
				}
				return rest
			}
		})
	}
	add("derived", "of drafts without randomness p itself in place of a rejected token", func(a *accepting) {
		a.instead = func(d sequence.Draft, i int) []float64 {
			if d.Q == nil {
				return d.P[i]
			}
			return residualOf(d.P[i], qOf(d, i))
		}
	})
	greedy := func(least float64) func(d sequence.Draft, u []float64) []int {
		plain := newAccepting()
		return func(d sequence.Draft, u []float64) []int {
			d.P = slices.Clone(d.P)
			for i, p := range d.P {
				if most := slices.Index(p, slices.Max(p)); p[most] > least {
					d.P[i] = lackingAll(p, most)
				}
			}
			return plain.answer(d, u)
		}
	}
	answer := func(source, cause string, f func(d sequence.Draft, u []float64) []int) {
		mutants = append(mutants, verifierMutant{"shortcut", source, cause, answering(sequence.RejectionRule(), f), verdict.Must})
	}
	answer("derived", "a row with a token above 0.9 counts as greedy", greedy(0.9))
	answer("derived", "a row with a token above 0.99 counts as greedy", greedy(0.99))
	answer("derived", "greedy rows give no token behind n accepted ones", func(d sequence.Draft, u []float64) []int {
		out := newAccepting().answer(d, u)
		sure := !slices.ContainsFunc(d.P, func(p []float64) bool { return slices.Max(p) < 1 })
		if sure && len(d.Tokens) > 0 && len(out) > len(d.Tokens) {
			out = out[:len(d.Tokens)]
		}
		return out
	})
	answer("derived", "token 2 ends the text, and none comes behind it", func(d sequence.Draft, u []float64) []int {
		out := newAccepting().answer(d, u)
		if i := slices.Index(out, 2); i >= 0 {
			return out[:i+1]
		}
		return out
	})
	answer("derived", "a drafted token that was drafted before is accepted without a look at q", func(d sequence.Draft, u []float64) []int {
		a := newAccepting()
		a.number = func(u []float64, i int) float64 {
			if slices.Contains(d.Tokens[:i], d.Tokens[i]) {
				return 0
			}
			return u[i]
		}
		return a.answer(d, u)
	})
	answer("derived", "the residual of the first 1024 tokens alone", func(d sequence.Draft, u []float64) []int {
		a := newAccepting()
		a.instead = func(d sequence.Draft, i int) []float64 {
			rest := residualOf(d.P[i], qOf(d, i))
			return massOr(rest[:min(len(rest), 1024)], rest)
		}
		return a.answer(d, u)
	})
	return mutants
}

// lackingAll is the row with all mass on a token.
func lackingAll(p []float64, token int) []float64 {
	return mapRow(p, func(v int, _ float64) float64 { return float64(b2i(v == token)) })
}

// roundedMutants round rows or numbers.
func roundedMutants() (mutants []verifierMutant) {
	add := func(source, cause string, v sequence.Verifier) {
		mutants = append(mutants, verifierMutant{"rounded", source, cause, v, verdict.Must})
	}
	plain := newAccepting()
	add("derived", "numbers rounded to float32, and 1 gives the last token of the vocabulary", answering(sequence.RejectionRule(), func(d sequence.Draft, u []float64) []int {
		a := plain
		a.pick = func(weights []float64, u float64) int {
			if u >= 1 {
				return len(weights) - 1
			}
			return tokenAt(weights, u)
		}
		return a.answer(d, mapRow(u, func(_ int, x float64) float64 { return float64(float32(x)) }))
	}))
	add("derived", "numbers rounded up to float16 reject where p = q", answering(sequence.RejectionRule(), func(d sequence.Draft, u []float64) []int {
		a := plain
		a.number = func(u []float64, i int) float64 { return math.Ceil(u[i]*0x1p11) * 0x1p-11 }
		a.instead = func(d sequence.Draft, i int) []float64 {
			return massOr(residualOf(d.P[i], qOf(d, i)), lackingToken(d.P[i], d.Tokens[i]))
		}
		return a.answer(d, u)
	}))
	bits := func(x float64, count int) float64 {
		fraction, exponent := math.Frexp(x)
		return math.Ldexp(math.Round(math.Ldexp(fraction, count)), exponent-count)
	}
	add("derived", "q rounded to 8 bits, p not", answering(sequence.RejectionRule(), func(d sequence.Draft, u []float64) []int {
		if d.Q != nil {
			rows := make([][]float64, len(d.Q))
			for i, q := range d.Q {
				rows[i] = mapRow(q, func(_ int, x float64) float64 { return bits(x, 8) })
			}
			d.Q = rows
		}
		return plain.answer(d, u)
	}))
	add("derived", "numbers of 8 bits", answeringWords(sequence.RejectionRule(), func(d sequence.Draft, src rand.Source) []int {
		u := make([]float64, len(d.Tokens)+1)
		for i := range u {
			u[i] = float64(src.Uint64()>>56) * 0x1p-8
		}
		return plain.answer(d, u)
	}))
	add("derived", "probabilities of p below 0.0001 are taken for it", acceptingBut(func(a *accepting) {
		a.accept = func(u, p, q float64) bool { return p > 0 && u*q < math.Max(p, 1e-4) }
	}))
	return mutants
}

// indexMutants read a row, a number or a length of something else.
func indexMutants() (mutants []verifierMutant) {
	add := func(source, cause string, answer func(drafts []sequence.Draft, u [][]float64, s int) []int) {
		mutants = append(mutants, verifierMutant{"index", source, cause, answeringBatches(sequence.RejectionRule(), answer), verdict.Must})
	}
	plain := newAccepting()
	add("derived", "the row behind all accepted tokens at the length of the draft before", func(drafts []sequence.Draft, u [][]float64, s int) []int {
		a := plain
		a.behind = func(d sequence.Draft) []float64 { return d.P[min(len(d.Tokens), len(drafts[max(0, s-1)].Tokens))] }
		return a.answer(drafts[s], u[s])
	})
	add("derived", "one draft without randomness makes all of its batch such", func(drafts []sequence.Draft, u [][]float64, s int) []int {
		d := drafts[s]
		if slices.ContainsFunc(drafts, func(d sequence.Draft) bool { return len(d.Tokens) > 0 && d.Q == nil }) {
			d.Q = nil
		}
		return plain.answer(d, u[s])
	})
	add("derived", "the numbers of the draft 64 places before", func(drafts []sequence.Draft, u [][]float64, s int) []int {
		numbers := slices.Clone(u[s])
		copy(numbers, u[s%64])
		return plain.answer(drafts[s], numbers)
	})
	add("derived", "the third decision takes the number of the first", func(drafts []sequence.Draft, u [][]float64, s int) []int {
		a := plain
		a.number = func(u []float64, i int) float64 { return u[i%2] }
		return a.answer(drafts[s], u[s])
	})
	add("derived", "the q of the next row, where there is one", func(drafts []sequence.Draft, u [][]float64, s int) []int {
		a := plain
		a.instead = func(d sequence.Draft, i int) []float64 {
			return residualOf(d.P[i], qOf(d, min(i+1, len(d.Tokens)-1)))
		}
		return a.answer(drafts[s], u[s])
	})
	v := answering(sequence.RejectionRule(), plain.answer)
	v.Verify = nil
	v.Draw = func(dst [][]int, drafts []sequence.Draft, src rand.Source) error {
		seed := src.Uint64()
		return eachGood(drafts, func(s int, d sequence.Draft) {
			own := rand.NewPCG(seed, uint64(len(d.Tokens)))
			u := make([]float64, len(d.Tokens)+1)
			for i := range u {
				u[i] = reference.Uniform(own)
			}
			dst[s] = plain.answer(d, u)
		})
	}
	mutants = append(mutants, verifierMutant{"index", "derived", "a generator for each draft, seeded by its length", v, verdict.Must})
	padded := verifying(sequence.RejectionRule(), plain.answer)
	padded.Verify = func(dst [][]int, drafts []sequence.Draft, u [][]float64) error {
		unpadded := slices.Clone(drafts)
		for s, d := range drafts {
			if i := slices.Index(d.Tokens, -1); i >= 0 && i < len(d.P) && (d.Q == nil || i <= len(d.Q)) {
				unpadded[s].Tokens, unpadded[s].P = d.Tokens[:i], d.P[:i+1]
				if d.Q != nil {
					unpadded[s].Q = d.Q[:i]
				}
			}
		}
		return eachGood(unpadded, func(s int, d sequence.Draft) { dst[s] = plain.answer(d, u[s]) })
	}
	mutants = append(mutants, verifierMutant{"index", "derived", "a drafted token of −1 ends the draft", padded, verdict.Must})
	return mutants
}

// levelMutants are bugs of block verification and trees behind the first level.
func levelMutants() (mutants []verifierMutant) {
	add := func(source, cause string, v sequence.Verifier) {
		mutants = append(mutants, verifierMutant{"level", source, cause, v, verdict.Must})
	}
	add("derived", "block: the joint ratio begins again behind the second token", answering(sequence.BlockRule(), func(d sequence.Draft, u []float64) []int {
		b, count := newBlockSteps(), 0
		joint := b.joint
		b.joint = func(w, p, q float64) float64 {
			if count++; count == 3 {
				w = 1
			}
			return joint(w, p, q)
		}
		return b.answer(d, u)
	}))
	add("derived", "block: the first token behind which a decision rejects ends the prefix", answering(sequence.BlockRule(), func(d sequence.Draft, u []float64) []int {
		b, rejected := newBlockSteps(), false
		b.below = func(eta, h float64) bool {
			rejected = rejected || !(eta < h)
			return !rejected
		}
		return b.answer(d, u)
	}))
	tree := func(answer func(d sequence.Draft, u []float64) []int) sequence.Verifier {
		return answering(sequence.TreeRule(1), answer)
	}
	steps := treeSteps{1, below, true, true}
	add("derived", "tree: one number for all levels", tree(func(d sequence.Draft, u []float64) []int {
		return steps.answer(d, append(slices.Repeat(u[:1], len(u)-1), u[len(u)-1]))
	}))
	add("derived", "tree: the second child is never looked at behind the first level", tree(func(d sequence.Draft, u []float64) []int {
		return steps.answer(withoutTokens(d, func(token, place, _ int) bool { return place > 0 && !slices.Contains(d.Children(-1), token) }), u)
	}))
	add("derived", "tree: the sum of siblings goes on at the next level", tree(func(d sequence.Draft, u []float64) []int {
		s, before := steps, 0.0
		s.below = func(u, bound float64) bool {
			in := u < math.Min(1, bound+before/4)
			if in {
				before = bound
			}
			return in
		}
		return s.answer(d, u)
	}))
	return mutants
}

// uncheckedMutants are the reference, asked about bad drafts and numbers made good.
func uncheckedMutants() (mutants []verifierMutant) {
	exact := sequence.RejectionRule().Verifier()
	add := func(cause string, mend func(d sequence.Draft, u []float64) (sequence.Draft, []float64)) {
		v := exact
		v.Draw = nil
		v.Verify = func(dst [][]int, drafts []sequence.Draft, u [][]float64) error {
			drafts, u = slices.Clone(drafts), slices.Clone(u)
			for s := range drafts {
				drafts[s], u[s] = mend(drafts[s], u[s])
			}
			return exact.Verify(dst, drafts, u)
		}
		mutants = append(mutants, verifierMutant{"unchecked", "derived", cause, v, verdict.Should})
	}
	add("a tree taken for a chain", func(d sequence.Draft, u []float64) (sequence.Draft, []float64) {
		d.Parents = nil
		return d, u
	})
	add("numbers outside [0, 1) taken for the nearest inside", func(d sequence.Draft, u []float64) (sequence.Draft, []float64) {
		return d, mapRow(u, func(_ int, x float64) float64 { return math.Max(0, math.Min(x, 1-0x1p-53)) })
	})
	return mutants
}

// answeringBatches is a verifier given by what it answers to each draft of a batch of good ones.
func answeringBatches(rule sequence.Rule, answer func(drafts []sequence.Draft, u [][]float64, s int) []int) sequence.Verifier {
	return ofBatches(rule, func(dst [][]int, drafts []sequence.Draft, u [][]float64) {
		for s := range drafts {
			dst[s] = answer(drafts, u, s)
		}
	})
}

// ofBatches is a verifier given by what it answers to a batch of good drafts. Its Draw takes the
// numbers from the source.
func ofBatches(rule sequence.Rule, verify func(dst [][]int, drafts []sequence.Draft, u [][]float64)) sequence.Verifier {
	v := sequence.Verifier{Name: rule.Name, Available: true, Rule: rule}
	v.Verify = func(dst [][]int, drafts []sequence.Draft, u [][]float64) error {
		if err := eachGood(drafts, func(int, sequence.Draft) {}); err != nil {
			return err
		}
		verify(dst, drafts, u)
		return nil
	}
	v.Draw = func(dst [][]int, drafts []sequence.Draft, src rand.Source) error {
		u := make([][]float64, len(drafts))
		for s, d := range drafts {
			u[s] = make([]float64, len(d.Tokens)+1)
			for i := range u[s] {
				u[s][i] = reference.Uniform(src)
			}
		}
		return v.Verify(dst, drafts, u)
	}
	return v
}
