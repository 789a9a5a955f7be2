package props

import "math"

// features are kinds of tokens that a sampler may draw too often or too rarely.
var features = []struct {
	name string
	has  func(index, of, token, before int, p farProblem) bool
}{
	{"tokens of the upper half", func(_, _, token, _ int, p farProblem) bool { return 2*token >= p.model.VocabSize() }},
	{"tokens from the fourth on", func(_, _, token, _ int, _ farProblem) bool { return token > 2 }},
	{"tokens from the fifth on", func(_, _, token, _ int, _ farProblem) bool { return token > 3 }},
	{"tokens from the sixth on", func(_, _, token, _ int, _ farProblem) bool { return token > 4 }},
	{"tokens from the seventh on", func(_, _, token, _ int, _ farProblem) bool { return token > 5 }},
	{"first tokens of the vocabulary", func(_, _, token, _ int, _ farProblem) bool { return token == 0 }},
	{"last tokens of the vocabulary", func(_, _, token, _ int, p farProblem) bool { return token == p.model.VocabSize()-1 }},
	{"first possible tokens", func(index, _, _, _ int, _ farProblem) bool { return index == 0 }},
	{"last possible tokens", func(index, of, _, _ int, _ farProblem) bool { return index == of-1 }},
	{"tokens like the one before", func(_, _, token, before int, _ farProblem) bool { return token == before }},
	{"ends", func(_, _, token, _ int, p farProblem) bool { return token == p.end }},
}

// tilts are log q/p of a completion, where q has the tokens of a feature e^(0.35) times as
// often as π, or e^(−0.35) times, before it is normalised at each step.
type tilts struct{ more, less []float64 }

func newTilts() tilts {
	return tilts{make([]float64, len(features)), make([]float64, len(features))}
}

// add takes in a token, and the one before it, which is −1 at the beginning.
func (t tilts) add(b *branch, taken, before int, p farProblem) {
	const tilt = 0.35
	for f, feature := range features {
		mass := 0.0
		for i, token := range b.tokens {
			if feature.has(i, len(b.tokens), token, before, p) {
				mass += math.Exp(b.weight(i, 0, p.temperature) - b.logZ[0])
			}
		}
		own := 0.0
		if feature.has(taken, len(b.tokens), b.tokens[taken], before, p) {
			own = tilt
		}
		t.more[f] += own - math.Log1p(mass*math.Expm1(tilt))
		t.less[f] += -own - math.Log1p(mass*math.Expm1(-tilt))
	}
}
