package ollama_test

import (
	"fmt"
	"testing"

	"temper/bench"
	"temper/bench/peers"
	"temper/bench/peers/ollama"
	"temper/bench/simd"
	"temper/reference"
)

// TestLaws prints how many Must laws the sampler keeps without cuts and with them, and
// which it breaks.
func TestLaws(t *testing.T) {
	if testing.Short() {
		t.Skip("the whole suite")
	}
	fmt.Println(peers.Laws(ollama.Sampler()))
	fmt.Println(peers.LawsOfSampler(ollama.Cuts))
}

func BenchmarkDraw(b *testing.B) {
	bench.Run(b, reference.Scalar, reference.Kernels(simd.Best[float32]()), ollama.Sampler())
}

func BenchmarkSampler(b *testing.B) {
	bench.RunSamplers(b, bench.Scalar, peers.Lawful(ollama.Cuts))
}
