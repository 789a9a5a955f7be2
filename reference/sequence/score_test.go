package sequence_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"temper/reference"
	"temper/reference/sequence"
)

// biased gives token 0 probability p and token 1 the rest, whatever came before.
func biased(p float64) rows { return rows{"": {p, 1 - p}} }

func TestLogProbabilitiesAddUpFarBelowTheSmallestFloat(t *testing.T) {
	for _, c := range []struct {
		p      float64
		length int
	}{
		{1e-3, 101}, // log p = −697.7: the last that a product in float64 reaches
		{1e-3, 108}, // −746: the first that it does not
		{0.3, 10_000}, {0.999, 10_000},
	} {
		completion := make([]int, c.length)
		got, count, err := sequence.LogProb(biased(c.p), nil, completion)
		want := float64(c.length) * math.Log(c.p)
		if err != nil || count != c.length || math.Abs(got-want) > -1e-15*want {
			t.Errorf("%v^%d: log p = %v in %d factors, %v; want %v", c.p, c.length, got, count, err, want)
		}
	}
}

func TestPromptsAreGiven(t *testing.T) {
	m := must(sequence.NewMarkov(3, 2, 2, 0.5, writing))
	whole := []int{0, 1, 1, 0, 2}
	total, _, err := sequence.LogProb(m, nil, whole)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) + 1 {
		prompt, completion := whole[:cut], whole[cut:]
		before, _, err := sequence.LogProb(m, nil, prompt)
		if err != nil {
			t.Fatal(err)
		}
		got, count, err := sequence.LogProb(m, prompt, completion)
		if err != nil || count != len(completion) || !near(got, total-before, 1e-15) {
			t.Errorf("log p(%v | %v) = %v in %d factors, %v; want %v", completion, prompt, got, count, err, total-before)
		}
	}
}

func TestPromptIsNeitherChangedNorGrown(t *testing.T) {
	prompt := make([]int, 1, 8)
	prompt[0] = 1
	if _, _, err := sequence.LogProb(biased(0.5), prompt, []int{0, 0}); err != nil {
		t.Fatal(err)
	}
	if spare := prompt[:8]; !slices.Equal(spare, []int{1, 0, 0, 0, 0, 0, 0, 0}) || len(prompt) != 1 {
		t.Errorf("%v", spare)
	}
	prompt = append(prompt, 7)[:1]
	if _, _, err := sequence.LogProb(biased(0.5), prompt, []int{0}); err != nil || prompt[:2][1] != 7 {
		t.Errorf("what lies behind the prompt is %v, %v; want 7", prompt[:2], err)
	}
}

func TestImpossibleCompletionsHaveLogProbabilityMinusInfinity(t *testing.T) {
	for _, completion := range [][]int{{2}, {0, 2}, {1, 1, 0}} { // the last goes on where the table does not
		got, count, err := sequence.LogProb(smallTable(), nil, completion)
		if !math.IsInf(got, -1) || count != len(completion) || err != nil {
			t.Errorf("log p(%v) = %v in %d factors, %v; want -Inf", completion, got, count, err)
		}
	}
}

func TestScorersPassOnTheErrorsOfModels(t *testing.T) {
	for _, c := range []struct {
		prompt, completion []int
		want               error
	}{
		{[]int{3}, []int{0}, reference.ErrToken}, {[]int{-1}, nil, reference.ErrToken},
		{nil, []int{0, 3}, reference.ErrToken}, {nil, []int{2, -1}, reference.ErrToken},
		{[]int{2}, []int{0}, sequence.ErrImpossiblePrefix}, {nil, []int{0, 0, 0}, sequence.ErrImpossiblePrefix},
	} {
		logProb, count, err := sequence.LogProb(smallTable(), c.prompt, c.completion)
		assertError(t, fmt.Sprint(c), err, c.want)
		if logProb != 0 || count != 0 {
			t.Errorf("%v: %v in %d factors beside the error", c, logProb, count)
		}
	}
	_, _, err := sequence.LogProb(smallTable(), nil, []int{0, 0, 0})
	if err == nil || !strings.HasPrefix(err.Error(), "token 2 of the completion: ") {
		t.Errorf("%v does not name token 2", err)
	}
}

func TestUniformModelHasThePerplexityOfItsVocabulary(t *testing.T) {
	for _, vocab := range []int{1, 2, 27, 1000} {
		uniform := rows{"": slices.Repeat([]float64{1 / float64(vocab)}, vocab)}
		for _, sequences := range [][][]int{{{0}}, {make([]int, 300)}, {make([]int, 3), nil, make([]int, 10)}} {
			got, err := sequence.Perplexity(sequence.LogProb, uniform, sequences...)
			if err != nil || math.Abs(got-float64(vocab)) > 1e-14*float64(vocab) {
				t.Errorf("perplexity %v, %v; want %d", got, err, vocab)
			}
		}
	}
}

// scored is a Scorer that knows the answers: sequence k has logProbs[k] and
// counts[k], whatever the model.
func scored(logProbs []float64, counts []int) sequence.Scorer {
	return func(_ sequence.Model, prompt, completion []int) (float64, int, error) {
		if len(prompt) != 0 {
			return 0, 0, errors.New("perplexity gives no prompts")
		}
		return logProbs[completion[0]], counts[completion[0]], nil
	}
}

func TestPerplexityIsNoMeanOfMeans(t *testing.T) {
	logs := scored([]float64{-2, -24}, []int{2, 8})
	got, err := sequence.Perplexity(logs, biased(0.5), []int{0}, []int{1})
	if want := math.Exp(2.6); err != nil || !near(got, want, 1e-15) {
		t.Errorf("2 × (−1) and 8 × (−3) give %v, %v; want %v and not %v", got, err, want, math.Exp(2))
	}
	if printed := fmt.Sprintf("%.2f, not %.2f", got, math.Exp(2)); printed != "13.46, not 7.39" {
		t.Error(printed)
	}
}

func TestPerplexityDoesNotDependOnHowATextIsCut(t *testing.T) {
	text := []int{0, 1, 1, 0, 0, 0, 1, 0}
	whole, err := sequence.Perplexity(sequence.LogProb, biased(0.3), text)
	if err != nil || !near(whole, math.Pow(0.3, -5./8)*math.Pow(0.7, -3./8), 1e-14) {
		t.Errorf("perplexity %v, %v", whole, err)
	}
	for cut := range len(text) + 1 {
		got, err := sequence.Perplexity(sequence.LogProb, biased(0.3), text[:cut], text[cut:])
		if err != nil || !near(got, whole, 1e-15) {
			t.Errorf("cut after %d: %v, %v; want %v", cut, got, err, whole)
		}
	}
}

func TestPerplexityOfTheImpossibleIsInfiniteAndOfNothingAnError(t *testing.T) {
	if got, err := sequence.Perplexity(sequence.LogProb, smallTable(), []int{0}, []int{2}); err != nil || !math.IsInf(got, 1) {
		t.Errorf("perplexity %v, %v; want +Inf", got, err)
	}
	for _, nothing := range [][][]int{nil, {nil}, {{}, {}}} {
		_, err := sequence.Perplexity(sequence.LogProb, smallTable(), nothing...)
		assertError(t, "no tokens", err, reference.ErrShape)
	}
	_, err := sequence.Perplexity(sequence.LogProb, smallTable(), []int{0}, []int{3})
	assertError(t, "an unknown token", err, reference.ErrToken)
	if err == nil || !strings.HasPrefix(err.Error(), "sequence 1: ") {
		t.Errorf("%v does not name sequence 1", err)
	}
}
