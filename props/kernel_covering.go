package props

import (
	"fmt"
	"iter"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"sync"

	"temper/props/operation"
)

// A bug of two conditions, such as a large vocabulary and a low temperature, shows only
// where both meet, and random inputs rarely meet two rare conditions. A plan lists the
// classes of every factor of a batch. Its batches meet each pair of classes of two factors,
// by a covering array, and are the same in every run.
type plan struct {
	vocabs, rows [][]int // sizes, the smallest first
	temperatures []span
	shapes       []shape
	magnitudes   []func(temperature float64) float64 // what the logits are multiplied by
	masks        []masking
	peaks        []func(vocab int, r *rand.Rand) int // where the largest logit goes; −1: it stays
	places       []func(rows int, r *rand.Rand) int  // of the row that has these classes, among plain ones
	asks         int                                 // the seed's remainder by it is a factor too
	most         int                                 // logits of a batch: a larger one has the smallest sizes of its classes
}

// span is a class of temperatures, drawn evenly in log T; 0 and +Inf are alone in theirs.
type span struct{ low, high float64 }

func (s span) pick(r *rand.Rand) float64 {
	if s.low == s.high {
		return s.low
	}
	return s.low * math.Pow(s.high/s.low, r.Float64())
}

// spans are the classes of temperatures: bands that implementations treat as 0, 1 or +Inf
// are unions of them. Those of half precision end at 6e-8 and 65504, and so do their inverses.
func spans() []span {
	inf := math.Inf(1)
	return []span{{0, 0}, {1e-9, 1e-3}, {1e-3, 0.05}, {0.05, 0.28}, {0.28, 0.6}, {0.6, 0.9}, {0.9, 1}, {1, 1}, {1, 1.1}, {1.1, 2}, {2, 6}, {6, 100}, {100, 1e4}, {1e4, 1e9}, {inf, inf}}
}

// The vocabularies of short rows, by what loops do with them, and of long ones.
var (
	shortVocabs = [][]int{
		{1}, {2, 3, 4, 5, 6, 7},
		{8, 9, 15, 16, 17, 20, 24, 31, 32, 33, 37, 40, 48, 60}, {63, 64, 65, 127, 128, 129}, {255, 256, 257},
		{1000, 1001, 1003, 1100, 1101, 1102, 1999, 3001, 4000},
		{1024, 1024, 2048, 4096}, {1023, 1025, 2047, 2049, 4095, 4097},
	}
	longVocabs = [][]int{{32000, 50257}, {65536, 65537, 65543}, {151936}}
)

// The numbers of rows, by what a loop over rows may do with them.
var manyRows = [][]int{{1}, {2}, {3, 4, 5, 7, 8}, {9, 10, 15, 16, 17, 33}, {34, 52, 60, 63, 64}}

func asIs(float64) float64 { return 1 }

// atT makes the distribution at T what the shape has at T = 1, so that an error of T shows.
func atT(temperature float64) float64 {
	if temperature == 0 || math.IsInf(temperature, 1) {
		return 1
	}
	return temperature
}

func magnitudes() []func(float64) float64 {
	return []func(float64) float64{
		asIs, atT,
		func(float64) float64 { return 0x1p-6 },
		func(float64) float64 { return 0x1p6 },
	}
}

func peaks() []func(int, *rand.Rand) int {
	return []func(int, *rand.Rand) int{
		func(int, *rand.Rand) int { return -1 },
		func(int, *rand.Rand) int { return 0 },
		func(vocab int, _ *rand.Rand) int { return vocab / 2 },
		func(vocab int, r *rand.Rand) int { return vocab - 1 - r.IntN(min(vocab, 8)) },
		func(vocab int, _ *rand.Rand) int { return vocab - 1 },
	}
}

func places() []func(int, *rand.Rand) int {
	return []func(int, *rand.Rand) int{
		func(int, *rand.Rand) int { return 0 },
		func(rows int, _ *rand.Rand) int { return rows - 1 },
		func(rows int, r *rand.Rand) int { return r.IntN(rows) },
		func(rows int, r *rand.Rand) int { return r.IntN(rows) / 8 * 8 },
	}
}

// plainShape is that of the rows beside the one that has the classes.
var plainShape = shape{"plain", func(row []float32, r *rand.Rand) {
	for v := range row {
		row[v] = float32(2 * r.NormFloat64())
	}
}}

// shortRows is the plan of rows that take microseconds: all shapes.
func shortRows(most int) plan {
	return plan{
		vocabs: shortVocabs, rows: upToRows(most), temperatures: spans(), shapes: shapes(), magnitudes: magnitudes(),
		masks: masks(), peaks: peaks(), places: places(), asks: 1, most: 2048,
	}
}

// plainRows is the plan of fewer batches: rows of one shape at a few temperatures.
func plainRows(most int) plan {
	p := shortRows(most)
	p.shapes, p.magnitudes, p.peaks, p.most = []shape{plainShape}, []func(float64) float64{atT}, p.peaks[:1], 1<<12
	p.temperatures = []span{{0, 0}, {0.05, 0.28}, {1, 1}, {2, 6}, {math.Inf(1), math.Inf(1)}}
	return p
}

// plainlyCovered are the batches of plainRows in the domain.
func (d domain) plainlyCovered(most int) iter.Seq[batch] {
	return func(yield func(batch) bool) { plainRows(most).made(fmt.Sprint("plain ", most), d)(yield) }
}

// upToRows are the numbers of rows up to most.
func upToRows(most int) [][]int {
	var classes [][]int
	for _, class := range manyRows {
		if class[0] <= most {
			classes = append(classes, slices.DeleteFunc(slices.Clone(class), func(rows int) bool { return rows > most }))
		}
	}
	return classes
}

// within leaves out the temperatures outside a domain.
func (p plan) within(d domain) plan {
	if d.only != nil {
		p.temperatures = nil
		for _, t := range d.only {
			p.temperatures = append(p.temperatures, span{t, t})
		}
		return p
	}
	p.temperatures = slices.DeleteFunc(slices.Clone(p.temperatures), func(s span) bool {
		switch {
		case s.low == 0:
			return !d.zero
		case math.IsInf(s.low, 1):
			return d.noInfinity
		}
		return s.low < d.coldest || s.high > d.hottest
	})
	return p
}

// covered are short rows of the domain, up to most in a batch, that meet each pair of
// classes.
func (d domain) covered(most int) iter.Seq[batch] {
	return func(yield func(batch) bool) { shortRows(most).made(fmt.Sprint("short ", most), d)(yield) }
}

// made are the batches of a plan of this name in a domain. They are made once: nothing
// changes them.
func (p plan) made(name string, d domain) iter.Seq[batch] {
	key := fmt.Sprint(name, d)
	known, ok := madeRows.Load(key)
	if !ok {
		known, _ = madeRows.LoadOrStore(key, slices.Collect(p.batches(d)))
	}
	return slices.Values(known.([]batch))
}

var madeRows sync.Map // what made has made

// batches are those of the plan in a domain, made one by one.
func (p plan) batches(d domain) iter.Seq[batch] {
	p = p.within(d)
	return func(yield func(batch) bool) {
		for i, c := range p.array() {
			if !yield(p.batch(d, i, c)) {
				return
			}
		}
	}
}

// array is the covering array of the plan, computed once.
func (p plan) array() [][]int {
	classes := []int{len(p.vocabs), len(p.temperatures), len(p.shapes), len(p.magnitudes), len(p.masks), len(p.peaks), len(p.rows), len(p.places), p.asks}
	key := fmt.Sprint(classes)
	known, ok := arrays.Load(key)
	if !ok {
		known, _ = arrays.LoadOrStore(key, covering(classes...))
	}
	return known.([][]int)
}

var arrays sync.Map // what array has computed

// batch is the i-th of the plan: its classes are c.
func (p plan) batch(d domain, i int, c []int) batch {
	r := rand.New(rand.NewPCG(uint64(i), 9))
	pick := func(sizes []int) int { return sizes[r.IntN(len(sizes))] }
	vocab, rows := pick(p.vocabs[c[0]]), pick(p.rows[c[6]])
	if vocab*rows > p.most {
		vocab, rows = p.vocabs[c[0]][0], p.rows[c[6]][0]
	}
	b := batch{temperature: p.temperatures[c[1]].pick(r), seed: uint64(i*p.asks + c[8])}
	special := p.places[c[7]](rows, r)
	for n := range rows {
		row := make([]float32, vocab)
		fill, factor, masked, peak := plainShape, atT(b.temperature), masks()[0], -1
		if vocab >= operation.Long {
			fill = fewLevels
		}
		if n%2 == 1 {
			masked = masks()[3]
		}
		if n == special {
			fill, factor, masked, peak = p.shapes[c[2]], p.magnitudes[c[3]](b.temperature), p.masks[c[4]], p.peaks[c[5]](vocab, r)
		}
		fill.fill(row, r)
		scale(row, factor)
		d.fit(row, b.temperature)
		masked.take(row, r.IntN(vocab), blockOf(vocab, r))
		if peak >= 0 {
			toPeak(row, peak)
		}
		b.rows = append(b.rows, row)
	}
	return b
}

// toPeak moves the largest logit to a place, or to the next one that is not masked.
func toPeak(row []float32, place int) {
	for step := range len(row) {
		for _, v := range []int{place - step, place + step} {
			if v >= 0 && v < len(row) && !isMasked(row[v]) {
				largest := slices.Index(row, slices.Max(row))
				row[v], row[largest] = row[largest], row[v]
				return
			}
		}
	}
}

func scale(row []float32, factor float64) {
	for v := range row {
		row[v] = float32(float64(row[v]) * factor)
	}
}

// blockOf is the size of an aligned block, 8 to 4096, of which a row has two at least;
// tokens of shorter rows are in blocks of 2.
func blockOf(vocab int, r *rand.Rand) int {
	most := bits.Len(uint(vocab)) - 2 // 2^most ≤ vocab/2
	if most < 3 {
		return 2
	}
	return 1 << (3 + r.IntN(min(most, 12)-2))
}
