package sequence_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"temper/reference"
	"temper/reference/sequence"
)

// jointOf is the model whose conditional after every prefix is the rule's.
func jointOf(t *testing.T, vocab, length int, rule func(prefix []int) []float64) *sequence.Joint {
	t.Helper()
	var p []float64
	var extend func(prefix []int, mass float64)
	extend = func(prefix []int, mass float64) {
		if len(prefix) == length {
			p = append(p, mass)
			return
		}
		row := make([]float64, vocab)
		if mass > 0 {
			copy(row, rule(prefix))
		}
		for v, x := range row {
			extend(append(prefix, v), mass*x)
		}
	}
	extend(nil, 1)
	joint, err := sequence.NewJoint(vocab, length, p)
	if err != nil {
		t.Fatal(err)
	}
	return joint
}

// randomJoint depends on every token of the prefix; about a third of its
// sequences are impossible where it is masked.
func randomJoint(t *testing.T, seed uint64, vocab, length int, masked bool) *sequence.Joint {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 9))
	return jointOf(t, vocab, length, func([]int) []float64 {
		row, total := make([]float64, vocab), 0.0
		for v := range row {
			row[v] = math.Exp(3 * rng.Float64())
			if masked && v > 0 && rng.IntN(4) == 0 {
				row[v] = 0
			}
			total += row[v]
		}
		for v := range row {
			row[v] /= total
		}
		return row
	})
}

// both are the two laws of a model at a temperature, with log Z.
func both(t *testing.T, m sequence.Model, prompt []int, length int, temperature float64) (q, pi sequence.Distribution, logZ float64) {
	t.Helper()
	q, err := sequence.PerStep(m, prompt, -1, length, temperature)
	if err != nil {
		t.Fatal(err)
	}
	pi, logZ, err = sequence.WholeSequence(m, prompt, -1, length, temperature)
	if err != nil {
		t.Fatal(err)
	}
	return q, pi, logZ
}

// logW is the logarithm of the product of the local partitions on the way.
func logW(t *testing.T, m sequence.Model, tokens []int, temperature float64) float64 {
	t.Helper()
	total, row := 0.0, make([]float64, m.VocabSize())
	for i := range tokens {
		if err := m.LogConditional(row, tokens[:i]); err != nil {
			t.Fatal(err)
		}
		logZ, err := reference.LogPartition(row, temperature)
		if err != nil {
			t.Fatal(err)
		}
		total += logZ
	}
	return total
}

// expect is E_law f.
func expect(law sequence.Distribution, f func(i int) float64) float64 {
	total := 0.0
	for i, c := range law {
		total += math.Exp(c.LogProb) * f(i)
	}
	return total
}

// entropy is H(law) in nats.
func entropy(law sequence.Distribution) float64 {
	return -expect(law, func(i int) float64 { return law[i].LogProb })
}

// apart is the largest |log q − log π|.
func apart(q, pi sequence.Distribution) float64 {
	most := 0.0
	for i := range q {
		most = math.Max(most, math.Abs(q[i].LogProb-pi[i].LogProb))
	}
	return most
}

func eachJoint(t *testing.T, check func(name string, m *sequence.Joint, vocab, length int, temperature float64)) {
	t.Helper()
	for seed := range uint64(3) {
		for _, masked := range []bool{false, true} {
			const vocab, length = 4, 4
			m := randomJoint(t, seed, vocab, length, masked)
			for _, temperature := range []float64{0.1, 0.5, 0.9, 1.5, 10, math.Inf(1)} {
				check(fmt.Sprintf("seed=%d/masked=%v/T=%v", seed, masked, temperature), m, vocab, length, temperature)
			}
		}
	}
}

func TestTheTwoLawsDifferByTheProductOfLocalPartitions(t *testing.T) {
	eachJoint(t, func(name string, m *sequence.Joint, vocab, length int, temperature float64) {
		q, pi, logZ := both(t, m, nil, length, temperature)
		w := make([]float64, len(q))
		for i, c := range q {
			w[i] = logW(t, m, c.Tokens, temperature)
			if got, want := pi[i].LogProb-c.LogProb, w[i]-logZ; !closeTo(got, want, 1e-11) {
				t.Errorf("%s: log π/q of %v = %v, want log W/Z = %v", name, c.Tokens, got, want)
			}
		}
		if got := expect(q, func(i int) float64 { return math.Exp(w[i] - logZ) }); !closeTo(got, 1, 1e-11) {
			t.Errorf("%s: E_q W/Z = %v, want 1", name, got)
		}
		if got := expect(pi, func(i int) float64 { return math.Exp(logZ - w[i]) }); !closeTo(got, 1, 1e-11) {
			t.Errorf("%s: E_π Z/W = %v, want 1", name, got)
		}
	})
}

func TestConditionalsOfTheAnnealedSequenceLookIntoTheFuture(t *testing.T) {
	// π(v | c) = p(v | c)^a Z(cv)/Z(c), where the local conditional has no Z(cv).
	eachJoint(t, func(name string, m *sequence.Joint, vocab, length int, temperature float64) {
		_, pi, logZ := both(t, m, nil, length, temperature)
		row := make([]float64, vocab)
		if err := m.LogConditional(row, nil); err != nil {
			t.Fatal(err)
		}
		for v, logp := range row {
			if math.IsInf(logp, -1) {
				continue
			}
			_, _, future := both(t, m, []int{v}, length-1, temperature)
			got := math.Log(expect(pi, func(i int) float64 {
				if pi[i].Tokens[0] == v {
					return 1
				}
				return 0
			}))
			if want := logp/temperature + future - logZ; !closeTo(got, want, 1e-11) {
				t.Errorf("%s: log π(%d) = %v, want %v", name, v, got, want)
			}
		}
	})
}

func TestTheTwoLawsAreEqualWhereTheProductOfLocalPartitionsIsConstant(t *testing.T) {
	half, skew, thirds := []float64{0.5, 0.5, 0}, []float64{0.1, 0.3, 0.6}, []float64{2.0 / 3, 1.0 / 6, 1.0 / 6}
	rolled := func(row []float64, by int) []float64 {
		return []float64{row[by%3], row[(by+1)%3], row[(by+2)%3]}
	}
	random := func(t *testing.T, length int) *sequence.Joint { return randomJoint(t, 5, 3, length, false) }
	for _, c := range []struct {
		name           string
		model          func(t *testing.T) *sequence.Joint
		length         int
		equal, unequal []float64
	}{
		{"T = 1", func(t *testing.T) *sequence.Joint { return random(t, 3) }, 3, []float64{1}, []float64{0.5, 2}},
		{"one token", func(t *testing.T) *sequence.Joint { return random(t, 1) }, 1, []float64{0.2, 0.5, 3}, nil},
		{"independent tokens", func(t *testing.T) *sequence.Joint {
			return jointOf(t, 3, 3, func([]int) []float64 { return skew })
		}, 3, []float64{0.2, 0.5, 3}, nil},
		{"rows that depend on the position only", func(t *testing.T) *sequence.Joint {
			return jointOf(t, 3, 3, func(prefix []int) []float64 { return [][]float64{skew, half, thirds}[len(prefix)] })
		}, 3, []float64{0.2, 0.5, 3}, nil},
		{"rows that are permutations of one another", func(t *testing.T) *sequence.Joint {
			return jointOf(t, 3, 3, func(prefix []int) []float64 {
				by := len(prefix)
				for _, token := range prefix {
					by += token
				}
				return rolled(skew, by)
			})
		}, 3, []float64{0.2, 0.5, 3}, nil},
		{"rows that have one local partition at T = 1/2 only", func(t *testing.T) *sequence.Joint {
			return jointOf(t, 3, 2, func(prefix []int) []float64 {
				if len(prefix) == 1 && prefix[0] == 1 {
					return thirds
				}
				return half
			})
		}, 2, []float64{0.5, 1}, []float64{0.49, 0.51, 0.25, 2}},
		{"a later local partition that makes up for an earlier one", func(t *testing.T) *sequence.Joint {
			return jointOf(t, 3, 3, func(prefix []int) []float64 {
				switch {
				case len(prefix) == 0:
					return half
				case prefix[0] == len(prefix)-1:
					return skew
				default:
					return half
				}
			})
		}, 3, []float64{0.2, 0.5, 3}, nil},
	} {
		m := c.model(t)
		for _, temperature := range c.equal {
			if q, pi, _ := both(t, m, nil, c.length, temperature); apart(q, pi) > 1e-12 {
				t.Errorf("%s: T = %v: log-probabilities up to %v apart, want equal laws", c.name, temperature, apart(q, pi))
			}
		}
		for _, temperature := range c.unequal {
			if q, pi, _ := both(t, m, nil, c.length, temperature); apart(q, pi) < 1e-3 {
				t.Errorf("%s: T = %v: log-probabilities only %v apart, want different laws", c.name, temperature, apart(q, pi))
			}
		}
	}
}

func TestTwoBinaryTokensAreEnoughForTheDistributionsToDiffer(t *testing.T) {
	m := jointOf(t, 2, 2, func(prefix []int) []float64 {
		if len(prefix) == 1 && prefix[0] == 0 {
			return []float64{0.9, 0.1}
		}
		return []float64{0.5, 0.5}
	})
	q, pi, _ := both(t, m, nil, 2, 0.5)
	if got := math.Exp(q[0].LogProb); math.Abs(got-0.493902) > 5e-7 {
		t.Errorf("per step P(aa) = %v, want .493902", got)
	}
	if got := math.Exp(pi[0].LogProb); math.Abs(got-0.613636) > 5e-7 {
		t.Errorf("whole sequence P(aa) = %v, want .613636", got)
	}
}

func TestTheGreedyPathNeedNotBeTheMostProbableSequence(t *testing.T) {
	m := jointOf(t, 2, 2, func(prefix []int) []float64 {
		switch {
		case len(prefix) == 0:
			return []float64{0.6, 0.4}
		case prefix[0] == 0:
			return []float64{0.5, 0.5}
		default:
			return []float64{0.9, 0.1}
		}
	})
	for _, temperature := range []float64{0, 0.01} {
		q, pi, _ := both(t, m, nil, 2, temperature)
		mass := func(law sequence.Distribution, begin, then int) float64 {
			return expect(law, func(i int) float64 {
				if law[i].Tokens[0] == begin && (then < 0 || law[i].Tokens[1] == then) {
					return 1
				}
				return 0
			})
		}
		if got := mass(q, 0, -1); math.Abs(got-1) > 1e-6 {
			t.Errorf("T = %v: per step begins with a at %v, want 1", temperature, got)
		}
		if got := mass(pi, 1, 0); math.Abs(got-1) > 1e-6 {
			t.Errorf("T = %v: whole sequence is ba at %v, want 1", temperature, got)
		}
	}
}

func TestAtInfiniteTemperatureOnlyTheSupportMatters(t *testing.T) {
	full := randomJoint(t, 3, 3, 3, false)
	if q, pi, _ := both(t, full, nil, 3, math.Inf(1)); apart(q, pi) > 1e-12 {
		t.Errorf("full support: %v apart, want uniform both", apart(q, pi))
	}
	// a has two continuations, b one: per step 1/4, 1/4, 1/2, whole 1/3 each.
	masked := jointOf(t, 2, 2, func(prefix []int) []float64 {
		if len(prefix) == 1 && prefix[0] == 1 {
			return []float64{1, 0}
		}
		return []float64{0.3, 0.7}
	})
	q, pi, logZ := both(t, masked, nil, 2, math.Inf(1))
	if len(pi) != 3 || math.Abs(math.Exp(q[2].LogProb)-0.5) > 1e-15 || math.Abs(math.Exp(pi[2].LogProb)-1.0/3) > 1e-15 || !closeTo(logZ, math.Log(3), 1e-15) {
		t.Errorf("masked support: per step %v, whole %v", q, pi)
	}
}

func TestDivergencesKeepTheirInequalities(t *testing.T) {
	eachJoint(t, func(name string, m *sequence.Joint, vocab, length int, temperature float64) {
		q, pi, logZ := both(t, m, nil, length, temperature)
		w := func(i int) float64 { return logW(t, m, q[i].Tokens, temperature) }
		forward, backward := sequence.KullbackLeibler(q, pi), sequence.KullbackLeibler(pi, q)
		if want := logZ - expect(q, w); !closeTo(forward, want, 1e-11) || forward < -1e-12 {
			t.Errorf("%s: KL(q ‖ π) = %v, want log Z − E_q log W = %v", name, forward, want)
		}
		if want := expect(pi, w) - logZ; !closeTo(backward, want, 1e-11) || backward < -1e-12 {
			t.Errorf("%s: KL(π ‖ q) = %v, want E_π log W − log Z = %v", name, backward, want)
		}
		bound := float64(length-1) * math.Abs(1-1/temperature) * math.Log(float64(vocab))
		if got := apart(q, pi); got > bound+1e-12 {
			t.Errorf("%s: |log π/q| up to %v, above (L−1)·|1−a|·log V = %v", name, got, bound)
		}
		variation := 0.0
		for i := range q {
			variation += math.Abs(math.Exp(q[i].LogProb)-math.Exp(pi[i].LogProb)) / 2
		}
		if most := math.Sqrt(math.Min(forward, backward) / 2); variation > most+1e-12 {
			t.Errorf("%s: total variation %v above Pinsker's %v", name, variation, most)
		}
	})
}

func TestTheBoundAndPinskersInequalityHoldForChains(t *testing.T) {
	for _, c := range smallChains(t) {
		if c.end >= 0 {
			continue
		}
		for _, temperature := range temperatures() {
			q, pi, _ := both(t, c.m, c.prompt, c.length, temperature)
			d, err := anneal(t, c, temperature).Divergence(c.prompt)
			if err != nil {
				t.Fatal(err)
			}
			if want := float64(c.length-1) * math.Abs(1-1/temperature) * math.Log(float64(c.vocab)); d.Bound != want {
				t.Errorf("%s T=%v: bound %v, want (L−1)·|1−a|·log V = %v", c.name, temperature, d.Bound, want)
			}
			if got := apart(q, pi); got > d.Bound+1e-9 {
				t.Errorf("%s T=%v: |log π/q| up to %v, bound %v", c.name, temperature, got, d.Bound)
			}
			variation := 0.0
			for i := range q {
				variation += math.Abs(math.Exp(q[i].LogProb)-math.Exp(pi[i].LogProb)) / 2
			}
			if d.TotalVariation() < variation-1e-7 {
				t.Errorf("%s T=%v: total variation %v, bound %v", c.name, temperature, variation, d.TotalVariation())
			}
		}
	}
}

func TestMomentsOfWAreKnownAtZeroAndOne(t *testing.T) {
	for _, c := range smallChains(t) {
		for _, temperature := range temperatures() {
			a := anneal(t, c, temperature)
			logZ, err := a.LogPartition(c.prompt)
			if err != nil {
				t.Fatal(err)
			}
			if one, err := a.LogMoment(1, c.prompt); err != nil || one != logZ {
				t.Errorf("%s T=%v: log E_q W = %v, %v, want log Z = %v", c.name, temperature, one, err, logZ)
			}
			q, err := sequence.PerStep(c.m, c.prompt, c.end, c.length, temperature)
			if err != nil {
				t.Fatal(err)
			}
			ended := expect(q, func(i int) float64 {
				if c.end < 0 || q[i].Ended {
					return 1
				}
				return 0
			})
			if zero, err := a.LogMoment(0, c.prompt); err != nil || !closeTo(math.Exp(zero), ended, 1e-12) {
				t.Errorf("%s T=%v: E_q W⁰ = %v, %v, want what q does not cut off, %v", c.name, temperature, math.Exp(zero), err, ended)
			}
		}
	}
}

func TestConditioningCommutesWithAnnealingTheSequence(t *testing.T) {
	eachJoint(t, func(name string, m *sequence.Joint, vocab, length int, temperature float64) {
		_, pi, _ := both(t, m, nil, length, temperature)
		_, given, _ := both(t, m, []int{0}, length-1, temperature)
		prompt := math.Log(expect(pi, func(i int) float64 {
			if pi[i].Tokens[0] == 0 {
				return 1
			}
			return 0
		}))
		// 0 is the first token in lexicographic order.
		for i, c := range given {
			if got := pi[i].LogProb - prompt; !closeTo(got, c.LogProb, 1e-11) {
				t.Errorf("%s: log π(%v | 0) = %v, annealing the completions gives %v", name, c.Tokens, got, c.LogProb)
			}
		}
	})
}

func TestMarginalisingDoesNotCommuteWithAnnealingTheSequence(t *testing.T) {
	m := randomJoint(t, 1, 3, 3, false)
	_, whole, _ := both(t, m, nil, 3, 0.5)
	_, shorter, _ := both(t, m, nil, 2, 0.5)
	marginal := expect(whole, func(i int) float64 {
		if whole[i].Tokens[0] == 0 && whole[i].Tokens[1] == 0 {
			return 1
		}
		return 0
	})
	if annealed := math.Exp(shorter[0].LogProb); math.Abs(math.Log(annealed/marginal)) < 0.1 {
		t.Errorf("P(00) = %v as a marginal of three tokens, %v of two: want a difference", marginal, annealed)
	}
}

func TestCuttingTokensAnewChangesThePerStepLawAlone(t *testing.T) {
	// Two binary tokens are one of four: the same table, in the same order.
	p := []float64{0.02, 0.08, 0.05, 0.10, 0.20, 0.01, 0.04, 0.03, 0.07, 0.06, 0.11, 0.09, 0.015, 0.025, 0.055, 0.045}
	single, err := sequence.NewJoint(2, 4, p)
	if err != nil {
		t.Fatal(err)
	}
	pairs, err := sequence.NewJoint(4, 2, p)
	if err != nil {
		t.Fatal(err)
	}
	q1, pi1, logZ1 := both(t, single, nil, 4, 0.5)
	q2, pi2, logZ2 := both(t, pairs, nil, 2, 0.5)
	if apart(pi1, pi2) > 1e-13 || !closeTo(logZ1, logZ2, 1e-13) {
		t.Errorf("π changed by %v", apart(pi1, pi2))
	}
	if apart(q1, q2) < 0.01 {
		t.Errorf("q changed by %v only", apart(q1, q2))
	}
}

func TestTheAnnealedSequenceMaximisesExpectedLogProbabilityPlusEntropy(t *testing.T) {
	// a·E_r[log p] + H(r) = log Z − KL(r ‖ π) for every r: here q at two
	// temperatures, p, and π itself.
	eachJoint(t, func(name string, m *sequence.Joint, vocab, length int, temperature float64) {
		q, pi, logZ := both(t, m, nil, length, temperature)
		p, _, _ := both(t, m, nil, length, 1)
		other, _, _ := both(t, m, nil, length, 0.6)
		for i, r := range []sequence.Distribution{q, pi, p, other} {
			got := expect(r, func(i int) float64 { return p[i].LogProb / temperature }) + entropy(r)
			if want := logZ - sequence.KullbackLeibler(r, pi); !closeTo(got, want, 1e-10) {
				t.Errorf("%s: law %d: a·E log p + H = %v, want %v", name, i, got, want)
			}
		}
	})
}
