package sequence

import (
	"errors"
	"fmt"
	"math"
)

// Divergence compares per-step annealing q with whole-sequence annealing π, both given
// a prompt. π/q = W/Z, where W is the product of the local partitions of all prefixes
// of a completion, so that all measures are moments of W.
//
// W is 0 for a completion of q that is cut off: it reached the limit before end, or a
// context that nothing follows. All logarithms are in nats. A divergence that rounding
// makes negative is set to 0.
type Divergence struct {
	LogPartition float64 // log Z = log E_q W
	PerStepLogW  float64 // E_q log W, at most log Z
	WholeLogW    float64 // E_π log W, at least log Z
	LogSquare    float64 // log E_q W²
	Bound        float64 // on |log π/q| of every sequence: (L−1)·|1−1/T|·log V, +Inf where sequences end or q can be cut off
}

// PerStepToWhole returns KL(q ‖ π) = log Z − E_q log W in nats, +Inf if q can be cut off.
func (d Divergence) PerStepToWhole() float64 { return max(0, d.LogPartition-d.PerStepLogW) }

// WholeToPerStep returns KL(π ‖ q) = E_π log W − log Z in nats.
func (d Divergence) WholeToPerStep() float64 { return max(0, d.WholeLogW-d.LogPartition) }

// EffectiveSampleShare returns ESS/N = Z² / E_q W², the [EffectiveSampleSize] of many
// draws of q, weighted by W, in proportion to their number N: a share in (0, 1], and
// 0 where E_q W² is infinite or the share is too small for float64. As an example,
// with a share of 0.095 a thousand draws of q estimate a mean under π about as well
// as 95 draws of π.
func (d Divergence) EffectiveSampleShare() float64 {
	return min(1, math.Exp(2*d.LogPartition-d.LogSquare))
}

// TotalVariation returns √(KL/2) with the smaller of the two divergences, and at most 1:
// by Pinsker's inequality an upper bound of max_A |q(A) − π(A)|.
func (d Divergence) TotalVariation() float64 {
	return math.Min(1, math.Sqrt(math.Min(d.PerStepToWhole(), d.WholeToPerStep())/2))
}

// Divergence returns the comparison of q and π for the completions of a prompt. Errors: [reference.ErrTemperature] at T = 0, and those of LogConditional.
func (a *AnnealedMarkov) Divergence(prompt []int) (Divergence, error) {
	logZ, err := a.LogPartition(prompt)
	if err != nil || hasEnded(prompt, a.end) {
		return Divergence{}, err
	}
	context, left, err := a.locate(prompt)
	if err != nil {
		return Divergence{}, err
	}
	d := Divergence{LogPartition: logZ}
	if d.LogSquare, err = a.LogMoment(2, prompt); err != nil {
		return Divergence{}, err
	}
	if d.PerStepLogW, err = a.perStepLogW(context, left); err != nil {
		return Divergence{}, err
	}
	if d.WholeLogW, err = a.wholeLogW(context, left); err != nil {
		return Divergence{}, err
	}
	d.Bound = math.Inf(1)
	if left != Unlimited && a.end < 0 && !a.canBeCutOff(context, left) {
		d.Bound = float64(max(left-1, 0)) * math.Abs(1-1/a.temperature) * math.Log(float64(a.markov.vocab))
	}
	return d, nil
}

// LogMoment returns log E_q W^b = log Σ_y p(y)^(1/T)·W(y)^(b−1), where the sum is over
// the complete y. It is log Z for b = 1, and 0 for b = 0 if q cannot be cut off. With
// an unlimited length it can be +Inf although Z is finite. Errors are those of
// Divergence.
func (a *AnnealedMarkov) LogMoment(b float64, prompt []int) (float64, error) {
	logZ, err := a.LogPartition(prompt)
	if err != nil || b == 1 || hasEnded(prompt, a.end) {
		return logZ, err
	}
	context, left, err := a.locate(prompt)
	if err != nil {
		return 0, err
	}
	moments, err := a.sum(b-1, nil, 0)
	if errors.Is(err, ErrInfinitePartition) {
		return math.Inf(1), nil
	}
	if err != nil {
		return 0, err
	}
	return a.at(moments, left)[context], nil
}

// Renyi returns the Rényi divergence D_b(π ‖ q) = (log E_q W^b − b·log Z) / (b − 1) in
// nats. It is KL(π ‖ q) for b = 1, and −log ESS/N for b = 2. Errors are those of
// LogMoment, and [ErrOrder] for b outside (0, +Inf).
func (a *AnnealedMarkov) Renyi(b float64, prompt []int) (float64, error) {
	if !(b > 0) || math.IsInf(b, 1) {
		return 0, fmt.Errorf("Rényi divergence of order %v: %w", b, ErrOrder)
	}
	if b == 1 {
		d, err := a.Divergence(prompt)
		return d.WholeToPerStep(), err
	}
	logZ, err := a.LogPartition(prompt)
	if err != nil {
		return 0, err
	}
	moment, err := a.LogMoment(b, prompt)
	if err != nil {
		return 0, err
	}
	return max(0, (moment-float64(b*logZ))/(b-1)), nil // what rounding leaves below 0 is 0
}

// perStepLogW returns E_q log W, the sum over all contexts of log z times the expected
// number of visits of q. At one T all log z have the same sign, so the sum can take
// the logarithms of |log z|.
func (a *AnnealedMarkov) perStepLogW(context, left int) (float64, error) {
	if a.canBeCutOff(context, left) {
		return math.Inf(-1), nil
	}
	mean, err := a.sum(-1, func(_, c int) float64 { return math.Log(math.Abs(a.local[c])) }, math.Inf(-1))
	if err != nil {
		return 0, err
	}
	return a.sign() * math.Exp(a.at(mean, left)[context]), nil
}

// wholeLogW returns E_π log W, the sum of p^(1/T)·log W over the sum of p^(1/T).
func (a *AnnealedMarkov) wholeLogW(context, left int) (float64, error) {
	mean, err := a.sum(0, func(left, c int) float64 {
		future := a.at(a.future, left)[c]
		if math.IsInf(future, -1) {
			return future
		}
		return math.Log(math.Abs(a.local[c])) + future
	}, math.Inf(-1))
	if err != nil {
		return 0, err
	}
	return a.sign() * math.Exp(a.at(mean, left)[context]-a.at(a.future, left)[context]), nil
}

// sign returns the sign of log z: −1 for T < 1, and 1 otherwise.
func (a *AnnealedMarkov) sign() float64 {
	if a.temperature < 1 {
		return -1
	}
	return 1
}

// canBeCutOff reports whether q can reach the limit before end, or a context that
// nothing follows, or, without a limit, a context from which end cannot be reached.
func (a *AnnealedMarkov) canBeCutOff(context, left int) bool {
	if left == Unlimited {
		reached, completable := a.reachable(context)
		return len(completable) < len(reached)
	}
	alive := map[int]bool{context: true}
	for range left {
		next := map[int]bool{}
		for c := range alive {
			if a.markov.deadEnd(c) {
				return true
			}
			for v, logp := range a.markov.row(c) {
				if v != a.end && !math.IsInf(logp, -1) {
					next[a.markov.shift(c, v)] = true
				}
			}
		}
		alive = next
	}
	return a.end >= 0 && len(alive) > 0
}
