package bench_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"temper/fixtures"
	"temper/reference/sequence"
)

// opticksLetters counts the letters of Newton's Opticks, 27 symbols, and adds ½
// to every count; it skips where there is no such text.
func opticksLetters(t testing.TB, order int) *sequence.Markov {
	t.Helper()
	text, err := fixtures.Opticks()
	if err != nil {
		t.Skip(err)
	}
	letters := fixtures.Letters(text)
	tokens := make([]int, len(letters))
	for i := range letters {
		tokens[i] = strings.IndexByte(fixtures.Alphabet, letters[i])
	}
	m, err := sequence.NewMarkov(len(fixtures.Alphabet), order, -1, 0.5, [][]int{tokens})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// afterSpace is the prompt of all figures: a word begins.
var afterSpace = []int{len(fixtures.Alphabet) - 1}

// gapLength is the length of all figures' completions.
const gapLength = 32

func gap(t testing.TB, m *sequence.Markov, temperature float64) sequence.Divergence {
	t.Helper()
	a, err := sequence.NewAnnealedMarkov(m, -1, len(afterSpace)+gapLength, temperature)
	if err != nil {
		t.Fatal(err)
	}
	d, err := a.Divergence(afterSpace)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// BenchmarkAnnealingGap measures how far sampling step by step is from sampling
// whole sequences of 32 letters after a space: KL(q ‖ π) per token, and what a
// draw of q is worth as a draw of π. The time is that of the exact computation.
func BenchmarkAnnealingGap(b *testing.B) {
	fmt.Println("Unit nats/token assume=exact")
	fmt.Println("Unit ESS/N assume=exact")
	for order := 1; order <= 3; order++ {
		for _, temperature := range []float64{0.25, 0.5, 0.7, 1, 1.5, 2} {
			b.Run(fmt.Sprintf("corpus=opticks/order=%d/T=%v", order, temperature), func(b *testing.B) {
				m := opticksLetters(b, order)
				var d sequence.Divergence
				for b.Loop() {
					d = gap(b, m, temperature)
				}
				b.ReportMetric(d.PerStepToWhole()/gapLength, "nats/token")
				b.ReportMetric(d.EffectiveSampleShare(), "ESS/N")
			})
		}
	}
}

func TestTheGapOnEnglishLettersGrowsAsTheTemperatureFalls(t *testing.T) {
	m := opticksLetters(t, 1)
	for _, c := range []struct{ temperature, nats float64 }{{0.25, 0.19}, {0.5, 0.065}, {0.7, 0.012}} {
		got := gap(t, m, c.temperature).PerStepToWhole() / gapLength
		if math.Abs(got-c.nats) > 0.1*c.nats {
			t.Errorf("T = %v: %v nats a token, want about %v", c.temperature, got, c.nats)
		}
	}
}
