//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"temper/bench/gate/decide"
	"temper/bench/gate/scratch"
)

// selfcheckBudget is for each trial.
const selfcheckBudget = time.Minute

// A trial is a change of the demo, and the rows that it must make red.
type trial struct {
	name string
	head demo
	red  []string
}

var trials = []trial{
	{"unchanged tree", unchanged, nil},
	{"three times the steps, one more allocation",
		demo{steps: 3 * unchanged.steps, allocations: unchanged.allocations + 1}, []string{"demo.Allocate", "demo.Compute"}},
}

// selfcheck runs the whole gate on every trial. Its exit code is 0, 3 where the
// machine let nothing be said, or 4.
func selfcheck(ctx context.Context, stdout io.Writer, p *progress) int {
	code := exitPass
	for _, t := range trials {
		report, err := tryDemo(ctx, t.head, p)
		p.clear()
		if err != nil {
			return explain(ctx, fmt.Errorf("%s: %w", t.name, err), p.w)
		}
		judged := t.judge(report)
		word := map[int]string{exitPass: "right", exitUnclear: "unclear", exitBroken: "WRONG"}[judged]
		fmt.Fprintf(stdout, "%s: %s: exit %d, %s; %.0f s\n", word, t.name, report.Exit, report.Reason, report.Elapsed)
		code = max(code, judged)
	}
	return code
}

// judge wants red exactly the rows that were changed. A changed row may be
// inconclusive, on a machine that is busy enough, but it must not pass.
func (t trial) judge(report *Report) int {
	code := exitPass
	switch report.Exit {
	case exitBroken:
		return exitBroken
	case exitUnclear:
		code = exitUnclear
	}
	for _, row := range report.Rows {
		changed := slices.Contains(t.red, row.Title())
		switch {
		case row.Red() == changed:
		case changed && row.Verdict == string(decide.Inconclusive):
			code = exitUnclear
		default:
			return exitBroken
		}
	}
	return code
}

// tryDemo compares a changed demo with a committed, unchanged one.
func tryDemo(ctx context.Context, changed demo, p *progress) (*Report, error) {
	folder, err := scratch.New()
	if err != nil {
		return nil, err
	}
	defer folder.Remove()
	dir := filepath.Join(folder.Dir, "demo")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	if err := unchanged.write(dir); err != nil {
		return nil, err
	}
	if err := scratch.Commit(ctx, dir); err != nil {
		return nil, err
	}
	if err := changed.write(dir); err != nil {
		return nil, err
	}
	c, err := parseConfig([]string{"-base", "HEAD", "-C", dir, "-budget", selfcheckBudget.String(), "-o", filepath.Join(dir, "out")}, p.w)
	if err != nil {
		return nil, err
	}
	return compare(ctx, c, p)
}
