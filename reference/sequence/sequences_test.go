package sequence_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"temper/reference"
	"temper/reference/sequence"
)

func TestCompletionsAreListedInLexicographicOrderUntilEndOrTheLimit(t *testing.T) {
	prompt := append(make([]int, 0, 8), 0)
	want := []struct {
		tokens []int
		p      float64
		ended  bool
	}{
		{[]int{0, 0}, 12. / 64, false}, {[]int{0, 1}, 4. / 64, false}, {[]int{0, 2}, 16. / 64, true},
		{[]int{1, 0}, 9. / 64, false}, {[]int{1, 1}, 3. / 64, false}, {[]int{1, 2}, 12. / 64, true},
		{[]int{2}, 1. / 8, true},
	}
	got := must(sequence.PerStep(branching, prompt, 2, 2, 1))
	if len(got) != len(want) {
		t.Fatalf("%v, want %d completions", got, len(want))
	}
	for i, w := range want {
		if g := got[i]; !slices.Equal(g.Tokens, w.tokens) || !near(g.LogProb, math.Log(w.p), 1e-15) || g.Ended != w.ended {
			t.Errorf("%d: %v, want %v", i, g, w)
		}
	}
	if !slices.Equal(prompt[:8], []int{0, 0, 0, 0, 0, 0, 0, 0}) {
		t.Errorf("the enumeration wrote behind the prompt: %v", prompt[:8])
	}
	if impossible := distributionOf(must(sequence.PerStep(branching, []int{2}, -1, 1, 1))); len(impossible) != 2 {
		t.Errorf("%v lists what has probability 0", impossible)
	}
}

func TestEndedMassAndLivingMassAreOne(t *testing.T) {
	m := must(sequence.NewMarkov(3, 2, 2, 0.5, writing))
	previous := map[string]float64{"[]": 1}
	for limit := 1; limit <= 6; limit++ {
		for _, temperature := range []float64{0, 0.4, 1, 3, math.Inf(1)} {
			sum := 0.0
			for _, p := range distributionOf(must(sequence.PerStep(m, nil, 2, limit, temperature))) {
				sum += p
			}
			if !near(sum, 1, 1e-14) {
				t.Errorf("T = %v, limit %d: sum %v", temperature, limit, sum)
			}
		}
		parents := map[string]float64{}
		law := must(sequence.PerStep(m, nil, 2, limit, 1))
		for _, c := range law {
			if parent := c.Tokens[:len(c.Tokens)-1]; len(c.Tokens) == limit {
				parents[fmt.Sprint(parent)] += math.Exp(c.LogProb)
			}
		}
		for prefix, p := range parents {
			if !near(p, previous[prefix], 1e-15) {
				t.Errorf("Σ_v p(%s v) = %v, want p(%s) = %v", prefix, p, prefix, previous[prefix])
			}
		}
		previous = distributionOf(law)
	}
}

func TestEndedPromptsAndLimitZeroHaveTheEmptyCompletion(t *testing.T) {
	for _, c := range []struct {
		prompt     []int
		end, limit int
		ended      bool
	}{{[]int{1, 2}, 2, 3, true}, {[]int{2}, 2, 0, true}, {[]int{1}, -1, 0, false}, {nil, -1, 0, false}} {
		q := must(sequence.PerStep(branching, c.prompt, c.end, c.limit, 0.5))
		pi, logZ, err := sequence.WholeSequence(branching, c.prompt, c.end, c.limit, 0.5)
		for _, d := range []sequence.Distribution{q, pi} {
			if len(d) != 1 || len(d[0].Tokens) != 0 || d[0].LogProb != 0 || d[0].Ended != c.ended {
				t.Errorf("%v: %v, want the empty completion", c, d)
			}
		}
		if logZ != 0 || err != nil {
			t.Errorf("%v: log Z = %v, %v; want 0", c, logZ, err)
		}
	}
}

func TestWholeSequencesAreTheEndedOnes(t *testing.T) {
	pi, logZ, err := sequence.WholeSequence(branching, []int{0}, 2, 2, 0.5)
	if err != nil || len(pi) != 3 {
		t.Fatalf("%v, %v; want the three completions that end", pi, err)
	}
	z := 16.*16 + 12*12 + 8*8 // in units of 1/64²
	for i, weight := range []float64{16, 12, 8} {
		if !pi[i].Ended || !near(math.Exp(pi[i].LogProb), weight*weight/z, 1e-14) {
			t.Errorf("%v, want probability %v", pi[i], weight*weight/z)
		}
	}
	if want := math.Log(z / 64 / 64); !near(logZ, want, 1e-14) {
		t.Errorf("log Z = %v, want %v", logZ, want)
	}
	for _, temperature := range []float64{0, 1} {
		_, _, err = sequence.WholeSequence(branching, nil, 0, 0, temperature)
		assertError(t, "nothing ends within 0 tokens", err, reference.ErrNoSupport)
	}
}

// oneWay is a model of any vocabulary in which only token 0 happens.
type oneWay int

func (m oneWay) VocabSize() int { return int(m) }

func (m oneWay) LogConditional(dst []float64, _ []int) error {
	for v := range dst {
		dst[v] = math.Inf(-1)
	}
	dst[0] = 0
	return nil
}

func TestAtMost2To21SequencesAreEnumerated(t *testing.T) {
	for _, c := range []struct {
		vocab, limit int
		fits         bool
	}{{1 << 21, 1, true}, {1448, 2, true}, {128, 3, true}, {1<<21 + 1, 1, false}, {1449, 2, false}, {128, 4, false}, {2, 22, false}, {2, math.MaxInt, false}, {1 << 26, 2, false}} {
		_, err := sequence.PerStep(oneWay(c.vocab), nil, -1, c.limit, 1)
		if c.fits && err != nil {
			t.Errorf("%d^%d: %v", c.vocab, c.limit, err)
		}
		if !c.fits {
			assertError(t, fmt.Sprintf("%d^%d", c.vocab, c.limit), err, sequence.ErrTooManySequences)
		}
	}
	_, _, err := sequence.WholeSequence(oneWay(3), nil, -1, 40, 0.5)
	assertError(t, "3^40", err, sequence.ErrTooManySequences)
	if want := "3^40 = 1.22e+19 sequences, more than 2097152: too many sequences to enumerate"; err == nil || err.Error() != want {
		t.Errorf("%v, want %q", err, want)
	}
}

// logPartitions is log W(y) = Σ_i log z(x y_<i), the local partitions on the way
// through a completion.
func logPartitions(m sequence.Model, prompt, completion []int, temperature float64) float64 {
	logW := 0.0
	for i := range completion {
		logp := make([]float64, m.VocabSize())
		if err := m.LogConditional(logp, append(slices.Clone(prompt), completion[:i]...)); err != nil {
			panic(err)
		}
		logW += must(reference.LogPartition(logp, temperature))
	}
	return logW
}

// Law: π/q = W/Z, so Z = E_q[W] and 1/Z = E_π[1/W].
func TestBothAnnealingsDifferByTheLocalPartitions(t *testing.T) {
	uneven := must(sequence.NewMarkov(3, 1, -1, 0.3, writing))
	for _, m := range []sequence.Model{branching, uneven, smallNetwork(3, -1).model()} {
		for _, prompt := range [][]int{nil, {1}} {
			for _, temperature := range []float64{0.2, 0.5, 1, 1.7, 30, math.Inf(1)} {
				q := must(sequence.PerStep(m, prompt, -1, 3, temperature))
				pi, logZ, err := sequence.WholeSequence(m, prompt, -1, 3, temperature)
				if err != nil || len(q) != len(pi) {
					t.Fatalf("%T at T = %v: %d and %d completions, %v", m, temperature, len(q), len(pi), err)
				}
				ofW, ofInverse := 0.0, 0.0
				for i := range q {
					logW := logPartitions(m, prompt, q[i].Tokens, temperature)
					if !near(pi[i].LogProb-q[i].LogProb, logW-logZ, 1e-13) {
						t.Errorf("%T at T = %v, %v: log π/q = %v, log W/Z = %v", m, temperature, q[i].Tokens, pi[i].LogProb-q[i].LogProb, logW-logZ)
					}
					ofW += math.Exp(q[i].LogProb + logW)
					ofInverse += math.Exp(pi[i].LogProb - logW)
				}
				if !near(math.Log(ofW), logZ, 1e-13) || !near(-math.Log(ofInverse), logZ, 1e-13) {
					t.Errorf("%T at T = %v: E_q[W] = %v, 1/E_π[1/W] = %v, Z = %v", m, temperature, ofW, 1/ofInverse, math.Exp(logZ))
				}
			}
		}
	}
}

// Law: equal if and only if W is constant on the support.
func TestBothAnnealingsAreEqualIfAndOnlyIfTheProductOfPartitionsIsConstant(t *testing.T) {
	one := func(float64) bool { return true }
	atOne := func(temperature float64) bool { return temperature == 1 }
	atInfinityToo := func(temperature float64) bool { return temperature == 1 || math.IsInf(temperature, 1) }
	for _, c := range []struct {
		name    string
		m       sequence.Model
		limit   int
		equalAt func(temperature float64) bool
	}{
		{"one step", branching, 1, one},
		{"independent tokens", rows{"": {0.5, 0.3, 0.2}}, 3, one},
		{"rows that depend on the depth only", rows{"": {0.7, 0.3}, "[0]": {0.9, 0.1}, "[1]": {0.9, 0.1}}, 2, one},
		{"rows that are permutations of one another", rows{"": {0.5, 0.3, 0.2}, "[1]": {0.2, 0.5, 0.3}, "[2]": {0.3, 0.2, 0.5}}, 2, one},
		{"partitions that meet at T = 1/2", rows{"": {0.3, 0.7, 0}, "[0]": {0.5, 0.5, 0}, "[1]": {2. / 3, 1. / 6, 1. / 6}}, 2,
			func(temperature float64) bool { return temperature == 1 || temperature == 0.5 }},
		{"a later partition that compensates an earlier one", rows{"": {0.5, 0.5}, "[0]": {0.9, 0.1}, "[1 0]": {0.9, 0.1}, "[1 1]": {0.9, 0.1}}, 3, one},
		{"the same, cut before it compensates", rows{"": {0.5, 0.5}, "[0]": {0.9, 0.1}}, 2, atInfinityToo},
		{"rows of different size", rows{"": {0.6, 0.4, 0}, "[0]": {0.5, 0.3, 0.2}}, 2, atOne},
		{"full support", rows{"": {0.6, 0.3, 0.1}, "[0]": {0.5, 0.3, 0.2}}, 2, atInfinityToo},
	} {
		for _, temperature := range []float64{0.1, 0.4, 0.5, 1, 2, 10, math.Inf(1)} {
			q := must(sequence.PerStep(c.m, nil, -1, c.limit, temperature))
			pi, _, err := sequence.WholeSequence(c.m, nil, -1, c.limit, temperature)
			if err != nil {
				t.Fatal(err)
			}
			least, most := math.Inf(1), math.Inf(-1)
			for _, y := range q {
				logW := logPartitions(c.m, nil, y.Tokens, temperature)
				least, most = math.Min(least, logW), math.Max(most, logW)
			}
			constant := most-least < 1e-12
			equal := sequence.KullbackLeibler(q, pi) < 1e-12 && sequence.KullbackLeibler(pi, q) < 1e-12
			if equal != constant || equal != c.equalAt(temperature) {
				t.Errorf("%s at T = %v: equal %v, want %v; log W from %v to %v", c.name, temperature, equal, c.equalAt(temperature), least, most)
			}
		}
	}
}

func TestWitnessOfInequality(t *testing.T) {
	m := rows{"": {0.5, 0.5}, "[0]": {0.9, 0.1}}
	q := must(sequence.PerStep(m, nil, -1, 2, 0.5))
	pi, logZ, err := sequence.WholeSequence(m, nil, -1, 2, 0.5)
	if err != nil || !near(logZ, math.Log(0.33), 1e-15) {
		t.Errorf("log Z = %v, %v; want log .33", logZ, err)
	}
	perStep, whole := distributionOf(q)["[0 0]"], distributionOf(pi)["[0 0]"]
	if !near(perStep, 0.5*0.81/0.82, 1e-15) || !near(whole, 0.2025/0.33, 1e-14) {
		t.Errorf("P(aa) = %v per step, %v whole; want .493902 and .613636", perStep, whole)
	}
	// Before a the local partition is .82, before b .5, and half of q each; Z =
	// .5·.66.
	if got, want := sequence.KullbackLeibler(q, pi), math.Log(0.66)-(math.Log(0.82)+math.Log(0.5))/2; !near(got, want, 1e-14) {
		t.Errorf("KL(q ‖ π) = %v, want log Z − E_q log W = %v", got, want)
	}
	if got, want := sequence.KullbackLeibler(pi, q), (0.82*math.Log(0.82)+0.5*math.Log(0.5))/1.32-math.Log(0.66); !near(got, want, 1e-14) {
		t.Errorf("KL(π ‖ q) = %v, want E_π log W − log Z = %v", got, want)
	}
}

func TestAtTemperatureZeroOneIsGreedyAndTheOtherMostProbable(t *testing.T) {
	m := rows{"": {0.6, 0.4}, "[0]": {0.5, 0.5}, "[1]": {0.9, 0.1}}
	greedy := must(sequence.PerStep(m, nil, -1, 2, 0))
	if len(greedy) != 1 || !slices.Equal(greedy[0].Tokens, []int{0, 0}) || greedy[0].LogProb != 0 {
		t.Errorf("per step: %v, want aa alone", greedy)
	}
	mode, logZ, err := sequence.WholeSequence(m, nil, -1, 2, 0)
	if err != nil || len(mode) != 1 || !slices.Equal(mode[0].Tokens, []int{1, 0}) || mode[0].LogProb != 0 || !math.IsNaN(logZ) {
		t.Errorf("whole: %v, log Z = %v, %v; want ba alone and NaN", mode, logZ, err)
	}
	nearly, _, err := sequence.WholeSequence(m, nil, -1, 2, 0.005)
	if p := distributionOf(nearly)["[1 0]"]; err != nil || !near(p, 1, 1e-15) {
		t.Errorf("T = 0.005: π(ba) = %v, %v; want 1 − 2(.30/.36)^200", p, err)
	}
	if kl := sequence.KullbackLeibler(greedy, mode); !math.IsInf(kl, 1) {
		t.Errorf("KL = %v of distributions without a common completion, want +Inf", kl)
	}
}

func TestEquallyProbableSequencesShareTemperatureZero(t *testing.T) {
	for _, c := range []struct {
		m    rows
		want []string
	}{
		{rows{"": {0.5, 0.5}, "[0]": {0.9, 0.1}, "[1]": {0.1, 0.9}}, []string{"[0 0]", "[1 1]"}},
		{rows{"": {0.3, 0.3, 0.4}, "[2]": {0.3, 0.35, 0.35}, "[0]": {0, 1, 0}, "[1]": {1, 0, 0}}, []string{"[0 1]", "[1 0]"}},
		{rows{"": {0.5, 0.5 + 1e-13}}, []string{"[0 0]", "[0 1]", "[1 0]", "[1 1]"}}, // equal as far as sums of logs tell
		{rows{"": {0.5, 0.5 + 1e-11}}, []string{"[1 1]"}},
	} {
		modes, _, err := sequence.WholeSequence(c.m, nil, -1, 2, 0)
		if err != nil || len(modes) != len(c.want) {
			t.Fatalf("%v: %v, %v; want %v", c.m, modes, err, c.want)
		}
		for i, y := range modes {
			if fmt.Sprint(y.Tokens) != c.want[i] || !near(y.LogProb, -math.Log(float64(len(c.want))), 1e-15) {
				t.Errorf("%v: %v, want %v with equal probabilities", c.m, modes, c.want)
			}
		}
	}
}

// unnormalised is a model with one row of logs, whatever came before.
type unnormalised []float64

func (m unnormalised) VocabSize() int { return len(m) }

func (m unnormalised) LogConditional(dst []float64, _ []int) error {
	copy(dst, m)
	return nil
}

func TestTiesReachOneInTenToTheTwelveOfTheLogarithm(t *testing.T) {
	const wide = 100_000 // log p = −11.5, so that ties reach 1.15e-11
	for _, c := range []struct {
		vocab   int
		deficit float64
		modes   int
	}{{2, 1e-12, 2}, {2, 1.001e-12, 1}, {wide, 1.1e-11, wide}, {wide, 1.2e-11, wide - 1}} {
		m := make(unnormalised, c.vocab)
		m[1] = -c.deficit
		modes, _, err := sequence.WholeSequence(m, nil, -1, 1, 0)
		if err != nil || len(modes) != c.modes {
			t.Errorf("one of %d tokens %v below the others: %d modes, %v; want %d", c.vocab, c.deficit, len(modes), err, c.modes)
		}
	}
}

func TestDivergenceOfDistributionsThatDoNotCoverEachOther(t *testing.T) {
	d := func(p map[int]float64) (d sequence.Distribution) {
		for token := range 4 {
			if x, ok := p[token]; ok {
				d = append(d, sequence.Completion{Tokens: []int{token}, LogProb: math.Log(x)})
			}
		}
		return d
	}
	all := d(map[int]float64{0: 0.4, 1: 0.3, 2: 0.2, 3: 0.1})
	for _, c := range []struct {
		q, p sequence.Distribution
		want float64
	}{
		{all, all, 0},
		{d(map[int]float64{0: 1}), all, -math.Log(0.4)},
		{d(map[int]float64{3: 1}), all, -math.Log(0.1)},
		{d(map[int]float64{1: 0.5, 3: 0.5}), all, 0.5*math.Log(0.5/0.3) + 0.5*math.Log(0.5/0.1)},
		{all, d(map[int]float64{0: 0.5, 1: 0.3, 2: 0.2}), math.Inf(1)},
		{all, d(map[int]float64{1: 0.5, 2: 0.3, 3: 0.2}), math.Inf(1)},
		{d(map[int]float64{1: 1}), d(map[int]float64{0: 0.5, 2: 0.5}), math.Inf(1)},
		{d(map[int]float64{1: 1}), nil, math.Inf(1)},
		{nil, all, 0},
	} {
		if got := sequence.KullbackLeibler(c.q, c.p); !near(got, c.want, 1e-15) {
			t.Errorf("KL(%v ‖ %v) = %v, want %v", c.q, c.p, got, c.want)
		}
	}
}

func TestWholeSequenceAnnealingSurvivesTheSmallestTemperatures(t *testing.T) {
	m := must(sequence.NewJoint(3, 1, []float64{.4, .4, .2}))
	for _, temperature := range []float64{1e-12, 1e-17, 1e-300, math.SmallestNonzeroFloat64} {
		whole, _, err := sequence.WholeSequence(m, nil, -1, 1, temperature)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []float64{.5, .5, 0} {
			if got := math.Exp(whole[i].LogProb); math.Abs(got-want) > 1e-15 {
				t.Errorf("T = %v: π(%d) = %v, want %v", temperature, i, got, want)
			}
		}
		stepwise, err := sequence.PerStep(m, nil, -1, 1, temperature)
		if err != nil {
			t.Fatal(err)
		}
		if kl := sequence.KullbackLeibler(stepwise, whole); !(math.Abs(kl) < 1e-15) {
			t.Errorf("T = %v: KL = %v between equal distributions", temperature, kl)
		}
	}
}

func TestAVocabularyOfOneTokenIsEnumeratedOnlyAsFarAsItFits(t *testing.T) {
	m := must(sequence.NewMarkov(1, 0, -1, 1, nil))
	if _, err := sequence.PerStep(m, nil, -1, math.MaxInt, 1); !errors.Is(err, sequence.ErrTooManySequences) {
		t.Errorf("one sequence of length MaxInt: %v, want ErrTooManySequences", err)
	}
	if _, err := sequence.PerStep(always{}, nil, -1, 1<<16+1, 1); !errors.Is(err, sequence.ErrTooManySequences) {
		t.Errorf("one sequence of length 2^16 + 1: %v, want ErrTooManySequences", err)
	}
	all, err := sequence.PerStep(always{}, nil, -1, 1<<16, 1)
	if err != nil || len(all) != 1 || len(all[0].Tokens) != 1<<16 || all[0].LogProb != 0 {
		t.Errorf("%d sequences of length 2^16, %v, want one that is certain", len(all), err)
	}
	if _, err := sequence.NewJoint(1, 1<<16, []float64{1}); err != nil {
		t.Errorf("a joint table of length 2^16: %v", err)
	}
}

// always has one token, which always follows.
type always struct{}

func (always) VocabSize() int { return 1 }

func (always) LogConditional(dst []float64, prefix []int) error {
	dst[0] = 0
	return nil
}

// What is kept for every number of tokens left is one number a context, however
// many tokens there are.
func TestSequencesOverManyTokensMayBeLong(t *testing.T) {
	const vocab, length = 1000, 100
	m := must(sequence.NewMarkov(vocab, 0, -1, 1, nil))
	a := must(sequence.NewAnnealedMarkov(m, -1, length, 0.5))
	logZ, err := a.LogPartition(nil)
	if want := -length * math.Log(vocab); err != nil || math.Abs(logZ-want) > 1e-9 {
		t.Errorf("log Z = %v, %v, want %v", logZ, err, want)
	}
}
