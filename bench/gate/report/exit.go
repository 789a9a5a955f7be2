package report

import (
	"fmt"
	"strings"

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
	n := r.count()
	r.Exit, r.Reason = r.conclusion(n, tooShort)
	r.Reason += n.notCompared()
}

// EndEarly notes what ended the measuring early, after Conclude. The exit code of that
// takes the place of 0 and, if head is wrong, of 3 too.
func (r *Report) EndEarly(why string, exit int) {
	r.Notes = append(r.Notes, "the measuring ended early: "+why)
	if r.Exit == ExitPass || r.Exit == ExitUnclear && exit == ExitRegression {
		r.Exit, r.Reason = exit, "the measuring ended early"
	}
}

func (r *Report) conclusion(n counts, tooShort string) (exit int, reason string) {
	broken := r.Health.Broken()
	switch {
	case tooShort == "" && broken != "":
		return ExitBroken, "the gate is broken: " + broken
	case n.red > 0:
		return ExitRegression, fmt.Sprintf("%d of %d rows are worse", n.red, n.paired)
	case tooShort != "":
		return ExitUnclear, tooShort
	case r.Health.Unstable():
		return ExitUnclear, "the machine is too noisy: even a slowdown of 50 % stays unseen"
	case n.untimed > 0:
		return ExitUnclear, fmt.Sprintf("%d of %d rows could not be timed, %d are too noisy to say", n.untimed, n.paired, n.unclear)
	case n.unclear > 0:
		return ExitUnclear, fmt.Sprintf("%d of %d rows are too noisy to say", n.unclear, n.paired)
	case n.waived > 0:
		return ExitPass, fmt.Sprintf("%d rows, of which %d are waived", n.paired, n.waived)
	}
	return ExitPass, fmt.Sprintf("no row of %d is worse", n.paired)
}

// counts are numbers of rows: those in both arms, by what was found, and those in one.
type counts struct{ paired, red, waived, untimed, unclear, appeared, gone int }

func (r *Report) count() (n counts) {
	for _, row := range r.Rows {
		switch {
		case row.Verdict == New:
			n.appeared++
		case row.Verdict == Gone:
			n.gone++
		case row.Red():
			n.red++
		case row.Waiver != nil:
			n.waived++
		case row.Untimed != "":
			n.untimed++
		case row.Verdict == decide.Inconclusive:
			n.unclear++
		}
	}
	n.paired = len(r.Rows) - n.appeared - n.gone
	return n
}

// notCompared names what no table of one line would show: a benchmark that is gone, or
// that was renamed, can have become slower unseen.
func (n counts) notCompared() string {
	var rows []string
	if n.gone > 0 {
		rows = append(rows, fmt.Sprintf("%d gone", n.gone))
	}
	if n.appeared > 0 {
		rows = append(rows, fmt.Sprintf("%d new", n.appeared))
	}
	if len(rows) == 0 {
		return ""
	}
	return "; not compared: " + strings.Join(rows, ", ")
}
