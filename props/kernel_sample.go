package props

import (
	"fmt"
	"math"

	"temper/props/accuracy"
	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
)

// sampleLaws are about the inverse distribution function: which token a given u
// is, at the edges where statistics never look.
func sampleLaws() []Law {
	return []Law{sampleInverseCDFLaw(), sampleMaskedEdgesLaw(), sampleEdgesLaw(), sampleTailLaw()}
}

func sampleInverseCDFLaw() Law {
	masked := float32(math.Inf(-1))
	return batchLaw{
		id:      "Sample/InverseCDF",
		claim:   "F(i−1) ≤ u < F(i) for the token i that u gives, within expm1 of the bound, for u at 0, at every edge of F and beside it, and just below 1; a masked token never comes",
		source:  "pytorch#48841, #50034: u ≤ F; gonum#1866, TensorRT-LLM#19496: index V; onnxruntime-genai#1363: V − 1 when nothing is chosen",
		of:      partOf(operation.Sample),
		inputs:  mustAbove0.one(),
		covered: mustAbove0.covered(1),
		witnesses: []batch{
			maskedFront(1, -1000),
			one(1, masked, 0, masked, 0, masked),
			one(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
			one(0.5, -30, 0, -30),
			one(1, 0, masked, masked),
			one(0.01, 1, 0, 1),
		},
		judge: agreesWithExact(operation.Sample, verdict.Must),
	}.erased()
}

// longTail is two tokens that share nearly everything, and a tail behind them.
func longTail() batch {
	row := make([]float32, 2+1<<14)
	for i := range row {
		row[i] = float32(-25 * math.Ln2)
	}
	row[0], row[1] = 0, 0 // the tail's 2¹⁴ weights of 2⁻²⁵ beside 2 make 2⁻¹²
	return one(1, row...)
}

func sampleTailLaw() Law {
	return batchLaw{
		id:        "Sample/Tail",
		claim:     "tokens of a tail of 2¹⁴ with mass 2⁻¹² are reached: the interval of u that gives token i has length p(i) within the relative bound",
		source:    "vllm#43150, jax#26974: coarse uniforms starve the tail; a float32 running sum never reaches it",
		of:        partOf(operation.Sample),
		witnesses: []batch{longTail()},
		judge:     reachesTail,
	}.erased()
}

func reachesTail(k reference.Kernels, b batch) error {
	row := b.row()
	cdf := distributionFunction(row, b.temperature)
	bound := math.Expm1(accuracy.Slack(verdict.Must, row, b.temperature))
	for _, token := range []int{2, 9000, len(row) - 2} {
		from, err := firstReaching(k, row, b.temperature, token, cdf, bound)
		if err != nil {
			return err
		}
		to, err := firstReaching(k, row, b.temperature, token+1, cdf, bound)
		if err != nil {
			return err
		}
		p := cdf[token] - cdf[token-1]
		if length := to - from; !(math.Abs(length-p) <= p*bound+0x1p-51) {
			return fmt.Errorf("token %d has the interval [%v, %v) of length %v, but p = %v (relative bound %.2g)", token, from, to, length, p, bound)
		}
	}
	return nil
}

// firstReaching is the smallest u that gives the token or one behind it, by
// bisection as far from the exact place as the bound allows it to lie.
func firstReaching(k reference.Kernels, row []float32, t float64, token int, cdf []float64, bound float64) (float64, error) {
	low, high := math.Max(0, cdf[token-1]-2*bound), math.Min(cdf[token-1]+2*bound, 1-0x1p-53)
	for high-low > 0x1p-52 {
		middle := low + (high-low)/2
		if middle == low || middle == high {
			break
		}
		got, err := sampleOf(k, row, t, middle)
		if err != nil {
			return 0, err
		}
		if got[0] >= token {
			high = middle
		} else {
			low = middle
		}
	}
	return high, nil
}

// interval is that of a token, [F(token − 1), F(token)).
func interval(cdf []float64, token int) (before, upTo float64) {
	if token > 0 {
		before = cdf[token-1]
	}
	return before, cdf[token]
}

// distributionFunction is F, inclusive: F(i) = Σ_{v ≤ i} p_T(v).
func distributionFunction(row []float32, t float64) []float64 {
	return summed(accuracy.ExactLogProbs(row, t))
}

// summed is F of log-probabilities.
func summed(logp []float64) []float64 {
	cdf := make([]float64, len(logp))
	var sum reference.Sum
	for i, x := range logp {
		sum.Add(math.Exp(x))
		cdf[i] = sum.Value()
	}
	return cdf
}
