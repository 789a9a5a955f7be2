package reference

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Anneal fills dst with the annealed distribution p_T(v) = p(v)^(1/T) / Σ_w
// p(w)^(1/T): every probability raised to 1/T, and renormalised.
//
// p holds non-negative weights that need not sum to one. T = 1 only normalises;
// T = 0 puts all mass on the largest, the lowest index among equals; T = +Inf is
// uniform over what is positive. Raising happens in logs, so that no power
// underflows. Errors: [ErrTemperature], [ErrShape], and [ErrDistribution] for a
// weight that is negative, NaN or infinite, or where none is positive. dst may
// be p.
//
// The word comes from metallurgy. As an example, 0.4 and 0.6 give 4/13 and 9/13 at
// T = 0.5.
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

// AnnealLog is [Anneal] on log-probabilities: dst_v = log p(v) / T − log z, z =
// Σ_w p(w)^(1/T) the local partition. Nats; −Inf stays −Inf. dst may be logp.
// Errors are those of [Kernels] for one row.
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

// LogPartition returns log z = log Σ_v p(v)^(1/T), the logarithm of the local partition
// that annealing divides by, for log-probabilities in nats. It is 0 at T = 1 if p is
// normalised, and the logarithm of the size of the support at T = +Inf. It has no value
// at T = 0 ([ErrTemperature]). Errors are those of [Kernels] for one row.
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

// DrawLog draws token v with probability p(v)^(1/T) / Σ_w p(w)^(1/T), given
// log-probabilities in nats, with one word of src. At T = 0 it returns the most probable
// token, the lowest index among equals, and uses no word: src may be nil then. Errors
// are those of [Kernels] for one row, and [ErrNil] for a missing source.
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
