package subjects

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"temper/reference"
)

// drawControls are correct samplers that spend randomness their own way. They
// provide Draw alone: only the first inverts a distribution function in vocabulary
// order.
func drawControls() []reference.Kernels {
	sampler := func(style string, draw func(p []float64, src rand.Source) int) reference.Kernels {
		k := with(func(s *plain) {
			s.draw = func(p []float64, src rand.Source, s plain) int {
				if slices.Max(p) == 1 {
					return slices.Index(p, 1)
				}
				return draw(p, src)
			}
		})
		return named(style, reference.Kernels{Draw: k.Draw})
	}
	return []reference.Kernels{
		named("vocabulary order", reference.Kernels{Draw: newPlain().kernels().Draw}),
		sampler("Gumbel noise", gumbelMax),
		sampler("exponential race in float32", exponentialRace),
		sampler("alias table", aliasTable),
		sampler("most probable first", mostProbableFirst),
	}
}

// positive is a uniform number of (0, 1): its logarithm is finite.
func positive(src rand.Source) float64 {
	return (float64(src.Uint64()>>12) + 0.5) * 0x1p-52
}

// gumbelMax is the argmax of log p + Gumbel noise.
func gumbelMax(p []float64, src rand.Source) int {
	best, highest := -1, math.Inf(-1)
	for v, x := range p {
		if x == 0 {
			continue
		}
		if key := math.Log(x) - math.Log(-math.Log(positive(src))); key > highest {
			best, highest = v, key
		}
	}
	return best
}

// exponentialRace is the argmax of p/e, e exponential and never 0.
func exponentialRace(p []float64, src rand.Source) int {
	best, highest := -1, float32(-1)
	for v, x := range p {
		if x == 0 {
			continue
		}
		noise := max(float32(-math.Log(positive(src))), 0x1p-126)
		if key := float32(x) / noise; key > highest {
			best, highest = v, key
		}
	}
	return best
}

// aliasTable splits the unit interval into columns of equal width, each shared by
// at most two tokens (Vose, 1991): one word chooses the column, one the token.
func aliasTable(p []float64, src rand.Source) int {
	tokens, height := make([]int, 0, len(p)), make([]float64, 0, len(p))
	for v, x := range p {
		if x > 0 { // what cannot come gets no column
			tokens, height = append(tokens, v), append(height, x)
		}
	}
	var small, large []int
	total := sum(height)
	for c := range height {
		if height[c] *= float64(len(height)) / total; height[c] < 1 {
			small = append(small, c)
		} else {
			large = append(large, c)
		}
	}
	alias := make([]int, len(height))
	for len(small) > 0 && len(large) > 0 {
		low, high := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		alias[low] = high
		if height[high] -= 1 - height[low]; height[high] < 1 {
			large = large[:len(large)-1]
			small = append(small, high)
		}
	}
	for _, c := range slices.Concat(small, large) { // what rounding left over
		height[c] = 1
	}
	column := rand.New(src).IntN(len(height))
	if reference.Uniform(src) < height[column] {
		return tokens[column]
	}
	return tokens[alias[column]]
}

// mostProbableFirst inverts the distribution function in descending order.
func mostProbableFirst(p []float64, src rand.Source) int {
	tokens := make([]int, 0, len(p))
	for v, x := range p {
		if x > 0 {
			tokens = append(tokens, v)
		}
	}
	slices.SortFunc(tokens, func(u, v int) int { return cmp.Or(cmp.Compare(p[v], p[u]), u-v) })
	sorted := make([]float64, len(tokens))
	for i, v := range tokens {
		sorted[i] = p[v]
	}
	return tokens[firstAbove(sorted, reference.Uniform(src))]
}
