package subjects

import (
	"cmp"
	"container/heap"
	"math"
	"math/rand/v2"
	"slices"

	"temper/reference"
)

// cutControls are correct samplers with cuts in many styles. Each follows a convention
// that it declares.
func cutControls() []reference.Sampler {
	made := func(name, convention string, cut cutter) reference.Sampler {
		s := samplerOf(conventionNamed(convention), cut)
		s.Name = name
		return s
	}
	valueTies := conventionNamed("FlashInfer (joint)")
	valueTies.Name = "value ties, T last"
	valueTies.Order = []reference.Step{reference.TopK, reference.TopP, reference.MinP, reference.Temper}
	allOrders := conventionNamed("Ollama (Go, to May 2026)")
	allOrders.Name, allOrders.Order = "min-p, T, P, k", []reference.Step{reference.MinP, reference.Temper, reference.TopP, reference.TopK}
	rejecting := made("rejection for Draw", "transformers", rightCuts().cut)
	rejecting.Draw = byRejection(rejecting)
	gumbel := made("Gumbel noise on what is kept", "llama.cpp", rightCuts().cut)
	gumbel.Draw = byGumbel(gumbel)
	return []reference.Sampler{
		made("full sort", "transformers", rightCuts().cut),
		made("heap of k", "llama.cpp", byHeap),
		made("quickselect with ties", "vLLM (torch)", byQuickselect),
		made("quickselect, exactly k", "mlx-lm", byQuickselect),
		made("threshold by bisection", "FlashInfer (top k first)", byBisection),
		made("threshold by bisection, the original mass", "FlashInfer (joint)", byBisection),
		made("original mass as base", "SGLang (torch)", rightCuts().cut),
		made("T last", "mlx-lm", rightCuts().cut),
		samplerOf(valueTies, rightCuts().cut),
		samplerOf(allOrders, rightCuts().cut),
		rejecting, gumbel,
		made("float32, divided by T first", "vLLM (torch)", inFloat32),
		made("float32, T last", "llama.cpp", inFloat32),
		made("float32, ascending sums", "TensorRT-LLM (torch)", ascendingInFloat32),
		made("float32, log-softmax before T", "transformers", logSoftmaxInFloat32),
		made("the highest index among equals", "llama.cpp", highestIndex(rightCuts().cut)),
		made("only T and k", "transformers.js", byHeap),
		shared(made("all of the largest at T = 0", "Ollama (Go, to May 2026)", rightCuts().cut)),
	}
}

// byWeight is a cutter from steps that mark, in tokens and in log-weights, what is kept:
// the tokens that are left, in no order.
func byWeight(how reference.Sampling, by reference.Convention, row []float32, topK, topP func(x []float64, left []int) []int) []float64 {
	x, largest := make([]float64, len(row)), float64(slices.Max(row))
	var left, all []int
	for v := range row {
		if x[v] = float64(row[v]) - largest; !math.IsInf(x[v], -1) {
			all = append(all, v)
		}
	}
	left = slices.Clone(all)
	if how.Temperature == 0 || how.Temperature < by.GreedyBelow {
		left = []int{slices.Index(row, slices.Max(row))}
		return onlyLeft(x, left)
	}
	for _, step := range by.Order {
		switch {
		case step == reference.Temper:
			for v := range x {
				if x[v] /= how.Temperature; math.IsInf(how.Temperature, 1) {
					x[v] = 0
				}
			}
		case step == reference.TopK && how.TopK > 0 && how.TopK < len(left):
			left = topK(x, left)
		case step == reference.TopP && how.TopP > 0 && how.TopP < 1:
			left = topP(x, left)
		case step == reference.MinP && how.MinP > 0:
			most := math.Inf(-1)
			for _, v := range left {
				most = math.Max(most, x[v])
			}
			left = slices.DeleteFunc(left, func(v int) bool { return math.Exp(x[v]-most) < how.MinP })
		}
	}
	return onlyLeft(x, left)
}

func onlyLeft(x []float64, left []int) []float64 {
	logw := slices.Repeat([]float64{math.Inf(-1)}, len(x))
	for _, v := range left {
		logw[v] = x[v]
	}
	return logw
}

// nucleusOf keeps the first of the tokens, sorted by weight, up to the mass P.
func nucleusOf(x []float64, left []int, how reference.Sampling, by reference.Convention, all []int) []int {
	slices.SortFunc(left, func(a, b int) int { return cmp.Or(cmp.Compare(x[b], x[a]), cmp.Compare(b, a)) }) // the highest index first
	base, total, mass := left, 0.0, 0.0
	if by.OriginalMass {
		base = all
	}
	for _, v := range base {
		total += math.Exp(x[v])
	}
	for i, v := range left {
		if i > 0 && !(mass < how.TopP*total || by.AtMost && mass == how.TopP*total) {
			return left[:i]
		}
		mass += math.Exp(x[v])
	}
	return left
}

func finite(row []float32) []int {
	var all []int
	for v, x := range row {
		if !math.IsInf(float64(x), -1) {
			all = append(all, v)
		}
	}
	return all
}

// byHeap takes the k largest from a heap.
func byHeap(row []float32, how reference.Sampling, by reference.Convention) []float64 {
	return byWeight(how, by, row,
		func(x []float64, left []int) []int {
			h := &largestFirst{x, left}
			heap.Init(h)
			var taken []int
			for len(taken) < how.TopK {
				taken = append(taken, heap.Pop(h).(int))
			}
			return taken
		},
		func(x []float64, left []int) []int { return nucleusOf(x, left, how, by, finite(row)) })
}

type largestFirst struct {
	x      []float64
	tokens []int
}

func (h *largestFirst) Len() int           { return len(h.tokens) }
func (h *largestFirst) Less(i, j int) bool { return h.x[h.tokens[i]] > h.x[h.tokens[j]] }
func (h *largestFirst) Swap(i, j int)      { h.tokens[i], h.tokens[j] = h.tokens[j], h.tokens[i] }
func (h *largestFirst) Push(v any)         { h.tokens = append(h.tokens, v.(int)) }
func (h *largestFirst) Pop() any {
	last := h.tokens[len(h.tokens)-1]
	h.tokens = h.tokens[:len(h.tokens)-1]
	return last
}

// byQuickselect finds the k-th largest by partitions around random pivots.
func byQuickselect(row []float32, how reference.Sampling, by reference.Convention) []float64 {
	r := rand.New(rand.NewPCG(1, 1))
	return byWeight(how, by, row,
		func(x []float64, left []int) []int {
			kth := nthLargest(x, left, how.TopK, r)
			kept := slices.DeleteFunc(slices.Clone(left), func(v int) bool { return x[v] <= kth })
			for _, v := range left {
				if x[v] == kth && (by.TiesAtK || len(kept) < how.TopK) {
					kept = append(kept, v)
				}
			}
			return kept
		},
		func(x []float64, left []int) []int { return nucleusOf(x, left, how, by, finite(row)) })
}

func nthLargest(x []float64, tokens []int, n int, r *rand.Rand) float64 {
	pivot := x[tokens[r.IntN(len(tokens))]]
	var above, below []int
	for _, v := range tokens {
		if x[v] > pivot {
			above = append(above, v)
		} else if x[v] < pivot {
			below = append(below, v)
		}
	}
	switch equal := len(tokens) - len(above) - len(below); {
	case n <= len(above):
		return nthLargest(x, above, n, r)
	case n <= len(above)+equal:
		return pivot
	default:
		return nthLargest(x, below, n-len(above)-equal, r)
	}
}

// byBisection looks for the threshold of each cut among numbers, without a sort, as
// FlashInfer does: equal tokens have one fate.
func byBisection(row []float32, how reference.Sampling, by reference.Convention) []float64 {
	all := finite(row)
	return byWeight(how, by, row,
		func(x []float64, left []int) []int {
			threshold := lowestWith(x, left, func(above []int) bool { return len(above) < how.TopK })
			return slices.DeleteFunc(left, func(v int) bool { return x[v] < threshold })
		},
		func(x []float64, left []int) []int {
			base := left
			if by.OriginalMass {
				base = all
			}
			total := massOf(x, base)
			threshold := lowestWith(x, left, func(above []int) bool { return massOf(x, above) < how.TopP*total })
			return slices.DeleteFunc(left, func(v int) bool { return x[v] < threshold })
		})
}

// lowestWith is the smallest threshold, by bisection, above which the tokens are as
// wanted; one that is wanted with none above it always exists.
func lowestWith(x []float64, tokens []int, wanted func(above []int) bool) float64 {
	values := make([]float64, len(tokens))
	for i, v := range tokens {
		values[i] = x[v]
	}
	slices.Sort(values)
	low, high := 0, len(values)-1
	for low < high {
		middle := (low + high) / 2
		if wanted(slices.DeleteFunc(slices.Clone(tokens), func(v int) bool { return x[v] <= values[middle] })) {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return values[low]
}

func massOf(x []float64, tokens []int) float64 {
	sum := 0.0
	for _, v := range tokens {
		sum += math.Exp(x[v])
	}
	return sum
}
