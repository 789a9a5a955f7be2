package props

import (
	"math"
	"slices"

	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
)

func nanTemperatureLaw(op operation.Operation) Law {
	return batchLaw{
		id:        op.Name + "/NaNTemperature",
		claim:     "a temperature of NaN is refused: an error, or NaN from a numeric operation",
		source:    "lattice#295: NaN passes the guards",
		of:        partOf(op),
		witnesses: []batch{one(math.NaN(), 1, 2), one(math.NaN(), 3), peakedBatch(math.NaN())},
		judge:     refusesNaNTemperature(op),
	}.erased()
}

// refusesNaNTemperature wants an error; a numeric operation may say NaN.
func refusesNaNTemperature(op operation.Operation) func(reference.Kernels, batch) error {
	return func(k reference.Kernels, b batch) error {
		return refusesAll(op, k, b.query(), never)
	}
}

func negativeTemperatureLaw(op operation.Operation) Law {
	claim := "a temperature below 0 is refused, or taken for 0 with all mass on the largest logit"
	if op.NoZero {
		claim = "a temperature below 0 has no log-sum-exp: an error or NaN, not a number"
	}
	return batchLaw{
		id:        op.Name + "/NegativeTemperature",
		claim:     claim,
		source:    "vllm#22180, mamba#1041: negative temperature accepted; llama.cpp documents T ≤ 0 as greedy",
		of:        partOf(op),
		witnesses: peakedBatches(belowZero...),
		judge:     refusesOrGreedy(op),
	}.erased()
}

// refusesOrGreedy lets pass the answer of T = 0 too, where there is one. A
// probability below the range of float64 counts as 0: implementations that divide
// by a small number instead of T give it.
func refusesOrGreedy(op operation.Operation) func(reference.Kernels, batch) error {
	return func(k reference.Kernels, b batch) error {
		if op.NoZero {
			return refusesAll(op, k, b.query(), never)
		}
		return refusesAll(op, k, b.query(), op.Peaked)
	}
}

func negativeTemperatureRefusedLaw(op operation.Operation) Law {
	return batchLaw{
		id:        op.Name + "/NegativeTemperatureRefused",
		claim:     "a temperature below 0 is an error, however close to 0 and however large",
		source:    "contract",
		level:     verdict.Should,
		of:        partOf(op),
		witnesses: peakedBatches(append(slices.Clone(belowZero), -1e-300, -math.SmallestNonzeroFloat64, -math.MaxFloat64)...),
		judge:     errorsAt(op),
	}.erased()
}

func errorsAt(op operation.Operation) func(reference.Kernels, batch) error {
	return func(k reference.Kernels, b batch) error {
		if rows, err := op.Ask(k, b.query()); err == nil {
			return answered(rows[0])
		}
		return nil
	}
}

// belowZero are temperatures below 0 that float32 holds; 16 bits hold the first two,
// the others become −0 or −Inf there.
var belowZero = []float64{-1, -0.5, -1e-30, -3e38, math.Inf(-1)}

// peakedBatch has eight rows of one shape, whose largest logit has all mass at a
// small temperature and none at a negative one.
func peakedBatch(temperature float64) batch {
	b := one(temperature, 0, -1, 40, 0, 1, 0, -2)
	b.rows = slices.Repeat(b.rows, 8)
	return b
}

func peakedBatches(temperatures ...float64) []batch {
	var all []batch
	for _, t := range temperatures {
		all = append(all, peakedBatch(t))
	}
	return all
}
