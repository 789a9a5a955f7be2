package main

import (
	"os"
	"strings"
	"testing"

	"gonum.org/v1/plot/plotter"

	"temper/props/verdict"
)

// law is a result with one path.
func law(id string, bound float64, logE ...float64) verdict.Result {
	path := verdict.Path{Bound: bound}
	for i, l := range logE {
		path.Points = append(path.Points, verdict.Point{Draws: 10 * (i + 1), LogE: l})
	}
	return verdict.Result{Law: verdict.Law{ID: id, Claim: "the claim of " + id, Level: verdict.Must}, Status: verdict.Held, Inputs: 1,
		Evidence: &verdict.Evidence{Draws: 10 * len(logE), Paths: []verdict.Path{path}}}
}

func TestImplementationsAreComparedLawByLaw(t *testing.T) {
	_, page := shown(t,
		report(t, verdict.Report{Suite: "v1", Subject: "one", Results: []verdict.Result{law("Draw/Survey", 20, -1, -2)}}),
		report(t, verdict.Report{Suite: "v1", Subject: "two", Results: []verdict.Result{law("Draw/Survey", 20, 3, 9, 21, 400)}}))
	for _, want := range []string{"Proof by betting: Draw/Survey", "The law is: the claim of Draw/Survey.", "Here it is reached by: two, after 30 draws."} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if n := strings.Count(page, "<h4>Proof by betting"); n != 1 {
		t.Errorf("%d pictures of one law", n)
	}
}

func TestLinesThatCoincideAreDrawnAsOneAndWhoHasNoneIsNamed(t *testing.T) {
	broken := verdict.Result{Law: verdict.Law{ID: "Draw/Survey", Level: verdict.Must}, Status: verdict.Broken, Detail: "panicked"}
	_, page := shown(t,
		report(t, verdict.Report{Suite: "v1", Subject: "one", Results: []verdict.Result{law("Draw/Survey", 20, -1, -2)}}),
		report(t, verdict.Report{Suite: "v1", Subject: "two", Results: []verdict.Result{law("Draw/Survey", 20, -1, -2)}}),
		report(t, verdict.Report{Suite: "v1", Subject: "three", Results: []verdict.Result{broken}}))
	for _, want := range []string{"<span>one, two</span>", "Lines that coincide are drawn as one", "No line: three, which broke the law", "ends after 20 draws"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
}

// What the page says of the power of bets is rounded from the tables of props/README.md.
func TestThePowerOfBetsIsThatOfTheTables(t *testing.T) {
	readme, err := os.ReadFile("../../../props/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, page := shown(t, report(t, verdict.Report{Suite: "v1", Subject: "one", Results: []verdict.Result{law("Draw/Survey", 20, -1, -2)}}))
	for said, measured := range map[string]string{
		"10 % too high takes some 1000 draws": "share the rest | 996 |", "5 % too high some 3500": "share the rest | 3524 |", "1 % too high some 83000": "share the rest | 82867 |",
		"3 % takes some 9000 draws": "3 % takes 9 000 of them", "1 % some 72000": "| 72 000 of them |", "“How many draws a kill takes”": "## How many draws a kill takes", "“What the suite cannot see”": "## What the suite cannot see",
	} {
		if !strings.Contains(page, said) || !strings.Contains(string(readme), measured) {
			t.Errorf("the page says %q, the tables %q: one of them changed", said, measured)
		}
	}
}

func TestAServerHasAPictureOfItsOwn(t *testing.T) {
	server := verdict.Report{Suite: "server v1", Subject: "http://localhost", Results: []verdict.Result{
		law("Draws/One", 17, 0, 1), law("Cuts/TopP", 17, 0, -3), law("Seeds/None", 17, 0), {Law: verdict.Law{ID: "Form/JSON"}, Status: verdict.Held},
	}}
	_, page := shown(t, report(t, server))
	for _, want := range []string{"Proof by betting: http://localhost", "Here none does: the highest e-value is 2.7.", "Draws/One", "Cuts/TopP", "Seeds/None"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	for i, c := range races([]lawReport{{Report: server}}, &looks{})[0].curves {
		if c.look != look(i) {
			t.Errorf("%s has the look %d, and is no. %d", c.name, c.look, i)
		}
	}
}

// Other people's numbers may be far outside a picture, and their names anything.
func TestHostilePathsAreDrawn(t *testing.T) {
	for _, bad := range []verdict.Result{law(hostile, 20), law(hostile, 20, -1e300, 1e300), law(hostile, 0, 1), law(hostile, -1, 1), law(hostile, 1e300, -1e300, 1e299)} {
		if _, page := shown(t, report(t, verdict.Report{Suite: "v1", Subject: hostile, Results: []verdict.Result{bad}})); strings.Contains(page, hostile) {
			t.Error("a name is not escaped")
		}
	}
}

func TestAPathEndsWhereItAccuses(t *testing.T) {
	var r race
	r.add("a", 0, plotter.XYs{{X: 0, Y: 5}, {X: 1, Y: -900}, {X: 2, Y: 9}, {X: 3, Y: 11}}, 9)
	if got := r.curves[0].points; len(got) != 2 || got[0] != (plotter.XY{X: 1, Y: lowest}) || got[1] != (plotter.XY{X: 2, Y: 9}) {
		t.Error(got)
	}
}
