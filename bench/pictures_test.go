package bench_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"temper/bench/simd"
	"temper/fixtures"
	"temper/fixtures/neural"
	"temper/reference"
)

// nextCharacter is what the trained network expects after the beginning of a sentence
// that it was not trained on.
func nextCharacter(t testing.TB) (before string, logits []float32) {
	t.Helper()
	network, sentences := neural.Trained()
	begun := sentences[10][:37] // where many characters may follow
	wide := make([]float64, neural.Vocab)
	if err := network.Logits(wide, begun); err != nil {
		t.Fatal(err)
	}
	for _, token := range begun {
		before += character(token)
	}
	for _, x := range wide {
		logits = append(logits, float32(x))
	}
	return before, logits
}

// character is a token in the name of a benchmark, which holds no space.
func character(token int) string {
	switch {
	case token == len(fixtures.NeuralAlphabet):
		return "end"
	case fixtures.NeuralAlphabet[token] == ' ':
		return "_"
	}
	return fixtures.NeuralAlphabet[token : token+1]
}

// BenchmarkNextCharacter has the probabilities of the eight most probable next
// characters at five temperatures, exactly.
func BenchmarkNextCharacter(b *testing.B) {
	fmt.Println("Unit probability assume=exact")
	before, logits := nextCharacter(b)
	likely := make([]int, len(logits))
	for token := range likely {
		likely[token] = token
	}
	slices.SortFunc(likely, func(a, b int) int { return int(math.Copysign(1, float64(logits[b]-logits[a]))) })
	for _, temperature := range []float64{0.25, 0.5, 1, 2, 4} {
		for _, token := range likely[:8] {
			b.Run(fmt.Sprintf("after=%s/T=%v/char=%s", before, temperature, character(token)), func(b *testing.B) {
				logp := make([]float64, 1)
				for b.Loop() {
					if err := reference.Scalar.LogProbs(logp, logits, []int{token}, temperature); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(math.Exp(logp[0]), "probability")
			})
		}
	}
}

// BenchmarkEvidence bets against samplers of one distribution, at T = 0.7, as the laws
// about draws do: after each draw log10-e is the logarithm of the e-value, the ratio of
// the probability of the draws under a Dirichlet(½) mixture to that under the law. Whoever
// reaches 1/α is accused; one that is right does so with probability at most α.
func BenchmarkEvidence(b *testing.B) {
	const temperature, alpha = .7, 1e-12
	fmt.Println("Unit log10-e assume=exact")
	_, logits := nextCharacter(b)
	for _, subject := range []struct {
		name        string
		temperature float64
	}{{"right", temperature}, {"temperature_applied_twice", temperature * temperature}, {"temperature_10%_too_high", 1.1 * temperature}} {
		bet := newBet(b, logits, temperature)
		src := rand.NewPCG(1, 2)
		drawn := 0
		for _, draws := range checkpoints(200_000) {
			for ; drawn < draws; drawn++ {
				bet.draw(b, subject.temperature, src)
			}
			b.Run(fmt.Sprintf("subject=%s/draws=%d", subject.name, draws), func(b *testing.B) {
				for b.Loop() {
				}
				b.ReportMetric(bet.logE/math.Ln10, "log10-e")
				b.ReportMetric(-math.Log10(alpha), "log10-1/alpha")
			})
		}
	}
}

// checkpoints are numbers of draws up to last, twelve for each factor of ten.
func checkpoints(last int) (all []int) {
	for i := 0; ; i++ {
		draws := int(math.Round(math.Pow(10, float64(i)/12)))
		if draws > last {
			return append(all, last)
		}
		if len(all) == 0 || draws > all[len(all)-1] {
			all = append(all, draws)
		}
	}
}

// bet predicts the next draw by the draws so far, half a count added to every token.
type bet struct {
	logits       []float32
	logp, counts []float64
	total        float64
	logE         float64
	drawn        []int
}

func newBet(t testing.TB, logits []float32, temperature float64) *bet {
	t.Helper()
	made := &bet{logits: logits, counts: make([]float64, len(logits)), drawn: make([]int, 1)}
	for token := range logits {
		logp := make([]float64, 1)
		if err := reference.Scalar.LogProbs(logp, logits, []int{token}, temperature); err != nil {
			t.Fatal(err)
		}
		made.logp = append(made.logp, logp[0])
	}
	return made
}

func (b *bet) draw(t testing.TB, temperature float64, src rand.Source) {
	if err := simd.Variants[float32]()[0].Draw(b.drawn, b.logits, src, temperature); err != nil {
		t.Fatal(err)
	}
	token := b.drawn[0]
	b.logE += math.Log((b.counts[token]+.5)/(b.total+.5*float64(len(b.counts)))) - b.logp[token]
	b.counts[token]++
	b.total++
}

func TestABetWinsAgainstAWrongSamplerOnly(t *testing.T) {
	_, logits := nextCharacter(t)
	for _, c := range []struct {
		temperature float64
		accused     bool
	}{{.7, false}, {.49, true}} {
		b, src := newBet(t, logits, .7), rand.NewPCG(1, 2)
		for range 20_000 {
			b.draw(t, c.temperature, src)
		}
		if accused := b.logE >= 12*math.Ln10; accused != c.accused {
			t.Errorf("T = %v in place of 0.7: e-value 10^%.1f, accused: %v", c.temperature, b.logE/math.Ln10, accused)
		}
	}
}
