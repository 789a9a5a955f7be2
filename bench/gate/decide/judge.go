package decide

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat/distuv"
)

// Verdict on the time of one row.
type Verdict string

const (
	Open         Verdict = "OPEN"         // not decided yet
	Pass         Verdict = "PASS"         // slowdowns above margin + slack are excluded
	Fail         Verdict = "FAIL"         // slower by more than the margin
	Inconclusive Verdict = "INCONCLUSIVE" // too noisy to say
)

// Judgement is what the pairs of one row show.
type Judgement struct {
	Verdict    Verdict
	Pairs      int
	Ratio      float64 // head / base, Hodges–Lehmann
	Lo, Hi     float64 // its interval at confidence
	P          float64 // of "slowdown ≤ margin", adjusted for rows and looks; against Plan.Alpha
	Detectable float64 // the smallest slowdown found with 90 % power under this noise; 0.05 is 5 %
}

// Judge judges every row at look k, counted from 0. logRatios[r] holds ln(head/base) of
// each layout pair of row r. earlier is the result of the look before, nil at the first
// look. Rows that were decided then stay as they were. last says that no look follows,
// because the time is over.
//
// A row fails if its adjusted p is at most Alpha. That is the signed-rank p of
// d − ln(1 + Margin), adjusted by Holm over all rows and divided by the look's share: at
// a look with a share of 1/4, 0.002 after Holm becomes 0.008, which fails at Alpha =
// 0.01. A row passes if its interval ends below the margin or, at the last look, if the
// interval contains the margin and ends below Margin + Slack. An interval that lies above
// the margin as a whole speaks of a slowdown, though not loudly enough for Alpha, and
// such a row is inconclusive. So a run's chance of a false FAIL is at most Alpha, over all
// looks. A row that passed cannot be rejected later, and one that failed counts as
// rejected in Holm's procedure.
func (p Plan) Judge(k int, earlier []Judgement, logRatios [][]float64, last bool) []Judgement {
	look := p.Looks[k]
	rows := make([]Judgement, len(logRatios))
	pvalues := make([]float64, len(logRatios))
	for r, d := range logRatios {
		if earlier != nil && earlier[r].Verdict != Open {
			rows[r] = earlier[r]
			if rows[r].Verdict == Pass {
				pvalues[r] = 1
			}
			continue
		}
		rows[r] = p.estimate(d, look.Share/float64(len(logRatios)))
		pvalues[r] = signedRank(minus(d, math.Log1p(p.Margin)))
	}
	for r, adjusted := range holm(pvalues) {
		if rows[r].Verdict == Open {
			rows[r].P = min(1, adjusted/look.Share)
			rows[r].Verdict = p.verdict(rows[r], last || k == len(p.Looks)-1)
		}
	}
	return rows
}

func (p Plan) verdict(row Judgement, last bool) Verdict {
	switch {
	case row.P <= p.Alpha:
		return Fail
	case row.Hi < 1+p.Margin:
		return Pass
	case !last:
		return Open
	case row.Lo <= 1+p.Margin && row.Hi < 1+p.Margin+p.Slack:
		return Pass
	}
	return Inconclusive
}

// estimate returns everything but P and the verdict. The detectable slowdown is
// exp(ln(1 + margin) + (z_{1−α·share} + z_0.9)·s) − 1, where s is the standard error that
// the interval implies. It is a normal approximation and shown in the report only: no
// verdict depends on it.
func (p Plan) estimate(d []float64, share float64) Judgement {
	centre, lo, hi := interval(d, confidence)
	normal := distuv.UnitNormal
	stderr := (hi - lo) / (2 * normal.Quantile((1+confidence)/2))
	reach := (normal.Quantile(1-p.Alpha*share) + normal.Quantile(0.9)) * stderr
	row := Judgement{Verdict: Open, Pairs: len(d), Ratio: math.Exp(centre), Lo: math.Exp(lo), Hi: math.Exp(hi)}
	row.Detectable = math.Inf(1)
	if math.Pow(2, -float64(len(d))) <= p.Alpha*share {
		row.Detectable = math.Expm1(math.Log1p(p.Margin) + reach)
	}
	return row
}

// Moved returns the rows whose centre is above or below 0, with an error of at most
// alpha over all rows. It judges base against base′, which are the same code, so that
// every row it returns is a fault of the gate or of the machine.
func Moved(logRatios [][]float64, alpha float64) (rows []int) {
	pvalues := make([]float64, len(logRatios))
	for r, d := range logRatios {
		up, down := signedRank(d), signedRank(negated(d))
		pvalues[r] = min(1, 2*min(up, down))
	}
	for r, p := range holm(pvalues) {
		if p <= alpha {
			rows = append(rows, r)
		}
	}
	return rows
}

// minus returns d with x subtracted from every element.
func minus(d []float64, x float64) []float64 {
	out := append([]float64(nil), d...)
	floats.AddConst(-x, out)
	return out
}

// negated returns −d.
func negated(d []float64) []float64 {
	out := append([]float64(nil), d...)
	floats.Scale(-1, out)
	return out
}
