package sequence

import (
	"math"
	"math/rand/v2"

	"temper/reference"
)

// chooser is the only source of randomness of a sampler or an accept rule. It returns
// index i with probability in proportion to exp(logWeights[i]). [everyRun] replaces it
// to enumerate all choices.
type chooser func(logWeights []float64) int

// chooseFrom returns a chooser that uses one word of src for each choice.
func chooseFrom(src rand.Source) chooser {
	return func(logWeights []float64) int {
		i, err := reference.DrawLog(logWeights, src, 1)
		if err != nil {
			panic(err) // one of the weights is above 0, and the source was checked
		}
		return i
	}
}

// everyRun runs f once for every sequence of random choices that it can make, and
// passes the probability of the run to what f returns. A distribution is then a sum
// over runs and needs no sampling.
func everyRun(f func(choose chooser) (visit func(probability float64))) {
	for script, more := []int{}, true; more; {
		var laws [][]float64
		probability := 1.0
		visit := f(func(logWeights []float64) int {
			law, err := softmax(logWeights, 1)
			if err != nil {
				panic(err) // one of the weights is above 0
			}
			if len(laws) == len(script) {
				script = append(script, nextPossible(law, 0))
			}
			choice := script[len(laws)]
			laws = append(laws, law)
			probability *= law[choice]
			return choice
		})
		visit(probability)
		more = false
		for len(script) > 0 && !more {
			last := len(script) - 1
			script[last] = nextPossible(laws[last], script[last]+1)
			if more = script[last] < len(laws[last]); !more {
				script = script[:last]
			}
		}
	}
}

// softmax returns exp(w/T) / Σ exp(w/T) for every log-weight w. Errors are those of
// [reference.AnnealLog].
func softmax(logWeights []float64, temperature float64) ([]float64, error) {
	p := make([]float64, len(logWeights))
	if err := reference.AnnealLog(p, logWeights, temperature); err != nil {
		return nil, err
	}
	for i, logp := range p {
		p[i] = math.Exp(logp)
	}
	return p, nil
}

func nextPossible(law []float64, from int) int {
	for from < len(law) && law[from] == 0 {
		from++
	}
	return from
}
