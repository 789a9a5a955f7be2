package props_test

import (
	"math/rand/v2"
	"slices"

	"temper/props/verdict"
	"temper/reference"
)

// cutDrawMutants have right cuts, and draw good rows by words or at temperatures that are
// wrong for some of them.
func cutDrawMutants() (mutants []mutant[reference.Sampler]) {
	right := reference.ScalarSampler(conventionNamed("transformers"))
	byRows := func(source, cause string, wrong func(r int, words []uint64, how reference.Sampling) (uint64, reference.Sampling)) {
		s := right
		s.Draw = func(dst []int, logits []float32, src rand.Source, how []reference.Sampling) error {
			if err := right.Draw(slices.Clone(dst), logits, rand.NewPCG(1, 1), how); err != nil || src == nil || len(how) == 0 {
				return right.Draw(dst, logits, src, how)
			}
			words, vocab := make([]uint64, len(how)), len(logits)/len(how)
			for r := range words {
				words[r] = src.Uint64()
			}
			for r := range how {
				word, h := wrong(r, words, how[r])
				if err := right.Draw(dst[r:r+1], logits[r*vocab:(r+1)*vocab], stuck(word), []reference.Sampling{h}); err != nil {
					return err
				}
			}
			return nil
		}
		mutants = append(mutants, mutant[reference.Sampler]{"draws", source, cause, s, verdict.Must})
	}
	words := func(source, cause string, of func(r int, words []uint64) uint64) {
		byRows(source, cause, func(r int, words []uint64, how reference.Sampling) (uint64, reference.Sampling) {
			return of(r, words), how
		})
	}
	words("mlxcel#356", "all rows take the first row's word", func(_ int, words []uint64) uint64 { return words[0] })
	words("derived", "row r + 2 takes the word of row r", func(r int, words []uint64) uint64 { return words[r/4*4+r%2] })
	words("derived", "row r + 1 takes the word of row r from the other end", func(r int, words []uint64) uint64 {
		if r%2 == 1 {
			return ^words[r-1]
		}
		return words[r]
	})
	words("mlx-lm#1439", "the state freezes after the second row of a call", func(r int, words []uint64) uint64 { return words[min(r, 1)] })
	byRows("derived", "T is ignored where nothing is cut", func(r int, words []uint64, how reference.Sampling) (uint64, reference.Sampling) {
		if how.TopK == 0 && how.TopP == 0 && how.MinP == 0 && how.Temperature > 0 {
			how.Temperature = 1
		}
		return words[r], how
	})
	byRows("derived", "T is ignored from the ninth row on", func(r int, words []uint64, how reference.Sampling) (uint64, reference.Sampling) {
		if r >= 8 && how.Temperature > 0 {
			how.Temperature = 1
		}
		return words[r], how
	})
	return mutants
}
