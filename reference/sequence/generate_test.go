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

// branching is a model with rows that depend on the whole prefix; all
// probabilities are multiples of 1/8, so that a grid meets them evenly.
var branching = rows{
	"[]":  {1. / 8, 5. / 8, 2. / 8},
	"[0]": {4. / 8, 3. / 8, 1. / 8},
	"[1]": {2. / 8, 1. / 8, 5. / 8},
	"[2]": {0, 2. / 8, 6. / 8},
	"":    {3. / 8, 1. / 8, 4. / 8},
}

// Every pair of uniform numbers in the middle of a cell of a grid finer than the
// probabilities: the frequencies are the distribution of the completions, without statistics.
func TestLawOfTwoTokenCompletionsIsTheEnumeratedOne(t *testing.T) {
	const grid = 32
	for _, prompt := range [][]int{nil, {0}, {1, 2}} {
		counts := map[string]float64{}
		for i := range grid {
			for j := range grid {
				src := &script{[]float64{(float64(i) + 0.5) / grid, (float64(j) + 0.5) / grid}}
				tokens := must(sequence.Generate(branching, prompt, -1, 2, 1, src))
				counts[fmt.Sprint(tokens[len(prompt):])]++
			}
		}
		law := distributionOf(must(sequence.PerStep(branching, prompt, -1, 2, 1)))
		for tokens, p := range law {
			if !near(counts[tokens]/(grid*grid), p, 1e-14) {
				t.Errorf("after %v, %s comes %v times, want %v", prompt, tokens, counts[tokens], p*grid*grid)
			}
		}
		if len(counts) != len(law) {
			t.Errorf("after %v: %d completions, want %d", prompt, len(counts), len(law))
		}
	}
}

// At T = 0.5 the weights 1 : 5 : 2 are 1 : 25 : 4, and 4 : 3 : 1 are 16 : 9 : 1.
func TestTemperatureActsAtEveryStep(t *testing.T) {
	for _, c := range []struct {
		u    []float64
		want []int
	}{
		{[]float64{0.9 / 30, 15.9 / 26}, []int{0, 0}},
		{[]float64{0.9 / 30, 16.1 / 26}, []int{0, 1}},
		{[]float64{0.9 / 30, 25.1 / 26}, []int{0, 2}},
		{[]float64{1.1 / 30, 3.9 / 30}, []int{1, 0}}, // 2 : 1 : 5 are 4 : 1 : 25
		{[]float64{25.9 / 30, 4.1 / 30}, []int{1, 1}},
		{[]float64{26.1 / 30, 3.9 / 40}, []int{2, 1}}, // 0 : 2 : 6 are 0 : 4 : 36
		{[]float64{26.1 / 30, 4.1 / 40}, []int{2, 2}},
	} {
		if got := must(sequence.Generate(branching, nil, -1, 2, 0.5, &script{c.u})); !slices.Equal(got, c.want) {
			t.Errorf("u = %v: %v, want %v", c.u, got, c.want)
		}
	}
	uniform := must(sequence.Generate(branching, nil, -1, 2, math.Inf(1), &script{[]float64{0.67, 0.49}}))
	if !slices.Equal(uniform, []int{2, 1}) {
		t.Errorf("T = +Inf: %v, want the third of three and the first of two", uniform)
	}
}

func TestGreedyPathNeedsNoSource(t *testing.T) {
	for range 3 {
		got, err := sequence.Generate(branching, []int{0}, -1, 4, 0, nil)
		if err != nil || !slices.Equal(got, []int{0, 0, 2, 2, 2}) {
			t.Errorf("%v, %v; want 0, then 0 2 2 2", got, err)
		}
	}
	tie := rows{"": {0.2, 0.4, 0.4}}
	if got := must(sequence.Generate(tie, nil, -1, 1, 0, nil)); !slices.Equal(got, []int{1}) {
		t.Errorf("tie: %v, want the lowest of the most probable", got)
	}
}

func TestGenerationStopsAtEndOrAtTheLimit(t *testing.T) {
	for _, c := range []struct {
		name   string
		prompt []int
		end    int
		limit  int
		want   []int
	}{
		{"end comes", nil, 2, 9, []int{1, 2}},
		{"end comes, and nothing else limits", nil, 2, math.MaxInt, []int{1, 2}},
		{"end comes with the last token allowed", nil, 2, 2, []int{1, 2}},
		{"the limit comes first", nil, 2, 1, []int{1}},
		{"no end", nil, -1, 3, []int{1, 2, 2}},
		{"another end", nil, 1, 9, []int{1}},
		{"token 0 as end", []int{0}, 0, 9, []int{0}},
		{"ended already", []int{1, 2}, 2, 9, []int{1, 2}},
		{"end inside the prompt only", []int{2, 1}, 2, 1, []int{2, 1, 2}},
		{"nothing asked for", []int{1}, -1, 0, []int{1}},
		{"nothing at all", nil, -1, 0, []int{}},
	} {
		got, err := sequence.Generate(branching, c.prompt, c.end, c.limit, 0, nil)
		if err != nil || !slices.Equal(got, c.want) || got == nil {
			t.Errorf("%s: %v, %v; want %v", c.name, got, err, c.want)
		}
	}
}

func TestPromptComesBackUnchangedAndApart(t *testing.T) {
	prompt := append(make([]int, 0, 8), 1, 0)
	got := must(sequence.Generate(branching, prompt, -1, 3, 1, seeded(5)))
	if !slices.Equal(got[:2], []int{1, 0}) || len(got) != 5 || !slices.Equal(prompt[:8], []int{1, 0, 0, 0, 0, 0, 0, 0}) {
		t.Errorf("%v from %v", got, prompt[:8])
	}
	got[0] = 2
	if prompt[0] != 1 {
		t.Error("the answer shares memory with the prompt")
	}
}

func TestSameSeedGivesTheSameOutputAndOthersDiffer(t *testing.T) {
	generate := func(seed uint64) []int {
		return must(sequence.Generate(branching, nil, -1, 100, 1, seeded(seed)))
	}
	first := generate(0)
	for _, other := range []uint64{1, math.MaxUint64} {
		if slices.Equal(first, generate(other)) {
			t.Errorf("seeds 0 and %d give the same", other)
		}
	}
	if again := generate(0); !slices.Equal(first, again) {
		t.Errorf("seed 0: %v, then %v", first, again)
	}
}

// One word a token, so that one source serves several calls in a row.
func TestGenerationGoesOnWhereTheSourceStands(t *testing.T) {
	whole := must(sequence.Generate(branching, nil, -1, 20, 1, seeded(9)))
	src := seeded(9)
	half := must(sequence.Generate(branching, nil, -1, 8, 1, src))
	if got := must(sequence.Generate(branching, half, -1, 12, 1, src)); !slices.Equal(got, whole) {
		t.Errorf("%v in two calls, want %v", got, whole)
	}
}

func TestGenerationRefusesWhatIsOutOfRange(t *testing.T) {
	for _, c := range []struct {
		name        string
		prompt      []int
		end, limit  int
		temperature float64
		want        error
	}{
		{"T = -1", nil, -1, 1, -1, reference.ErrTemperature},
		{"T = NaN", nil, -1, 1, math.NaN(), reference.ErrTemperature},
		{"limit -1", nil, -1, -1, 1, reference.ErrShape},
		{"end is no token", nil, 3, 1, 1, reference.ErrToken},
		{"a token too large", []int{3}, -1, 1, 1, reference.ErrToken},
		{"a token below 0", []int{0, -1}, -1, 1, 1, reference.ErrToken},
		{"an impossible prompt", []int{2}, -1, 1, 1, sequence.ErrImpossiblePrefix},
	} {
		tokens, err := sequence.Generate(smallTable(), c.prompt, c.end, c.limit, c.temperature, seeded(1))
		assertError(t, "Generate, "+c.name, err, c.want)
		if c.want != sequence.ErrImpossiblePrefix && tokens != nil {
			t.Errorf("%s: %v beside the error", c.name, tokens)
		}
		_, err = sequence.PerStep(smallTable(), c.prompt, c.end, c.limit, c.temperature)
		assertError(t, "PerStep, "+c.name, err, c.want)
		_, _, err = sequence.WholeSequence(smallTable(), c.prompt, c.end, c.limit, c.temperature)
		assertError(t, "WholeSequence, "+c.name, err, c.want)
	}
}

// broken answers two tokens well, and then with a row, or an error, of its own.
type broken struct {
	row []float64
	err error
}

func (b broken) VocabSize() int { return 2 }

func (b broken) LogConditional(dst []float64, prefix []int) error {
	copy(dst, []float64{-math.Ln2, -math.Ln2})
	if len(prefix) < 2 {
		return nil
	}
	copy(dst, b.row)
	return b.err
}

func TestWhatCameUntilTheModelFailedIsKept(t *testing.T) {
	failure := errors.New("the model is gone")
	for name, c := range map[string]struct {
		m    broken
		want error
	}{
		"an error":   {broken{err: failure}, failure},
		"NaN":        {broken{row: []float64{0, nan}}, reference.ErrNaN},
		"infinite":   {broken{row: []float64{0, inf}}, reference.ErrInf},
		"no support": {broken{row: []float64{-inf, -inf}}, reference.ErrNoSupport},
	} {
		for _, temperature := range []float64{0, 1} {
			tokens, err := sequence.Generate(c.m, []int{1}, -1, 5, temperature, &script{[]float64{0.1}})
			assertError(t, name, err, c.want)
			if !slices.Equal(tokens, []int{1, 0}) {
				t.Errorf("%s at T = %v: %v, want the two tokens that came", name, temperature, tokens)
			}
			if err == nil || !strings.HasPrefix(err.Error(), "after 2 tokens: ") {
				t.Errorf("%s: %v does not say after how many tokens", name, err)
			}
			_, err = sequence.PerStep(c.m, []int{1}, -1, 5, temperature)
			assertError(t, "PerStep, "+name, err, c.want)
		}
		_, _, err := sequence.WholeSequence(c.m, []int{1}, -1, 5, 0.5)
		assertError(t, "WholeSequence, "+name, err, c.want)
	}
}
