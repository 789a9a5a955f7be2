package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"temper/props/accuracy"
	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
)

// rowLaws are about masked tokens and about rows beside other rows.
func rowLaws() []Law {
	laws := []Law{
		logSumExpMasksLaw(),
		masksLaw(operation.LogProbs, "a masked token has log-probability −Inf at every T in [0, ∞]", math.Inf(-1)),
		masksLaw(operation.Anneal, "a masked token has probability exactly 0 at every T in [0, ∞]", 0),
	}
	for _, op := range operationsThat(operation.Operation.Determined) {
		laws = append(laws, rowsLaw(op))
	}
	return laws
}

// lengthLaws are about rows of every length.
func lengthLaws() []Law {
	var laws []Law
	for _, op := range operationsThat(operation.Operation.Determined) {
		laws = append(laws, lengthsLaw(op))
	}
	return laws
}

func logSumExpMasksLaw() Law {
	masked := float32(math.Inf(-1))
	return batchLaw{
		id:        "LogSumExp/Masks",
		claim:     "masked tokens count for nothing, at any T",
		source:    "contract; CosyVoice#1449: mask inverted",
		of:        partOf(operation.LogSumExp),
		inputs:    mustAbove0.one(),
		covered:   mustAbove0.covered(1),
		witnesses: []batch{one(1e6, masked, 2, masked), one(math.Inf(1), masked, 2, 3)},
		judge:     masksCountForNothing,
	}.erased()
}

func masksCountForNothing(k reference.Kernels, b batch) error {
	row, t := b.row(), b.temperature
	support := slices.DeleteFunc(slices.Clone(row), isMasked)
	with, err := logSumExpOf(k, row, t)
	if err != nil {
		return err
	}
	without, err := logSumExpOf(k, support, t)
	if err == nil && !accuracy.Near(with, without, 2*accuracy.Slack(verdict.Must, row, t)) {
		err = fmt.Errorf("log-sum-exp %v, but %v without the masked tokens", with, without)
	}
	return err
}

func masksLaw(op operation.Operation, claim string, impossible float64) Law {
	return batchLaw{
		id:        op.Name + "/Masks",
		claim:     claim,
		source:    "contract; a ban of −100 or −1e9 leaks at T = 1e6",
		of:        partOf(op),
		inputs:    mustDomain.one(),
		covered:   mustDomain.covered(1),
		witnesses: maskWitnesses(),
		judge:     masksStayMasked(op, impossible),
	}.erased()
}

func maskWitnesses() []batch {
	masked := float32(math.Inf(-1))
	var witnesses []batch
	for _, t := range []float64{0, 1e-30, 0.7, 1, 1e6, 1e30, math.Inf(1)} {
		witnesses = append(witnesses, one(t, masked, 1, masked, 0.5, masked), one(t, masked, masked, -40))
	}
	return witnesses
}

func masksStayMasked(op operation.Operation, impossible float64) func(reference.Kernels, batch) error {
	return func(k reference.Kernels, b batch) error {
		row := b.row()
		tokens, answer, err := numbersOf(op, k, row, b.temperature)
		if err != nil {
			return err
		}
		for i, v := range tokens {
			if isMasked(row[v]) && answer[i] != impossible {
				return fmt.Errorf("masked token %d has %v, not %v", v, answer[i], impossible)
			}
		}
		return nil
	}
}

// tallBatch has so many rows that a 16-bit offset into it wraps, and maxima that
// differ wildly between neighbours. It is made once, for nothing changes it.
var tallBatch = sync.OnceValue(func() batch {
	const vocab = 37
	b := batch{temperature: 0.7, seed: 1}
	r := rand.New(b.source(2))
	for i := range 2*65536/vocab + 3 {
		row := make([]float32, vocab)
		for v := range row {
			row[v] = float32(r.NormFloat64() + float64(i%7)*100)
		}
		b.rows = append(b.rows, row)
	}
	return b
})

// tallerBatch has more rows than 16 bits count.
var tallerBatch = sync.OnceValue(func() batch {
	b := batch{temperature: 0.7, seed: 1}
	r := rand.New(b.source(2))
	for range 65536 + 50 {
		b.rows = append(b.rows, []float32{float32(r.NormFloat64()), float32(r.NormFloat64())})
	}
	return b
})

// longBatch has rows that implementations split, or copy, or add up in another way than short
// ones, if they do that at all.
var longBatch = sync.OnceValue(func() batch {
	b := batch{temperature: 0.7, seed: 1}
	r := rand.New(b.source(2))
	for range 12 {
		row := make([]float32, 32771)
		plainShape.fill(row, r)
		b.rows = append(b.rows, row)
	}
	return b
})

// longPair is a quarter of two of them.
func longPair() batch {
	b := longBatch()
	b.rows = [][]float32{b.rows[0][:8195], b.rows[1][:8195]}
	return b
}

// shortBatch is the first 64 rows of tallBatch.
func shortBatch() batch {
	b := tallBatch()
	b.rows = b.rows[:64]
	return b
}

func rowsLaw(op operation.Operation) Law {
	return batchLaw{
		id:        op.Name + "/Rows",
		claim:     "a row's answer is the same, to the last bit, alone and in any place of a batch",
		source:    "vllm#7779, #11778: batch-dependent sums; Fast-dLLM#64, mlx-vlm#1094: only row 0 used; vllm#46560, llama.cpp#15080: offsets too narrow",
		of:        partOf(op),
		inputs:    mustAbove0.rows(6),
		covered:   mustAbove0.plainlyCovered(64),
		witnesses: []batch{tallBatch(), tallerBatch(), longBatch()},
		judge:     rowsAreIndependent(op),
	}.erased()
}

func rowsAreIndependent(op operation.Operation) func(reference.Kernels, batch) error {
	return func(k reference.Kernels, b batch) error {
		q := b.query()
		together, err := op.Answer(k, q)
		if err != nil {
			return err
		}
		order := rand.New(b.source(2)).Perm(q.Rows)
		if q.Rows > 1<<16 { // some subjects take a millisecond a row
			order = order[:1000]
		}
		shuffled, err := op.Answer(k, q.Choose(order...))
		if err != nil {
			return fmt.Errorf("rows in order %s: %w", brief(order), err)
		}
		for i, r := range order {
			if slices.ContainsFunc(together[r], math.IsNaN) {
				return fmt.Errorf("row %d has the answer %s", r, brief(together[r]))
			}
			if !slices.Equal(shuffled[i], together[r]) {
				return fmt.Errorf("row %d: %s as row %d of %d, %s as row %d", r, brief(together[r]), r, q.Rows, brief(shuffled[i]), i)
			}
		}
		step := max(1, q.Rows/64)
		for r := 0; r < q.Rows; r += step {
			alone, err := op.Answer(k, q.Choose(r))
			if err != nil {
				return fmt.Errorf("row %d alone: %w", r, err)
			}
			if !slices.Equal(alone[0], together[r]) {
				return fmt.Errorf("row %d: %s alone, %s in a batch of %d", r, brief(alone[0]), brief(together[r]), q.Rows)
			}
		}
		return nil
	}
}

// vocabularies are sizes to try one by one.
type vocabularies []int

func (v vocabularies) String() string { return "vocabularies " + brief(v) }

// shortLengths are all sizes up to past four steps of the widest unrolled loop
// that is known, 128 logits.
func shortLengths() vocabularies { return upTo(4*128 + 2)[1:] }

// realVocabularies are those of models in use, the neighbours of 65536, and powers of two.
func realVocabularies() vocabularies {
	return vocabularies{8192, 16384, 30522, 32000, 32768, 49152, 50257, 65535, 65536, 65537, 100277, 128256, 131072, 151936, 200019, 262144}
}

func lengthsLaw(op operation.Operation) Law {
	return law[reference.Kernels, vocabularies]{
		id:        op.Name + "/Lengths",
		claim:     "the answer is the exact one for every vocabulary size: vector loops, their tails, and the vocabularies in use",
		source:    "go-highway softmax tests: the longest row is shorter than the vector loop",
		of:        partOf(op),
		witnesses: []vocabularies{shortLengths(), realVocabularies()},
		judge:     rightAtLength(op),
	}.erased()
}

// rightAtLength asks about a row whose mass is spread evenly, so that no logit may be
// left out, and where it is short about a row with nearly all mass on the last token. A long
// row has much of its mass on the first and on the last token, so that these are asked for.
func rightAtLength(op operation.Operation) func(reference.Kernels, vocabularies) error {
	return func(k reference.Kernels, sizes vocabularies) error {
		return each(sizes, func(vocab int) error {
			row, fill, times, turn := make([]float32, vocab), plainShape, asks, 3
			if vocab >= operation.Long {
				fill, times, turn = heavyBothEnds, 2, 0
			}
			if op.Takes == operation.Nothing {
				times = 1
			}
			fill.fill(row, rand.New(rand.NewPCG(uint64(vocab), 0)))
			if vocab < operation.Long {
				scale(row, 0.5)
			}
			rows := slices.Repeat([]solvedRow{solve(row, 0.9)}, times)
			if vocab < operation.Long {
				row = slices.Clone(row)
				row[vocab-1] = 40
				rows = append(slices.Repeat([]solvedRow{solve(row, 0.9)}, min(times, 2)), rows...)
			}
			if err := rowsAreExact(op, k, asking(op, rows, turn), rows); err != nil {
				return fmt.Errorf("vocabulary %d: %w", vocab, err)
			}
			return nil
		})
	}
}
