package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"golang.org/x/perf/benchfmt"

	"temper/bench/report/results"
)

// baselines are what ratios refer to: the first one that was measured.
var baselines = []string{"reference", "float32"}

// tabulated is what was measured by row and implementation, in the order of the file.
type tabulated struct {
	rows  []results.Row
	impls []string
	cells map[results.Row]map[string]*benchfmt.Result
}

func tabulate(m *measurements) tabulated {
	t := tabulated{cells: map[results.Row]map[string]*benchfmt.Result{}}
	for _, result := range m.results {
		r, impl := results.Split(result)
		if t.cells[r] == nil {
			t.cells[r] = map[string]*benchfmt.Result{}
			t.rows = append(t.rows, r)
		}
		if !slices.Contains(t.impls, impl) {
			t.impls = append(t.impls, impl)
		}
		t.cells[r][impl] = result
	}
	return t
}

// writeTable prints a line per operation and workload and a column per
// implementation: the time per logit, how many times as fast as the baseline
// that is, and the share of the roofline. Rooflines have columns of their own.
func writeTable(out io.Writer, o origin, m *measurements) error {
	t := tabulate(m)
	if len(t.rows) == 0 {
		return fmt.Errorf("nothing was measured")
	}
	fmt.Fprintf(out, "cpu %s (%s), %d threads, %s, commit %s\n", m.results[0].GetConfig("cpu"), o.features, o.threads, o.goVersion, o.commit)
	fmt.Fprintf(out, "time per logit (whole sequences: per operation), speed in multiples of the %s, %% of the roofline,\n± the largest error in float32 ulps of max(|logit|/T, |log-sum-exp|, 1); one thread unless it says more\n\n", strings.Join(baselines, " or else of "))
	for chunk := range sections(t.rows) {
		t.writeSection(out, chunk)
	}
	return nil
}

// sections yields the rows of one operation after the other.
func sections(rows []results.Row) func(yield func([]results.Row) bool) {
	return func(yield func([]results.Row) bool) {
		for len(rows) > 0 {
			n := 1
			for n < len(rows) && rows[n].Operation == rows[0].Operation {
				n++
			}
			if !yield(rows[:n]) {
				return
			}
			rows = rows[n:]
		}
	}
}

func (t tabulated) writeSection(out io.Writer, rows []results.Row) {
	var present []string
	for _, impl := range t.impls {
		if slices.ContainsFunc(rows, func(r results.Row) bool { return t.cells[r][impl] != nil }) {
			present = append(present, impl)
		}
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s\t%s\n", rows[0].Operation, strings.Join(present, "\t"))
	for _, r := range rows {
		fmt.Fprint(w, "  ", r.Workload)
		base := t.base(r)
		for _, impl := range present {
			fmt.Fprint(w, "\t", cell(t.cells[r][impl], base))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
	w.Flush()
}

// times is a ratio with three digits, or more where it is a thousand and more.
func times(ratio float64) string {
	if ratio >= 1000 {
		return fmt.Sprintf("%.0fx", ratio)
	}
	return fmt.Sprintf("%.3gx", ratio)
}

func cell(result, base *benchfmt.Result) string {
	if result == nil {
		return "-"
	}
	each, _ := results.Pace(result)
	text := results.Seconds(each)
	if base != nil && base != result {
		reference, _ := results.Pace(base)
		text += " " + times(reference/each)
	}
	if limit, ok := result.Value("%limit"); ok {
		text += fmt.Sprintf(" %.2g%%", limit)
	}
	if ulps, ok := result.Value("ulps"); ok && ulps > 0 {
		text += fmt.Sprintf(" ±%.1g", ulps)
	}
	return text
}
