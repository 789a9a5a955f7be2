package props

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"temper/fixtures"
	"temper/props/accuracy"
	"temper/props/verdict"
	"temper/reference"
)

// samplerExactLaws hold a sampler to the cases of the fixtures that are of its convention.
func samplerExactLaws() []Law {
	return []Law{samplerExactLaw(), samplerExactEdgesLaw()}
}

// cutsCase is a case of the fixtures in the types of the reference.
type cutsCase struct {
	fixtures.CutsCase
	row  []float32
	how  reference.Sampling
	edge bool // only a careful sampler has it right: a comparison within rounding, numbers that float32 does not tell apart, or a setting without its step
}

var decodedCuts = sync.OnceValue(func() []cutsCase {
	var all []cutsCase
	for _, c := range fixtures.Cuts() {
		how := reference.Sampling{Temperature: float64(c.Settings.Temperature), TopK: c.Settings.TopK, TopP: float64(c.Settings.TopP), MinP: float64(c.Settings.MinP)}
		made := cutsCase{CutsCase: c, row: c.Logits.Row(), how: how, edge: slices.Contains(c.Flags, "cut-absent")}
		if c.Result != fixtures.Invalid {
			by := conventionOf(c.Convention)
			made.edge = !(float64(c.Margin) > accuracy.SlackOfCuts(verdict.Must, by, made.row, how)) ||
				how.TopP > 0 && how.TopP < 0x1p-126 || how.MinP > 0 && how.MinP < 0x1p-126 ||
				how.Temperature > 0 && how.Temperature < 0x1p-126 || blurred(made.row)
		}
		all = append(all, made)
	}
	return all
})

// blurred says whether two logits are so near that float32 arithmetic may make them equal.
func blurred(row []float32) bool {
	sorted := slices.DeleteFunc(slices.Clone(row), isMasked)
	slices.Sort(sorted)
	largest := math.Max(math.Abs(float64(sorted[0])), math.Abs(float64(sorted[len(sorted)-1])))
	for i := 1; i < len(sorted); i++ {
		if gap := float64(sorted[i]) - float64(sorted[i-1]); gap > 0 && gap < largest*0x1p-20 {
			return true
		}
	}
	return false
}

func conventionOf(c fixtures.Convention) reference.Convention {
	by := reference.Convention{TiesAtK: c.TiesAtK, TiesAtP: c.TiesAtP, AtMost: c.AtMost, OriginalMass: c.OriginalMass, GreedyBelow: float64(c.GreedyBelow)}
	steps := map[fixtures.Step]reference.Step{fixtures.Temper: reference.Temper, fixtures.TopK: reference.TopK, fixtures.TopP: reference.TopP, fixtures.MinP: reference.MinP}
	for _, step := range c.Order {
		by.Order = append(by.Order, steps[step])
	}
	return by
}

// sameConvention compares conventions apart from their names.
func sameConvention(a, b reference.Convention) bool {
	return slices.Equal(a.Order, b.Order) && a.TiesAtK == b.TiesAtK && a.TiesAtP == b.TiesAtP &&
		a.AtMost == b.AtMost && a.OriginalMass == b.OriginalMass && a.GreedyBelow == b.GreedyBelow
}

// casesOf are those of the sampler's convention.
func casesOf(s reference.Sampler, edge bool) []cutsCase {
	return slices.DeleteFunc(slices.Clone(decodedCuts()), func(c cutsCase) bool {
		return c.edge != edge || !sameConvention(conventionOf(c.Convention), s.Convention)
	})
}

// exactly is the part of samplers whose convention has cases.
func exactly(edge bool) part[reference.Sampler] {
	return part[reference.Sampler]{
		words: "Sampler.Keep or LogProbs, of a convention with exact cases",
		provided: func(s reference.Sampler) bool {
			return (s.Keep != nil || s.LogProbs != nil) && declared(s) && len(casesOf(s, edge)) > 0
		},
	}
}

// cases is a law's input: all those of one kind.
type cases bool

func (c cases) String() string { return "the cases of the sampler's convention" }

func samplerExactLaw() Law {
	return law[reference.Sampler, cases]{
		id:        "Sampler/Exact",
		claim:     "the cases of the fixtures that are of the declared convention have the exact support, up to the choice among equal logits, log-probabilities within the bound of Must, and bad ones an error",
		source:    "fixtures: computed in 576 bits",
		of:        exactly(false),
		witnesses: []cases{false},
		judge:     func(s reference.Sampler, edge cases) error { return hasExactCases(s, bool(edge)) },
		measure:   func(s reference.Sampler) string { return times(len(casesOf(s, false)), "case") },
	}.erased()
}

func samplerExactEdgesLaw() Law {
	return law[reference.Sampler, cases]{
		id:        "Sampler/ExactEdges",
		claim:     "the same cases where a mass is exactly P, where P, m or T leaves the normal range of float32, where logits are a few float32 apart, or where a setting's step is none of the convention's",
		source:    "fixtures: computed in 576 bits",
		level:     verdict.Should,
		of:        exactly(true),
		witnesses: []cases{true},
		judge:     func(s reference.Sampler, edge cases) error { return hasExactCases(s, bool(edge)) },
		measure:   func(s reference.Sampler) string { return times(len(casesOf(s, true)), "case") },
	}.erased()
}

func hasExactCases(s reference.Sampler, edge bool) error {
	for _, c := range casesOf(s, edge) {
		if edge && c.Margin > 0 && float64(c.Margin) <= accuracy.SlackOfCuts(verdict.Should, s.Convention, c.row, c.how) {
			continue
		}
		if err := hasExactCase(s, c); err != nil {
			return fmt.Errorf("case %s (%v), %s, logits %s: %w", c.ID, c.Flags, settingsOf(c.how), brief(c.row), err)
		}
	}
	return nil
}

func hasExactCase(s reference.Sampler, c cutsCase) error {
	b := served(c.how, c.row...)
	if s.Keep != nil {
		kept, err := keptOf(s, b)
		if err := c.judgeKept(kept, err); err != nil {
			return fmt.Errorf("%s: %w", samplerKeep.words, err)
		}
	}
	if s.LogProbs == nil {
		return nil
	}
	tokens := []int{0}
	if c.Result != fixtures.Invalid {
		tokens = nil
		for _, want := range c.LogProbs {
			tokens = append(tokens, want.Token)
		}
	}
	logp, err := cutLogProbsOf(s, c.row, c.how, tokens)
	if (c.Result == fixtures.Invalid) != (err != nil) {
		return fmt.Errorf("%s: %s", samplerLogProbs.words, said(err))
	}
	if err != nil {
		return nil
	}
	slack := accuracy.Slack(verdict.Must, c.row, c.how.Temperature)
	for i, want := range c.LogProbs {
		open := slices.Contains(c.Ties, want.Token) || c.how.Temperature == 0
		if accuracy.Near(logp[i], float64(want.Value), slack) || open && (math.IsInf(logp[i], -1) || c.chosenAmong(logp[i], slack)) {
			continue
		}
		return fmt.Errorf("%s: log p(%d) = %v, exactly %v", samplerLogProbs.words, want.Token, logp[i], float64(want.Value))
	}
	return nil
}

// chosenAmong says whether a log-probability is that of some token that ties.
func (c cutsCase) chosenAmong(logp, slack float64) bool {
	return slices.ContainsFunc(c.LogProbs, func(other fixtures.Answer) bool {
		return slices.Contains(c.Ties, other.Token) && accuracy.Near(logp, float64(other.Value), slack)
	})
}

func (c cutsCase) judgeKept(kept [][]bool, err error) error {
	switch {
	case c.Result == fixtures.Invalid && err == nil:
		return fmt.Errorf("answered instead of refused with %s", c.Error)
	case c.Result == fixtures.Invalid:
		return nil
	case err != nil:
		return err
	}
	count := 0
	for v, in := range kept[0] {
		want := slices.Contains(c.Kept, v)
		if in {
			count++
		}
		if in != want && !slices.Contains(c.Ties, v) {
			return fmt.Errorf("token %d: kept %v, want %v", v, in, want)
		}
	}
	if takenFor(conventionOf(c.Convention), c.how.Temperature) == 0 && count > 1 && len(c.Ties) > 0 {
		return nil // the mass may be shared by the largest logits
	}
	if count != len(c.Kept) {
		return fmt.Errorf("%s kept, want %d", times(count, "token"), len(c.Kept))
	}
	return nil
}
