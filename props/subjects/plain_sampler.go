package subjects

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/reference"
)

// cutter computes one good row with good settings: the logarithms of weights that are
// proportional to the probabilities of what is kept, and −Inf for what is cut.
type cutter func(row []float32, how reference.Sampling, by reference.Convention) []float64

// samplerOf is a sampler of a convention made of a cutter, with nothing of the reference
// but what it refuses.
func samplerOf(by reference.Convention, cut cutter) reference.Sampler {
	each := func(logits []float32, how []reference.Sampling, places, vocabPlaces int, row func(r int, logw []float64) error) error {
		vocab, err := reference.Vocab(len(logits), len(how))
		if err != nil {
			return err
		}
		if places != len(how) && places != -1 || vocabPlaces != len(logits) && vocabPlaces != -1 {
			return fmt.Errorf("for %d rows: %w", len(how), reference.ErrShape)
		}
		var bad reference.RowErrors
		for r, h := range how {
			one := logits[r*vocab : (r+1)*vocab]
			_, _, err := by.Band(one, h, 0)
			if err == nil {
				err = row(r, cut(one, h, by))
			}
			if err != nil {
				bad = append(bad, reference.RowError{Row: r, Err: err})
			}
		}
		return bad.Err()
	}
	s := reference.Sampler{Name: by.Name, Available: true, Convention: by}
	s.Keep = func(dst []bool, logits []float32, how []reference.Sampling) error {
		return each(logits, how, -1, len(dst), func(r int, logw []float64) error {
			for v, w := range logw {
				dst[r*len(logw)+v] = !math.IsInf(w, -1)
			}
			return nil
		})
	}
	s.LogProbs = func(dst []float64, logits []float32, tokens []int, how []reference.Sampling) error {
		if len(tokens) != len(dst) {
			return reference.ErrShape
		}
		return each(logits, how, len(dst), -1, func(r int, logw []float64) error {
			if err := reference.CheckToken(tokens[r], len(logw)); err != nil {
				return err
			}
			dst[r] = logw[tokens[r]] - logSum(logw)
			return nil
		})
	}
	s.Sample = func(dst []int, logits []float32, u []float64, how []reference.Sampling) error {
		if len(u) != len(dst) {
			return reference.ErrShape
		}
		return each(logits, how, len(dst), -1, func(r int, logw []float64) error {
			if err := reference.CheckUniform(u[r]); err != nil {
				return err
			}
			dst[r] = tokenAt(expAll(logw), u[r])
			return nil
		})
	}
	s.Draw = func(dst []int, logits []float32, src rand.Source, how []reference.Sampling) error {
		return each(logits, how, len(dst), -1, func(r int, logw []float64) error {
			dst[r] = byDistribution(expAll(logw), src)
			return nil
		})
	}
	return s
}

// tokenAt is the token i with F(i−1) ≤ u < F(i), weights not normalised.
func tokenAt(weights []float64, u float64) int {
	u *= addUp(weights)
	last := 0
	for v, w := range weights {
		if w > 0 {
			last = v
			if u -= w; u < 0 {
				break
			}
		}
	}
	return last
}

// cutState is one row on its way through the steps of a sorting sampler.
type cutState struct {
	how    reference.Sampling
	by     reference.Convention
	logits []float32
	x      []float64 // (logit − max) / T, or before T the same at 1
	all    []int     // the tokens that are not masked
	kept   []int     // what is left of them, the most probable first
}

// cutParts are the steps of the sorting sampler; a bug replaces one.
type cutParts struct {
	topK, topP, minP func(s *cutState)
	after            func(s *cutState)                // the last step
	logWeight        func(s *cutState, v int) float64 // of a token that is kept
}

func rightCuts() cutParts {
	return cutParts{
		topK:      func(s *cutState) { s.topK(s.how.TopK) },
		topP:      func(s *cutState) { s.topP(func(before, _ float64) bool { return s.below(before) }) },
		minP:      func(s *cutState) { s.minP(func(v int) bool { return s.x[v]-s.x[s.kept[0]] >= math.Log(s.how.MinP) }) },
		after:     func(*cutState) {},
		logWeight: func(s *cutState, v int) float64 { return s.x[v] },
	}
}

func (p cutParts) cut(row []float32, how reference.Sampling, by reference.Convention) []float64 {
	s := &cutState{how: how, by: by, logits: row, x: make([]float64, len(row))}
	largest := float64(slices.Max(row))
	for v, x := range row {
		s.x[v] = float64(x) - largest
		if !math.IsInf(float64(x), -1) {
			s.all = append(s.all, v)
		}
	}
	s.kept = slices.Clone(s.all)
	slices.SortStableFunc(s.kept, func(a, b int) int { return cmp.Compare(row[b], row[a]) })
	if how.Temperature == 0 || how.Temperature < by.GreedyBelow {
		s.kept = s.kept[:1]
	} else {
		for _, step := range by.Order {
			switch {
			case step == reference.Temper:
				s.temper()
			case step == reference.TopK && how.TopK > 0:
				p.topK(s)
			case step == reference.TopP && how.TopP > 0:
				p.topP(s)
			case step == reference.MinP && how.MinP > 0:
				p.minP(s)
			}
		}
	}
	p.after(s)
	logw := slices.Repeat([]float64{math.Inf(-1)}, len(row))
	for _, v := range s.kept {
		logw[v] = p.logWeight(s, v)
	}
	return logw
}

func (s *cutState) temper() {
	hot := math.IsInf(s.how.Temperature, 1)
	if hot {
		slices.Sort(s.kept)
	}
	for v := range s.x {
		if s.x[v] /= s.how.Temperature; hot {
			s.x[v] = 0
		}
	}
}

func (s *cutState) tied(v, w int) bool { return s.x[v] == s.x[w] }

func (s *cutState) topK(k int) {
	k = max(1, min(k, len(s.kept)))
	for s.by.TiesAtK && k < len(s.kept) && s.tied(s.kept[k], s.kept[k-1]) {
		k++
	}
	s.kept = s.kept[:k]
}

func (s *cutState) below(mass float64) bool {
	return s.how.TopP == 1 || mass < s.how.TopP || s.by.AtMost && mass == s.how.TopP
}

// topP keeps the first token, and those that a rule about M(v) and p(v) wants.
func (s *cutState) topP(wanted func(before, p float64) bool) {
	base := s.kept
	if s.by.OriginalMass {
		base = s.all
	}
	total, before, sum := 0.0, 0.0, 0.0
	for _, v := range base {
		total += math.Exp(s.x[v])
	}
	n := 0
	for i, v := range s.kept {
		if i == 0 || !s.by.TiesAtP || !s.tied(v, s.kept[i-1]) {
			before = sum
		}
		if !(before == 0) && !wanted(before/total, math.Exp(s.x[v])/total) {
			break
		}
		sum += math.Exp(s.x[v])
		n++
	}
	s.kept = s.kept[:n]
}

func (s *cutState) minP(wanted func(v int) bool) {
	first := s.kept[0]
	s.kept = slices.DeleteFunc(slices.Clone(s.kept), func(v int) bool { return !s.tied(v, first) && !wanted(v) })
}
