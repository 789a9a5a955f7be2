package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// tokenLaw is the exact distribution of a token, and the ones that it has under each wrong
// temperature.
type tokenLaw struct {
	levelled
	logp        []float64   // of each level
	wrong       [][]float64 // of each wrong temperature and level
	first, last int         // tokens that are not masked
	end         int         // −1: none
}

func newTokenLaw(l levelled, temperature float64) *tokenLaw {
	t := &tokenLaw{levelled: l, logp: l.logProbs(temperature), end: -1}
	for _, w := range wrongTemperatures {
		t.wrong = append(t.wrong, l.logProbs(w.instead(temperature)))
	}
	t.first, t.last = l.ends()
	return t
}

// logProb is log p of a token.
func (t *tokenLaw) logProb(token int) float64 { return t.logp[t.level[token]] }

// A wrongTemperature is what a sampler may take instead of T.
type wrongTemperature struct {
	name    string
	instead func(t float64) float64
}

var wrongTemperatures = []wrongTemperature{
	{"the temperature is ignored", func(float64) float64 { return 1 }},
	{"the most probable token is taken", func(float64) float64 { return 0 }},
	{"every possible token is as likely", func(float64) float64 { return math.Inf(1) }},
	{"the temperature is applied twice", func(t float64) float64 { return t * t }},
	{"the temperature is inverted", func(t float64) float64 { return 1 / t }},
	{"the temperature is rounded to one decimal", func(t float64) float64 { return math.Max(0.1, math.Round(10*t)/10) }},
	{"the temperature is 100", func(float64) float64 { return 100 }},
	{"the temperature is 1000", func(float64) float64 { return 1000 }},
	{"the temperature is a million", func(float64) float64 { return 1e6 }},
	{"the temperature is 25 % higher", func(t float64) float64 { return t * 1.25 }},
	{"the temperature is 20 % lower", func(t float64) float64 { return t / 1.25 }},
	{"the temperature is 10 % higher", func(t float64) float64 { return t * 1.1 }},
	{"the temperature is 9 % lower", func(t float64) float64 { return t / 1.1 }},
	{"the temperature is 3 % higher", func(t float64) float64 { return t * 1.03 }},
	{"the temperature is 3 % lower", func(t float64) float64 { return t / 1.03 }},
}

// placed is a token drawn, with its randomised quantiles: F(x−1) + v·p(x) with v uniform, which is
// uniform under the law whatever the distribution, in the order of the vocabulary and in
// that of the probabilities.
type placed struct {
	token           int
	byIndex, byRank float64
}

// quantileOrders name the two.
var quantileOrders = []string{"in the order of the vocabulary", "from the most probable token on"}

// tokenBets are bets on a token of which everything is known.
type tokenBets struct {
	*wagers
	lags, contexts []string
	random         *rand.Rand // for the quantiles
	ratios         []float64
}

// newTokenBets bets on wrong temperatures, missing ends, words used again after each lag,
// and wrong contexts.
func newTokenBets(factors []factor, lags, contexts []string, seed uint64) *tokenBets {
	var names []string
	for _, w := range wrongTemperatures {
		names = append(names, "it is as if "+w.name)
	}
	for _, o := range oddities {
		names = append(names, o.name)
	}
	for _, lag := range lags {
		for _, what := range []string{"the token of %s comes again", "the place in the vocabulary is that of %s", "the place in the vocabulary is that of %s from the other end",
			"the rank is that of %s", "the place in the vocabulary is near that of %s", "the place in the vocabulary is far from that of %s"} {
			names = append(names, fmt.Sprintf(what, lag))
		}
	}
	for _, context := range contexts {
		names = append(names, "it is as if the context "+context)
	}
	return &tokenBets{newWagers(factors, names, quantileOrders), lags, contexts, rand.New(rand.NewPCG(seed, 11)), make([]float64, len(names))}
}

// mixed is the logarithm of trust + (1 − trust) · ratio, the ratio given as a logarithm.
func mixed(trust, logRatio float64) float64 {
	if logRatio > 600 { // exp overflows; 600 nats settle the matter
		return 600
	}
	return math.Log(trust + (1-trust)*math.Exp(logRatio))
}

// trust is the share of the law in every bet, so that no token multiplies a product by
// less; again that in the bets on words used again, which most often lose.
const (
	trust = 0.1
	again = 0.5
)

// see takes a token in, which has to be possible. earlier are the ones that the lags lead
// to, contexts the laws under wrong contexts; nil says nothing.
func (b *tokenBets) see(law *tokenLaw, token int, conditions []int, earlier []*placed, contexts []*tokenLaw) *placed {
	logp := law.logProb(token)
	beforeIndex, beforeRank := law.before(token, law.logp)
	p := math.Exp(logp)
	d := &placed{token, beforeIndex + b.random.Float64()*p, beforeRank + b.random.Float64()*p}
	b.ratios = b.ratios[:0]
	for _, wrong := range law.wrong {
		ratio := 0.0
		if q := wrong[law.level[token]]; q != logp {
			ratio = mixed(trust, q-logp)
		}
		b.ratios = append(b.ratios, ratio)
	}
	b.ratios = append(b.ratios, law.odd(token)...)
	for _, past := range earlier {
		b.ratios = append(b.ratios, law.repeats(d, past)...)
	}
	for _, context := range contexts {
		ratio := 0.0
		if context != nil && context != law {
			ratio = mixed(trust, context.logProb(token)-logp)
		}
		b.ratios = append(b.ratios, ratio)
	}
	b.stake(conditions, b.ratios, d.byIndex, d.byRank)
	return d
}

// An oddity is a token that comes so many times as often as it should.
type oddity struct {
	name  string
	token func(t *tokenLaw) int // −1: there is none
	times float64
}

var oddities = []oddity{
	{"the first possible token never comes", func(t *tokenLaw) int { return t.first }, 0},
	{"the first possible token comes twice as often", func(t *tokenLaw) int { return t.first }, 2},
	{"the last possible token never comes", func(t *tokenLaw) int { return t.last }, 0},
	{"the last possible token comes twice as often", func(t *tokenLaw) int { return t.last }, 2},
	{"the end comes half as often", func(t *tokenLaw) int { return t.end }, 0.5},
	{"the end comes twice as often", func(t *tokenLaw) int { return t.end }, 2},
}

// odd are the ratios of the bets on oddities. The other tokens share what is left.
func (t *tokenLaw) odd(token int) []float64 {
	ratios := make([]float64, len(oddities))
	for i, o := range oddities {
		odd := o.token(t)
		if odd < 0 {
			continue
		}
		p := math.Exp(t.logProb(odd))
		q := math.Min(o.times*p, (1+p)/2)
		switch {
		case p > 1-1e-9 || p < 1e-9:
		case token == odd:
			ratios[i] = mixed(trust, math.Log(q/p))
		default:
			ratios[i] = mixed(trust, math.Log((1-q)/(1-p)))
		}
	}
	return ratios
}

// repeats are the ratios of the bets that a token repeats an earlier one: as a token, by
// its bin of quantiles from either end and by rank, or by correlation.
func (t *tokenLaw) repeats(d, past *placed) []float64 {
	ratios := make([]float64, 6)
	if past == nil {
		return ratios
	}
	if logp := t.logProbIn(past.token); !math.IsInf(logp, -1) {
		ratio := math.Inf(-1)
		if past.token == d.token {
			ratio = -logp
		}
		ratios[0] = mixed(again, ratio)
	}
	same := func(u, before float64) float64 {
		if int(u*quantileBins) == int(before*quantileBins) {
			return mixed(again, math.Log(quantileBins))
		}
		return math.Log(again)
	}
	ratios[1] = same(d.byIndex, past.byIndex)
	ratios[2] = same(d.byIndex, 1-past.byIndex)
	ratios[3] = same(d.byRank, past.byRank)
	together := (1 - trust) * (2*d.byIndex - 1) * (2*past.byIndex - 1)
	ratios[4], ratios[5] = math.Log1p(together), math.Log1p(-together)
	return ratios
}

// logProbIn is log p of a token that may lie outside the vocabulary.
func (t *tokenLaw) logProbIn(token int) float64 {
	if token >= len(t.level) {
		return math.Inf(-1)
	}
	return t.logProb(token)
}

// classOf is the first class whose bound is at least x.
func classOf[N int | float64](x N, bounds ...N) int {
	i := slices.IndexFunc(bounds, func(bound N) bool { return x <= bound })
	if i < 0 {
		return len(bounds)
	}
	return i
}
