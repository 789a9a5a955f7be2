package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"

	"temper/bench/report/results"
	"temper/props/verdict"
)

// isTerminal says whether a file is a terminal, on which lines are overwritten.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// style is how a terminal marks what matters; without colour it does not.
type style struct{ colour bool }

// styleOf follows https://no-color.org.
func styleOf(f *os.File) style {
	return style{isTerminal(f) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

func (s style) bold(text string) string  { return s.mark("1", text) }
func (s style) green(text string) string { return s.mark("32", text) }

func (s style) mark(code, text string) string {
	if !s.colour {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// narrow is the format of a line: 80 columns with the name of the workload.
const narrow = " %s %8s  %s %8s %5s %5s"

const workloadWidth, nameWidth = 35, 12

// writeNarrow prints a block for each operation and a line for each workload: the
// baseline, the fastest other implementation, how many times as fast it is, and its share
// of the roofline.
func writeNarrow(out io.Writer, s style, o origin, m *measurements) error {
	t := tabulate(m)
	if len(t.rows) == 0 {
		return fmt.Errorf("nothing was measured")
	}
	fmt.Fprintf(out, "%s\n%s, commit %s\n", results.Fitted("cpu "+verdict.Printable(m.results[0].GetConfig("cpu"))+" ("+o.features+")", 80), o.goVersion, o.commit)
	fmt.Fprintf(out, "Time per logit, on one thread if nothing else is said (whole sequences: per\noperation). -wide shows every implementation, and the errors.\n\n")
	for block := range sections(t.rows) {
		fmt.Fprintln(out, s.bold(fmt.Sprintf(narrow, padded(verdict.Printable(block[0].Operation), workloadWidth), "baseline", padded("best", nameWidth), "", "times", "limit")))
		for _, r := range block {
			t.writeLine(out, s, r)
		}
		fmt.Fprintln(out)
	}
	return nil
}

func (t tabulated) writeLine(out io.Writer, s style, r results.Row) {
	base, best := t.base(r), t.best(r)
	was, ratio, limit := "-", "", ""
	if base != nil {
		each, _ := results.Pace(base)
		was = compact(each)
	}
	name, time := "-", "-"
	if best != nil {
		each, _ := results.Pace(best)
		_, impl := results.Split(best)
		name, time = verdict.Printable(impl), compact(each)
		if base != nil {
			reference, _ := results.Pace(base)
			ratio = times(reference / each)
		}
		if percent, ok := best.Value("%limit"); ok {
			limit = fmt.Sprintf("%.2g%%", percent)
		}
	}
	line := fmt.Sprintf(narrow, padded(brief(r), workloadWidth), was, s.green(padded(name, nameWidth)), time, ratio, limit)
	fmt.Fprintln(out, strings.TrimRight(line, " "))
}

func compact(seconds float64) string { return strings.ReplaceAll(results.Duration(seconds), " ", "") }

// brief names a workload in few characters: 131072x256 zipf T=0.7.
func brief(r results.Row) string {
	vocab, _ := r.Key("vocab")
	rows, ok := r.Key("rows")
	if ok && rows != "1" {
		vocab += "x" + rows
	}
	words := []string{vocab}
	for _, part := range strings.Fields(r.Without("vocab", "rows").Workload) {
		part = strings.TrimPrefix(strings.TrimPrefix(part, "logits="), "cut=")
		words = append(words, part)
	}
	return verdict.Printable(strings.TrimSpace(strings.Join(words, " ")))
}

func padded(text string, width int) string {
	text = results.Fitted(text, width)
	return text + strings.Repeat(" ", width-len([]rune(text)))
}

// base is what ratios of a row refer to, nil if no baseline was measured.
func (t tabulated) base(r results.Row) *benchfmt.Result {
	for _, name := range baselines {
		if result := t.cells[r][name]; result != nil {
			return result
		}
	}
	return nil
}

// best is the fastest that is not the baseline.
func (t tabulated) best(r results.Row) (best *benchfmt.Result) {
	for _, impl := range t.impls {
		result := t.cells[r][impl]
		if result == nil || slices.Contains(baselines, impl) {
			continue
		}
		each, _ := results.Pace(result)
		if best == nil {
			best = result
		} else if least, _ := results.Pace(best); each < least {
			best = result
		}
	}
	return best
}
