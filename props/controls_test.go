package props_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"temper/props"
	"temper/props/verdict"
	"temper/reference"
)

// TestCorrectImplementationsOfEveryStyleKeepEveryMustLaw guards against false
// alarms: a suite that catches bugs is of use only if it lets pass whatever is
// right, however it is written. The controls differ in method, in precision and
// in what they provide; none was made to suit a law. Here every control is held to an
// eighth of the laws, so that every law meets an eighth of the controls; the campaign
// holds each control to all of them.
func TestCorrectImplementationsOfEveryStyleKeepEveryMustLaw(t *testing.T) {
	if testing.Short() {
		t.Skip("slow")
	}
	for i, control := range allControls() {
		t.Run(control.name, func(t *testing.T) {
			t.Parallel()
			opts := append(control.share(i, 8), props.Inputs(30), props.Seed(1))
			if err := falseAlarms(control.check(opts...)); err != nil {
				t.Error(err)
			}
		})
	}
}

// slowLaws take more time than all others together.
var slowLaws = []string{
	"Draw/Survey", "Draw/Uniform", "LogSumExp/Lengths", "LogProbs/Lengths", "Anneal/Lengths", "Sample/Lengths", "Sample/Exact",
}

// falseAlarms lists the Must laws that a report on a correct implementation finds
// broken.
func falseAlarms(report verdict.Report) error {
	err := report.Err()
	if errors.Is(err, verdict.ErrSkipped) && !errors.Is(err, verdict.ErrBroken) {
		err = nil
	}
	for _, result := range report.Results {
		if result.Status == verdict.Broken && result.Level == verdict.Must {
			err = fmt.Errorf("%w\n%s: %s", err, result.ID, result.Detail)
		}
	}
	return err
}

// A control is a correct implementation in a style of its own, with the suite that it is
// held to.
type control struct {
	suite, name string
	check       func(opts ...props.Option) verdict.Report
}

// share leaves out all laws but one of so many, another share for each number.
func (c control) share(number, of int) []props.Option {
	return without(c.suite, "the campaign's", func(law props.Law) bool {
		place := 0
		for _, letter := range law.ID {
			place = 31*place + int(letter)
		}
		return (place+number)%of != 0
	})
}

// allControls are those of every suite.
func allControls() []control {
	var all []control
	for _, k := range controls() {
		all = append(all, control{"Kernels", k.Name, func(opts ...props.Option) verdict.Report { return props.CheckKernels(k, opts...) }})
	}
	for _, s := range cutControls() {
		all = append(all, control{"Sampler", "sampler: " + s.Name, func(opts ...props.Option) verdict.Report { return props.CheckSampler(s, opts...) }})
	}
	return append(all, chainControls()...)
}

// controls are correct kernels, each in a style of its own.
func controls() []reference.Kernels {
	return slices.Concat(numberControls(), drawControls(), conventionControls(),
		[]reference.Kernels{exactSampler(), subtractingSampler()})
}

// named gives an implementation the name of its style.
func named(style string, k reference.Kernels) reference.Kernels {
	k.Name, k.Available = style, true
	return k
}

// byRow is an implementation given by what it says of one good row. It answers
// row after row and gives up at the first bad one; a nil field is not provided.
type byRow struct {
	logSumExp func(row []float32, t float64) float64
	logProb   func(row []float32, token int, t float64) float64
	anneal    func(dst, row []float32, t float64)
	sample    func(row []float32, u, t float64) int
}

func (b byRow) kernels() reference.Kernels {
	var k reference.Kernels
	if b.logSumExp != nil {
		k.LogSumExp = func(dst []float64, logits []float32, t float64) error {
			if t == 0 {
				return reference.ErrTemperature
			}
			return eachRow(logits, len(dst), t, func(r int, row []float32) error {
				dst[r] = b.logSumExp(row, t)
				return nil
			})
		}
	}
	if b.logProb != nil {
		k.LogProbs = func(dst []float64, logits []float32, tokens []int, t float64) error {
			return eachRow(logits, len(dst), t, func(r int, row []float32) error {
				if err := reference.CheckToken(tokens[r], len(row)); err != nil {
					return err
				}
				dst[r] = b.logProb(row, tokens[r], t)
				return nil
			})
		}
	}
	if b.anneal != nil {
		k.Anneal = func(dst, logits []float32, rows int, t float64) error {
			return eachRow(logits, rows, t, func(r int, row []float32) error {
				b.anneal(dst[r*len(row):(r+1)*len(row)], row, t)
				return nil
			})
		}
	}
	if b.sample != nil {
		k.Sample = func(dst []int, logits []float32, u []float64, t float64) error {
			return eachRow(logits, len(dst), t, func(r int, row []float32) error {
				if err := reference.CheckUniform(u[r]); err != nil {
					return err
				}
				dst[r] = b.sample(row, u[r], t)
				return nil
			})
		}
	}
	return k
}

// eachRow answers rows up to the first that is bad.
func eachRow(logits []float32, rows int, t float64, answer func(r int, row []float32) error) error {
	if err := reference.CheckTemperature(t); err != nil {
		return err
	}
	vocab, err := reference.Vocab(len(logits), rows)
	if err != nil {
		return err
	}
	for r := range rows {
		row := logits[r*vocab : (r+1)*vocab]
		if err := reference.CheckRow(row); err != nil {
			return err
		}
		if err := answer(r, row); err != nil {
			return err
		}
	}
	return nil
}
