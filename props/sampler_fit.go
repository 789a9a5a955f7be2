package props

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"temper/props/accuracy"
	"temper/props/verdict"
	"temper/reference"
)

// findingRow is one question of FindConvention.
type findingRow struct {
	row []float32
	how reference.Sampling
}

// findingRows are the rows that tell conventions apart, exact rows, and then rows of many
// settings that every engine decides.
func findingRows(s reference.Sampler) []findingRow {
	most, sampling := 120, s.Keep == nil && s.LogProbs == nil
	if sampling {
		most = 30 // each is asked with several uniform numbers
	}
	r := rand.New(rand.NewPCG(1, 24))
	var rows []findingRow
	for _, row := range apart {
		rows = append(rows, findingRow{tellingRow(row.numbers, row.logits, r), row.how})
	}
	for _, j := range []int{1, 3} {
		rows = append(rows, findingRow{equalAmongMasks(1 << j).row, reference.Sampling{Temperature: 1, TopP: 0.5}})
	}
	for len(rows) < most {
		classes := anyClasses(r)
		classes[rowsFactor], classes[vocabFactor] = 0, len(rows)%2
		classes[kFactor], classes[pFactor], classes[mFactor] = []int{0, 2}[r.IntN(2)], []int{0, 2}[r.IntN(2)], []int{0, 2}[r.IntN(2)]
		classes[temperatureFactor] = 2 + r.IntN(4)
		if b := newServing(classes, r.Uint64()); decidedByAll(b.rows[0], b.how[0]) {
			rows = append(rows, findingRow{b.rows[0], b.how[0]})
		}
	}
	return rows
}

// decidedByAll says whether no order of the steps leaves a free band.
func decidedByAll(row []float32, how reference.Sampling) bool {
	for _, order := range orders(how) {
		for _, original := range []bool{false, true} {
			c := reference.Convention{Order: order, OriginalMass: original}
			a, err := allowanceBy(c, row, how, accuracy.SlackOfCuts(verdict.Must, c, row, how))
			if err != nil || a.free() > 0 {
				return false
			}
		}
	}
	return true
}

// fitting is a convention of these steps that agrees with every answer.
func fitting(has map[reference.Step]bool, asked []seen) *reference.Convention {
	on := reference.Sampling{Temperature: 1}
	for step, set := range map[reference.Step]func(){
		reference.Temper: func() { on.Temperature = 0.5 }, reference.TopK: func() { on.TopK = 1 },
		reference.TopP: func() { on.TopP = 0.5 }, reference.MinP: func() { on.MinP = 0.5 },
	} {
		if has[step] {
			set()
		}
	}
	for _, below := range []float64{0, 1e-6, 1e-5, 1e-4} {
		for _, order := range orders(on) {
			for flags := range 16 {
				c := reference.Convention{
					Order: order, TiesAtK: flags&1 > 0, OriginalMass: flags&2 > 0, AtMost: flags&4 > 0, TiesAtP: flags&8 > 0, GreedyBelow: below,
				}
				if !slices.ContainsFunc(asked, func(o seen) bool { return o.judge(c) != nil }) {
					c.Name = describe(c)
					return &c
				}
			}
		}
	}
	return nil
}

// describe is a convention in words.
func describe(c reference.Convention) string {
	var steps []string
	for _, step := range c.Order {
		steps = append(steps, step.String())
	}
	words := "the order " + strings.Join(steps, ", ")
	for _, property := range []struct {
		has        bool
		yes, not   string
		concerning reference.Step
	}{
		{c.TiesAtK, "ties at k kept", "exactly k", reference.TopK},
		{c.TiesAtP, "top-p by value", "top-p by order", reference.TopP},
		{c.AtMost, "M ≤ P", "M < P", reference.TopP},
		{c.OriginalMass, "M of all tokens", "M of what is left", reference.TopP},
		{c.GreedyBelow > 0, fmt.Sprintf("greedy below %v", c.GreedyBelow), "greedy at 0 alone", reference.Temper},
	} {
		switch {
		case !slices.Contains(c.Order, property.concerning):
		case property.has:
			words += ", " + property.yes
		default:
			words += ", " + property.not
		}
	}
	return words
}
