package process

import (
	"errors"
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"testing"

	"temper/reference"
	"temper/reference/sequence"
)

// TestAdapterKeepsTheLaws judges the program whose words stand behind -args, in
// the quotes of the shell that they are typed into:
//
//	go test ./props/process -run AdapterKeeps -args python3 '/some where/adapter.py'
//
// It runs in the module's root, so that paths may be relative to that.
func TestAdapterKeepsTheLaws(t *testing.T) {
	words := flag.Args()
	if len(words) == 0 {
		t.Skip("no program to judge: give one behind -args")
	}
	command := exec.Command(words[0], words[1:]...)
	command.Dir = "../.."
	p, err := start(usual, os.Stderr, command)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	Test(t, p)
}

// python is an interpreter that has the modules.
func python(t *testing.T, modules string) string {
	t.Helper()
	for _, candidate := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(candidate, "-c", "import "+modules).Run() == nil {
			return candidate
		}
	}
	t.Skipf("NOT TESTED: no python3 here can import %s", modules)
	return ""
}

func TestShippedAdaptersAnswerEverydayQuestions(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: starts Python")
	}
	t.Parallel()
	for file, modules := range map[string]string{
		"numpy_adapter.py":          "numpy, scipy.special",
		"numpy_sampler_adapter.py":  "numpy",
		"numpy_verifier_adapter.py": "numpy",
		"torch_adapter.py":          "torch",
		"torch_sampler_adapter.py":  "torch",
	} {
		t.Run(file, func(t *testing.T) { answers(t, python(t, modules), "adapters/"+file) })
	}
}

// everyday compares answers about ordinary logits with the reference.
func everyday(t *testing.T, k reference.Kernels) {
	logits := []float32{0, 1, 2, float32(math.Inf(-1)), 3, 0.5, 0, 0}
	var want, got [2]float64
	near := func(what string, err error) {
		t.Helper()
		if err != nil || !(math.Abs(got[0]-want[0]) < 1e-5 && math.Abs(got[1]-want[1]) < 1e-5) {
			t.Errorf("%s: %v (%v), want %v", what, got, err, want)
		}
	}
	if k.LogSumExp != nil {
		reference.Scalar.LogSumExp(want[:], logits, 0.7)
		near("LogSumExp", k.LogSumExp(got[:], logits, 0.7))
	}
	if k.LogProbs != nil {
		reference.Scalar.LogProbs(want[:], logits, []int{2, 1}, 0.7)
		near("LogProbs", k.LogProbs(got[:], logits, []int{2, 1}, 0.7))
	}
	if k.Anneal != nil {
		p, exact := make([]float32, 8), make([]float32, 8)
		reference.Scalar.Anneal(exact, logits, 2, 0.7)
		err := k.Anneal(p, logits, 2, 0.7)
		want, got = [2]float64{float64(exact[2]), float64(exact[4])}, [2]float64{float64(p[2]), float64(p[4])}
		near("Anneal", err)
	}
	drawn := []int{-1, -1}
	const cold = 0.01 // any other token has a probability below exp(−99)
	if err := k.Draw(drawn, logits, rand.NewPCG(1, 1), cold); err != nil || drawn[0] != 2 || drawn[1] != 0 {
		t.Errorf("Draw at T = %v: %v (%v), want 2 and 0", cold, drawn, err)
	}
	if k.Sample != nil {
		if err := k.Sample(drawn, logits, []float64{0, 0.5}, 0.7); err != nil || drawn[0] != 0 || drawn[1] != 0 {
			t.Errorf("Sample: %v (%v), want 0 and 0", drawn, err)
		}
	}
}

// everydaySampler compares answers about ordinary logits, with settings that the convention
// provides, with the reference for that convention.
func everydaySampler(t *testing.T, s reference.Sampler) {
	exact := reference.ScalarSampler(s.Convention)
	row := []float32{1, float32(math.Inf(-1)), 3, 0.5, 2, -1}
	how := []reference.Sampling{{Temperature: 0.7, TopK: 2}, {Temperature: math.Inf(1), TopK: 3}, {Temperature: 0}}
	for _, more := range []reference.Sampling{{Temperature: 2, TopP: 0.8}, {Temperature: 0.5, MinP: 0.2}} {
		if err := exact.Keep(make([]bool, len(row)), row, []reference.Sampling{more}); err == nil {
			how = append(how, more)
		}
	}
	logits, tokens := slices.Repeat(row, len(how)), slices.Repeat([]int{4}, len(how))
	wantKept, kept := make([]bool, len(logits)), make([]bool, len(logits))
	same(t, "Keep", exact.Keep(wantKept, logits, how), s.Keep(kept, logits, how), wantKept, kept)
	want, got := make([]float64, len(how)), make([]float64, len(how))
	if err := errors.Join(exact.LogProbs(want, logits, tokens, how), s.LogProbs(got, logits, tokens, how)); err != nil {
		t.Error(err)
	}
	for r := range how {
		if !(math.Abs(math.Exp(got[r])-math.Exp(want[r])) < 1e-5) {
			t.Errorf("row %d: log p = %v, want %v", r, got[r], want[r])
		}
	}
	if err := s.Draw(tokens, logits, rand.NewPCG(1, 1), how); err != nil {
		t.Error(err)
	}
	for r, token := range tokens {
		if token < 0 || token >= len(row) || !wantKept[r*len(row)+token] {
			t.Errorf("row %d: token %d comes, which is cut", r, token)
		}
	}
}

// everydayVerifier compares what comes of ordinary drafts with what any verifier that keeps
// the target's distribution returns.
func everydayVerifier(t *testing.T, v sequence.Verifier) {
	sure := func(token int) []float64 {
		row := make([]float64, 3)
		row[token] = 1
		return row
	}
	drafts := []sequence.Draft{
		{P: [][]float64{sure(2)}},
		{Tokens: []int{0, 1}, P: [][]float64{sure(0), sure(1), sure(2)}, Q: [][]float64{{0.5, 0.25, 0.25}, {0.25, 0.5, 0.25}}},
		{Tokens: []int{0, 3}, P: [][]float64{sure(0), sure(1), sure(2)}, Q: [][]float64{{0.5, 0.25, 0.25}, {0.25, 0.5, 0.25}}},
		{Tokens: []int{0, 1}, P: [][]float64{sure(0), sure(2), sure(0)}},
		{Tokens: []int{0}, P: [][]float64{sure(0), sure(2)}, Q: [][]float64{{0, 0.5, 0.5}}},
		{Tokens: []int{0}, P: [][]float64{sure(0)}}, // which no question can hold
	}
	want := [][]int{{2}, {0, 1, 2}, nil, {0, 2}, nil, nil}
	ask := func(what string, call func(dst [][]int) error) {
		t.Helper()
		got := make([][]int, len(drafts))
		err := call(got)
		var bad reference.RowErrors
		if !errors.As(err, &bad) || len(bad) != 3 {
			t.Errorf("%s: %v, want errors of three drafts", what, err)
			return
		}
		for i, sentinel := range []error{reference.ErrToken, sequence.ErrImpossibleDraft, reference.ErrShape} {
			if s := []int{2, 4, 5}[i]; bad[i].Row != s || !errors.Is(bad[i].Err, sentinel) {
				t.Errorf("%s: %v, want %q of draft %d", what, bad[i], sentinel, s)
			}
		}
		same(t, what, nil, nil, want, got)
	}
	ask("Verify", func(dst [][]int) error {
		return v.Verify(dst, drafts, [][]float64{{0.5}, {0.5, 0.25, 0.75}, {0, 0, 0}, {0.5, 0.5, 0.5}, {0, 0}, {0, 0}})
	})
	ask("Draw", func(dst [][]int) error { return v.Draw(dst, drafts, rand.NewPCG(1, 1)) })
}
