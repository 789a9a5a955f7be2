package bench

import (
	"errors"
	"fmt"
	"math"

	"temper/props/accuracy"
	"temper/props/verdict"
	"temper/reference"
)

// distribution is what the reference says of one row.
type distribution struct {
	row              []float32
	lse, temperature float64
	ulp              float64 // float32's, of the scale of the row, nats
	slack            float64 // of every correct implementation, in nats
}

// distributionOf returns the distribution of a good row at T > 0, by the reference.
func distributionOf(row []float32, temperature float64) (distribution, error) {
	if err := reference.CheckRow(row); err != nil {
		return distribution{}, err
	}
	return distribution{
		row: row, temperature: temperature,
		lse:   accuracy.ExactLogSumExp(row, temperature),
		ulp:   accuracy.Ulp(accuracy.ScaleOfRow(row, temperature)),
		slack: accuracy.Slack(verdict.Must, row, temperature),
	}, nil
}

// logProb is log p_T of a token.
func (d distribution) logProb(token int) float64 {
	if d.masked(token) {
		return math.Inf(-1)
	}
	return float64(d.row[token])/d.temperature - d.lse
}

func (d distribution) masked(token int) bool { return math.IsInf(float64(d.row[token]), -1) }

// error is the distance of a number from the exact one in ulps.
func (d distribution) error(got, want float64) float64 {
	if got == want {
		return 0
	}
	return math.Abs(got-want) / d.ulp
}

// probabilityError is the largest distance of the logarithms of probabilities above
// 2^-100 in ulps.
func (d distribution) probabilityError(p []float32) float64 {
	worst := 0.0
	for token, got := range p {
		if want := d.logProb(token); want > -100*math.Ln2 {
			worst = math.Max(worst, d.error(math.Log(float64(got)), want))
		}
	}
	return worst
}

func (d distribution) checkLogSumExp(got float64) error {
	if !accuracy.Near(got, d.lse, d.slack) {
		return fmt.Errorf("%v, want %v ± %.2g", got, d.lse, d.slack)
	}
	return nil
}

func (d distribution) checkLogProb(got float64, token int) error {
	if want := d.logProb(token); !accuracy.Near(got, want, d.slack) {
		return fmt.Errorf("log p(%d) = %v, want %v ± %.2g", token, got, want, d.slack)
	}
	return nil
}

func (d distribution) checkProbabilities(p []float32) error {
	for token, got := range p {
		if want := d.logProb(token); !accuracy.NearProbability(float64(got), want, d.slack) {
			return fmt.Errorf("p(%d) = %v, want %v", token, got, math.Exp(want))
		}
	}
	return nil
}

// checkDraw finds impossible tokens only. How often each token is drawn is tested by the
// laws, because one draw does not show it.
func (d distribution) checkDraw(token int) error {
	if err := reference.CheckToken(token, len(d.row)); err != nil {
		return err
	}
	if d.masked(token) {
		return fmt.Errorf("draws the masked token %d", token)
	}
	return nil
}

func (d distribution) checkSample(token int, u float64) error {
	if err := d.checkDraw(token); err != nil {
		return err
	}
	var below reference.Sum
	for t := range token {
		below.Add(math.Exp(d.logProb(t)))
	}
	before, upTo := below.Value(), below.Value()+math.Exp(d.logProb(token))
	if !accuracy.NearInterval(u, before, upTo, d.slack) {
		return fmt.Errorf("u = %v draws token %d, whose interval is [%v, %v)", u, token, before, upTo)
	}
	return nil
}

// verify compares the results that a call left in a batch with the reference, and
// returns the largest error in ulps.
func (op measured) verify(b *batch) (ulps float64, err error) {
	for r := range b.Rows {
		if b.Temperature == 0 {
			if err := op.checkGreedy(b, r); err != nil {
				return 0, fmt.Errorf("row %d: %w", r, err)
			}
			continue
		}
		if r == len(b.exact) {
			d, err := distributionOf(b.logits[r*b.Vocab:(r+1)*b.Vocab], b.Temperature)
			if err != nil {
				return 0, fmt.Errorf("row %d: %w", r, err)
			}
			b.exact = append(b.exact, d)
		}
		if err := op.check(b, r, b.exact[r]); err != nil {
			return 0, fmt.Errorf("row %d: %w", r, err)
		}
		if op.err != nil {
			ulps = math.Max(ulps, op.err(b, r, b.exact[r]))
		}
	}
	return ulps, nil
}

// checkGreedy lets any of the largest logits have all mass at T = 0, or all of them
// shares of it.
func (op measured) checkGreedy(b *batch, r int) error {
	q, dst := b.row(r)
	if !op.Greedy(q, op.Rows(q, dst)) {
		return errors.New("at T = 0 not all mass is on the largest logits")
	}
	return nil
}
