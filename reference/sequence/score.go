package sequence

import (
	"fmt"
	"math"

	"temper/reference"
)

// LogProb is the chain rule: log p(y | x) = Σ_i log p(y_i | x y_<i) in nats, x
// the prompt and y the completion; count is len(completion).
//
// It is a [Scorer]. Logs are added, never probabilities multiplied: the product
// of a few hundred leaves float64. A completion of probability 0 gives −Inf, an
// empty one 0. Errors are the model's: [reference.ErrToken], and
// [ErrImpossiblePrefix] for a prompt that has no continuation.
func LogProb(m Model, prompt, completion []int) (logProb float64, count int, err error) {
	vocab, err := vocabOf(m)
	if err != nil {
		return 0, 0, err
	}
	for _, tokens := range [][]int{prompt, completion} {
		if err := checkTokens(tokens, vocab); err != nil {
			return 0, 0, err
		}
	}
	prefix := append([]int(nil), prompt...)
	conditional := make([]float64, vocab)
	var total reference.Sum
	for i, token := range completion {
		if err := m.LogConditional(conditional, prefix); err != nil {
			return 0, 0, fmt.Errorf("token %d of the completion: %w", i, err)
		}
		if math.IsInf(conditional[token], -1) {
			return math.Inf(-1), len(completion), nil
		}
		total.Add(conditional[token])
		prefix = append(prefix, token)
	}
	return total.Value(), len(completion), nil
}

// Perplexity is exp(−Σ log p / N), the sum over all factors of all sequences and
// N their number: the size of the vocabulary that a uniform model would need to
// be as surprised. How the text is cut into sequences changes it only through
// the context lost at each cut; the mean of means is something else.
//
// A sequence of probability 0 gives +Inf. No factors at all are
// [reference.ErrShape], a nil scorer or model [reference.ErrNil]; other errors
// are the scorer's.
func Perplexity(score Scorer, m Model, sequences ...[]int) (float64, error) {
	if score == nil {
		return 0, fmt.Errorf("scorer: %w", reference.ErrNil)
	}
	if _, err := vocabOf(m); err != nil {
		return 0, err
	}
	var total reference.Sum
	factors := 0
	for i, sequence := range sequences {
		logProb, count, err := score(m, nil, sequence)
		if err != nil {
			return 0, fmt.Errorf("sequence %d: %w", i, err)
		}
		if math.IsInf(logProb, -1) {
			return math.Inf(1), nil
		}
		total.Add(logProb)
		factors += count
	}
	if factors < 1 {
		return 0, fmt.Errorf("perplexity of no tokens: %w", reference.ErrShape)
	}
	return math.Exp(-total.Value() / float64(factors)), nil
}
