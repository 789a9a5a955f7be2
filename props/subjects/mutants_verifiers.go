package subjects

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"

	"temper/props/verdict"
	"temper/reference"
	"temper/reference/sequence"
)

// verifierMutants are the planted bugs of accept rules.
func verifierMutants() []mutant[sequence.Verifier] {
	return slices.Concat(residualMutants(), decisionMutants(), numberMutants(), mixedUpMutants(), otherRuleMutants(), engineMutants(), togetherMutants())
}

type verifierMutant = mutant[sequence.Verifier]

// residualMutants draw the token behind the accepted ones from a wrong row.
func residualMutants() (mutants []verifierMutant) {
	add := func(source, cause string, instead func(d sequence.Draft, i int) []float64) {
		v := acceptingBut(func(a *accepting) { a.instead = instead })
		mutants = append(mutants, verifierMutant{"residual", source, cause, v, verdict.Must})
	}
	add("Spec-RL#14", "a draw from p in place of a rejected token", func(d sequence.Draft, i int) []float64 { return d.P[i] })
	add("EAGLE#20", "p without the rejected token alone", func(d sequence.Draft, i int) []float64 {
		return massOr(lackingToken(d.P[i], d.Tokens[i]), d.P[i])
	})
	add("transformers#28508", "softmax of the residual", func(d sequence.Draft, i int) []float64 {
		return mapRow(residualOf(d.P[i], qOf(d, i)), func(_ int, x float64) float64 { return math.Exp(x) })
	})
	add("derived", "|p − q| for the residual", func(d sequence.Draft, i int) []float64 {
		q := qOf(d, i)
		return massOr(mapRow(d.P[i], func(v int, x float64) float64 { return math.Abs(x - q[v]) }), d.P[i])
	})
	add("derived", "(q − p)⁺ for the residual, with p > 0", func(d sequence.Draft, i int) []float64 {
		p := d.P[i]
		return massOr(mapRow(qOf(d, i), func(v int, x float64) float64 { return math.Max(0, math.Min(x-p[v], p[v])) }), p)
	})
	add("vllm#8320", "the most probable token of the residual", func(d sequence.Draft, i int) []float64 {
		residual := residualOf(d.P[i], qOf(d, i))
		most := slices.Index(residual, slices.Max(residual))
		return mapRow(residual, func(v int, _ float64) float64 { return float64(b2i(v == most)) })
	})
	add("derived", "the residual of the next row", func(d sequence.Draft, i int) []float64 { return residualOf(d.P[i+1], qOf(d, i)) })
	add("derived", "the residual with the q of the first position", func(d sequence.Draft, i int) []float64 { return residualOf(d.P[i], qOf(d, 0)) })
	add("derived", "the residual squared", func(d sequence.Draft, i int) []float64 {
		return mapRow(residualOf(d.P[i], qOf(d, i)), func(_ int, x float64) float64 { return x * x })
	})
	add("vllm-ascend#2881", "p of the rejected token set to 0 in place", func(d sequence.Draft, i int) []float64 {
		rest := residualOf(d.P[i], qOf(d, i))
		d.P[i][d.Tokens[i]] = 0
		return rest
	})
	add("vllm#16952", "q divided by the noise in place", func(d sequence.Draft, i int) []float64 {
		rest := residualOf(d.P[i], qOf(d, i))
		if d.Q != nil {
			d.Q[i][d.Tokens[i]] /= 2
		}
		return rest
	})
	behind := func(source, cause string, row func(d sequence.Draft) []float64) {
		v := acceptingBut(func(a *accepting) { a.behind = row })
		mutants = append(mutants, verifierMutant{"residual", source, cause, v, verdict.Must})
	}
	behind("derived", "the last token from the row before", func(d sequence.Draft) []float64 { return d.P[max(0, len(d.Tokens)-1)] })
	behind("derived", "the last token from the first row", func(d sequence.Draft) []float64 { return d.P[0] })
	behind("derived", "the last token is the most probable one", func(d sequence.Draft) []float64 {
		p := d.P[len(d.Tokens)]
		most := slices.Index(p, slices.Max(p))
		return mapRow(p, func(v int, _ float64) float64 { return float64(b2i(v == most)) })
	})
	behind("derived", "the last token without the last drafted one", func(d sequence.Draft) []float64 {
		p := d.P[len(d.Tokens)]
		if len(d.Tokens) == 0 {
			return p
		}
		return massOr(lackingToken(p, d.Tokens[len(d.Tokens)-1]), p)
	})
	return mutants
}

var errNameless = errors.New("bad draft")

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// decisionMutants accept and return wrong tokens.
func decisionMutants() (mutants []verifierMutant) {
	add := func(source, cause string, v sequence.Verifier) {
		mutants = append(mutants, verifierMutant{"decision", source, cause, v, verdict.Must})
	}
	accept := func(f func(u, p, q float64) bool) sequence.Verifier {
		return acceptingBut(func(a *accepting) { a.accept = f })
	}
	add("sglang#35771", "u ≤ p/q", accept(func(u, p, q float64) bool { return u*q <= p }))
	add("derived", "log u < log(p + 1e-10) − log q", accept(func(u, p, q float64) bool { return math.Log(u) < math.Log(p+1e-10)-math.Log(q) }))
	add("derived", "p/q squared", accept(func(u, p, q float64) bool { return u < (p/q)*(p/q) }))
	add("derived", "q/p for p/q", accept(func(u, p, q float64) bool { return p > 0 && u*p < q }))
	add("derived", "accepted where p ≥ q, and never otherwise", accept(func(_, p, q float64) bool { return p >= q }))
	add("derived", "accepted wherever p > 0", accept(func(_, p, _ float64) bool { return p > 0 }))
	add("transformers#47932", "q a fifth too small", accept(func(u, p, q float64) bool { return u*0.8*q < p }))
	add("DeepSpec#31", "q a twentieth too large", accept(func(u, p, q float64) bool { return u*1.05*q < p }))
	add("EAGLE#329", "u < p, and p in place of a rejected token", acceptingBut(func(a *accepting) {
		a.accept = func(u, p, _ float64) bool { return u < p }
		a.instead = func(d sequence.Draft, i int) []float64 { return d.P[i] }
	}))
	add("EAGLE#183", "u < p, and the residual for q", acceptingBut(func(a *accepting) {
		a.accept = func(u, p, _ float64) bool { return u < p }
	}))
	plain := newAccepting()
	answer := func(f func(d sequence.Draft, u []float64) []int) sequence.Verifier {
		return answering(sequence.RejectionRule(), f)
	}
	add("ATOM#2318, sglang#39253", "accepted where it is the most probable token of p", answer(func(d sequence.Draft, u []float64) []int {
		for i, x := range d.Tokens {
			if most := slices.Index(d.P[i], slices.Max(d.P[i])); most != x {
				return append(slices.Clone(d.Tokens[:i]), most)
			}
		}
		return plain.answer(d, u)[: len(d.Tokens)+1 : len(d.Tokens)+1]
	}))
	add("derived", "no token behind n accepted ones", answer(func(d sequence.Draft, u []float64) []int {
		out := plain.answer(d, u)
		return out[:max(1, min(len(out), len(d.Tokens)))]
	}))
	add("derived", "the last drafted token is never looked at", answer(func(d sequence.Draft, u []float64) []int {
		if n := len(d.Tokens); n > 0 {
			d.Tokens, d.P = d.Tokens[:n-1], d.P[:n]
		}
		return plain.answer(d, u)
	}))
	add("imp#667", "a token twice where the accepted ones end", answer(func(d sequence.Draft, u []float64) []int {
		out := plain.answer(d, u)
		if len(out) <= len(d.Tokens) {
			out = append(out, out[len(out)-1])
		}
		return out
	}))
	add("derived", "later tokens accepted behind a rejected one", answer(func(d sequence.Draft, u []float64) []int {
		out := plain.answer(d, u)
		if i := len(out); i < len(d.Tokens) && u[i]*qOf(d, i)[d.Tokens[i]] < d.P[i][d.Tokens[i]] {
			out = append(out, d.Tokens[i])
		}
		return out
	}))
	add("derived", "tokens cut to 8 bits", answer(func(d sequence.Draft, u []float64) []int {
		out := plain.answer(d, u)
		out[len(out)-1] &= 0xff
		return out
	}))
	add("derived", "from the fifth token on every token with p > 0 is accepted", answer(func(d sequence.Draft, u []float64) []int {
		a := plain
		a.number = func(u []float64, i int) float64 { return u[i] * float64(b2i(i < 4)) }
		return a.answer(d, u)
	}))
	add("derived", "of more than eight drafted tokens the ninth is replaced by a draw from p", answer(func(d sequence.Draft, u []float64) []int {
		a := plain
		a.instead = func(d sequence.Draft, i int) []float64 {
			if i >= 8 {
				return d.P[i]
			}
			return residualOf(d.P[i], qOf(d, i))
		}
		return a.answer(d, u)
	}))
	add("vllm#41834", "NaN answered by the rejected token, and no check of what is drafted", sequence.Verifier{
		Name: "unchecked", Available: true, Rule: sequence.RejectionRule(),
		Verify: func(dst [][]int, drafts []sequence.Draft, u [][]float64) error {
			for s, d := range drafts {
				dst[s] = []int{0}
				if d.Check() == nil {
					dst[s] = plain.answer(d, u[s])
				}
			}
			return nil
		},
	})
	add("derived", "errors without a name", sequence.Verifier{
		Name: "nameless", Available: true, Rule: sequence.RejectionRule(),
		Verify: func(dst [][]int, drafts []sequence.Draft, u [][]float64) error {
			for s, d := range drafts {
				if d.Check() != nil {
					return errNameless
				}
				dst[s] = plain.answer(d, u[s])
			}
			return nil
		},
	})
	mutants[len(mutants)-1].level = verdict.Should
	return mutants
}

// numberMutants use numbers twice, or other ones.
func numberMutants() (mutants []verifierMutant) {
	add := func(source, cause string, v sequence.Verifier) {
		mutants = append(mutants, verifierMutant{"number", source, cause, v, verdict.Must})
	}
	add("vllm#47386", "the number of the decision again for the token in place of the rejected one", acceptingBut(func(a *accepting) {
		a.lastFrom = func(u []float64, accepted int) float64 { return u[accepted] }
	}))
	add("derived", "one number for all decisions", acceptingBut(func(a *accepting) {
		a.number = func(u []float64, _ int) float64 { return u[0] }
	}))
	add("derived", "the last token of the vocabulary never comes behind accepted ones", acceptingBut(func(a *accepting) {
		a.pick = func(weights []float64, u float64) int {
			short := slices.Clone(weights)
			short[len(short)-1] = 0
			return tokenAt(massOr(short, weights), u)
		}
	}))
	add("derived", "weights that are not normalised", acceptingBut(func(a *accepting) {
		a.pick = func(weights []float64, u float64) int {
			return tokenAt(weights, math.Min(u/addUp(weights), 1-0x1p-53))
		}
	}))
	add("derived", "u = 0 gives token 0", acceptingBut(func(a *accepting) {
		a.pick = func(weights []float64, u float64) int {
			if u == 0 {
				return 0
			}
			return tokenAt(weights, u)
		}
	}))
	plain := newAccepting()
	uniforms := func(d sequence.Draft, r *rand.Rand) []float64 {
		u := make([]float64, len(d.Tokens)+1)
		for i := range u {
			u[i] = r.Float64()
		}
		return u
	}
	add("lattice#388", "a generator of the process", answeringWords(sequence.RejectionRule(), func(d sequence.Draft, _ rand.Source) []int {
		return plain.answer(d, uniforms(d, rand.New(rand.NewPCG(rand.Uint64(), 1))))
	}))
	add("derived", "a generator seeded alike for every draft", answeringWords(sequence.RejectionRule(), func(d sequence.Draft, _ rand.Source) []int {
		return plain.answer(d, uniforms(d, rand.New(rand.NewPCG(1, 1))))
	}))
	add("derived", "a generator made from 4 bits of a word", answeringWords(sequence.RejectionRule(), func(d sequence.Draft, src rand.Source) []int {
		return plain.answer(d, uniforms(d, rand.New(rand.NewPCG(src.Uint64()>>60, 1))))
	}))
	add("vllm#54282, vllm#47386", "the noise that recovers is the number that rejected", answeringWords(sequence.RejectionRule(), func(d sequence.Draft, src rand.Source) []int {
		var noise []float64
		for i, x := range d.Tokens {
			noise = mapRow(d.P[i], func(int, float64) float64 { return reference.Uniform(src) })
			if !(noise[x]*qOf(d, i)[x] < d.P[i][x]) {
				return append(slices.Clone(d.Tokens[:i]), tokenAt(residualOf(d.P[i], qOf(d, i)), noise[x]))
			}
		}
		return append(slices.Clone(d.Tokens), tokenAt(d.P[len(d.Tokens)], reference.Uniform(src)))
	}))
	return mutants
}

// mixedUpMutants mix up the drafts of a batch.
func mixedUpMutants() (mutants []verifierMutant) {
	add := func(source, cause string, verify func(dst [][]int, drafts []sequence.Draft, u [][]float64)) {
		mutants = append(mutants, verifierMutant{"batch", source, cause, ofBatches(sequence.RejectionRule(), verify), verdict.Must})
	}
	plain := newAccepting()
	all := func(dst [][]int, drafts []sequence.Draft, u [][]float64, answer func(s int) []int) {
		for s := range drafts {
			dst[s] = answer(s)
		}
	}
	add("vllm-ascend#16222", "numbers of the first draft for all", func(dst [][]int, drafts []sequence.Draft, u [][]float64) {
		all(dst, drafts, u, func(s int) []int {
			numbers := slices.Clone(u[s])
			copy(numbers, u[0])
			return plain.answer(drafts[s], numbers)
		})
	})
	add("derived", "the last number of the draft before", func(dst [][]int, drafts []sequence.Draft, u [][]float64) {
		all(dst, drafts, u, func(s int) []int {
			numbers := slices.Clone(u[s])
			numbers[len(numbers)-1] = u[max(0, s-1)][len(u[max(0, s-1)])-1]
			return plain.answer(drafts[s], numbers)
		})
	})
	add("vllm#48055", "the last row of p of the draft before", func(dst [][]int, drafts []sequence.Draft, u [][]float64) {
		all(dst, drafts, u, func(s int) []int {
			a := plain
			a.behind = func(d sequence.Draft) []float64 {
				before := drafts[max(0, s-1)]
				row := before.P[len(before.P)-1]
				return massOr(mapRow(row, func(v int, x float64) float64 { return math.Min(x, d.P[len(d.Tokens)][v]) }), d.P[len(d.Tokens)])
			}
			return a.answer(drafts[s], u[s])
		})
	})
	add("vllm#17498", "no more accepted than of the shortest draft", func(dst [][]int, drafts []sequence.Draft, u [][]float64) {
		shortest := math.MaxInt
		for _, d := range drafts {
			shortest = min(shortest, len(d.Tokens))
		}
		all(dst, drafts, u, func(s int) []int {
			out := plain.answer(drafts[s], u[s])
			if len(out) > shortest+1 {
				out = append(out[:shortest:shortest], tokenAt(drafts[s].P[shortest], u[s][shortest]))
			}
			return out
		})
	})
	var shared atomic.Pointer[[]int]
	add("derived", "an answer in a buffer that the next call uses again", func(dst [][]int, drafts []sequence.Draft, u [][]float64) {
		if shared.Load() == nil {
			buffer := make([]int, 4096)
			shared.Store(&buffer)
		}
		at := 0
		all(dst, drafts, u, func(s int) []int {
			out := plain.answer(drafts[s], u[s])
			buffer := (*shared.Load())[at%2048:]
			copy(buffer, out)
			at += len(out)
			return buffer[:len(out)]
		})
	})
	return mutants
}

// otherRuleMutants are bugs of block verification, trees and typical acceptance, and lossy
// rules that are declared exact.
func otherRuleMutants() (mutants []verifierMutant) {
	add := func(source, cause string, v sequence.Verifier) {
		mutants = append(mutants, verifierMutant{"other rules", source, cause, v, verdict.Must})
	}
	block := func(edit func(b *blockSteps)) sequence.Verifier {
		b := newBlockSteps()
		edit(&b)
		return answering(sequence.BlockRule(), b.answer)
	}
	add("derived", "block: the residual of p, not of w·p", block(func(b *blockSteps) {
		b.residual = func(p, q []float64, _ float64) []float64 { return residualOf(p, q) }
	}))
	add("derived", "block: each token's own ratio for the joint one", block(func(b *blockSteps) {
		b.joint = func(_, p, q float64) float64 { return math.Min(1, p/q) }
	}))
	add("derived", "block: a joint ratio above 1", block(func(b *blockSteps) {
		b.joint = func(w, p, q float64) float64 { return w * p / q }
	}))
	add("derived", "block: the ratio for the threshold", block(func(b *blockSteps) {
		b.threshold = func(w, _ float64) float64 { return w }
	}))
	add("derived", "block: η ≤ h", block(func(b *blockSteps) {
		b.below = func(eta, h float64) bool { return eta <= h }
	}))
	tree := func(edit func(s *treeSteps)) sequence.Verifier {
		s := treeSteps{threshold: 1, below: func(u, bound float64) bool { return u < bound }, takeOut: true, addUp: true}
		edit(&s)
		return answering(sequence.TreeRule(1), s.answer)
	}
	add("sglang's threshold_acc", "tree: threshold 0.8 declared exact", tree(func(s *treeSteps) { s.threshold = 0.8 }))
	add("sglang#35798", "tree: u ≤ the sum", tree(func(s *treeSteps) { s.below = func(u, bound float64) bool { return u <= bound } }))
	add("derived", "tree: rejected siblings not taken out of p", tree(func(s *treeSteps) { s.takeOut = false }))
	add("derived", "tree: each sibling compared alone with one number", tree(func(s *treeSteps) { s.addUp = false }))
	typical := func(bound func(p []float64) float64, instead func(d sequence.Draft, i int) []float64) sequence.Verifier {
		a := newAccepting()
		a.instead = instead
		return answering(sequence.TypicalRule(0.3, 0.6), func(d sequence.Draft, u []float64) []int {
			for i, x := range d.Tokens {
				if !(d.P[i][x] > bound(d.P[i])) {
					return append(slices.Clone(d.Tokens[:i]), tokenAt(a.instead(d, i), u[len(u)-1]))
				}
			}
			return append(slices.Clone(d.Tokens), tokenAt(a.behind(d), u[len(u)-1]))
		})
	}
	fromP := func(d sequence.Draft, i int) []float64 { return d.P[i] }
	add("derived", "typical: the larger of the two bounds", typical(func(p []float64) float64 { return math.Max(0.3, 0.6*math.Exp(-nats(p))) }, fromP))
	add("derived", "typical: entropy in bits", typical(func(p []float64) float64 { return math.Min(0.3, 0.6*math.Exp(-nats(p)/math.Ln2)) }, fromP))
	add("vllm#8562", "typical: the most probable token in place of a rejected one", typical(func(p []float64) float64 { return math.Min(0.3, 0.6*math.Exp(-nats(p))) },
		func(d sequence.Draft, i int) []float64 {
			most := slices.Index(d.P[i], slices.Max(d.P[i]))
			return mapRow(d.P[i], func(v int, _ float64) float64 { return float64(b2i(v == most)) })
		}))
	add("Medusa", "typical acceptance declared exact", func() sequence.Verifier {
		v := sequence.TypicalRule(0.3, 0.09).Verifier()
		v.Rule = sequence.Rule{Name: "undeclared"}
		return v
	}())
	add("derived", "lossy: a drafted token of probability 0 accepted", answering(sequence.Rule{Name: "lenient", Lossy: true}, func(d sequence.Draft, u []float64) []int {
		return append(slices.Clone(d.Tokens), tokenAt(d.P[len(d.Tokens)], u[len(u)-1]))
	}))
	return mutants
}

func nats(p []float64) float64 {
	return addUp(mapRow(p, func(_ int, x float64) float64 {
		if x == 0 {
			return 0
		}
		return -x * math.Log(x)
	}))
}

// blockSteps is block verification, with one decision after the other from the first.
type blockSteps struct {
	joint     func(w, p, q float64) float64
	residual  func(p, q []float64, w float64) []float64
	threshold func(w, mass float64) float64
	below     func(eta, h float64) bool
}

func newBlockSteps() blockSteps {
	return blockSteps{
		joint: func(w, p, q float64) float64 { return math.Min(1, w*p/q) },
		residual: func(p, q []float64, w float64) []float64 {
			return residualOf(mapRow(p, func(_ int, x float64) float64 { return w * x }), q)
		},
		threshold: func(w, mass float64) float64 {
			if mass+1-w <= 0 {
				return 1
			}
			return mass / (mass + 1 - w)
		},
		below: func(eta, h float64) bool { return eta < h },
	}
}

func (b blockSteps) answer(d sequence.Draft, u []float64) []int {
	n, w, accepted := len(d.Tokens), 1.0, 0
	last := d.P[0]
	if n > 0 {
		last = b.residual(d.P[0], qOf(d, 0), 1)
	}
	for i, x := range d.Tokens {
		w = b.joint(w, d.P[i][x], qOf(d, i)[x])
		h, rest := w, d.P[i+1]
		if i+1 < n {
			q := qOf(d, i+1)
			mass := addUp(mapRow(d.P[i+1], func(v int, x float64) float64 { return math.Max(0, w*x-q[v]) }))
			h, rest = b.threshold(w, mass), b.residual(d.P[i+1], q, w)
		}
		if b.below(u[i], h) {
			accepted, last = i+1, rest
		}
	}
	return append(slices.Clone(d.Tokens[:accepted]), tokenAt(last, u[n]))
}

// treeSteps is the rule of trees that looks at the target alone.
type treeSteps struct {
	threshold      float64
	below          func(u, bound float64) bool
	takeOut, addUp bool
}

func (s treeSteps) answer(d sequence.Draft, u []float64) (out []int) {
	for at, level := -1, 0; ; level++ {
		rest, sum, next := d.P[at+1], 0.0, -1
		for _, child := range d.Children(at) {
			x := d.Tokens[child]
			if !s.addUp {
				sum = 0
			}
			if sum += d.P[at+1][x]; s.below(u[level], sum/s.threshold) {
				next = child
				break
			}
			if s.takeOut {
				rest = massOr(lackingToken(rest, x), rest)
			}
		}
		if next < 0 {
			return append(out, tokenAt(rest, u[level+b2i(len(d.Children(at)) > 0)]))
		}
		at = next
		out = append(out, d.Tokens[at])
	}
}
