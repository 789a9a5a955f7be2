package props

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"temper/reference/sequence"
)

func scorerFunctionLaw() Law {
	return law[sequence.Scorer, journey]{
		id:        "Scorer/Function",
		claim:     "the score is a function of model, prompt and completion, whatever was asked before: another model, tokens changed in the same slice, the same tokens cut elsewhere, as many tokens, or the same last ones",
		source:    "derived: caches keyed by too little, buffers that keep what was asked before",
		of:        aScorer,
		inputs:    nil,
		witnesses: returnJourneys(),
		judge:     scoresByArguments,
	}.erased()
}

// returnJourneys are passages of ordinary probability, the first one long, and one of every
// small vocabulary and of a large one.
func returnJourneys() []journey {
	var all []journey
	for i, size := range [][3]int{{5, 200, 100}, {2, 3, 1}, {3, 0, 7}, {4, 12, 20}, {7, 1, 2}, {30, 40, 3}, {300, 5, 70}, {1000, 2, 3}, {6, 40, 1}, {3, 300, 1}} {
		r := rand.New(rand.NewPCG(uint64(i), 8))
		all = append(all, newJourney(farModel(size[0], -1, usual, uint64(100+i)), usual, size[1], size[2], false, r))
	}
	return all
}

// scoresByArguments asks the same questions in turns, and questions that share most with
// them, in slices that are changed in place.
func scoresByArguments(s sequence.Scorer, j journey) error {
	vocab := j.model.VocabSize()
	tokens, cut := slices.Clone(j.sequence), j.cut
	other := farModel(vocab, -1, usual, 1000+uint64(vocab))
	ask := func(m known, what string, asked ...any) error {
		to := travelled(m, tokens, cut)
		if err := to.check(s, tokens[:cut:cut], tokens[cut:]); err != nil {
			return fmt.Errorf("%s: %w", fmt.Sprintf(what, asked...), err)
		}
		return nil
	}
	for _, turn := range []struct {
		m    known
		what string
	}{{j.model, "at first"}, {other, "of another model"}, {j.model, "of the first model again"}} {
		if err := ask(turn.m, "%s", turn.what); err != nil {
			return err
		}
	}
	r := rand.New(rand.NewPCG(uint64(len(tokens)), 9))
	places := []int{len(tokens) - 1, cut, cut + 1, cut - 1, 0, len(tokens) / 2, (cut + len(tokens)) / 2, r.IntN(len(tokens)), r.IntN(len(tokens))}
	for _, place := range places {
		if place < 0 || place >= len(tokens) {
			continue
		}
		tokens[place] = (tokens[place] + 1 + r.IntN(vocab-1)) % vocab
		if err := ask(j.model, "with token %d changed in the same slice", place); err != nil {
			return err
		}
	}
	for place := range len(tokens) - 1 {
		if tokens[place] != tokens[place+1] {
			tokens[place], tokens[place+1] = tokens[place+1], tokens[place]
			if err := ask(j.model, "with tokens %d and %d exchanged in the same slice", place, place+1); err != nil {
				return err
			}
			break
		}
	}
	for _, elsewhere := range []int{0, cut + 1, cut / 2, len(tokens) - 1, len(tokens), cut} {
		if elsewhere > len(tokens) {
			continue
		}
		cut = elsewhere
		if err := ask(j.model, "with the same tokens cut after %d", cut); err != nil {
			return err
		}
	}
	tokens = slices.Clone(tokens)
	if err := ask(j.model, "in other slices"); err != nil {
		return err
	}
	tokens = tokens[:max(cut, (cut+len(tokens))/2)]
	if err := ask(j.model, "of the first tokens of a completion"); err != nil {
		return err
	}
	return scoresOtherVocabulary(s, j, vocab)
}

// scoresOtherVocabulary asks for the passage before and after one of a vocabulary of
// another size.
func scoresOtherVocabulary(s sequence.Scorer, j journey, vocab int) error {
	for _, size := range []int{vocab + 3, vocab, max(2, vocab/2), vocab} {
		to := j
		if size != vocab {
			m := farModel(size, -1, usual, uint64(size))
			to = newJourney(m, usual, j.cut, len(j.sequence)-j.cut, false, rand.New(rand.NewPCG(uint64(size), 10)))
		}
		if err := to.check(s, slices.Clone(to.sequence[:to.cut]), slices.Clone(to.sequence[to.cut:])); err != nil {
			return fmt.Errorf("a vocabulary of %d, after one of another size: %w", size, err)
		}
	}
	return nil
}
