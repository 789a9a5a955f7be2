package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"temper/bench/elementary"
)

// batchedMatrix has ordinary rows and, one in so many, masked, wide and bad ones, and
// ones that are far from where they begin.
func batchedMatrix(r *rand.Rand, rows, vocab, oneIn int) []float32 {
	logits := make([]float32, rows*vocab)
	for i := range logits {
		logits[i] = float32(3 * r.NormFloat64())
	}
	special := []float32{
		float32(math.NaN()), math.Float32frombits(0xFFC00001), float32(math.Inf(1)), float32(math.Inf(-1)), 100, 1e6, -1e6, math.MaxFloat32, -math.MaxFloat32,
	}
	for row := range rows {
		if r.IntN(oneIn) > 0 {
			continue
		}
		kind := r.IntN(len(special) + 1)
		for i := range vocab {
			if at := &logits[row*vocab+i]; kind == len(special) || r.IntN(3) == 0 && kind == 3 {
				*at = float32(math.Inf(-1))
			}
		}
		if kind < len(special) {
			logits[row*vocab+r.IntN(vocab)] = special[kind]
		}
	}
	return logits
}

func TestARowHasTheBitsInABatchThatItHasAlone(t *testing.T) {
	for _, k := range Variants[float32]() {
		if !k.Available {
			continue // TestEveryVariantKeepsTheLaws says so
		}
		t.Run(k.Name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(41, 42))
			bad := 0
			trials := 200
			if testing.Short() {
				trials = 40
			}
			for trial := range trials {
				vocab, rows := 1+trial%80, 1+r.IntN(140)
				if trial%20 == 0 {
					vocab, rows = 100+r.IntN(2000), 1+r.IntN(20)
				}
				logits := batchedMatrix(r, rows, vocab, []int{2, 30, 1000}[trial%3])
				tokens, u := make([]int, rows), make([]float64, rows)
				for i := range rows {
					tokens[i], u[i] = r.IntN(vocab), r.Float64()
				}
				if trial%7 == 0 {
					tokens[r.IntN(rows)], u[r.IntN(rows)] = vocab, 1
				}
				for _, temperature := range []float64{0, .05, .7, 1e30, math.Inf(1)} {
					got, want := k.answers(logits, rows, tokens, u, temperature), answered{sampled: []int{}}
					errs := [5]int{}
					for i := range rows {
						alone := k.answers(logits[i*vocab:(i+1)*vocab], 1, tokens[i:i+1], u[i:i+1], temperature)
						want.lse, want.logp, want.p = append(want.lse, alone.lse...), append(want.logp, alone.logp...), append(want.p, alone.p...)
						want.sampled = append(want.sampled, alone.sampled...)
						for op, err := range alone.errs {
							if err != "<nil>" {
								errs[op]++
							}
						}
					}
					for op, err := range got.errs {
						if temperature > 0 && (err == "<nil>") != (errs[op] == 0) {
							t.Fatalf("%d rows of %d, T = %v: %d rows are bad, and the error is %s", rows, vocab, temperature, errs[op], err)
						}
						bad += errs[op]
					}
					want.errs, want.drawn = got.errs, got.drawn // the words that a row draws depend on those before it
					if !reflect.DeepEqual(got, want) {
						t.Fatalf("%d rows of %d, T = %v:\n%s\nand alone\n%s", rows, vocab, temperature, brief(got), brief(want))
					}
				}
			}
			if bad < 2*trials {
				t.Errorf("%d rows were bad, which tests little", bad)
			}
		})
	}
}

func TestAVX512ReturnsTheBitsOfAVX2(t *testing.T) {
	t.Run("float32", sameBits[float32])
	t.Run("bfloat16", sameBits[BFloat16])
	t.Run("float16", sameBits[Float16])
}

func sameBits[E Logit](t *testing.T) {
	var available []Kernels[E]
	for _, k := range Variants[E]() {
		if k.Available && k.Name != "portable" {
			available = append(available, k)
		}
	}
	if len(available) < 2 {
		t.Skipf("NOT TESTED: this machine has %d instruction sets", len(available))
	}
	r := rand.New(rand.NewPCG(43, 44))
	trials := 300
	if testing.Short() {
		trials = 60
	}
	for trial := range trials {
		vocab, rows := 1+r.IntN(140), 1+r.IntN(40)
		if trial%10 == 0 {
			vocab, rows = 1+r.IntN(6000), 1+r.IntN(10)
		}
		logits := make([]E, rows*vocab)
		for i, x := range batchedMatrix(r, rows, vocab, 20) {
			logits[i] = narrowed[E](x)
		}
		tokens, u := make([]int, rows), make([]float64, rows)
		for i := range rows {
			tokens[i], u[i] = r.IntN(vocab), r.Float64()
		}
		for _, temperature := range []float64{0, .05, .7, 3, math.Inf(1)} {
			first, second := available[0].answers(logits, rows, tokens, u, temperature), available[1].answers(logits, rows, tokens, u, temperature)
			if !reflect.DeepEqual(first, second) {
				t.Fatalf("%d rows of %d, T = %v: %s\n%s\nand %s\n%s", rows, vocab, temperature, available[0].Name, brief(first), available[1].Name, brief(second))
			}
		}
	}
}

// narrowed is x in the format E, cut off.
func narrowed[E Logit](x float32) E {
	switch any(E(0)).(type) {
	case BFloat16:
		return E(narrowBFloat16[BFloat16](float64(x)))
	case Float16:
		if math.Abs(float64(x)) > 1000 || x != x {
			return E(Float16(math.Float32bits(x)>>31<<15 | 0x7C00))
		}
		return E(narrowFloat16[Float16](float64(x)))
	}
	return E(x)
}

// modelLocate adds up eight parts in three steps, and then what is before them.
func modelLocate(parts []float32, u float64) (index int, total float64) {
	var running []float64
	for at := 0; at < len(parts); at += 8 {
		var s [8]float64
		for i := range s {
			s[i] = float64(parts[at+i])
		}
		for width := 1; width < 8; width *= 2 {
			for i := range s {
				if i&width != 0 {
					s[i] += s[i&^(width-1)-1]
				}
			}
		}
		for _, sum := range s {
			running = append(running, sum+total)
		}
		total += s[7]
	}
	target := below(u, total)
	for index < len(running) && running[index] <= target {
		index++
	}
	return index, total
}

func TestLocateHasTheBitsOfTheModel(t *testing.T) {
	eachInstructionSet(t, func(t *testing.T, set instructionSet) {
		r := rand.New(rand.NewPCG(45, 46))
		for range 20_000 {
			parts := make([]float32, 8*(1+r.IntN(8)))
			for i := range parts {
				if r.IntN(4) > 0 {
					parts[i] = float32(math.Exp2(40*r.Float64() - 30))
				}
			}
			parts[r.IntN(len(parts))] = 1
			for _, u := range []float64{0, r.Float64(), 1 - 0x1p-53} {
				index, total := set.locate(parts, u)
				if i, sum := modelLocate(parts, u); index != i || total != sum || parts[index] == 0 {
					t.Fatalf("%v, u = %v: part %d of %v, want %d of %v", parts, u, index, total, i, sum)
				}
			}
		}
	})
}

func TestBlocksHaveTheBitsOfTheModel(t *testing.T) {
	eachInput(t, func(set instructionSet, x []float32, a affine) error {
		w, want, sums := make([]float32, len(x)), make([]float32, len(x)), make([]float64, 1+blocksOf(len(x)))
		_, highest := set.float32.weigh(want, x, a.high, a.low, a.shift, a.least)
		if top := set.float32.blocks(w, sums, x, a.high, a.low, a.shift, a.least); top != highest {
			return fmt.Errorf("top is %v, want %v", top, highest)
		}
		for i := range w {
			if w[i] != want[i] {
				return fmt.Errorf("power of logit %d is %v, want %v", i, w[i], want[i])
			}
		}
		running := 0.
		for block := range blocksOf(len(x)) {
			var lanes [16]float32
			for i := range lanes {
				of := func(i int) float32 {
					if at := blockLength*block + i; at < len(w) {
						return w[at]
					}
					return 0
				}
				lanes[i] = (of(i) + of(i+32)) + (of(i+16) + of(i+48))
			}
			var eight [8]float64
			for i := range eight {
				eight[i] = float64(lanes[i]) + float64(lanes[i+8])
			}
			for half := 4; half > 0; half /= 2 {
				for i := range half {
					eight[i] += eight[i+half]
				}
			}
			if running += eight[0]; sums[1+block] != running {
				return fmt.Errorf("%v up to block %d, want %v", sums[1+block], block, running)
			}
		}
		return nil
	})
}

func TestLog2RowsHasTheBitsOfLog2(t *testing.T) {
	eachInstructionSet(t, func(t *testing.T, set instructionSet) {
		r := rand.New(rand.NewPCG(47, 48))
		x, got := make([]float64, 64), make([]float64, 64)
		for range 10_000 {
			for i := range x {
				x[i] = math.Ldexp(1+r.Float64(), r.IntN(200)-100)
				if r.IntN(10) == 0 {
					x[i] = math.Ldexp(1, r.IntN(200)-100)
				}
			}
			set.log2Rows(got, x)
			for i, v := range x {
				if want := elementary.Log2(v); got[i] != want {
					t.Fatalf("log2(%v) = %v, want %v", v, got[i], want)
				}
			}
		}
	})
}

func TestABatchAllocatesNothing(t *testing.T) {
	if RaceDetector {
		t.Skip("pools drop what they are given")
	}
	const rows, vocab = 30, 40
	logits := batchedMatrix(rand.New(rand.NewPCG(49, 50)), rows, vocab, 1000)
	for i := range rows / 2 {
		logits[2*i*vocab] = float32(math.Inf(-1)) // these turn to their largest logits
	}
	values, p, tokens, u := make([]float64, rows), make([]float32, rows*vocab), make([]int, rows), make([]float64, rows)
	for _, k := range Variants[float32]() {
		if !k.Available {
			continue // TestEveryVariantKeepsTheLaws says so
		}
		allocs := testing.AllocsPerRun(20, func() {
			k.LogSumExp(values, logits, .7)
			k.LogProbs(values, logits, tokens, .7)
			k.Anneal(p, logits, rows, .7)
			k.Sample(tokens, logits, u, .7)
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations, want none", k.Name, allocs)
		}
	}
}
