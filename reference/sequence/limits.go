package sequence

import (
	"fmt"

	"temper/reference"
)

// A request that is too large, probably by mistake, is an error before memory is
// allocated for it.
const (
	// mostCells limits the memory of one call, for a table, one-hot codes or the
	// tokens of all attempts: 2^26 numbers, half a gigabyte.
	mostCells = 1 << 26

	// mostAttempts bounds the draws, proposals, particles or moves of a sampler.
	mostAttempts = 1 << 20
)

// vocabOf returns the vocabulary size of a model. Errors: [reference.ErrNil] for a nil
// model, and [reference.ErrShape] unless it has 1 to 2^26 tokens.
func vocabOf(m Model) (int, error) {
	if m == nil {
		return 0, fmt.Errorf("model: %w", reference.ErrNil)
	}
	vocab := m.VocabSize()
	return vocab, checkVocab(vocab)
}

// checkVocab checks the size that a model returns. A 0 is [reference.ErrNil], because
// nil pointers and zero values of this package's models return it.
func checkVocab(vocab int) error {
	switch {
	case vocab == 0:
		return fmt.Errorf("model without tokens: %w", reference.ErrNil)
	case vocab < 0 || vocab > mostCells:
		return fmt.Errorf("vocabulary of %d, not 1 to %d: %w", vocab, mostCells, reference.ErrShape)
	}
	return nil
}

// checkAttempts bounds a sampler's work: least to 2^20 attempts.
func checkAttempts(count, least int, what string) error {
	if count < least || count > mostAttempts {
		return fmt.Errorf("%d %s, not %d to %d: %w", count, what, least, mostAttempts, reference.ErrShape)
	}
	return nil
}

// checkLength bounds the tokens of one completion.
func checkLength(tokens int) error {
	if tokens > mostCells {
		return fmt.Errorf("%d tokens, more than %d: %w", tokens, mostCells, reference.ErrShape)
	}
	return nil
}

// checkCells bounds what so many attempts hold at once, each so many numbers.
func checkCells(count, each int, what string) error {
	if each > 0 && count > mostCells/each {
		return fmt.Errorf("%d × %d %s, more than %d: %w", count, each, what, mostCells, reference.ErrShape)
	}
	return nil
}
