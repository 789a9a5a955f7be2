package subjects

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"
	"unsafe"

	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
)

// drawMutants are samplers alone: their laws need no more, and the others take time.
func drawMutants() []mutant[reference.Kernels] {
	type m = mutant[reference.Kernels]
	with := func(edit func(s *plain)) reference.Kernels { return only(with(edit), operation.Sample, operation.Draw) }
	choosing := func(choose func(p []float64, u float64) int) reference.Kernels {
		return with(func(s *plain) { s.choose = choose })
	}
	return []m{
		{"draw", "pytorch#48841, #50034", "u ≤ F: a token of probability 0 at the edge", choosing(func(p []float64, u float64) int {
			running := 0.0
			for v, x := range p {
				if running += x; u <= running {
					return v
				}
			}
			return firstAbove(p, u)
		}), verdict.Must},
		{"draw", "onnxruntime-genai#1363", "nothing chosen: the last token, masked or not", choosing(func(p []float64, u float64) int {
			running := 0.0
			for v, x := range p {
				if running += x; u < running {
					return v
				}
			}
			return len(p) - 1
		}), verdict.Must},
		{"draw", "gonum#1866, TensorRT-LLM#19496", "nothing chosen: index V", choosing(func(p []float64, u float64) int {
			running := 0.0
			for v, x := range p {
				if running += x; u < running {
					return v
				}
			}
			return len(p)
		}), verdict.Must},
		{"draw", "go#12290, v#16707", "uniform rounded to float32, up to 1", with(func(s *plain) {
			s.u = func(u float64) (float64, error) { return float64(float32(u)), reference.CheckUniform(u) }
			s.choose = func(p []float64, u float64) int {
				if u >= 1 {
					return len(p)
				}
				return firstAbove(p, u)
			}
		}), verdict.Must},
		{"draw", "pytorch#22557, go#65432", "exponential noise exactly 0", with(func(s *plain) {
			s.draw = func(p []float64, src rand.Source, s plain) int {
				return race(p, func() float64 { return -math.Log(1 - s.noise(src)) })
			}
		}), verdict.Must},
		{"draw", "pytorch#4517", "Gumbel noise infinite", with(func(s *plain) {
			s.draw = func(p []float64, src rand.Source, s plain) int {
				best, highest := len(p), math.Inf(-1)
				for v, x := range p {
					if key := math.Log(x) - math.Log(-math.Log(s.noise(src))); key > highest {
						best, highest = v, key
					}
				}
				return best
			}
		}), verdict.Must},
		{"draw", "vllm#43150, jax#26974", "uniform of 24 bits starves the tail", with(func(s *plain) {
			s.u = func(u float64) (float64, error) { return math.Floor(u*0x1p24) / 0x1p24, reference.CheckUniform(u) }
		}), verdict.Must},
		{"draw", "computed", "running sum in float32", choosing(func(p []float64, u float64) int {
			var running float32
			last := 0
			for v, x := range p {
				if x == 0 {
					continue
				}
				last = v
				if running += float32(x); float32(u) < running {
					break
				}
			}
			return last
		}), verdict.Must},
		{"draw", "amrex#5545", "16-bit word modulo the vocabulary", with(func(s *plain) {
			s.draw = func(p []float64, src rand.Source, s plain) int {
				if slices.Max(p) == slices.Min(p) {
					return int(uint16(src.Uint64())) % len(p)
				}
				return s.choose(p, s.noise(src))
			}
		}), verdict.Must},
		{"draw", "garage#1357, dynet#708", "probabilities used as logits", with(func(s *plain) {
			s.draw = func(p []float64, src rand.Source, s plain) int {
				weights := make([]float64, len(p))
				for v, x := range p {
					if x > 0 {
						weights[v] = math.Exp(x)
					}
				}
				total := sum(weights)
				for v := range weights {
					weights[v] /= total
				}
				return s.choose(weights, s.noise(src))
			}
		}), verdict.Must},
		{"draw", "derived", "tokens in reverse order", choosing(func(p []float64, u float64) int {
			reversed := slices.Clone(p)
			slices.Reverse(reversed)
			return len(p) - 1 - firstAbove(reversed, u)
		}), verdict.Must},
		{"draw", "derived", "one token late", choosing(func(p []float64, u float64) int {
			return firstAbove(p, min(u+1e-4, 1-0x1p-53))
		}), verdict.Must},
		{"draw", "derived", "the same uniform number for every row", with(func(s *plain) {
			s.draw = func(p []float64, src rand.Source, s plain) int {
				if fixed, ok := src.(*rand.PCG); ok {
					again := *fixed
					return s.choose(p, s.noise(&again))
				}
				return s.choose(p, s.noise(src))
			}
		}), verdict.Must},
		{"draw", "TensorFlow.js multinomial", "distribution function in float32, the last event for the rest", drawing(func(dst []int, logits []float32, src rand.Source, t float64) error {
			return eachRow(logits, len(dst), t, func(r int, row []float32) error {
				p := make([]float32, len(row))
				if err := reference.Scalar.Anneal(p, row, 1, t); err != nil {
					return err
				}
				var running float32
				u := reference.Uniform(src)
				dst[r] = len(row) - 1
				for v, x := range p {
					if running += x; u < float64(running) {
						dst[r] = v
						break
					}
				}
				return nil
			})
		}), verdict.Must},
		{"draw", "TensorFlow.js multinomial", "generator seeded for every row of a batch", drawing(func(dst []int, logits []float32, src rand.Source, t float64) error {
			seed := src.Uint64()
			for r := range dst {
				if err := reference.Scalar.Draw(dst[r:r+1], rowOf(logits, r, len(dst)), rand.NewPCG(seed, 0), t); err != nil {
					return err
				}
			}
			return nil
		}), verdict.Must},
		{"draw", "mlxcel#356", "the last seed of a batch for all its rows", drawing(func(dst []int, logits []float32, src rand.Source, t float64) error {
			u := make([]float64, len(dst))
			for range dst {
				last := reference.Uniform(src)
				for r := range u {
					u[r] = last
				}
			}
			return reference.Scalar.Sample(dst, logits, u, t)
		}), verdict.Must},
		{"draw", "BIDMach#51", "a row drawn from its neighbour's logits", drawing(func(dst []int, logits []float32, src rand.Source, t float64) error {
			if len(dst) > 1 && len(logits)%len(dst) == 0 && t > 0 {
				vocab := len(logits) / len(dst)
				logits = slices.Concat(logits[vocab:], logits[:vocab])
			}
			return reference.Scalar.Draw(dst, logits, src, t)
		}), verdict.Must},
		{"draw", "vllm-rbln#615", "padded to a multiple of four rows at T = 0, the last row with them", drawing(func(dst []int, logits []float32, src rand.Source, t float64) error {
			err := reference.Scalar.Draw(dst, logits, src, t)
			if last := len(dst) - 1; err == nil && len(dst) > 4 && len(dst)%4 != 0 {
				dst[last] = argmax(rowOf(logits, last, len(dst)))
			}
			return err
		}), verdict.Must},
		{"draw", "derived", "uniform number squared", with(func(s *plain) {
			s.noise = func(src rand.Source) float64 { u := reference.Uniform(src); return u * u }
		}), verdict.Must},
	}
}

// drawing provides Draw alone.
func drawing(draw func(dst []int, logits []float32, src rand.Source, t float64) error) reference.Kernels {
	return reference.Kernels{Name: "drawing", Available: true, Draw: draw}
}

// race is the exponential race: the smallest e/p wins.
func race(p []float64, noise func() float64) int {
	best, soonest := len(p), math.Inf(1)
	for v, x := range p {
		if key := noise() / x; key < soonest || math.IsNaN(key) {
			best, soonest = v, key
		}
	}
	return best
}

func stateMutants() []mutant[reference.Kernels] {
	type m = mutant[reference.Kernels]
	global := rand.NewPCG(1, 2)
	var calls atomic.Uint64
	var remembered atomic.Pointer[float64]
	var scratch atomic.Uint64
	return []m{
		{"state", "mlx-lm#1580, vllm#51226", "a generator of the package's own", with(func(s *plain) {
			s.noise = func(rand.Source) float64 { return reference.Uniform(global) }
		}), verdict.Must},
		{"state", "genai#3721", "the same seed twice differs", with(func(s *plain) {
			s.noise = func(src rand.Source) float64 {
				u := reference.Uniform(src) + float64(calls.Add(1)%7)/7
				return u - math.Floor(u)
			}
		}), verdict.Must},
		{"state", "vllm#7779, #11778", "the order of a sum depends on the row's place", with(func(s *plain) {
			s.sum = func(weights []float64, r int) float64 {
				if r%2 == 0 {
					return sum(weights)
				}
				backwards := slices.Clone(weights)
				slices.Reverse(backwards)
				return sum(backwards)
			}
		}), verdict.Must},
		{"state", "Fast-dLLM#64, mlx-vlm#1094", "row 0's answer for all", with(func(s *plain) {
			s.row = func(logits []float32, r, vocab int) []float32 { return logits[:vocab] }
		}), verdict.Must},
		{"state", "go#16205", "scratch shared by goroutines", but(func(k *reference.Kernels) {
			k.LogSumExp = func(dst []float64, logits []float32, t float64) error {
				err := reference.Scalar.LogSumExp(dst, logits, t)
				for r := range dst {
					scratch.Store(math.Float64bits(dst[r]))
					runtime.Gosched() // another goroutine comes between
					dst[r] = math.Float64frombits(scratch.Load())
				}
				return err
			}
		}), verdict.Must},
		{"size", "vllm#46560, llama.cpp#15080", "offset of a row in 16 bits", with(func(s *plain) {
			s.row = func(logits []float32, r, vocab int) []float32 {
				from := int(uint16(r * vocab))
				return logits[from : from+vocab]
			}
		}), verdict.Must},
		{"state", "derived", "the first temperature kept for ever", with(func(s *plain) {
			s.adjust = func(t float64) float64 {
				remembered.CompareAndSwap(nil, &t)
				return *remembered.Load()
			}
		}), verdict.Must},
		{"state", "derived", "the maximum of the first row used for all rows", but(func(k *reference.Kernels) {
			k.LogProbs = func(dst []float64, logits []float32, tokens []int, t float64) error {
				err := reference.Scalar.LogProbs(dst, logits, tokens, t)
				vocab := max(1, len(logits)/max(1, len(dst)))
				for r := range dst {
					if err == nil && t > 0 && slices.Max(logits[r*vocab:(r+1)*vocab])-slices.Max(logits[:vocab]) < -80 {
						dst[r] = math.NaN() // 0/0, as every weight underflows
					}
				}
				return err
			}
		}), verdict.Must},
	}
}

// contractMutants break what only the Should laws, or the memory laws, ask for.
func contractMutants() []mutant[reference.Kernels] {
	type m = mutant[reference.Kernels]
	var sink atomic.Pointer[[]float64]
	var behind atomic.Uint32
	var mutants []m
	add := func(cause string, edit func(k *reference.Kernels)) {
		mutants = append(mutants, m{"contract", "derived", cause, but(edit), verdict.Should})
	}
	add("reads one logit past the end of the matrix", before(operation.LogSumExp, func(logits []float32, t float64) error {
		if len(logits) > 0 {
			behind.Store(math.Float32bits(loadBehind(logits)))
		}
		return nil
	}))
	add("writes a whole vector behind the last probability", func(k *reference.Kernels) {
		k.Anneal = func(dst, logits []float32, rows int, t float64) error {
			err := reference.Scalar.Anneal(dst, logits, rows, t)
			for i := len(dst); i < min(cap(dst), len(dst)+4); i++ {
				dst[:cap(dst)][i] = 0
			}
			return err
		}
	})
	add("in place, reads what it has written", func(k *reference.Kernels) {
		k.Anneal = func(dst, logits []float32, rows int, t float64) error {
			if len(logits) > 1 && &dst[0] == &logits[0] && t > 0 {
				dst[0] += dst[len(dst)-1] * 0x1p-10
			}
			return reference.Scalar.Anneal(dst, logits, rows, t)
		}
	})
	add("the last of equals at T = 0", func(k *reference.Kernels) {
		k.LogProbs = func(dst []float64, logits []float32, tokens []int, t float64) error {
			return reference.Scalar.LogProbs(dst, withoutEqualsBefore(logits, len(dst), t), tokens, t)
		}
		k.Anneal = func(dst, logits []float32, rows int, t float64) error {
			return reference.Scalar.Anneal(dst, withoutEqualsBefore(logits, rows, t), rows, t)
		}
		k.Sample = func(dst []int, logits []float32, u []float64, t float64) error {
			return reference.Scalar.Sample(dst, withoutEqualsBefore(logits, len(dst), t), u, t)
		}
		k.Draw = func(dst []int, logits []float32, src rand.Source, t float64) error {
			return reference.Scalar.Draw(dst, withoutEqualsBefore(logits, len(dst), t), src, t)
		}
	})
	add("a logarithm of 16 bits", func(k *reference.Kernels) {
		k.LogSumExp = func(dst []float64, logits []float32, t float64) error {
			err := reference.Scalar.LogSumExp(dst, logits, t)
			for r := range dst {
				dst[r] += 0x1p-16
			}
			return err
		}
		k.LogProbs = func(dst []float64, logits []float32, tokens []int, t float64) error {
			err := reference.Scalar.LogProbs(dst, logits, tokens, t)
			for r := range dst {
				dst[r] -= 0x1p-16
			}
			return err
		}
	})
	for _, op := range operation.All() {
		add := func(cause string, edit func(k *reference.Kernels)) {
			mutants = append(mutants, m{"contract", "derived", cause, only(but(edit), op), verdict.Should})
		}
		add(op.Name+" allocates", before(op, func(logits []float32, t float64) error {
			garbage := make([]float64, 64)
			sink.Store(&garbage)
			return nil
		}))
		add(op.Name+" stops at the first bad row", before(op, func(logits []float32, t float64) error {
			return reference.CheckRow(logits)
		}))
		add(op.Name+" has no answer at extreme temperatures", before(op, func(logits []float32, t float64) error {
			if t != 0 && t < 1e-37 || t > 1e37 && !math.IsInf(t, 1) {
				return reference.ErrTemperature
			}
			return nil
		}))
		add(op.Name+" refuses an empty matrix", before(op, func(logits []float32, t float64) error {
			if len(logits) == 0 {
				return fmt.Errorf("nothing to do: %w", reference.ErrShape)
			}
			return nil
		}))
		add(op.Name+" panics on T = 0.7", before(op, func(logits []float32, t float64) error {
			if t == 0.7 {
				panic("unreachable")
			}
			return nil
		}))
	}
	return mutants
}

// loadBehind reads the float32 behind the end of a slice, as a vector load does.
//
//go:nocheckptr
func loadBehind(row []float32) float32 {
	return *(*float32)(unsafe.Add(unsafe.Pointer(&row[0]), 4*len(row)))
}

// before makes an operation do something before it answers as the reference.
func before(op operation.Operation, first func(logits []float32, t float64) error) func(k *reference.Kernels) {
	return func(k *reference.Kernels) {
		op.Set(k, func(q operation.Query, dst operation.Destination) error {
			if err := first(q.Logits, q.Temperature); err != nil {
				return err
			}
			return op.Call(reference.Scalar, q, dst)
		})
	}
}

// withoutEqualsBefore masks, at T = 0, what equals the last of a row's largest
// logits.
func withoutEqualsBefore(logits []float32, rows int, t float64) []float32 {
	if t != 0 || rows == 0 || len(logits)%rows != 0 {
		return logits
	}
	masked := slices.Clone(logits)
	for row := range slices.Chunk(masked, max(1, len(logits)/rows)) {
		last := lastArgmax(row)
		for v, x := range row[:last] {
			if x == row[last] {
				row[v] = float32(math.Inf(-1))
			}
		}
	}
	return masked
}
