package main

import (
	"regexp"
	"strings"
	"testing"

	gate "temper/bench/gate/report"
	"temper/props/verdict"
)

// wants reports what a page lacks.
func wants(t *testing.T, page string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(page, part) {
			t.Errorf("the page lacks %q", part)
		}
	}
}

func failing(id, detail string) verdict.Result {
	return verdict.Result{Law: verdict.Law{ID: id, Claim: "the claim of " + id, Level: verdict.Must}, Status: verdict.Broken, Inputs: 1, Detail: detail}
}

func TestLawsThatBreakForOneCauseAreTogetherWithTheCommandThatTriesThemAgain(t *testing.T) {
	_, page := shown(t, report(t, verdict.Report{Suite: "v1", Subject: "s", Again: "check -law {law} x", Results: []verdict.Result{
		failing("Draw/Zero", "NaN at 3\ninput: T = 0"), failing("Draw/NaN", "NaN at 7\ninput: T = 1"), failing("Draw/Rows", "something else"),
	}}))
	wants(t, page, "3 broken laws, it seems for 2 causes", "<summary>Draw/Zero, Draw/NaN: NaN at 3</summary>", "check -law Draw/Zero x", "check -law Draw/Rows x",
		`<li id="broken-1-Draw-NaN">`, `href="#broken-1-Draw-NaN"`, `<a href="#broken-1">what broke</a>`)
	if strings.Contains(page, "{law}") {
		t.Error("a command has no law in it")
	}
}

func TestNoFolderOfAMachineIsShown(t *testing.T) {
	f := &facts{}
	f.read("r.json", []byte(report(t, verdict.Report{Suite: "v1", Subject: "s", Failure: "at /home/ada/x/run.go:5", Results: []verdict.Result{
		failing("Draw/Zero", "panicked\n  m.F /home/ada/go/pkg/mod/m@v1.2.3/a-b/c.go:12\n  m.G C:\\Users\\ada\\d.go:7\n  m.H C:/Users/ada/e.go:8\ninput: 1/2"),
	}})))
	shownPage := cleaned("m.F /home/ada/c.go:12, half is 1/2, T/2, see http://h/x")
	if want := "m.F c.go:12, half is 1/2, T/2, see http://h/x"; shownPage != want {
		t.Errorf("%q, want %q", shownPage, want)
	}
	for _, b := range breakages(f.laws) {
		said := b.Causes[0].Examples[0].Said
		if strings.Contains(said, "ada") || !strings.Contains(said, "m.F c.go:12") || !strings.Contains(said, "m.G d.go:7") || !strings.Contains(said, "m.H e.go:8") {
			t.Errorf("%q", said)
		}
	}
	if got := verdicts(f.laws)[0].Failure; got != "at run.go:5" {
		t.Errorf("failure %q", got)
	}
}

func TestALawThatAppliesToNoImplementationIsNamed(t *testing.T) {
	_, page := shown(t, report(t, verdict.Report{Suite: "v1", Subject: "s", Results: []verdict.Result{
		{Law: verdict.Law{ID: "Sampler/Keep"}, Status: verdict.Held}, {Law: verdict.Law{ID: "Sampler/Absent"}, Status: verdict.NotProvided},
	}}))
	wants(t, page, "No row, because it applies to none of these implementations: Sampler/Absent.", "2 laws on s, of which 1 apply")
}

func TestConventionsAreShownAndWhoTellsNoneIsNamed(t *testing.T) {
	keep := []verdict.Result{{Law: verdict.Law{ID: "Sampler/Keep"}, Status: verdict.Held}}
	found := "declared: TopK\nfollows llama.cpp (9 rows asked)\nnot vLLM: of 2 tokens"
	_, page := shown(t, report(t, verdict.Report{Suite: "v1", Subject: "one", Convention: found, Results: keep}),
		report(t, verdict.Report{Suite: "v1", Subject: "two", Convention: found, Results: keep}), report(t, verdict.Report{Suite: "v1", Subject: "three", Results: keep}))
	wants(t, page, "<h3>one, two</h3><p>declared: TopK; follows llama.cpp (9 rows asked).</p>", "do not say which convention they follow: three.", "not vLLM: of 2 tokens")
}

func TestABrokenShouldLawIsNotMarkedLikeAMustLaw(t *testing.T) {
	should := failing("Draw/Zero", "x")
	should.Level = verdict.Should
	_, page := shown(t, report(t, verdict.Report{Suite: "v1", Subject: "s", Results: []verdict.Result{should, {Law: verdict.Law{ID: "Draw/Law"}, Status: verdict.Held}}}))
	wants(t, page, ">(✗)</a>", "✓ keeps every Must law", "(✗) Should laws broken: 1")
}

func TestARunThatIsInconclusiveIsNeitherGreenNorRed(t *testing.T) {
	g, err := gateOf(&gate.Report{Exit: gate.ExitUnclear, Reason: "too noisy", Base: "main", Commit: "0123456789abcdef", Head: "fedcba9876543210", CPU: "Example 7", Rows: []gate.Row{
		{Package: "m", Name: "Sum/n=1/impl=a", Verdict: "INCONCLUSIVE", Timing: &gate.Timing{Ratio: 1, Lo: .9, Hi: 1.1}},
		{Package: "m", Name: "Sum/n=1/impl=b", Verdict: "PASS", Timing: &gate.Timing{Ratio: 1, Lo: .9, Hi: 1.1}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if g.Mark != "? INCONCLUSIVE:" || g.Class != "unsure" {
		t.Errorf("%s, %s", g.Mark, g.Class)
	}
	if a, b := g.Rows.Rows[0][1], g.Rows.Rows[1][1]; a != "Sum a: n=1 in m" || b != "Sum b: n=1 in m" {
		t.Errorf("rows %q and %q", a, b)
	}
	wants(t, strings.Join(g.About, "; "), "base: main (commit 0123456789ab)", "on commit fedcba987654", "Example 7")
}

var (
	anchors = regexp.MustCompile(`href="#([^"]*)"`)
	ids     = regexp.MustCompile(` id="([^"]*)"`)
)

func TestEveryLinkOfThePageLeadsToOnePlaceOfIt(t *testing.T) {
	page := recorded(t)
	places := map[string]int{}
	for _, id := range ids.FindAllStringSubmatch(page, -1) {
		places[id[1]]++
	}
	links := anchors.FindAllStringSubmatch(page, -1)
	for _, link := range links {
		if places[link[1]] != 1 {
			t.Errorf("%d places are called %q", places[link[1]], link[1])
		}
	}
	if len(links) < 100 {
		t.Errorf("%d links", len(links))
	}
}

func TestTheFirstUseOfAWordLeadsToItsMeaning(t *testing.T) {
	g := newGlossary()
	first, second := string(g.link("<b> a law, laws & lawful logits")), string(g.link("a law and a logit"))
	if strings.Count(first, "<a ") != 2 || !strings.Contains(first, `">law</a>`) || !strings.Contains(first, "&lt;b&gt;") || !strings.Contains(first, "lawful") {
		t.Error(first)
	}
	if second != "a law and a logit" {
		t.Error(second)
	}
}

func TestWhoIsHeldToTheLawsAndNotTimedIsNamed(t *testing.T) {
	held := []verdict.Result{{Law: verdict.Law{ID: "Sample/Edges"}, Status: verdict.Held}}
	_, page := shown(t, ordinary, report(t, verdict.Report{Suite: "v1", Subject: "other", Results: held}), report(t, verdict.Report{Suite: "v1", Subject: "portable", Results: held}))
	wants(t, page, "<li>Sample: other</li>")
}

func TestANameHasOneLookInAllSections(t *testing.T) {
	bets := func(subject string, end float64) string {
		return report(t, verdict.Report{Suite: "v1", Subject: subject, Results: []verdict.Result{law("Sample/Survey", 20, -1, end)}})
	}
	_, page := shown(t, ordinary, bets("portable", -2), bets("reference", -3))
	var swatches []string
	for _, item := range strings.Split(page, "<li>") {
		if swatch, ok := strings.CutSuffix(strings.TrimSpace(strings.Split(item, "</li>")[0]), " <span>portable</span>"); ok {
			swatches = append(swatches, swatch)
		}
	}
	if len(swatches) != 2 || swatches[0] != swatches[1] {
		t.Errorf("%d swatches: %q", len(swatches), swatches)
	}
}

// What is drawn of a mark: the filled ones first, then the hollow ones, which have the paper inside.
func TestTheMarksOfLinesDiffer(t *testing.T) {
	drawn := map[string]bool{}
	for i := range marks {
		mark := string(swatch(look(i)))
		if hollow := strings.Contains(mark, "var(--panel)"); hollow != (i >= 3 && i < 6) {
			t.Errorf("look %d: hollow is %v", i, hollow)
		}
		drawn[regexp.MustCompile(`style="[^"]*"`).ReplaceAllString(mark, "")] = true
	}
	if len(drawn) != len(marks) {
		t.Errorf("%d shapes of %d looks", len(drawn), len(marks))
	}
}
