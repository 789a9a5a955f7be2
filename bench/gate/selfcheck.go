package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// selfcheckBudget is for each of the two runs.
const selfcheckBudget = time.Minute

// selfcheck runs the whole gate twice on a module made for it: an unchanged tree
// must not be red, and in a changed one exactly the rows that were changed. Its
// exit code is 0, 3 where the machine let nothing be said, or 4.
func selfcheck(ctx context.Context, stdout io.Writer, p *progress) int {
	slower := demo{steps: unchanged.steps * 3 / 2, allocations: unchanged.allocations + 1}
	cases := []struct {
		name string
		head demo
		exit []int
		red  []string
	}{
		{"unchanged tree", unchanged, []int{exitPass, exitUnclear}, nil},
		{"50 % more steps, one more allocation", slower, []int{exitRegression}, []string{"demo.Allocate", "demo.Compute"}},
	}
	code := exitPass
	for _, c := range cases {
		report, err := tryDemo(ctx, c.head, p)
		p.clear()
		if err != nil {
			return explain(ctx, fmt.Errorf("%s: %w", c.name, err), p.w)
		}
		verdict := "right"
		switch {
		case slices.Contains(c.exit, report.Exit) && slices.Equal(report.red(), c.red):
		case report.Exit == exitUnclear:
			verdict, code = "UNCLEAR", max(code, exitUnclear)
		default:
			verdict, code = "WRONG", exitBroken
		}
		fmt.Fprintf(stdout, "%s: %s: exit %d, red %v (%s; %.0f s)\n", verdict, c.name, report.Exit, report.red(), report.Reason, report.Elapsed)
	}
	return code
}

// red lists the failed rows, sorted.
func (r *Report) red() (titles []string) {
	for _, row := range r.Rows {
		if row.Red() {
			titles = append(titles, row.Title())
		}
	}
	slices.Sort(titles)
	return titles
}

// tryDemo compares a changed demo with a committed, unchanged one.
func tryDemo(ctx context.Context, changed demo, p *progress) (*Report, error) {
	dir, err := os.MkdirTemp("", "gate-demo-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := unchanged.write(dir); err != nil {
		return nil, err
	}
	if err := commitAll(ctx, dir); err != nil {
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
