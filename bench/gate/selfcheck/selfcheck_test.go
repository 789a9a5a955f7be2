//go:build unix

package selfcheck

import (
	"testing"

	"temper/bench/gate/decide"
	"temper/bench/gate/report"
)

func TestSelfcheckToleratesNoiseAndNothingElse(t *testing.T) {
	changed := trial{red: []string{"m.X"}}
	for _, c := range []struct {
		verdicts [2]decide.Verdict // of the row that was changed and of another
		exit     int
		want     int
	}{
		{[2]decide.Verdict{decide.Fail, decide.Pass}, report.ExitRegression, report.ExitPass},
		{[2]decide.Verdict{decide.Fail, decide.Inconclusive}, report.ExitRegression, report.ExitPass},
		{[2]decide.Verdict{decide.Inconclusive, decide.Pass}, report.ExitUnclear, report.ExitUnclear},
		{[2]decide.Verdict{decide.Pass, decide.Pass}, report.ExitPass, report.ExitBroken},
		{[2]decide.Verdict{decide.Fail, decide.Fail}, report.ExitRegression, report.ExitBroken},
		{[2]decide.Verdict{decide.Fail, decide.Pass}, report.ExitBroken, report.ExitBroken},
	} {
		r := &report.Report{Exit: c.exit, Rows: []report.Row{
			{Package: "m", Name: "X", Verdict: c.verdicts[0]},
			{Package: "m", Name: "Y", Verdict: c.verdicts[1]},
		}}
		if got := changed.judge(r); got != c.want {
			t.Errorf("verdicts %v, exit %d: judged %d, want %d", c.verdicts, c.exit, got, c.want)
		}
	}
}

func TestSelfcheckIsUnclearWhereNothingCouldBeSaid(t *testing.T) {
	r := &report.Report{Exit: report.ExitUnclear, Rows: []report.Row{{Package: "m", Name: "X", Verdict: decide.Inconclusive}}}
	for _, changed := range []trial{{}, {red: []string{"m.X"}}} {
		if got := changed.judge(r); got != report.ExitUnclear {
			t.Errorf("trial %+v: judged %d, want %d", changed, got, report.ExitUnclear)
		}
	}
}
