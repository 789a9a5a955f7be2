package subjects

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"temper/props"
	"temper/props/verdict"
	"temper/reference"
	"temper/reference/sequence"
)

// chainControls are correct models, scorers, generators, annealers and verifiers.
func chainControls() []Control {
	return slices.Concat(
		styles("Model", "model: ", modelStyles(), props.CheckModel),
		styles("Scorer", "scorer: ", scorerStyles(), props.CheckScorer),
		styles("Generator", "generator: ", generatorStyles(), props.CheckGenerator),
		styles("SequenceAnnealer", "annealer: ", slices.Concat(annealerStyles(), economicalAnnealers()), props.CheckSequenceAnnealer),
		styles("SequenceAnnealer", "annealer that bugs are planted in: ", soundAnnealers(), props.CheckSequenceAnnealer),
		styles("Verifier", "verifier: ", slices.Concat(verifierStyles(), engineVerifiers(), economicalVerifiers()), props.CheckVerifier),
	)
}

// styles holds each style to the laws of a suite.
func styles[S any](suite, kind string, all []styled[S], check func(S, ...props.Option) verdict.Report) (controls []Control) {
	for _, style := range all {
		controls = append(controls, Control{suite, kind + style.name, func(opts ...props.Option) verdict.Report { return check(style.subject, opts...) }})
	}
	return controls
}

type styled[S any] struct {
	name    string
	subject S
}

// generatorStyles draw tokens in other ways. Their greedy steps compare in float32.
func generatorStyles() []styled[sequence.Generator] {
	by := func(choose func(logp []float64, t float64, src rand.Source) int) sequence.Generator {
		return func(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
			if err := sequence.CheckGeneration(m, prompt, end, limit, t); err != nil {
				return nil, err
			}
			tokens, row := slices.Clone(prompt), make([]float64, m.VocabSize())
			for len(tokens) < len(prompt)+limit && (len(tokens) == 0 || end < 0 || tokens[len(tokens)-1] != end) {
				if err := m.LogConditional(row, tokens); err != nil {
					return tokens, err
				}
				if t == 0 {
					narrow := make([]float32, len(row))
					for v, logp := range row {
						narrow[v] = float32(logp)
					}
					tokens = append(tokens, slices.Index(narrow, slices.Max(narrow)))
				} else {
					tokens = append(tokens, choose(row, t, src))
				}
			}
			return tokens, nil
		}
	}
	negativeIsGreedy := func(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
		if t < 0 {
			t = 0 // as llama.cpp does
		}
		return sequence.Generate(m, prompt, end, limit, t, src)
	}
	return []styled[sequence.Generator]{
		{"T below 0 taken for 0", negativeIsGreedy},
		// Kimi-Audio#161 holds that a log-softmax before the division by T changes the
		// distribution: it only adds the same constant to every logit.
		{"log-softmax before T", by(func(logp []float64, t float64, src rand.Source) int {
			shifted := make([]float64, len(logp))
			for v, x := range logp {
				shifted[v] = 3*x + 100 // three times the logits at three times T
			}
			normaliser := logSum(shifted)
			for v := range shifted {
				shifted[v] = (shifted[v] - normaliser) / (3 * t)
			}
			return byDistribution(expAll(unmasked(shifted, logp)), src)
		})},
		{"divided by T before the maximum", by(func(logp []float64, t float64, src rand.Source) int {
			scaled := make([]float64, len(logp))
			for v, x := range logp {
				scaled[v] = x / t
			}
			return byDistribution(expAll(unmasked(scaled, logp)), src)
		})},
		{"Gumbel noise", by(func(logp []float64, t float64, src rand.Source) int {
			noisy := make([]float64, len(logp))
			for v, x := range logp {
				noisy[v] = x/t - math.Log(-math.Log(reference.Uniform(src)+0x1p-54))
				if math.IsInf(x, -1) {
					noisy[v] = x
				}
			}
			return slices.Index(noisy, slices.Max(noisy))
		})},
		{"float32 throughout", by(func(logp []float64, t float64, src rand.Source) int {
			inverse, largest, total := float32(1/t), float32(slices.Max(logp)), float32(0)
			weights := make([]float32, len(logp))
			for v, x := range logp {
				if !math.IsInf(x, -1) {
					weights[v] = float32(math.Exp(float64((float32(x) - largest) * inverse)))
				}
				total += weights[v]
			}
			u, last := float32(src.Uint64()>>40)*0x1p-24*total, 0
			for v, w := range weights {
				if w > 0 {
					last = v
					if u -= w; u < 0 {
						break
					}
				}
			}
			return last
		})},
		{"most probable first", by(func(logp []float64, t float64, src rand.Source) int {
			order := make([]int, len(logp))
			for v := range order {
				order[v] = v
			}
			slices.SortStableFunc(order, func(v, w int) int { return cmp.Compare(logp[w], logp[v]) })
			weights := make([]float64, len(logp))
			for i, v := range order {
				weights[i] = math.Exp((logp[v] - logp[order[0]]) / t)
				if math.IsInf(logp[v], -1) {
					weights[i] = 0
				}
			}
			return order[byDistribution(weights, src)]
		})},
		{"rejection", by(func(logp []float64, t float64, src rand.Source) int {
			most := slices.Max(logp)
			for {
				v := int(reference.Uniform(src) * float64(len(logp)))
				if !math.IsInf(logp[v], -1) && math.Log(reference.Uniform(src)+0x1p-54) < (logp[v]-most)/t {
					return v
				}
			}
		})},
	}
}

// unmasked puts −Inf where the row has it: at T = +Inf the quotient is NaN.
func unmasked(scaled, row []float64) []float64 {
	for v, x := range row {
		if math.IsInf(x, -1) {
			scaled[v] = x
		}
	}
	return scaled
}

// expAll are weights in proportion to exp(x).
func expAll(x []float64) []float64 {
	weights, most := make([]float64, len(x)), slices.Max(x)
	for i := range x {
		weights[i] = math.Exp(x[i] - most)
	}
	return weights
}

// byDistribution draws an index in proportion to the weights: the first at which
// they sum to more than u of the total.
func byDistribution(weights []float64, src rand.Source) int {
	return tokenAt(weights, reference.Uniform(src))
}
