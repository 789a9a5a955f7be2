package sequence

import (
	"fmt"
	"math/rand/v2"

	"temper/reference"
)

// Model computes the conditionals of an autoregressive language model: LogConditional
// fills dst with log p(v | prefix) in nats for every token v of the vocabulary.
//
// len(dst) = VocabSize(); −Inf means impossible. The prefix excludes begin, and
// is neither kept nor changed. A token out of range is [reference.ErrToken]; a
// prefix of probability zero, or one that goes on after end, is
// [ErrImpossiblePrefix]. A Model is safe for concurrent use.
type Model interface {
	VocabSize() int
	LogConditional(dst []float64, prefix []int) error
}

// Scorer returns log p(completion | prompt) = Σ_i log p(x_i | prompt x_<i) in nats under
// m. count is the number of terms, which perplexity divides by.
type Scorer func(m Model, prompt, completion []int) (logProb float64, count int, err error)

// Generator returns the prompt and at most limit tokens more, each drawn from
// the conditional annealed to the temperature; it stops after end (end < 0:
// none). All randomness is src's.
type Generator func(m Model, prompt []int, end, limit int, temperature float64, src rand.Source) ([]int, error)

// SequenceAnnealer fills dst with draws of completions of the prompt from the
// annealed sequence distribution π ∝ p^(1/T): of length limit (end < 0), or
// ended within limit. logZ is the logarithm of its partition Z = Σ p^(1/T).
type SequenceAnnealer func(dst [][]int, m Model, prompt []int, end, limit int, temperature float64, src rand.Source) (logZ float64, err error)

// checkTokens names the first token outside the vocabulary.
func checkTokens(tokens []int, vocab int) error {
	for i, token := range tokens {
		if err := reference.CheckToken(token, vocab); err != nil {
			return fmt.Errorf("position %d: %w", i, err)
		}
	}
	return nil
}

// checkQuery compares a model's arguments with its vocabulary: one element of
// dst per token, every token of the prefix in range.
func checkQuery(dst []float64, prefix []int, vocab int) error {
	if err := checkPrefix(prefix, vocab); err != nil {
		return err
	}
	if len(dst) != vocab {
		return fmt.Errorf("%d places for a vocabulary of %d: %w", len(dst), vocab, reference.ErrShape)
	}
	return nil
}

// checkPrefix requires a model that has tokens, and a prefix of such tokens only.
func checkPrefix(prefix []int, vocab int) error {
	if err := checkVocab(vocab); err != nil {
		return err
	}
	return checkTokens(prefix, vocab)
}

// checkAlive refuses a prefix that goes on after end (end < 0: none).
func checkAlive(prefix []int, end int) error {
	for i, token := range prefix {
		if end >= 0 && token == end {
			return fmt.Errorf("position %d is end: %w", i, ErrImpossiblePrefix)
		}
	}
	return nil
}
