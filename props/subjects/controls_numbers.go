package subjects

import (
	"math"
	"slices"
	"sort"
	"sync"

	"temper/reference"
)

// numberControls are correct ways to the numbers, and to the token of a given u.
func numberControls() []reference.Kernels {
	numbers := func(edit func(s *plain)) reference.Kernels {
		k := with(edit)
		k.Sample, k.Draw = nil, nil
		return k
	}
	sampling := func(edit func(s *plain)) reference.Kernels {
		k := with(edit)
		k.Draw = nil
		return k
	}
	return append(maximumFirstControls(), []reference.Kernels{
		named("float64 in two passes", sampling(func(*plain) {})),
		named("float32 throughout, logits divided by T first", float32TwoPasses().kernels()),
		named("float32 in place, Anneal alone", reference.Kernels{Anneal: float32InPlace().kernels().Anneal}),
		named("one pass with a running maximum", online().kernels()),
		named("x/T − logsumexp(x/T) in float32", minusLogSumExp().kernels()),
		named("log-softmax before the temperature, normalised again", logSoftmaxFirst().kernels()),
		named("sums in blocks of 128", numbers(func(s *plain) {
			s.sum = func(weights []float64, r int) float64 { return blockwise(weights, 128) }
		})),
		named("sums of pairs in float32", numbers(func(s *plain) {
			s.sum = func(weights []float64, r int) float64 { return float64(pairwise(weights)) }
		})),
		named("exponentials to base 2", numbers(func(s *plain) {
			s.exp = func(x float64) float64 { return math.Exp2(x * math.Log2E) }
		})),
		named("multiplied by 1/T", numbers(func(s *plain) {
			s.scale = func(x, t float64) float64 { return x * (1 / t) }
		})),
		named("no division at T = 1", numbers(func(s *plain) {
			s.scale = func(x, t float64) float64 {
				if t == 1 {
					return x
				}
				return x / t
			}
		})),
		named("the last of equals at T = 0", sampling(func(s *plain) { s.greedy = lastArgmax })),
		named("u scaled by the total, binary search", reference.Kernels{Sample: scaledU().kernels().Sample}),
		named("results below 2⁻¹²⁶ flushed to 0", flushed(reference.Kernels{Anneal: reference.Scalar.Anneal})),
		named("NaN instead of errors", nanForErrors(reference.Scalar)),
		named("extreme temperatures refused", numbers(func(s *plain) {
			s.guard = func(t float64) error {
				if t != 0 && !(t >= 1e-30 && t <= 1e30 || math.IsInf(t, 1)) {
					return reference.ErrTemperature
				}
				return nil
			}
		})),
		named("two goroutines", inHalves()),
	}...)
}

// scaled32 is logits / T in float32, the largest of them and Σ exp(scaled − top),
// every step rounded; at T = +Inf the support is all 0.
func scaled32(row []float32, t float64) (scaled []float32, top, total float32) {
	scaled, top = make([]float32, len(row)), float32(math.Inf(-1))
	for v, x := range row {
		if scaled[v] = x; !math.IsInf(float64(x), -1) {
			scaled[v] = x / float32(t)
		}
		top = max(top, scaled[v])
	}
	for _, y := range scaled {
		total += exp32(y - top)
	}
	return scaled, top, total
}

func exp32(x float32) float32 { return float32(math.Exp(float64(x))) }
func log32(x float32) float32 { return float32(math.Log(float64(x))) }

// float32TwoPasses is the softmax of tensor libraries.
func float32TwoPasses() byRow {
	return byRow{
		logSumExp: func(row []float32, t float64) float64 {
			_, top, total := scaled32(row, t)
			return float64(top + log32(total))
		},
		logProb: func(row []float32, token int, t float64) float64 {
			if t == 0 {
				return certainty(token == argmax(row))
			}
			scaled, top, total := scaled32(row, t)
			return float64(scaled[token] - top - log32(total))
		},
		anneal: func(dst, row []float32, t float64) {
			if t == 0 {
				oneHot(dst, argmax(row))
				return
			}
			scaled, top, total := scaled32(row, t)
			for v, y := range scaled {
				dst[v] = exp32(y-top) / total
			}
		},
	}
}

// float32InPlace keeps nothing but dst.
func float32InPlace() byRow {
	return byRow{anneal: func(dst, row []float32, t float64) {
		if t == 0 {
			oneHot(dst, argmax(row))
			return
		}
		top, total := slices.Max(row), float32(0)
		for v, x := range row {
			if dst[v] = 0; !math.IsInf(float64(x), -1) {
				dst[v] = exp32(float32((float64(x) - float64(top)) / t))
			}
			total += dst[v]
		}
		for v := range dst {
			dst[v] /= total
		}
	}}
}

// online corrects the sum whenever a larger logit comes.
func online() byRow {
	normaliser := func(row []float32, t float64) (top, total float64) {
		top = math.Inf(-1)
		for _, x := range row {
			y := scaled64(x, t)
			switch {
			case math.IsInf(y, -1):
			case y > top:
				top, total = y, total*math.Exp(top-y)+1
			default:
				total += math.Exp(y - top)
			}
		}
		return top, total
	}
	return byRow{
		logSumExp: func(row []float32, t float64) float64 {
			top, total := normaliser(row, t)
			return top + math.Log(total)
		},
		logProb: func(row []float32, token int, t float64) float64 {
			if t == 0 {
				return certainty(token == argmax(row))
			}
			top, total := normaliser(row, t)
			return scaled64(row[token], t) - top - math.Log(total)
		},
		anneal: func(dst, row []float32, t float64) {
			if t == 0 {
				oneHot(dst, argmax(row))
				return
			}
			top, total := normaliser(row, t)
			for v, x := range row {
				dst[v] = float32(math.Exp(scaled64(x, t)-top) / total)
			}
		},
	}
}

// scaled64 is logit / T with −Inf for a masked token, at T = +Inf too.
func scaled64(x float32, t float64) float64 {
	if math.IsInf(float64(x), -1) {
		return math.Inf(-1)
	}
	return float64(x) / t
}

// logSoftmaxFirst makes log-probabilities of the logits, divides those by T and
// normalises again, both times in float32.
func logSoftmaxFirst() byRow {
	annealed := func(row []float32, t float64) []float32 {
		logp := row
		for _, t := range []float64{1, t} {
			scaled, top, total := scaled32(logp, t)
			logp = scaled
			for v := range logp {
				logp[v] = logp[v] - top - log32(total)
			}
		}
		return logp
	}
	return byRow{
		logProb: func(row []float32, token int, t float64) float64 {
			if t == 0 {
				return certainty(token == argmax(row))
			}
			return float64(annealed(row, t)[token])
		},
		anneal: func(dst, row []float32, t float64) {
			if t == 0 {
				oneHot(dst, argmax(row))
				return
			}
			for v, logp := range annealed(row, t) {
				dst[v] = exp32(logp)
			}
		},
	}
}

// scaledU looks for u·total among the running sums of weights that were never
// normalised.
func scaledU() byRow {
	return byRow{sample: func(row []float32, u, t float64) int {
		if t == 0 {
			return argmax(row)
		}
		top, total := scaled64(slices.Max(row), t), 0.0
		sums := make([]float64, len(row))
		for v, x := range row {
			total += math.Exp(scaled64(x, t) - top)
			sums[v] = total
		}
		return sort.Search(len(sums), func(v int) bool { return sums[v] > u*total })
	}}
}

// blockwise adds the sums of blocks.
func blockwise(weights []float64, size int) float64 {
	total := 0.0
	for block := range slices.Chunk(weights, size) {
		total += sum(block)
	}
	return total
}

// pairwise adds the sums of both halves.
func pairwise(weights []float64) float32 {
	if len(weights) == 1 {
		return float32(weights[0])
	}
	half := len(weights) / 2
	return pairwise(weights[:half]) + pairwise(weights[half:])
}

func lastArgmax(row []float32) int {
	best := 0
	for v, x := range row {
		if x >= row[best] {
			best = v
		}
	}
	return best
}

// certainty is the log-probability of what happens, or does not, for certain.
func certainty(happens bool) float64 {
	if happens {
		return 0
	}
	return math.Inf(-1)
}

func oneHot(dst []float32, token int) {
	clear(dst)
	dst[token] = 1
}

// flushed is a processor that knows no subnormal numbers.
func flushed(k reference.Kernels) reference.Kernels {
	anneal := k.Anneal
	k.Anneal = func(dst, logits []float32, rows int, t float64) error {
		err := anneal(dst, logits, rows, t)
		for v, p := range dst {
			if p < 0x1p-126 {
				dst[v] = 0
			}
		}
		return err
	}
	return k
}

// nanForErrors computes numbers row by row, with NaN where there is no answer.
func nanForErrors(k reference.Kernels) reference.Kernels {
	var nan reference.Kernels
	nan.LogSumExp = func(dst []float64, logits []float32, t float64) error {
		for r := range dst {
			if k.LogSumExp(dst[r:r+1], rowOf(logits, r, len(dst)), t) != nil {
				dst[r] = math.NaN()
			}
		}
		return nil
	}
	nan.LogProbs = func(dst []float64, logits []float32, tokens []int, t float64) error {
		for r := range dst {
			if k.LogProbs(dst[r:r+1], rowOf(logits, r, len(dst)), tokens[r:r+1], t) != nil {
				dst[r] = math.NaN()
			}
		}
		return nil
	}
	nan.Anneal = func(dst, logits []float32, rows int, t float64) error {
		for r := range rows {
			into := rowOf(dst, r, rows)
			if k.Anneal(into, rowOf(logits, r, rows), 1, t) != nil {
				copy(into, slices.Repeat([]float32{float32(math.NaN())}, len(into)))
			}
		}
		return nil
	}
	return nan
}

func rowOf(logits []float32, r, rows int) []float32 {
	vocab := len(logits) / rows
	return logits[r*vocab : (r+1)*vocab]
}

// inHalves gives each of two goroutines half of the rows.
func inHalves() reference.Kernels {
	return reference.Kernels{LogSumExp: func(dst []float64, logits []float32, t float64) error {
		vocab, err := reference.Vocab(len(logits), len(dst))
		if err != nil {
			return err
		}
		half := len(dst) / 2
		var first, second error
		var both sync.WaitGroup
		both.Go(func() { first = reference.Scalar.LogSumExp(dst[:half], logits[:half*vocab], t) })
		both.Go(func() { second = reference.Scalar.LogSumExp(dst[half:], logits[half*vocab:], t) })
		both.Wait()
		if first != nil {
			return first
		}
		return second
	}}
}
