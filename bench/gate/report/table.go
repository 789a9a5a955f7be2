package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"golang.org/x/perf/benchunit"

	"temper/props/verdict"
)

var columns = []string{"row", "base", "head", "head/base", "95 % interval", "p", "pairs", "could find", "verdict"}

// WriteTable prints the report as a table, for a terminal.
func (r *Report) WriteTable(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, strings.Join(columns, "\t"))
	for _, row := range r.Rows {
		cells := row.cells()
		cells[0] = verdict.Printable(cells[0])
		fmt.Fprintln(table, strings.Join(cells, "\t"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, x := range r.explanations() {
		fmt.Fprintln(w, verdict.Printable(x.String()))
	}
	_, err := fmt.Fprintln(w, verdict.Printable(r.summary()))
	return err
}

// writeMarkdown prints the report for a pull request. The names of benchmarks and
// branches, the texts of waivers and the output of programs come from whoever opened
// the request, and are escaped.
func (r *Report) writeMarkdown(w io.Writer) error {
	fmt.Fprintf(w, "### %s\n\n", verdict.Escape(r.summary()))
	fmt.Fprintf(w, "| %s |\n|%s\n", strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
	for _, row := range r.Rows {
		cells := row.cells()
		cells[0] = verdict.Code(cells[0])
		fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
	}
	fmt.Fprintln(w)
	for _, x := range r.explanations() {
		fmt.Fprintf(w, "- %s\n", x.markdown())
	}
	_, err := fmt.Fprintf(w, "\nBase %s, margin %s, %s, %s, seed %d.\n", verdict.Escape(r.baseLabel()), percent(r.Margin), r.Go, r.System, r.Seed)
	return err
}

func (r *Report) baseLabel() string {
	if r.Commit == "" {
		return r.Base
	}
	return fmt.Sprintf("%s (%.12s)", r.Base, r.Commit)
}

// cells returns the row's cells of the table, in the order of columns.
func (r Row) cells() []string {
	cells := []string{r.Title(), "", "", "", "", "", "", "", string(r.Verdict)}
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

// An explanation is a sentence about a row or, without a row, about the run, and
// perhaps a command to type.
type explanation struct{ row, words, command string }

func (x explanation) String() string {
	text := x.words
	if x.row != "" {
		text = x.row + ": " + text
	}
	if x.command != "" {
		text += "  " + x.command
	}
	return text
}

// markdown returns the item of a list. The command is in a block of its own, from
// which it can be copied.
func (x explanation) markdown() string {
	text := verdict.Escape(x.words)
	if x.row != "" {
		text = verdict.Code(x.row) + ": " + text
	}
	if x.command != "" {
		text += "\n\n  " + strings.ReplaceAll(verdict.Fence(x.command), "\n", "\n  ") + "\n"
	}
	return text
}

// explanations returns what has no column in the table: exact metrics that got worse,
// how to measure a row again, what is waived, and what the controls found.
func (r *Report) explanations() (all []explanation) {
	about := func(row, format string, args ...any) {
		all = append(all, explanation{row: row, words: fmt.Sprintf(format, args...)})
	}
	for _, row := range r.Rows {
		if row.Untimed != "" {
			about(row.Title(), "not timed: %s", row.Untimed)
		}
		for _, m := range row.Exact {
			if m.Worse {
				about(row.Title(), "%s went from %v to %v", m.Unit, m.Base, m.Head)
			}
			if m.Varies {
				about(row.Title(), "%s is declared exact, and yet base and base′, the same code, differ in it", m.Unit)
			}
		}
		if row.Waiver != nil {
			about(row.Title(), "waived by %v", row.Waiver)
		}
		if row.Red() {
			all = append(all, explanation{row.Title(), "again with", row.Reproduce})
		}
		if len(row.Profiles) == 2 {
			all = append(all, explanation{row.Title(), "where", verdict.CommandLine("go", "tool", "pprof", "-diff_base", row.Profiles[0], row.Profiles[1])})
		}
	}
	for _, note := range r.Notes {
		about("", "%s", note)
	}
	for _, title := range r.Health.Moved {
		about(title, "base and base′, the same code, differ")
	}
	if r.Health.Rounds == 0 {
		return all
	}
	about("", "controls: spin kernel's pairs spread by %s; the slowdown of 50 %% made on purpose was %s; %d of %d rounds disturbed and repeated",
		percent(r.Health.Spread), r.Health.found(), r.Health.Repeated, r.Health.Rounds)
	return all
}

func (r *Report) summary() string {
	return fmt.Sprintf("gate: %s (exit %d) against %s, margin %s, in %.0f s", r.Reason, r.Exit, r.baseLabel(), percent(r.Margin), r.Elapsed)
}

func percent(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) }
