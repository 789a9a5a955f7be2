package sequence

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"temper/reference"
)

// completionsOf enumerates what the steps of speculative generation return, with every
// choice of drafts and verifier run.
func completionsOf(t *testing.T, rule Rule, target, draft Model, count, end, limit int) Distribution {
	t.Helper()
	law := newTally()
	everyRun(func(choose chooser) func(float64) {
		v := Verifier{Draw: func(dst [][]int, drafts []Draft, _ rand.Source) error {
			if err := rule.check(drafts[0]); err != nil {
				return err
			}
			dst[0] = rule.apply(drafts[0], choose)
			return nil
		}}
		s, err := newSpeculation(v, target, draft, count, 1)
		if err != nil {
			t.Fatal(err)
		}
		var out []int
		for len(out) < limit && !hasEnded(out, end) {
			more, err := s.step(out, end, limit-len(out), chosenWords{choose, draft.VocabSize()})
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, more...)
		}
		return func(p float64) { law.add(out, p) }
	})
	return law.distribution()
}

// chosenWords is a source whose words are one of so many, each equally likely, so that a
// draft from a uniform row is a choice.
type chosenWords struct {
	choose chooser
	count  int
}

func (w chosenWords) Uint64() uint64 {
	i := w.choose(make([]float64, w.count))
	return uint64((float64(i) + .5) / float64(w.count) * 0x1p63 * 2)
}

// uniformDraft knows nothing.
type uniformDraft int

func (m uniformDraft) VocabSize() int { return int(m) }

func (m uniformDraft) LogConditional(dst []float64, _ []int) error {
	for v := range dst {
		dst[v] = -math.Log(float64(m))
	}
	return nil
}

func TestSpeculativeGenerationHasTheDistributionOfGeneration(t *testing.T) {
	ending, err := NewMarkov(3, 1, 2, 0, [][]int{{0, 0, 1, 2}, {1, 0, 2}, {0, 2}, {0, 0, 0, 2}, {1, 1, 2}, {2}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		target     Model
		end, limit int
	}{{tabled{3, 4, true}, -1, 3}, {ending, 2, 3}, {ending, 2, 1}} {
		want, err := PerStep(c.target, nil, c.end, c.limit, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, rule := range exactRules() {
			for _, count := range []int{0, 1, 2} {
				got := completionsOf(t, rule, c.target, uniformDraft(3), count, c.end, c.limit)
				assertDistribution(t, fmt.Sprintf("%s, %d drafted, limit %d", rule.Name, count, c.limit), got, want)
			}
		}
	}
}

func TestSpeculationAtTemperatureZeroIsTheGreedyPath(t *testing.T) {
	target := tabled{5, 1, false}
	want, err := Generate(target, []int{1, 2}, -1, 20, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range append(exactRules(), TypicalRule(.3, .09)) {
		for _, draft := range []Model{tabled{5, 2, false}, target} {
			got, err := Speculate(rule.Verifier(), draft, 3)(target, []int{1, 2}, -1, 20, 0, nil)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%s: %v (%v), want %v", rule.Name, got, err, want)
			}
		}
	}
}

// A draft model that cannot go on leaves the token to the target.
func TestADraftModelWithoutAContinuationDraftsNothing(t *testing.T) {
	draft, err := NewMarkov(2, 1, -1, 0, [][]int{{0, 0, 0}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := Speculate(RejectionRule().Verifier(), draft, 2)(fixedRow{0, 1}, nil, -1, 6, 1, rand.NewPCG(1, 1))
	if err != nil || !slices.Equal(got, []int{1, 1, 1, 1, 1, 1}) {
		t.Errorf("%v (%v), want six times token 1", got, err)
	}
}

func TestBadArgumentsOfSpeculationAreErrors(t *testing.T) {
	target, src := tabled{3, 1, false}, rand.NewPCG(1, 1)
	v := RejectionRule().Verifier()
	none := Verifier{Draw: func(dst [][]int, _ []Draft, _ rand.Source) error { dst[0] = nil; return nil }}
	for what, c := range map[string]struct{ err, want error }{
		"no draft model":       {second(Speculate(v, nil, 2)(target, nil, -1, 3, 1, src)), reference.ErrNil},
		"no target":            {second(Speculate(v, target, 2)(nil, nil, -1, 3, 1, src)), reference.ErrNil},
		"no verifier":          {second(Speculate(Verifier{}, target, 2)(target, nil, -1, 3, 1, src)), reference.ErrNil},
		"other vocabulary":     {second(Speculate(v, tabled{4, 1, false}, 2)(target, nil, -1, 3, 1, src)), reference.ErrShape},
		"a negative count":     {second(Speculate(v, target, -1)(target, nil, -1, 3, 1, src)), reference.ErrShape},
		"a verifier of none":   {second(Speculate(none, target, 1)(target, nil, -1, 3, 1, src)), reference.ErrShape},
		"no source":            {second(Speculate(v, target, 1)(target, nil, -1, 3, 1, nil)), reference.ErrNil},
		"T = NaN":              {second(Speculate(v, target, 1)(target, nil, -1, 3, math.NaN(), src)), reference.ErrTemperature},
		"a negative limit":     {second(Speculate(v, target, 1)(target, nil, -1, -1, 1, src)), reference.ErrShape},
		"a prompt of token 3":  {second(Speculate(v, target, 1)(target, []int{3}, -1, 1, 1, src)), reference.ErrToken},
		"an enumeration of it": {func() error { _, _, err := RejectionRule().Completed(target, nil, nil, 1, 1); return err }(), reference.ErrNil},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: error %v, want %q", what, c.err, c.want)
		}
	}
}
