package props

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"temper/props/accuracy"
	"temper/props/operation"
	"temper/reference"

	"pgregory.net/rapid"
)

// drawn is how many inputs the shares below are counted over.
const drawn = 2000

// census counts which classes inputs belong to.
type census map[string]int

// count counts inputs 0, 1, … of a generator.
func count[I any](inputs *rapid.Generator[I], classes func(I) []string) census {
	c := census{}
	for seed := range drawn {
		for _, class := range classes(inputs.Example(seed)) {
			c[class]++
		}
	}
	return c
}

// atLeast asks for a share of every class; what is asked is well below what a
// class has, so that a change of the generators shows only where it matters.
func (c census) atLeast(t *testing.T, shares map[string]float64) {
	t.Helper()
	for class, share := range shares {
		if got := float64(c[class]) / drawn; got < share {
			t.Errorf("%s: %.2f %% of the inputs, want %.2g %% at least", class, 100*got, 100*share)
		}
	}
}

func TestInputsOfKernelLawsReachEveryClass(t *testing.T) {
	count(mustDomain.one(), classesOfBatch).atLeast(t, map[string]float64{
		"T = 0": 0.05, "T = +Inf": 0.02, "T = 1": 0.01, "T just above 1": 0.01,
		"T below 1": 0.25, "T above 1": 0.25, "T off the grid of 0.001": 0.3,
		"T at an end of the domain": 0.05, "T below 0.01": 0.03, "T above 100": 0.03,

		"no mask": 0.3, "leading mask": 0.04, "trailing mask": 0.04, "scattered mask": 0.05, "all but one masked": 0.05,

		"largest logit first": 0.1, "largest logit last": 0.05, "largest logit between": 0.2, "ties for the largest": 0.08,
		"all logits below 0": 0.08, "a logit of exactly 0": 0.1,

		"vocabulary 1": 0.05, "vocabulary 2": 0.05, "vocabulary at a vector width": 0.03,
		"vocabulary just below a vector width": 0.03, "vocabulary just above a vector width": 0.03, "vocabulary of 1000 and more": 0.01,

		"beyond exp in float32": 0.1, "all far below 0": 0.03, "gaps below 1e-4 at T": 0.03, "log p below −100": 0.1,
	})
}

func TestInputsOfRowLawsHaveSeveralRowsOfDifferentScale(t *testing.T) {
	count(mustDomain.rows(6), func(b batch) []string {
		classes := []string{fmt.Sprintf("%d rows", len(b.rows))}
		if len(b.rows) > 1 && math.Abs(float64(slices.Max(b.rows[0])-slices.Max(b.rows[1]))) > 80*math.Max(b.temperature, 1e-30) {
			classes = append(classes, "maxima of neighbours further apart than exp reaches")
		}
		return classes
	}).atLeast(t, map[string]float64{
		"1 rows": 0.05, "2 rows": 0.05, "3 rows": 0.05, "4 rows": 0.05, "5 rows": 0.05, "6 rows": 0.05,
		"maxima of neighbours further apart than exp reaches": 0.1,
	})
}

// classesOfBatch names what is special about the first row of an input.
func classesOfBatch(b batch) []string {
	classes := append(classesOfTemperature(b.temperature), classOfMask(b.row()))
	classes = append(classes, classesOfVocabulary(len(b.row()))...)
	return append(classes, classesOfLogits(b.row(), b.temperature)...)
}

func classesOfTemperature(t float64) []string {
	var classes []string
	add := func(class string, belongs bool) {
		if belongs {
			classes = append(classes, class)
		}
	}
	finite := t > 0 && !math.IsInf(t, 1)
	add("T = 0", t == 0)
	add("T = +Inf", math.IsInf(t, 1))
	add("T = 1", t == 1)
	add("T just above 1", t == math.Nextafter(1, 2))
	add("T below 1", finite && t < 1)
	add("T above 1", finite && t > 1)
	add("T below 0.01", finite && t < 0.01)
	add("T above 100", finite && t > 100)
	add("T off the grid of 0.001", finite && t > 0.01 && t < 100 && math.Abs(t*1000-math.Round(t*1000)) > 0.01)
	add("T at an end of the domain", t == mustDomain.coldest || t == mustDomain.hottest)
	return classes
}

func classOfMask(row []float32) string {
	support := 0
	for _, x := range row {
		if !isMasked(x) {
			support++
		}
	}
	first := slices.IndexFunc(row, func(x float32) bool { return !isMasked(x) })
	switch {
	case support == len(row):
		return "no mask"
	case support == 1:
		return "all but one masked"
	case support == len(row)-first:
		return "leading mask"
	case first == 0 && !slices.ContainsFunc(row[:support], isMasked):
		return "trailing mask"
	}
	return "scattered mask"
}

func classesOfVocabulary(vocab int) []string {
	var classes []string
	if vocab <= 2 {
		classes = append(classes, fmt.Sprintf("vocabulary %d", vocab))
	}
	if vocab >= 1000 {
		classes = append(classes, "vocabulary of 1000 and more")
	}
	switch {
	case vocab < 8:
	case vocab%8 == 0:
		classes = append(classes, "vocabulary at a vector width")
	case vocab%8 == 1:
		classes = append(classes, "vocabulary just above a vector width")
	case vocab%8 == 7:
		classes = append(classes, "vocabulary just below a vector width")
	}
	return classes
}

func classesOfLogits(row []float32, t float64) []string {
	var classes []string
	add := func(class string, belongs bool) {
		if belongs {
			classes = append(classes, class)
		}
	}
	order := descending(row)
	largest := float64(row[order[0]])
	add("a logit of exactly 0", slices.Contains(row, 0))
	add("all logits below 0", largest < 0)
	if len(row) > 1 {
		second := float64(row[order[1]])
		tied := second == largest
		add("ties for the largest", tied)
		add("largest logit first", !tied && order[0] == 0)
		add("largest logit last", !tied && order[0] == len(row)-1)
		add("largest logit between", !tied && order[0] > 0 && order[0] < len(row)-1)
		if t > 0 {
			gap := (largest - second) / t
			add("gaps below 1e-4 at T", gap > 0 && gap < 1e-4)
			add("log p below −100", slices.ContainsFunc(accuracy.ExactLogProbs(row, t), func(logp float64) bool { return logp < -100 && !math.IsInf(logp, -1) }))
		}
	}
	if t > 0 {
		add("beyond exp in float32", largest/t > 88.72)
		add("all far below 0", largest/t < -104)
	}
	return classes
}

// The Must laws promise to ask for nothing outside the contract's domain: what is
// asked there, everyone has to answer.
func TestInputsOfMustLawsNeverLeaveTheDomain(t *testing.T) {
	for name, d := range map[string]domain{
		"mustDomain": mustDomain, "mustAbove0": mustAbove0, "inner": inner, "ordinary": ordinary,
		"zero": zero, "infinite": infinite, "drawable": drawable,
	} {
		t.Run(name, func(t *testing.T) {
			inputs := d.rows(3)
			for seed := range drawn {
				if b := inputs.Example(seed); !insideContract(b) {
					t.Fatalf("seed %d: %v", seed, b)
				}
			}
		})
	}
}

// insideContract says that every row of an input has an answer, at a temperature
// that everyone answers, in numbers that everyone can hold.
func insideContract(b batch) bool {
	t := b.temperature
	if !(t == 0 || t >= 1e-30 && t <= 1e30 || math.IsInf(t, 1)) {
		return false
	}
	for _, row := range b.rows {
		if reference.CheckRow(row) != nil {
			return false
		}
		for _, x := range row {
			if !isMasked(x) && !(math.Abs(float64(x)) <= 1e37) {
				return false
			}
			if t > 0 && !isMasked(x) && !(math.Abs(float64(x))/t <= 1e37) {
				return false
			}
		}
	}
	return true
}

func TestBadRowsAreBadInEveryPlaceAndEveryWay(t *testing.T) {
	defects := append(operation.LogProbs.Defects(), operation.Uniforms.Defects()...)
	wanted := map[string]float64{"first row": 0.1, "last row": 0.1, "between": 0.1, "first logit": 0.1, "last logit": 0.1, "inner logit": 0.1}
	for _, d := range defects {
		wanted[d.Name] = 0.03
	}
	count(spoiling(mustDomain.rows(5), defects), func(s spoiled) []string {
		return []string{s.defect.Name, place(s.row, len(s.rows), "row"), place(s.at, len(s.batch.row()), "logit")}
	}).atLeast(t, wanted)
}

// place names an index of several; of one alone it is all places at once.
func place(i, n int, what string) string {
	switch {
	case n == 1:
		return "the only " + what
	case i == 0:
		return "first " + what
	case i == n-1:
		return "last " + what
	case what == "row":
		return "between"
	}
	return "inner " + what
}

func TestWalksReachEveryDepth(t *testing.T) {
	model := knownModels(1)[0]
	wanted := map[string]float64{}
	for depth := range 13 {
		wanted[fmt.Sprintf("%d tokens", depth)] = 0.02
	}
	count(walks(), func(w walk) []string { return []string{fmt.Sprintf("%d tokens", len(w.prefix(model)))} }).atLeast(t, wanted)
}

func TestPassagesReachEveryCutAndEveryModel(t *testing.T) {
	wanted := map[string]float64{
		"empty prompt": 0.05, "empty completion": 0.05, "one-token completion": 0.05, "both": 0.2,
		"ends": 0.02, "ends at the first token": 0.005, "10 tokens and more": 0.05,
	}
	for _, m := range knownModels(1) {
		wanted[m.name] = 0.1
	}
	count(passages(), func(p passage) []string {
		classes := []string{p.model.name}
		completion := len(p.sequence) - p.cut
		switch {
		case completion == 0:
			classes = append(classes, "empty completion")
		case p.cut == 0:
			classes = append(classes, "empty prompt")
		default:
			classes = append(classes, "both")
		}
		if completion == 1 {
			classes = append(classes, "one-token completion")
		}
		if at := slices.Index(p.sequence, p.model.end); at >= 0 {
			classes = append(classes, "ends")
			if at == 0 {
				classes = append(classes, "ends at the first token")
			}
		}
		if len(p.sequence) >= 10 {
			classes = append(classes, "10 tokens and more")
		}
		return classes
	}).atLeast(t, wanted)
}

func TestErrandsReachEveryPromptLimitAndTemperature(t *testing.T) {
	wanted := map[string]float64{"empty prompt": 0.15, "a prompt": 0.4, "limit 0": 0.1, "limit 1": 0.1, "a longer limit": 0.3, "a model with end": 0.1, "a model without end": 0.4}
	temperatures := []float64{0, 0.3, 0.7, 1, 1.7, math.Inf(1)}
	for _, temperature := range temperatures {
		wanted[fmt.Sprintf("T = %v", temperature)] = 0.1
	}
	for _, m := range knownModels(1) {
		wanted[m.name] = 0.1
	}
	count(errands(temperatures...), func(e errand) []string {
		classes := []string{e.model.name, fmt.Sprintf("T = %v", e.temperature)}
		if len(e.prompt) == 0 {
			classes = append(classes, "empty prompt")
		} else {
			classes = append(classes, "a prompt")
		}
		if e.limit < 2 {
			classes = append(classes, fmt.Sprintf("limit %d", e.limit))
		} else {
			classes = append(classes, "a longer limit")
		}
		if e.model.end >= 0 {
			return append(classes, "a model with end")
		}
		return append(classes, "a model without end")
	}).atLeast(t, wanted)
}
