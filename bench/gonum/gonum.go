// Package gonum is what a user of gonum has, as [reference.Kernels]: the functions
// are called as their documentation shows, neither repaired nor tuned.
package gonum

import (
	"math"
	"math/rand/v2"
	"sync"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat/distuv"

	"temper/reference"
)

// Kernels returns floats.LogSumExp and distuv.Categorical on logits that are first
// converted to float64 and divided by T, as gonum's user has to do. The memory for
// that is kept from call to call.
func Kernels() reference.Kernels {
	memory := sync.Pool{New: func() any { return new([]float64) }}
	scale := func(scaled *[]float64, row []float32, temperature float64) []float64 {
		*scaled = (*scaled)[:0]
		for _, x := range row {
			*scaled = append(*scaled, float64(x)/temperature)
		}
		return *scaled
	}
	return reference.Kernels{
		Name: "gonum", Available: true,
		LogSumExp: func(dst []float64, logits []float32, temperature float64) error {
			vocab, err := reference.Vocab(len(logits), len(dst))
			if err != nil {
				return err
			}
			scaled := memory.Get().(*[]float64)
			defer memory.Put(scaled)
			for r := range dst {
				dst[r] = floats.LogSumExp(scale(scaled, logits[r*vocab:(r+1)*vocab], temperature))
			}
			return nil
		},
		LogProbs: func(dst []float64, logits []float32, tokens []int, temperature float64) error {
			vocab, err := reference.Vocab(len(logits), len(dst))
			if err != nil {
				return err
			}
			scaled := memory.Get().(*[]float64)
			defer memory.Put(scaled)
			for r := range dst {
				x := scale(scaled, logits[r*vocab:(r+1)*vocab], temperature)
				dst[r] = x[tokens[r]] - floats.LogSumExp(x)
			}
			return nil
		},
		Draw: func(dst []int, logits []float32, src rand.Source, temperature float64) error {
			vocab, err := reference.Vocab(len(logits), len(dst))
			if err != nil {
				return err
			}
			scaled := memory.Get().(*[]float64)
			defer memory.Put(scaled)
			for r := range dst {
				weights := scale(scaled, logits[r*vocab:(r+1)*vocab], temperature)
				floats.AddConst(-floats.Max(weights), weights)
				for v, x := range weights {
					weights[v] = math.Exp(x)
				}
				dst[r] = int(distuv.NewCategorical(weights, src).Rand())
			}
			return nil
		},
	}
}
