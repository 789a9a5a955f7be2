package reference

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Anneal fills dst with the annealed distribution p_T(v) = p(v)^(1/T) / Σ_w
// p(w)^(1/T). As an example, 0.4 and 0.6 become 4/13 and 9/13 at T = 0.5.
//
// The elements of p are non-negative weights and need not sum to 1. dst has the
// length of p, and may be p itself. At T = 1 the weights are only normalised. At
// T = 0 the largest weight has probability 1, the one of lowest index among equals.
// At T = +Inf all positive weights have the same probability. Powers are computed
// by logarithms, so that they cannot underflow.
//
// Errors: [ErrTemperature]; [ErrShape] for different lengths; [ErrDistribution] for
// a weight that is negative, NaN or infinite, or when none is positive.
func Anneal(dst, p []float64, temperature float64) error {
	if len(dst) != len(p) {
		return fmt.Errorf("%d places for %d probabilities: %w", len(dst), len(p), ErrShape)
	}
	if err := CheckTemperature(temperature); err != nil {
		return err
	}
	logp := make([]float64, len(p))
	for i, x := range p {
		if !(x >= 0) || math.IsInf(x, 1) {
			return fmt.Errorf("probability %d is %v: %w", i, x, ErrDistribution)
		}
		logp[i] = math.Log(x)
	}
	if err := CheckRow(logp); err != nil {
		return fmt.Errorf("%w: %w", ErrDistribution, err)
	}
	softmax(dst, logp, temperature)
	return nil
}

// AnnealLog fills dst with log p_T(v) = log p(v) / T − log z, where z = Σ_w
// p(w)^(1/T) is the local partition.
//
// It is [Anneal] for log-probabilities in nats, which need not be normalised; −Inf
// stays −Inf. dst has the length of logp, and may be logp itself. Errors are those
// of [Kernels] for one row.
func AnnealLog(dst, logp []float64, temperature float64) error {
	if len(dst) != len(logp) {
		return fmt.Errorf("%d places for %d log-probabilities: %w", len(dst), len(logp), ErrShape)
	}
	if err := CheckTemperature(temperature); err != nil {
		return err
	}
	if err := CheckRow(logp); err != nil {
		return err
	}
	max, argmax := largest(logp)
	if temperature == 0 {
		for i := range dst {
			dst[i] = math.Inf(-1)
		}
		dst[argmax] = 0
		return nil
	}
	logZ := math.Log(partition(logp, max, temperature))
	for i, x := range logp {
		dst[i] = exponent(x, max, temperature) - logZ
	}
	return nil
}

// LogPartition returns log z = log Σ_v p(v)^(1/T) in nats, where logp holds the log
// p(v) in nats. z is the local partition, the denominator of [AnnealLog].
//
// At T = 1 it is 0 if p is normalised. At T = +Inf it is the logarithm of the number
// of tokens above −Inf. At T = 0 it has no value: [ErrTemperature]. The other errors
// are those of [Kernels] for one row.
func LogPartition(logp []float64, temperature float64) (float64, error) {
	if err := CheckTemperature(temperature); err != nil {
		return 0, err
	}
	if temperature == 0 {
		return 0, fmt.Errorf("partition at temperature 0: %w", ErrTemperature)
	}
	if err := CheckRow(logp); err != nil {
		return 0, err
	}
	return logSumExp(logp, temperature), nil
}

// DrawLog returns token v with probability p_T(v) = p(v)^(1/T) / Σ_w p(w)^(1/T),
// where logp holds the log p(v) in nats, not necessarily normalised.
//
// It uses one word of src. At T = 0 it returns the most probable token, the one of
// lowest index among equals, and uses no word, so that src may be nil. Errors are
// those of [Kernels] for one row, and [ErrNil] for a nil source at T > 0.
func DrawLog(logp []float64, src rand.Source, temperature float64) (token int, err error) {
	if err := CheckTemperature(temperature); err != nil {
		return 0, err
	}
	if err := CheckRow(logp); err != nil {
		return 0, err
	}
	if temperature > 0 {
		if err := CheckSource(src); err != nil {
			return 0, err
		}
	}
	return draw(logp, src, temperature), nil
}
