package sequence_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"temper/reference/sequence"
)

// OpenFst sums over paths too, and shares no code with this module: a chain as an
// automaton of −log p in the log64 semiring, fstmap's power for 1/T, then the
// distance to the final states for −log Z, and fstpush for the conditionals.
// Debian: apt-get install libfst-tools.

// fst runs one command of OpenFst on its predecessor's output.
func fst(t *testing.T, input []byte, name string, args ...string) []byte {
	t.Helper()
	var stdout, stderr bytes.Buffer
	command := exec.Command(name, args...)
	command.Stdin, command.Stdout, command.Stderr = bytes.NewReader(input), &stdout, &stderr
	if err := command.Run(); err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, &stderr)
	}
	return stdout.Bytes()
}

func needOpenFst(t *testing.T) {
	t.Helper()
	for _, name := range []string{"fstcompile", "fstmap", "fstshortestdistance", "fstpush", "fstprint"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("NOT COMPARED WITH OPENFST: %v (Debian: libfst-tools)", err)
		}
	}
}

// unrolled is the chain as text for fstcompile: states are positions × last
// tokens, labels are tokens + 1.
func unrolled(t *testing.T, m sequence.Model, prompt []int, length int) []byte {
	t.Helper()
	var text bytes.Buffer
	vocab := m.VocabSize()
	row := make([]float64, vocab)
	write := func(from, position int, prefix []int) {
		if err := m.LogConditional(row, prefix); err != nil {
			t.Fatal(err)
		}
		for v, logp := range row {
			if !math.IsInf(logp, -1) {
				fmt.Fprintf(&text, "%d %d %d %.17g\n", from, 1+position*vocab+v, v+1, -logp)
			}
		}
	}
	write(0, 0, prompt)
	for position := 1; position < length; position++ {
		for u := range vocab {
			write(1+(position-1)*vocab+u, position, append(prompt, u))
		}
	}
	for u := range vocab {
		fmt.Fprintf(&text, "%d 0\n", 1+(length-1)*vocab+u)
	}
	return text.Bytes()
}

// openFst returns log Z and log π of the first token.
func openFst(t *testing.T, automaton []byte, temperature float64) (logZ float64, first map[int]float64) {
	t.Helper()
	compiled := fst(t, automaton, "fstcompile", "--acceptor", "--arc_type=log64")
	powered := fst(t, compiled, "fstmap", "--map_type=power", fmt.Sprintf("--power=%.17g", 1/temperature))
	distances := fst(t, powered, "fstshortestdistance", "--reverse", "--delta=1e-14")
	logZ = math.NaN()
	for line := range strings.Lines(string(distances)) {
		if fields := strings.Fields(line); len(fields) == 2 && fields[0] == "0" {
			logZ = -number(t, fields[1])
		}
	}
	pushed := fst(t, powered, "fstpush", "--push_weights", "--remove_total_weight", "--delta=1e-14")
	first = map[int]float64{}
	for line := range strings.Lines(string(fst(t, pushed, "fstprint", "--acceptor"))) {
		fields := strings.Fields(line)
		if fields[0] != "0" || len(fields) < 3 {
			continue
		}
		logp := 0.0 // fstprint leaves a weight of one out
		if len(fields) == 4 {
			logp = -number(t, fields[3])
		}
		first[int(number(t, fields[2]))-1] = logp
	}
	return logZ, first
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// compare holds the reference against OpenFst, whose numbers have 9 digits.
func compare(t *testing.T, name string, automaton []byte, a *sequence.AnnealedMarkov, prompt []int, temperature float64) {
	t.Helper()
	const digits = 2e-8
	logZ, first := openFst(t, automaton, temperature)
	got, err := a.LogPartition(prompt)
	if err != nil || !(math.Abs(got-logZ) <= digits*(1+math.Abs(logZ))) {
		t.Errorf("%s: log Z = %v, %v; OpenFst has %v", name, got, err, logZ)
	}
	row := make([]float64, a.VocabSize())
	if err := a.LogConditional(row, prompt); err != nil {
		t.Fatal(err)
	}
	for v, logp := range row {
		want, possible := first[v]
		if possible == math.IsInf(logp, -1) || possible && !(math.Abs(logp-want) <= digits*(1+math.Abs(logZ))) {
			t.Errorf("%s: log π(%d) = %v; OpenFst has %v, %v", name, v, logp, want, possible)
		}
	}
}

func TestOpenFstAgreesOnChainsOfALength(t *testing.T) {
	needOpenFst(t)
	rng := rand.New(rand.NewPCG(1, 2))
	for seed := range 20 {
		vocab, length := 2+rng.IntN(5), 1+rng.IntN(30)
		tokens := make([]int, 10*vocab)
		for i := range tokens {
			tokens[i] = int(float64(vocab) * math.Pow(rng.Float64(), 2))
		}
		m, err := sequence.NewMarkov(vocab, 1, -1, 0.2, [][]int{tokens})
		if err != nil {
			t.Fatal(err)
		}
		temperature := math.Exp(4*rng.Float64() - 2.5)
		a, err := sequence.NewAnnealedMarkov(m, -1, length, temperature)
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("model %d, vocab %d, length %d, T = %v", seed, vocab, length, temperature)
		compare(t, name, unrolled(t, m, nil, length), a, nil, temperature)
	}
}

func TestOpenFstAgreesOnNewtonsLetters(t *testing.T) {
	needOpenFst(t)
	const length = 32
	m, prompt := newtonsLetters(t), spelled(" ")
	for _, temperature := range []float64{0.25, 0.7, 1.5} {
		a, err := sequence.NewAnnealedMarkov(m, -1, len(prompt)+length, temperature)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, fmt.Sprintf("Opticks, T = %v", temperature), unrolled(t, m, prompt, length), a, prompt, temperature)
	}
}

func TestOpenFstAgreesOnSequencesOfAnyLength(t *testing.T) {
	needOpenFst(t)
	rng := rand.New(rand.NewPCG(3, 4))
	for seed := range 5 {
		const vocab, end = 4, 3
		var sequences [][]int
		for range 20 {
			tokens := []int{}
			for rng.IntN(3) > 0 {
				tokens = append(tokens, rng.IntN(end))
			}
			sequences = append(sequences, append(tokens, end))
		}
		m, err := sequence.NewMarkov(vocab, 1, end, 0.2, sequences)
		if err != nil {
			t.Fatal(err)
		}
		for _, temperature := range []float64{0.4, 1.1} {
			a, err := sequence.NewAnnealedMarkov(m, end, sequence.Unlimited, temperature)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, fmt.Sprintf("model %d, T = %v", seed, temperature), cyclic(t, m, end), a, nil, temperature)
		}
	}
}

// cyclic is a chain with an end: state 0 is begin, 1 + u the last token u.
func cyclic(t *testing.T, m sequence.Model, end int) []byte {
	t.Helper()
	var text bytes.Buffer
	row := make([]float64, m.VocabSize())
	for from := range m.VocabSize() {
		var prefix []int
		if from > 0 {
			prefix = []int{from - 1}
		}
		if err := m.LogConditional(row, prefix); err != nil {
			t.Fatal(err)
		}
		for v, logp := range row {
			fmt.Fprintf(&text, "%d %d %d %.17g\n", from, 1+v, v+1, -logp)
		}
	}
	fmt.Fprintf(&text, "%d 0\n", 1+end)
	return text.Bytes()
}
