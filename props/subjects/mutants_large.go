package subjects

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
)

// fewBits leaves so many bits of each word.
type fewBits struct {
	rand.Source
	bits int
}

func (f fewBits) Uint64() uint64 { return f.Source.Uint64() >> (64 - f.bits) << (64 - f.bits) }

// looping gives its first words again and again.
type looping struct {
	src   rand.Source
	most  int
	words []uint64
	next  int
}

func (l *looping) Uint64() uint64 {
	if len(l.words) < l.most {
		l.words = append(l.words, l.src.Uint64())
	}
	word := l.words[l.next]
	l.next = (l.next + 1) % l.most
	return word
}

// ofBits draws from words of so many bits.
func ofBits(bits int) reference.Kernels {
	return drawing(func(dst []int, logits []float32, src rand.Source, t float64) error {
		if src != nil {
			src = fewBits{src, bits}
		}
		return reference.Scalar.Draw(dst, logits, src, t)
	})
}

// largeMutants are right for short rows and few of them: bugs of ways that only large inputs
// take, and answers that are kept for the last question alone.
func largeMutants() []mutant[reference.Kernels] {
	type m = mutant[reference.Kernels]
	return []m{
		{"large", "derived", "scratch shared by goroutines, from 1024 tokens on", sharingScratch(), verdict.Must},
		{"large", "derived", "a block of zeros behind the last probability, from 8192 tokens on", afterwards(operation.Anneal, func(a asked, dst operation.Destination) {
			if p := dst.Probabilities; a.vocab >= 8192 && cap(p) > len(p) {
				clear(p[len(p):min(cap(p), len(p)+16)])
			}
		}), verdict.Must},
		{"large", "vllm#7779, #11778", "another sum where a row of 8192 tokens and more is alone", afterwards(operation.LogSumExp, func(a asked, dst operation.Destination) {
			if a.vocab >= 8192 && a.Rows == 1 {
				dst.Nats[0] = math.Nextafter(dst.Nats[0], math.Inf(1))
			}
		}), verdict.Must},
		{"large", "derived", "in place, the last of eight rows and more is read after it is written", only(but(func(k *reference.Kernels) {
			k.Anneal = func(dst, logits []float32, rows int, t float64) error {
				same := len(dst) > 0 && len(dst) == len(logits) && &dst[0] == &logits[0]
				err := reference.Scalar.Anneal(dst, logits, rows, t)
				if err == nil && same && rows >= 8 {
					last := dst[(rows-1)*len(dst)/rows:]
					err = reference.Scalar.Anneal(last, last, 1, 1)
				}
				return err
			}
		}), operation.Anneal), verdict.Must},
		{"large", "derived", "from 8193 to 16384 tokens the first 8192 alone", withRows(operation.LogSumExp, func(a asked, r int, row []float32) {
			for v := 8192; v < len(row) && len(row) <= 16384; v++ {
				if row[v] == row[v] && !math.IsInf(float64(row[v]), 1) {
					row[v] = float32(math.Inf(-1))
				}
			}
		}), verdict.Must},
		{"large", "derived", "the last of 32768 tokens never comes", withRows(operation.Sample, func(a asked, r int, row []float32) {
			if last := len(row) - 1; len(row) == 1<<15 && row[last] == row[last] {
				row[last] = float32(math.Inf(-1))
			}
		}), verdict.Must},
		{"large", "vllm#46560", "rows counted in 16 bits", afterwards(operation.LogProbs, func(a asked, dst operation.Destination) {
			for r := 1 << 16; r < a.Rows; r++ {
				dst.Nats[r] = dst.Nats[r-1<<16]
			}
		}), verdict.Must},
		{"large", "derived", "T below 1e-4 taken for it from 16 rows on", atTemperature(operation.LogSumExp, func(a asked) float64 {
			if a.Rows >= 16 {
				return math.Max(a.Temperature, 1e-4)
			}
			return a.Temperature
		}), verdict.Must},
		{"large", "vllm#46560", "rows of draws counted in 16 bits", drawing(func(dst []int, logits []float32, src rand.Source, t float64) error {
			err := reference.Scalar.Draw(dst, logits, src, t)
			for r := 1 << 16; r < len(dst); r++ {
				dst[r] = dst[r-1<<16]
			}
			return err
		}), verdict.Must},
		{"large", "derived", "the words of 4096 rows used again", drawing(func(dst []int, logits []float32, src rand.Source, t float64) error {
			if src != nil && len(dst) > 4096 && t > 0 {
				src = &looping{src: src, most: 4096}
			}
			return reference.Scalar.Draw(dst, logits, src, t)
		}), verdict.Must},
		{"large", "derived", "T is ignored from the thousandth row on", drawing(func(dst []int, logits []float32, src rand.Source, t float64) error {
			if len(dst) <= 1000 || len(logits)%len(dst) != 0 || t == 0 {
				return reference.Scalar.Draw(dst, logits, src, t)
			}
			at := 1000 * len(logits) / len(dst)
			if err := reference.Scalar.Draw(dst[:1000], logits[:at], src, t); err != nil {
				return err
			}
			return reference.Scalar.Draw(dst[1000:], logits[at:], src, 1)
		}), verdict.Must},
		{"large", "derived", "a source is asked for at T = 0", drawing(func(dst []int, logits []float32, src rand.Source, t float64) error {
			if err := reference.CheckSource(src); err != nil {
				return err
			}
			return reference.Scalar.Draw(dst, logits, src, t)
		}), verdict.Should},
		{"large", "derived", "numbers of 11 bits", ofBits(11), verdict.Must},
		{"large", "derived", "numbers of 16 bits", ofBits(16), verdict.Must},
		{"large", "derived", "the last question's answer for the same address", keepingLast(), verdict.Must},
		{"tie", "derived", "−0 below 0 at T = 0, by its bits", afterwards(operation.Anneal, func(a asked, dst operation.Destination) {
			for r := range a.Rows {
				row, p := a.row(r), dst.Probabilities[r*a.vocab:(r+1)*a.vocab]
				first := slices.Index(p, 1)
				if a.Temperature != 0 || first < 0 || row[first] != 0 || !math.Signbit(float64(row[first])) {
					continue
				}
				if v := slices.IndexFunc(row, func(x float32) bool { return x == 0 && !math.Signbit(float64(x)) }); v >= 0 {
					p[first], p[v] = 0, 1
				}
			}
		}), verdict.Should},
	}
}

// sharingScratch copies long rows into memory that all calls use.
func sharingScratch() reference.Kernels {
	var mutex sync.Mutex
	scratch := make([]float32, 1<<20)
	return only(but(func(k *reference.Kernels) {
		k.LogSumExp = func(dst []float64, logits []float32, t float64) error {
			if len(dst) == 0 || len(logits) < 1024*len(dst) || len(logits) > len(scratch) {
				return reference.Scalar.LogSumExp(dst, logits, t)
			}
			err := locked(&mutex, func() error { copy(scratch, logits); return nil })
			runtime.Gosched()
			if err == nil {
				err = locked(&mutex, func() error { return reference.Scalar.LogSumExp(dst, scratch[:len(logits)], t) })
			}
			return err
		}
	}), operation.LogSumExp)
}

// keepingLast keeps the last good answer for logits at the same address.
func keepingLast() reference.Kernels {
	var mutex sync.Mutex
	var at *float32
	var answer []float64
	temperature := 0.0
	return only(but(func(k *reference.Kernels) {
		k.LogSumExp = func(dst []float64, logits []float32, t float64) error {
			mutex.Lock()
			defer mutex.Unlock()
			if len(logits) > 0 && at == &logits[0] && len(answer) == len(dst) && temperature == t {
				copy(dst, answer)
				return nil
			}
			err := reference.Scalar.LogSumExp(dst, logits, t)
			if err == nil && len(logits) > 0 {
				at, answer, temperature = &logits[0], slices.Clone(dst), t
			}
			return err
		}
	}), operation.LogSumExp)
}
