package verdict_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"temper/props"
	"temper/props/verdict"
	"temper/reference"
)

// mixed has a result of every kind.
func mixed() verdict.Report {
	return verdict.Report{Suite: "v1", Subject: "my_sampler", Seed: 1<<63 + 1, Results: []verdict.Result{
		{Law: verdict.Law{ID: "Sample/Edges", Claim: "edges are exact", Level: verdict.Must}, Status: verdict.Held, Inputs: 5,
			Evidence: &verdict.Evidence{Draws: 7, Bets: []verdict.Bet{{Defect: "it is as if the most probable token is taken", LogE: -2.5}},
				Paths: []verdict.Path{{Of: "Sample", Bound: 20.7, Points: []verdict.Point{{Draws: 7, LogE: -2.5}}}}}},
		{Law: verdict.Law{ID: "Sample/InverseCDF", Claim: "F(i−1) ≤ u < F(i)", Level: verdict.Must}, Status: verdict.Broken, Inputs: 3, Detail: "u = 0 gives token 0, which is masked\ninput: T = 1, logits [-Inf 0]"},
		{Law: verdict.Law{ID: "Sample/Fences", Claim: "nothing is read outside", Level: verdict.Should}, Status: verdict.Skipped, Detail: "no fenced memory here"},
		{Law: verdict.Law{ID: "Draw/Law", Claim: "tokens come with probability p_T", Level: verdict.Should}, Status: verdict.NotProvided},
	}}
}

// with is a report whose laws, all of one level, came out like this.
func with(level verdict.Level, statuses ...verdict.Status) verdict.Report {
	r := verdict.Report{Suite: "v1", Subject: "s"}
	for _, status := range statuses {
		r.Results = append(r.Results, verdict.Result{Law: verdict.Law{ID: "Sample/Law", Claim: "c", Level: level}, Status: status})
	}
	return r
}

// real are reports of the suite itself: of a correct subject, of a wrong one, of
// one that panics, and of nothing.
var real = sync.OnceValue(func() map[string]verdict.Report {
	check := func(k reference.Kernels) verdict.Report { return props.CheckKernels(k, props.Seed(1), props.Inputs(3)) }
	zero := func(dst []float64, _ []float32, _ float64) error { clear(dst); return nil }
	panics := func(dst []float64, _ []float32, _ float64) error { panic("out of luck") }
	return map[string]verdict.Report{
		"correct": check(reference.Kernels{Name: "reference", Available: true, LogSumExp: reference.Scalar.LogSumExp}),
		"wrong":   check(reference.Kernels{Name: "always 0", Available: true, LogSumExp: zero}),
		"panics":  check(reference.Kernels{Name: "panics", Available: true, LogSumExp: panics}),
		"nothing": check(reference.Kernels{Name: "nothing", Available: true}),
		"refused": props.CheckKernels(reference.Scalar, props.Skip("No/Such", "a misspelt law")),
		"empty":   {Suite: "v1"},
		"mixed":   mixed(),
		"sampler": sampler(),
		"failed": check(reference.Kernels{Name: "failed", Available: true, LogSumExp: func([]float64, []float32, float64) error {
			panic(props.Failure{Reason: errors.New("out of memory")})
		}}),
		"declared": props.CheckKernels(reference.Kernels{Name: "above 0", Available: true, LogProbs: reference.Scalar.LogProbs},
			props.WithoutZero(), props.SmallestVocab(2), props.Inputs(3)),
	}
})

func TestEveryReportSatisfiesTheSchema(t *testing.T) {
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(verdict.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	const address = "https://temper.invalid/report.schema.json" // a relative one takes in the working directory, which may have a space
	if err := compiler.AddResource(address, document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile(address)
	if err != nil {
		t.Fatal(err)
	}
	valid := func(text []byte) error {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
		if err != nil {
			return err
		}
		return schema.Validate(value)
	}
	for name, report := range real() {
		text, err := json.Marshal(report)
		if err != nil {
			t.Fatal(err)
		}
		if err := valid(text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, wrong := range []string{
		`{}`,
		`{"suite":"v1","subject":"s","seed":1,"coverage":{"held":0,"applicable":0,"total":0},"results":[]}`,
		`{"suite":"v1","subject":"s","seed":"1","coverage":{"held":0,"applicable":1,"total":1},"results":[{"law":"A/B","claim":"c","level":"Must","status":"broken","inputs":1}]}`,
		`{"suite":"v1","subject":"s","seed":"1","coverage":{"held":1,"applicable":1,"total":1},"results":[{"law":"A/B","claim":"c","level":"May","status":"held","inputs":1}]}`,
	} {
		if valid([]byte(wrong)) == nil {
			t.Errorf("the schema accepts %s", wrong)
		}
	}
}

func TestJSONIsReadBackAsItWas(t *testing.T) {
	for name, report := range real() {
		text, err := json.Marshal(report)
		if err != nil {
			t.Fatal(err)
		}
		var back verdict.Report
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if report.Results == nil {
			report.Results = []verdict.Result{}
		}
		if diff := cmp.Diff(report, back); diff != "" {
			t.Errorf("%s: written, then read (-, +):\n%s", name, diff)
		}
	}
}

func TestJSONCountsTheLaws(t *testing.T) {
	text, err := json.Marshal(mixed())
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"coverage":{"held":1,"applicable":3,"total":4}`, `"seed":"9223372036854775809"`, `"level":"Should"`} {
		if !strings.Contains(string(text), part) {
			t.Errorf("no %s in %s", part, text)
		}
	}
}

func TestAnUnknownLevelIsRefused(t *testing.T) {
	var level verdict.Level
	if err := json.Unmarshal([]byte(`"May"`), &level); err == nil {
		t.Error("level May was read without an error")
	}
}

func TestMarkdownIsATableAndTheCounterExamples(t *testing.T) {
	want := strings.Join([]string{
		`### my\_sampler fails: Must 1 of 2 laws held, Should 0 of 1 (1 skipped)`,
		``,
		`temper suite v1, 4 laws, 1 of them not provided, seed 9223372036854775809`,
		``,
		`| level | held | broken | skipped | not tried | not provided |`,
		`|---|--:|--:|--:|--:|--:|`,
		`| Must | 1 | 1 | 0 | 0 | 0 |`,
		`| Should | 0 | 0 | 1 | 0 | 1 |`,
		``,
		"**broken** `Sample/InverseCDF` (Must): F(i−1) ≤ u \\< F(i)",
		``,
		"```",
		`u = 0 gives token 0, which is masked`,
		`input: T = 1, logits [-Inf 0]`,
		"```",
		``,
		"**skipped** `Sample/Fences` (Should): nothing is read outside",
		``,
		"```",
		`no fenced memory here`,
		"```",
		``,
	}, "\n")
	if diff := cmp.Diff(want, mixed().Markdown()); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

func TestACounterExampleCannotLeaveItsFence(t *testing.T) {
	r := mixed()
	r.Results[1].Detail = "```\n# a heading"
	if !strings.Contains(r.Markdown(), "````\n```\n# a heading\n````") {
		t.Errorf("the fence is not longer than what it holds:\n%s", r.Markdown())
	}
}

func TestOtherPeoplesTextIsTextInTheReport(t *testing.T) {
	for _, text := range hostile {
		r := mixed()
		r.Subject, r.Results[1].Claim, r.Results[1].Detail = text, text, text
		for name, page := range map[string]string{"Markdown": rendered(t, r.Markdown()), "text": r.String()} {
			if name == "Markdown" {
				shown(t, page, "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "strong", "code", "pre")
			}
			if strings.ContainsAny(page, "\x1b\r\u202e\u2028") || !utf8.ValidString(page) {
				t.Errorf("%s carries %q as it is", name, text)
			}
		}
	}
}

func TestTextBeginsWithTheVerdictThenNamesSuiteAndSeed(t *testing.T) {
	want := "fails: Must 1 of 2 laws held, Should 0 of 1 (1 skipped)\nmy_sampler: suite v1, 4 laws, 1 of them not provided, seed 9223372036854775809\n"
	if got := mixed().String(); !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want it to begin with %q", got, want)
	}
}

func TestBadgeIsWhatTheEndpointOfShieldsWants(t *testing.T) {
	text, err := json.Marshal(mixed().Badge())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"schemaVersion":1,"label":"temper v1","message":"1/3 laws","color":"red"}`
	if string(text) != want {
		t.Errorf("got %s, want %s", text, want)
	}
}

func TestColorOfTheBadgeSaysWhatHeld(t *testing.T) {
	held, broken := with(verdict.Must, verdict.Held, verdict.NotProvided), with(verdict.Should, verdict.Held, verdict.Broken)
	for _, c := range []struct {
		report verdict.Report
		color  string
	}{
		{held, "brightgreen"},
		{broken, "green"},
		{with(verdict.Must, verdict.Held, verdict.Broken), "red"},
		{with(verdict.Must, verdict.Held, verdict.Skipped), "red"},
		{with(verdict.Must, verdict.NotProvided), "lightgrey"},
		{failed(), "red"},
	} {
		if got := c.report.Badge().Color; got != c.color {
			t.Errorf("%v: %s, want %s", c.report.Results, got, c.color)
		}
	}
}

// failed is a report of a subject that ended after one law.
func failed() verdict.Report {
	r := with(verdict.Must, verdict.Held, verdict.NotTried, verdict.NotTried)
	r.Results[1].ID, r.Results[2].ID, r.Failure = "Sample/Edges", "Sample/Tail", "question 7: out of memory\ninput: T = 1"
	return r
}

func TestASubjectThatFailedIsAnErrorAndNamesWhatWasNotTried(t *testing.T) {
	r := failed()
	if err := r.Err(); !errors.Is(err, verdict.ErrFailed) || errors.Is(err, verdict.ErrBroken) || !strings.Contains(err.Error(), "question 7: out of memory") {
		t.Errorf("got %v", err)
	}
	for name, text := range map[string]string{"text": r.String(), "Markdown": r.Markdown()} {
		for _, part := range []string{"stopped: Must 1 of 3 laws held (2 not tried)", "out of memory", "Sample/Edges, Sample/Tail"} {
			if strings.Count(text, part) != 1 {
				t.Errorf("%s: want %q once in\n%s", name, part, text)
			}
		}
	}
}

// sampler is the report of a subject with a convention, whose laws have measured something.
func sampler() verdict.Report {
	r := with(verdict.Must, verdict.Held, verdict.Held, verdict.Held, verdict.Held)
	for i, detail := range []string{"0.3 tokens are free", "", "12 cases", "0.3 tokens are free"} {
		r.Results[i].ID, r.Results[i].Detail = fmt.Sprintf("Sampler/Law%d", i), detail
	}
	r.Convention = "declared: \"mlx-lm\"\nfollows mlx-lm (125 rows asked)"
	return r
}

func TestTheConventionAndWhatWasMeasuredAreInEveryReport(t *testing.T) {
	r := sampler()
	for name, text := range map[string]string{"text": r.String(), "Markdown": r.Markdown()} {
		for _, part := range []string{"follows mlx-lm (125 rows asked)", "0.3 tokens are free (Sampler/Law0, Sampler/Law3)\n", "12 cases (Sampler/Law2)\n"} {
			if strings.Count(text, part) != 1 {
				t.Errorf("%s: want %q once in\n%s", name, part, text)
			}
		}
	}
	if plain := with(verdict.Must, verdict.Held); strings.Contains(plain.String(), "convention") || strings.Contains(plain.Markdown(), "measured") {
		t.Errorf("a report without either has them:\n%s%s", plain, plain.Markdown())
	}
}

func TestTheFirstLineIsTheVerdict(t *testing.T) {
	both := with(verdict.Must, verdict.Held, verdict.Held)
	both.Results = append(both.Results, with(verdict.Should, verdict.Held, verdict.Broken, verdict.NotProvided).Results...)
	strict := both
	strict.Strict = true
	for want, r := range map[string]verdict.Report{
		"passes: Must 2 of 2 laws held, Should 1 of 2": both,
		"fails: Must 2 of 2 laws held, Should 1 of 2":  strict,
		"fails: Must 1 of 2 laws held":                 with(verdict.Must, verdict.Held, verdict.Broken),
		"passes: Should 1 of 2 laws held":              with(verdict.Should, verdict.Held, verdict.Broken),
		"fails: nothing was checked":                   with(verdict.Must, verdict.NotProvided),
	} {
		if first, _, _ := strings.Cut(r.String(), "\n"); first != want {
			t.Errorf("%q, want %q", first, want)
		}
		if !strings.HasPrefix(r.Markdown(), "### s "+want+"\n") {
			t.Errorf("Markdown begins otherwise than %q: %s", want, r.Markdown())
		}
	}
}

func TestLawsThatBreakForOneCauseStandTogetherAndNoneIsHidden(t *testing.T) {
	r := verdict.Report{Suite: "v1", Subject: "s"}
	for _, law := range [][2]string{
		{"LogSumExp/Accuracy", "log-sum-exp -Inf, want -200\ninput: T = 1, logits [-Inf 0]"},
		{"LogSumExp/NaN", "LogSumExp refused: the program says: bad shape\ninput: T = 0, logits [1 2 3]"},
		{"LogSumExp/Shift", "-Inf, but 3 when shifted by 2\ninput: T = 1, logits [-Inf 0]"},
		{"Anneal/Accuracy", "p(3) = 0.25, want 0.5\ninput: T = 1, logits [-Inf 0]"},
		{"Anneal/NaN", "Anneal refused: the program says: bad shape\ninput: T = 7, logits [0]"},
	} {
		r.Results = append(r.Results, verdict.Result{Law: verdict.Law{ID: law[0], Claim: "c"}, Status: verdict.Broken, Detail: law[1]})
	}
	text := r.String()
	for _, block := range []string{
		"broken, it seems for one cause:\n  LogSumExp/Accuracy (Must): c\n  LogSumExp/Shift (Must): c\n" +
			"    LogSumExp/Accuracy: log-sum-exp -Inf, want -200\n    input: T = 1, logits [-Inf 0]\n" +
			"    LogSumExp/Shift: -Inf, but 3 when shifted by 2\n    input: T = 1, logits [-Inf 0]\n",
		"broken, it seems for one cause:\n  LogSumExp/NaN (Must): c\n  Anneal/NaN (Must): c\n    LogSumExp refused: the program says: bad shape\n    input: T = 0, logits [1 2 3]\n",
		"broken Anneal/Accuracy (Must): c\n    p(3) = 0.25, want 0.5\n",
	} {
		if !strings.Contains(text, block) {
			t.Errorf("no\n%s\nin\n%s", block, text)
		}
	}
	for _, result := range r.Results {
		if !strings.Contains(r.Markdown(), "`"+result.ID+"`") {
			t.Errorf("Markdown hides %s", result.ID)
		}
	}
}

func TestARowOfOneLogitIsNoSignOfOneCause(t *testing.T) {
	for input, causes := range map[string]int{
		"T = 1, logits [0]": 2, "T = 1, k = 2, logits [-1.5]": 2, "T = 1, logits [-Inf 0]": 1, "T = 1, logits [0]; T = 2, logits [0]": 1, "T = 1, logits [16×-1]": 2,
	} {
		r := verdict.Report{Results: []verdict.Result{
			{Law: verdict.Law{ID: "Sampler/Errors"}, Status: verdict.Broken, Detail: "its place holds it\ninput: " + input},
			{Law: verdict.Law{ID: "Sampler/Allocation"}, Status: verdict.Broken, Detail: "3 allocations\ninput: " + input},
		}}
		if got := len(r.Causes()); got != causes {
			t.Errorf("%s: %d causes, want %d", input, got, causes)
		}
	}
}

func TestTextAndMarkdownHaveTheCommandThatTriesALawAgain(t *testing.T) {
	r := with(verdict.Must, verdict.Broken)
	r.Again = "./check -law {law} 'my adapter'"
	want := "\n    again: ./check -law " + r.Results[0].ID + " 'my adapter'\n"
	if text := r.String(); strings.Count(text, want) != 1 || strings.Contains(text, "{law}") {
		t.Errorf("want %q in %s", want, text)
	}
	if text := r.Markdown(); strings.Count(text, strings.TrimPrefix(want, "\n    ")) != 1 {
		t.Errorf("want %q in %s", want, text)
	}
	r.Again = "a server again"
	if strings.Contains(r.String(), r.Again) {
		t.Errorf("what tries no law again is a line of one: %s", r)
	}
}

func TestNothingCheckedIsAnError(t *testing.T) {
	if err := with(verdict.Must, verdict.NotProvided).Err(); !errors.Is(err, verdict.ErrNothingChecked) {
		t.Errorf("got %v", err)
	}
}

func TestAShouldLawFailsOnlyTheStrict(t *testing.T) {
	r := with(verdict.Should, verdict.Held, verdict.Broken)
	if r.Err() != nil || !errors.Is(r.ErrStrict(), verdict.ErrBroken) {
		t.Errorf("Err %v, ErrStrict %v", r.Err(), r.ErrStrict())
	}
}

func TestASkippedMustLawIsAnError(t *testing.T) {
	if err := with(verdict.Must, verdict.Held, verdict.Skipped).Err(); !errors.Is(err, verdict.ErrSkipped) {
		t.Errorf("got %v", err)
	}
}
