package sequence

import (
	"fmt"
	"math"
	"slices"

	"temper/reference"
)

// mostSequences bounds what is enumerated: 2^21 sequences take a few hundred
// megabytes and a few seconds.
const mostSequences = 1 << 21

// longestSequence bounds the depth of the enumeration, which a vocabulary of one
// token would not.
const longestSequence = 1 << 16

// Completion is a continuation of a prompt with its log-probability in nats. Ended is
// true if its last token is end.
type Completion struct {
	Tokens  []int
	LogProb float64
	Ended   bool
}

// Distribution lists completions of positive probability in lexicographic order.
type Distribution []Completion

// PerStep enumerates q(y) = Π_i p_T(y_i | x y_<i), the distribution of the completions
// y of the prompt x that [Generate] draws: each conditional distribution is annealed
// to T. At T = 1 it is the distribution of the model.
//
// Completions have length limit, or end earlier with end (end < 0: none). Their
// probabilities sum to 1. Errors: those of [Generate], and [ErrTooManySequences] for
// more than 2^21 completions, or longer ones than 2^16 tokens.
func PerStep(m Model, prompt []int, end, limit int, temperature float64) (Distribution, error) {
	if err := CheckGeneration(m, prompt, end, limit, temperature); err != nil {
		return nil, err
	}
	if _, ok := power(m.VocabSize(), limit, mostSequences); !ok {
		return nil, fmt.Errorf("%d^%d = %.3g sequences, more than %d: %w", m.VocabSize(), limit,
			math.Pow(float64(m.VocabSize()), float64(limit)), mostSequences, ErrTooManySequences)
	}
	if limit > longestSequence {
		return nil, fmt.Errorf("sequences of length %d, more than %d: %w", limit, longestSequence, ErrTooManySequences)
	}
	all := Distribution{}
	var extend func(prefix []int, logProb float64) error
	extend = func(prefix []int, logProb float64) error {
		if ended := hasEnded(prefix, end); ended || len(prefix) == len(prompt)+limit {
			all = append(all, Completion{slices.Clone(prefix[len(prompt):]), logProb, ended})
			return nil
		}
		conditional := make([]float64, m.VocabSize())
		if err := m.LogConditional(conditional, prefix); err != nil {
			return fmt.Errorf("after %d tokens: %w", len(prefix), err)
		}
		if err := reference.AnnealLog(conditional, conditional, temperature); err != nil {
			return fmt.Errorf("after %d tokens: %w", len(prefix), err)
		}
		for token, factor := range conditional {
			if math.IsInf(factor, -1) {
				continue
			}
			if err := extend(append(prefix, token), logProb+factor); err != nil {
				return err
			}
		}
		return nil
	}
	if err := extend(slices.Clone(prompt), 0); err != nil {
		return nil, err
	}
	return all, nil
}

// WholeSequence enumerates π(y) = p(y | x)^(1/T) / Z with Z = Σ_y p(y | x)^(1/T): the
// distribution of whole completions y of the prompt x is annealed to T. logZ is in
// nats.
//
// With q of [PerStep], π/q = W/Z, where W(y) is the product of the local partitions
// of all prefixes of y. So π = q if and only if W is the same for every completion of
// positive probability, as at T = 1.
//
// Completions have length limit if end < 0, and otherwise end within limit tokens. At
// T = 0, π is uniform on the most probable completions, and logZ is NaN, because Z has
// no value. Two completions count as equally probable if their log-probabilities
// differ by less than a relative 1e-12, which rounding can cause. Errors: those of
// [PerStep], and [reference.ErrNoSupport] when no completion ends within limit.
func WholeSequence(m Model, prompt []int, end, limit int, temperature float64) (annealed Distribution, logZ float64, err error) {
	if err := reference.CheckTemperature(temperature); err != nil {
		return nil, 0, err
	}
	model, err := PerStep(m, prompt, end, limit, 1)
	if err != nil {
		return nil, 0, err
	}
	for _, c := range model {
		if end < 0 || c.Ended {
			annealed = append(annealed, c)
		}
	}
	if len(annealed) == 0 {
		return nil, 0, fmt.Errorf("no completion ends within %d tokens: %w", limit, reference.ErrNoSupport)
	}
	if temperature == 0 {
		return annealed.modes(), math.NaN(), nil
	}
	logp := make([]float64, len(annealed))
	for i, c := range annealed {
		logp[i] = c.LogProb
	}
	logZ = logSumExp(logp, temperature)
	if err := reference.AnnealLog(logp, logp, temperature); err != nil {
		return nil, 0, err
	}
	for i := range annealed {
		annealed[i].LogProb = logp[i]
	}
	return annealed, logZ, nil
}

// modes is the uniform distribution on the most probable completions.
func (d Distribution) modes() Distribution {
	best := math.Inf(-1)
	for _, c := range d {
		best = math.Max(best, c.LogProb)
	}
	tie := best - float64(1e-12*math.Max(1, math.Abs(best))) // not fused: the same ties on every machine
	var modes Distribution
	for _, c := range d {
		if c.LogProb >= tie {
			modes = append(modes, c)
		}
	}
	for i := range modes {
		modes[i].LogProb = -math.Log(float64(len(modes)))
	}
	return modes
}

// KullbackLeibler returns KL(q ‖ p) = Σ_y q(y)·(log q(y) − log p(y)) in nats. It is at
// least 0, 0 only for equal distributions, and +Inf if q lists a completion that p
// does not.
func KullbackLeibler(q, p Distribution) float64 {
	var total reference.Sum
	j := 0
	for _, c := range q {
		for j < len(p) && slices.Compare(p[j].Tokens, c.Tokens) < 0 {
			j++
		}
		if j == len(p) || !slices.Equal(p[j].Tokens, c.Tokens) {
			return math.Inf(1)
		}
		if q := math.Exp(c.LogProb); q > 0 { // 0·log 0 counts 0
			total.Add(q * (c.LogProb - p[j].LogProb))
		}
	}
	return max(0, total.Value()) // what rounding leaves below 0 is 0
}
