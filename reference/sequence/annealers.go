package sequence

import (
	"fmt"
	"math"
	"math/rand/v2"

	"temper/reference"
)

// AnnealByEnumeration is a [SequenceAnnealer] that draws from the enumerated
// distribution π of [WholeSequence]. It is exact for every model, but needs few
// sequences. It uses one word of src for each draw. At T = 0 logZ is NaN. Errors are
// those of WholeSequence, and [reference.ErrNil] for a nil source.
func AnnealByEnumeration(dst [][]int, m Model, prompt []int, end, limit int, temperature float64, src rand.Source) (logZ float64, err error) {
	annealed, logZ, err := WholeSequence(m, prompt, end, limit, temperature)
	if err != nil {
		return 0, err
	}
	if len(dst) > 0 {
		if err := reference.CheckSource(src); err != nil {
			return 0, err
		}
	}
	logp := make([]float64, len(annealed))
	for i, c := range annealed {
		logp[i] = c.LogProb
	}
	for i := range dst {
		drawn, err := reference.DrawLog(logp, src, 1)
		if err != nil {
			return 0, err
		}
		dst[i] = append([]int{}, annealed[drawn].Tokens...)
	}
	return logZ, nil
}

// AnnealByTransfer is a [SequenceAnnealer] that draws from the distribution π of
// [AnnealedMarkov]. It is exact for a [Markov] model of any order and any limit, which
// may be [Unlimited] if there is an end. It uses one word of src for each token. At
// T = 0 logZ is NaN. Errors are those of NewAnnealedMarkov, [reference.ErrNoSupport]
// when no completion ends within limit, and [reference.ErrShape] for a model of
// another type.
func AnnealByTransfer(dst [][]int, m Model, prompt []int, end, limit int, temperature float64, src rand.Source) (logZ float64, err error) {
	if _, err := vocabOf(m); err != nil {
		return 0, err
	}
	markov, ok := m.(*Markov)
	if !ok {
		return 0, fmt.Errorf("transfer matrices of a %T, not a *Markov: %w", m, reference.ErrShape)
	}
	if limit < Unlimited || limit > mostCells {
		return 0, fmt.Errorf("limit of %d tokens, not %d to %d: %w", limit, Unlimited, mostCells, reference.ErrShape)
	}
	length := limit
	if limit != Unlimited {
		length += len(prompt)
	}
	annealed, err := NewAnnealedMarkov(markov, end, length, temperature)
	if err != nil {
		return 0, err
	}
	logZ = math.NaN()
	if temperature > 0 {
		if logZ, err = annealed.LogPartition(prompt); err != nil {
			return 0, err
		}
	}
	for i := range dst {
		if dst[i], err = annealed.Draw(prompt, src); err != nil {
			return 0, err
		}
	}
	return logZ, nil
}
