package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// batch is an input of the kernels: rows of logits of one length, a temperature,
// and a seed for whatever else a law needs: tokens, uniform numbers, sources.
type batch struct {
	rows        [][]float32
	temperature float64
	seed        uint64
}

// one is a batch of a single row.
func one(temperature float64, row ...float32) batch {
	return batch{rows: [][]float32{row}, temperature: temperature, seed: 1}
}

// row is the first row, for laws about one.
func (b batch) row() []float32 { return b.rows[0] }

// logits is the matrix in row-major order.
func (b batch) logits() []float32 { return slices.Concat(b.rows...) }

// source is a generator of random words of its own for every use.
func (b batch) source(use uint64) *rand.PCG { return rand.NewPCG(b.seed, use) }

// String shows the input as a reader would write it down; long rows are cut.
func (b batch) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "T = %v", b.temperature)
	for r, row := range b.rows {
		if r == 4 {
			fmt.Fprintf(&s, ", and %d rows more", len(b.rows)-r)
			break
		}
		fmt.Fprintf(&s, ", logits %s", brief(row))
	}
	return s.String()
}

// GoString is what rapid prints of a draw.
func (b batch) GoString() string { return b.String() }

// domain is a set of logits and temperatures.
type domain struct {
	only             []float64 // its temperatures, if they are few
	hottest, coldest float64   // its finite temperatures above 0, otherwise
	zero             bool      // T = 0 belongs to it
	noInfinity       bool      // T = +Inf does not
	largest          float64   // |logit|, and |logit| / T at T > 0
}

// The domains of the contract: what every implementation answers, with T = 0 and
// without; the same a step inside, for laws that look at a second temperature;
// numbers of everyday size; and every number there is.
var (
	mustDomain = domain{hottest: 1e30, coldest: 1e-30, zero: true, largest: 1e37}
	mustAbove0 = domain{hottest: 1e30, coldest: 1e-30, largest: 1e37}
	inner      = domain{hottest: 1e29, coldest: 1e-29, largest: 1e36}
	ordinary   = domain{hottest: 100, coldest: 0.01, largest: 1e3}
	everywhere = domain{hottest: math.MaxFloat64, coldest: math.SmallestNonzeroFloat64, largest: math.Inf(1)}
)

// finite is the domain without T = +Inf.
func (d domain) finite() domain {
	d.noInfinity = true
	return d
}

// rows draws batches of up to most rows whose logits and temperature lie in the
// domain, masked tokens among them.
func (d domain) rows(most int) *rapid.Generator[batch] {
	return rapid.Custom(func(t *rapid.T) batch {
		b := batch{temperature: d.temperatures().Draw(t, "temperature"), seed: rapid.Uint64().Draw(t, "seed")}
		count := rapid.IntRange(1, most).Draw(t, "rows")
		vocab := lengths().Draw(t, "vocab")
		for range count {
			row := logits(vocab).Draw(t, "logits")
			d.fit(row, b.temperature)
			mask(t, row)
			b.rows = append(b.rows, row)
		}
		return b
	})
}

// one draws single rows.
func (d domain) one() *rapid.Generator[batch] { return d.rows(1) }

// temperatures draws from the whole range, ordinary ones most often, and off any
// decimal grid: an implementation may round T, but not to two digits.
func (d domain) temperatures() *rapid.Generator[float64] {
	if d.only != nil {
		return rapid.SampledFrom(d.only)
	}
	between := func(low, high float64) *rapid.Generator[float64] {
		return rapid.Map(rapid.Uint64(), func(seed uint64) float64 { // evenly in log T; rapid's own floats are mostly round
			share := rand.New(rand.NewPCG(seed, 0)).Float64()
			return math.Min(math.Max(math.Exp(math.Log(low)+share*(math.Log(high)-math.Log(low))), low), high)
		})
	}
	common := []float64{1, 2, 0.5, 0.7, math.Nextafter(1, 2), math.Inf(1), math.Inf(1)}
	if d.noInfinity {
		common = common[:len(common)-2]
	}
	choices := []*rapid.Generator[float64]{
		rapid.SampledFrom(common), between(0.2, 5), between(0.2, 5), between(1e-3, 1e3),
		between(math.Max(d.coldest, 1e-300), math.Min(d.hottest, 1e300)),
		rapid.SampledFrom([]float64{d.coldest, d.hottest}),
	}
	if d.zero {
		choices = append(choices, rapid.Just(0.0))
	}
	return rapid.OneOf(choices...)
}

// fit scales a row that leaves the domain at this temperature back into it.
func (d domain) fit(row []float32, temperature float64) {
	most := d.largest
	if temperature > 0 {
		most *= math.Min(temperature, 1)
	}
	most = math.Min(most, math.MaxFloat32)
	largest := 0.0
	for _, x := range row {
		if size := math.Abs(float64(x)); size > largest {
			largest = size
		}
	}
	if largest <= most {
		return
	}
	for i, x := range row {
		row[i] = float32(float64(x) / largest * most * (1 - 0x1p-20))
	}
}

// lengths draws vocabulary sizes: tiny ones, neighbours of every vector width,
// and now and then some thousands.
func lengths() *rapid.Generator[int] {
	beside := rapid.Custom(func(t *rapid.T) int {
		width := rapid.SampledFrom([]int{4, 8, 16, 32, 64, 128, 256, 512}).Draw(t, "width")
		return width*rapid.IntRange(1, 4).Draw(t, "steps") + rapid.IntRange(-1, 1).Draw(t, "beside")
	})
	return rapid.OneOf(rapid.IntRange(1, 6), rapid.IntRange(1, 6), rapid.IntRange(1, 70), beside,
		rapid.Custom(func(t *rapid.T) int {
			if rapid.IntRange(0, 9).Draw(t, "long") == 9 {
				return rapid.IntRange(1000, 6000).Draw(t, "vocab")
			}
			return rapid.IntRange(2, 130).Draw(t, "vocab")
		}))
}

// A shape makes a row of logits whose difficulty has a name.
type shape struct {
	name string
	fill func(row []float32, r *rand.Rand)
}

// shapes are the rows that implementations have been seen to get wrong.
func shapes() []shape {
	each := func(f func(i int, r *rand.Rand) float64) func([]float32, *rand.Rand) {
		return func(row []float32, r *rand.Rand) {
			for i := range row {
				row[i] = float32(f(i, r))
			}
		}
	}
	return []shape{
		{"flat", each(func(i int, r *rand.Rand) float64 { return 0.5 })},
		{"normal", each(func(i int, r *rand.Rand) float64 { return 3 * r.NormFloat64() })},
		{"peaked", func(row []float32, r *rand.Rand) {
			each(func(i int, r *rand.Rand) float64 { return r.NormFloat64() })(row, r)
			row[r.IntN(len(row))] += 30
		}},
		{"ties", each(func(i int, r *rand.Rand) float64 { return float64(r.IntN(3)) })},
		{"zipf", each(func(i int, r *rand.Rand) float64 { return -math.Log(float64(i + 1)) })},
		{"long tail", each(func(i int, r *rand.Rand) float64 { return -700 * r.Float64() * r.Float64() })},
		{"shifted far", each(func(i int, r *rand.Rand) float64 { return 98304 + math.Round(64*4*r.NormFloat64())/64 })},
		{"shifted down", each(func(i int, r *rand.Rand) float64 { return -1000 - 5*r.Float64() })},
		{"tiny gaps", each(func(i int, r *rand.Rand) float64 { return 8 + float64(r.IntN(4))*0x1p-20 })},
		{"model", fromModel},
	}
}

// logits draws a row: element by element where it is short, so that it shrinks
// to a small one, and by shape where it is long.
func logits(vocab int) *rapid.Generator[[]float32] {
	if vocab <= 6 {
		element := rapid.OneOf(
			rapid.Map(rapid.IntRange(-8, 8), func(i int) float32 { return float32(i) }),
			rapid.Float32Range(-30, 30), rapid.Float32Range(-1e4, 1e4),
			rapid.SampledFrom([]float32{0, 0, 88.8, -104, 1000, -1000, math.SmallestNonzeroFloat32, 0x1p-126, 3e37, -3e37, math.MaxFloat32, -math.MaxFloat32}))
		return rapid.SliceOfN(element, vocab, vocab)
	}
	return rapid.Custom(func(t *rapid.T) []float32 {
		row := make([]float32, vocab)
		shape := rapid.SampledFrom(shapes()).Draw(t, "shape")
		shape.fill(row, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "shape seed"), 0)))
		return row
	})
}

func (s shape) GoString() string { return s.name }

// mask takes tokens out, most often none, and always leaves one.
func mask(t *rapid.T, row []float32) {
	kept := rapid.IntRange(0, len(row)-1).Draw(t, "kept")
	named := rapid.SampledFrom([]string{"none", "none", "none", "leading", "trailing", "scattered", "all but one"}).Draw(t, "mask")
	for _, m := range masks() {
		if m.name == named {
			m.take(row, kept, 0)
		}
	}
}

// A masking takes tokens out of a row.
type masking struct {
	name  string
	takes func(v, kept, block int) bool
}

// masks are the places where masked tokens stand together.
func masks() []masking {
	return []masking{
		{"none", func(v, kept, block int) bool { return false }},
		{"leading", func(v, kept, block int) bool { return v < kept }},
		{"trailing", func(v, kept, block int) bool { return v > kept }},
		{"scattered", func(v, kept, block int) bool { return (v*7+kept)%3 == 0 }},
		{"all but one", func(v, kept, block int) bool { return true }},
		{"first of each block", func(v, kept, block int) bool { return v%block == 0 }},
		{"last of each block", func(v, kept, block int) bool { return v%block == block-1 }},
	}
}

// take masks tokens of a row, but never the one that is kept.
func (m masking) take(row []float32, kept, block int) {
	for v := range row {
		if v != kept && m.takes(v, kept, block) {
			row[v] = float32(math.Inf(-1))
		}
	}
}
