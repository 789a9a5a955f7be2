package process

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"temper/props"
	"temper/props/verdict"
	"temper/reference"
)

// quick keeps the runs of this file short; every witness is still tried.
var quick = []props.Option{props.Seed(1), props.Inputs(2)}

// failure is what asking a program panics with.
func failure(ask func()) (failed error) {
	defer func() {
		if p := recover(); p != nil {
			failed = p.(error)
		}
	}()
	ask()
	return nil
}

// asking is one question.
func asking(p *Process) func() {
	return func() { p.Kernels().LogSumExp(make([]float64, 1), []float32{1, 2, 3}, 1) }
}

func TestACorrectProgramKeepsEveryLawAndIsNotAskedAboutMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: a whole suite over a program")
	}
	t.Parallel()
	report := Check(started(t, usual, "none"), quick...)
	if err := report.ErrStrict(); err != nil {
		t.Errorf("%v\n%v", err, report)
	}
	for _, result := range report.Results {
		_, claim, _ := strings.Cut(result.ID, "/")
		if want := slices.Contains(aboutMemory(), claim); want != (result.Status == verdict.NotProvided) {
			t.Errorf("%s is %s", result.ID, result.Status)
		}
	}
}

func TestAProgramThatForgetsTheTemperatureIsFoundOut(t *testing.T) {
	report := Check(started(t, usual, "forgets the temperature"), append(quick, props.Only("Anneal/LogOdds"))...)
	if err := report.Err(); !errors.Is(err, verdict.ErrBroken) || !strings.Contains(err.Error(), "Anneal/LogOdds") {
		t.Errorf("got %v, want Anneal/LogOdds broken", err)
	}
}

func TestACrashBreaksNoLawAndIsToldOnce(t *testing.T) {
	report := Check(started(t, usual, "crashes at NaN"), quick...)
	untried := 0
	for _, result := range report.Results {
		switch result.Status {
		case verdict.Broken:
			t.Errorf("%s is broken: %s", result.ID, result.Detail)
		case verdict.NotTried:
			untried++
		}
	}
	if !errors.Is(report.Err(), verdict.ErrFailed) || untried < 2 {
		t.Errorf("%v, %d laws not tried", report.Err(), untried)
	}
	if said := report.String(); strings.Count(said, "it ended without an answer (exit status 1)") != 1 || strings.Contains(said, ".go:") {
		t.Errorf("want the end told once, without frames:\n%s", said)
	}
}

func TestAProgramThatDoesNotReadInfinityIsToldOnce(t *testing.T) {
	for defect, want := range map[string]string{
		"refuses infinity":       "the program says: could not convert string to float",
		"takes infinity for 0":   "the program says", // LogSumExp has no value at 0
		"takes infinity for NaN": "its answer is NaN",
		"ends at infinity":       "ValueError: Infinity",
	} {
		report := Check(started(t, usual, defect), quick...)
		names(t, defect, report.Err(), `this program does not read "Infinity" as a temperature`)
		if said := report.String(); strings.Count(said, "Infinity\" as a temp") != 1 || !strings.Contains(said, want) || !strings.Contains(said, `"without": ["T = Infinity"]`) {
			t.Errorf("%s:\n%s", defect, said)
		}
		for _, result := range report.Results {
			if result.Status != verdict.NotTried && result.Status != verdict.NotProvided {
				t.Errorf("%s: %s is %s", defect, result.ID, result.Status)
			}
		}
	}
}

func TestAnAnswerOfZeroTemperatureAtInfinityIsToldFromAUniformOne(t *testing.T) {
	for _, operation := range []string{"LogProbs", "Anneal", "Sample", "Draw"} {
		for defect, wrong := range map[string]bool{"takes infinity for 0": true, "none": false} {
			p := started(t, usual, defect)
			p.hello.Operations = []string{operation}
			if err := p.opening(); (err != nil) != wrong {
				t.Errorf("%s, %s: %v", operation, defect, err)
			}
		}
	}
}

func TestAGreetingSaysWhatIsNotProvided(t *testing.T) {
	report := Check(started(t, usual, "leaves much out"), append(quick, props.Only("Draw/Z"))...)
	want := []string{"T = 0 is not provided", "T = +Inf is not provided", "the smallest vocabulary is 2", "temperatures below 1e-05 are taken for 0"}
	if diff := cmp.Diff(want, report.Declared); diff != "" {
		t.Errorf("declared (-want, +got):\n%s", diff)
	}
	for _, result := range report.Results {
		if result.Status != verdict.NotProvided {
			t.Errorf("%s is %s", result.ID, result.Status)
		}
	}
}

func TestTemperaturesAreTextThatEveryLanguageReads(t *testing.T) {
	for x, want := range map[float64]string{
		0.7: "0.7", 1e-30: "1e-30", math.Inf(1): "Infinity", math.Inf(-1): "-Infinity", math.Nextafter(1, 2): "1.0000000000000002",
	} {
		if got := decimal(x); got != want {
			t.Errorf("%v is %q, want %q", x, got, want)
		}
	}
	if got := decimal(math.NaN()); got != "NaN" {
		t.Errorf("NaN is %q", got)
	}
}

func TestWhatAProgramDoesNotProvideIsNil(t *testing.T) {
	k := started(t, usual, "provides only Draw").Kernels()
	if k.LogSumExp != nil || k.LogProbs != nil || k.Anneal != nil || k.Sample != nil {
		t.Error("an operation is there that the program doesn't provide")
	}
	if k.Name != "fake" || !k.Available || k.Draw == nil {
		t.Errorf("name %q, available %v, Draw nil %v", k.Name, k.Available, k.Draw == nil)
	}
}

func TestAProgramThatProvidesNothingFails(t *testing.T) {
	err := Check(started(t, usual, "provides nothing")).Err()
	if !errors.Is(err, verdict.ErrNothingChecked) {
		t.Errorf("got %v", err)
	}
}

func TestABadGreetingIsAnError(t *testing.T) {
	for defect, want := range map[string][]string{
		"is missing a module":             {"it ended without an answer", "exit status 3", "No module named 'numpy'"},
		"greets in prose":                 {"not the JSON", "Loading model"},
		"speaks another protocol":         {`"temper/4"`, `"temper/1", "temper/2", "temper/3" are known`},
		"has no name":                     {"no name"},
		"leaves out what there is not":    {`"T = 1"`, `"T = 0"`},
		"leaves out temperatures above 1": {"greedyBelow 2"},
		"wants rows that no memory holds": {fmt.Sprint(math.MaxInt), "1048576"},
		"has a heading for a name":        {`"# fake\n# heading"`},
		"has a command for a name":        {`"\x1b[2Jfake"`},
		"has an endless name":             {"1000 bytes"},
		"provides what there is not":      {`"Softmax"`},
	} {
		_, err := start(usual, io.Discard, fakeCommand(defect))
		names(t, defect, err, want...)
	}
}

func TestAProgramThatSaysNothingIsAnError(t *testing.T) {
	t.Parallel()
	_, err := start(patience{start: time.Second, end: time.Second, notice: time.Second}, io.Discard, fakeCommand("says nothing"))
	names(t, "says nothing", err, "no answer within 1s")
}

func TestAMissingProgramIsAnError(t *testing.T) {
	_, err := Start("/no/such/program")
	names(t, "missing", err, "/no/such/program")
}

func TestAFailureNamesTheQuestionAndWhatHappened(t *testing.T) {
	for defect, want := range map[string][]string{
		"crashes":                        {"it ended without an answer", "exit status 139", "Segmentation fault in softmax_kernel"},
		"never ends its line":            {"an answer of more than", "xxx"},
		"prints":                         {"not the JSON", "DEBUG: computing"},
		"answers another question":       {"to another question", `\"id\":2`},
		"answers too little":             {"7 bytes, not the 8"},
		"blames a row that is not there": {"row 1 is none of 1 rows"},
	} {
		p := started(t, usual, defect)
		names(t, defect, failure(asking(p)), append(want, "fake: question 1 (LogSumExp, 1 rows, T = 1)")...)
		names(t, defect+", asked again", failure(asking(p)), "it failed before")
	}
}

func TestAProgramThatDoesNotAnswerFailsAtOnceFromThenOn(t *testing.T) {
	t.Parallel()
	for _, defect := range []string{"hangs", "trickles"} {
		p := started(t, hasty, defect)
		names(t, defect, failure(asking(p)), "fake: question 1 (LogSumExp, 1 rows, T = 1)", "no answer within 1s")
		for range 1000 { // as a suite would
			names(t, defect+", asked again", failure(asking(p)), "it failed before", "no answer within 1s")
		}
	}
}

// names checks that an error says all that it should.
func names(t *testing.T, what string, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error", what)
		return
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%s: no %q in: %v", what, part, err)
		}
	}
}

func TestAProgramThatDoesNotReadFails(t *testing.T) {
	t.Parallel()
	p := started(t, hasty, "does not read")
	long := make([]float32, 1<<18) // more than a pipe holds
	err := failure(func() { p.Kernels().LogSumExp(make([]float64, 1), long, 1) })
	names(t, "does not read", err, "no answer within 1s")
}

func TestWhatAHangingProgramStartedEndsWithIt(t *testing.T) {
	t.Parallel()
	held(t, "hangs with a child", func(p *Process) {
		names(t, "hangs with a child", failure(asking(p)), "no answer within 1s")
	})
}

// held runs a program that leaves the other end of a pipe to what it starts, and
// reads until nobody holds that end.
func held(t *testing.T, defect string, use func(*Process)) {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	command := fakeCommand(defect)
	command.ExtraFiles = []*os.File{write}
	p, err := start(hasty, io.Discard, command)
	if err != nil {
		t.Fatal(err)
	}
	write.Close()
	use(p)
	if err := read.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(read); err != nil {
		t.Errorf("%s: what it started still runs: %v", defect, err)
	}
}

func TestAProgramThatEndsIsNoticedThoughAnotherHoldsItsPipes(t *testing.T) {
	held(t, "crashes with a child", func(p *Process) {
		names(t, "crashes with a child", failure(asking(p)), "it ended without an answer", "exit status 139", "out of memory")
	})
}

func TestANoticeSaysWhatIsWaitedFor(t *testing.T) {
	t.Parallel()
	var notices strings.Builder
	start(patience{start: time.Second, end: time.Second, notice: 100 * time.Millisecond}, &notices, fakeCommand("says nothing"))
	if said := notices.String(); !strings.Contains(said, "nothing for 100ms; waiting up to 1s for its greeting") {
		t.Errorf("the notice is %q", said)
	}
	notices.Reset()
	p, err := start(hasty, &notices, fakeCommand("hangs"))
	if err != nil {
		t.Fatal(err)
	}
	failure(asking(p))
	if said := notices.String(); !strings.Contains(said, "the answer to question 1 (LogSumExp, 1 rows, T = 1)") {
		t.Errorf("the notice is %q", said)
	}
}

func TestWhatAProgramWritesCommandsNoTerminal(t *testing.T) {
	err := failure(asking(started(t, usual, "crashes in colour")))
	names(t, "crashes in colour", err, `\x1b[31mout of memory\x1b[0m`)
	if strings.Contains(err.Error(), "\x1b") {
		t.Errorf("an escape code is left in %q", err)
	}
}

func TestAProgramThatDoesNotEndIsKilled(t *testing.T) {
	t.Parallel()
	p, err := start(hasty, io.Discard, fakeCommand("does not end"))
	if err != nil {
		t.Fatal(err)
	}
	names(t, "does not end", p.Close(), "it did not end within", "it was killed for that, and did not crash")
}

func TestAProgramThatIsKilledHereDidNotCrash(t *testing.T) {
	_, err := start(usual, io.Discard, fakeCommand("speaks another protocol"))
	names(t, "speaks another protocol", err, `it speaks protocol "temper/4"`, "(it was killed for that, and did not crash)")
	if strings.Contains(err.Error(), "signal") {
		t.Errorf("it looks like a crash: %v", err)
	}
}

func TestAClosedProgramIsNotAsked(t *testing.T) {
	p := started(t, usual, "none")
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	names(t, "closed", failure(asking(p)), "was closed")
}

func TestARefusalIsAnErrorAndLeavesTheAnswerUntouched(t *testing.T) {
	dst := []float64{7}
	err := started(t, usual, "refuses").Kernels().LogSumExp(dst, []float32{1, 2}, 1)
	names(t, "refuses", err, "out of cheese")
	if dst[0] != 7 {
		t.Errorf("dst became %v", dst[0])
	}
}

func TestAnswersArriveToTheLastBit(t *testing.T) {
	k := started(t, usual, "none").Kernels()
	logits := []float32{1, 2, float32(math.Inf(-1)), 1e-40, -3, 0.1}
	u, tokens := []float64{math.Nextafter(1, 0), 0x1p-60}, []int{0, 2}
	temperature := math.Nextafter(1, 2)

	wantNumbers, gotNumbers := make([]float64, 2), make([]float64, 2)
	same(t, "LogSumExp", reference.Scalar.LogSumExp(wantNumbers, logits, temperature), k.LogSumExp(gotNumbers, logits, temperature), wantNumbers, gotNumbers)
	same(t, "LogProbs", reference.Scalar.LogProbs(wantNumbers, logits, tokens, temperature), k.LogProbs(gotNumbers, logits, tokens, temperature), wantNumbers, gotNumbers)
	wantP, gotP := make([]float32, 6), make([]float32, 6)
	same(t, "Anneal", reference.Scalar.Anneal(wantP, logits, 2, temperature), k.Anneal(gotP, logits, 2, temperature), wantP, gotP)
	wantTokens, gotTokens := make([]int, 2), make([]int, 2)
	same(t, "Sample", reference.Scalar.Sample(wantTokens, logits, u, temperature), k.Sample(gotTokens, logits, u, temperature), wantTokens, gotTokens)
}

func same[E any](t *testing.T, what string, wantErr, gotErr error, want, got []E) {
	t.Helper()
	if wantErr != nil || gotErr != nil || !cmp.Equal(want, got) {
		t.Errorf("%s: got %v (%v), want %v (%v)", what, got, gotErr, want, wantErr)
	}
}

func TestARowThatIsBadIsNamedAndLeftUntouched(t *testing.T) {
	k := started(t, usual, "none").Kernels()
	dst := []float64{7, 7}
	err := k.LogSumExp(dst, []float32{0, nan, 1, 1}, 1)
	var rows reference.RowErrors
	if !errors.As(err, &rows) || len(rows) != 1 || rows[0].Row != 0 || !errors.Is(err, reference.ErrNaN) {
		t.Errorf("got %v, want ErrNaN in row 0", err)
	}
	if dst[0] != 7 || dst[1] != 1+math.Ln2 {
		t.Errorf("dst is %v", dst)
	}
}

func TestManyEqualRowsAreAskedAsTwoWithManyDraws(t *testing.T) {
	k := started(t, usual, "none").Kernels()
	drawn := make([]int, 1000)
	if err := k.Draw(drawn, make([]float32, 2*len(drawn)), rand.NewPCG(1, 1), 1); err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, token := range drawn {
		seen[token] = true
	}
	if diff := cmp.Diff(map[int]bool{0: true, 1: true}, seen); diff != "" {
		t.Errorf("tokens drawn (-want, +got):\n%s", diff)
	}
	bad := make([]float32, 20)
	for i := range bad {
		bad[i] = nan
	}
	err := k.Draw(make([]int, 10), bad, rand.NewPCG(1, 1), 1)
	var rows reference.RowErrors
	if !errors.As(err, &rows) || len(rows) != 10 || rows[9].Row != 9 {
		t.Errorf("ten bad rows alike: %v", err)
	}
}

func TestAGeneratorSeededForEveryRowIsFoundOut(t *testing.T) {
	p := started(t, usual, "seeds its generator for every row")
	if err := Check(p, props.Seed(1), props.Inputs(0), props.Only("Draw/Rows")).Err(); !errors.Is(err, verdict.ErrBroken) {
		t.Errorf("Draw/Rows: %v, though every row has the same draws", err)
	}
	if err := Check(p, props.Seed(1), props.Inputs(0), props.Only("Draw/Law")).Err(); err != nil {
		t.Errorf("Draw/Law: %v: the defect is no longer the one meant", err)
	}
}

func TestGoroutinesTakeTurns(t *testing.T) {
	k := started(t, usual, "none").Kernels()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 50 {
				var got [1]float64
				if err := k.LogSumExp(got[:], []float32{float32(i)}, 1); err != nil || got[0] != float64(i) {
					t.Errorf("goroutine %d got %v (%v)", i, got[0], err)
				}
			}
		})
	}
	all.Wait()
}

func TestReasonsBecomeErrorsOfTheReference(t *testing.T) {
	for words, want := range map[string]error{
		"ErrTemperature: it is below 0": reference.ErrTemperature, "ErrShape": reference.ErrShape,
		"ErrNaN: logit 3": reference.ErrNaN, "ErrInf": reference.ErrInf, "ErrNoSupport": reference.ErrNoSupport,
		"ErrToken": reference.ErrToken, "ErrDraw": reference.ErrUniform,
	} {
		if err := reason(words); !errors.Is(err, want) {
			t.Errorf("%q is %v", words, err)
		}
	}
	if got := fmt.Sprint(reason("probabilities contain NaN")); !strings.Contains(got, "probabilities contain NaN") {
		t.Errorf("words became %q", got)
	}
}
