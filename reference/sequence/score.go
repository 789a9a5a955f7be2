package sequence

import (
	"fmt"
	"math"

	"temper/reference"
)

// LogProb returns log p(y | x) = Σ_i log p(y_i | x y_<i) in nats, where x is the prompt
// and y the completion, and count = len(completion).
//
// It is a [Scorer]. A completion of probability 0 has −Inf, an empty one 0. It adds
// logarithms because a product of probabilities can underflow: 0.1^400 is 0 in float64. Errors
// are the model's: [reference.ErrToken], and [ErrImpossiblePrefix] for a prompt that
// has no continuation; [reference.ErrNil] for a nil model.
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

// Perplexity returns exp(−Σ log p / N), where the sum is over all N factors of all
// sequences. As an example, a uniform model of 27 tokens has perplexity 27 on every
// text. It is not the mean of the sequences' perplexities: long sequences count more.
//
// A sequence of probability 0 makes it +Inf. Errors: [reference.ErrShape] when there
// are no factors, [reference.ErrNil] for a nil scorer or model, and the scorer's.
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
