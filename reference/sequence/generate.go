package sequence

import (
	"fmt"
	"math/rand/v2"

	"temper/reference"
)

// Generate is prompt → completion: it appends tokens x_i ~ p_T(· | x_<i), one at
// a time and each fed back, until end (end < 0: none) or until limit tokens came.
//
// It is a [Generator], with one word of src a token. T = 0 spends none, and takes
// the most probable token each time, the lowest among equals; T = 1 samples from
// the model; T = +Inf is uniform over what is possible. A prompt that has ended
// already comes back as it is.
//
// Errors: [reference.ErrTemperature], [reference.ErrNil], [reference.ErrToken],
// and the model's; [reference.ErrShape] for a negative limit and for more than
// 2^26 tokens. A limit above 2^26 is refused at once where there is no end, and
// after 2^26 tokens otherwise. An error after the first step comes with the
// prompt and the tokens drawn until then.
func Generate(m Model, prompt []int, end, limit int, temperature float64, src rand.Source) ([]int, error) {
	if err := CheckGeneration(m, prompt, end, limit, temperature); err != nil {
		return nil, err
	}
	if end < 0 {
		if err := checkLength(limit); err != nil {
			return nil, err
		}
	}
	sequence := append(make([]int, 0, len(prompt)+min(limit, 1024)), prompt...)
	conditional := make([]float64, m.VocabSize())
	for range limit {
		if hasEnded(sequence, end) {
			break
		}
		if err := checkLength(len(sequence) - len(prompt) + 1); err != nil {
			return sequence, err
		}
		if err := m.LogConditional(conditional, sequence); err != nil {
			return sequence, fmt.Errorf("after %d tokens: %w", len(sequence), err)
		}
		token, err := reference.DrawLog(conditional, src, temperature)
		if err != nil {
			return sequence, fmt.Errorf("after %d tokens: %w", len(sequence), err)
		}
		sequence = append(sequence, token)
	}
	return sequence, nil
}

// CheckGeneration holds the arguments of a [Generator] or a [SequenceAnnealer]
// against their ranges. Errors: [reference.ErrTemperature], [reference.ErrNil]
// for the model, [reference.ErrShape] for a limit below 0, [reference.ErrToken]
// for end or the prompt.
func CheckGeneration(m Model, prompt []int, end, limit int, temperature float64) error {
	if err := reference.CheckTemperature(temperature); err != nil {
		return err
	}
	vocab, err := vocabOf(m)
	if err != nil {
		return err
	}
	if limit < 0 {
		return fmt.Errorf("limit of %d tokens: %w", limit, reference.ErrShape)
	}
	if end >= vocab {
		return fmt.Errorf("end: %w", reference.CheckToken(end, vocab))
	}
	return checkTokens(prompt, vocab)
}

// hasEnded says whether the last token is end (end < 0: none).
func hasEnded(sequence []int, end int) bool {
	return end >= 0 && len(sequence) > 0 && sequence[len(sequence)-1] == end
}
