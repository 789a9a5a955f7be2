package sequence

import (
	"fmt"
	"math/rand/v2"

	"temper/reference"
)

// Model is an autoregressive language model: LogConditional fills dst with
// log p(v | prefix) in nats for every token v of the vocabulary.
//
// len(dst) = VocabSize(); −Inf means probability 0. The prefix does not contain
// begin; LogConditional neither keeps nor changes it. Errors: [reference.ErrToken]
// for a token out of range, and [ErrImpossiblePrefix] for a prefix of probability 0
// or with a token after end. A Model is safe for concurrent use.
type Model interface {
	VocabSize() int
	LogConditional(dst []float64, prefix []int) error
}

// Scorer returns log p(completion | prompt) in nats under m by the chain rule, and
// the number of factors, which perplexity divides by.
type Scorer func(m Model, prompt, completion []int) (logProb float64, count int, err error)

// Generator returns the prompt followed by at most limit tokens, each drawn from
// p_T(v | prefix) ∝ p(v | prefix)^(1/T). It stops after end; end < 0 means that there
// is none. All randomness comes from src.
type Generator func(m Model, prompt []int, end, limit int, temperature float64, src rand.Source) ([]int, error)

// SequenceAnnealer fills dst with completions y of the prompt x drawn from the annealed
// sequence distribution π(y) = p(y | x)^(1/T) / Z, and returns log Z in nats, or an
// estimate of it. Completions have length limit if end < 0, and otherwise end within
// limit tokens.
type SequenceAnnealer func(dst [][]int, m Model, prompt []int, end, limit int, temperature float64, src rand.Source) (logZ float64, err error)

// checkTokens returns an error that names the first token outside the vocabulary.
func checkTokens(tokens []int, vocab int) error {
	for i, token := range tokens {
		if err := reference.CheckToken(token, vocab); err != nil {
			return fmt.Errorf("position %d: %w", i, err)
		}
	}
	return nil
}

// checkQuery checks the arguments of LogConditional: dst has one element per token,
// and every token of the prefix is in range.
func checkQuery(dst []float64, prefix []int, vocab int) error {
	if err := checkPrefix(prefix, vocab); err != nil {
		return err
	}
	if len(dst) != vocab {
		return fmt.Errorf("%d places for a vocabulary of %d: %w", len(dst), vocab, reference.ErrShape)
	}
	return nil
}

// checkPrefix checks that the model has tokens and that those of the prefix are in range.
func checkPrefix(prefix []int, vocab int) error {
	if err := checkVocab(vocab); err != nil {
		return err
	}
	return checkTokens(prefix, vocab)
}

// checkAlive returns an error if a prefix contains end (end < 0: none).
func checkAlive(prefix []int, end int) error {
	for i, token := range prefix {
		if end >= 0 && token == end {
			return fmt.Errorf("position %d is end: %w", i, ErrImpossiblePrefix)
		}
	}
	return nil
}
