package subjects

import (
	"errors"
	"fmt"
	"testing"

	"temper/props"
	"temper/props/verdict"
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
	for i, control := range Controls() {
		t.Run(control.Name, func(t *testing.T) {
			t.Parallel()
			opts := append(control.share(i, 12), props.Inputs(30), props.Seed(1))
			if err := falseAlarms(control.Check(opts...)); err != nil {
				t.Error(err)
			}
		})
	}
}

// slowLaws take more time than all others together.
var slowLaws = []string{
	"Draw/Survey", "Draw/Uniform", "LogSumExp/Lengths", "LogProbs/Lengths", "Anneal/Lengths", "Sample/Lengths", "Sample/Exact",
	"LogSumExp/Rows", "LogProbs/Rows", "Anneal/Rows", "Sample/Rows", "LogSumExp/Concurrent", "LogProbs/Concurrent", "Anneal/Concurrent",
	"Sample/Concurrent", "Draw/Concurrent", "Draw/Bits",
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

// share leaves out all laws but one of so many, another share for each number.
func (c Control) share(number, of int) []props.Option {
	return without(c.Suite, "the campaign's", func(law props.Law) bool {
		place := 0
		for _, letter := range law.ID {
			place = 31*place + int(letter)
		}
		return (place+number)%of != 0
	})
}
