//go:build unix

package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"golang.org/x/perf/benchunit"
)

var columns = []string{"row", "base", "head", "head/base", "95 % interval", "p", "pairs", "could find", "verdict"}

// writeTable prints the report for people.
func (r *Report) writeTable(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, strings.Join(columns, "\t"))
	for _, row := range r.Rows {
		fmt.Fprintln(table, strings.Join(row.cells(), "\t"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, line := range r.explanations() {
		fmt.Fprintln(w, line)
	}
	_, err := fmt.Fprintln(w, r.summary())
	return err
}

// writeMarkdown prints the report for a pull request.
func (r *Report) writeMarkdown(w io.Writer) error {
	fmt.Fprintf(w, "### %s\n\n", r.summary())
	fmt.Fprintf(w, "| %s |\n|%s\n", strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
	for _, row := range r.Rows {
		cells := row.cells()
		for i := range cells {
			cells[i] = strings.ReplaceAll(cells[i], "|", `\|`)
		}
		cells[0] = "`" + cells[0] + "`"
		fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
	}
	fmt.Fprintln(w)
	for _, line := range r.explanations() {
		fmt.Fprintf(w, "- %s\n", strings.TrimSpace(line))
	}
	_, err := fmt.Fprintf(w, "\nBase %s, margin %s, %s, %s, seed %d.\n", r.baseLabel(), percent(r.Margin), r.Go, r.System, r.Seed)
	return err
}

func (r *Report) baseLabel() string {
	if r.Commit == "" {
		return r.Base
	}
	return fmt.Sprintf("%s (%.12s)", r.Base, r.Commit)
}

// cells are a row's entries of the table, in the order of columns.
func (r Row) cells() []string {
	cells := []string{r.Title(), "", "", "", "", "", "", "", r.Verdict}
	if r.Waiver != nil {
		cells[8] += " (waived)"
	}
	t := r.Timing
	if t == nil {
		return cells
	}
	cells[1] = benchunit.Scale(float64(t.Base), benchunit.Decimal) + "s"
	cells[2] = benchunit.Scale(float64(t.Head), benchunit.Decimal) + "s"
	cells[3] = fmt.Sprintf("%.3f", t.Ratio)
	if t.Hi.finite() {
		cells[4] = fmt.Sprintf("%.3f to %.3f", t.Lo, t.Hi)
	}
	cells[5] = fmt.Sprintf("%.2g", t.P)
	cells[6] = fmt.Sprint(t.Pairs)
	if t.Detectable.finite() {
		cells[7] = "+" + percent(float64(t.Detectable))
	}
	return cells
}

// explanations say what the table can't: exact metrics that got worse, how to see
// it again, what is waived, how the machine behaved.
func (r *Report) explanations() (lines []string) {
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for _, row := range r.Rows {
		for _, m := range row.Exact {
			if m.Worse {
				say("%s: %s went from %v to %v", row.Title(), m.Unit, m.Base, m.Head)
			}
		}
		if row.Waiver != nil {
			say("%s: waived by %v", row.Title(), row.Waiver)
		}
		if row.Red() {
			say("%s: again with  %s", row.Title(), row.Reproduce)
		}
		if len(row.Profiles) == 2 {
			say("%s: where  go tool pprof -diff_base %s %s", row.Title(), row.Profiles[0], row.Profiles[1])
		}
	}
	lines = append(lines, r.Notes...)
	for _, title := range r.Health.Moved {
		say("%s: base and base′, the same code, differ", title)
	}
	if r.Health.Rounds == 0 {
		return lines
	}
	say("controls: spin kernel's pairs spread by %s; slowdown of 50 %%: %s; %d of %d rounds disturbed and repeated",
		percent(r.Health.Spread), r.Health.Slowed, r.Health.Repeated, r.Health.Rounds)
	return lines
}

func (r *Report) summary() string {
	return fmt.Sprintf("gate: %s (exit %d) against %s, margin %s, in %.0f s", r.Reason, r.Exit, r.baseLabel(), percent(r.Margin), r.Elapsed)
}

func percent(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) }
