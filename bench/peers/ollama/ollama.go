// Package ollama is the Go sampler of github.com/ollama/ollama 0.6.5 as
// [reference.Kernels] and as [reference.Sampler], called as its runner calls it. It is
// history: Ollama removed it in May 2026 and samples by llama.cpp since. It takes cgo, a
// C++ compiler and minutes to build: a module of its own.
package ollama

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/ollama/ollama/sample"

	"temper/reference"
)

// Sampler draws with all tokens in play: no top-k, no top-p, no min-p. Its noise is
// its own, seeded with a word of the source for every call.
func Sampler() reference.Kernels {
	return reference.Kernels{
		Name: "ollama", Available: true,
		Draw: func(dst []int, logits []float32, src rand.Source, temperature float64) error {
			vocab, err := reference.Vocab(len(logits), len(dst))
			if err != nil {
				return err
			}
			const allTokens, allMass, noFloor = 0, 1, 0
			seed := int(src.Uint64() >> 1)
			sampler := sample.NewSampler(float32(temperature), allTokens, allMass, noFloor, seed, nil)
			for r := range dst {
				token, err := sampler.Sample(logits[r*vocab : (r+1)*vocab])
				if err != nil {
					return err
				}
				dst[r] = int(token)
			}
			return nil
		},
	}
}

// Cuts is the sampler with cuts, in Ollama's own order and with Ollama's own noise, seeded
// with a word of the source for every row. Its users give it one row and settings in
// float32: what is no batch or no setting is refused here, and T = +Inf is the largest
// float32.
func Cuts(reference.Convention) reference.Sampler {
	all := reference.Conventions()
	own := all[slices.IndexFunc(all, func(c reference.Convention) bool { return c.Name == "Ollama (Go, to May 2026)" })]
	return reference.Sampler{
		Name: "ollama", Available: true, Convention: own,
		Draw: func(dst []int, logits []float32, src rand.Source, how []reference.Sampling) error {
			vocab, err := reference.Vocab(len(logits), len(how))
			if err != nil {
				return err
			}
			if len(dst) != len(how) {
				return fmt.Errorf("%d places for %d rows: %w", len(dst), len(how), reference.ErrShape)
			}
			var bad reference.RowErrors
			for r, h := range how {
				err := own.Check(h)
				if err == nil {
					dst[r], err = draw(logits[r*vocab:(r+1)*vocab], src, h)
				}
				if err != nil {
					bad = append(bad, reference.RowError{Row: r, Err: err})
				}
			}
			return bad.Err()
		},
	}
}

func draw(row []float32, src rand.Source, how reference.Sampling) (int, error) {
	mass, seed := how.TopP, 0
	if mass == 0 {
		mass = 1
	}
	if how.Temperature > 0 {
		if err := reference.CheckSource(src); err != nil {
			return 0, err
		}
		seed = int(src.Uint64() >> 1)
	}
	temperature := min(how.Temperature, math.MaxFloat32)
	sampler := sample.NewSampler(float32(temperature), how.TopK, float32(mass), float32(how.MinP), seed, nil)
	token, err := sampler.Sample(row)
	return int(token), err
}
