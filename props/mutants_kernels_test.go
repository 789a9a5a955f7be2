package props_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"
	"unsafe"

	"temper/props/verdict"
	"temper/reference"
)

// A mutant is something correct with one thing wrong: a bug that was published,
// or one that stands for its kind. It must be caught by a law of the level that
// what it was made from keeps: plain keeps the Must laws, the reference all.
type mutant[S any] struct {
	group, source, cause string
	subject              S
	level                verdict.Level
}

// kernelMutants are the planted bugs of the vocabulary-sized operations.
func kernelMutants() []mutant[reference.Kernels] {
	return slices.Concat(temperatureMutants(), softmaxMutants(), badRowMutants(), drawMutants(), stateMutants(), contractMutants())
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
		{"bad rows", "derived", "+Inf taken for certainty", tolerant(replaced(func(x float32) bool { return math.IsInf(float64(x), 1) }, math.MaxFloat32)), verdict.Must},
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

func drawMutants() []mutant[reference.Kernels] {
	type m = mutant[reference.Kernels]
	choosing := func(choose func(p []float64, u float64) int) reference.Kernels {
		return with(func(s *plain) { s.choose = choose })
	}
	return []m{
		{"draw", "pytorch#48841, #50034", "u ≤ F: a token of probability 0 at the edge", choosing(func(p []float64, u float64) int {
			running := 0.0
			for v, x := range p {
				if running += x; u <= running {
					return v
				}
			}
			return firstAbove(p, u)
		}), verdict.Must},
		{"draw", "onnxruntime-genai#1363", "nothing chosen: the last token, masked or not", choosing(func(p []float64, u float64) int {
			running := 0.0
			for v, x := range p {
				if running += x; u < running {
					return v
				}
			}
			return len(p) - 1
		}), verdict.Must},
		{"draw", "gonum#1866, TensorRT-LLM#19496", "nothing chosen: index V", choosing(func(p []float64, u float64) int {
			running := 0.0
			for v, x := range p {
				if running += x; u < running {
					return v
				}
			}
			return len(p)
		}), verdict.Must},
		{"draw", "go#12290, v#16707", "uniform rounded to float32, up to 1", with(func(s *plain) {
			s.u = func(u float64) (float64, error) { return float64(float32(u)), reference.CheckDraw(u) }
			s.choose = func(p []float64, u float64) int {
				if u >= 1 {
					return len(p)
				}
				return firstAbove(p, u)
			}
		}), verdict.Must},
		{"draw", "pytorch#22557, go#65432", "exponential noise exactly 0", with(func(s *plain) {
			s.draw = func(p []float64, src rand.Source, s plain) int {
				return race(p, func() float64 { return -math.Log(1 - s.noise(src)) })
			}
		}), verdict.Must},
		{"draw", "pytorch#4517", "Gumbel noise infinite", with(func(s *plain) {
			s.draw = func(p []float64, src rand.Source, s plain) int {
				best, highest := len(p), math.Inf(-1)
				for v, x := range p {
					if key := math.Log(x) - math.Log(-math.Log(s.noise(src))); key > highest {
						best, highest = v, key
					}
				}
				return best
			}
		}), verdict.Must},
		{"draw", "vllm#43150, jax#26974", "uniform of 24 bits starves the tail", with(func(s *plain) {
			s.u = func(u float64) (float64, error) { return math.Floor(u*0x1p24) / 0x1p24, reference.CheckDraw(u) }
		}), verdict.Must},
		{"draw", "computed", "running sum in float32", choosing(func(p []float64, u float64) int {
			var running float32
			last := 0
			for v, x := range p {
				if x == 0 {
					continue
				}
				last = v
				if running += float32(x); float32(u) < running {
					break
				}
			}
			return last
		}), verdict.Must},
		{"draw", "amrex#5545", "16-bit word modulo the vocabulary", with(func(s *plain) {
			s.draw = func(p []float64, src rand.Source, s plain) int {
				if slices.Max(p) == slices.Min(p) {
					return int(uint16(src.Uint64())) % len(p)
				}
				return s.choose(p, s.noise(src))
			}
		}), verdict.Must},
		{"draw", "garage#1357, dynet#708", "probabilities used as logits", with(func(s *plain) {
			s.draw = func(p []float64, src rand.Source, s plain) int {
				weights := make([]float64, len(p))
				for v, x := range p {
					if x > 0 {
						weights[v] = math.Exp(x)
					}
				}
				total := sum(weights)
				for v := range weights {
					weights[v] /= total
				}
				return s.choose(weights, s.noise(src))
			}
		}), verdict.Must},
		{"draw", "derived", "tokens in reverse order", choosing(func(p []float64, u float64) int {
			reversed := slices.Clone(p)
			slices.Reverse(reversed)
			return len(p) - 1 - firstAbove(reversed, u)
		}), verdict.Must},
		{"draw", "derived", "one token late", choosing(func(p []float64, u float64) int {
			return firstAbove(p, min(u+1e-4, 1-0x1p-53))
		}), verdict.Must},
		{"draw", "derived", "the same uniform number for every row", with(func(s *plain) {
			s.draw = func(p []float64, src rand.Source, s plain) int {
				if fixed, ok := src.(*rand.PCG); ok {
					again := *fixed
					return s.choose(p, s.noise(&again))
				}
				return s.choose(p, s.noise(src))
			}
		}), verdict.Must},
		{"draw", "derived", "uniform number squared", with(func(s *plain) {
			s.noise = func(src rand.Source) float64 { u := reference.Uniform(src); return u * u }
		}), verdict.Must},
	}
}

// race is the exponential race: the smallest e/p wins.
func race(p []float64, noise func() float64) int {
	best, soonest := len(p), math.Inf(1)
	for v, x := range p {
		if key := noise() / x; key < soonest || math.IsNaN(key) {
			best, soonest = v, key
		}
	}
	return best
}

func stateMutants() []mutant[reference.Kernels] {
	type m = mutant[reference.Kernels]
	global := rand.NewPCG(1, 2)
	var calls atomic.Uint64
	var remembered atomic.Pointer[float64]
	var scratch atomic.Uint64
	return []m{
		{"state", "mlx-lm#1580, vllm#51226", "a generator of the package's own", with(func(s *plain) {
			s.noise = func(rand.Source) float64 { return reference.Uniform(global) }
		}), verdict.Must},
		{"state", "genai#3721", "the same seed twice differs", with(func(s *plain) {
			s.noise = func(src rand.Source) float64 {
				u := reference.Uniform(src) + float64(calls.Add(1)%7)/7
				return u - math.Floor(u)
			}
		}), verdict.Must},
		{"state", "vllm#7779, #11778", "the order of a sum depends on the row's place", with(func(s *plain) {
			s.sum = func(weights []float64, r int) float64 {
				if r%2 == 0 {
					return sum(weights)
				}
				backwards := slices.Clone(weights)
				slices.Reverse(backwards)
				return sum(backwards)
			}
		}), verdict.Must},
		{"state", "Fast-dLLM#64, mlx-vlm#1094", "row 0's answer for all", with(func(s *plain) {
			s.row = func(logits []float32, r, vocab int) []float32 { return logits[:vocab] }
		}), verdict.Must},
		{"state", "go#16205", "scratch shared by goroutines", but(func(k *reference.Kernels) {
			k.LogSumExp = func(dst []float64, logits []float32, t float64) error {
				err := reference.Scalar.LogSumExp(dst, logits, t)
				for r := range dst {
					scratch.Store(math.Float64bits(dst[r]))
					runtime.Gosched() // another goroutine comes between
					dst[r] = math.Float64frombits(scratch.Load())
				}
				return err
			}
		}), verdict.Must},
		{"size", "vllm#46560, llama.cpp#15080", "offset of a row in 16 bits", with(func(s *plain) {
			s.row = func(logits []float32, r, vocab int) []float32 {
				from := int(uint16(r * vocab))
				return logits[from : from+vocab]
			}
		}), verdict.Must},
		{"state", "derived", "the first temperature kept for ever", with(func(s *plain) {
			s.adjust = func(t float64) float64 {
				remembered.CompareAndSwap(nil, &t)
				return *remembered.Load()
			}
		}), verdict.Must},
		{"state", "derived", "the maximum of the first row used for all rows", but(func(k *reference.Kernels) {
			k.LogProbs = func(dst []float64, logits []float32, tokens []int, t float64) error {
				err := reference.Scalar.LogProbs(dst, logits, tokens, t)
				vocab := max(1, len(logits)/max(1, len(dst)))
				for r := range dst {
					if err == nil && t > 0 && slices.Max(logits[r*vocab:(r+1)*vocab])-slices.Max(logits[:vocab]) < -80 {
						dst[r] = math.NaN() // 0/0, as every weight underflows
					}
				}
				return err
			}
		}), verdict.Must},
	}
}

// contractMutants break what only the Should laws, or the memory laws, ask for.
func contractMutants() []mutant[reference.Kernels] {
	type m = mutant[reference.Kernels]
	var sink atomic.Pointer[[]float64]
	var behind atomic.Uint32
	var mutants []m
	add := func(cause string, edit func(k *reference.Kernels)) {
		mutants = append(mutants, m{"contract", "derived", cause, but(edit), verdict.Should})
	}
	add("reads one logit past the end of the matrix", before("LogSumExp", func(logits []float32, t float64) error {
		if len(logits) > 0 {
			behind.Store(math.Float32bits(loadBehind(logits)))
		}
		return nil
	}))
	add("writes a whole vector behind the last probability", func(k *reference.Kernels) {
		k.Anneal = func(dst, logits []float32, rows int, t float64) error {
			err := reference.Scalar.Anneal(dst, logits, rows, t)
			for i := len(dst); i < min(cap(dst), len(dst)+4); i++ {
				dst[:cap(dst)][i] = 0
			}
			return err
		}
	})
	add("in place, reads what it has written", func(k *reference.Kernels) {
		k.Anneal = func(dst, logits []float32, rows int, t float64) error {
			if len(logits) > 1 && &dst[0] == &logits[0] && t > 0 {
				dst[0] += dst[len(dst)-1] * 0x1p-10
			}
			return reference.Scalar.Anneal(dst, logits, rows, t)
		}
	})
	for _, op := range []string{"LogSumExp", "LogProbs", "Anneal", "Sample", "Draw"} {
		add(op+" allocates", before(op, func(logits []float32, t float64) error {
			garbage := make([]float64, 64)
			sink.Store(&garbage)
			return nil
		}))
		add(op+" stops at the first bad row", before(op, func(logits []float32, t float64) error {
			return reference.CheckRow(logits)
		}))
		add(op+" has no answer at extreme temperatures", before(op, func(logits []float32, t float64) error {
			if t != 0 && t < 1e-37 || t > 1e37 && !math.IsInf(t, 1) {
				return reference.ErrTemperature
			}
			return nil
		}))
		add(op+" refuses an empty matrix", before(op, func(logits []float32, t float64) error {
			if len(logits) == 0 {
				return fmt.Errorf("nothing to do: %w", reference.ErrShape)
			}
			return nil
		}))
		add(op+" panics on T = 0.7", before(op, func(logits []float32, t float64) error {
			if t == 0.7 {
				panic("unreachable")
			}
			return nil
		}))
	}
	return mutants
}

// loadBehind reads the float32 behind the end of a slice, as a vector load does.
//
//go:nocheckptr
func loadBehind(row []float32) float32 {
	return *(*float32)(unsafe.Add(unsafe.Pointer(&row[0]), 4*len(row)))
}

// before makes an operation do something before it answers as the reference.
func before(op string, first func(logits []float32, t float64) error) func(k *reference.Kernels) {
	s := reference.Scalar
	return func(k *reference.Kernels) {
		switch op {
		case "LogSumExp":
			k.LogSumExp = func(dst []float64, logits []float32, t float64) error {
				if err := first(logits, t); err != nil {
					return err
				}
				return s.LogSumExp(dst, logits, t)
			}
		case "LogProbs":
			k.LogProbs = func(dst []float64, logits []float32, tokens []int, t float64) error {
				if err := first(logits, t); err != nil {
					return err
				}
				return s.LogProbs(dst, logits, tokens, t)
			}
		case "Anneal":
			k.Anneal = func(dst, logits []float32, rows int, t float64) error {
				if err := first(logits, t); err != nil {
					return err
				}
				return s.Anneal(dst, logits, rows, t)
			}
		case "Sample":
			k.Sample = func(dst []int, logits []float32, u []float64, t float64) error {
				if err := first(logits, t); err != nil {
					return err
				}
				return s.Sample(dst, logits, u, t)
			}
		case "Draw":
			k.Draw = func(dst []int, logits []float32, src rand.Source, t float64) error {
				if err := first(logits, t); err != nil {
					return err
				}
				return s.Draw(dst, logits, src, t)
			}
		}
	}
}
