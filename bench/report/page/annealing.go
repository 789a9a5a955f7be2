package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/plotter"
)

// annealing shows how far sampling step by step is from sampling whole sequences, from
// the results of BenchmarkAnnealingGap and BenchmarkNextCharacter.
func annealing(f *facts) (figures []figure, err error) {
	exact := exactLines(f)
	for _, draw := range []func([]line) (figure, bool, error){divergence, effectiveSamples, nextCharacter} {
		picture, ok, err := draw(exact)
		if err != nil {
			return nil, err
		}
		if ok {
			figures = append(figures, picture)
		}
	}
	return figures, nil
}

// hot says whether three letters above T = 1 are shown. What the page says of them,
// TestWhatWasNeverCountedDecidesAboveOneAndFewTextsBelow in bench shows.
func hot(f *facts) bool {
	return slices.ContainsFunc(exactLines(f), func(l line) bool {
		order, _ := l.Key("order")
		at, _ := l.Key("T")
		t, err := strconv.ParseFloat(at, 64)
		_, has := l.values["nats/token"]
		return has && order == "3" && err == nil && t > 1
	})
}

// exactLines are those of all runs: what is computed exactly compares across machines.
func exactLines(f *facts) (lines []line) {
	for _, run := range f.runs {
		for _, l := range run.lines {
			if exact(l) {
				lines = append(lines, l)
			}
		}
	}
	return lines
}

// against groups the lines of a unit by a key, each a curve over another key.
func against(lines []line, unit, by, over string, name func(string) string) (curves []curve) {
	for _, l := range lines {
		y, ok := l.values[unit]
		key, _ := l.Key(by)
		at, _ := l.Key(over)
		x, err := strconv.ParseFloat(at, 64)
		if !ok || err != nil || !finite(x) {
			continue
		}
		i := slices.IndexFunc(curves, func(c curve) bool { return c.name == name(key) })
		if i < 0 {
			i = len(curves)
			curves = append(curves, curve{name: name(key), look: look(i + 1)})
		}
		curves[i].points = append(curves[i].points, plotter.XY{X: x, Y: y})
	}
	for _, c := range curves {
		slices.SortFunc(c.points, func(a, b plotter.XY) int {
			if a.X < b.X {
				return -1
			}
			return 1
		})
	}
	return curves
}

func finite(x float64) bool { return x-x == 0 }

func letters(order string) string {
	if order == "1" {
		return "remembers 1 letter"
	}
	return "remembers " + order + " letters"
}

func divergence(all []line) (figure, bool, error) {
	curves := positive(against(all, "nats/token", "order", "T", letters), false, true)
	if len(curves) == 0 {
		return figure{}, false, nil
	}
	svg, err := lines(axis{label: "temperature T", log: true}, axis{label: "KL(q‖π) per letter (nats)"}, curves)
	return figure{
		Title: "Annealing each step is not annealing the text",
		Sentence: "A temperature can be applied to each letter by itself: q, what samplers do. Or to whole texts: π, in proportion to p^(1/T). " +
			"The height is the distance KL(q‖π) of the two, in nats per letter. At T = 1 there is none. Below 1 it grows, the faster the more letters the model remembers.",
		Alt: "Lines of the Kullback–Leibler divergence per letter against temperature, one for each number of letters that a model of Newton's Opticks remembers; 0 at T = 1. " + highest(curves, "nats"),
		SVG: svg, Legend: legend(curves), Numbers: points(curves, "T", "nats per letter"),
	}, true, err
}

func effectiveSamples(all []line) (figure, bool, error) {
	curves := positive(against(all, "ESS/N", "order", "T", letters), true, true)
	if len(curves) == 0 {
		return figure{}, false, nil
	}
	svg, err := lines(axis{label: "temperature T", log: true}, axis{label: "ESS/N (draws from π)", log: true}, curves)
	return figure{
		Title: "What a text drawn step by step is worth",
		Sentence: "A text of 32 letters is drawn letter by letter from q. ESS/N is how many draws from π it is worth, if each text gets the weight that corrects it. " +
			"1, at the top: nothing is lost. 0.001: a thousand such texts are worth one.",
		Alt: "Lines of ESS/N, the effective sample share, against temperature on logarithmic axes, one for each number of letters that the model remembers; 1 at T = 1, far less elsewhere.",
		SVG: svg, Legend: legend(curves), Numbers: points(curves, "T", "ESS/N"),
	}, true, err
}

// nextCharacter draws one distribution of a real next character at some temperatures.
func nextCharacter(all []line) (figure, bool, error) {
	var names []string
	var curves []curve
	prompt := ""
	for _, l := range all {
		p, ok := l.values["probability"]
		char, _ := l.Key("char")
		temperature, _ := l.Key("T")
		if !ok || char == "" {
			continue
		}
		prompt, _ = l.Key("after")
		x := slices.Index(names, char)
		if x < 0 {
			x = len(names)
			names = append(names, char)
		}
		i := slices.IndexFunc(curves, func(c curve) bool { return c.name == "T = "+temperature })
		if i < 0 {
			i = len(curves)
			curves = append(curves, curve{name: "T = " + temperature, look: look(i)})
		}
		curves[i].points = append(curves[i].points, plotter.XY{X: float64(x), Y: p})
	}
	if len(curves) == 0 {
		return figure{}, false, nil
	}
	svg, err := lines(axis{label: "next character, the most probable first", names: names}, axis{label: "probability p_T", zero: true}, curves)
	numbers := table{Head: []string{"character"}}
	for _, name := range names {
		numbers.Rows = append(numbers.Rows, []string{name})
	}
	for _, c := range curves {
		numbers.Head = append(numbers.Head, c.name)
		for _, p := range c.points {
			row := &numbers.Rows[int(p.X)]
			*row = append(*row, fmt.Sprintf("%.3g", p.Y))
		}
	}
	return figure{
		Title: "One next character at five temperatures",
		Sentence: fmt.Sprintf("What a small neural network, trained on Newton's Opticks, expects after “%s”. Only the %d most probable characters are shown. %s ", words(prompt), len(names), together(curves)) +
			"The colder, the more of the probability the first one has. The hotter, the flatter the line. The order stays the same at every temperature.",
		Alt: "Probabilities of the next characters, a line for each temperature: steep at low temperatures, flat at high ones.",
		SVG: svg, Legend: legend(curves), Numbers: numbers,
	}, true, err
}

// together says how much of the probability the characters of each curve have.
func together(curves []curve) string {
	var shares []string
	for _, c := range curves {
		sum := 0.0
		for _, p := range c.points {
			sum += p.Y
		}
		shares = append(shares, fmt.Sprintf("%.0f %% at %s", 100*sum, c.name))
	}
	return "Together they have " + strings.Join(shares, ", ") + "."
}

// positive leaves out points that a logarithmic axis has no place for, and curves without
// points.
func positive(curves []curve, y, x bool) (kept []curve) {
	for _, c := range curves {
		c.points = slices.DeleteFunc(c.points, func(p plotter.XY) bool { return x && p.X <= 0 || y && p.Y <= 0 })
		if len(c.points) > 0 {
			kept = append(kept, c)
		}
	}
	return kept
}

func highest(curves []curve, unit string) string {
	top, name := plotter.XY{}, ""
	for _, c := range curves {
		for _, p := range c.points {
			if p.Y > top.Y {
				top, name = p, c.name
			}
		}
	}
	return fmt.Sprintf("The highest is %.3g %s (%s, T = %v).", top.Y, unit, name, top.X)
}

// points are the numbers of curves, one below the other.
func points(curves []curve, x, y string) table {
	t := table{Head: []string{"line", x, y}}
	for _, c := range curves {
		for _, p := range c.points {
			t.Rows = append(t.Rows, []string{c.name, fmt.Sprintf("%g", p.X), fmt.Sprintf("%.4g", p.Y)})
		}
	}
	return t
}
