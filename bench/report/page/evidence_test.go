package main

import (
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

func TestAServerHasAPictureOfItsOwn(t *testing.T) {
	_, page := shown(t, report(t, verdict.Report{Suite: "server v1", Subject: "http://localhost", Results: []verdict.Result{
		law("Draws/One", 17, 0, 1), law("Cuts/TopP", 17, 0, -3), law("Seeds/None", 17, 0), {Law: verdict.Law{ID: "Form/JSON"}, Status: verdict.Held},
	}}))
	for _, want := range []string{"Proof by betting: http://localhost", "Here none does.", "Draws/One", "Cuts/TopP", "Seeds/None"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
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
