package subjects

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"temper/reference"
	"temper/reference/sequence"
)

// verifierStyles are correct accept rules in other ways, some of which look wrong.
func verifierStyles() []styled[sequence.Verifier] {
	rejection := sequence.RejectionRule()
	plain := newAccepting()
	but := func(edit func(a *accepting)) func(d sequence.Draft, u []float64) []int {
		a := plain
		edit(&a)
		return a.answer
	}
	undeclared := func(v sequence.Verifier) sequence.Verifier {
		v.Rule = sequence.Rule{Name: "undeclared"}
		return v
	}
	return []styled[sequence.Verifier]{
		{"comparisons in float64", answering(rejection, plain.answer)},
		{"float32 throughout", answering(rejection, narrowAnswer(plain.answer))},
		{"residual in logarithms", answering(rejection, but(func(a *accepting) {
			a.accept = func(u, p, q float64) bool { return math.Log(u) < math.Log(p)-math.Log(q) }
			a.instead = func(d sequence.Draft, i int) []float64 {
				q := qOf(d, i)
				return massOr(mapRow(d.P[i], func(v int, p float64) float64 {
					if !(p > q[v]) {
						return 0
					}
					return math.Exp(math.Log(p) + math.Log1p(-math.Exp(math.Log(q[v])-math.Log(p)))) // log(p − q)
				}), d.P[i])
			}
		}))},
		{"residual in logarithms of float32", answering(rejection, narrowAnswer(but(func(a *accepting) {
			a.accept = func(u, p, q float64) bool {
				return float32(math.Log(u))+float32(math.Log(q)) < float32(math.Log(p))
			}
		})))},
		{"p/q capped at 1", answering(rejection, but(func(a *accepting) {
			a.accept = func(u, p, q float64) bool { return u < math.Min(1, p/q) }
		}))},
		{"numbers in (0, 1]", answering(rejection, but(func(a *accepting) {
			a.accept = func(u, p, q float64) bool { return p > 0 && (1-u)*q <= p }
			a.pick = fromTheRight
		}))},
		{"the most probable token first", answering(rejection, but(func(a *accepting) { a.pick = mostWeightFirst }))},
		{"each decision takes the number behind it for the last token", answering(rejection, but(func(a *accepting) {
			a.lastFrom = func(u []float64, accepted int) float64 { return u[min(accepted+1, len(u)-1)] }
		}))},
		{"numbers from the end", answering(rejection, but(func(a *accepting) {
			a.number = func(u []float64, i int) float64 { return u[len(u)-1-i] }
			a.lastFrom = func(u []float64, _ int) float64 { return u[0] }
		}))},
		{"exponential race, all tokens at once", answeringWords(rejection, racing)},
		// vllm#40651: valid for drafts with randomness too, with fewer tokens accepted.
		{"one-hot with u < p, of drafts with randomness", answering(sequence.OneHotRule(), oneHotAnswer)},
		{"one-hot with u < p, no rule declared", undeclared(answering(sequence.OneHotRule(), oneHotAnswer))},
		// mlx-swift-lm#459 holds that this biases towards what both models like: the token is
		// drawn from the target and returned whether it matches or not.
		{"sampler match", answering(sequence.SamplerMatchRule(), matchAnswer)},
		{"sampler match, no rule declared", undeclared(answering(sequence.SamplerMatchRule(), matchAnswer))},
		{"block verification, from the first token", answering(sequence.BlockRule(), newBlockSteps().answer)},
		{"block verification in float32", answering(sequence.BlockRule(), narrowAnswer(newBlockSteps().answer))},
		{"block verification, no rule declared", undeclared(answering(sequence.BlockRule(), newBlockSteps().answer))},
		{"tree, target only", answering(sequence.TreeRule(1), treeSteps{1, below, true, true}.answer)},
		{"tree, threshold 0.7", answering(sequence.TreeRule(0.7), treeSteps{0.7, below, true, true}.answer)},
		{"reference of the one-hot rule", sequence.OneHotRule().Verifier()},
		{"reference of the sampler match", sequence.SamplerMatchRule().Verifier()},
		{"reference of block verification", sequence.BlockRule().Verifier()},
		{"reference of the tree", sequence.TreeRule(1).Verifier()},
		{"typical acceptance", sequence.TypicalRule(0.3, 0.6).Verifier()},
		{"never accepts", answering(sequence.Rule{Name: "the target alone"}, func(d sequence.Draft, u []float64) []int { return []int{tokenAt(d.P[0], u[0])} })},
		{"lossy: every possible token accepted", answering(sequence.Rule{Name: "lenient", Lossy: true}, but(func(a *accepting) {
			a.accept = func(_, p, _ float64) bool { return p > 0 }
		}))},
	}
}

func below(u, bound float64) bool { return u < bound }

// narrowAnswer gives rows and numbers in float32.
func narrowAnswer(answer func(d sequence.Draft, u []float64) []int) func(d sequence.Draft, u []float64) []int {
	narrow := func(row []float64) []float64 {
		return mapRow(row, func(_ int, x float64) float64 { return float64(float32(x)) })
	}
	return func(d sequence.Draft, u []float64) []int {
		rows := func(rows [][]float64) [][]float64 {
			all := make([][]float64, len(rows))
			for i, row := range rows {
				all[i] = narrow(row)
			}
			return all
		}
		d.P = rows(d.P)
		if d.Q != nil {
			d.Q = rows(d.Q)
		}
		return answer(d, mapRow(u, func(_ int, x float64) float64 { return math.Min(float64(float32(x)), 1-0x1p-24) }))
	}
}

// fromTheRight inverts the distribution function of the tokens in descending order.
func fromTheRight(weights []float64, u float64) int {
	reversed := slices.Clone(weights)
	slices.Reverse(reversed)
	return len(weights) - 1 - tokenAt(reversed, u)
}

func mostWeightFirst(weights []float64, u float64) int {
	order := make([]int, len(weights))
	for v := range order {
		order[v] = v
	}
	slices.SortStableFunc(order, func(v, w int) int { return cmp.Compare(weights[w], weights[v]) })
	return order[tokenAt(mapRow(weights, func(i int, _ float64) float64 { return weights[order[i]] }), u)]
}

func oneHotAnswer(d sequence.Draft, u []float64) []int {
	d.Q = nil
	return newAccepting().answer(d, u)
}

func matchAnswer(d sequence.Draft, u []float64) (out []int) {
	for i := range d.P {
		y := tokenAt(d.P[i], u[i])
		out = append(out, y)
		if i < len(d.Tokens) && y != d.Tokens[i] {
			break
		}
	}
	return out
}

// racing draws a replacement for every position before it decides, as kernels do: the
// largest w/E, E exponential noise of each token.
func racing(d sequence.Draft, src rand.Source) []int {
	race := func(weights []float64) int {
		best, token := -1.0, 0
		for v, w := range weights {
			e := -math.Log1p(-reference.Uniform(src))
			if w > 0 && w/e > best {
				best, token = w/e, v
			}
		}
		return token
	}
	var instead []int
	for i := range d.Tokens {
		instead = append(instead, race(residualOf(d.P[i], qOf(d, i))))
	}
	instead = append(instead, race(d.P[len(d.Tokens)]))
	for i, x := range d.Tokens {
		if !(reference.Uniform(src)*qOf(d, i)[x] < d.P[i][x]) {
			return append(slices.Clone(d.Tokens[:i]), instead[i])
		}
	}
	return append(slices.Clone(d.Tokens), instead[len(d.Tokens)])
}
