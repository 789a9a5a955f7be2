package bench_test

import (
	"testing"

	"temper/bench"
	"temper/bench/simd"
	"temper/reference"
)

// implementations are what this module has to offer, and what gonum has, the
// reference first.
func implementations() []reference.Kernels {
	return append([]reference.Kernels{reference.Scalar, gonum()}, simd.Variants()...)
}

func BenchmarkRead(b *testing.B)      { bench.RunRead(b) }
func BenchmarkCopy(b *testing.B)      { bench.RunCopy(b) }
func BenchmarkLogSumExp(b *testing.B) { bench.Run(b, implementations()...) }
func BenchmarkLogProbs(b *testing.B)  { bench.Run(b, implementations()...) }
func BenchmarkAnneal(b *testing.B)    { bench.Run(b, implementations()...) }
func BenchmarkSample(b *testing.B)    { bench.Run(b, implementations()...) }
func BenchmarkDraw(b *testing.B)      { bench.Run(b, implementations()...) }
