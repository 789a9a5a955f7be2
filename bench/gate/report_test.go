//go:build unix

package main

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
)

func TestExitCodeTellsWhatMattersMost(t *testing.T) {
	well := Health{Slowed: decide.Fail}
	fail, pass, unclear := Row{Verdict: string(decide.Fail)}, Row{Verdict: string(decide.Pass)}, Row{Verdict: string(decide.Inconclusive)}
	waived := Row{Verdict: string(decide.Fail), Waiver: &Waiver{}}
	for _, c := range []struct {
		name   string
		looked bool
		health Health
		rows   []Row
		want   int
	}{
		{"all pass", true, well, []Row{pass, {Verdict: verdictNew}, {Verdict: verdictGone}}, exitPass},
		{"one fails", true, well, []Row{pass, fail, unclear}, exitRegression},
		{"one unclear", true, well, []Row{pass, unclear}, exitUnclear},
		{"waived", true, well, []Row{pass, waived}, exitPass},
		{"identical builds differ", true, Health{Slowed: decide.Fail, Moved: []string{"m.X"}}, []Row{fail}, exitBroken},
		{"blind", true, Health{Slowed: decide.Pass}, []Row{pass}, exitBroken},
		{"too noisy to see", true, Health{Slowed: decide.Inconclusive}, []Row{pass}, exitUnclear},
		{"too little time", false, Health{}, []Row{pass}, exitUnclear},
		{"too little time, an allocation more", false, Health{}, []Row{fail}, exitRegression},
	} {
		run := &comparison{looked: c.looked, plan: decide.NewPlan(1, 0.03), rounds: rounds{control: &control{}}}
		if got, why := run.conclude(&Report{Rows: c.rows, Health: c.health}); got != c.want {
			t.Errorf("%s: exit %d (%s), want %d", c.name, got, why, c.want)
		}
	}
}

// timed is a row whose arms took so many seconds in each pair.
func timed(times [arms][]float64) row {
	r := row{path: "m", name: "X"}
	for arm, seconds := range times {
		for _, s := range seconds {
			r.samples[arm] = append(r.samples[arm], sample{seconds: s})
		}
	}
	return r
}

func TestControlsNoticeWhatTheyAreFor(t *testing.T) {
	level, jitter, slower := make([]float64, 13), make([]float64, 13), make([]float64, 13)
	for i := range level {
		level[i] = 1 + float64(i)/100
		jitter[i] = level[i] * math.Exp(0.001*math.Sin(float64(i)*2))
		slower[i] = level[i] * (1.5 + float64(i)/1000)
	}
	well := timed([arms][]float64{level, jitter, slower})
	if h := health(&control{row: well}, []*row{&well}); h.Broken() != "" || h.Unstable() {
		t.Errorf("all is well, but %+v", h)
	}
	moved := timed([arms][]float64{level, slower, slower})
	if h := health(&control{row: well}, []*row{&moved}); len(h.Moved) != 1 || h.Broken() == "" {
		t.Errorf("base and base′ of a row are apart, but %+v", h)
	}
	blind := timed([arms][]float64{level, jitter, jitter})
	if h := health(&control{row: blind}, nil); h.Slowed != decide.Pass || h.Broken() == "" {
		t.Errorf("the planted slowdown was not found, but %+v", h)
	}
}

func TestMarkdownKeepsItsColumns(t *testing.T) {
	report := &Report{Rows: []Row{
		{Package: "m", Name: "A|B", Verdict: "FAIL", Timing: &Timing{Base: 1e-6, Head: 2e-6, Ratio: 2, Hi: 2.2}},
		{Package: "m", Name: "New", Verdict: verdictNew},
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
				{Package: "m", Name: name, Verdict: "FAIL", Reproduce: "gate -bench " + quote(name), Profiles: []string{name, name},
					Exact: []Exact{{Unit: name, Worse: true}}, Timing: &Timing{Base: 1e-6, Head: 2e-6, Ratio: 2, Hi: 2.2}},
				{Package: "m", Name: name, Verdict: "FAIL", Waiver: &Waiver{Owner: name, Reason: name}},
			},
		}
		var text, page, table strings.Builder
		if err := errors.Join(report.writeMarkdown(&text), report.writeTable(&table)); err != nil {
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

func TestSelfcheckToleratesNoiseAndNothingElse(t *testing.T) {
	changed := trial{red: []string{"m.X"}}
	for _, c := range []struct {
		verdicts [2]decide.Verdict // of the row that was changed and of another
		exit     int
		want     int
	}{
		{[2]decide.Verdict{decide.Fail, decide.Pass}, exitRegression, exitPass},
		{[2]decide.Verdict{decide.Fail, decide.Inconclusive}, exitRegression, exitPass},
		{[2]decide.Verdict{decide.Inconclusive, decide.Pass}, exitUnclear, exitUnclear},
		{[2]decide.Verdict{decide.Pass, decide.Pass}, exitPass, exitBroken},
		{[2]decide.Verdict{decide.Fail, decide.Fail}, exitRegression, exitBroken},
		{[2]decide.Verdict{decide.Fail, decide.Pass}, exitBroken, exitBroken},
	} {
		report := &Report{Exit: c.exit, Rows: []Row{
			{Package: "m", Name: "X", Verdict: string(c.verdicts[0])},
			{Package: "m", Name: "Y", Verdict: string(c.verdicts[1])},
		}}
		if got := changed.judge(report); got != c.want {
			t.Errorf("verdicts %v, exit %d: judged %d, want %d", c.verdicts, c.exit, got, c.want)
		}
	}
}

func TestSelfcheckIsUnclearWhereNothingCouldBeSaid(t *testing.T) {
	report := &Report{Exit: exitUnclear, Rows: []Row{{Package: "m", Name: "X", Verdict: string(decide.Inconclusive)}}}
	for _, changed := range []trial{{}, {red: []string{"m.X"}}} {
		if got := changed.judge(report); got != exitUnclear {
			t.Errorf("trial %+v: judged %d, want %d", changed, got, exitUnclear)
		}
	}
}

func TestVerdictIsTheExitCodeThoughFilesCouldNotBeWritten(t *testing.T) {
	full := errors.New("no space left on device")
	for exit, want := range map[int]int{exitPass: exitUsage, exitRegression: exitRegression, exitUnclear: exitUnclear, exitBroken: exitBroken} {
		var stdout, stderr strings.Builder
		report := &Report{Exit: exit, Reason: "as told"}
		if got := report.announce(&stdout, &stderr, full); got != want {
			t.Errorf("exit %d became %d, want %d", exit, got, want)
		}
		if !strings.Contains(stdout.String(), "as told") || !strings.Contains(stderr.String(), full.Error()) {
			t.Errorf("the table or the error is missing:\n%s\n%s", &stdout, &stderr)
		}
	}
}

func TestWaivedRowsAreNotCalledFine(t *testing.T) {
	run := &comparison{looked: true, rounds: rounds{rows: make([]*row, 3)}}
	report := &Report{Health: Health{Slowed: decide.Fail}, Rows: []Row{{Verdict: string(decide.Fail), Waiver: &Waiver{}}}}
	if exit, why := run.conclude(report); exit != exitPass || !strings.Contains(why, "1 are worse and waived") {
		t.Errorf("exit %d: %s", exit, why)
	}
}
