package subjects

import (
	"math"
	"math/rand/v2"
	"slices"

	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
)

// kernelMutants are the planted bugs of the vocabulary-sized operations.
func kernelMutants() []mutant[reference.Kernels] {
	return slices.Concat(temperatureMutants(), softmaxMutants(), badRowMutants(), drawMutants(), stateMutants(), contractMutants(), cancellationMutants(), conditionDraws(), coveringMutants(), largeMutants())
}

// with is the plain implementation after an edit.
func with(edit func(s *plain)) reference.Kernels {
	s := newPlain()
	edit(&s)
	return s.kernels()
}

// but is the reference after an edit.
func but(edit func(k *reference.Kernels)) reference.Kernels {
	k := reference.Scalar
	edit(&k)
	return k
}

// only provides some of the operations of k.
func only(k reference.Kernels, operations ...operation.Operation) reference.Kernels {
	some := reference.Kernels{Name: k.Name, Requires: k.Requires, Available: k.Available}
	for _, op := range operations {
		if op.Provided(k) {
			op.Set(&some, func(q operation.Query, dst operation.Destination) error { return op.Call(k, q, dst) })
		}
	}
	return some
}

func firstUnmasked(row []float32) int {
	return slices.IndexFunc(row, func(x float32) bool { return !math.IsInf(float64(x), -1) })
}

func notGreedy([]float32) int { return -1 }

func temperatureMutants() []mutant[reference.Kernels] {
	type m = mutant[reference.Kernels]
	unguarded := with(func(s *plain) { s.greedy = notGreedy })
	unguarded.LogSumExp = nil
	return []m{
		{"T", "ggml#37, gemma#562, nanoGPT#546, exllama#226", "logits divided by 0", unguarded, verdict.Must},
		{"T", "LLaDA2.X#6", "T = 0 draws at T = 1", with(func(s *plain) {
			s.adjust = func(t float64) float64 {
				if t == 0 {
					return 1
				}
				return t
			}
		}), verdict.Must},
		{"T", "text-generation-inference#687", "T = 1 taken for greedy", with(func(s *plain) {
			s.adjust = func(t float64) float64 {
				if t == 1 {
					return 0
				}
				return t
			}
		}), verdict.Must},
		{"T", "vllm#890, #3063, #2937", "scaled logits overflow just above the greedy cut-off", with(func(s *plain) {
			s.scale = func(x, t float64) float64 {
				if y := x / t; math.Abs(y) <= 65504 {
					return y
				}
				return math.Inf(int(math.Copysign(1, x)))
			}
		}), verdict.Must},
		{"T", "vllm#22180, mamba#1041", "negative temperature accepted", with(func(s *plain) {
			s.guard = func(t float64) error {
				if math.IsNaN(t) {
					return reference.ErrTemperature
				}
				return nil
			}
		}), verdict.Must},
		{"T", "lattice#295", "a clamp that lets NaN pass is the only guard", with(func(s *plain) {
			s.guard = func(t float64) error { return nil }
			s.adjust = func(t float64) float64 { return max(t, 1e-30) }
			s.draw = func(p []float64, src rand.Source, s plain) int { return s.choose(p, s.noise(src)) }
		}), verdict.Must},
		{"T", "lattice#295", "a temperature of NaN taken for 1", with(func(s *plain) {
			s.guard = func(t float64) error {
				if t < 0 {
					return reference.ErrTemperature
				}
				return nil
			}
			s.adjust = func(t float64) float64 {
				if math.IsNaN(t) {
					return 1
				}
				return t
			}
		}), verdict.Must},
		{"T", "derived", "a log-sum-exp of NaN below T = 0, without an error", but(func(k *reference.Kernels) {
			k.LogSumExp = func(dst []float64, logits []float32, t float64) error {
				err := reference.Scalar.LogSumExp(dst, logits, t)
				if t < 0 && err != nil {
					err = nil
					for r := range dst {
						dst[r] = math.NaN()
					}
				}
				return err
			}
		}), verdict.Should},
		{"T", "derived", "logits multiplied by 1/T: −Inf·0 at T = +Inf with a mask", with(func(s *plain) {
			s.uniform = false
			s.scale = func(x, t float64) float64 { return x * (1 / t) }
		}), verdict.Must},
		{"T", "miles#1190, prime-rl#3090", "scorer divides by T = 0, sampler does not", but(func(k *reference.Kernels) { k.LogProbs = unguarded.LogProbs }), verdict.Must},
		{"T", "RL-Kernel#81", "temperature applied twice", with(func(s *plain) { s.scale = func(x, t float64) float64 { return x / t / t } }), verdict.Must},
		{"T", "guidance#1327, CodonTransformer#20", "logits scaled in place", with(func(s *plain) {
			s.after = func(logits []float32, scaled []float64, row []float32) {
				for v, y := range scaled {
					row[v] = float32(y)
				}
			}
		}), verdict.Must},
		{"T", "prime-rl#697", "log p / T not renormalised", but(func(k *reference.Kernels) {
			k.LogProbs = func(dst []float64, logits []float32, tokens []int, t float64) error {
				err := reference.Scalar.LogProbs(dst, logits, tokens, 1)
				for r := range dst {
					dst[r] /= t
				}
				return err
			}
		}), verdict.Must},
		{"T", "ollama#16196, CTranslate2#1620, vllm#9453", "raw log-probabilities returned for annealed ones", but(func(k *reference.Kernels) {
			k.LogProbs = func(dst []float64, logits []float32, tokens []int, t float64) error {
				return reference.Scalar.LogProbs(dst, logits, tokens, 1)
			}
		}), verdict.Must},
		{"T", "uci-statnlp#26", "temperature ignored", with(func(s *plain) {
			s.adjust = func(t float64) float64 { return 1 }
		}), verdict.Must},
		{"T", "uci-statnlp#26", "multiplied by T", with(func(s *plain) { s.scale = func(x, t float64) float64 { return x * t } }), verdict.Must},
		{"T", "derived", "log-sum-exp at T = 0 is the maximum", but(func(k *reference.Kernels) {
			k.LogSumExp = func(dst []float64, logits []float32, t float64) error {
				if t == 0 && len(dst) == 1 {
					dst[0] = float64(slices.Max(logits))
					return nil
				}
				return reference.Scalar.LogSumExp(dst, logits, t)
			}
		}), verdict.Must},
		{"T", "derived", "temperature rounded to two digits", with(func(s *plain) {
			s.adjust = func(t float64) float64 {
				if t > 0.05 && t < 1e6 {
					return math.Round(t*100) / 100
				}
				return t
			}
		}), verdict.Must},
		{"T", "derived", "temperatures above 2 cut to 2", with(func(s *plain) {
			s.adjust = func(t float64) float64 {
				if t > 2 && !math.IsInf(t, 1) {
					return 2
				}
				return t
			}
		}), verdict.Must},
		{"T", "vllm#890, #3063, #2937", "Sample takes the first token below T = 1e-4", but(func(k *reference.Kernels) {
			k.Sample = func(dst []int, logits []float32, u []float64, t float64) error {
				err := reference.Scalar.Sample(dst, logits, u, t)
				for r := range dst {
					if err == nil && t > 0 && t < 1e-4 {
						dst[r] = firstUnmasked(logits[r*len(logits)/len(dst):])
					}
				}
				return err
			}
		}), verdict.Must},
		{"T", "vllm#890, #3063, #2937", "Draw takes the first token below T = 0.2", but(func(k *reference.Kernels) {
			k.Draw = func(dst []int, logits []float32, src rand.Source, t float64) error {
				err := reference.Scalar.Draw(dst, logits, src, t)
				for r := range dst {
					if err == nil && t > 0 && t < 0.2 {
						dst[r] = firstUnmasked(logits[r*len(logits)/len(dst):])
					}
				}
				return err
			}
		}), verdict.Must},
		{"T", "derived", "T below 1e-5 taken for greedy in Anneal only, ties included", with(func(s *plain) {
			s.adjust = func(t float64) float64 {
				if t < 1e-2 {
					return 0
				}
				return t
			}
		}), verdict.Must},
		{"T", "derived", "T = +Inf uniform over the vocabulary, masks included", with(func(s *plain) {
			s.uniform = false
			s.scale = func(x, t float64) float64 {
				if math.IsInf(t, 1) {
					return 0
				}
				return x / t
			}
		}), verdict.Must},
	}
}

func softmaxMutants() []mutant[reference.Kernels] {
	type m = mutant[reference.Kernels]
	return []m{
		{"softmax", "ollama#9631, candle#267, machinelearning#3648", "maximum not subtracted", with(func(s *plain) { s.top = func([]float64) float64 { return 0 } }), verdict.Must},
		{"softmax", "lighteval#1375", "only positive maxima subtracted: 0/0 at −1000", with(func(s *plain) {
			s.top = func(row []float64) float64 { return max(0, maximum(row)) }
		}), verdict.Must},
		{"softmax", "genlm-backend#66, vllm#19", "log-probabilities kept in 11 bits", with(func(s *plain) {
			s.logp = func(scaled, top, total float64) float64 { return half(scaled - top - math.Log(total)) }
		}), verdict.Must},
		{"softmax", "genlm-backend#66", "log of a probability that underflowed in float32", with(func(s *plain) {
			s.logp = func(scaled, top, total float64) float64 {
				return math.Log(float64(float32(math.Exp(scaled-top) / total)))
			}
		}), verdict.Must},
		{"softmax", "garage#1357", "softmax of a softmax", but(func(k *reference.Kernels) {
			k.Anneal = func(dst, logits []float32, rows int, t float64) error {
				if err := reference.Scalar.Anneal(dst, logits, rows, t); err != nil {
					return err
				}
				return reference.Scalar.Anneal(dst, dst, rows, 1)
			}
		}), verdict.Must},
		{"softmax", "derived", "log₁₀ in the log-sum-exp", with(func(s *plain) {
			s.logp = func(scaled, top, total float64) float64 { return scaled - top - math.Log10(total) }
		}), verdict.Must},
		{"softmax", "derived", "log-sum-exp without the maximum put back", but(func(k *reference.Kernels) {
			k.LogSumExp = func(dst []float64, logits []float32, t float64) error {
				err := reference.Scalar.LogSumExp(dst, logits, t)
				dst[0] -= float64(slices.Max(logits[:len(logits)/len(dst)])) / t
				return err
			}
		}), verdict.Must},
		{"softmax", "derived", "exp by a polynomial that is right to 1e-4", with(func(s *plain) {
			s.exp = func(x float64) float64 { return math.Exp(x) * (1 + 1e-4*math.Sin(40*x)) }
		}), verdict.Must},
		{"softmax", "derived", "small weights flushed: exp(x) = 0 below −30", with(func(s *plain) {
			s.exp = func(x float64) float64 {
				if x < -30 {
					return 0
				}
				return math.Exp(x)
			}
		}), verdict.Must},
		{"softmax", "derived", "sum in float16", with(func(s *plain) {
			s.sum = func(weights []float64, r int) float64 {
				total := 0.0
				for _, w := range weights {
					total = half(total + w)
				}
				return total
			}
		}), verdict.Must},
		{"softmax", "derived", "probabilities clipped to 1e-12 from below", but(func(k *reference.Kernels) {
			k.Anneal = func(dst, logits []float32, rows int, t float64) error {
				err := reference.Scalar.Anneal(dst, logits, rows, t)
				for i := range dst {
					dst[i] = max(dst[i], 1e-12)
				}
				return err
			}
		}), verdict.Must},
		{"order", "llama.cpp#812", "the first logit taken for the largest", with(func(s *plain) {
			s.greedy = func([]float32) int { return 0 }
			s.top = func(scaled []float64) float64 { return scaled[0] }
		}), verdict.Must},
		{"order", "derived", "answer in descending order of probability", but(func(k *reference.Kernels) {
			k.Anneal = func(dst, logits []float32, rows int, t float64) error {
				err := reference.Scalar.Anneal(dst, logits, rows, t)
				for row := range slices.Chunk(dst, max(1, len(dst)/max(1, rows))) {
					slices.SortFunc(row, func(a, b float32) int { return int(math.Copysign(1, float64(b-a))) })
				}
				return err
			}
		}), verdict.Must},
		{"vector", "go-highway softmax tests", "the last vocab mod 16 logits dropped from the sum", with(func(s *plain) {
			s.sum = func(weights []float64, r int) float64 {
				if len(weights) < 16 {
					return sum(weights)
				}
				return sum(weights[:len(weights)/16*16])
			}
		}), verdict.Must},
		{"vector", "go-highway softmax tests", "one lane counted twice and another not at all", with(func(s *plain) {
			s.sum = func(weights []float64, r int) float64 {
				total := 0.0
				for i, w := range weights {
					if i/16 < len(weights)/16 && i%16 == 7 {
						w = weights[i-1]
					}
					total += w
				}
				return total
			}
		}), verdict.Must},
		{"vector", "derived", "0·∞ where a whole block is masked", with(func(s *plain) {
			s.sum = func(weights []float64, r int) float64 {
				if len(weights) > 2048 && slices.Max(weights[:2048]) == 0 {
					return math.NaN()
				}
				return sum(weights)
			}
		}), verdict.Must},
		{"vector", "derived", "only the first 65536 logits summed", with(func(s *plain) {
			s.sum = func(weights []float64, r int) float64 { return sum(weights[:min(len(weights), 65536)]) }
		}), verdict.Must},
	}
}

// half rounds to 11 significant bits.
func half(x float64) float64 {
	fraction, exponent := math.Frexp(x)
	return math.Ldexp(math.Round(fraction*2048)/2048, exponent)
}

func badRowMutants() []mutant[reference.Kernels] {
	type m = mutant[reference.Kernels]
	tolerant := func(repair func(row []float32) []float32) reference.Kernels {
		return with(func(s *plain) {
			s.check = func([]float32) error { return nil }
			s.row = func(logits []float32, r, vocab int) []float32 {
				return repair(slices.Clone(logits[r*vocab : (r+1)*vocab]))
			}
		})
	}
	replaced := func(bad func(float32) bool, by float32) func([]float32) []float32 {
		return func(row []float32) []float32 {
			for v, x := range row {
				if bad(x) {
					row[v] = by
				}
			}
			return row
		}
	}
	isNaN := func(x float32) bool { return x != x }
	isPlusInf := func(x float32) bool { return math.IsInf(float64(x), 1) }
	return []m{
		{"bad rows", "sglang#33206", "NaN replaced by −1e30: text from nothing", tolerant(replaced(isNaN, -1e30)), verdict.Must},
		{"bad rows", "rten#1089, llama.cpp#26651", "no largest logit: token 0", but(func(k *reference.Kernels) {
			k.Sample = func(dst []int, logits []float32, u []float64, t float64) error {
				clear(dst)
				_ = reference.Scalar.Sample(dst, logits, u, t)
				return nil
			}
		}), verdict.Must},
		{"bad rows", "allennlp#890", "a row without support answered from its masks", tolerant(func(row []float32) []float32 {
			if slices.Max(row) == float32(math.Inf(-1)) {
				return make([]float32, len(row))
			}
			return row
		}), verdict.Must},
		{"bad rows", "derived", "+Inf taken for the largest float32: a finite log-sum-exp", tolerant(replaced(isPlusInf, math.MaxFloat32)), verdict.Must},
		{"bad rows", "derived", "+Inf taken for masked: the mass goes to other tokens", tolerant(replaced(isPlusInf, float32(math.Inf(-1)))), verdict.Must},
		{"bad rows", "derived", "limits in place of errors", named("limits", takingLimits(reference.Scalar)), verdict.Should},
		{"bad rows", "derived", "NaN found only in the first logit", with(func(s *plain) {
			s.check = func(row []float32) error { return reference.CheckRow(row[:1]) }
			s.token = func(int, int) error { return nil }
		}), verdict.Must},
		{"bad rows", "derived", "greedy path does not look for NaN", with(func(s *plain) {
			s.check = func(row []float32) error { return nil }
			s.top = func(row []float64) float64 { return maximum(row) }
		}), verdict.Must},
		{"bad rows", "derived", "token out of range wraps around", with(func(s *plain) {
			s.token = func(int, int) error { return nil }
			s.logp = func(scaled, top, total float64) float64 { return scaled - top - math.Log(total) }
		}), verdict.Must},
		{"bad rows", "derived", "token clamped into the vocabulary", but(func(k *reference.Kernels) {
			k.LogProbs = func(dst []float64, logits []float32, tokens []int, t float64) error {
				clamped := slices.Clone(tokens)
				for r := range clamped {
					clamped[r] = min(max(clamped[r], 0), len(logits)/len(dst)-1)
				}
				return reference.Scalar.LogProbs(dst, logits, clamped, t)
			}
		}), verdict.Must},
		{"bad rows", "derived", "u clamped into [0, 1)", with(func(s *plain) {
			s.u = func(u float64) (float64, error) { return min(max(u, 0), 1-0x1p-53), nil }
		}), verdict.Must},
		{"bad rows", "CosyVoice#1449", "mask inverted", with(func(s *plain) {
			s.row = func(logits []float32, r, vocab int) []float32 {
				row := slices.Clone(logits[r*vocab : (r+1)*vocab])
				masked := func(x float32) bool { return math.IsInf(float64(x), -1) }
				if slices.ContainsFunc(row, masked) && !slices.ContainsFunc(row, func(x float32) bool { return x != x || math.IsInf(float64(x), 1) }) {
					for v, x := range row {
						if row[v] = float32(math.Inf(-1)); masked(x) {
							row[v] = 0
						}
					}
				}
				return row
			}
		}), verdict.Must},
		{"bad rows", "derived", "a mask of −1e9 leaks at high temperature", with(func(s *plain) {
			s.uniform = false
			s.scale = func(x, t float64) float64 { return max(x, -1e9) / t }
		}), verdict.Must},
	}
}
