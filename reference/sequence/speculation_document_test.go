package sequence_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"temper/fixtures"
	"temper/fixtures/neural"
	"temper/reference"
	"temper/reference/sequence"
)

// opticks are the two models of the document, trained on sentences of Opticks, with
// prefixes of sentences that they were not trained on.
type opticks struct {
	target   *sequence.FeedForward
	draft    *sequence.Markov
	prefixes [][]int
}

func newOpticks(t *testing.T) opticks {
	t.Helper()
	text, err := fixtures.Opticks()
	if err != nil {
		t.Skip(err)
	}
	training, _ := fixtures.NeuralSplit(fixtures.NeuralSentences(text))
	network, heldOut := neural.Trained()
	o := opticks{network, must(sequence.NewMarkov(neural.Vocab, 1, neural.Vocab-1, 0.5, training)), nil}
	for i := 0; len(o.prefixes) < 60; i++ {
		sentence := heldOut[i%len(heldOut)]
		o.prefixes = append(o.prefixes, sentence[:(14*i)%(len(sentence)-5)])
	}
	return o
}

// row is p_T(· | prefix); behind end it is that before.
func (o opticks) row(m sequence.Model, prefix []int, temperature float64) []float64 {
	if n := len(prefix); n > 0 && prefix[n-1] == neural.Vocab-1 {
		prefix = prefix[:n-1]
	}
	row := make([]float64, neural.Vocab)
	if err := m.LogConditional(row, prefix); err != nil {
		panic(err)
	}
	if err := reference.AnnealLog(row, row, temperature); err != nil {
		panic(err)
	}
	for v := range row {
		row[v] = math.Exp(row[v])
	}
	return row
}

// drafting is how a rule of the document gets its drafts.
type drafting string

const (
	drawn    drafting = "drawn from q"
	greedy   drafting = "most probable of q"
	siblings drafting = "the two most probable of q"
)

// chain is a draft of so many tokens.
func (o opticks) chain(how drafting, prefix []int, count int, temperature float64, r rand.Source) sequence.Draft {
	d := sequence.Draft{Tokens: []int{}}
	text := slices.Clone(prefix)
	for range count {
		q := o.row(o.draft, text, temperature)
		token := slices.Index(q, slices.Max(q))
		if how == drawn {
			token = must(reference.DrawLog(logsOf(q), r, 1))
			d.Q = append(d.Q, q)
		}
		d.P = append(d.P, o.row(o.target, text, temperature))
		d.Tokens, text = append(d.Tokens, token), append(text, token)
		if token == neural.Vocab-1 {
			break
		}
	}
	d.P = append(d.P, o.row(o.target, text, temperature))
	return d
}

func logsOf(row []float64) []float64 {
	logp := make([]float64, len(row))
	for v, p := range row {
		logp[v] = math.Log(p)
	}
	return logp
}

// firstTokens are the drafts of one position with their probabilities.
func (o opticks) firstTokens(how drafting, prefix []int, temperature float64) (drafts []sequence.Draft, probabilities []float64) {
	p, q := o.row(o.target, prefix, temperature), o.row(o.draft, prefix, temperature)
	most := slices.Index(q, slices.Max(q))
	switch how {
	case greedy:
		return []sequence.Draft{{Tokens: []int{most}, P: [][]float64{p, p}}}, []float64{1}
	case siblings:
		unannealed := o.row(o.draft, prefix, 1)
		unannealed[most] = 0
		second := slices.Index(unannealed, slices.Max(unannealed))
		return []sequence.Draft{{Tokens: []int{most, second}, Parents: []int{-1, -1}, P: [][]float64{p, p, p}}}, []float64{1}
	}
	for x := range q {
		if q[x] > 0 {
			drafts, probabilities = append(drafts, sequence.Draft{Tokens: []int{x}, P: [][]float64{p, p}, Q: [][]float64{q}}), append(probabilities, q[x])
		}
	}
	return drafts, probabilities
}

// rate is how often the first position is accepted: the mean over the prefixes, predicted
// by enumeration and measured with draws, and the standard deviation of the difference.
func (o opticks) rate(rule sequence.Rule, how drafting, temperature float64) (predicted, measured, deviation float64) {
	const draws = 25
	r := rand.NewPCG(uint64(1000*temperature), 7)
	variance := 0.0
	for _, prefix := range o.prefixes {
		drafts, probabilities := o.firstTokens(how, prefix, temperature)
		accepted := 0.0
		for i, d := range drafts {
			accepted += probabilities[i] * must(rule.Accepted(d))[1]
		}
		predicted += accepted
		variance += accepted * (1 - accepted) / draws
		for range draws {
			d := drafts[must(reference.DrawLog(logsOf(probabilities), r, 1))]
			out := make([][]int, 1)
			if err := rule.Verifier().Draw(out, []sequence.Draft{d}, r); err != nil {
				panic(err)
			}
			measured += float64(len(out[0])-1) / draws
		}
	}
	n := float64(len(o.prefixes))
	return predicted / n, measured / n, math.Sqrt(max(0, variance)) / n
}

// chains are drafts of four tokens at T = 1, four for each prefix if they are drawn.
func (o opticks) chains(how drafting) (chains []sequence.Draft) {
	r, copies := rand.NewPCG(4, 4), 1
	if how == drawn {
		copies = 4
	}
	for _, prefix := range slices.Repeat(o.prefixes, copies) {
		chains = append(chains, o.chain(how, prefix, 4, 1, r))
	}
	return chains
}

// meanAccepted is how many tokens of a chain are accepted in the mean.
func meanAccepted(rule sequence.Rule, chains []sequence.Draft) float64 {
	total := 0.0
	for _, d := range chains {
		for _, atLeast := range must(rule.Accepted(d))[1:] {
			total += atLeast
		}
	}
	return total / float64(len(chains))
}

func TestTheDocumentOnSpeculationShowsTheseNumbers(t *testing.T) {
	o := newOpticks(t)
	chains := map[drafting][]sequence.Draft{drawn: o.chains(drawn), greedy: o.chains(greedy)}
	var want strings.Builder
	for _, line := range []struct {
		words string
		rule  sequence.Rule
		how   drafting
	}{
		{"`RejectionRule`", sequence.RejectionRule(), drawn},
		{"`BlockRule`", sequence.BlockRule(), drawn},
		{"`SamplerMatchRule`", sequence.SamplerMatchRule(), drawn},
		{"`OneHotRule`", sequence.OneHotRule(), greedy},
		{"`TreeRule(1)`", sequence.TreeRule(1), siblings},
		{"`TreeRule(0.8)`, lossy", sequence.TreeRule(0.8), siblings},
		{"`TypicalRule(0.3, 0.09)`, lossy", sequence.TypicalRule(0.3, 0.09), drawn},
	} {
		fmt.Fprintf(&want, "| %s | %s |", line.words, line.how)
		for _, temperature := range []float64{0, 0.5, 1} {
			predicted, measured, deviation := o.rate(line.rule, line.how, temperature)
			if math.Abs(measured-predicted) > 5*deviation+1e-9 {
				t.Errorf("%s, T = %v: %.4f accepted, %.4f ± %.4f predicted", line.words, temperature, measured, predicted, deviation)
			}
			fmt.Fprintf(&want, " %.3f (%.3f) |", predicted, measured)
		}
		if line.how == siblings {
			want.WriteString(" – |\n")
		} else {
			fmt.Fprintf(&want, " %.2f |\n", meanAccepted(line.rule, chains[line.how]))
		}
	}
	document, err := os.ReadFile("SPECULATION.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(document), strings.TrimSpace(want.String())) {
		t.Errorf("SPECULATION.md should say:\n%s", want.String())
	}
	if lines := strings.Count(string(document), "\n"); lines > 60 {
		t.Errorf("SPECULATION.md has %d lines, more than a screen", lines)
	}
}
