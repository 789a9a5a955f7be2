package subjects

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"temper/props/verdict"
	"temper/reference"
)

// otherwise is a sampler that answers about other logits and settings than it is given.
func otherwise(right reference.Sampler, other func(logits []float32, how []reference.Sampling)) reference.Sampler {
	asked := func(logits []float32, how []reference.Sampling) ([]float32, []reference.Sampling) {
		logits, how = slices.Clone(logits), slices.Clone(how)
		if len(how) > 0 && len(logits)%len(how) == 0 {
			other(logits, how)
		}
		return logits, how
	}
	s := right
	s.Keep = func(dst []bool, logits []float32, how []reference.Sampling) error {
		logits, how = asked(logits, how)
		return right.Keep(dst, logits, how)
	}
	s.LogProbs = func(dst []float64, logits []float32, tokens []int, how []reference.Sampling) error {
		logits, how = asked(logits, how)
		return right.LogProbs(dst, logits, tokens, how)
	}
	s.Sample = func(dst []int, logits []float32, u []float64, how []reference.Sampling) error {
		logits, how = asked(logits, how)
		return right.Sample(dst, logits, u, how)
	}
	s.Draw = func(dst []int, logits []float32, src rand.Source, how []reference.Sampling) error {
		logits, how = asked(logits, how)
		return right.Draw(dst, logits, src, how)
	}
	return s
}

// eachRowOf is what is done to every row.
func eachRowOf(change func(r int, row []float32, how *reference.Sampling)) func([]float32, []reference.Sampling) {
	return func(logits []float32, how []reference.Sampling) {
		vocab := len(logits) / len(how)
		for r := range how {
			change(r, logits[r*vocab:(r+1)*vocab], &how[r])
		}
	}
}

// largeCutMutants are right for short rows and few of them, or for draws that nobody counts.
func largeCutMutants() (mutants []mutant[reference.Sampler]) {
	right := reference.ScalarSampler(conventionNamed("transformers"))
	add := func(source, cause string, s reference.Sampler) {
		mutants = append(mutants, mutant[reference.Sampler]{"large", source, cause, s, verdict.Must})
	}
	masks := func(row []float32, v int) {
		if x := float64(row[v]); !math.IsNaN(x) && !math.IsInf(x, 1) {
			row[v] = float32(math.Inf(-1))
		}
	}
	add("vllm#46560", "tokens from 65536 on are never kept", otherwise(right, eachRowOf(func(_ int, row []float32, _ *reference.Sampling) {
		for v := 1 << 16; v < len(row); v++ {
			masks(row, v)
		}
	})))
	add("derived", "the last token is never kept where the vocabulary is a multiple of 1024", otherwise(right, eachRowOf(func(_ int, row []float32, _ *reference.Sampling) {
		if len(row)%1024 == 0 {
			masks(row, len(row)-1)
		}
	})))
	add("derived", "k in 16 bits", otherwise(right, eachRowOf(func(_ int, _ []float32, how *reference.Sampling) {
		if how.TopK > 0 {
			how.TopK = int(uint16(how.TopK))
		}
	})))
	add("derived", "k in 32 bits", otherwise(right, eachRowOf(func(_ int, _ []float32, how *reference.Sampling) {
		if how.TopK > 0 {
			how.TopK = max(0, int(int32(how.TopK)))
		}
	})))
	drawing := func(source, cause string, draw func(dst []int, logits []float32, src rand.Source, how []reference.Sampling) error) {
		s := right
		s.Draw = draw
		add(source, cause, s)
	}
	for _, bits := range []int{8, 11} {
		drawing("vllm#43150, jax#26974", fmt.Sprintf("draws from numbers of %d bits", bits), func(dst []int, logits []float32, src rand.Source, how []reference.Sampling) error {
			if src != nil {
				src = fewBits{src, bits}
			}
			return right.Draw(dst, logits, src, how)
		})
	}
	drawing("vllm#1309", "draws with the P of 16 rows before", func(dst []int, logits []float32, src rand.Source, how []reference.Sampling) error {
		other := slices.Clone(how)
		for r := 16; r < len(how); r++ {
			if how[r].TopP > 0 && how[r-16].TopP > 0 {
				other[r].TopP = how[r-16].TopP
			}
		}
		return right.Draw(dst, logits, src, other)
	})
	var mutex sync.Mutex
	scratch := make([]float32, 1<<20)
	drawing("derived", "scratch memory shared between draws", func(dst []int, logits []float32, src rand.Source, how []reference.Sampling) error {
		if len(logits) > len(scratch) {
			return right.Draw(dst, logits, src, how)
		}
		locked(&mutex, func() error { copy(scratch, logits); return nil })
		runtime.Gosched()
		return locked(&mutex, func() error { return right.Draw(dst, scratch[:len(logits)], src, how) })
	})
	var at *float32
	var sorted []float32
	drawing("derived", "a row sorted once for the same address", func(dst []int, logits []float32, src rand.Source, how []reference.Sampling) error {
		mutex.Lock()
		defer mutex.Unlock()
		if len(logits) == 0 || at == &logits[0] && len(sorted) == len(logits) {
			return right.Draw(dst, sorted, src, how)
		}
		at, sorted = &logits[0], slices.Clone(logits)
		return right.Draw(dst, logits, src, how)
	})
	s := right
	s.Sample = func(dst []int, logits []float32, u []float64, how []reference.Sampling) error {
		err := right.Sample(dst, logits, u, how)
		if err != nil || len(how) == 0 || len(logits)/len(how) < 512 {
			return err
		}
		vocab := len(logits) / len(how)
		for r := range how {
			row := logits[r*vocab : (r+1)*vocab]
			order := make([]int, vocab)
			for v := range order {
				order[v] = v
			}
			slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(row[b], row[a]) })
			descending := make([]float32, vocab)
			for i, v := range order {
				descending[i] = row[v]
			}
			if err := right.Sample(dst[r:r+1], descending, u[r:r+1], how[r:r+1]); err != nil {
				return err
			}
			dst[r] = order[dst[r]]
		}
		return nil
	}
	add("derived", "the distribution function in sorted order, of 512 tokens and more", s)
	return mutants
}

// blindCutMutants do not see NaN under one condition.
func blindCutMutants() (mutants []mutant[reference.Sampler]) {
	right := reference.ScalarSampler(conventionNamed("transformers"))
	for _, where := range []struct {
		cause string
		blind func(r, vocab int, how reference.Sampling) bool
	}{
		{"at k = 1", func(_, _ int, how reference.Sampling) bool { return how.TopK == 1 }},
		{"at T = 0", func(_, _ int, how reference.Sampling) bool { return how.Temperature == 0 }},
		{"where nothing is cut", func(_, _ int, how reference.Sampling) bool { return how.TopK == 0 && how.TopP == 0 && how.MinP == 0 }},
		{"where m alone is on", func(_, _ int, how reference.Sampling) bool { return how.TopK == 0 && how.TopP == 0 && how.MinP > 0 }},
		{"from the ninth row on", func(r, _ int, _ reference.Sampling) bool { return r >= 8 }},
		{"of 1024 tokens and more", func(_, vocab int, _ reference.Sampling) bool { return vocab >= 1024 }},
	} {
		all := otherwise(right, eachRowOf(func(r int, row []float32, how *reference.Sampling) {
			for v, x := range row {
				if x != x && where.blind(r, len(row), *how) {
					row[v] = float32(math.Inf(-1))
				}
			}
		}))
		s := right
		s.Draw = all.Draw
		mutants = append(mutants, mutant[reference.Sampler]{"invalid input", "derived", "draws do not see NaN " + where.cause, s, verdict.Must})
	}
	return mutants
}
