package sequence

import (
	"fmt"
	"math"

	"temper/reference"
)

// RejectionRule returns the rule of speculative sampling. A drafted token x is accepted with
// probability min(1, p(x)/q(x)), that is, if u·q(x) < p(x). In place of the first that
// is not, a token comes from the residual (p − q)⁺ / Σ (p − q)⁺. The result has the
// distribution p, because
//
//	q(x)·min(1, p(x)/q(x)) + (1 − Σ min(p, q)) · (p(x) − q(x))⁺ / Σ (p − q)⁺ = p(x),
//
// where both the rejected mass and the sum are 1 − Σ min(p, q). For a draft without
// randomness q is one-hot: x is accepted if u < p(x), and otherwise a token comes from p
// without x.
//
// Where rounding rejects though p = q, the residual has no mass, and a token comes from
// p. Source: Leviathan, Kalman and Matias, arXiv:2211.17192; Chen et al.,
// arXiv:2302.01318.
func RejectionRule() Rule {
	return Rule{Name: "rejection", accept: func(d Draft, choose chooser) ([]int, []float64) {
		return reject(d, d.q, choose)
	}}
}

// OneHotRule returns [RejectionRule] as it is for drafts without randomness, even if the draft has
// some: x is accepted if u < p(x), and otherwise a token comes from p without x. Whatever
// x is, the result has the distribution p. It accepts Σ p·q in the mean.
func OneHotRule() Rule {
	return Rule{Name: "one-hot", accept: func(d Draft, choose chooser) ([]int, []float64) {
		return reject(d, Draft{Tokens: d.Tokens, P: d.P}.q, choose)
	}}
}

// reject is [RejectionRule] with the rows q(i).
func reject(d Draft, q func(i int) []float64, choose chooser) (accepted []int, last []float64) {
	for i, x := range d.Tokens {
		p, q := d.P[i], q(i)
		if !accepts(choose, p[x], q[x]) {
			return d.Tokens[:i], residual(p, q, 1)
		}
	}
	return d.Tokens, d.P[len(d.Tokens)]
}

// accepts returns true with probability min(1, p/q).
func accepts(choose chooser, p, q float64) bool {
	return choose(logs([]float64{math.Min(p, q), math.Max(0, q-p)})) == 0
}

// residual returns the weights (scale·p − q)⁺, or p if none is positive.
func residual(p, q []float64, scale float64) []float64 {
	rest, mass := make([]float64, len(p)), 0.0
	for v := range p {
		rest[v] = math.Max(0, float64(scale*p[v])-q[v])
		mass += rest[v]
	}
	if mass == 0 {
		return p
	}
	return rest
}

// SamplerMatchRule returns the rule that draws y ~ p at each position, returns it, and goes
// on while y is the drafted token. The result has the distribution p by construction. It
// accepts Σ p·q in the mean, at most Σ min(p, q).
func SamplerMatchRule() Rule {
	return Rule{Name: "sampler match", accept: func(d Draft, choose chooser) ([]int, []float64) {
		for i, x := range d.Tokens {
			if y := choose(logs(d.P[i])); y != x {
				return d.Tokens[:i], oneHotRow(y, len(d.P[i]))
			}
		}
		return d.Tokens, d.P[len(d.Tokens)]
	}}
}

// BlockRule returns block verification: the longest prefix x_1 … x_i is accepted whose own
// number is below
//
//	h_i = S_i / (S_i + 1 − w_i),  h_n = w_n,
//
// where w_i = min(1, w_{i−1} · p(x_i)/q(x_i)), w_0 = 1, is the joint ratio of the prefix
// and S_i = Σ_v (w_i·p(v) − q(v))⁺ the mass of the residual after it. The next token
// comes from that residual, or from p after all n. The result has the distribution p,
// and at least as many tokens are accepted in the mean as by [RejectionRule].
//
// The longest prefix is decided about first, and no shorter one after it is accepted.
// Source: Sun et al., arXiv:2403.10444, algorithm 2.
func BlockRule() Rule {
	return Rule{Name: "block verification", accept: func(d Draft, choose chooser) ([]int, []float64) {
		n := len(d.Tokens)
		w := make([]float64, n+1)
		w[0] = 1
		for i, x := range d.Tokens {
			w[i+1] = math.Min(1, w[i]*d.P[i][x]/d.q(i)[x])
		}
		if n == 0 || choose(logs([]float64{w[n], 1 - w[n]})) == 0 {
			return d.Tokens, d.P[n]
		}
		for i := n - 1; i > 0; i-- {
			yes, no := excess(d.P[i], d.q(i), w[i]), 1-w[i]
			if yes+no == 0 { // p = q here, and the next decision from the end would have accepted
				no = 1
			}
			if choose(logs([]float64{yes, no})) == 0 {
				return d.Tokens[:i], residual(d.P[i], d.q(i), w[i])
			}
		}
		return d.Tokens[:0], residual(d.P[0], d.q(0), 1)
	}}
}

// excess returns Σ_v (scale·p(v) − q(v))⁺.
func excess(p, q []float64, scale float64) float64 {
	var mass reference.Sum
	for v := range p {
		mass.Add(math.Max(0, float64(scale*p[v])-q[v]))
	}
	return mass.Value()
}

// TreeRule returns the rule for trees that looks at the target alone. Among the tokens that
// follow the accepted ones it accepts the first, in the order of the draft, at which the sum of
// their probabilities p is above u·threshold. If there is none, a token comes from p
// without them. At threshold 1 the result has the distribution p. Below 1 likely drafts
// come more often: with p = (.6, .2, .1, .1), drafted tokens 0 and 1 and threshold .8 the
// result has (.75, .25, 0, 0).
//
// A threshold outside (0, 1] is [reference.ErrDistribution] when the rule is asked.
// Source: the kernel tree_speculative_sampling_target_only of SGLang.
func TreeRule(threshold float64) Rule {
	rule := Rule{Name: fmt.Sprintf("tree, threshold %v", threshold), Lossy: threshold != 1, branches: true}
	if !(threshold > 0 && threshold <= 1) {
		rule.refused = fmt.Errorf("threshold %v outside (0, 1]: %w", threshold, reference.ErrDistribution)
	}
	rule.accept = func(d Draft, choose chooser) (accepted []int, last []float64) {
		for at := -1; ; {
			p, children := d.P[at+1], d.Children(at)
			if len(children) == 0 {
				return accepted, p
			}
			weights, rest := treeWeights(d, p, children, threshold)
			chosen := choose(logs(weights))
			if chosen == len(children) {
				return accepted, rest
			}
			at = children[chosen]
			accepted = append(accepted, d.Tokens[at])
		}
	}
	return rule
}

// treeWeights returns the probabilities with which each child is accepted, and behind
// them that of none; and what p is without the children.
func treeWeights(d Draft, p []float64, children []int, threshold float64) (weights, rest []float64) {
	rest = append([]float64(nil), p...)
	below, sum := 0.0, 0.0
	for _, child := range children {
		x := d.Tokens[child]
		sum += p[x]
		rest[x] = 0
		above := math.Min(1, sum/threshold)
		weights = append(weights, above-below)
		below = above
	}
	left := 0.0
	for _, w := range rest {
		left += w
	}
	if left == 0 { // rounding must not reject what has all mass
		return append(weights, 0), p
	}
	return append(weights, 1-below), rest
}

// TypicalRule returns typical acceptance: a drafted token is accepted if
// p(x) > min(epsilon, delta·exp(−H)), where H is the entropy of p in nats. In place of the
// first that is not, a token comes from p. It is lossy by design: what is accepted does
// not depend on q.
//
// Source: Cai et al., "Medusa", arXiv:2401.10774.
func TypicalRule(epsilon, delta float64) Rule {
	rule := Rule{Name: fmt.Sprintf("typical acceptance, ε = %v, δ = %v", epsilon, delta), Lossy: true}
	if !(epsilon >= 0 && delta >= 0) || math.IsInf(epsilon, 1) || math.IsInf(delta, 1) {
		rule.refused = fmt.Errorf("ε = %v, δ = %v outside [0, +Inf): %w", epsilon, delta, reference.ErrDistribution)
	}
	rule.accept = func(d Draft, _ chooser) ([]int, []float64) {
		for i, x := range d.Tokens {
			if !(d.P[i][x] > math.Min(epsilon, delta*math.Exp(-entropy(d.P[i])))) {
				return d.Tokens[:i], d.P[i]
			}
		}
		return d.Tokens, d.P[len(d.Tokens)]
	}
	return rule
}

// entropy returns −Σ p·log p in nats.
func entropy(p []float64) float64 {
	var total reference.Sum
	for _, x := range p {
		if x > 0 {
			total.Add(-x * math.Log(x))
		}
	}
	return total.Value()
}

// AcceptanceRate returns Σ_v min(p(v), q(v)), the probability that [RejectionRule] accepts a
// token drawn from q: P(accepted) = Σ_v q(v)·min(1, p(v)/q(v)) = Σ_v min(p(v), q(v)). It
// is 1 minus the total variation distance of p and q, and no exact rule accepts more of a
// single token. Errors: [reference.ErrShape] for different lengths.
func AcceptanceRate(p, q []float64) (float64, error) {
	if len(p) != len(q) {
		return 0, fmt.Errorf("%d and %d probabilities: %w", len(p), len(q), reference.ErrShape)
	}
	var total reference.Sum
	for v := range p {
		total.Add(math.Min(p[v], q[v]))
	}
	return total.Value(), nil
}
