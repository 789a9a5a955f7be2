package props

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// levelled is a row of log-weights in which the tokens of a large vocabulary share a few
// values, so that its distribution at any temperature takes a few dozen exponentials. In
// a row of up to 64 tokens every token has a value of its own.
type levelled struct {
	weights []float64 // of each level; −Inf: its tokens are masked
	level   []uint8   // of each token
	count   []int     // tokens of each level
}

// mostLevels bounds the levels of a row.
const mostLevels = 64

// newLevelled puts the tokens into the levels of their log-weights.
func newLevelled(weights []float64, level []uint8) levelled {
	l := levelled{weights, level, make([]int, len(weights))}
	for _, i := range level {
		l.count[i]++
	}
	return l
}

// logProbs returns log p_T of one token of each level.
func (l levelled) logProbs(temperature float64) []float64 {
	top := math.Inf(-1)
	for i, w := range l.weights {
		if l.count[i] > 0 {
			top = math.Max(top, w)
		}
	}
	logp, total := make([]float64, len(l.weights)), 0.0
	for i, w := range l.weights {
		switch {
		case math.IsInf(w, -1) || l.count[i] == 0:
			logp[i] = math.Inf(-1)
		case math.IsInf(temperature, 1):
			logp[i] = 0
		case temperature == 0 && w < top:
			logp[i] = math.Inf(-1)
		case temperature == 0:
			logp[i] = 0
		default:
			logp[i] = (w - top) / temperature
		}
		total += float64(l.count[i]) * math.Exp(logp[i])
	}
	for i := range logp {
		logp[i] -= math.Log(total)
	}
	return logp
}

// before returns the probability of the tokens before this one: in the order of the
// vocabulary, and from the most probable level to the least, by index within a level. logp
// is that of [levelled.logProbs].
func (l levelled) before(token int, logp []float64) (byIndex, byRank float64) {
	var earlier [mostLevels]int
	for _, i := range l.level[:token] {
		earlier[i]++
	}
	own := l.level[token]
	for i, x := range logp {
		p := math.Exp(x)
		byIndex += float64(earlier[i]) * p
		if w := l.weights[own]; l.weights[i] > w || l.weights[i] == w && i < int(own) {
			byRank += float64(l.count[i]) * p
		}
	}
	return byIndex, byRank + float64(earlier[own])*math.Exp(logp[own])
}

// ends are the first and the last token that are not masked.
func (l levelled) ends() (first, last int) {
	possible := func(i uint8) bool { return !math.IsInf(l.weights[i], -1) }
	first = slices.IndexFunc(l.level, possible)
	for last = len(l.level) - 1; !possible(l.level[last]); last-- {
	}
	return first, last
}

// A profile makes the probabilities that a row of so many tokens has at its temperature,
// up to their sum, as logarithms of levels.
type profile struct {
	name string
	make func(vocab int, r *rand.Rand) levelled
}

// The profiles of rows, each for what it shows.
var profiles = []profile{
	{"spread", spread},             // a wrong row, and words used twice
	{"head and tail", headAndTail}, // a wrong temperature: Var(log p) is the largest there is
	{"heavy ends", heavyEnds},      // a first or last token that never comes
	{"masked", maskedHere},         // masked tokens at the ends, and in between
	{"flat", flat},                 // words used twice, and generators of too few words
}

// levelsOf spreads the tokens over the levels of a row: one each, if there are enough.
func levelsOf(vocab int, r *rand.Rand) (levels int, level []uint8) {
	levels, level = min(vocab, mostLevels), make([]uint8, vocab)
	for v := range level {
		if level[v] = uint8(v); vocab > levels {
			level[v] = uint8(r.IntN(levels))
		}
	}
	return levels, level
}

func spread(vocab int, r *rand.Rand) levelled {
	levels, level := levelsOf(vocab, r)
	weights := make([]float64, levels)
	for i := range weights {
		for weights[i] = 5; math.Abs(weights[i]) > 4; weights[i] = 2 * r.NormFloat64() {
		}
	}
	return newLevelled(weights, level)
}

// headAndTail has one token with the probability of all others together, which are nearly
// equal.
func headAndTail(vocab int, r *rand.Rand) levelled {
	levels, level := levelsOf(vocab, r)
	head := r.IntN(vocab)
	weights := make([]float64, levels)
	for i := range weights {
		weights[i] = 0.2 * r.Float64()
	}
	if vocab > levels {
		for v := range level {
			level[v] = uint8(1 + int(level[v])%(levels-1))
		}
		level[head] = 0
	}
	weights[level[head]] = math.Log(float64(max(1, vocab-1))) + 0.1
	return newLevelled(weights, level)
}

// heavyEnds has a quarter of the mass, or so, at each end.
func heavyEnds(vocab int, r *rand.Rand) levelled {
	l := spread(vocab, r)
	if vocab < 3 {
		return l
	}
	if vocab > mostLevels {
		for v := range l.level {
			l.level[v] = uint8(2 + int(l.level[v])%(mostLevels-2))
		}
		l.level[0], l.level[vocab-1] = 0, 1
	}
	total := 0.0
	for _, i := range l.level[1 : vocab-1] {
		total += math.Exp(l.weights[i])
	}
	l.weights[l.level[0]] = math.Log(total/2) + 0.1*r.Float64()
	l.weights[l.level[vocab-1]] = math.Log(total/2) - 0.1*r.Float64()
	return newLevelled(l.weights, l.level)
}

// maskedHere is a spread row with up to half of its tokens masked: the first, the last, or
// every third one.
func maskedHere(vocab int, r *rand.Rand) levelled {
	l := spread(vocab, r)
	if vocab < 3 {
		return l
	}
	if vocab > mostLevels { // level 0 is for the masked
		for v := range l.level {
			l.level[v] = uint8(1 + int(l.level[v])%(mostLevels-1))
		}
	}
	masked := 1 + r.IntN(vocab/2)
	from, step := 0, 1
	switch r.IntN(3) {
	case 0:
		from = vocab - masked
	case 1:
		step, masked = 3, vocab
	}
	for v := from; v < min(vocab, from+masked*step); v += step {
		if vocab > mostLevels {
			l.level[v] = 0
		}
		l.weights[l.level[v]] = math.Inf(-1)
	}
	return newLevelled(l.weights, l.level)
}

func flat(vocab int, r *rand.Rand) levelled {
	levels, level := levelsOf(vocab, r)
	weights := make([]float64, levels)
	for i := range weights {
		weights[i] = 1e-3 * float64(i)
	}
	return newLevelled(weights, level)
}

// heated is the row whose distribution at a temperature is that of l at T = 1. Where T is
// large the probabilities are drawn together, so that none differs from another by more
// than most in log p: in float32 exp(−80) is still a normal number.
func (l levelled) heated(temperature, most float64) levelled {
	finite := slices.DeleteFunc(slices.Clone(l.weights), func(w float64) bool { return math.IsInf(w, -1) })
	spread := slices.MaxFunc(finite, cmp.Compare[float64]) - slices.MinFunc(finite, cmp.Compare[float64])
	factor := math.Min(temperature, most/math.Max(spread, 1e-300))
	weights := make([]float64, len(l.weights))
	for i, w := range l.weights {
		weights[i] = w * factor
	}
	return levelled{weights, l.level, l.count}
}

// withShare gives one token a level of its own, with this share of the mass.
func (l levelled) withShare(token int, share float64) levelled {
	if len(l.level) > mostLevels {
		const own = mostLevels - 1
		for v, i := range l.level {
			if i == own {
				l.level[v] = own - 1
			}
		}
		l.level[token] = own
	}
	total := 0.0
	for v, i := range l.level {
		if v != token {
			total += math.Exp(l.weights[i])
		}
	}
	l.weights[l.level[token]] = math.Log(total) + math.Log(share/(1-share))
	return newLevelled(l.weights, l.level)
}
