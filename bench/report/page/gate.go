package main

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	gate "temper/bench/gate/report"
	"temper/props/verdict"
)

// gateVerdict is the gate's last run.
type gateVerdict struct {
	Good    bool
	Words   string
	About   string
	Picture *figure
	Rows    table
}

func gateOf(r *gate.Report) (*gateVerdict, error) {
	if r == nil {
		return nil, nil
	}
	g := &gateVerdict{Good: r.Exit == gate.ExitPass, Words: verdict.Printable(r.Reason), About: fmt.Sprintf("exit code %d, base %s %s, %s, %s, %s, %.0f s, chance of a false FAIL at most %g", r.Exit,
		verdict.Printable(r.Base), verdict.Printable(r.Commit), verdict.Printable(r.System), verdict.Printable(r.Go), r.Time.Format("2006-01-02 15:04 MST"), r.Elapsed, r.Alpha)}
	g.Rows.Head = []string{"row", "verdict", "change", "95 % interval", "pairs", "could find", "exact metrics", "benchmark"}
	var timed []interval
	for i, row := range r.Rows {
		number := strconv.Itoa(i + 1)
		title, said := verdict.Printable(row.Title()), verdict.Printable(string(row.Verdict))
		if row.Waiver != nil {
			said += " (waived)"
		}
		cells := []string{number, said, "–", "–", "–", "–", exactOf(row), title}
		if t := row.Timing; t != nil && t.Ratio > 0 { // what was not finite is read as 0
			cells = []string{number, said, percent(t.Ratio - 1), percent(t.Lo-1) + " to " + percent(t.Hi-1), strconv.Itoa(t.Pairs), percent(t.Detectable), exactOf(row), title}
			if t.Lo > 0 && t.Hi > 0 {
				timed = append(timed, interval{number, change(t.Lo), change(t.Ratio), change(t.Hi), row.Red()})
			}
		}
		g.Rows.Rows = append(g.Rows.Rows, cells)
	}
	if len(timed) == 0 {
		return g, nil
	}
	svg, err := intervals(timed, r.Margin*100)
	g.Picture = &figure{
		Title: "Was the change slower?",
		Sentence: fmt.Sprintf("A dot is the change of time from base to head, a line its 95 %% interval, and the number the row in the table below. Right of 0 is slower. "+
			"A row fails when it is surely slower than the dashed margin of %.3g %%.", r.Margin*100),
		Alt: fmt.Sprintf("Intervals of the change of time in percent for %d rows, with a margin of %.3g percent. %s", len(timed), r.Margin*100, g.Words),
		SVG: svg,
	}
	return g, err
}

// exactOf names the exact metrics that are worse.
func exactOf(row gate.Row) string {
	var worse []string
	for _, m := range row.Exact {
		if m.Worse {
			worse = append(worse, fmt.Sprintf("%s: %.4g, was %.4g", verdict.Printable(m.Unit), float64(m.Head), float64(m.Base)))
		}
	}
	if worse == nil {
		return "–"
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
	red            bool
}

func intervals(rows []interval, margin float64) (template.HTML, error) {
	p := chart(axis{label: "change of time (%)"}, axis{label: "row"})
	var names []string
	far := margin
	for i, row := range rows {
		y, l := float64(len(rows)-1-i), look(1)
		if row.red {
			l = 2
		}
		names = append([]string{row.name}, names...)
		far = max(far, math.Abs(row.low), math.Abs(row.high))
		line, err := plotter.NewLine(plotter.XYs{{X: row.low, Y: y}, {X: row.high, Y: y}})
		if err != nil {
			return "", err
		}
		line.LineStyle = draw.LineStyle{Color: l.colour(), Width: 2}
		dot, err := plotter.NewScatter(plotter.XYs{{X: row.mid, Y: y}})
		if err != nil {
			return "", err
		}
		dot.GlyphStyle = draw.GlyphStyle{Color: l.colour(), Radius: 4, Shape: draw.CircleGlyph{}}
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
