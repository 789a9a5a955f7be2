package bench

import (
	"fmt"
	"math"
	"slices"

	"temper/reference"
)

// distribution is what the reference says of one row.
type distribution struct {
	row              []float32
	lse, temperature float64
	ulp              float64 // float32's, of max(largest finite |logit| / T, |LogSumExp|, 1), nats
	bound            float64 // of an error in a log-probability, nats
	first            int     // of the largest logits, at T = 0
}

// known measures a good row with the reference. The bound is the one that every
// correct implementation keeps: 64 + vocab/256 float32 ulps of max(largest
// finite |logit| / T, |LogSumExp|, 1).
func known(row []float32, temperature float64) (distribution, error) {
	if temperature == 0 {
		return distribution{row: row, first: slices.Index(row, slices.Max(row))}, reference.CheckRow(row)
	}
	lse := []float64{0}
	if err := reference.Scalar.LogSumExp(lse, row, temperature); err != nil {
		return distribution{}, err
	}
	unit := math.Max(math.Abs(lse[0]), 1)
	for _, x := range row {
		if size := math.Abs(float64(x)) / temperature; size <= math.MaxFloat64 {
			unit = math.Max(unit, size)
		}
	}
	_, exponent := math.Frexp(unit)
	ulp := math.Ldexp(1, exponent-24)
	return distribution{row: row, lse: lse[0], temperature: temperature, ulp: ulp, bound: (64 + float64(len(row))/256) * ulp}, nil
}

// logProb at T = 0 is that of the first of the largest logits, or of another.
func (d distribution) logProb(token int) float64 {
	if d.temperature == 0 {
		if token == d.first {
			return 0
		}
		return math.Inf(-1)
	}
	if math.IsInf(float64(d.row[token]), -1) {
		return math.Inf(-1)
	}
	return float64(d.row[token])/d.temperature - d.lse
}

// valueError is the distance of a value in ulps, 0 where there are none.
func (d distribution) valueError(got, want float64) float64 {
	if got == want {
		return 0
	}
	return math.Abs(got-want) / d.ulp
}

// probabilityError is the largest distance of the logarithms of probabilities above
// 2^-100 in ulps.
func (d distribution) probabilityError(p []float32) float64 {
	if d.temperature == 0 {
		return 0
	}
	worst := 0.0
	for token, got := range p {
		if want := d.logProb(token); want > -100*math.Ln2 {
			worst = math.Max(worst, d.valueError(math.Log(float64(got)), want))
		}
	}
	return worst
}

func (d distribution) checkValue(got, want float64) error {
	if got == want || math.Abs(got-want) <= d.bound {
		return nil
	}
	return fmt.Errorf("%v, want %v", got, want)
}

func (d distribution) checkProbabilities(p []float32) error {
	for token, got := range p {
		want := math.Exp(d.logProb(token))
		if !(math.Abs(float64(got)-want) <= math.Expm1(d.bound)*want+0x1p-126) {
			return fmt.Errorf("p(%d) = %v, want %v", token, got, want)
		}
	}
	return nil
}

// checkDraw sees impossible tokens only: one draw says no more, and how often
// each token comes is for the laws to judge.
func (d distribution) checkDraw(token int) error {
	if err := reference.CheckToken(token, len(d.row)); err != nil {
		return err
	}
	if math.IsInf(float64(d.row[token]), -1) {
		return fmt.Errorf("draws the masked token %d", token)
	}
	return nil
}

func (d distribution) checkSample(token int, u float64) error {
	if err := d.checkDraw(token); err != nil {
		return err
	}
	below := 0.0
	for t := range token {
		below += math.Exp(d.logProb(t))
	}
	slack := math.Expm1(d.bound)
	if upTo := below + math.Exp(d.logProb(token)); u < below-slack || u > upTo+slack {
		return fmt.Errorf("u = %v draws token %d, whose interval is [%v, %v)", u, token, below, upTo)
	}
	return nil
}

// verify holds the results that a call left in a batch against the reference, and
// gives the largest error in ulps.
func (op measured) verify(b *batch) (ulps float64, err error) {
	for r := range b.Rows {
		if r == len(b.known) {
			d, err := known(b.logits[r*b.Vocab:(r+1)*b.Vocab], b.Temperature)
			if err != nil {
				return 0, fmt.Errorf("row %d: %w", r, err)
			}
			b.known = append(b.known, d)
		}
		if err := op.check(b, r, b.known[r]); err != nil {
			return 0, fmt.Errorf("row %d: %w", r, err)
		}
		if op.err != nil {
			ulps = math.Max(ulps, op.err(b, r, b.known[r]))
		}
	}
	return ulps, nil
}
