package process

import (
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
	"temper/reference/sequence"
)

// startedVerifier is a running fake verifier.
func startedVerifier(t *testing.T, defect string) *Process {
	t.Helper()
	return running(t, usual, fakeVerifier(defect))
}

func TestACorrectVerifierKeepsEveryLaw(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: a whole suite over a program")
	}
	t.Parallel()
	const wide = "megabytes of rows, and nothing else that a program is asked"
	opts := append(slices.Clone(quick), props.Skip("Verifier/Wide", wide), props.Skip("Verifier/Bits", wide))
	report := Check(startedVerifier(t, "none"), opts...)
	statuses := map[string]verdict.Status{
		"Verifier/Inputs": verdict.NotProvided, "Verifier/Concurrent": verdict.NotProvided,
		"Verifier/Wide": verdict.Skipped, "Verifier/Bits": verdict.Skipped,
	}
	for _, result := range report.Results {
		want, other := statuses[result.ID]
		if !other {
			want = verdict.Held
		}
		if result.Status != want {
			t.Errorf("%s is %s, not %s: %s", result.ID, result.Status, want, result.Detail)
		}
	}
}

func TestTreesAndLossyRulesArriveAsTheyAre(t *testing.T) {
	for _, defect := range []string{"takes trees", "is typical acceptance"} {
		report := Check(startedVerifier(t, defect), append(quick, props.Only("Verifier/Possible"))...)
		if _, applicable, _ := report.Coverage(); report.ErrStrict() != nil || applicable != 1 {
			t.Errorf("%s: %v", defect, report)
		}
	}
}

func TestAVerifierThatAcceptsByAnotherRuleIsFoundOut(t *testing.T) {
	report := Check(startedVerifier(t, "accepts what is typical"), append(quick, props.Only("Verifier/Enumeration"))...)
	names(t, "typical", report.Err(), "Verifier/Enumeration")
}

func TestAVerifierIsNeitherKernelsNorASampler(t *testing.T) {
	p := startedVerifier(t, "none")
	if k := p.Kernels(); k.LogProbs != nil || k.Sample != nil || k.Draw != nil {
		t.Errorf("kernels of a verifier: %+v", k)
	}
	if s := p.Sampler(); s.Keep != nil || s.LogProbs != nil || s.Sample != nil || s.Draw != nil {
		t.Errorf("a sampler of a verifier: %+v", s)
	}
	if v := startedSampler(t, "none").Verifier(); v.Verify != nil || v.Draw != nil {
		t.Errorf("a verifier of a sampler: %+v", v)
	}
	if laws := p.Laws(); len(laws) == 0 || slices.ContainsFunc(laws, func(l props.Law) bool { return !strings.HasPrefix(l.ID, "Verifier/") }) {
		t.Errorf("%d laws, some not about verifiers", len(laws))
	}
}

func TestABadGreetingOfAVerifierIsAnError(t *testing.T) {
	for defect, want := range map[string][]string{
		"declares an unknown rule":              {`"speculative" is none of "rejection", "one-hot"`, `{"lossy": true}`},
		"declares a tree by its name":           {`"tree" is none of`, "give the settings"},
		"declares a tree without its threshold": {`neither "tree" with threshold`},
		"declares a threshold of 2":             {"threshold 2 outside (0, 1]"},
		"declares a misspelt field":             {`unknown field "lossless"`},
		"declares a number":                     {"neither a name nor the fields of one", `"7"`},
		"leaves out T = 0":                      {"which a verifier cannot"},
		"is a verifier of the second version":   {`"Verifier.Verify"`, `"temper/2" does not have`, `"temper/3"`},
		"is both":                               {`"Verifier.Verify" and "Sampler.Draw"`, "not both"},
		"has a rule and no verifier":            {"no operation of a verifier"},
		"has a convention":                      {"no operation of a sampler"},
	} {
		_, err := start(usual, io.Discard, fakeVerifier(defect))
		names(t, defect, err, want...)
	}
}

func TestARuleIsDeclaredByNameOrByItsFields(t *testing.T) {
	for defect, want := range map[string]sequence.Rule{
		"none": sequence.RejectionRule(), "takes trees": sequence.TreeRule(1),
		"is typical acceptance": sequence.TypicalRule(0.3, 0.09),
		"is lossy":              {Name: "fake", Lossy: true}, "declares null": {},
	} {
		got := startedVerifier(t, defect).Verifier().Rule
		if got.Name != want.Name || got.Lossy != want.Lossy || got.Known() != want.Known() || got.Branches() != want.Branches() {
			t.Errorf("%s: %+v, want %+v", defect, got, want)
		}
	}
}

func TestABadAnswerOfAVerifierNamesTheDraft(t *testing.T) {
	for defect, want := range map[string]string{
		"ends early":                   "the answer ends before draft 0 of 2",
		"counts too many":              "the answer has 1000 tokens for draft 0, with 3 numbers left",
		"counts below 0":               "the answer has -1 tokens for draft 0",
		"has numbers left":             "the answer has 1 numbers behind those of 2 drafts",
		"has half a number":            "the answer has 28 bytes, which are no numbers",
		"dies in a call of a verifier": "device-side assert triggered",
	} {
		v := startedVerifier(t, defect).Verifier()
		row := []float64{1}
		one := sequence.Draft{P: [][]float64{row}}
		err := failure(func() { v.Verify(make([][]int, 2), []sequence.Draft{one, one}, [][]float64{{0}, {0}}) })
		names(t, defect, err, "question 1 (Verifier.Verify, 2 rows)", want)
	}
}

func TestAVerifierThatReturnsNoTokenBreaksALaw(t *testing.T) {
	report := Check(startedVerifier(t, "returns no tokens"), append(quick, props.Only("Verifier/Output"))...)
	names(t, "no tokens", report.Err(), "Verifier/Output")
}

// awkward has good drafts of several lengths between bad ones.
func awkward() (drafts []sequence.Draft, u [][]float64) {
	p, q := []float64{0x1p-1074, 0.25 - 0x1p-54, 0.75}, []float64{0.1, 0.2, 0.7}
	short := p[:2]
	return []sequence.Draft{
			{Tokens: []int{0}, P: [][]float64{p}, Q: [][]float64{q}},
			{Tokens: []int{0, 2}, P: [][]float64{p, p, q}, Q: [][]float64{q, q}},
			{Tokens: []int{3}, P: [][]float64{p, p}, Q: [][]float64{q}},
			{P: [][]float64{p}, Q: [][]float64{}},
			{Tokens: []int{0}, P: [][]float64{p, short}, Q: [][]float64{q}},
			{Tokens: []int{2}, P: [][]float64{q, p}},
			{Tokens: []int{1}, P: [][]float64{p, p}, Q: [][]float64{{1, 0, 0}}},
			{Tokens: []int{1}, P: [][]float64{p, {1, 1, 1}}},
			{Tokens: []int{1, 2}, P: [][]float64{p, p, p}, Parents: []int{-1, -1}},
			{Tokens: []int{1}, P: [][]float64{p, q}},
		}, [][]float64{
			{0, 0}, {math.Nextafter(0, 1), 0.25, 0.9}, {0, 0}, {0.25 - 0x1p-54}, {0, 0}, {0.7, math.Nextafter(1, 0)},
			{0, 0}, {0, 0}, {0, 0, 0}, {0, 1},
		}
}

func TestAVerifiersAnswersArriveToTheLastBitAndABadDraftIsAnErrorOfItsOwn(t *testing.T) {
	drafts, u := awkward()
	sentinels := map[int]error{
		0: reference.ErrShape, 2: reference.ErrToken, 4: reference.ErrShape, 6: sequence.ErrImpossibleDraft,
		7: reference.ErrDistribution, 8: reference.ErrShape, 9: reference.ErrUniform,
	}
	ask := func(v sequence.Verifier) [][]int {
		dst := make([][]int, len(drafts))
		dst[0] = []int{-7}
		var bad reference.RowErrors
		if err := v.Verify(dst, drafts, u); !errors.As(err, &bad) || len(bad) != len(sentinels) {
			t.Fatalf("%s: %v, want errors of %d drafts", v.Name, err, len(sentinels))
		}
		for i, e := range bad {
			if !errors.Is(e.Err, sentinels[e.Row]) || i > 0 && e.Row <= bad[i-1].Row {
				t.Errorf("%s: %v, want %q of draft %d", v.Name, e, sentinels[e.Row], e.Row)
			}
		}
		return dst
	}
	want, got := ask(sequence.RejectionRule().Verifier()), ask(startedVerifier(t, "none").Verifier())
	same(t, "outputs", nil, nil, want, got)
	if want[3][0] != 1 || want[0][0] != -7 {
		t.Errorf("the reference returns %v", want)
	}
}

func TestABatchOfDraftsIsOneQuestion(t *testing.T) {
	p := startedVerifier(t, "none")
	row := []float64{0.25, 0.75}
	drafts := slices.Repeat([]sequence.Draft{{Tokens: []int{1}, P: [][]float64{row, row}, Q: [][]float64{row}}}, 512)
	dst := make([][]int, len(drafts))
	v := p.Verifier()
	if err := v.Verify(dst, drafts, slices.Repeat([][]float64{{0.5, 0.5}}, 512)); err != nil || p.asked != 1 {
		t.Errorf("%d questions, %v", p.asked, err)
	}
	if err := v.Draw(dst, drafts, rand.NewPCG(1, 1)); err != nil || p.asked != 2 {
		t.Errorf("%d questions, %v", p.asked, err)
	}
	for s, out := range dst {
		if len(out) != 2 || out[0] != 1 {
			t.Fatalf("draft %d: %v", s, out)
		}
	}
}

func TestWrongShapesOfAVerifierAreRefusedBeforeTheProgramIsAsked(t *testing.T) {
	p := startedVerifier(t, "none")
	v := p.Verifier()
	row := []float64{1}
	one := []sequence.Draft{{P: [][]float64{row}}}
	for what, err := range map[string]error{
		"places of Verify":     v.Verify(nil, one, [][]float64{{0}}),
		"rows of u":            v.Verify(make([][]int, 1), one, nil),
		"numbers of a draft":   v.Verify(make([][]int, 1), one, [][]float64{{0, 0}}),
		"places of Draw":       v.Draw(make([][]int, 2), one, rand.NewPCG(1, 1)),
		"rows of q":            v.Draw(make([][]int, 1), []sequence.Draft{{P: [][]float64{row}, Q: [][]float64{row}}}, rand.NewPCG(1, 1)),
		"parents":              v.Draw(make([][]int, 1), []sequence.Draft{{P: [][]float64{row}, Parents: []int{-1}}}, rand.NewPCG(1, 1)),
		"no rows":              v.Draw(make([][]int, 1), []sequence.Draft{{}}, rand.NewPCG(1, 1)),
		"rows without a token": v.Draw(make([][]int, 1), []sequence.Draft{{P: [][]float64{{}}}}, rand.NewPCG(1, 1)),
	} {
		if !errors.Is(err, reference.ErrShape) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := v.Draw(make([][]int, 1), one, nil); !errors.Is(err, reference.ErrNil) {
		t.Errorf("without a source: %v", err)
	}
	if err := errors.Join(v.Verify(nil, nil, nil), v.Draw(nil, nil, rand.NewPCG(1, 1))); err != nil || p.asked > 0 {
		t.Errorf("no drafts: %v, and %d questions", err, p.asked)
	}
}
