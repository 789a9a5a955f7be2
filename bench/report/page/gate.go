package main

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	gate "temper/bench/gate/report"
	"temper/props/verdict"
)

// gateVerdict is the gate's last run.
type gateVerdict struct {
	Mark    string // ✓, ✗, or ? where it could not say
	Class   string
	Words   string
	About   []string
	Picture *figure
	Rows    table
	Units   bool // some row has an exact metric that is worse
}

func gateOf(r *gate.Report) (*gateVerdict, error) {
	if r == nil {
		return nil, nil
	}
	g := &gateVerdict{Words: verdict.Printable(r.Reason), About: aboutGate(r)}
	switch r.Exit {
	case gate.ExitPass:
		g.Mark, g.Class = "✓ PASS:", "good"
	case gate.ExitUnclear:
		g.Mark, g.Class = "? INCONCLUSIVE:", "unsure"
	case gate.ExitRegression:
		g.Mark, g.Class = "✗ FAIL:", "bad"
	default:
		g.Mark, g.Class = "✗", "bad"
	}
	g.Rows.Head = []string{"row", "benchmark", "verdict", "change", "95 % interval", "pairs", "could find"}
	for _, row := range r.Rows {
		g.Units = g.Units || exactOf(row) != ""
	}
	if g.Units {
		g.Rows.Head = append(g.Rows.Head, "exact metrics")
	}
	var timed []interval
	for i, row := range r.Rows {
		number := strconv.Itoa(i + 1)
		said := verdict.Printable(string(row.Verdict))
		if row.Waiver != nil {
			said += " (waived)"
		}
		cells := []string{number, benchmarkWords(row), said, "–", "–", "–", "–"}
		if t := row.Timing; t != nil && t.Ratio > 0 { // what was not finite is read as 0
			cells = []string{number, benchmarkWords(row), said, percent(t.Ratio - 1), percent(t.Lo-1) + " to " + percent(t.Hi-1), strconv.Itoa(t.Pairs), percent(t.Detectable)}
			if t.Lo > 0 && t.Hi > 0 {
				timed = append(timed, interval{number, change(t.Lo), change(t.Ratio), change(t.Hi), lookOf(row)})
			}
		}
		if g.Units {
			cells = append(cells, exactOf(row))
		}
		g.Rows.Rows = append(g.Rows.Rows, cells)
	}
	if len(timed) == 0 {
		return g, nil
	}
	svg, err := intervals(timed, r.Margin*100)
	g.Picture = &figure{
		Title: "Was the change slower?",
		Sentence: fmt.Sprintf("A mark is the change of time from base to head, a line its 95 %% interval, and the number the row in the table below. Right of 0 is slower. The dashed line is the margin of %.3g %%. "+
			"A row fails if a statistical test says that it is slower by more than the margin. The probability that any row fails wrongly is at most %.2g %%. The 95 %% interval is for the eye and decides no FAIL.", r.Margin*100, r.Alpha*100),
		Alt: fmt.Sprintf("Intervals of the change of time in percent for %d rows, with a margin of %.3g percent. %s", len(timed), r.Margin*100, g.Words),
		SVG: svg, Legend: []key{{swatch(lookPass), "PASS"}, {swatch(lookFail), "FAIL"}, {swatch(lookUnsure), "INCONCLUSIVE, or waived"}},
	}
	return g, err
}

// aboutGate says what was compared, on what.
func aboutGate(r *gate.Report) []string {
	base := "base: " + verdict.Printable(r.Base)
	if r.Commit != "" {
		base += fmt.Sprintf(" (commit %.12s)", verdict.Printable(r.Commit))
	}
	head := "head: the work tree"
	if r.Head != "" {
		head += fmt.Sprintf(" on commit %.12s, with its changes", verdict.Printable(r.Head))
	}
	about := []string{base, head, fmt.Sprintf("exit code %d", r.Exit), fmt.Sprintf("%.0f s at %s", r.Elapsed, r.Time.Format("2006-01-02 15:04 MST"))}
	for _, words := range []string{r.CPU, r.System, r.Go} {
		if words != "" {
			about = append(about, verdict.Printable(words))
		}
	}
	if r.CPU == "" {
		about = append(about, "the report does not name the processor")
	}
	return about
}

// benchmarkWords is the name of a row, what tells rows apart first.
func benchmarkWords(row gate.Row) string {
	parts := strings.Split(row.Name, "/")
	words, rest := parts[0], []string{}
	for _, part := range parts[1:] {
		if impl, ok := strings.CutPrefix(part, "impl="); ok {
			words += " " + impl
		} else {
			rest = append(rest, part)
		}
	}
	return verdict.Printable(strings.TrimSpace(words + ": " + strings.Join(append(rest, "in "+row.Package), " ")))
}

// The looks of verdicts.
const lookPass, lookFail, lookUnsure look = 0, 2, 3

func lookOf(row gate.Row) look {
	switch {
	case row.Red():
		return lookFail
	case row.Verdict == "PASS":
		return lookPass
	}
	return lookUnsure
}

// exactOf names the exact metrics that are worse.
func exactOf(row gate.Row) string {
	var worse []string
	for _, m := range row.Exact {
		if m.Worse {
			worse = append(worse, fmt.Sprintf("%s: %.4g, was %.4g", verdict.Printable(m.Unit), float64(m.Head), float64(m.Base)))
		}
	}
	return strings.Join(worse, "; ")
}

func change(ratio gate.Number) float64 { return (float64(ratio) - 1) * 100 }

func percent(x gate.Number) string {
	if v := float64(x) * 100; finite(v) {
		return fmt.Sprintf("%+.2g %%", v)
	}
	return "–"
}

// interval is a row of the gate, in percent.
type interval struct {
	name           string
	low, mid, high float64
	look           look
}

func intervals(rows []interval, margin float64) (template.HTML, error) {
	p := chart(axis{label: "change of time (%)"}, axis{label: "row"})
	var names []string
	far := margin
	for i, row := range rows {
		y := float64(len(rows) - 1 - i)
		names = append([]string{row.name}, names...)
		far = max(far, math.Abs(row.low), math.Abs(row.high))
		line, err := plotter.NewLine(plotter.XYs{{X: row.low, Y: y}, {X: row.high, Y: y}})
		if err != nil {
			return "", err
		}
		line.LineStyle = row.look.line()
		dot, err := plotter.NewScatter(plotter.XYs{{X: row.mid, Y: y}})
		if err != nil {
			return "", err
		}
		dot.GlyphStyle = row.look.mark()
		p.Add(line, dot)
	}
	top := float64(len(rows)) - .4
	for _, at := range []float64{0, margin} {
		line, err := plotter.NewLine(plotter.XYs{{X: at, Y: -.6}, {X: at, Y: top}})
		if err != nil {
			return "", err
		}
		line.LineStyle = plain.line()
		if at == 0 {
			line.LineStyle.Dashes, line.LineStyle.Width = nil, 1
		}
		p.Add(line)
	}
	p.NominalY(names...)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -far*1.1, far*1.1, -.6, top
	return svg(p, width, vg.Length(60+20*len(rows))), nil
}
