//go:build unix

package selfcheck

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"temper/bench/gate/compare"
	"temper/bench/gate/decide"
	"temper/bench/gate/report"
	"temper/bench/gate/scratch"
)

// budget is for each trial.
const budget = time.Minute

// A trial is a change of the demo, and the rows that the change must make red.
type trial struct {
	name string
	head Demo
	red  []string
}

var trials = []trial{
	{"unchanged tree", Unchanged, nil},
	{"three times the steps, one more allocation",
		Demo{Steps: 3 * Unchanged.Steps, Allocations: Unchanged.Allocations + 1}, []string{"demo.Allocate", "demo.Compute"}},
}

// Run runs the whole gate on every trial and prints a line for each. It returns
// report.ExitPass if every trial came out as it must, report.ExitUnclear if the machine
// was too noisy to say, and report.ExitBroken otherwise. The error says why a trial
// could not be run.
func Run(ctx context.Context, stdout io.Writer, p *report.Progress) (exit int, err error) {
	for _, t := range trials {
		r, err := tryDemo(ctx, t.head, p)
		p.Clear()
		if err != nil {
			return 0, fmt.Errorf("%s: %w", t.name, err)
		}
		judged := t.judge(r)
		word := map[int]string{report.ExitPass: "right", report.ExitUnclear: "unclear", report.ExitBroken: "WRONG"}[judged]
		fmt.Fprintf(stdout, "%s: %s: exit %d, %s; %.0f s\n", word, t.name, r.Exit, r.Reason, r.Elapsed)
		exit = max(exit, judged)
	}
	return exit, nil
}

// judge returns the exit code for one trial. Exactly the changed rows must be red. A
// changed row may be inconclusive, on a machine that is busy enough, but it must not
// pass. With Compute changed, for example, Compute FAIL and Rest PASS is right, Compute
// INCONCLUSIVE is unclear, and Compute PASS or Rest FAIL is wrong.
func (t trial) judge(r *report.Report) int {
	exit := report.ExitPass
	switch r.Exit {
	case report.ExitBroken:
		return report.ExitBroken
	case report.ExitUnclear:
		exit = report.ExitUnclear
	}
	for _, row := range r.Rows {
		changed := slices.Contains(t.red, row.Title())
		switch {
		case row.Red() == changed:
		case changed && row.Verdict == decide.Inconclusive:
			exit = report.ExitUnclear
		default:
			return report.ExitBroken
		}
	}
	return exit
}

// tryDemo compares a changed demo with a committed, unchanged one.
func tryDemo(ctx context.Context, changed Demo, p *report.Progress) (*report.Report, error) {
	folder, err := scratch.New()
	if err != nil {
		return nil, err
	}
	defer folder.Remove()
	dir := filepath.Join(folder.Dir, "demo")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	if err := Unchanged.Write(dir); err != nil {
		return nil, err
	}
	if err := scratch.Commit(ctx, dir); err != nil {
		return nil, err
	}
	if err := changed.Write(dir); err != nil {
		return nil, err
	}
	c := compare.Default()
	c.Base, c.Dir, c.Budget, c.Out = "HEAD", dir, budget, filepath.Join(dir, "out")
	return compare.Run(ctx, c, p)
}
