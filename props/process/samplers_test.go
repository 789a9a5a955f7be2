package process

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"temper/props"
	"temper/props/verdict"
	"temper/reference"
)

// startedSampler is a running fake sampler.
func startedSampler(t *testing.T, defect string) *Process {
	t.Helper()
	return running(t, usual, fakeSampler(defect))
}

func TestACorrectSamplerKeepsEveryLaw(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: a whole suite over a program")
	}
	report := Check(startedSampler(t, "none"), quick...)
	if err := report.ErrStrict(); err != nil {
		t.Errorf("%v\n%v", err, report)
	}
	for _, result := range report.Results {
		if result.ID == "Sampler/Support" && !strings.HasPrefix(result.Detail, "the free band has ") {
			t.Errorf("%s does not say how large the free band is: %q", result.ID, result.Detail)
		}
		if slices.Contains([]string{"Sampler/Inputs", "Sampler/ShapeErrors"}, result.ID) && result.Status != verdict.NotProvided {
			t.Errorf("%s is %s, which is not about a program", result.ID, result.Status)
		}
	}
}

func TestAProgramOfTheFirstVersionIsAskedAsBefore(t *testing.T) {
	p := started(t, usual, "speaks the first version")
	everyday(t, p.Kernels())
	if err := Check(p, append(quick, props.Only("Sample/Z"))...).Err(); err != nil {
		t.Error(err)
	}
}

func TestASamplerIsNoKernels(t *testing.T) {
	p := startedSampler(t, "none")
	if k := p.Kernels(); k.LogProbs != nil || k.Sample != nil || k.Draw != nil {
		t.Errorf("kernels of a sampler: %+v", k)
	}
	if s := started(t, usual, "none").Sampler(); s.Keep != nil || s.LogProbs != nil || s.Sample != nil || s.Draw != nil {
		t.Errorf("a sampler of kernels: %+v", s)
	}
	if laws := p.Laws(); len(laws) == 0 || slices.ContainsFunc(laws, func(l props.Law) bool { return !strings.HasPrefix(l.ID, "Sampler/") }) {
		t.Errorf("%d laws, some not about samplers", len(laws))
	}
}

func TestABadGreetingOfASamplerIsAnError(t *testing.T) {
	for defect, want := range map[string][]string{
		"declares an unknown preset":        {`"vllm" is none of "vLLM (torch)", "SGLang (torch)"`, "leave it out to have it found"},
		"declares a misspelt field":         {`unknown field "tieAtK"`},
		"declares a step twice":             {`the order of its convention has "TopK"`},
		"declares an unknown step":          {`has "TopA": want each of "Temper", "TopK", "TopP", "MinP"`},
		"declares no steps":                 {"has 0 steps"},
		"declares a number":                 {"neither a name nor the fields of one", `"7"`},
		"declares to be greedy below 2":     {"greedyBelow 2"},
		"leaves out T = 0":                  {"which a sampler cannot"},
		"is a sampler of the first version": {`"Sampler.Keep"`, `"temper/1" does not have`, `"temper/2"`},
		"is both":                           {`"Sampler.Keep" and "Draw"`, "not both"},
		"has a convention and no sampler":   {"no operation of a sampler"},
	} {
		_, err := start(usual, io.Discard, fakeSampler(defect))
		names(t, defect, err, want...)
	}
}

func TestAConventionIsDeclaredByNameOrByItsFields(t *testing.T) {
	preset, err := conventionNamed(fakeConvention)
	if err != nil {
		t.Fatal(err)
	}
	for defect, want := range map[string]reference.Convention{"none": preset, "declares null": {}, "declares fields": preset} {
		if defect == "declares fields" {
			want.Name = "fake"
		}
		got := startedSampler(t, defect).Sampler().Convention
		same(t, defect, nil, nil, []reference.Convention{want}, []reference.Convention{got})
	}
}

func TestTheReportSaysWhichConventionWasFound(t *testing.T) {
	const aboutConventions = "Sampler/Lowest"
	for defect, want := range map[string][]string{
		"none":                            {`declared: "transformers"`, "follows transformers (", "not mlx-lm: "},
		"declares null":                   {"follows transformers (", "not mlx-lm: ", `to declare it: "convention": "transformers"`, "none is declared: the laws are those of this convention"},
		"declares another preset":         {`declared: "mlx-lm"`, "follows transformers (", "not mlx-lm: ", `to declare it: "convention": "transformers"`},
		"samples without top-p and min-p": {"follows FlashInfer (top k first) or FlashInfer (joint) or transformers in the steps that it has", `to declare it: "convention": {"order":["Temper","TopK"],"tiesAtK":true,"tiesAtP":true}`},
		"keeps one token fewer":           {"follows no convention", "not transformers: ", "the laws are those of any convention"},
		"only draws":                      {"not found: FindConvention needs Keep, LogProbs or Sample", "the laws are those of any convention"},
	} {
		report := Check(startedSampler(t, defect), append(quick, props.Only(aboutConventions))...)
		names(t, defect, errors.New(report.Convention), want...)
		any := strings.Contains(report.Convention, "those of any convention")
		if _, applicable, _ := report.Coverage(); any != (applicable == 0) {
			t.Errorf("%s: %s applies to %d", defect, aboutConventions, applicable)
		}
	}
}

func TestWhatTheReportSaysToDeclareIsWhatTheLawsAreAbout(t *testing.T) {
	temperTopKTopP := []reference.Step{reference.Temper, reference.TopK, reference.TopP}
	conventions := append(reference.Conventions(),
		reference.Convention{Name: "without min-p", Order: temperTopKTopP, TiesAtK: true}, // follows transformers in part
		reference.Convention{Name: "no engine", Order: temperTopKTopP, OriginalMass: true, GreedyBelow: 1e-5})
	for _, c := range conventions {
		found, err := props.FindConvention(reference.ScalarSampler(c))
		if err != nil {
			t.Fatal(err)
		}
		text, named := strings.CutPrefix(declaration(found), `"convention": `)
		read, err := readConvention(json.RawMessage(text), "mine")
		if !named || err != nil || !alike(read, conventionIn(found)) || !slices.Equal(read.Order, c.Order) {
			t.Errorf("%s: %s declares %+v, %v", c.Name, text, read, err)
		}
	}
}

func TestASamplerThatDeclaresWhatItDoesNotFollowIsFoundOut(t *testing.T) {
	report := Check(startedSampler(t, "declares another preset"), append(quick, props.Only("Sampler/Support"))...)
	names(t, "declares another preset", report.Err(), "Sampler/Support")
}

func TestASamplerThatDiesBreaksNoLawAndIsToldOnce(t *testing.T) {
	report := Check(startedSampler(t, "dies in a sampler call"), quick...)
	names(t, "dies", report.Err(), "question 1 (Sampler.Keep, 1 rows)", "exit status 134")
	if said := report.String(); strings.Count(said, "terminate called: nth_element") != 1 {
		t.Errorf("want its last words once:\n%s", said)
	}
	for _, result := range report.Results {
		if result.Status != verdict.NotTried && result.Status != verdict.NotProvided {
			t.Errorf("%s is %s", result.ID, result.Status)
		}
	}
}

func TestAnAnswerForAnotherNumberOfTokensIsAFailure(t *testing.T) {
	s := startedSampler(t, "answers for half of the tokens").Sampler()
	err := failure(func() { s.Keep(make([]bool, 8), make([]float32, 8), make([]reference.Sampling, 2)) })
	names(t, "half", err, "question 1 (Sampler.Keep, 2 rows)", "4 bytes, not the 8 of 2 × 4 numbers")
}

// difficult has two good rows between three with bad settings.
func difficult() (logits []float32, how []reference.Sampling) {
	row := []float32{1, float32(math.Inf(-1)), 0.5, 1e-40}
	return slices.Repeat(row, 5), []reference.Sampling{
		{Temperature: 1, TopP: math.NaN()},
		{Temperature: math.Nextafter(1, 2), TopK: 2, TopP: 0.75},
		{Temperature: math.Inf(-1)},
		{Temperature: math.Inf(1), TopK: math.MaxInt, MinP: 0x1p-60},
		{Temperature: 1, TopK: math.MinInt},
	}
}

func TestASamplersAnswersArriveToTheLastBitAndBadSettingsAreErrorsOfTheirRow(t *testing.T) {
	preset, err := conventionNamed(fakeConvention)
	if err != nil {
		t.Fatal(err)
	}
	logits, how := difficult()
	tokens, u := []int{0, 3, 0, 1, 0}, []float64{0, 0.25, 0.5, math.Nextafter(1, 0), 0}
	type answers struct {
		Kept  []bool
		Nats  []string // −Inf and NaN too
		Drawn []int
		Draws []int
		Bad   []reference.RowErrors
	}
	ask := func(s reference.Sampler) answers {
		kept, drawn, draws := make([]bool, len(logits)), slices.Repeat([]int{-7}, 5), slices.Repeat([]int{-7}, 5)
		kept[1], kept[4+1] = true, true
		nats := slices.Repeat([]float64{-7}, 5)
		errs := []error{
			s.Keep(kept, logits, how), s.LogProbs(nats, logits, tokens, how), s.Sample(drawn, logits, u, how),
			s.Draw(draws, logits, rand.NewPCG(1, 1), how),
		}
		a := answers{Kept: kept, Drawn: drawn, Draws: draws}
		for _, x := range nats {
			a.Nats = append(a.Nats, decimal(x))
		}
		for _, err := range errs {
			var rows reference.RowErrors
			if !errors.As(err, &rows) || len(rows) != 3 {
				t.Fatalf("%s: %v, want errors of three rows", s.Name, err)
			}
			for i, want := range []error{reference.ErrSampling, reference.ErrTemperature, reference.ErrSampling} {
				if rows[i].Row != 2*i || !errors.Is(rows[i].Err, want) {
					t.Errorf("%s: %v, want %q in row %d", s.Name, rows[i], want, 2*i)
				}
			}
		}
		return a
	}
	want, got := ask(reference.ScalarSampler(preset)), ask(startedSampler(t, "none").Sampler())
	if got.Draws[0] != -7 || got.Draws[1]%2 != 0 || got.Draws[3] < 0 {
		t.Errorf("drew %v", got.Draws)
	}
	want.Draws = got.Draws // the words are spent in another way
	same(t, "answers", nil, nil, []answers{want}, []answers{got})
}

func TestNaNIsAnAnswerOfLogProbs(t *testing.T) {
	dst := []float64{0, 0}
	err := startedSampler(t, "answers NaN").Sampler().LogProbs(dst, []float32{1, 2, 1, 2}, []int{0, 0}, []reference.Sampling{{Temperature: 1}, {Temperature: 1}})
	if err != nil || !math.IsNaN(dst[0]) || math.IsNaN(dst[1]) {
		t.Errorf("%v, %v", dst, err)
	}
}

func TestWrongShapesOfASamplerAreRefusedBeforeTheProgramIsAsked(t *testing.T) {
	p := startedSampler(t, "none")
	s := p.Sampler()
	two, one := make([]reference.Sampling, 2), make([]reference.Sampling, 1)
	for what, err := range map[string]error{
		"places of Keep":          s.Keep(make([]bool, 5), make([]float32, 6), two),
		"logits that do not fit":  s.Keep(make([]bool, 5), make([]float32, 5), two),
		"settings of LogProbs":    s.LogProbs(make([]float64, 2), make([]float32, 6), make([]int, 2), one),
		"tokens of LogProbs":      s.LogProbs(make([]float64, 2), make([]float32, 6), make([]int, 1), two),
		"uniform numbers":         s.Sample(make([]int, 2), make([]float32, 6), make([]float64, 3), two),
		"places of Sample":        s.Sample(make([]int, 1), make([]float32, 6), make([]float64, 2), two),
		"places of Draw":          s.Draw(make([]int, 3), make([]float32, 6), rand.NewPCG(1, 1), two),
		"no settings for some":    s.Draw(nil, make([]float32, 6), rand.NewPCG(1, 1), nil),
		"rows without vocabulary": s.Draw(make([]int, 2), nil, rand.NewPCG(1, 1), two),
	} {
		if !errors.Is(err, reference.ErrShape) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := errors.Join(s.Keep(nil, nil, nil), s.Draw(nil, nil, nil, nil)); err != nil || p.asked > 0 {
		t.Errorf("no rows: %v, and %d questions", err, p.asked)
	}
}
