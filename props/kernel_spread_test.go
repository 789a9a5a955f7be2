package props

import (
	"math"
	"slices"
	"testing"

	"temper/props/accuracy"
	"temper/reference"
)

func TestInputsOfSpreadLawsReachEveryClass(t *testing.T) {
	count(offsetRows(), func(b batch) []string {
		row, t := b.row(), b.temperature
		classes := append(classesOfBatch(b), classesOfOffset(row, t)...)
		if len(row) > 2048 {
			classes = append(classes, "vocabulary of more than a chunk")
		}
		return classes
	}).atLeast(t, map[string]float64{
		"ties for the largest": 0.3, "ties of ten and more": 0.1, "largest logit first": 0.02, "largest logit last": 0.01,
		"no mask": 0.3, "leading mask": 0.04, "trailing mask": 0.04, "scattered mask": 0.04, "all but one masked": 0.04,
		"vocabulary 1": 0.03, "vocabulary 2": 0.03, "vocabulary of more than a chunk": 0.03,
		"T below 0.01": 0.3, "T above 100": 0.1,

		"offset below 0": 0.1, "offset above 0": 0.2,
		"offset of 1e3 units of spread": 0.4, "offset of 1e9 units of spread": 0.1, "offset of 1e18 units of spread": 0.1,
		"several tokens share the mass": 0.3, "a gap of the order of T, far from 0": 0.05,

		"x/T − log Σ is wrong in float64": 0.1, "x/T − log Σ is wrong in float32": 0.3,
	})
}

// classesOfOffset says how far from 0 the logits over T lie, in units of what they
// differ by, and whether a log-sum-exp that is subtracted last is seen to be wrong.
func classesOfOffset(row []float32, t float64) []string {
	var classes []string
	add := func(class string, belongs bool) {
		if belongs {
			classes = append(classes, class)
		}
	}
	largest, modes, shares := slices.Max(row), 0, 0
	for v, logp := range accuracy.ExactLogProbs(row, t) {
		if row[v] == largest {
			modes++
		}
		if logp > -10 {
			shares++
		}
	}
	relative := math.Abs(float64(largest)) / t / accuracy.ScaleOfToken(largest, largest, len(row), t)
	add("ties of ten and more", modes >= 10)
	add("offset above 0", largest > 0 && relative > 1e3)
	add("offset below 0", largest < 0 && relative > 1e3)
	add("offset of 1e3 units of spread", relative > 1e3)
	add("offset of 1e9 units of spread", relative > 1e9)
	add("offset of 1e18 units of spread", relative > 1e18)
	add("several tokens share the mass", shares > 1)
	add("a gap of the order of T, far from 0", shares > modes && relative > 1e3)
	wide := cancelling(func(x float64) float64 { return x })
	narrow := cancelling(func(x float64) float64 { return float64(float32(x)) })
	b := one(t, row...)
	add("x/T − log Σ is wrong in float64", logProbsSpread(wide, b) != nil)
	add("x/T − log Σ is wrong in float32", logProbsSpread(narrow, b) != nil)
	return classes
}

// cancelling subtracts the exact log-sum-exp last, both numbers rounded.
func cancelling(round func(float64) float64) reference.Kernels {
	return reference.Kernels{LogProbs: func(dst []float64, logits []float32, tokens []int, t float64) error {
		row := logits[:len(logits)/len(dst)]
		lse := round(accuracy.ExactLogSumExp(row, t))
		for r, token := range tokens {
			if dst[r] = float64(row[token]); !isMasked(row[token]) {
				dst[r] = round(float64(row[token])/t) - lse
			}
		}
		return nil
	}}
}

func TestInputsOfSpreadLawsNeverLeaveTheDomain(t *testing.T) {
	inputs := offsetRows()
	for seed := range drawn {
		if b := inputs.Example(seed); !insideContract(b) || b.temperature == 0 {
			t.Fatalf("seed %d: %v", seed, b)
		}
	}
	for _, b := range offsetWitnesses() {
		if !insideContract(b) || b.temperature == 0 {
			t.Fatal(b)
		}
	}
}

// Where the log-sum-exp is subtracted last, log p is wrong by the rounding of numbers
// as large as the offset. A bound that grows with the offset does not show it.
func TestTheUnitOfTheRowIsBlindToAnOffset(t *testing.T) {
	wide := cancelling(func(x float64) float64 { return x })
	for _, b := range []batch{one(1, 1e20, 1e20), one(1e-12, 20, 20, 5)} {
		if err := logProbsNormalised(wide, b); err != nil {
			t.Errorf("the unit of the row: %v", err)
		}
		if err := logProbsSpread(wide, b); err == nil {
			t.Errorf("the unit of the token saw nothing in %v", b)
		}
	}
}
