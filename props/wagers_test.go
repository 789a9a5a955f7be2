package props

import (
	order "cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"temper/props/verdict"
	"temper/reference"
	"temper/reference/sequence"
)

// someLaws are laws of tokens with ties, masks, and one or two tokens.
func someLaws() (laws []*tokenLaw) {
	for _, row := range [][]float64{{0, -1, -3}, {-0.5, -0.6, math.Inf(-1)}, {math.Inf(-1), 0, -9, 0}, {0, 0.1}, {2}} {
		level := make([]uint8, len(row))
		for v := range level {
			level[v] = uint8(v)
		}
		for _, temperature := range []float64{0.4, 1, 2.5, math.Inf(1)} {
			law := newTokenLaw(newLevelled(row, level), temperature)
			if len(row) > 2 {
				law.end = 1
			}
			laws = append(laws, law)
		}
	}
	return laws
}

// mean is Σ p(x) · of(x).
func mean(law *tokenLaw, of func(token int) float64) float64 {
	total := 0.0
	for token := range law.level {
		if logp := law.logProb(token); !math.IsInf(logp, -1) {
			total += math.Exp(logp) * of(token)
		}
	}
	return total
}

// Every ratio has mean 1 under the law, for every token before: those of wrong
// temperatures, of oddities, of wrong contexts and of tokens that come again exactly, and
// those of quantiles, which are uniform, when the law is.
func TestEveryBetHasMeanOneUnderTheLaw(t *testing.T) {
	for _, law := range someLaws() {
		isOne := func(name string, of func(token int) float64) {
			if m := mean(law, of); math.Abs(m-1) > 1e-12 {
				t.Errorf("%s: mean %v for the law %v", name, m, law.logp)
			}
		}
		for i, wrong := range law.wrong {
			isOne(wrongTemperatures[i].name, func(token int) float64 {
				return math.Exp(mixed(trust, wrong[law.level[token]]-law.logProb(token)))
			})
		}
		for i, o := range oddities {
			isOne(o.name, func(token int) float64 { return math.Exp(law.odd(token)[i]) })
		}
		for before := range law.level {
			isOne("the token comes again", func(token int) float64 {
				return math.Exp(law.repeats(&placed{token: token}, &placed{token: before})[0])
			})
		}
	}
}

// Averaged over the midpoints of a fine grid, as the randomised quantile is uniform.
func TestBetsOnQuantilesHaveMeanOneOverUniformOnes(t *testing.T) {
	const grid = 800
	law := someLaws()[0]
	for _, before := range []float64{0.01, 0.3, 0.77, 0.99} {
		means := make([]float64, 6)
		for i := range grid {
			u := (float64(i) + 0.5) / grid
			for b, ratio := range law.repeats(&placed{1, u, u}, &placed{0, before, before}) {
				means[b] += math.Exp(ratio) / grid
			}
		}
		for b, m := range means[1:] {
			if math.Abs(m-1) > 1e-9 {
				t.Errorf("bet %d after the quantile %v: mean %v", b+1, before, m)
			}
		}
	}
}

// The intervals from which randomised quantiles come are disjoint and fill [0, 1], in
// both orders.
func TestQuantilesFillTheUnitInterval(t *testing.T) {
	for _, law := range someLaws() {
		var byIndex, byRank [][2]float64
		for token := range law.level {
			if p := math.Exp(law.logProb(token)); p > 0 {
				index, rank := law.before(token, law.logp)
				byIndex, byRank = append(byIndex, [2]float64{index, index + p}), append(byRank, [2]float64{rank, rank + p})
			}
		}
		for _, intervals := range [][][2]float64{byIndex, byRank} {
			slices.SortFunc(intervals, func(a, b [2]float64) int { return int(math.Copysign(1, a[0]-b[0])) })
			end := 0.0
			for _, interval := range intervals {
				if math.Abs(interval[0]-end) > 1e-12 {
					t.Errorf("an interval begins at %v, and the one before ends at %v: %v", interval[0], end, law.logp)
				}
				end = interval[1]
			}
			if math.Abs(end-1) > 1e-12 {
				t.Errorf("the last interval ends at %v", end)
			}
		}
	}
}

// The mean over all outcomes of the weighted mean of all products is 1, so that 1/α has
// probability α at most: three tokens of two bins each, under conditions that depend on
// what came before, with a bet of mean 1.
func TestWagersHaveMeanOneUnderTheLaw(t *testing.T) {
	factors := []factor{{"a", []string{"a0", "a1"}}, {"b", []string{"b0", "b1", "b2"}}}
	total := 0.0
	eachOutcome(quantileBins, 3, func(outcome []int) {
		w := newWagers(factors, []string{"the lower half comes more often"}, []string{"in some order"})
		before := 0
		for _, bin := range outcome {
			ratio := math.Log(1.5)
			if bin >= quantileBins/2 {
				ratio = math.Log(0.5)
			}
			w.stake([]int{before % 2, before % 3}, []float64{ratio}, (float64(bin)+0.5)/quantileBins)
			before += bin
		}
		total += math.Exp(w.evidence()) / math.Pow(quantileBins, 3)
	})
	if math.Abs(total-1) > 1e-9 {
		t.Errorf("mean evidence %v", total)
	}
}

func TestTheVerdictNamesTheBetAndTheConditions(t *testing.T) {
	w := newWagers([]factor{{"a", []string{"few", "many"}}, {"b", []string{"cold", "hot"}}}, []string{"it is wrong"}, nil)
	for i := range 400 {
		ratio := math.Log(0.5)
		if i%4 == 3 {
			ratio = math.Log(1.5)
		}
		w.stake([]int{i % 2, i / 2 % 2}, []float64{ratio})
		if err := w.verdict(); err != nil {
			if want := "tokens with many and hot: it is wrong"; err.Error()[:len(want)] != want {
				t.Errorf("verdict %q, want %q", err, want)
			}
			return
		}
	}
	t.Error("no verdict")
}

// Predicted are (20.7 + ln of the bets) / KL tokens, KL = (0.03)²/2 · Var(log p): a few
// thousand. Counted are those of a generator at 1.03 T until the verdict.
func TestATemperatureThreePercentOffTakesTheTokensPredicted(t *testing.T) {
	if testing.Short() {
		t.Skip("draws some hundred thousand tokens")
	}
	hot := func(m sequence.Model, prompt []int, end, limit int, temperature float64, src rand.Source) ([]int, error) {
		return sequence.Generate(m, prompt, end, limit, 1.03*temperature, src)
	}
	variance := math.Pow(math.Log(200), 2) / 4
	predicted := (math.Log(1e9) + math.Log(float64(2*len(newTokenBets(stepFactors, stepLags, wrongContexts, 0).bets)))) / (0.03 * 0.03 / 2 * variance)
	var counted []int
	for seed := range uint64(5) {
		bets := newTokenBets(stepFactors, stepLags, wrongContexts, seed)
		for n := uint64(0); bets.verdict() == nil && bets.tokens < 10*int(predicted); n++ {
			for _, st := range (survey{seed + 1000*n}).temperatureStages() {
				st.draws = 4
				if err := st.play(hot, bets); err != nil {
					t.Fatal(err)
				}
			}
		}
		counted = append(counted, bets.tokens)
	}
	slices.Sort(counted)
	if median := float64(counted[2]); median < predicted/2 || median > predicted*2 {
		t.Errorf("%v tokens, predicted %.0f", counted, predicted)
	}
	t.Logf("predicted %.0f tokens, counted %v", predicted, counted)
}

// What a survey says of its bets is a function of the seed, is about all its draws, and adds
// up to less than a kill for a sampler that is right. For one that is at 1.25 T the bet on that
// has won most.
func TestASurveyReportsWhatItsBetsAreWorth(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: three surveys")
	}
	survey := func(s reference.Sampler, seed uint64) verdict.Result {
		return CheckSampler(s, Only("Sampler/Survey"), Seed(seed)).Results[0]
	}
	right := reference.ScalarSampler(reference.Conventions()[0])
	first, again, other := survey(right, 1), survey(right, 1), survey(right, 2)
	if first.Status != verdict.Held || first.Evidence == nil || first.Evidence.Draws < 1000 {
		t.Fatalf("%+v", first)
	}
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("the same seed (-, +):\n%s", diff)
	}
	if cmp.Equal(first.Evidence, other.Evidence) {
		t.Error("two seeds have the same draws")
	}
	for b, bet := range first.Evidence.Bets {
		if both := bet.LogE + other.Evidence.Bets[b].LogE; both > math.Log(1e9) {
			t.Errorf("%s: exp(%.3g) against a sampler that is right", bet.Defect, both)
		}
	}
	hot := right
	hot.Draw = func(dst []int, logits []float32, src rand.Source, how []reference.Sampling) error {
		hotter := slices.Clone(how)
		for r := range hotter {
			hotter[r].Temperature *= 1.25
		}
		return right.Draw(dst, logits, src, hotter)
	}
	broken := survey(hot, 1)
	best := slices.MaxFunc(broken.Evidence.Bets, func(a, b verdict.Bet) int { return order.Compare(a.LogE, b.LogE) })
	if want := "it is as if the temperature is 25 % higher"; broken.Status != verdict.Broken || best.Defect != want {
		t.Errorf("%s, %q won most, want %q", broken.Status, best.Defect, want)
	}
}

// TestSurveysMeetEveryPairOfClasses counts the pairs of conditions under which tokens
// came. Left out are those that exclude one another, such as the tenth token under a limit
// of 2.
func TestSurveysMeetEveryPairOfClasses(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: a survey of each kind")
	}
	unmet := func(w *wagers, possible func(f, c, g, d int) bool) (met, missing int, examples []string) {
		for f := range w.factors {
			for g := f + 1; g < len(w.factors); g++ {
				for c := range w.factors[f].classes {
					for d := range w.factors[g].classes {
						cell := w.cells[w.at[f][g]+c*len(w.factors[g].classes)+d]
						switch {
						case cell.tokens > 0:
							met++
						case possible(f, c, g, d):
							missing++
							examples = append(examples, cell.words)
						}
					}
				}
			}
		}
		return met, missing, examples
	}
	s := survey{7}
	steps := newTokenBets(stepFactors, stepLags, wrongContexts, s.seed)
	for _, st := range slices.Concat(s.stages(), s.temperatureStages()) {
		if err := st.play(sequence.Generate, steps); err != nil {
			t.Fatal(err)
		}
	}
	asked := []string{"prompt", "vocabulary", "end", "T", "limit"}
	met, missing, examples := unmet(steps.wagers, func(f, c, g, d int) bool {
		return slices.Contains(asked, stepFactors[f].name) && slices.Contains(asked, stepFactors[g].name)
	})
	t.Logf("Generator/Steps: %d pairs met of %d", met, met+missing)
	if missing > 0 {
		t.Errorf("Generator/Steps: not met: %q", examples)
	}
	draws := newTokenBets(drawFactors, drawLags, nil, s.seed)
	for c := range s.all() {
		if err := c.ask(reference.Scalar, draws); err != nil {
			t.Fatal(err)
		}
	}
	asked = []string{"vocabulary", "T", "rows", "alike"}
	met, missing, examples = unmet(draws.wagers, func(f, c, g, d int) bool {
		return slices.Contains(asked, drawFactors[f].name) && slices.Contains(asked, drawFactors[g].name)
	})
	t.Logf("Draw/Survey: %d pairs met of %d", met, met+missing)
	if missing > 0 {
		t.Errorf("Draw/Survey: not met: %q", examples)
	}
}

// A seed of 16 bits has 65536 answers; those of 1500 that come again are evidence, and
// independent answers are none.
func TestCollisionsTellFewAnswersFromMany(t *testing.T) {
	for _, answers := range []int64{1 << 16, 1 << 40} {
		seen, r := newCollisions(), rand.New(rand.NewPCG(1, 1))
		for range 1500 {
			seen.see(fmt.Sprint(r.Int64N(answers)), -40*math.Ln2)
		}
		if err := seen.verdict(); (err != nil) != (answers == 1<<16) {
			t.Errorf("%d answers: %v", answers, err)
		}
	}
}
