package sequence_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"temper/fixtures"
	"temper/reference/sequence"
)

// newtonsLetters is the model of the document: pairs of letters of Opticks with
// ½ added to every count.
func newtonsLetters(t *testing.T) *sequence.Markov {
	t.Helper()
	text, err := fixtures.Opticks()
	if err != nil {
		t.Skip(err)
	}
	m, err := sequence.NewMarkov(len(fixtures.Alphabet), 1, -1, 0.5, [][]int{spelled(fixtures.Letters(text))})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func spelled(text string) []int {
	tokens := make([]int, len(text))
	for i := range text {
		tokens[i] = strings.IndexByte(fixtures.Alphabet, text[i])
	}
	return tokens
}

func letters(tokens []int) string {
	var text strings.Builder
	for _, token := range tokens {
		text.WriteByte(fixtures.Alphabet[token])
	}
	return text.String()
}

func TestTheDocumentOnAnnealingShowsTheseNumbers(t *testing.T) {
	const length = 32
	m, prompt := newtonsLetters(t), spelled(" ")
	var want strings.Builder
	for _, temperature := range []float64{0.25, 0.5, 0.7, 1, 1.5, 4} {
		a, err := sequence.NewAnnealedMarkov(m, -1, len(prompt)+length, temperature)
		if err != nil {
			t.Fatal(err)
		}
		d, err := a.Divergence(prompt)
		if err != nil {
			t.Fatal(err)
		}
		rates, err := sequence.NewAnnealingRates(m, temperature)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&want, "| %v | %.3f | %.4f | %.4f | %.3f | %.4f |\n", temperature, d.LogPartition/length,
			d.PerStepToWhole()/length, d.WholeToPerStep()/length, d.EffectiveSampleShare(), rates.PerStepToWhole)
	}
	const few = 3
	begun := spelled("i")
	zero, err := sequence.NewAnnealedMarkov(m, -1, len(begun)+few, 0)
	if err != nil {
		t.Fatal(err)
	}
	mode, modeLogProb, _, err := zero.MostProbable(begun)
	if err != nil {
		t.Fatal(err)
	}
	greedy, err := sequence.Generate(m, begun, -1, few, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	greedyLogProb, _, err := sequence.LogProb(m, begun, greedy[len(begun):])
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{
		strings.TrimSpace(want.String()),
		fmt.Sprintf("`i` → `%s` (log p = %.2f)", letters(greedy[len(begun):]), greedyLogProb),
		fmt.Sprintf("`i` → `%s` (log p = %.2f)", letters(mode), modeLogProb),
	}
	document, err := os.ReadFile("ANNEALING.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		if !strings.Contains(string(document), line) {
			t.Errorf("ANNEALING.md should say:\n%s", line)
		}
	}
}
