// Package bench measures how fast an implementation of the vocabulary-sized
// operations is, beside others and beside the memory's own speed.
//
//	func BenchmarkLogSumExp(b *testing.B) { bench.Run(b, reference.Scalar, mine) }
//
// Every benchmark's name says what was measured, the implementation last, so
// that benchstat can put them side by side (-col /impl):
//
//	BenchmarkLogSumExp/vocab=131072/rows=1/logits=zipf/T=0.7/impl=portable
//
// A sampler with cuts is timed by [RunSamplers], and its benchmark's name has the cut:
//
//	BenchmarkSampler/vocab=131072/rows=1/logits=zipf/cut=T,p0.9/T=0.7/impl=heap
//
// The optimised variants are in [temper/bench/simd].
package bench
