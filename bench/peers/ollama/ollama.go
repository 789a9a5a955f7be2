// Package ollama is the sampler of github.com/ollama/ollama as
// [reference.Kernels], called as its runner calls it. It takes cgo, a C++ compiler
// and minutes to build: a module of its own.
package ollama

import (
	"math/rand/v2"

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
