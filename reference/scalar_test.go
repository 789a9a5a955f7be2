package reference_test

import (
	"math"
	"slices"
	"testing"

	"temper/reference"
)

// masked is the logit of a token that is impossible.
var masked = float32(math.Inf(-1))

// row has the logarithms of 1, 2, 5 and 0: at T = 0.5 the weights are 1, 4, 25 and 0.
var row = []float32{0, float32(math.Ln2), float32(math.Log(5)), masked}

const single = 1e-6 // relative error of numbers that begin as float32

func TestScalarIsTheReference(t *testing.T) {
	k := reference.Scalar
	if k.Name != "reference" || k.Requires != "" || !k.Available {
		t.Errorf("%q requires %q, available: %v", k.Name, k.Requires, k.Available)
	}
}

func TestWeightsAreRaisedToTheInverseTemperature(t *testing.T) {
	for _, c := range []struct {
		temperature float64
		weights     []float64
	}{
		{0.5, []float64{1, 4, 25, 0}},
		{1, []float64{1, 2, 5, 0}},
		{2, []float64{1, math.Sqrt2, math.Sqrt(5), 0}},
		{inf, []float64{1, 1, 1, 0}},
	} {
		sum := 0.0
		for _, w := range c.weights {
			sum += w
		}
		lse := make([]float64, 1)
		if err := reference.Scalar.LogSumExp(lse, row, c.temperature); err != nil || !near(lse[0], math.Log(sum), single) {
			t.Errorf("T = %v: log-sum-exp %v, %v; want log %v", c.temperature, lse, err, sum)
		}
		p := make([]float32, 4)
		if err := reference.Scalar.Anneal(p, row, 1, c.temperature); err != nil {
			t.Fatal(err)
		}
		u := make([]float64, 0, 4)
		for v, w := range c.weights {
			if !near(float64(p[v]), w/sum, single) || (w == 0) != (p[v] == 0) {
				t.Errorf("T = %v: p(%d) = %v, want %v", c.temperature, v, p[v], w/sum)
			}
			logProb := make([]float64, 1)
			if err := reference.Scalar.LogProbs(logProb, row, []int{v}, c.temperature); err != nil || !near(logProb[0], math.Log(w/sum), single) {
				t.Errorf("T = %v: log p(%d) = %v, %v; want log %v", c.temperature, v, logProb, err, w/sum)
			}
			u = append(u, middle(c.weights, v)/sum)
		}
		for v := range 3 {
			token := make([]int, 1)
			if err := reference.Scalar.Sample(token, row, u[v:v+1], c.temperature); err != nil || token[0] != v {
				t.Errorf("T = %v: u = %v gives token %v, %v; want %d", c.temperature, u[v], token, err, v)
			}
			if err := reference.Scalar.Draw(token, row, &script{u[v : v+1]}, c.temperature); err != nil || token[0] != v {
				t.Errorf("T = %v: the word of %v draws token %v, %v; want %d", c.temperature, u[v], token, err, v)
			}
		}
	}
}

func TestTemperatureZeroTakesTheLowestOfTheLargest(t *testing.T) {
	for _, c := range []struct {
		logits []float32
		argmax int
	}{
		{[]float32{3, 1, 2}, 0}, {[]float32{1, 3, 2}, 1}, {[]float32{1, 2, 3}, 2},
		{[]float32{1, 3, 3}, 1}, {[]float32{3, 3, 3}, 0}, {[]float32{-3, -2, -2}, 1},
		{[]float32{masked, -9, masked}, 1}, {[]float32{0, float32(math.Copysign(0, -1)), masked}, 0},
	} {
		p, token := make([]float32, 3), make([]int, 1)
		if err := reference.Scalar.Anneal(p, c.logits, 1, 0); err != nil {
			t.Fatal(err)
		}
		for v := range p {
			logProb := make([]float64, 1)
			if err := reference.Scalar.LogProbs(logProb, c.logits, []int{v}, 0); err != nil {
				t.Fatal(err)
			}
			if chosen := v == c.argmax; chosen != (p[v] == 1) || chosen != (logProb[0] == 0) || !chosen && (p[v] != 0 || !math.IsInf(logProb[0], -1)) {
				t.Errorf("%v: p(%d) = %v, log p = %v", c.logits, v, p[v], logProb[0])
			}
		}
		for _, u := range []float64{0, 0.5, largestU} {
			if err := reference.Scalar.Sample(token, c.logits, []float64{u}, 0); err != nil || token[0] != c.argmax {
				t.Errorf("%v: u = %v gives token %v, %v; want %d", c.logits, u, token, err, c.argmax)
			}
		}
		if err := reference.Scalar.Draw(token, c.logits, nil, 0); err != nil || token[0] != c.argmax {
			t.Errorf("%v: drawn without a source: %v, %v; want %d", c.logits, token, err, c.argmax)
		}
	}
}

// Equal logits, a power of two of them, have edges that are exact numbers.
func TestEdgesOfTheDistributionFunctionBelongToTheNextToken(t *testing.T) {
	for _, c := range []struct {
		logits []float32
		edges  []float64 // lower edge of each token's interval in ascending order
		tokens []int
	}{
		{[]float32{7, 7, 7, 7}, []float64{0, 0.25, 0.5, 0.75}, []int{0, 1, 2, 3}},
		{[]float32{masked, 7, masked, 7, masked}, []float64{0, 0.5}, []int{1, 3}},
		{[]float32{masked, masked, -7}, []float64{0}, []int{2}},
		{[]float32{-7, masked}, []float64{0}, []int{0}},
	} {
		for _, temperature := range []float64{0.1, 1, 30, inf} {
			for i, edge := range c.edges {
				end := 1.0
				if i+1 < len(c.edges) {
					end = c.edges[i+1]
				}
				for _, u := range []float64{edge, math.Nextafter(edge, 1), (edge + end) / 2, math.Nextafter(end, 0)} {
					token := make([]int, 1)
					if err := reference.Scalar.Sample(token, c.logits, []float64{u}, temperature); err != nil || token[0] != c.tokens[i] {
						t.Errorf("%v at T = %v: u = %v gives token %v, %v; want %d", c.logits, temperature, u, token, err, c.tokens[i])
					}
				}
			}
		}
	}
}

func TestTheLargestUniformNumberIsTheLastPossibleToken(t *testing.T) {
	ten := []float32{2, 2, 2, 2, 2, 2, 2, 2, 2, 2, masked}
	token := make([]int, 1)
	for _, temperature := range []float64{0.3, 1, 7, inf} {
		if err := reference.Scalar.Sample(token, ten, []float64{largestU}, temperature); err != nil || token[0] != 9 {
			t.Errorf("T = %v: token %v, %v; want 9", temperature, token, err)
		}
	}
}

func TestBatchesAreRowsOneByOne(t *testing.T) {
	const vocab, rows = 3, 4
	batch := []float32{1, 2, 3, -700, 0, 700, 5, masked, 4, 3e38, -3e38, 0}
	tokens, u := []int{2, 0, 1, 2}, []float64{0.9, 0.1, 0.99, 0}
	lse, logProbs, p, sampled, drawn := make([]float64, rows), make([]float64, rows), make([]float32, len(batch)), make([]int, rows), make([]int, rows)
	for name, err := range map[string]error{
		"LogSumExp": reference.Scalar.LogSumExp(lse, batch, 0.7),
		"LogProbs":  reference.Scalar.LogProbs(logProbs, batch, tokens, 0.7),
		"Anneal":    reference.Scalar.Anneal(p, batch, rows, 0.7),
		"Sample":    reference.Scalar.Sample(sampled, batch, u, 0.7),
		"Draw":      reference.Scalar.Draw(drawn, batch, &script{slices.Clone(u)}, 0.7),
	} {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	for r := range rows {
		one := batch[r*vocab : (r+1)*vocab]
		oneLSE, oneLogProb, oneP, oneToken := make([]float64, 1), make([]float64, 1), make([]float32, vocab), make([]int, 1)
		for name, err := range map[string]error{
			"LogSumExp": reference.Scalar.LogSumExp(oneLSE, one, 0.7),
			"LogProbs":  reference.Scalar.LogProbs(oneLogProb, one, tokens[r:r+1], 0.7),
			"Anneal":    reference.Scalar.Anneal(oneP, one, 1, 0.7),
			"Sample":    reference.Scalar.Sample(oneToken, one, u[r:r+1], 0.7),
		} {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if lse[r] != oneLSE[0] || logProbs[r] != oneLogProb[0] || !slices.Equal(p[r*vocab:(r+1)*vocab], oneP) || sampled[r] != oneToken[0] || drawn[r] != oneToken[0] {
			t.Errorf("row %d: %v %v %v %v %v, alone %v %v %v %v", r, lse[r], logProbs[r], p, sampled[r], drawn[r], oneLSE, oneLogProb, oneP, oneToken)
		}
	}
}

func TestAnnealWorksInPlaceAndElsewhereLeavesItsInput(t *testing.T) {
	logits := slices.Clone(row)
	apart := make([]float32, 4)
	if err := reference.Scalar.Anneal(apart, logits, 1, 0.5); err != nil || !slices.Equal(logits, row) {
		t.Errorf("input now %v, %v; want %v", logits, err, row)
	}
	for _, temperature := range []float64{0, 0.5, inf} {
		inPlace := slices.Clone(row)
		if err := reference.Scalar.Anneal(inPlace, inPlace, 1, temperature); err != nil {
			t.Fatal(err)
		}
		if err := reference.Scalar.Anneal(apart, row, 1, temperature); err != nil || !slices.Equal(apart, inPlace) {
			t.Errorf("T = %v: %v in place, %v apart", temperature, inPlace, apart)
		}
	}
}

func TestExtremesAreInfiniteAndNeverNaN(t *testing.T) {
	extreme := []float32{math.MaxFloat32, -math.MaxFloat32}
	dst := make([]float64, 1)
	if err := reference.Scalar.LogSumExp(dst, extreme, 1e-300); err != nil || dst[0] != inf {
		t.Errorf("log-sum-exp %v, %v; want +Inf", dst, err)
	}
	for token, want := range []float64{0, -inf} {
		if err := reference.Scalar.LogProbs(dst, extreme, []int{token}, 1e-300); err != nil || dst[0] != want {
			t.Errorf("log p(%d) = %v, %v; want %v", token, dst, err, want)
		}
	}
	if err := reference.Scalar.LogProbs(dst, []float32{1000, 0}, []int{1}, 1); err != nil || dst[0] != -1000 {
		t.Errorf("log p = %v, %v; want -1000", dst, err)
	}
}

func TestUniformHasAll53BitsOfAWord(t *testing.T) {
	for word, want := range map[uint64]float64{0: 0, 1<<11 - 1: 0, 1 << 11: 0x1p-53, 1 << 63: 0.5, math.MaxUint64: largestU} {
		if got := reference.Uniform(fixed(word)); got != want {
			t.Errorf("word %#x is %v, want %v", word, got, want)
		}
	}
}

type fixed uint64

func (f fixed) Uint64() uint64 { return uint64(f) }

// A running float64 sum forgets every weight below 2^-53 of what it has; here
// there are 2^16 of 2^-54, before the largest and after it.
func TestManySmallWeightsAreNotLost(t *testing.T) {
	small := slices.Repeat([]float64{-54 * math.Ln2}, 1<<16)
	for name, logp := range map[string][]float64{
		"after":  append([]float64{0}, small...),
		"before": append(slices.Clone(small), 0),
	} {
		logZ, err := reference.LogPartition(logp, 1)
		if want := math.Log1p(0x1p-38); err != nil || math.Abs(logZ-want) > 1e-3*want {
			t.Errorf("%s: log z = %v, %v; want %v", name, logZ, err, want)
		}
	}
	// Each part alone rounds away: 0.6 ulp on one side, 0.3 on the other.
	part := math.Log(0.3) - 52*math.Ln2
	logZ, err := reference.LogPartition([]float64{part, 0, part, part}, 1)
	if err != nil || logZ != math.Log(1+0x1p-52) {
		t.Errorf("log z = %v, %v; want log(1 + 2^-52)", logZ, err)
	}
}

func TestOperationsDoNotAllocate(t *testing.T) {
	lse, p, token := make([]float64, 1), make([]float32, 4), make([]int, 1)
	src := seeded(3)
	tokens, u := []int{1}, []float64{0.5}
	allocations := testing.AllocsPerRun(10, func() {
		_ = reference.Scalar.LogSumExp(lse, row, 0.5)
		_ = reference.Scalar.LogProbs(lse, row, tokens, 0.5)
		_ = reference.Scalar.Anneal(p, row, 1, 0.5)
		_ = reference.Scalar.Sample(token, row, u, 0.5)
		_ = reference.Scalar.Draw(token, row, src, 0.5)
	})
	if allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}
