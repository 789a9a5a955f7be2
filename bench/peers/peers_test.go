package peers_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"temper/bench"
	"temper/bench/peers"
	"temper/bench/simd"
	"temper/bench/sorting"
	"temper/reference"
)

// TestRivalsHoldWhereTheyAreTimed: at ordinary temperatures and logits a rival's
// numbers are right; bench.Run looks at every workload besides.
func TestRivalsHoldWhereTheyAreTimed(t *testing.T) {
	const vocab, temperature = 1000, .7
	r := rand.New(rand.NewPCG(1, 2))
	row := make([]float32, vocab)
	for i := range row {
		row[i] = float32(3 * r.NormFloat64())
	}
	want, wantP := make([]float64, 1), make([]float32, vocab)
	if err := reference.Scalar.Anneal(wantP, row, 1, temperature); err != nil {
		t.Fatal(err)
	}
	for _, k := range peers.All() {
		got, p := make([]float64, 1), make([]float32, vocab)
		if k.LogSumExp != nil {
			reference.Scalar.LogSumExp(want, row, temperature)
			if err := k.LogSumExp(got, row, temperature); err != nil || math.Abs(got[0]-want[0]) > 1e-4 {
				t.Errorf("%s: LogSumExp = %v, %v, want %v", k.Name, got[0], err, want[0])
			}
		}
		if k.LogProbs != nil {
			reference.Scalar.LogProbs(want, row, []int{7}, temperature)
			if err := k.LogProbs(got, row, []int{7}, temperature); err != nil || math.Abs(got[0]-want[0]) > 1e-4 {
				t.Errorf("%s: LogProbs = %v, %v, want %v", k.Name, got[0], err, want[0])
			}
		}
		if k.Anneal != nil {
			if err := k.Anneal(p, row, 1, temperature); err != nil {
				t.Errorf("%s: Anneal: %v", k.Name, err)
			}
			for v := range p {
				if math.Abs(float64(p[v]-wantP[v])) > 1e-4*float64(wantP[v])+1e-30 {
					t.Fatalf("%s: p(%d) = %v, want %v", k.Name, v, p[v], wantP[v])
				}
			}
		}
	}
}

// TestLaws prints a line for each implementation that make peers compares: how many
// Must laws it keeps, and which it breaks. Only ours have to keep all.
func TestLaws(t *testing.T) {
	if testing.Short() {
		t.Skip("the whole suite over every rival")
	}
	for _, k := range append(simd.Float32Variants(), peers.All()...) {
		fmt.Println(peers.Laws(k))
	}
	for _, following := range sorting.Samplers() {
		fmt.Println(peers.LawsOfSampler(following))
	}
	python := os.Getenv("PYTHON")
	if python == "" {
		python = "python3"
	}
	const adapters = "../../props/process/adapters/"
	for _, program := range [][]string{
		{python, "numpy_adapter.py"}, {python, "torch_adapter.py"},
		{"node", "tfjs_adapter.mjs"}, {"node", "transformers_adapter.mjs"}, {"node", "ort_adapter.mjs"},
	} {
		fmt.Println(peers.LawsOfProgram(program[0], adapters+program[1]))
	}
}

// TestWriteLogits writes the logits of the workload that LOGITS_OF names, as
// little-endian float32, to the file LOGITS_TO: other languages are timed on them.
func TestWriteLogits(t *testing.T) {
	name, file := os.Getenv("LOGITS_OF"), os.Getenv("LOGITS_TO")
	if name == "" {
		t.Skip("without LOGITS_OF and LOGITS_TO")
	}
	for _, w := range append(bench.Selected(), bench.SelectedCuts()...) {
		if w.String() == name {
			out, err := os.Create(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := binary.Write(out, binary.LittleEndian, w.Matrix()); err != nil {
				t.Fatal(err)
			}
			if err := out.Close(); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("no workload %s", name)
}

func implementations() []reference.Kernels {
	return append(append([]reference.Kernels{reference.Scalar}, simd.Float32Variants()...), peers.All()...)
}

func BenchmarkLogSumExp(b *testing.B) { bench.Run(b, implementations()...) }
func BenchmarkLogProbs(b *testing.B)  { bench.Run(b, implementations()...) }
func BenchmarkAnneal(b *testing.B)    { bench.Run(b, implementations()...) }
func BenchmarkSample(b *testing.B)    { bench.Run(b, implementations()...) }
func BenchmarkDraw(b *testing.B)      { bench.Run(b, implementations()...) }
func BenchmarkSampler(b *testing.B) {
	bench.RunSamplers(b, append(sorting.Samplers(), bench.Scalar)...)
}
