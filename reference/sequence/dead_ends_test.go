package sequence_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"temper/reference"
	"temper/reference/sequence"
)

// deadEnds are chains with a context that nothing follows; in the last of them it
// comes only after the last token, where it does no harm.
func deadEnds() []chain {
	return []chain{
		{"b ends it", must(sequence.NewMarkov(2, 1, -1, 0, [][]int{{0, 1}, {0, 0, 1}})), nil, 2, -1, 3},
		{"after a prompt", must(sequence.NewMarkov(2, 1, -1, 0, [][]int{{0, 1}, {0, 0, 1}})), []int{0}, 2, -1, 4},
		{"order 2", must(sequence.NewMarkov(3, 2, -1, 0, [][]int{{0, 1, 2, 0, 1, 0, 0, 1, 1}, {0, 0, 1, 2, 2}, {1, 0, 0}})), nil, 3, -1, 5},
		{"beside an end", must(sequence.NewMarkov(3, 1, 2, 0, [][]int{{0, 0, 0, 1}, {0, 0, 2}, {0, 2}, {0, 0, 1}})), nil, 3, 2, 4},
		{"at the last token only", must(sequence.NewMarkov(2, 1, -1, 0, [][]int{{0, 0, 1}, {0, 1}})), nil, 2, -1, 2},
	}
}

// ways are the complete sequences of a chain with log q and log W, and the
// probability that q is cut off.
type ways struct {
	logQ, logW []float64
	cutOff     float64
}

// enumerate goes through all sequences, as PerStep would if it went on where it
// refuses.
func (c chain) enumerate(t *testing.T, temperature float64) (w ways) {
	row := make([]float64, c.vocab)
	var extend func(prefix []int, logQ, logW float64)
	extend = func(prefix []int, logQ, logW float64) {
		ended := c.end >= 0 && len(prefix) > 0 && prefix[len(prefix)-1] == c.end
		over := len(prefix) == len(c.prompt)+c.length
		if ended || over && c.end < 0 {
			w.logQ, w.logW = append(w.logQ, logQ), append(w.logW, logW)
			return
		}
		if over || c.m.LogConditional(row, prefix) != nil {
			w.cutOff += math.Exp(logQ)
			return
		}
		local, err := reference.LogPartition(row, temperature)
		if err != nil {
			t.Fatal(err)
		}
		annealed := make([]float64, c.vocab)
		if err := reference.AnnealLog(annealed, row, temperature); err != nil {
			t.Fatal(err)
		}
		for v, logq := range annealed {
			if !math.IsInf(logq, -1) {
				extend(append(prefix[:len(prefix):len(prefix)], v), logQ+logq, logW+local)
			}
		}
	}
	extend(c.prompt, 0, 0)
	return w
}

// moment is log E_q W^b, W = 0 where q is cut off.
func (w ways) moment(b float64) float64 {
	total := 0.0
	for i := range w.logQ {
		total += math.Exp(w.logQ[i] + b*w.logW[i])
	}
	return math.Log(total)
}

// means are E_q log W and E_π log W.
func (w ways) means() (perStep, whole float64) {
	logZ := w.moment(1)
	for i, logW := range w.logW {
		perStep += math.Exp(w.logQ[i]) * logW
		whole += math.Exp(w.logQ[i]+logW-logZ) * logW
	}
	if w.cutOff > 0 {
		perStep = math.Inf(-1)
	}
	return perStep, whole
}

func TestDeadEndsCountAsCutOff(t *testing.T) {
	for _, c := range deadEnds() {
		for _, temperature := range temperatures() {
			name := fmt.Sprintf("%s T=%v", c.name, temperature)
			want := c.enumerate(t, temperature)
			a := anneal(t, c, temperature)
			d, err := a.Divergence(c.prompt)
			if err != nil {
				t.Fatal(err)
			}
			perStep, whole := want.means()
			for _, v := range []struct {
				what      string
				got, want float64
			}{
				{"log Z", d.LogPartition, want.moment(1)},
				{"E_q log W", d.PerStepLogW, perStep},
				{"E_π log W", d.WholeLogW, whole},
				{"log E_q W²", d.LogSquare, want.moment(2)},
				{"KL(q ‖ π)", d.PerStepToWhole(), want.moment(1) - perStep},
				{"KL(π ‖ q)", d.WholeToPerStep(), whole - want.moment(1)},
			} {
				if !closeTo(v.got, v.want, 1e-12) {
					t.Errorf("%s: %s = %v, enumeration says %v", name, v.what, v.got, v.want)
				}
			}
			for _, b := range []float64{0, 0.5, 3} {
				if got, err := a.LogMoment(b, c.prompt); err != nil || !closeTo(got, want.moment(b), 1e-12) {
					t.Errorf("%s: log E_q W^%v = %v, %v, enumeration says %v", name, b, got, err, want.moment(b))
				}
			}
			for i, logW := range want.logW {
				if apart := math.Abs(logW - want.moment(1)); apart > d.Bound+1e-12 {
					t.Errorf("%s: |log π/q| of completion %d is %v, bound %v", name, i, apart, d.Bound)
				}
			}
			if infinite := math.IsInf(d.Bound, 1); infinite != (want.cutOff > 0) {
				t.Errorf("%s: bound %v, though q is cut off with probability %v", name, d.Bound, want.cutOff)
			}
		}
	}
}

func TestRatesOfChainsWithDeadEnds(t *testing.T) {
	// a repeats itself with 1/2 and otherwise b comes, which nothing follows: one
	// sequence survives, with (1/2)^(L−1), and π is sure of it. W = z^(L−1) there.
	m := must(sequence.NewMarkov(2, 1, -1, 0, [][]int{{0, 0, 0, 1}, {0, 1}}))
	for _, temperature := range []float64{0.5, 1, 3} {
		rates := must(sequence.NewAnnealingRates(m, temperature))
		logZ := -math.Ln2 / temperature
		local := math.Ln2 + logZ
		want := sequence.AnnealingRates{LogPartition: logZ, PerStepToWhole: math.Inf(1), WholeToPerStep: local - logZ, LogEffectiveSampleRate: logZ - local}
		if !closeTo(rates.LogPartition, want.LogPartition, 1e-12) || rates.PerStepToWhole != want.PerStepToWhole ||
			!closeTo(rates.WholeToPerStep, want.WholeToPerStep, 1e-12) || !closeTo(rates.LogEffectiveSampleRate, want.LogEffectiveSampleRate, 1e-12) {
			t.Errorf("T=%v: %+v, want %+v", temperature, rates, want)
		}
	}
}

func TestNoLawIsEnumeratedAcrossADeadEnd(t *testing.T) {
	c := deadEnds()[0]
	q, err := sequence.PerStep(c.m, c.prompt, c.end, c.length, 1)
	if q != nil || !errors.Is(err, sequence.ErrImpossiblePrefix) {
		t.Errorf("PerStep: %v, %v; want no law and ErrImpossiblePrefix", q, err)
	}
}
