package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gate "temper/bench/gate/report"
	"temper/bench/report/results"
	"temper/props/verdict"
)

// shown is the page of files with these contents.
func shown(t *testing.T, contents ...string) (*facts, string) {
	t.Helper()
	f := &facts{}
	for _, text := range contents {
		f.read("file", []byte(text))
	}
	var page bytes.Buffer
	if err := write(&page, f); err != nil {
		t.Fatal(err)
	}
	return f, page.String()
}

// sections are what every page has, whatever the files hold.
var sections = []string{"verdicts", "matrix", "conventions", "speed", "annealing", "evidence", "gate", "provenance", "words"}

const ordinary = `cpu: Example
BenchmarkSample/vocab=27/rows=1/logits=flat/T=0.7/impl=reference 100 2700 ns/op 1.00 %limit 100.0 ns/logit
BenchmarkSample/vocab=27/rows=1/logits=flat/T=0.7/impl=portable 100 270 ns/op 10.0 %limit 10.00 ns/logit
BenchmarkSample/vocab=512/rows=1/logits=flat/T=0.7/impl=reference 100 2700 ns/op 1.00 %limit 50.0 ns/logit
BenchmarkSample/vocab=512/rows=1/logits=flat/T=0.7/impl=portable 100 270 ns/op 10.0 %limit 5.00 ns/logit
BenchmarkSample/vocab=2048/rows=1/logits=flat/T=0.7/impl=reference 100 2700 ns/op 1.00 %limit 50.0 ns/logit
BenchmarkSample/vocab=2048/rows=1/logits=flat/T=0.7/impl=portable 100 270 ns/op 10.0 %limit 5.00 ns/logit
`

func report(t *testing.T, r verdict.Report) string {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const hostile = `<script>alert("x")</script>`

func TestEveryPageHasEverySection(t *testing.T) {
	for name, files := range map[string][]string{
		"nothing": nil, "an empty file": {""}, "spaces": {" \n"}, "words": {"no results here\n"}, "ordinary": {ordinary},
		"half a line":   {ordinary[:len(ordinary)-30]},
		"half a report": {report(t, verdict.Report{Suite: "v1", Subject: "s"})[:20]},
		"empty report":  {report(t, verdict.Report{Suite: "v1", Subject: "s"})},
		"empty values":  {"{}", "[]", "null", "7", `{"suite":7}`, `{"exit":"x"}`, `{"exit":0}`},
	} {
		_, page := shown(t, files...)
		for _, id := range sections {
			if !strings.Contains(page, `<section id="`+id+`"`) {
				t.Errorf("%s: no section %s", name, id)
			}
		}
		if !strings.HasSuffix(strings.TrimSpace(page), "</html>") {
			t.Errorf("%s: the page does not end", name)
		}
	}
}

func TestWhatCannotBeReadIsNamed(t *testing.T) {
	for text, want := range map[string]string{
		"":                                           "is empty",
		"words\n":                                    "has no results",
		`{"suite":"v1","subject":`:                   "not read to its end",
		`{"other":1}`:                                "neither a law report nor a report of the gate",
		"BenchmarkA/impl=a 1 NaN ns/op\n":            "NaN",
		"BenchmarkA/impl=a 1 0 ns/op\n":              "0 sec/op is left out",
		"BenchmarkA/impl=a 1 -5 ns/op\n":             "left out",
		"BenchmarkA/impl=a 1 1e999 ns/op\n":          "",
		"BenchmarkA/impl=a one 5 ns/op\n":            "",
		"BenchmarkA/impl=a 1 5 ns/op 3 %limit x y\n": "",
	} {
		f, _ := shown(t, text)
		if len(f.warnings) == 0 || !strings.Contains(strings.Join(f.warnings, "\n"), want) {
			t.Errorf("%q: warnings %q, want %q", text, f.warnings, want)
		}
	}
}

func TestOtherPeoplesTextIsEscaped(t *testing.T) {
	name := strings.ReplaceAll(strings.ReplaceAll(hostile, "/", "|"), " ", "_")
	lines := strings.NewReplacer("portable", name, "cpu: Example", "cpu: "+hostile).Replace(ordinary)
	lines += "Benchmark" + name + "/vocab=1/impl=\x1b[2J" + name + " 1 5 ns/op\nBenchmark" + name + "Alone 1 5 ns/op\n"
	law := verdict.Result{Law: verdict.Law{ID: hostile, Claim: hostile}, Status: verdict.Broken, Detail: hostile + "\ninput: " + hostile}
	laws := report(t, verdict.Report{Suite: hostile, Subject: hostile, Declared: []string{hostile}, Convention: hostile, Failure: hostile, Results: []verdict.Result{law}})
	rows, err := json.Marshal(gate.Report{Reason: hostile, Base: hostile, Rows: []gate.Row{{Name: hostile, Verdict: hostile, Timing: &gate.Timing{Ratio: 1, Lo: .9, Hi: 1.1}}}})
	if err != nil {
		t.Fatal(err)
	}
	f, page := shown(t, lines, laws, string(rows), "Benchmark"+name+" 1 NaN ns/op\n")
	if strings.Contains(page, "<script") || strings.ContainsRune(page, '\x1b') {
		t.Error("the page has a script, or a control character")
	}
	if !strings.Contains(page, "&lt;script&gt;") {
		t.Error("the hostile name is not shown")
	}
	if len(f.warnings) != 2 { // the last file's line, and that it has no other
		t.Errorf("warnings: %q", f.warnings)
	}
}

func TestOneNameTwiceIsItsMedian(t *testing.T) {
	f, page := shown(t, "BenchmarkA/impl=a 1 5 ns/op\nBenchmarkA/impl=a 1 7 ns/op\nBenchmarkA/impl=a 1 600 ns/op\nBenchmarkA/impl=a 1 NaN ns/op\n")
	if l := f.runs[0].lines; len(l) != 1 || results.Duration(l[0].pace()) != "7.00 ns" || l[0].times != 3 {
		t.Errorf("lines %+v, want one of 7 ns, of 3", l)
	}
	if !strings.Contains(page, "up to 3 lines each") || !strings.Contains(page, "7.00 ns") {
		t.Error("the page does not show the median of three")
	}
}

func TestStrangeNumbersMakePictures(t *testing.T) {
	same := strings.NewReplacer("100.0 ns/logit", "5.00 ns/logit", "10.00 ns/logit", "5.00 ns/logit", "50.0 ns/logit", "5.00 ns/logit").Replace(ordinary)
	far := strings.Replace(ordinary, "100.0 ns/logit", "1e300 ns/logit", 1) + "BenchmarkB/vocab=99999999999999999999/impl=a 1 1e-290 ns/op 1e300 %limit\n"
	exact := "BenchmarkG/order=1/T=0 1 1 ns/op 0.5 nats/token 0 ESS/N\nBenchmarkG/order=1/T=1 1 1 ns/op 0.5 nats/token 0.5 ESS/N\nBenchmarkG/order=1/T=x 1 1 nats/token\n" +
		"BenchmarkN/T=1/char=a 1 .5 probability\nBenchmarkN/T=2 1 .5 probability\nBenchmarkE/draws=0 1 5 log10-e\nBenchmarkE/draws=1 1 5 log10-e\n"
	report := `{"exit":1,"rows":[{"name":"a","verdict":"FAIL","timing":{"ratio":null,"lo":1,"hi":2},"exact":[{"unit":"allocs/op","base":0,"head":1,"worse":true}]},{"name":"b","timing":{"ratio":1,"lo":null,"hi":1e300}}]}`
	for _, text := range []string{same, far, exact, report} {
		_, page := shown(t, text)
		page, _, _ = strings.Cut(page, `<section id="words"`)
		if strings.Contains(page, "NaN") || strings.Contains(page, "Inf") {
			t.Errorf("of %.60q… the page has a number that is none", text)
		}
		if text == report && !strings.Contains(page, "allocs/op: 1, was 0") {
			t.Error("the page does not say which exact metric is worse")
		}
	}
}

func TestWhoBreaksALawIsNamedAndNotDrawn(t *testing.T) {
	wrong := report(t, verdict.Report{Suite: "v1", Subject: "portable", Results: []verdict.Result{
		{Law: verdict.Law{ID: "Sample/Edges", Claim: "edges", Level: verdict.Must}, Status: verdict.Broken, Detail: "u = 0 gives token 0\ninput: T = 1, logits [-Inf 0]"},
	}})
	_, page := shown(t, ordinary, wrong)
	for _, want := range []string{"portable: its Sample breaks Sample/Edges", "T = 1, logits [-Inf 0]", "props.CheckKernels(x, props.Seed(0), props.Only(&#34;Sample/Edges&#34;))"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "portable</span></li>") || !strings.Contains(page, "reference</span></li>") {
		t.Error("the legend has the wrong one, or lacks the right one")
	}
}

func TestALawThatWasNotTriedIsNotCalledBroken(t *testing.T) {
	law := func(level verdict.Level, status verdict.Status) verdict.Result {
		return verdict.Result{Law: verdict.Law{ID: "Sample/" + string(status), Level: level}, Status: status}
	}
	held := law(verdict.Must, verdict.Held)
	for want, r := range map[string]verdict.Report{
		"keeps every Must law":                      {Results: []verdict.Result{held, law(verdict.Should, verdict.Broken)}},
		"Must laws broken: 1":                       {Failure: "gone", Results: []verdict.Result{held, law(verdict.Must, verdict.Broken), law(verdict.Must, verdict.NotTried)}},
		"failed before all laws were tried":         {Failure: "gone", Results: []verdict.Result{held, law(verdict.Must, verdict.NotTried)}},
		"not all laws were tried":                   {Results: []verdict.Result{held, law(verdict.Must, verdict.Skipped)}},
		"Should laws broken: 1, in a strict report": {Strict: true, Results: []verdict.Result{held, law(verdict.Should, verdict.Broken)}},
		"nothing was checked":                       {Results: []verdict.Result{law(verdict.Must, verdict.NotProvided)}},
	} {
		if got := conclusion(r); got != want {
			t.Errorf("%+v: %q, want %q", r.Results, got, want)
		}
	}
}

func TestASecondReportOnTheSameSubjectIsNamedAndLeftOut(t *testing.T) {
	result := verdict.Result{Law: verdict.Law{ID: "Sample/Edges", Level: verdict.Must}, Status: verdict.Held}
	kernels := report(t, verdict.Report{Suite: "v1", Subject: "s", Results: []verdict.Result{result}})
	sampler := report(t, verdict.Report{Suite: "v1", Subject: "s", Results: []verdict.Result{{Law: verdict.Law{ID: "Sampler/Keep"}, Status: verdict.Held}}})
	f, _ := shown(t, kernels, sampler, kernels)
	if len(f.laws) != 2 || len(f.warnings) != 1 || !strings.Contains(f.warnings[0], "reports on s too") {
		t.Errorf("%d reports, warnings %q", len(f.laws), f.warnings)
	}
}

func TestTimesOfTwoFilesAreDrawnApart(t *testing.T) {
	_, page := shown(t, ordinary, ordinary)
	if n := strings.Count(page, ": time against the size of the "); n != 2 {
		t.Errorf("%d pictures of two files", n)
	}
}

func TestFoldersAreReadWhole(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{"a.txt": ordinary, "b.json": report(t, verdict.Report{Suite: "v1", Subject: "s"}), "report.html": "<html>"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := readAll([]string{folder})
	if err != nil || len(f.runs) != 1 || len(f.laws) != 1 || len(f.warnings) != 0 {
		t.Errorf("%d runs, %d reports, warnings %q, error %v", len(f.runs), len(f.laws), f.warnings, err)
	}
	if _, err := readAll([]string{filepath.Join(folder, "none")}); err == nil {
		t.Error("a file that is not there is no error")
	}
}

// recorded is the page of a run that bench/record keeps, of exact results, of law
// reports and of a report of the gate.
func recorded(t *testing.T) string {
	t.Helper()
	f, err := readAll([]string{"../../record/intel-xeon-avx512.txt", "testdata"})
	if err != nil || len(f.warnings) > 0 {
		t.Fatal(err, f.warnings)
	}
	f.gate = &gate.Report{Exit: gate.ExitRegression, Reason: "1 of 3 rows are worse", Base: "origin/main", Margin: .03, Alpha: .01}
	for i, ratio := range []gate.Number{1.002, 1.061, .98} {
		row := gate.Row{Package: "temper/bench", Name: "Sample/vocab=131072/rows=1/logits=zipf/T=0.7/impl=avx2", Verdict: "PASS", Timing: &gate.Timing{Ratio: ratio, Lo: ratio - .02, Hi: ratio + .02, Pairs: 16, Detectable: .05}}
		if i == 1 {
			row.Verdict = "FAIL"
		}
		f.gate.Rows = append(f.gate.Rows, row)
	}
	var page bytes.Buffer
	if err := write(&page, f); err != nil {
		t.Fatal(err)
	}
	return page.String()
}
