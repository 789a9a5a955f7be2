package sequence

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"temper/reference"
)

// sampled is one problem for samplers, small enough for everyRun.
type sampled struct {
	name       string
	m          Model
	prompt     []int
	end, limit int
}

func sampledProblems(t *testing.T) []sampled {
	t.Helper()
	fixed, err := NewMarkov(2, 2, -1, 0.2, [][]int{{0, 0, 0, 1, 0, 1, 1, 0, 0, 0, 1, 1}, {1, 0, 0}})
	if err != nil {
		t.Fatal(err)
	}
	masked, err := NewMarkov(3, 1, -1, 0, [][]int{{0, 0, 1, 0, 2, 2, 2, 1, 0, 0, 0, 2, 0}, {2, 0, 0}})
	if err != nil {
		t.Fatal(err)
	}
	ending, err := NewMarkov(3, 1, 2, 0, [][]int{{0, 0, 1, 2}, {1, 0, 2}, {0, 2}, {0, 0, 0, 2}, {1, 1, 2}, {2}})
	if err != nil {
		t.Fatal(err)
	}
	return []sampled{
		{"fixed", fixed, nil, -1, 3},
		{"fixed with a prompt", fixed, []int{1, 0}, -1, 3},
		{"masked", masked, []int{2}, -1, 3},
		{"ending", ending, nil, 2, 3},
		{"ending with a prompt", ending, []int{1}, 2, 3},
		{"ended already", ending, []int{0, 2}, 2, 3},
	}
}

func (s sampled) proposal(t *testing.T, temperature float64, choose chooser) *proposal {
	t.Helper()
	p, err := newProposal(s.m, s.prompt, s.end, s.limit, temperature, choose)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (s sampled) exact(t *testing.T, temperature float64) (pi map[string]float64, logZ float64) {
	t.Helper()
	annealed, logZ, err := WholeSequence(s.m, s.prompt, s.end, s.limit, temperature)
	if err != nil {
		t.Fatal(err)
	}
	pi = map[string]float64{}
	for _, c := range annealed {
		pi[fmt.Sprint(c.Tokens)] = math.Exp(c.LogProb)
	}
	return pi, logZ
}

func assertMeasure(t *testing.T, name string, got, want map[string]float64, scale float64) {
	t.Helper()
	for key := range got {
		if _, ok := want[key]; !ok && got[key] != 0 {
			t.Errorf("%s: %s has weight %v and should not be there", name, key, got[key])
		}
	}
	for key, w := range want {
		if math.Abs(got[key]-scale*w) > 1e-12*math.Max(scale, scale*w) {
			t.Errorf("%s: %s has weight %v, want %v", name, key, got[key], scale*w)
		}
	}
}

var sampledTemperatures = []float64{0.3, 1, 2.5, math.Inf(1)}

func TestParticlesAreProperlyWeighted(t *testing.T) {
	// E[Ẑ·f(particle)] = Z·E_π f for every f, by all choices of 2 particles: with
	// f = 1 the estimate of Z has no bias.
	for _, s := range sampledProblems(t) {
		for _, temperature := range sampledTemperatures {
			pi, logZ := s.exact(t, temperature)
			measure, mass := map[string]float64{}, 0.0
			everyRun(func(choose chooser) func(float64) {
				p := s.proposal(t, temperature, choose)
				paths, estimate, err := p.particles(2)
				if err != nil {
					t.Fatal(err)
				}
				return func(probability float64) {
					mass += probability
					complete := 0.0
					for _, x := range paths {
						if p.end < 0 || p.ended(x) {
							complete++
						}
					}
					for _, x := range paths {
						if p.end < 0 || p.ended(x) {
							measure[fmt.Sprint(x.tokens)] += probability * math.Exp(estimate) / complete
						}
					}
				}
			})
			name := fmt.Sprintf("%s T=%v", s.name, temperature)
			if math.Abs(mass-1) > 1e-12 {
				t.Errorf("%s: the choices have probability %v", name, mass)
			}
			assertMeasure(t, name, measure, pi, math.Exp(logZ))
		}
	}
}

func TestMoreParticlesEstimateThePartitionWithLessVariance(t *testing.T) {
	// The mean over all particles is what brings it down.
	s := sampledProblems(t)[0]
	const temperature = 0.3
	_, logZ := s.exact(t, temperature)
	variance := func(particles int) float64 {
		square := 0.0
		everyRun(func(choose chooser) func(float64) {
			_, estimate, err := s.proposal(t, temperature, choose).particles(particles)
			if err != nil {
				t.Fatal(err)
			}
			return func(probability float64) { square += probability * math.Exp(2*(estimate-logZ)) }
		})
		return square - 1
	}
	if one, two := variance(1), variance(2); !(two < 0.7*one) {
		t.Errorf("relative variance of Ẑ: %v with 1 particle, %v with 2", one, two)
	}
}

func TestImportanceWeightsAreProper(t *testing.T) {
	for _, s := range sampledProblems(t) {
		for _, temperature := range sampledTemperatures {
			pi, logZ := s.exact(t, temperature)
			measure := map[string]float64{}
			everyRun(func(choose chooser) func(float64) {
				weighted, err := s.proposal(t, temperature, choose).importance(1)
				if err != nil {
					t.Fatal(err)
				}
				return func(probability float64) {
					measure[fmt.Sprint(weighted[0].Tokens)] += probability * math.Exp(weighted[0].LogWeight)
				}
			})
			assertMeasure(t, fmt.Sprintf("%s T=%v", s.name, temperature), measure, pi, math.Exp(logZ))
		}
	}
}

func TestResampledProposalsApproachTheAnnealedDistribution(t *testing.T) {
	// Total variation by all choices: 1 proposal is q, and more come nearer.
	s := sampledProblems(t)[0]
	const temperature = 0.3
	pi, _ := s.exact(t, temperature)
	distance := func(proposals int) float64 {
		law := map[string]float64{}
		everyRun(func(choose chooser) func(float64) {
			tokens, _, err := s.proposal(t, temperature, choose).resampled(proposals)
			if err != nil {
				t.Fatal(err)
			}
			return func(probability float64) { law[fmt.Sprint(tokens)] += probability }
		})
		sum := 0.0
		for key, p := range pi {
			sum += math.Abs(p - law[key])
		}
		return sum / 2
	}
	if one, two, three := distance(1), distance(2), distance(3); !(one > two && two > three && three > 0) {
		t.Errorf("distances from π with 1, 2, 3 proposals: %v, %v, %v", one, two, three)
	}
}

// metropolisKernel is K(x, ·), exactly.
func metropolisKernel(t *testing.T, s sampled, temperature float64, x Completion) map[string]float64 {
	t.Helper()
	kernel := map[string]float64{}
	everyRun(func(choose chooser) func(float64) {
		p := s.proposal(t, temperature, choose)
		at := path{}
		row := make([]float64, s.m.VocabSize())
		for _, token := range x.Tokens {
			logLocal, err := p.conditional(row, at.tokens)
			if err != nil {
				t.Fatal(err)
			}
			at = at.extended(token, logLocal)
		}
		next, err := p.move(at)
		if err != nil {
			t.Fatal(err)
		}
		return func(probability float64) { kernel[fmt.Sprint(next.tokens)] += probability }
	})
	return kernel
}

func TestMetropolisKernelIsInDetailedBalanceWithTheAnnealedDistribution(t *testing.T) {
	for _, s := range sampledProblems(t) {
		for _, temperature := range sampledTemperatures {
			name := fmt.Sprintf("%s T=%v", s.name, temperature)
			annealed, _, err := WholeSequence(s.m, s.prompt, s.end, s.limit, temperature)
			if err != nil {
				t.Fatal(err)
			}
			kernel, after := map[string]map[string]float64{}, map[string]float64{}
			pi, _ := s.exact(t, temperature)
			for _, x := range annealed {
				key, total := fmt.Sprint(x.Tokens), 0.0
				kernel[key] = metropolisKernel(t, s, temperature, x)
				for next, k := range kernel[key] {
					total += k
					after[next] += pi[key] * k
				}
				if math.Abs(total-1) > 1e-12 {
					t.Errorf("%s: K(%s, ·) sums to %v", name, key, total)
				}
			}
			assertMeasure(t, name+": πK", after, pi, 1)
			for x := range kernel {
				for y := range kernel {
					if there, back := pi[x]*kernel[x][y], pi[y]*kernel[y][x]; math.Abs(there-back) > 1e-13 {
						t.Errorf("%s: π(x)K(x,y) = %v from %s to %s, and %v back", name, there, x, y, back)
					}
					if kernel[x][y] == 0 {
						t.Errorf("%s: %s does not lead to %s in one move", name, x, y)
					}
				}
			}
		}
	}
}

func TestMetropolisChainFromACutOffStartIsHealed(t *testing.T) {
	s := sampledProblems(t)[3]
	if kernel := metropolisKernel(t, s, 0.5, Completion{Tokens: []int{0, 0, 0}}); math.Abs(kernel["[0 0 0]"]-1) < 1e-3 {
		t.Errorf("the chain stays outside the support: %v", kernel)
	}
	dst := make([][]int, 200)
	if _, err := AnnealByMetropolis(60)(dst, s.m, s.prompt, s.end, s.limit, 0.5, rand.NewPCG(1, 1)); err != nil {
		t.Fatal(err)
	}
	for _, tokens := range dst {
		if !hasEnded(tokens, s.end) {
			t.Errorf("%v did not end", tokens)
		}
	}
}

// annealers are all values of [SequenceAnnealer] here.
func annealers() map[string]SequenceAnnealer {
	return map[string]SequenceAnnealer{
		"enumeration": AnnealByEnumeration,
		"transfer":    AnnealByTransfer,
		"importance":  AnnealByImportance(60),
		"particles":   AnnealByParticles(60),
		"metropolis":  AnnealByMetropolis(20),
	}
}

func TestEveryAnnealerDrawsFromTheAnnealedDistribution(t *testing.T) {
	const draws, temperature = 250, 0.5
	for name, annealer := range annealers() {
		for _, s := range sampledProblems(t) {
			pi, wantLogZ := s.exact(t, temperature)
			dst := make([][]int, draws)
			logZ, err := annealer(dst, s.m, s.prompt, s.end, s.limit, temperature, rand.NewPCG(7, 8))
			if err != nil {
				t.Fatal(name, err)
			}
			if math.Abs(logZ-wantLogZ) > 0.2 {
				t.Errorf("%s, %s: log Z = %v, want %v", name, s.name, logZ, wantLogZ)
			}
			counts := map[string]float64{}
			for _, tokens := range dst {
				counts[fmt.Sprint(tokens)] += 1.0 / draws
			}
			for key, p := range pi {
				// The seed is fixed. Six standard deviations, and the bias of few
				// particles, leave room for others.
				if math.Abs(counts[key]-p) > 6*math.Sqrt(p*(1-p)/draws)+0.02 {
					t.Errorf("%s, %s: %s came with frequency %v, want %v", name, s.name, key, counts[key], p)
				}
				delete(counts, key)
			}
			if len(counts) > 0 {
				t.Errorf("%s, %s: drew the impossible: %v", name, s.name, counts)
			}
		}
	}
}

func TestAnnealersAreFunctionsOfTheSource(t *testing.T) {
	s := sampledProblems(t)[3]
	for name, annealer := range annealers() {
		draw := func(seed uint64) string {
			dst := make([][]int, 40)
			logZ, err := annealer(dst, s.m, s.prompt, s.end, s.limit, 0.7, rand.NewPCG(seed, 0))
			if err != nil {
				t.Fatal(name, err)
			}
			return fmt.Sprint(dst, logZ)
		}
		if draw(1) != draw(1) {
			t.Errorf("%s: the same seed gives different draws", name)
		}
		if draw(1) == draw(2) {
			t.Errorf("%s: different seeds give the same draws", name)
		}
	}
}

func TestAnnealersRefuseWhatHasNoAnswer(t *testing.T) {
	ending, err := NewMarkov(3, 1, 2, 0, [][]int{{0, 1, 2}})
	if err != nil {
		t.Fatal(err)
	}
	for name, annealer := range annealers() {
		for _, c := range []struct {
			what        string
			prompt      []int
			end, limit  int
			temperature float64
			want        error
		}{
			{"a negative temperature", nil, 2, 3, -1, reference.ErrTemperature},
			{"a temperature NaN", nil, 2, 3, math.NaN(), reference.ErrTemperature},
			{"a negative limit", nil, 2, -2, 1, reference.ErrShape},
			{"an end outside the vocabulary", nil, 3, 3, 1, reference.ErrToken},
			{"a prompt outside the vocabulary", []int{7}, 2, 3, 1, reference.ErrToken},
			{"an impossible prompt", []int{1}, 2, 3, 1, ErrImpossiblePrefix},
			{"a limit before any end", nil, 2, 2, 1, reference.ErrNoSupport},
			{"a limit of 0", nil, 2, 0, 1, reference.ErrNoSupport},
		} {
			if _, err := annealer(make([][]int, 2), ending, c.prompt, c.end, c.limit, c.temperature, rand.NewPCG(1, 1)); !errors.Is(err, c.want) {
				t.Errorf("%s, %s: %v, want %v", name, c.what, err, c.want)
			}
		}
	}
	for name, annealer := range map[string]SequenceAnnealer{
		"no proposals": AnnealByImportance(0), "no particles": AnnealByParticles(0), "negative moves": AnnealByMetropolis(-1),
	} {
		if _, err := annealer(make([][]int, 1), ending, nil, 2, 3, 1, rand.NewPCG(1, 1)); !errors.Is(err, reference.ErrShape) {
			t.Errorf("%s: %v, want reference.ErrShape", name, err)
		}
	}
	for name, annealer := range map[string]SequenceAnnealer{
		"importance": AnnealByImportance(2), "particles": AnnealByParticles(2), "metropolis": AnnealByMetropolis(2),
	} {
		if _, err := annealer(make([][]int, 1), ending, nil, 2, 3, 0, rand.NewPCG(1, 1)); !errors.Is(err, reference.ErrTemperature) {
			t.Errorf("%s at T = 0: %v, want reference.ErrTemperature", name, err)
		}
	}
	for name, annealer := range annealers() {
		if _, err := annealer(make([][]int, 1), uniform(t), nil, -1, 3, 5e-324, rand.NewPCG(1, 1)); name != "enumeration" && !errors.Is(err, reference.ErrTemperature) {
			t.Errorf("%s at a temperature too small: %v, want reference.ErrTemperature", name, err)
		}
	}
	joint, err := NewJoint(2, 1, []float64{0.4, 0.6})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := AnnealByTransfer(nil, joint, nil, -1, 1, 1, nil); !errors.Is(err, reference.ErrShape) {
		t.Errorf("transfer matrices of a joint table: %v, want reference.ErrShape", err)
	}
}

func uniform(t *testing.T) *Markov {
	t.Helper()
	m, err := NewMarkov(2, 1, -1, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestEffectiveSampleSizeCountsEqualWeights(t *testing.T) {
	never := math.Inf(-1)
	for _, c := range []struct {
		logWeights []float64
		want       float64
	}{
		{[]float64{-900, -900, -900}, 3},
		{[]float64{800, never, 800, never}, 2},
		{[]float64{0, math.Log(3)}, 1.6},
		{[]float64{never, never}, 0},
	} {
		if got := EffectiveSampleSize(c.logWeights); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("ESS of %v = %v, want %v", c.logWeights, got, c.want)
		}
	}
}

func TestTheLogSumExpOfNothingIsMinusInfinity(t *testing.T) {
	if got := logSumExp([]float64{math.Inf(-1), math.Inf(-1)}, 0.5); !math.IsInf(got, -1) {
		t.Errorf("log-sum-exp %v, want -Inf", got)
	}
}
