package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/plotter"

	"temper/props/verdict"
)

// evidence draws the paths of e-values: those of BenchmarkEvidence, whose samplers are wrong
// on purpose, and those in the law reports.
func evidence(f *facts, l *looks) (figures []figure, err error) {
	races := races(f.laws, l)
	if r, ok := benchmarkRace(exactLines(f)); ok {
		races = slices.Insert(races, 0, r)
	}
	for _, r := range races {
		picture, err := r.figure()
		if err != nil {
			return nil, err
		}
		figures = append(figures, picture)
	}
	return figures, nil
}

// race is one picture of e-values on their way to the line that accuses.
type race struct {
	title, about string // about is a sentence on what the lines are
	each         string // what a line is, in one word
	curves       []curve
	bounds       []float64 // of each curve, as a power of ten
	none         []string  // those that have no path, because they broke the law before a bet
	survey       bool      // the bets are those of a survey, on many rows and settings
}

// lowest is where smaller e-values are drawn, as a power of ten. No gambler of ours loses so much.
const lowest = -200

// add takes a path in. Its last point is the first that reaches the bound, because the rest
// would be far above the picture.
func (r *race) add(name string, l look, points plotter.XYs, bound float64) {
	points = slices.DeleteFunc(points, func(p plotter.XY) bool { return p.X <= 0 })
	if at := slices.IndexFunc(points, func(p plotter.XY) bool { return p.Y >= bound }); at >= 0 {
		points = points[:at+1]
	}
	for i := range points {
		points[i].Y = max(points[i].Y, lowest)
	}
	if len(points) > 0 && bound > 0 {
		r.curves = append(r.curves, curve{name: name, look: l, points: points, sparse: true})
		r.bounds = append(r.bounds, bound)
	}
}

// benchmarkRace is that of BenchmarkEvidence.
func benchmarkRace(all []line) (race, bool) {
	r := race{
		title: "Proof by betting: how long a wrong sampler stays hidden", each: "sampler",
		about: "One sampler is right, the others are wrong on purpose. The smaller the mistake, the more draws it takes. This gambler knows nothing of the mistakes and learns them from the draws of one row. The suite has faster ones, see above.",
	}
	bound := 0.0
	for _, l := range all {
		bound = max(bound, l.values["log10-1/alpha"])
	}
	for _, c := range against(all, "log10-e", "subject", "draws", words) {
		r.add(c.name, c.look-1, c.points, bound) // the first is black
	}
	return r, len(r.curves) > 0
}

// severalLaws is how many laws with bets a report has to have for a picture of its own.
const severalLaws = 3

// races are those in law reports. A report with several laws that bet, as one of a server, is
// one picture with a line for each law. The others are compared law by law.
func races(reports []lawReport, l *looks) (all []race) {
	byLaw := map[string]int{}
	for _, report := range reports {
		bets := slices.DeleteFunc(slices.Clone(report.Results), func(r verdict.Result) bool { return r.Evidence == nil || len(r.Evidence.Paths) == 0 })
		if len(bets) >= severalLaws {
			r := race{
				title: "Proof by betting: " + verdict.Printable(report.Subject), each: "law",
				about: "Each line is the gambler of one law.",
			}
			own := &looks{} // of its laws, which are no implementations
			for _, result := range bets {
				r.addPaths(result.ID, own, result.Evidence.Paths)
			}
			all = append(all, r)
			continue
		}
		for _, result := range bets {
			at, known := byLaw[result.ID]
			if !known {
				at = len(all)
				byLaw[result.ID] = at
				all = append(all, race{
					title: "Proof by betting: " + verdict.Printable(result.ID), each: "implementation",
					about: "The law is: " + verdict.Printable(result.Claim) + ".", survey: strings.HasSuffix(result.ID, "/Survey"),
				})
			}
			all[at].addPaths(report.Subject, l, result.Evidence.Paths)
		}
	}
	for _, report := range reports {
		for _, result := range report.Results {
			if at, ok := byLaw[result.ID]; ok && result.Status == verdict.Broken && result.Evidence == nil {
				all[at].none = append(all[at].none, verdict.Printable(report.Subject))
			}
		}
	}
	return slices.DeleteFunc(all, func(r race) bool { return len(r.curves) == 0 })
}

func (r *race) addPaths(name string, l *looks, paths []verdict.Path) {
	for _, path := range paths {
		points := make(plotter.XYs, len(path.Points))
		for i, p := range path.Points {
			points[i] = plotter.XY{X: float64(p.Draws), Y: p.LogE / math.Ln10}
		}
		slices.SortStableFunc(points, func(a, b plotter.XY) int { return cmp.Compare(a.X, b.X) })
		full := name
		if path.Of != "" {
			full += ", " + path.Of
		}
		full = verdict.Printable(full)
		r.add(full, l.of(full), points, path.Bound/math.Ln10)
	}
}

// merged draws curves that coincide as one, with all their names.
func merged(curves []curve) (distinct []curve) {
	for _, c := range curves {
		i := slices.IndexFunc(distinct, func(d curve) bool { return slices.Equal(d.points, c.points) })
		if i < 0 {
			distinct = append(distinct, c)
			continue
		}
		distinct[i].name += ", " + c.name
	}
	return distinct
}

func (r *race) figure() (figure, error) {
	first, last, highest, accused := math.Inf(1), 0.0, math.Inf(-1), []string{}
	for i, c := range r.curves {
		end := c.points[len(c.points)-1]
		first, last = min(first, c.points[0].X), max(last, end.X)
		for _, point := range c.points {
			highest = max(highest, point.Y)
		}
		if end.Y >= r.bounds[i] {
			accused = append(accused, fmt.Sprintf("%s, after %s draws", c.name, short(end.X)))
		}
	}
	curves := merged(r.curves)
	said := fmt.Sprintf("Here none does: the highest e-value is %.2g.", math.Pow(10, highest))
	if len(accused) > 0 {
		said = fmt.Sprintf("Here it is reached by: %s. There a path ends.", strings.Join(accused, "; "))
	}
	if n := len(r.curves) - len(curves); n > 0 {
		said += " Lines that coincide are drawn as one, with several names: they drew the same tokens from the same random words."
	}
	if len(r.none) > 0 {
		said += fmt.Sprintf(" No line: %s, which broke the law before a bet was settled.", strings.Join(r.none, ", "))
	}
	if r.survey {
		said += fmt.Sprintf(" A survey ends after %s draws: what takes more is not seen in it.", short(last))
	}
	for _, bound := range slices.Compact(slices.Sorted(slices.Values(r.bounds))) {
		curves = append(curves, curve{name: fmt.Sprintf("1/α = 10^%.3g: who reaches it is accused", bound), look: plain, points: plotter.XYs{{X: first, Y: bound}, {X: last, Y: bound}}})
	}
	svg, err := lines(axis{label: "tokens drawn", log: true}, axis{label: "e-value (power of ten)"}, curves)
	return figure{
		Title: r.title,
		Sentence: "The height is the power of ten of what the gambler owns: 0 is the 1 that he begins with, 3 is a thousand. " +
			"Whoever reaches the dashed line is accused at once. " + said + " " + r.about,
		Alt: fmt.Sprintf("Paths of the logarithm of the e-value against the number of draws, and a line that accuses. %s", said),
		SVG: svg, Legend: legend(curves), Numbers: lastOf(r.each, r.curves),
	}, err
}

// lastOf are the last values of paths.
func lastOf(each string, curves []curve) table {
	t := table{Head: []string{each, "tokens drawn", "e-value (power of ten)"}}
	for _, c := range curves {
		last := c.points[len(c.points)-1]
		t.Rows = append(t.Rows, []string{c.name, fmt.Sprintf("%.0f", last.X), fmt.Sprintf("%.3g", last.Y)})
	}
	return t
}
