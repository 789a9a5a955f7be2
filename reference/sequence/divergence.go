package sequence

import (
	"errors"
	"fmt"
	"math"
)

// Divergence measures how far annealing every step, q, is from annealing the whole
// sequence, π, both given a prompt. π/q = W/Z, where W is the product of the
// local partitions on the way, so that everything is a moment of W. W is 0 for
// what q cuts off: at the limit before its end, or in a context that nothing
// follows. Nats; what rounding leaves below 0 is 0.
type Divergence struct {
	LogPartition float64 // log Z = log E_q W
	PerStepLogW  float64 // E_q log W, at most log Z
	WholeLogW    float64 // E_π log W, at least log Z
	LogSquare    float64 // log E_q W²
	Bound        float64 // on |log π/q| of every sequence: (L−1)·|1−1/T|·log V, +Inf where sequences end or q can be cut off
}

// PerStepToWhole is KL(q ‖ π) = log Z − E_q log W; +Inf where q can be cut off.
func (d Divergence) PerStepToWhole() float64 { return max(0, d.LogPartition-d.PerStepLogW) }

// WholeToPerStep is KL(π ‖ q) = E_π log W − log Z.
func (d Divergence) WholeToPerStep() float64 { return max(0, d.WholeLogW-d.LogPartition) }

// EffectiveSampleShare returns ESS/N = Z² / E_q W², the [EffectiveSampleSize] of many
// draws of q, weighted by W, in proportion to their number N: a share in (0, 1], and
// 0 where E_q W² is infinite or the share is too small for float64. As an example,
// with a share of 0.095 a thousand draws of q estimate a mean under π about as well
// as 95 draws of π.
func (d Divergence) EffectiveSampleShare() float64 {
	return min(1, math.Exp(2*d.LogPartition-d.LogSquare))
}

// TotalVariation bounds max_A |q(A) − π(A)| by Pinsker's inequality.
func (d Divergence) TotalVariation() float64 {
	return math.Min(1, math.Sqrt(math.Min(d.PerStepToWhole(), d.WholeToPerStep())/2))
}

// Divergence compares the completions of a prompt under both ways of annealing.
// Errors: [reference.ErrTemperature] at T = 0, and those of LogConditional.
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

// LogMoment is log E_q W^b = log Σ_y p(y)^(1/T)·W(y)^(b−1) over the complete
// y: 0 for b = 0 where nothing is cut off, log Z for b = 1. A length without limit
// can make a moment infinite where Z is finite: +Inf. Errors as for Divergence.
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

// Renyi is D_b(π ‖ q) = (log E_q W^b − b·log Z) / (b − 1), b > 0: KL(π ‖ q) for b =
// 1 and −log ESS/N for b = 2. Errors as for LogMoment, and [ErrOrder] for b outside
// (0, +Inf).
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

// perStepLogW is E_q log W: every context adds its log z as often as q comes by.
// All local partitions are on one side of 1, so that their logarithms are
// summed by magnitude.
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

// wholeLogW is E_π log W, the sum of p^(1/T)·log W over the sum of p^(1/T).
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

// sign is that of log z: positive where annealing flattens.
func (a *AnnealedMarkov) sign() float64 {
	if a.temperature < 1 {
		return -1
	}
	return 1
}

// canBeCutOff says whether q can run out of tokens before end, or into a context
// that nothing follows, or, where there is no limit, stray to where end never
// comes.
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
