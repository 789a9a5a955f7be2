package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/props/accuracy"
	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
)

// coolings are the temperatures on the way to 0.
func coolings() []float64 {
	var grid []float64
	for t := 0.1; t >= 1e-30; t /= 2.7 {
		grid = append(grid, t)
	}
	return grid
}

// warmth bounds the probability of everything but the modes: (V − m)/m · exp(−gap/T).
func warmth(vocab int, modes []int, gap, t float64) float64 {
	return float64(vocab-len(modes)) / float64(len(modes)) * math.Exp(-gap/t)
}

// coolingLaw is the law of an operation whose numbers say how much mass the modes have.
func coolingLaw(op operation.Operation, judge func(reference.Kernels, batch) error) Law {
	return batchLaw{
		id:     op.Name + "/Cooling",
		claim:  "1 − p_T(argmax) ≤ (V − m)/m · exp(−gap/T) for T from 0.1 to 1e-30: the limit is T = 0, with no band of NaN on the way",
		source: coolingSource,
		of:     partOf(op),
		inputs: ordinary.one(),
		judge:  judge,
	}.erased()
}

const coolingSource = "vllm#890, #3063, #2937: overflow just above the greedy cut-off"

// modesHave compares the mass of the modes with what warmth leaves to the rest.
func modesHave(total float64, row []float32, modes []int, gap, t float64) error {
	rest := warmth(len(row), modes, gap, t)
	if tolerance := math.Expm1(accuracy.Slack(verdict.Must, row, t)) + 0x1p-20; !(1-total <= rest+tolerance) {
		return fmt.Errorf("T = %v: p(argmax) = %v, where the rest has at most %v", t, total, rest)
	}
	return nil
}

func logProbsCool(k reference.Kernels, b batch) error {
	row := b.row()
	modes, gap := modesOf(row)
	return each(coolings(), func(t float64) error {
		logp, err := logProbsOf(k, row, modes[:1], t)
		if err != nil {
			return fmt.Errorf("T = %v: %w", t, err)
		}
		return modesHave(math.Exp(logp[0])*float64(len(modes)), row, modes, gap, t)
	})
}

func annealCools(k reference.Kernels, b batch) error {
	row := b.row()
	modes, gap := modesOf(row)
	return each(coolings(), func(t float64) error {
		p, err := annealOf(k, row, t)
		if err != nil {
			return fmt.Errorf("T = %v: %w", t, err)
		}
		total := 0.0
		for _, v := range modes {
			total += p[v]
		}
		return modesHave(total, row, modes, gap, t)
	})
}

// cold reports whether the temperature leaves so little to all but the argmax set that
// no error within the bound makes it more than exp(−60).
func cold(rest, slack float64) bool { return math.Log(rest)+2*slack <= -60 }

func sampleCoolingLaw() Law {
	return batchLaw{
		id:        "Sample/Cooling",
		claim:     "where the temperature leaves the rest less than exp(−60), u = (j + ½)/m gives the j-th of the m largest logits, or any of them where the bound is as wide as its interval",
		source:    coolingSource,
		of:        partOf(operation.Sample),
		inputs:    ordinary.one(),
		witnesses: []batch{one(1, 1, 3, 2), one(1, 0, 0, -1), one(1, 1, 0, 1), one(1, 1, 0, 1, 0, 1, 1)},
		judge:     samplesCool,
	}.erased()
}

// samplesCool asks in the middle of the modes' intervals: their edges, k/m, are
// where a token of the rest can be the right one at any temperature, as u = ½ for
// the logits [1 0 1] gives token 1. Where the bound is as wide as an interval,
// only the first is asked about, far from where sums may be short.
func samplesCool(k reference.Kernels, b batch) error {
	row, r := b.row(), rand.New(b.source(8))
	modes, gap := modesOf(row)
	return each(coolings(), func(t float64) error {
		rest := warmth(len(row), modes, gap, t)
		within := accuracy.Slack(verdict.Must, row, t)
		if !cold(rest, within) {
			return nil
		}
		m, chosen := len(modes), []int{0}
		sharp := accuracy.IntervalTolerance(within) < 0.25/float64(m)
		if sharp {
			chosen = append(chosen, m/2, m-1, r.IntN(m))
		}
		var u []float64
		for _, j := range chosen {
			u = append(u, (float64(j)+0.5)/float64(m))
		}
		tokens, err := sampleOf(k, row, t, u...)
		if err != nil {
			return fmt.Errorf("T = %v: %w", t, err)
		}
		for i, token := range tokens {
			if !slices.Contains(modes, token) {
				return fmt.Errorf("T = %v: u = %v gives token %d, where all but the largest logits have at most %.2g", t, u[i], token, rest)
			}
			if want := modes[chosen[i]]; sharp && token != want {
				return fmt.Errorf("T = %v: u = %v gives token %d, not %d, the middle of whose interval it is", t, u[i], token, want)
			}
		}
		return nil
	})
}

func drawCoolingLaw() Law {
	return batchLaw{
		id:        "Draw/Cooling",
		claim:     "where the temperature leaves the rest less than exp(−60), the tokens drawn are of the argmax set (one draw that is not, as a uniform number of 24 bits at an edge gives, is let pass)",
		source:    coolingSource,
		of:        partOf(operation.Draw),
		inputs:    ordinary.one(),
		witnesses: []batch{one(1, 1, 3, 2), one(1, 0, 0, -1), one(1, 1, 0, 1)},
		judge:     drawsCool,
	}.erased()
}

// drawsCool counts the draws outside the argmax set over all temperatures. One
// is no proof: u = 0 rightly gives a first token of any probability, and comes
// once in 2²⁴ draws where uniform numbers have 24 bits. Two among the 272 draws
// of an input, or fewer, come by that with a probability of at most 1.4e-10.
func drawsCool(k reference.Kernels, b batch) error {
	row, outside := b.row(), 0
	modes, gap := modesOf(row)
	const draws = 4
	q := operation.Query{Logits: slices.Repeat(row, draws), Rows: draws, Src: b.source(0)}
	return each(coolings(), func(t float64) error {
		rest := warmth(len(row), modes, gap, t)
		if !cold(rest, accuracy.Slack(verdict.Must, row, t)) {
			return nil
		}
		q.Temperature = t
		rows, err := operation.Draw.Answer(k, q)
		if err != nil {
			return fmt.Errorf("T = %v: %w", t, err)
		}
		for _, answer := range rows {
			token := int(answer[0])
			if slices.Contains(modes, token) {
				continue
			}
			if outside++; outside > 1 {
				return fmt.Errorf("T = %v: token %d, the second draw of a token where all but the largest logits have at most %.2g", t, token, rest)
			}
		}
		return nil
	})
}

func annealHeatingLaw() Law {
	return batchLaw{
		id:      "Anneal/Heating",
		claim:   "exp(−R/T) ≤ n·p_T(v) ≤ exp(R/T) on a support of n tokens whose logits span R",
		source:  "definition: T = ∞ is uniform",
		of:      partOf(operation.Anneal),
		inputs:  mustAbove0.one(),
		covered: mustAbove0.covered(1),
		judge:   annealHeats,
	}.erased()
}

func annealHeats(k reference.Kernels, b batch) error {
	row, t := b.row(), b.temperature
	p, err := annealOf(k, row, t)
	if err != nil {
		return err
	}
	support := unmasked(row, upTo(len(row)))
	smallest := row[support[0]]
	for _, v := range support {
		smallest = min(smallest, row[v])
	}
	span := (float64(operation.PeakOf(row).Logit) - float64(smallest)) / t
	tolerance := accuracy.Slack(verdict.Must, row, t) + 0x1p-22
	for _, v := range support {
		scaled := p[v] * float64(len(support))
		if !(scaled >= math.Exp(-span-tolerance)*(1-0x1p-20)-0x1p-100 && scaled <= math.Exp(span+tolerance)) {
			return fmt.Errorf("n·p(%d) = %v, outside exp(∓%v) for n = %d", v, scaled, span, len(support))
		}
	}
	return nil
}
