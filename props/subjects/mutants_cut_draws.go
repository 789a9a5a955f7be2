package subjects

import (
	"math/rand/v2"
	"slices"

	"temper/props/verdict"
	"temper/reference"
)

// cutDraw is a sampler that draws good rows one by one, the fault among them.
func (f fault) cutDraw(right reference.Sampler) reference.Sampler {
	s := right
	s.Draw = func(dst []int, logits []float32, src rand.Source, how []reference.Sampling) error {
		if err := right.Draw(slices.Clone(dst), logits, rand.NewPCG(1, 1), how); err != nil || src == nil || len(how) == 0 {
			return right.Draw(dst, logits, src, how)
		}
		vocab := len(logits) / len(how)
		words := &rewording{src: src, words: f.words}
		if f.words != nil {
			src = words
		}
		for r, h := range how {
			p := place{r, len(how), 0, vocab, -1, h.Temperature, h.TopK > 0 || h.TopP > 0 || h.MinP > 0}
			words.place, h.Temperature = p, f.at(p)
			if err := right.Draw(dst[r:r+1], logits[r*vocab:(r+1)*vocab], src, []reference.Sampling{h}); err != nil {
				return err
			}
		}
		return nil
	}
	return s
}

// cutDrawMutants have right cuts, and draw good rows by words or at temperatures that are
// wrong for some of them.
func cutDrawMutants() (mutants []mutant[reference.Sampler]) {
	right := reference.ScalarSampler(conventionNamed("transformers"))
	add := func(source, cause string, f fault) {
		mutants = append(mutants, mutant[reference.Sampler]{"draws", source, cause, f.cutDraw(right), verdict.Must})
	}
	add("mlxcel#356", "all rows take the first row's word", fault{words: earlier(1, func(p place) bool { return p.at >= 1 })})
	add("derived", "row r + 2 takes the word of row r", fault{words: earlier(2, func(p place) bool { return p.at%4 >= 2 })})
	add("derived", "row r + 1 takes the word of row r from the other end", fault{words: mirroredWord})
	add("mlx-lm#1439", "the state freezes after the second row of a call", fault{words: earlier(1, func(p place) bool { return p.at >= 2 })})
	add("derived", "T is ignored where nothing is cut", fault{temperature: where(func(p place) bool { return !p.cut }, toOne)})
	add("derived", "T is ignored from the ninth row on", fault{temperature: where(func(p place) bool { return p.at >= 8 }, toOne)})
	seedless := right
	seedless.Draw = func(dst []int, logits []float32, src rand.Source, how []reference.Sampling) error {
		if src == nil {
			src = rand.NewPCG(1, 1)
		}
		return right.Draw(dst, logits, src, how)
	}
	return append(mutants, mutant[reference.Sampler]{"draws", "derived", "a source of its own where there is none", seedless, verdict.Should})
}
