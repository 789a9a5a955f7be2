package sequence

import (
	"fmt"
	"math/rand/v2"

	"temper/reference"
)

// Generate returns the prompt followed by tokens x_i ~ p_T(· | x_<i), drawn one after
// the other until end (end < 0: none) or until there are limit of them.
//
// It is a [Generator] and uses one word of src for each token. At T = 0 it uses none,
// and takes the most probable token, the lowest among equals. At T = 1 it draws from
// the model. At T = +Inf all tokens of positive probability are equally likely. A
// prompt that already ends with end is returned without change.
//
// Errors: [reference.ErrTemperature]; [reference.ErrNil]; [reference.ErrToken]; those
// of the model; [reference.ErrShape] for a negative limit, and for more than 2^26
// tokens: at once if there is no end, and otherwise after 2^26 tokens. With an error
// of a later step it also returns the prompt and the tokens drawn so far.
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

// CheckGeneration returns nil if the arguments of a [Generator] or a
// [SequenceAnnealer] are in range. Errors: [reference.ErrTemperature],
// [reference.ErrNil] for the model, [reference.ErrShape] for a limit below 0,
// [reference.ErrToken] for end or a token of the prompt.
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
