//go:build unix

package simd

import (
	"math/rand/v2"
	"runtime/debug"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"temper/reference"
)

// For float32 the laws ask this.
func TestHalfWidthLogitsAreReadNowhereElse(t *testing.T) {
	t.Run("bfloat16", func(t *testing.T) { halfVariants(t, Variants[BFloat16](), readsNowhereElse[BFloat16]) })
	t.Run("float16", func(t *testing.T) { halfVariants(t, Variants[Float16](), readsNowhereElse[Float16]) })
}

func readsNowhereElse[E BFloat16 | Float16](t *testing.T, half Kernels[E], _ reference.Kernels) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	logits, p := fencedPage[E](t), fencedPage[float32](t)
	r := rand.New(rand.NewPCG(1, 2))
	for length := 1; length <= 300; length++ {
		for _, atEnd := range []bool{false, true} {
			row, dst := logits[:length], p[:length]
			if atEnd {
				row, dst = logits[len(logits)-length:], p[len(p)-length:]
			}
			copy(row, halves[E](r, length))
			for _, temperature := range []float64{0, .7} {
				// Bad rows are read, too, and their errors asked elsewhere.
				half.LogProbs([]float64{0}, row, []int{length - 1}, temperature)
				half.Anneal(dst, row, 1, temperature)
				half.Sample([]int{0}, row, []float64{.5}, temperature)
			}
			half.LogSumExp([]float64{0}, row, .7)
		}
	}
}

// fencedPage is a page of elements between two that nobody may touch.
func fencedPage[E Logit](t *testing.T) []E {
	t.Helper()
	page := unix.Getpagesize()
	memory, err := unix.Mmap(-1, 0, 3*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(memory) })
	for _, fence := range [][]byte{memory[:page], memory[2*page:]} {
		if err := unix.Mprotect(fence, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	var e E
	return unsafe.Slice((*E)(unsafe.Pointer(&memory[page])), page/int(unsafe.Sizeof(e)))
}

// The laws ask for few rows, which are not processed together.
func TestABatchIsReadAndWrittenNowhereElse(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	logits, p := fencedPage[float32](t), fencedPage[float32](t)
	r := rand.New(rand.NewPCG(3, 4))
	for _, k := range Float32Variants() {
		if !k.Available {
			continue // TestEveryVariantKeepsTheLaws says so
		}
		for vocab := 1; vocab <= len(logits)/octet; vocab++ {
			rows := min(len(logits)/vocab, 2*octet+1)
			length := rows * vocab
			values, tokens, u := make([]float64, rows), make([]int, rows), make([]float64, rows)
			for _, at := range []int{0, len(logits) - length} {
				matrix, dst := logits[at:at+length], p[at:at+length]
				for i := range matrix {
					matrix[i] = float32(r.NormFloat64())
				}
				for i := range p {
					p[i] = -1
				}
				for _, err := range []error{
					k.LogSumExp(values, matrix, .7),
					k.LogProbs(values, matrix, tokens, .7),
					k.Sample(tokens, matrix, u, .7),
					k.Anneal(dst, matrix, rows, .7),
				} {
					if err != nil {
						t.Fatal(err)
					}
				}
				for i, v := range p {
					if inside := at <= i && i < at+length; inside == (v == -1) {
						t.Fatalf("%s: %d rows of %d from %d on: p[%d] = %v", k.Name, rows, vocab, at, i, v)
					}
				}
			}
		}
	}
}

func TestSamplersReadNothingOutsideARow(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	page := fencedPage[float32](t)
	r := rand.New(rand.NewPCG(5, 7))
	for _, following := range samplers {
		s := following(askedConventions[0])
		if !s.Available {
			continue // TestEverySamplerKeepsTheLaws says so
		}
		for length := 1; length <= len(page); length += 1 + length/16*r.IntN(4) {
			for _, row := range [][]float32{page[:length], page[len(page)-length:]} {
				for v := range row {
					row[v] = float32(3 * r.NormFloat64())
				}
				kept := make([]bool, length)
				for _, how := range askedSettings {
					one := []reference.Sampling{how}
					// Where the settings are refused, so they are in all.
					s.Keep(kept, row, one)
					s.LogProbs([]float64{0}, row, []int{length - 1}, one)
					s.Sample([]int{0}, row, []float64{.9}, one)
				}
			}
		}
	}
}
