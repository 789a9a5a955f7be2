package sequence_test

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"testing"

	"temper/fixtures"
	"temper/reference"
	"temper/reference/sequence"
)

// The tests of this file go through the introductory text row by row, with its
// own examples.

func TestCharactersToOneHotCodesWithBeginAndEndInBothDirectionsWithTheErrata(t *testing.T) {
	text := fixtures.Codes()
	v := characters()
	if v.Size() != 4 || v.End() != 3 {
		t.Errorf("width %d, end is token %d; want 4 and 3", v.Size(), v.End())
	}
	symbols, codes := split(text.Sequence)
	tokens := must(v.Tokens(symbols...))
	if got := must(sequence.OneHot(tokens, 4)); !slices.Equal(got, codes) {
		t.Errorf("%v is coded %v, want %v", symbols, got, codes)
	}
	if got := must(v.Symbols(must(sequence.FromOneHot(codes, 4))...)); !slices.Equal(got, symbols) {
		t.Errorf("%v is decoded %v, want %v", codes, got, symbols)
	}
	for _, erratum := range text.Errata {
		meant, printed := split(erratum.PrintedCodes)
		if got := must(v.Symbols(must(sequence.FromOneHot(printed, 4))...)); len(got) > 0 && slices.Equal(got, meant) {
			t.Errorf("%s: the printed codes do spell %v", erratum.ID, meant)
		}
		meant, right := split(erratum.RightCodes)
		if got := must(v.Symbols(must(sequence.FromOneHot(right, 4))...)); !slices.Equal(got, meant) {
			t.Errorf("%s: the corrected codes spell %v, want %v", erratum.ID, got, meant)
		}
	}
}

// characters is the vocabulary a b . with the markers begin and end.
func characters() *sequence.Vocabulary {
	names, _ := split(fixtures.Codes().Symbols)
	last := len(names) - 1
	return must(sequence.NewVocabulary(names[0], names[1:last], names[last]))
}

// split separates symbols from their codes, the codes row-major.
func split(coded []fixtures.Coded) (symbols []string, codes []float64) {
	for _, c := range coded {
		symbols = append(symbols, c.Symbol)
		for _, bit := range c.Code {
			codes = append(codes, float64(bit))
		}
	}
	return symbols, codes
}

func TestAProbabilityForEverySequenceAndTheRankingOfTheThreeDemonstrationSentences(t *testing.T) {
	text := fixtures.Sentences()
	joint := sentenceTable()
	sum := 0.0
	for _, tokens := range everySequence(5, 5) {
		logProb, _, err := sequence.LogProb(joint, nil, tokens)
		if err != nil || logProb > 0 || math.IsInf(logProb, -1) {
			t.Fatalf("log p(%v) = %v, %v", tokens, logProb, err)
		}
		sum += math.Exp(logProb)
	}
	if !near(sum, 1, 1e-12) {
		t.Errorf("the probabilities of all sequences sum to %v", sum)
	}
	better := 1.0
	for _, sentence := range text.Sentences {
		logProb, _, err := sequence.LogProb(joint, nil, text.Model.Tokens(sentence.Tokens...))
		want, _ := sentence.Probability.Float64()
		if err != nil || !near(logProb, math.Log(want), 1e-14) {
			t.Errorf("p(%v) = %v, %v; want %v", sentence.Tokens, math.Exp(logProb), err, want)
		}
		if math.Exp(logProb) >= better {
			t.Errorf("%v is ranked too high", sentence.Tokens)
		}
		better = math.Exp(logProb)
	}
}

// sentenceTable is the probability of all 5^5 sentences of five words.
func sentenceTable() *sequence.Joint {
	model := fixtures.Sentences().Model
	var p []float64
	for _, tokens := range everySequence(5, 5) {
		probability, _ := model.Probability(tokens...).Float64()
		p = append(p, probability)
	}
	return must(sequence.NewJoint(5, 5, p))
}

// everySequence lists vocab^length sequences in lexicographic order.
func everySequence(vocab, length int) [][]int {
	all := [][]int{{}}
	for range length {
		var longer [][]int
		for _, prefix := range all {
			for token := range vocab {
				longer = append(longer, append(slices.Clone(prefix), token))
			}
		}
		all = longer
	}
	return all
}

func TestChainRuleSequenceProbabilityFromConditionalsAndConditionalsFromAnyJointTable(t *testing.T) {
	text := fixtures.Sentences()
	joint := sentenceTable()
	for _, sentence := range text.Sentences {
		tokens := text.Model.Tokens(sentence.Tokens...)
		product := big.NewRat(1, 1)
		for i, factor := range sentence.Factors {
			product.Mul(product, factor)
			want, _ := factor.Float64()
			if got := conditional(joint, tokens[:i]...)[tokens[i]]; !near(got, want, 1e-14) {
				t.Errorf("the table gives p(%s | %v) = %v, want %v", sentence.Tokens[i], sentence.Tokens[:i], got, want)
			}
		}
		logProb, count, err := sequence.LogProb(text.Model, nil, tokens)
		if want, _ := product.Float64(); err != nil || count != 5 || !near(logProb, math.Log(want), 1e-14) {
			t.Errorf("log p(%v) = %v from %d conditionals, %v; want log %v", sentence.Tokens, logProb, count, err, want)
		}
	}
}

func TestAFeedForwardNeuralNetworkGivesTheConditionalsFromOneHotInput(t *testing.T) {
	v := characters()
	network := smallNetwork(v.Size(), v.End())
	for _, text := range [][]string{{}, {"a"}, {"a", "b"}, {"a", "b", ".", "b"}} {
		prefix := must(v.Tokens(text...))
		got := conditional(network.model(), prefix...)
		sum := 0.0
		for token, want := range network.softmaxOf(prefix) {
			if !near(got[token], want, 1e-14) {
				t.Errorf("p(%d | %v) = %v, want %v", token, text, got[token], want)
			}
			sum += got[token]
		}
		if !near(sum, 1, 1e-14) {
			t.Errorf("the conditionals after %v sum to %v", text, sum)
		}
	}
}

func TestSamplingOneTokenAtATimeUntilEnd(t *testing.T) {
	v := characters()
	var written [][]int
	for _, text := range [][]string{{"a", "b", ".", "b", "end"}, {"b", ".", "end"}} {
		written = append(written, must(v.Tokens(text...)))
	}
	m := must(sequence.NewMarkov(v.Size(), 1, v.End(), 0.25, written))
	seen := map[int]bool{}
	for seed := range uint64(50) {
		tokens := must(sequence.Generate(m, nil, v.End(), 10_000, 1, seeded(seed)))
		if slices.Index(tokens, v.End()) != len(tokens)-1 {
			t.Errorf("seed %d: %v has end elsewhere than at its end", seed, tokens)
		}
		for _, token := range tokens {
			seen[token] = true
		}
	}
	if len(seen) != v.Size() {
		t.Errorf("tokens drawn: %v, want all %d", seen, v.Size())
	}
}

func TestTemperatureAtEachStepWithZeroOneInfinityAndBetweenRenormalisedAndThePrintedNumbers(t *testing.T) {
	text := fixtures.Temperatures()
	p := make([]float64, 2)
	logits := make([]float32, 2)
	for v, probability := range text.Probabilities {
		p[v], _ = probability.Float64()
		logits[v] = float32(math.Log(p[v]))
	}
	for _, row := range text.Annealed {
		temperature, _ := row.T.Float64()
		got, kernel := make([]float64, 2), make([]float32, 2)
		if err := reference.Anneal(got, p, temperature); err != nil {
			t.Fatal(err)
		}
		if err := reference.Scalar.Anneal(kernel, logits, 1, temperature); err != nil {
			t.Fatal(err)
		}
		for v := range got {
			want, _ := row.Exact[v].Float64()
			if !near(got[v], want, 1e-15) || !near(float64(kernel[v]), want, 1e-6) {
				t.Errorf("T = %v: p(%s) = %v, of logits %v; want %v", temperature, text.Tokens[v], got[v], kernel[v], want)
			}
			if printed := fmt.Sprintf("%.2f", got[v]); printed != row.Printed[v] {
				t.Errorf("T = %v: p(%s) is printed %s, want %s", temperature, text.Tokens[v], printed, row.Printed[v])
			}
		}
	}

	once := must(sequence.NewJoint(2, 1, p))
	previous := 1.0
	for _, temperature := range []float64{0.1, 0.5, 1, 2, 100, math.Inf(1)} {
		law := distributionOf(must(sequence.PerStep(once, nil, -1, 1, temperature)))
		if mouse := law["[1]"]; !near(law["[0]"]+mouse, 1, 1e-15) || mouse >= previous || mouse < 0.5 {
			t.Errorf("T = %v: %v does not go on from p(mouse) = %v towards 1/2", temperature, law, previous)
		}
		previous = law["[1]"]
	}
	if previous != 0.5 {
		t.Errorf("T = +Inf: p(mouse) = %v, want 1/2", previous)
	}
}

func TestAnnealingTheWholeSequenceDistributionExactlyAndHowFarItIsFromPerStepAnnealing(t *testing.T) {
	for _, c := range fixtures.Annealing() {
		if c.Result != fixtures.Valid {
			continue
		}
		q, err := sequence.PerStep(c.Model, c.Prompt, c.End, c.Limit, float64(c.Temperature))
		if err != nil {
			t.Fatalf("%s: %v", c.ID, err)
		}
		pi, logZ, err := sequence.WholeSequence(c.Model, c.Prompt, c.End, c.Limit, float64(c.Temperature))
		if err != nil {
			t.Fatalf("%s: %v", c.ID, err)
		}
		perStep, whole := distributionOf(q), distributionOf(pi)
		for _, want := range c.Completions {
			name := fmt.Sprint(want.Tokens)
			if d := want.PerStep.Distance(perStep[name]); d > 1e-14 {
				t.Errorf("%s: q(%s) = %v, want %v", c.ID, name, perStep[name], want.PerStep)
			}
			if d := want.WholeSequence.Distance(whole[name]); d > 1e-13 {
				t.Errorf("%s: π(%s) = %v, want %v", c.ID, name, whole[name], want.WholeSequence)
			}
		}
		if c.LogZ != nil && c.LogZ.Distance(logZ) > 1e-14*math.Max(1, math.Abs(logZ)) || c.LogZ == nil && !math.IsNaN(logZ) {
			t.Errorf("%s: log Z = %v, want %v", c.ID, logZ, c.LogZ)
		}
		if c.PerStepKL != nil && c.PerStepKL.Distance(sequence.KullbackLeibler(q, pi)) > 1e-12 {
			t.Errorf("%s: KL(q ‖ π) = %v, want %v", c.ID, sequence.KullbackLeibler(q, pi), c.PerStepKL)
		}
		if c.WholeKL != nil && c.WholeKL.Distance(sequence.KullbackLeibler(pi, q)) > 1e-12 {
			t.Errorf("%s: KL(π ‖ q) = %v, want %v", c.ID, sequence.KullbackLeibler(pi, q), c.WholeKL)
		}
	}
}

func TestPromptToCompletionAtTemperatureZeroAndOne(t *testing.T) {
	text := fixtures.Completions()
	m := text.Model
	prompt := m.Tokens(text.Prompt...)
	complete := func(temperature float64, u ...float64) []string {
		tokens := must(sequence.Generate(m, prompt, -1, 2, temperature, &script{u}))
		if !slices.Equal(tokens[:len(prompt)], prompt) {
			t.Errorf("T = %v: the prompt came back as %v", temperature, tokens)
		}
		return m.Symbols(tokens[len(prompt):]...)
	}
	if got := complete(0); !slices.Equal(got, text.Greedy) {
		t.Errorf("T = 0: %v, want %v", got, text.Greedy)
	}
	for _, varied := range text.Varied {
		var u []float64
		prefix := slices.Clone(prompt)
		for _, token := range m.Tokens(varied...) {
			u = append(u, middle(conditional(m, prefix...), token))
			prefix = append(prefix, token)
		}
		if got := complete(1, u...); !slices.Equal(got, varied) {
			t.Errorf("T = 1, u = %v: %v, want %v", u, got, varied)
		}
	}
}

// middle is the middle of the interval of uniform numbers that give a token.
func middle(p []float64, token int) float64 {
	u := p[token] / 2
	for _, x := range p[:token] {
		u += x
	}
	return u
}
