package props

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"temper/props/operation"
	"temper/reference"
)

// asWhat names the classes of a query, found from what was asked and not from the plan.
func asWhat(q operation.Query) (vocab, temperature, rows string, masks []string) {
	size := len(q.Logits) / q.Rows
	for i, class := range append(slices.Clone(shortVocabs), longVocabs...) {
		if slices.Contains(class, size) {
			vocab = fmt.Sprint("vocabulary class ", i)
		}
	}
	for i, s := range spans() {
		if t := q.Temperature; temperature == "" && (t == s.low || t > s.low && t < s.high && s.low > 0) {
			temperature = fmt.Sprint("temperature class ", i)
		}
	}
	for i, class := range manyRows {
		if slices.Contains(class, q.Rows) {
			rows = fmt.Sprint("rows class ", i)
		}
	}
	for row := range slices.Chunk(q.Logits, size) {
		masks = append(masks, "mask: "+classOfMask(row))
	}
	return vocab, temperature, rows, masks
}

// Every operation is asked about each pair of classes: of short vocabularies all, of the
// long ones each T (Draw: 0, above 100 and +Inf), and up to nine rows.
func TestEveryPairOfClassesIsAskedAbout(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: asks every law of pairs")
	}
	for _, op := range operation.All() {
		met := map[[2]string]bool{}
		var k reference.Kernels
		k.Name, k.Available = "recording", true
		op.Set(&k, func(q operation.Query, dst operation.Destination) error {
			vocab, temperature, rows, masks := asWhat(q)
			if vocab == "" || temperature == "" || rows == "" {
				t.Errorf("%s: no class of a batch with T = %v, %d logits in %d rows", op.Name, q.Temperature, len(q.Logits), q.Rows)
			}
			met[[2]string{vocab, temperature}], met[[2]string{vocab, rows}], met[[2]string{temperature, rows}] = true, true, true
			for _, mask := range masks {
				met[[2]string{vocab, mask}], met[[2]string{temperature, mask}], met[[2]string{rows, mask}] = true, true, true
			}
			return op.Call(reference.Scalar, q, dst)
		})
		if err := CheckKernels(k, Only(op.Name+"/Pairs"), Inputs(0)).Err(); err != nil {
			t.Error(err)
		}
		wanted, missing := 0, 0
		want := func(a, b string) {
			wanted++
			if !met[[2]string{a, b}] {
				missing++
				t.Errorf("%s is never asked about %s and %s", op.Name, a, b)
			}
		}
		for i := range len(shortVocabs) + len(longVocabs) {
			vocab := fmt.Sprint("vocabulary class ", i)
			for j, s := range spans() {
				if long := i >= len(shortVocabs); s.low == 0 && op.NoZero || long && !op.Determined() && s.low > 0 && s.low < 100 {
					continue
				}
				want(vocab, fmt.Sprint("temperature class ", j))
			}
			for j := range manyRows {
				if i >= len(shortVocabs) && (j == 2 || j == 4 && i > len(shortVocabs)) {
					continue // two and nine rows; 34 of the shortest
				}
				want(vocab, fmt.Sprint("rows class ", j))
			}
			for _, mask := range []string{"no mask", "all but one masked", "leading mask", "trailing mask", "scattered mask"} {
				long := i >= len(shortVocabs)
				if i == 0 && mask != "no mask" || long && (mask == "all but one masked" || mask == "trailing mask" && !op.Determined()) {
					continue
				}
				want(vocab, "mask: "+mask)
			}
		}
		for i, s := range spans() {
			if s.low == 0 && op.NoZero {
				continue
			}
			for j := range manyRows {
				want(fmt.Sprint("temperature class ", i), fmt.Sprint("rows class ", j))
			}
		}
		t.Logf("%s: %d of %d pairs met", op.Name, wanted-missing, wanted)
	}
}

// The inputs of the other laws are the same batches in every run, in their domain, and of
// every class.
func TestCoveredInputsStayInTheDomain(t *testing.T) {
	for _, d := range []domain{mustDomain, mustAbove0, inner, ordinary, zero, infinite} {
		vocabs, temperatures := map[int]bool{}, map[float64]bool{}
		for b := range d.covered(3) {
			if !insideContract(b) {
				t.Fatal(b)
			}
			vocabs[len(b.row())], temperatures[b.temperature] = true, true
			if d.only != nil && !slices.Contains(d.only, b.temperature) || math.IsInf(b.temperature, 1) && d.noInfinity {
				t.Errorf("T = %v is outside the domain", b.temperature)
			}
		}
		for _, class := range shortVocabs {
			if !slices.ContainsFunc(class, func(vocab int) bool { return vocabs[vocab] }) {
				t.Errorf("no vocabulary of %v", class)
			}
		}
	}
	for _, p := range pairs() {
		if !insideContract(p.batch) {
			t.Fatal(p)
		}
	}
}

// What a solved row says is what the reference computes from the row itself.
func TestSolvedRowsAreThoseOfTheReference(t *testing.T) {
	for i, p := range pairs() {
		if i%7 > 0 && len(p.row()) < operation.Long || len(p.rows) > 2 || p.temperature == 0 {
			continue
		}
		row, s := p.row(), p.solved()[0]
		exact, cdf := operation.LogProbs.Exact(row, p.temperature), distributionFunction(row, p.temperature)
		for _, v := range operation.Telling(row) {
			before, upTo := s.interval(v)
			from, to := interval(cdf, v)
			if d := s.logProb(v) - exact[v]; math.Abs(d) > 1e-9 || math.Abs(before-from)+math.Abs(upTo-to) > 1e-9 {
				t.Errorf("%v: token %d: log p = %v, exactly %v; [%v, %v), exactly [%v, %v)", p, v, s.logProb(v), exact[v], before, upTo, from, to)
			}
		}
	}
}
