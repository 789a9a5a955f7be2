package subjects

import (
	"math"
	"math/rand/v2"
	"slices"

	"temper/reference"
)

// cuts32 is a row on its way through the steps in float32.
type cuts32 struct {
	x    []float32
	all  []int
	kept []int // sorted
}

func newCuts32(row []float32) *cuts32 {
	s := &cuts32{x: slices.Clone(row), all: finite(row)}
	s.kept = slices.Clone(s.all)
	s.sort()
	return s
}

func (s *cuts32) sort() {
	slices.SortStableFunc(s.kept, func(a, b int) int {
		switch {
		case s.x[a] > s.x[b]:
			return -1
		case s.x[a] < s.x[b]:
			return 1
		}
		return 0
	})
}

// softmax is that of the tokens of a base, each relative to the largest logit.
func (s *cuts32) softmax(base []int) func(v int) float32 {
	largest, total := s.x[s.kept[0]], float32(0)
	weight := func(v int) float32 { return float32(math.Exp(float64(s.x[v] - largest))) }
	for _, v := range base {
		total += weight(v)
	}
	return func(v int) float32 { return weight(v) / total }
}

func (s *cuts32) temper(t float64) {
	for v := range s.x {
		if math.IsInf(t, 1) {
			s.x[v] = 0
		} else {
			s.x[v] /= float32(t)
		}
	}
}

// cut applies the steps; nucleus says which of the tokens, sorted, of these
// probabilities are kept.
func (s *cuts32) cut(row []float32, how reference.Sampling, by reference.Convention, nucleus func(p []float32, top float32, by reference.Convention) int) []float64 {
	if how.Temperature == 0 || how.Temperature < by.GreedyBelow {
		s.kept = s.kept[:1]
		return s.logWeights()
	}
	for _, step := range by.Order {
		switch {
		case step == reference.Temper:
			s.temper(how.Temperature)
			s.sort()
		case step == reference.TopK && how.TopK > 0 && how.TopK < len(s.kept):
			k := how.TopK
			for by.TiesAtK && k < len(s.kept) && s.x[s.kept[k]] == s.x[s.kept[k-1]] {
				k++
			}
			s.kept = s.kept[:k]
		case step == reference.TopP && how.TopP > 0 && how.TopP < 1:
			base := s.kept
			if by.OriginalMass {
				base = s.all
			}
			probability := s.softmax(base)
			p := make([]float32, len(s.kept))
			for i, v := range s.kept {
				p[i] = probability(v)
			}
			s.kept = s.kept[:max(1, nucleus(p, float32(how.TopP), by))]
		case step == reference.MinP && how.MinP > 0:
			probability := s.softmax(s.kept)
			least := float32(how.MinP) * probability(s.kept[0])
			s.kept = slices.DeleteFunc(slices.Clone(s.kept), func(v int) bool { return probability(v) < least })
		}
	}
	return s.logWeights()
}

func (s *cuts32) logWeights() []float64 {
	logw := slices.Repeat([]float64{math.Inf(-1)}, len(s.x))
	for _, v := range s.kept {
		logw[v] = float64(s.x[v] - s.x[s.kept[0]])
	}
	return logw
}

func descendingSums(p []float32, top float32, by reference.Convention) int {
	sum := float32(0)
	for i, x := range p {
		if !(sum < top || by.AtMost && sum == top) {
			return i
		}
		sum += x
	}
	return len(p)
}

// ascendingSums removes the tokens up to which the mass from the least probable on is at
// most 1 − P, as transformers and TensorRT-LLM do.
func ascendingSums(p []float32, top float32, _ reference.Convention) int {
	sum := float32(0)
	for i := len(p) - 1; i >= 0; i-- {
		if sum += p[i]; sum > 1-top {
			return i + 1
		}
	}
	return 1
}

func inFloat32(row []float32, how reference.Sampling, by reference.Convention) []float64 {
	return newCuts32(row).cut(row, how, by, descendingSums)
}

func ascendingInFloat32(row []float32, how reference.Sampling, by reference.Convention) []float64 {
	return newCuts32(row).cut(row, how, by, ascendingSums)
}

// logSoftmaxInFloat32 makes log-probabilities of the logits before anything else.
func logSoftmaxInFloat32(row []float32, how reference.Sampling, by reference.Convention) []float64 {
	s := newCuts32(row)
	largest, total := s.x[s.kept[0]], float32(0)
	for _, v := range s.all {
		total += float32(math.Exp(float64(s.x[v] - largest)))
	}
	lse := float32(math.Log(float64(total)))
	for _, v := range s.all {
		s.x[v] = s.x[v] - largest - lse
	}
	return s.cut(row, how, by, descendingSums)
}

// highestIndex keeps the last of equal tokens where the cutter keeps the first: it
// answers about the row from its end.
func highestIndex(cut cutter) cutter {
	return func(row []float32, how reference.Sampling, by reference.Convention) []float64 {
		backward := slices.Clone(row)
		slices.Reverse(backward)
		logw := cut(backward, how, by)
		slices.Reverse(logw)
		return logw
	}
}

// shared has at T = 0 all of the largest logits.
func shared(s reference.Sampler) reference.Sampler {
	all := samplerOf(s.Convention, func(row []float32, how reference.Sampling, by reference.Convention) []float64 {
		if how.Temperature > 0 {
			return rightCuts().cut(row, how, by)
		}
		logw := slices.Repeat([]float64{math.Inf(-1)}, len(row))
		for v, x := range row {
			if x == slices.Max(row) {
				logw[v] = 0
			}
		}
		return logw
	})
	all.Name = s.Name
	return all
}

// byRejection draws from all tokens alike and takes one with a probability that is in
// proportion to its weight, 0 for what is cut.
func byRejection(s reference.Sampler) func(dst []int, logits []float32, src rand.Source, how []reference.Sampling) error {
	return drawingCuts(s, func(weights []float64, src rand.Source) int {
		most := slices.Max(weights)
		for {
			v := int(reference.Uniform(src) * float64(len(weights)))
			if reference.Uniform(src)*most < weights[v] {
				return v
			}
		}
	})
}

// byGumbel adds Gumbel noise to the log-weights.
func byGumbel(s reference.Sampler) func(dst []int, logits []float32, src rand.Source, how []reference.Sampling) error {
	return drawingCuts(s, func(weights []float64, src rand.Source) int {
		best, most := 0, math.Inf(-1)
		for v, w := range weights {
			noise := -math.Log(-math.Log(reference.Uniform(src) + 0x1p-54))
			if noisy := math.Log(w) + noise; w > 0 && noisy > most {
				best, most = v, noisy
			}
		}
		return best
	})
}

// drawingCuts refuses what the sampler does, and draws by the weights of what is kept.
func drawingCuts(s reference.Sampler, draw func(weights []float64, src rand.Source) int) func(dst []int, logits []float32, src rand.Source, how []reference.Sampling) error {
	return func(dst []int, logits []float32, src rand.Source, how []reference.Sampling) error {
		if err := s.Draw(dst, logits, src, how); err != nil {
			return err
		}
		vocab := len(logits) / max(1, len(how))
		for r := range dst {
			weights := expAll(rightCuts().cut(logits[r*vocab:(r+1)*vocab], how[r], s.Convention))
			dst[r] = draw(weights, src)
		}
		return nil
	}
}
