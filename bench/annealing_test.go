package bench_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
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

// seenOf is what a few hundred texts that a function draws are made of: the share of their
// letters that follow a context which Opticks never has, where ½ for each letter is all that
// was counted and all are equally probable; and how many of the texts differ.
func seenOf(t *testing.T, m *sequence.Markov, draw func() []int) (unseen float64, distinct int) {
	t.Helper()
	const texts = 400
	logp := make([]float64, m.VocabSize())
	different := map[string]bool{}
	for range texts {
		y := draw()
		different[fmt.Sprint(y)] = true
		for i := range y {
			if err := m.LogConditional(logp, slices.Concat(afterSpace, y[:i])); err != nil {
				t.Fatal(err)
			}
			if slices.Max(logp)-slices.Min(logp) < 1e-9 {
				unseen++
			}
		}
	}
	return unseen / (texts * gapLength), len(different)
}

// The page of make report says this of its two pictures of the annealing gap.
func TestWhatWasNeverCountedDecidesAboveOneAndFewTextsBelow(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: three letters have 19683 contexts")
	}
	drawn := func(order int, temperature float64, whole bool) (unseen float64, distinct int) {
		m := opticksLetters(t, order)
		src := rand.NewPCG(1, 2)
		a, err := sequence.NewAnnealedMarkov(m, -1, len(afterSpace)+gapLength, temperature)
		if err != nil {
			t.Fatal(err)
		}
		unseen, distinct = seenOf(t, m, func() []int {
			if whole {
				y, err := a.Draw(afterSpace, src)
				if err != nil {
					t.Fatal(err)
				}
				return y
			}
			y, err := sequence.Generate(m, afterSpace, -1, len(afterSpace)+gapLength, temperature, src)
			if err != nil {
				t.Fatal(err)
			}
			return y[len(afterSpace):]
		})
		t.Logf("order %d, T = %v, whole %v: %.0f %% of the letters after a context never seen, %d of 400 texts differ", order, temperature, whole, 100*unseen, distinct)
		return unseen, distinct
	}
	for _, c := range []struct {
		order     int
		whole     bool
		low, high float64
	}{{2, false, .09, .15}, {2, true, .28, .38}, {3, false, .68, .79}, {3, true, .82, .91}} {
		if unseen, _ := drawn(c.order, 2, c.whole); unseen < c.low || unseen > c.high {
			t.Errorf("order %d, whole %v: a share of %v, want %v to %v", c.order, c.whole, unseen, c.low, c.high)
		}
	}
	if _, cold := drawn(1, .25, true); cold > 120 {
		t.Errorf("%d of 400 cold texts differ", cold)
	}
	if _, warm := drawn(1, .5, true); warm < 390 {
		t.Errorf("%d of 400 texts at T = 0.5 differ", warm)
	}
}
