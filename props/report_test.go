package props_test

import (
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"temper/props"
	"temper/reference"
)

// cutsFirst declares that the temperature comes before the cuts, and applies it after them.
func cutsFirst() reference.Sampler {
	s := reference.ScalarSampler(reference.Convention{Order: []reference.Step{reference.TopK, reference.TopP, reference.Temper}})
	s.Convention = reference.Convention{Name: "mine", Order: []reference.Step{reference.Temper, reference.TopK, reference.TopP}}
	return s
}

// asMistaken makes TestMistakenSampler fail on purpose.
const asMistaken = "TEMPER_TEST_MISTAKEN"

func TestMistakenSampler(t *testing.T) {
	s := cutsFirst()
	switch os.Getenv(asMistaken) {
	case "":
		t.Skip("only for tests of what a test prints")
	case "Draw":
		s.Keep, s.LogProbs, s.Sample = nil, nil, nil
	case "Draw with k + 1":
		draw := s.Draw
		s = reference.Sampler{Name: s.Name, Available: true, Convention: s.Convention}
		s.Draw = func(dst []int, logits []float32, src rand.Source, how []reference.Sampling) error {
			more := slices.Clone(how)
			for r := range more {
				if more[r].TopK > 0 {
					more[r].TopK++
				}
			}
			return draw(dst, logits, src, more)
		}
	}
	props.TestSampler(t, s, props.Unhurried())
}

// mistaken runs that test, or a part of it, as another process.
func mistaken(t *testing.T, operations, run string, env ...string) string {
	t.Helper()
	command := exec.Command(os.Args[0], "-test.v", "-test.run", run, "-rapid.nofailfile")
	command.Env = append(append(os.Environ(), asMistaken+"="+operations), env...)
	out, err := command.CombinedOutput()
	if err == nil {
		t.Fatalf("a mistaken sampler passes:\n%s", out)
	}
	return string(out)
}

var repetition = regexp.MustCompile(`again, in the folder of the test: (TEMPER_SEED=\d+) go test -v -run '(\^TestMistakenSampler\$/[^']*)'\n`)

func TestAFailedTestOfASamplerShowsASmallInputAndACommandThatRepeatsIt(t *testing.T) {
	for law, operations := range map[string]string{"Draw": "Draw", "Survey": "Draw with k + 1"} {
		said := mistaken(t, operations, "^TestMistakenSampler$/^Sampler$/^"+law+"$")
		input := regexp.MustCompile(`input: T = .*`).FindString(said)
		if input == "" || strings.Contains(input, "…") || strings.Contains(said, "rows more") || strings.Contains(said, "input: a survey") {
			t.Errorf("%s does not show one small input:\n%s", law, said)
		}
		again := repetition.FindStringSubmatch(said)
		if again == nil {
			t.Fatalf("%s has no command:\n%s", law, said)
		}
		if repeated := mistaken(t, operations, again[2], again[1]); !strings.Contains(repeated, input) {
			t.Errorf("%s with %s is not repeated:\n%s\nbut\n%s", again[2], again[1], said, repeated)
		}
	}
}

func TestAFailedTestOfASamplerSaysWhichOrderItHas(t *testing.T) {
	const hint = "FindConvention says: it follows llama.cpp in the steps that it has (61 rows asked): the order TopK, TopP, Temper, exactly k"
	if said := mistaken(t, "all", "^TestMistakenSampler$/^Sampler$/^Support$"); strings.Count(said, hint) != 1 {
		t.Errorf("want once %q:\n%s", hint, said)
	}
	if said := mistaken(t, "Draw", "^TestMistakenSampler$/^Sampler$/^Draw$"); !strings.Contains(said, "FindConvention needs Keep, LogProbs or Sample") {
		t.Errorf("want what it would need:\n%s", said)
	}
}

func TestASeedThatIsNoNumberIsAnError(t *testing.T) {
	t.Setenv("TEMPER_SEED", "seven")
	if said := props.CheckKernels(reference.Scalar).String(); !strings.Contains(said, `TEMPER_SEED="seven" is no seed`) {
		t.Error(said)
	}
	t.Setenv("TEMPER_SEED", "7")
	if r := props.CheckKernels(reference.Scalar, props.Only("Sample/Infinity")); r.Seed != 7 || r.Err() != nil {
		t.Errorf("seed %d, %v", r.Seed, r.Err())
	}
	if r := props.CheckKernels(reference.Scalar, props.Only("Sample/Infinity"), props.Seed(8)); r.Seed != 8 {
		t.Errorf("seed %d, want that of the option", r.Seed)
	}
}

func TestAPlaceThatIsNotWrittenIsToldWithWhatWasAsked(t *testing.T) {
	k := reference.Kernels{Name: "short", Available: true}
	k.Sample = func(dst []int, logits []float32, u []float64, temperature float64) error {
		if u[len(u)-1] > 0.9999999 {
			dst, logits, u = dst[:len(dst)-1], logits[:len(logits)/len(dst)*(len(dst)-1)], u[:len(u)-1]
		}
		return reference.Scalar.Sample(dst, logits, u, temperature)
	}
	const want = "Sample: row 0, u = 0.9999999999999999: returned no error and wrote nothing\n"
	if said := props.CheckKernels(k, props.Seed(1), props.Only("Sample/InverseCDF"), props.Unhurried()).String(); !strings.Contains(said, want) {
		t.Errorf("want %q:\n%s", want, said)
	}
	s := reference.Sampler{Name: "idle", Available: true, Sample: func([]int, []float32, []float64, []reference.Sampling) error { return nil }}
	if said := props.CheckSampler(s, props.Seed(1), props.Only("Sampler/BadRows")).String(); !strings.Contains(said, "returned no error and wrote nothing") {
		t.Error(said)
	}
}

func TestReportsShowNeitherTheFillerOfASuiteNorWordsOfGo(t *testing.T) {
	idle := func(dst []int, logits []float32, src rand.Source, temperature float64) error {
		vocab := len(logits) / max(1, len(dst))
		for r := range dst {
			if row := logits[r*vocab : (r+1)*vocab]; reference.CheckRow(row) == nil {
				dst[r] = vocab - 1
			}
		}
		return nil
	}
	var said string
	for _, law := range []string{"Draw/NaN", "Draw/BadRows", "Draw/Shapes"} {
		said += props.CheckKernels(reference.Kernels{Name: "idle", Available: true, Draw: idle}, props.Seed(1), props.Only(law)).String()
	}
	for _, word := range []string{"-123", "<nil>", "before that"} {
		if strings.Contains(said, word) {
			t.Errorf("%q in\n%s", word, said)
		}
	}
	for _, words := range []string{"the bad row: returned no error and wrote nothing", `no error, want one that names row 0 alone`, `"errors": [{"row": 0, "reason": "Err`} {
		if !strings.Contains(said, words) {
			t.Errorf("no %q in\n%s", words, said)
		}
	}
}

// A batch is asked ten times over, and the row that is told is one of the input.
func TestARowThatIsToldIsARowOfTheInput(t *testing.T) {
	s := reference.ScalarSampler(reference.Conventions()[4])
	right := s.Draw
	s.Keep, s.LogProbs, s.Sample = nil, nil, nil
	s.Draw = func(dst []int, logits []float32, src rand.Source, how []reference.Sampling) error {
		err := right(dst, logits, src, how)
		last := logits[len(logits)-len(logits)/len(how):]
		if masked := slices.Index(last, float32(math.Inf(-1))); err == nil && len(dst) > 9 && masked >= 0 {
			dst[len(dst)-1] = masked
		}
		return err
	}
	said := props.CheckSampler(s, props.Seed(1), props.Only("Sampler/Draw"), props.Unhurried()).String()
	if told := regexp.MustCompile(`row 0: token \d+ comes, which is cut or masked\n    input: T = .*\n`).FindString(said); told == "" || strings.Contains(told, ";") {
		t.Error(said)
	}
}
