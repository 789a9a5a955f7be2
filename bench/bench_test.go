package bench_test

import (
	"slices"
	"testing"

	"temper/bench"
	"temper/bench/gonum"
	"temper/bench/simd"
	"temper/bench/sorting"
	"temper/reference"
)

// implementations are the reference, gonum and the variants of this module. Of gonum
// it is LogSumExp only: the others are wrong at T = 0, and bench/peers times them at
// other temperatures.
func implementations() []reference.Kernels {
	gonum := gonum.Kernels()
	gonum.LogProbs, gonum.Draw = nil, nil
	return append([]reference.Kernels{reference.Scalar, gonum}, simd.Float32Variants()...)
}

// samplers are the reference, those that sort, and the variants of this module.
func samplers() []func(reference.Convention) reference.Sampler {
	return slices.Concat([]func(reference.Convention) reference.Sampler{bench.Scalar}, sorting.Samplers(), simd.Samplers())
}

func BenchmarkRead(b *testing.B)      { bench.RunRead(b) }
func BenchmarkCopy(b *testing.B)      { bench.RunCopy(b) }
func BenchmarkLogSumExp(b *testing.B) { bench.Run(b, implementations()...) }
func BenchmarkLogProbs(b *testing.B)  { bench.Run(b, implementations()...) }
func BenchmarkAnneal(b *testing.B)    { bench.Run(b, implementations()...) }
func BenchmarkSample(b *testing.B)    { bench.Run(b, implementations()...) }
func BenchmarkDraw(b *testing.B)      { bench.Run(b, implementations()...) }
func BenchmarkSampler(b *testing.B)   { bench.RunSamplers(b, samplers()...) }
