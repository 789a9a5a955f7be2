package report

import (
	"fmt"

	"temper/bench/gate/decide"
)

// Exit codes of the gate.
const (
	ExitPass       = 0 // no row is worse, or only waived ones
	ExitRegression = 1 // a row is worse, or head fails its check or a benchmark
	ExitUsage      = 2 // usage, files, git, or an arm that does not build
	ExitUnclear    = 3 // too noisy, or too little time, to say
	ExitBroken     = 4 // one of the gate's controls failed
)

// Conclude sets the exit code from the rows and the controls, and the reason for it. A
// broken gate is reported before the regression that it claims to have found, and a
// regression before rows that are not clear. If the run ended before the first look,
// tooShort says so; then the controls have too few pairs to say anything.
func (r *Report) Conclude(tooShort string) {
	r.Exit, r.Reason = r.conclusion(tooShort)
}

func (r *Report) conclusion(tooShort string) (exit int, reason string) {
	timed, red, waived, unclear := 0, 0, 0, 0
	for _, row := range r.Rows {
		if row.Verdict != New && row.Verdict != Gone {
			timed++
		}
		switch {
		case row.Red():
			red++
		case row.Waiver != nil:
			waived++
		case row.Verdict == decide.Inconclusive:
			unclear++
		}
	}
	broken := r.Health.Broken()
	switch {
	case tooShort == "" && broken != "":
		return ExitBroken, "the gate is broken: " + broken
	case red > 0:
		return ExitRegression, fmt.Sprintf("%d of %d rows are worse", red, timed)
	case tooShort != "":
		return ExitUnclear, tooShort
	case r.Health.Unstable():
		return ExitUnclear, "the machine is too noisy: even a slowdown of 50 % stays unseen"
	case unclear > 0:
		return ExitUnclear, fmt.Sprintf("%d of %d rows are too noisy to say", unclear, timed)
	case waived > 0:
		return ExitPass, fmt.Sprintf("%d rows, of which %d are worse and waived", timed, waived)
	}
	return ExitPass, fmt.Sprintf("no row of %d is worse", timed)
}
