package report

import (
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"

	"temper/bench/gate/decide"
	"temper/props/verdict"
)

func TestExitCodeTellsWhatMattersMost(t *testing.T) {
	well := Health{Slowed: decide.Fail}
	fail, pass, unclear := Row{Verdict: decide.Fail}, Row{Verdict: decide.Pass}, Row{Verdict: decide.Inconclusive}
	waived := Row{Verdict: decide.Fail, Waiver: &Waiver{}}
	for _, c := range []struct {
		name   string
		looked bool
		health Health
		rows   []Row
		want   int
	}{
		{"all pass", true, well, []Row{pass, {Verdict: New}, {Verdict: Gone}}, ExitPass},
		{"one fails", true, well, []Row{pass, fail, unclear}, ExitRegression},
		{"one unclear", true, well, []Row{pass, unclear}, ExitUnclear},
		{"waived", true, well, []Row{pass, waived}, ExitPass},
		{"identical builds differ", true, Health{Slowed: decide.Fail, Moved: []string{"m.X"}}, []Row{fail}, ExitBroken},
		{"blind", true, Health{Slowed: decide.Pass}, []Row{pass}, ExitBroken},
		{"too noisy to see", true, Health{Slowed: decide.Inconclusive}, []Row{pass}, ExitUnclear},
		{"too little time", false, Health{}, []Row{pass}, ExitUnclear},
		{"too little time, an allocation more", false, Health{}, []Row{fail}, ExitRegression},
	} {
		tooShort := ""
		if !c.looked {
			tooShort = "the budget ended"
		}
		report := Report{Rows: c.rows, Health: c.health}
		report.Conclude(tooShort)
		if report.Exit != c.want {
			t.Errorf("%s: exit %d (%s), want %d", c.name, report.Exit, report.Reason, c.want)
		}
	}
}

// A disk that is full (2), or a benchmark of head that fails in the middle of a run (1).
func TestRunThatEndedEarlyIsNotGreen(t *testing.T) {
	for _, c := range []struct{ exit, early, want int }{
		{ExitPass, ExitUsage, ExitUsage}, {ExitUnclear, ExitUsage, ExitUnclear}, {ExitRegression, ExitUsage, ExitRegression},
		{ExitPass, ExitRegression, ExitRegression}, {ExitUnclear, ExitRegression, ExitRegression}, {ExitBroken, ExitRegression, ExitBroken},
	} {
		r := &Report{Exit: c.exit, Reason: "as told"}
		if r.EndEarly("no space left", c.early); r.Exit != c.want || len(r.Notes) != 1 {
			t.Errorf("exit %d became %d, want %d; notes %q", c.exit, r.Exit, c.want, r.Notes)
		}
	}
}

func TestReasonNamesWhatWasNotCompared(t *testing.T) {
	for want, rows := range map[string][]Row{
		"no row of 1 is worse; not compared: 1 gone, 2 new":      {{Verdict: decide.Pass}, {Verdict: New}, {Verdict: Gone}, {Verdict: New}},
		"1 of 2 rows are worse; not compared: 1 gone":            {{Verdict: decide.Pass}, {Verdict: decide.Fail}, {Verdict: Gone}},
		"1 of 2 rows could not be timed, 1 are too noisy to say": {{Verdict: decide.Inconclusive, Untimed: "base fails it"}, {Verdict: decide.Inconclusive}},
		"2 rows, of which 1 are waived":                          {{Verdict: decide.Pass}, {Verdict: decide.Fail, Waiver: &Waiver{}}},
		"1 of 1 rows are too noisy to say; not compared: 1 new":  {{Verdict: decide.Inconclusive}, {Verdict: New}},
	} {
		report := Report{Health: Health{Slowed: decide.Fail}, Rows: rows}
		report.Conclude("")
		if report.Reason != want {
			t.Errorf("%q, want %q", report.Reason, want)
		}
	}
}

func TestMarkdownKeepsItsColumns(t *testing.T) {
	report := &Report{Rows: []Row{
		{Package: "m", Name: "A|B", Verdict: "FAIL", Timing: &Timing{Base: 1e-6, Head: 2e-6, Ratio: 2, Hi: 2.2}},
		{Package: "m", Name: "New", Verdict: New},
	}}
	var text strings.Builder
	if err := report.writeMarkdown(&text); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text.String()) {
		if strings.HasPrefix(line, "| ") {
			if bars := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|"); bars != len(columns)+1 {
				t.Errorf("%d bars in %q", bars, line)
			}
		}
	}
}

// Benchmarks, branches and waivers are named by whoever opens a pull request.
func TestOtherPeoplesTextIsOnlyTextInTheReport(t *testing.T) {
	for _, name := range []string{
		"`A`", "`[x](https://evil.example)`", "[x](https://evil.example)", "https://evil.example", "<img/src=x>", "<script>", "![x](//evil.example/x.png)",
		"a|b", "`a|<b>`", "\x1b[31mred", "@someone", "#1", "*b*", "```", "a\n# heading", "&lt;img&gt;",
	} {
		report := &Report{
			Base: name, Commit: "0123456789abcdef", Reason: "as told", Notes: []string{name, "no profile:\n" + name},
			Health: Health{Moved: []string{name}, Rounds: 1},
			Rows: []Row{
				{Package: "m", Name: name, Verdict: "FAIL", Reproduce: verdict.CommandLine("gate", "-bench", name), Profiles: []string{name, name},
					Exact: []Exact{{Unit: name, Worse: true}}, Timing: &Timing{Base: 1e-6, Head: 2e-6, Ratio: 2, Hi: 2.2}},
				{Package: "m", Name: name, Verdict: "FAIL", Waiver: &Waiver{Owner: name, Reason: name}},
			},
		}
		var text, page, table strings.Builder
		if err := errors.Join(report.writeMarkdown(&text), report.WriteTable(&table)); err != nil {
			t.Fatal(err)
		}
		github := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe()))
		if err := github.Convert([]byte(text.String()), &page); err != nil {
			t.Fatal(err)
		}
		for _, tag := range regexp.MustCompile(`<([a-z0-9]+)`).FindAllStringSubmatch(page.String(), -1) {
			if !slices.Contains([]string{"h3", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "p", "code", "pre"}, tag[1]) {
				t.Errorf("%q makes a tag %s:\n%s", name, tag[1], &text)
			}
		}
		if n := strings.Count(page.String(), "<h"); n != 1 {
			t.Errorf("%q makes %d headings:\n%s", name, n, &text)
		}
		if n := strings.Count(page.String(), "<td"); n != 2*len(columns) {
			t.Errorf("%q makes %d cells of two rows:\n%s", name, n, &text)
		}
		if strings.Contains(text.String()+table.String(), "\x1b") {
			t.Errorf("%q commands the terminal", name)
		}
	}
}

func TestNumbersThatAreNotFiniteAreNullInJSON(t *testing.T) {
	text, err := json.Marshal([]Number{1.5, Number(math.Inf(1)), Number(math.NaN())})
	if err != nil || string(text) != "[1.5,null,null]" {
		t.Errorf("%s, %v", text, err)
	}
}

func TestWaivedRowsAreNotCalledFine(t *testing.T) {
	report := &Report{Health: Health{Slowed: decide.Fail}, Rows: []Row{{Verdict: decide.Fail, Waiver: &Waiver{}}}}
	report.Conclude("")
	if report.Exit != ExitPass || !strings.Contains(report.Reason, "1 are waived") {
		t.Errorf("exit %d: %s", report.Exit, report.Reason)
	}
}
