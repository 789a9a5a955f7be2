package main

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot/plotter"
)

// evidence draws the paths of e-values from the results of BenchmarkEvidence: what a bet
// against each subject has made of a stake of 1.
func evidence(f *facts) (figure, bool, error) {
	all := exactLines(f)
	curves := positive(against(all, "log10-e", "subject", "draws", words), false, true)
	if len(curves) == 0 {
		return figure{}, false, nil
	}
	last, accused := 0.0, []string{}
	bound := 0.0
	for _, l := range all {
		bound = max(bound, l.values["log10-1/alpha"])
	}
	for i, c := range curves {
		curves[i].bare = true
		curves[i].look = look(i)
		last = max(last, c.points[len(c.points)-1].X)
		if at := slices.IndexFunc(c.points, func(p plotter.XY) bool { return p.Y >= bound }); at >= 0 && bound > 0 {
			curves[i].points = c.points[:at+1] // the rest would be far above the picture
			accused = append(accused, fmt.Sprintf("%s, after %s draws", c.name, short(c.points[at].X)))
		}
	}
	if bound > 0 {
		curves = append(curves, curve{name: fmt.Sprintf("1/α = 10^%.0f: who reaches it is accused", bound), look: plain, points: plotter.XYs{{X: 1, Y: bound}, {X: last, Y: bound}}})
	}
	svg, err := lines(axis{label: "tokens drawn", log: true}, axis{label: "e-value (power of ten)"}, curves)
	verdict := "Here none does."
	if len(accused) > 0 {
		verdict = fmt.Sprintf("Here it is reached by: %s. There a path ends.", strings.Join(accused, "; "))
	}
	return figure{
		Title: "Proof by betting: how long a wrong sampler stays hidden",
		Sentence: "The height is what a gambler owns who began with 1 and bets, token by token, that the sampler does not draw as it claims. Against a right sampler such a gambler loses, and ever comes to own 1/α with probability at most α. " +
			"Whoever reaches the dashed line is therefore accused at once. " + verdict + " The smaller the mistake, the more draws it takes.",
		Alt: fmt.Sprintf("Paths of the logarithm of the e-value against the number of draws, and a line at %.0f. %s", bound, verdict),
		SVG: svg, Legend: legend(curves), Numbers: lastOf(curves),
	}, true, err
}

// lastOf are the last values of paths.
func lastOf(curves []curve) table {
	t := table{Head: []string{"sampler", "tokens drawn", "e-value (power of ten)"}}
	for _, c := range curves {
		if c.look != plain {
			last := c.points[len(c.points)-1]
			t.Rows = append(t.Rows, []string{c.name, fmt.Sprintf("%.0f", last.X), fmt.Sprintf("%.3g", last.Y)})
		}
	}
	return t
}
