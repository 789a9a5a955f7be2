package props

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"temper/props/accuracy"
	"temper/props/verdict"
	"temper/reference"
)

// allowance is what a correct sampler may keep of one row. Equal logits are one class,
// of which any tokens may be chosen: only how many is settled. The tokens between least
// and most are the free band, which rounding decides.
type allowance struct {
	class       []int  // of each token, −1 for a masked one
	size        []int  // of each class
	least, most []int  // how many of each class are kept
	fewest, all int    // how many tokens are kept
	by          string // whose convention that is
	fewer, more []bool
}

// allowanceOf is what the convention that the sampler declares allows, and of a sampler
// that declares none what some convention does.
func allowanceOf(s reference.Sampler, row []float32, how reference.Sampling) (allowance, error) {
	if !declared(s) {
		return allowanceOfAny(row, how)
	}
	return allowanceBy(s.Convention, row, how, accuracy.SlackOfCuts(verdict.Must, s.Convention, row, how))
}

func allowanceBy(c reference.Convention, row []float32, how reference.Sampling, slack float64) (allowance, error) {
	a := classesOf(row)
	a.by = c.Name
	var err error
	if a.fewer, a.more, err = c.Band(row, how, slack); err != nil {
		return a, fmt.Errorf("there is no exact law: %w", err)
	}
	a.fewest, a.all = max(1, countOf(a.fewer)), countOf(a.more)
	switch t := takenFor(c, how.Temperature); {
	case t == 0: // one token of the largest logit, or those equal to it
		top := a.class[slices.Index(a.fewer, true)]
		a.least[top], a.most[top], a.all = 1, a.size[top], a.size[top]
	case math.IsInf(t, 1) && !a.settled(c, how):
		return a, a.hot(c, row, how, slack)
	default:
		a.take(a.fewer, a.least)
		a.take(a.more, a.most)
	}
	return a, nil
}

// takenFor is the temperature that a convention takes T for.
func takenFor(c reference.Convention, t float64) float64 {
	if t < c.GreedyBelow {
		return 0
	}
	return t
}

// settled says whether no cut that is on comes after the temperature.
func (a allowance) settled(c reference.Convention, how reference.Sampling) bool {
	at := slices.Index(c.Order, reference.Temper)
	return !slices.ContainsFunc(c.Order[at+1:], func(step reference.Step) bool {
		return accuracy.ComparesMass(step, how) || step == reference.TopK && how.TopK > 0
	})
}

// hot is for T = +Inf before a cut: what earlier cuts leave is all alike.
func (a *allowance) hot(c reference.Convention, row []float32, how reference.Sampling, slack float64) error {
	c.Order = append(slices.Clone(c.Order[:slices.Index(c.Order, reference.Temper)]), reference.Temper)
	for _, step := range []reference.Step{reference.TopK, reference.TopP, reference.MinP} {
		if !slices.Contains(c.Order, step) {
			how = turnedOff(how, step)
		}
	}
	_, before, err := c.Band(row, how, slack)
	a.take(before, a.most)
	return err
}

func classesOf(row []float32) allowance {
	a, of := allowance{class: make([]int, len(row))}, map[float32]int{}
	for v, x := range row {
		if isMasked(x) {
			a.class[v] = -1
			continue
		}
		c, ok := of[x]
		if !ok {
			c = len(of)
			of[x], a.size = c, append(a.size, 0)
		}
		a.class[v] = c
		a.size[c]++
	}
	a.least, a.most = make([]int, len(of)), make([]int, len(of))
	return a
}

func (a allowance) take(marked []bool, count []int) {
	clear(count)
	for v, in := range marked {
		if in {
			count[a.class[v]]++
		}
	}
}

func countOf(marked []bool) int {
	n := 0
	for _, in := range marked {
		if in {
			n++
		}
	}
	return n
}

// allowanceOfAny is from the fewest tokens that a convention keeps of each class to the
// most, over every order of the steps.
func allowanceOfAny(row []float32, how reference.Sampling) (allowance, error) {
	a := classesOf(row)
	a.by = "every convention"
	if math.IsInf(how.Temperature, 1) {
		a.fewest, a.all = 1, len(row)
		copy(a.most, a.size)
		return a, nil
	}
	copy(a.least, a.size)
	a.fewest = len(row)
	if how.TopP == 1 {
		how.TopP = 0
	}
	extremes := []reference.Convention{{}, {TiesAtK: true, TiesAtP: true, AtMost: true}}
	if how.TopP > 0 && how.TopP < 1 {
		extremes = append(extremes, reference.Convention{OriginalMass: true},
			reference.Convention{OriginalMass: true, TiesAtK: true, TiesAtP: true, AtMost: true})
	}
	if how.Temperature <= 1e-4 {
		extremes = append(extremes, reference.Convention{GreedyBelow: 1}) // some take it for 0
	}
	for _, order := range orders(how) {
		for _, c := range extremes {
			c.Order = order
			by, err := allowanceBy(c, row, how, accuracy.SlackOfCuts(verdict.Must, c, row, how))
			if err != nil {
				return a, err
			}
			a.fewest, a.all = min(a.fewest, by.fewest), max(a.all, by.all)
			for class := range a.size {
				a.least[class], a.most[class] = min(a.least[class], by.least[class]), max(a.most[class], by.most[class])
			}
		}
	}
	return a, nil
}

// orders lists the permutations of the steps that are on, T, k, P, m first.
func orders(how reference.Sampling) [][]reference.Step {
	var on []reference.Step
	for step, set := range []bool{how.Temperature != 1, how.TopK > 0, how.TopP > 0 && how.TopP < 1, how.MinP > 0} {
		if set {
			on = append(on, reference.Step(step))
		}
	}
	made := [][]reference.Step{{}}
	for _, step := range on {
		var longer [][]reference.Step
		for _, order := range made {
			for at := len(order); at >= 0; at-- {
				longer = append(longer, slices.Insert(slices.Clone(order), at, step))
			}
		}
		made = longer
	}
	return made
}

// free is how many tokens are in the free band.
func (a allowance) free() int { return a.all - a.fewest }

// decided says whether it is settled how many tokens of each class are kept.
func (a allowance) decided() bool { return slices.Equal(a.least, a.most) }

// whole says whether no class is kept in part.
func (a allowance) whole() bool {
	for c, n := range a.most {
		if n != 0 && n != a.size[c] {
			return false
		}
	}
	return a.decided()
}

// may says whether the token can be kept, must whether it has to be.
func (a allowance) may(v int) bool { return a.class[v] >= 0 && a.most[a.class[v]] > 0 }

func (a allowance) must(v int) bool {
	return a.class[v] >= 0 && a.least[a.class[v]] == a.size[a.class[v]]
}

// judge says what is wrong with a support.
func (a allowance) judge(row []float32, kept []bool) error {
	counts := make([]int, len(a.size))
	for v, in := range kept {
		switch {
		case in && a.class[v] < 0:
			return fmt.Errorf("token %d is kept, which is masked", v)
		case in:
			counts[a.class[v]]++
		}
	}
	for v, c := range a.class {
		if c < 0 || counts[c] >= a.least[c] && counts[c] <= a.most[c] {
			continue
		}
		return a.misses(row, v, counts[c])
	}
	if n := countOf(kept); n < a.fewest || n > a.all {
		return fmt.Errorf("%s keeps %s tokens; %s kept", a.who(), fromTo(a.fewest, a.all), were(n))
	}
	return nil
}

// who keeps so many.
func (a allowance) who() string { return cmp.Or(a.by, "the convention") }

// misses says that of the tokens equal to token v another number is kept than allowed.
func (a allowance) misses(row []float32, v, kept int) error {
	c := a.class[v]
	switch {
	case a.size[c] > 1:
		return fmt.Errorf("%s keeps %s of the %d tokens with the logit %v; %s kept", a.who(), fromTo(a.least[c], a.most[c]), a.size[c], row[v], were(kept))
	case kept > 0:
		return fmt.Errorf("%s cuts token %d, with the logit %v; it was kept", a.who(), v, row[v])
	}
	return fmt.Errorf("%s keeps token %d, with the logit %v; it was cut", a.who(), v, row[v])
}

// were is so many, as the subject of a sentence.
func were(n int) string {
	switch n {
	case 0:
		return "none was"
	case 1:
		return "1 was"
	}
	return fmt.Sprintf("%d were", n)
}

func times(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func fromTo(least, most int) string {
	if least == most {
		return fmt.Sprint(least)
	}
	return fmt.Sprintf("%d to %d", least, most)
}

// freeBand says how much of the surveyed rows the convention leaves free: a law that
// leaves everything free proves nothing.
func freeBand(s reference.Sampler) string {
	const cold = 1e-3
	var free, rows [2]float64 // at ordinary temperatures, and at those below cold
	kept := 0.0
	for _, b := range everyPair(1) {
		b = b.askable(s)
		for r, row := range b.rows {
			a, err := allowanceOf(s, row, b.how[r])
			if err != nil {
				return err.Error()
			}
			i := 0
			if t := b.how[r].Temperature; t > 0 && t < cold {
				i = 1
			}
			rows[i]++
			free[i] += float64(a.free())
			kept += float64(a.all)
		}
	}
	return fmt.Sprintf("the free band has %.3f tokens of a row on average, of %.1f that can be kept, and %.1f at T below %v, where the bound is nats wide",
		free[0]/rows[0], kept/(rows[0]+rows[1]), free[1]/rows[1], cold)
}

// annealedBy is log p of a row of which only the marked tokens are kept; one token has
// all mass where T is taken for 0.
func annealedBy(row []float32, marked []bool, temperature float64) []float64 {
	cut := slices.Clone(row)
	for v := range cut {
		if !marked[v] {
			cut[v] = float32(math.Inf(-1))
		}
	}
	return accuracy.ExactLogProbs(cut, temperature)
}
