package reference

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Scalar is the reference implementation of [Kernels]: one logit at a time, in
// float64, directly from the formulas. Its Draw uses one word of src for every good
// row, and none at T = 0.
var Scalar = Kernels{
	Name:      "reference",
	Available: true,
	LogSumExp: scalarLogSumExp,
	LogProbs:  scalarLogProbs,
	Anneal:    scalarAnneal,
	Sample:    scalarSample,
	Draw:      scalarDraw,
}

func scalarLogSumExp(dst []float64, logits []float32, temperature float64) error {
	if err := CheckTemperature(temperature); err != nil {
		return err
	}
	if temperature == 0 {
		return fmt.Errorf("log-sum-exp at temperature 0: %w", ErrTemperature)
	}
	return eachRow(logits, len(dst), func(r int, row []float32) error {
		dst[r] = logSumExp(row, temperature)
		return nil
	})
}

func scalarLogProbs(dst []float64, logits []float32, tokens []int, temperature float64) error {
	if err := CheckTemperature(temperature); err != nil {
		return err
	}
	if len(tokens) != len(dst) {
		return fmt.Errorf("%d tokens for %d rows: %w", len(tokens), len(dst), ErrShape)
	}
	return eachRow(logits, len(dst), func(r int, row []float32) error {
		if err := CheckToken(tokens[r], len(row)); err != nil {
			return err
		}
		dst[r] = logProb(row, tokens[r], temperature)
		return nil
	})
}

func scalarAnneal(dst, logits []float32, rows int, temperature float64) error {
	if err := CheckTemperature(temperature); err != nil {
		return err
	}
	if len(dst) != len(logits) {
		return fmt.Errorf("%d places for %d logits: %w", len(dst), len(logits), ErrShape)
	}
	vocab, err := Vocab(len(logits), rows)
	if err != nil {
		return err
	}
	var bad RowErrors
	for r := range rows {
		row, out := logits[r*vocab:(r+1)*vocab], dst[r*vocab:(r+1)*vocab]
		if err := CheckRow(row); err != nil {
			bad = append(bad, RowError{r, err})
			for i := range out {
				out[i] = float32(math.NaN())
			}
			continue
		}
		softmax(out, row, temperature)
	}
	return bad.Err()
}

func scalarSample(dst []int, logits []float32, u []float64, temperature float64) error {
	if err := CheckTemperature(temperature); err != nil {
		return err
	}
	if len(u) != len(dst) {
		return fmt.Errorf("%d uniform numbers for %d rows: %w", len(u), len(dst), ErrShape)
	}
	return eachRow(logits, len(dst), func(r int, row []float32) error {
		if err := CheckUniform(u[r]); err != nil {
			return err
		}
		dst[r] = invert(row, u[r], temperature)
		return nil
	})
}

// scalarDraw uses one word of src for every good row, and none at T = 0.
func scalarDraw(dst []int, logits []float32, src rand.Source, temperature float64) error {
	if err := CheckTemperature(temperature); err != nil {
		return err
	}
	if temperature > 0 && len(dst) > 0 {
		if err := CheckSource(src); err != nil {
			return err
		}
	}
	return eachRow(logits, len(dst), func(r int, row []float32) error {
		dst[r] = draw(row, src, temperature)
		return nil
	})
}

// eachRow calls compute for the good rows one by one, and collects the errors of the
// bad ones.
func eachRow(logits []float32, rows int, compute func(r int, row []float32) error) error {
	vocab, err := Vocab(len(logits), rows)
	if err != nil {
		return err
	}
	var bad RowErrors
	for r := range rows {
		row := logits[r*vocab : (r+1)*vocab]
		err := CheckRow(row)
		if err == nil {
			err = compute(r, row)
		}
		if err != nil {
			bad = append(bad, RowError{r, err})
		}
	}
	return bad.Err()
}
