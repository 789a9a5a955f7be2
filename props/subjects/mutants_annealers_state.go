package subjects

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"temper/props/verdict"
	"temper/reference/sequence"
)

// rememberingAnnealers keep the distribution under keys that are too short.
func rememberingAnnealers() []mutant[sequence.SequenceAnnealer] {
	type key struct {
		m           sequence.Model
		prompt      string
		end, limit  int
		temperature float64
	}
	whole := func(r request) key { return key{r.m, fmt.Sprint(r.prompt), r.end, r.limit, r.temperature} }
	var mutants []mutant[sequence.SequenceAnnealer]
	add := func(cause string, shorten func(k *key, r request)) {
		type answer struct {
			distribution sequence.Distribution
			logZ         float64
		}
		var answers sync.Map
		mutants = append(mutants, mutant[sequence.SequenceAnnealer]{"state", "derived", "remembers " + cause, guarded(func(dst [][]int, r request) (float64, error) {
			k := whole(r)
			shorten(&k, r)
			known, ok := answers.Load(k)
			if !ok {
				distribution, logZ, err := sequence.WholeSequence(r.m, r.prompt, r.end, r.limit, r.temperature)
				if err != nil {
					return 0, err
				}
				known = answer{distribution, logZ}
				answers.Store(k, known)
			}
			a := known.(answer)
			weights := make([]float64, len(a.distribution))
			for i, c := range a.distribution {
				weights[i] = c.LogProb
			}
			for i := range dst {
				dst[i] = slices.Clone(a.distribution[choose(weights, r.src)].Tokens)
			}
			return a.logZ, nil
		}), verdict.Must})
	}
	add("models of a size for one another", func(k *key, r request) { k.m = nil; k.end += 100 * r.m.VocabSize() })
	add("prompts by their length", func(k *key, r request) { k.prompt = fmt.Sprint(len(r.prompt)) })
	add("prompts by their last token", func(k *key, r request) { k.prompt = fmt.Sprint(r.prompt[max(0, len(r.prompt)-1):]) })
	add("prompts by their first two tokens", func(k *key, r request) { k.prompt = fmt.Sprint(len(r.prompt), r.prompt[:min(2, len(r.prompt))]) })
	add("whatever the limit", func(k *key, r request) { k.limit = 0 })
	add("whatever the temperature", func(k *key, r request) { k.temperature = 0 })
	add("temperatures in float16 steps of 1/4", func(k *key, r request) { k.temperature = math.Round(4 * k.temperature) })
	return mutants
}
