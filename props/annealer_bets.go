package props

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"temper/reference"
)

// farEvidence bets on many faults at once. A bet is the product, over draws, of how much
// more probable each is under something that a sampler may do wrong than under the law. Its
// mean is 1 under the law. Each fault is bet on in all problems together, in those of one
// class alone, and in one problem. The mean of all bets is one e-process: it reaches 1/α
// with probability at most α under the law.
//
// Problems of one class share a bet, so that a temperature that is 10 % off wins a little
// in each of them and enough in all.
type farEvidence struct {
	faults map[fault]int // the place of each fault in a ledger
	names  []fault
	books  map[string]*ledger // by class
	r      *rand.Rand         // of the randomised quantiles
}

// A fault is what draws may have about them, words and how far back they look.
type fault struct {
	subject, predicate string
	lag                int
}

func (f fault) String() string {
	if f.lag > 0 {
		return fmt.Sprintf("%s %s %d before", f.subject, f.predicate, f.lag)
	}
	return f.subject + " " + f.predicate
}

// A ledger holds the logarithms of the bets of a class, by fault.
type ledger struct {
	class string
	logM  []float64
}

// mostBets is the number of bets, those that are never made included: about 230 faults in
// 55 classes and problems, and 10 of each place of a call. It is fixed before the first draw.
const mostBets = 1 << 15

func newFarEvidence() *farEvidence {
	return &farEvidence{map[fault]int{}, nil, map[string]*ledger{}, rand.New(rand.NewPCG(1, 13))}
}

// ledgers are those of classes.
func (e *farEvidence) ledgers(classes ...string) []*ledger {
	var books []*ledger
	for _, class := range classes {
		if e.books[class] == nil {
			e.books[class] = &ledger{class: class}
		}
		books = append(books, e.books[class])
	}
	return books
}

// win multiplies the bets on a fault by exp(logFactor).
func (e *farEvidence) win(books []*ledger, f fault, logFactor float64) {
	place, ok := e.faults[f]
	if !ok {
		place = len(e.names)
		e.faults[f], e.names = place, append(e.names, f)
	}
	for _, book := range books {
		for len(book.logM) <= place {
			book.logM = append(book.logM, 0)
		}
		book.logM[place] += logFactor
	}
}

// mean is the logarithm of the mean of all bets, and the one that won most.
func (e *farEvidence) mean() (logM, most float64, best string) {
	var logs []float64
	for _, class := range slices.Sorted(maps.Keys(e.books)) {
		for place, won := range e.books[class].logM {
			if logs = append(logs, won); won > most {
				most, best = won, fmt.Sprintf("%s, %v", class, e.names[place])
			}
		}
	}
	if len(logs) > mostBets {
		panic("more bets than were to be made")
	}
	sum, err := reference.LogPartition(append(logs, math.Log(float64(mostBets-len(logs)+1))), 1)
	if err != nil {
		panic(err) // one of them is finite
	}
	return sum - math.Log(mostBets+1), most, best
}

// verdict names the fault that was bet on best, if the evidence is damning.
func (e *farEvidence) verdict() error {
	if logM, most, best := e.mean(); logM >= -math.Log(falseAlarm) {
		return fmt.Errorf("draws do not come as they should: it is as if, in %s (evidence exp(%.4g))", best, most)
	}
	return nil
}

// rivals are temperatures that a sampler may use for the whole sequence; the first is the
// right one.
func (p farProblem) rivals() (temperatures []float64, names []string) {
	t := p.temperature
	if math.IsInf(t, 1) {
		return []float64{t, 1}, []string{"", "is 1"}
	}
	return []float64{t, 1.1 * t, t / 1.1, 1.3 * t, t / 1.3, 1, t * t, 1 / t, math.Inf(1)}, []string{
		"", "is 1.1·T", "is T/1.1", "is 1.3·T", "is T/1.3",
		"is 1", "is T²", "is 1/T", "is +Inf",
	}
}

// A farDraw is a completion with what the law says of it.
type farDraw struct {
	tokens    []int
	logp      float64   // log π of it
	quantile  float64   // F(x−) + v·π(x) in lexicographic order, v uniform
	quantiles []float64 // of each token given those before
}

// take bets on one draw, and returns it for the bets of those to come.
func (e *farEvidence) take(p farProblem, tree *branch, books []*ledger, tokens []int) (farDraw, error) {
	branches, taken, err := tree.path(tokens)
	if err != nil {
		return farDraw{}, err
	}
	draw, tilts, previous := farDraw{tokens: tokens}, newTilts(), -1
	if n := len(p.prompt); n > 0 {
		previous = p.prompt[n-1]
	}
	temperatures, names := p.rivals()
	whole, perStep, before, left := make([]float64, len(temperatures)), 0.0, 0.0, 1.0
	for step, b := range branches {
		law, local := b.laws(taken[step], temperatures, p.temperature)
		for k := range law {
			whole[k] += law[k] - law[0]
		}
		perStep += local.annealed - law[0]
		smaller := 0.0
		for i := range taken[step] {
			smaller += math.Exp(b.weight(i, 0, temperatures[0]) - b.logZ[0])
		}
		before, left = before+left*smaller, left*math.Exp(law[0])
		draw.quantiles = append(draw.quantiles, smaller+e.r.Float64()*math.Exp(law[0]))
		draw.logp += law[0]
		tilts.add(b, taken[step], previous, p)
		previous = tokens[step]
		e.betOnStep(books, step, p.limit, law, local, names)
	}
	draw.quantile = before + e.r.Float64()*left
	e.betOnBits(books, before, left)
	for k := 1; k < len(whole); k++ {
		e.win(books, fault{"the temperature", names[k], 0}, mixed(trust, whole[k]))
	}
	e.win(books, fault{"each token", "is annealed by itself", 0}, mixed(trust, perStep))
	for i, f := range features {
		e.win(books, fault{f.name, "come more often", 0}, mixed(trust, tilts.more[i]))
		e.win(books, fault{f.name, "come less often", 0}, mixed(trust, tilts.less[i]))
	}
	return draw, nil
}

// betOnBits bets that the completion at which F passes u was taken, for a u that is a
// multiple of 2^−b: a completion then comes as often as multiples lie in its interval.
func (e *farEvidence) betOnBits(books []*ledger, before, p float64) {
	for _, bits := range []int{8, 10, 12, 16} {
		scale := math.Ldexp(1, bits)
		multiples := math.Ceil((before+p)*scale) - math.Ceil(before*scale)
		e.win(books, fault{"uniform numbers", fmt.Sprintf("have %d bits", bits), 0}, mixed(trust, math.Log(multiples/scale/p)))
	}
}

// localLaws are what a token has without a look ahead, in logarithms.
type localLaws struct{ annealed, model, uniform, greedy float64 }

// laws are log π_k(v | c), and the local ones.
func (b *branch) laws(index int, temperatures []float64, t float64) (law []float64, local localLaws) {
	law = make([]float64, len(temperatures))
	for k, t := range temperatures {
		law[k] = b.weight(index, k, t) - b.logZ[k]
	}
	annealed, best := 0.0, 0
	for i, logp := range b.logp {
		annealed += math.Exp((logp - b.logp[index]) / t)
		if b.weight(i, 0, t) > b.weight(best, 0, t) {
			best = i
		}
	}
	local = localLaws{-math.Log(annealed), b.logp[index], -math.Log(float64(len(b.tokens))), math.Inf(-1)}
	if best == index {
		local.greedy = 0
	}
	return law, local
}

// betOnStep bets on a token. The last one is that before the limit: where end comes is not
// known beforehand.
func (e *farEvidence) betOnStep(books []*ledger, step, limit int, law []float64, local localLaws, names []string) {
	places := []string{[]string{"the first token", "the second token", "the third token", "a later token"}[min(step, 3)]}
	if step == limit-1 && step > 0 {
		places = append(places, "the last token")
	}
	for _, place := range places {
		e.win(books, fault{place, "is annealed by itself", 0}, mixed(trust, local.annealed-law[0]))
		e.win(books, fault{place, "is not annealed", 0}, mixed(trust, local.model-law[0]))
		e.win(books, fault{place, "is any possible one", 0}, mixed(trust, local.uniform-law[0]))
		e.win(books, fault{place, "is the most probable one", 0}, mixed(trust, local.greedy-law[0]))
		for k := 3; k < min(5, len(law)); k++ {
			e.win(books, fault{place, "has a temperature that " + names[k], 0}, mixed(trust, law[k]-law[0]))
		}
	}
}

// lags is how far back the quantile of a draw is compared; equal draws are looked for
// further back too.
const lags = 8

var copyLags = []int{1, 2, 3, 4, 5, 6, 7, 8, 16, 32, 64, 128}

// relate bets on what a draw has in common with those before it: of the same call, the
// first ones of earlier, and of earlier calls with the same source.
func (e *farEvidence) relate(books []*ledger, earlier []farDraw, call int, draw farDraw) {
	copied := func(share float64, from farDraw) float64 {
		ratio := math.Inf(-1)
		if slices.Equal(from.tokens, draw.tokens) {
			ratio = -draw.logp
		}
		return mixed(1-share, ratio)
	}
	e.alike(books, "a draw", earlierQuantiles(earlier), draw.quantile)
	for _, lag := range copyLags {
		if lag > len(earlier) {
			break
		}
		e.win(books, fault{"a draw", "is the one", lag}, copied(0.2, earlier[len(earlier)-lag]))
	}
	if len(earlier) > 0 {
		e.win(books, fault{"a draw", "is another than the one", 1}, draw.halfAsOften(earlier[len(earlier)-1]))
		last := earlier[len(earlier)-1].quantiles
		for step := range min(len(last), len(draw.quantiles)) {
			e.agree(books, "a token", 0, last[step], draw.quantiles[step])
		}
	}
	here := earlier[len(earlier)-call:]
	if call == 0 {
		return
	}
	same := 0
	for _, d := range here {
		if slices.Equal(d.tokens, draw.tokens) {
			same++
		}
	}
	e.win(books, fault{"a draw", "is one of those of the call", 0}, math.Log(0.8+0.2*float64(same)/float64(call)*math.Exp(-draw.logp)))
	if call >= 64 { // of the longest calls alone
		return
	}
	at := e.ledgers(fmt.Sprintf("draw %d of a call", call))
	for lag := 1; lag <= min(lags, call); lag++ {
		e.win(at, fault{"it", "is the one", lag}, copied(0.8, here[call-lag]))
	}
	e.win(at, fault{"it", "is the first", 0}, copied(0.8, here[0]))
	e.win(at, fault{"it", "is the one half as far", 0}, copied(0.8, here[call/2]))
}

// halfAsOften is the logarithm of how much more probable a draw is if it is the one before only
// half as often as it should.
func (d farDraw) halfAsOften(before farDraw) float64 {
	p := math.Exp(before.logp)
	switch {
	case p > 1-1e-9:
		return 0
	case slices.Equal(d.tokens, before.tokens):
		return -math.Ln2
	}
	return math.Log1p(0.5 * p / (1 - p))
}

func earlierQuantiles(earlier []farDraw) []float64 {
	var last []float64
	for _, d := range earlier[max(0, len(earlier)-lags):] {
		last = append(last, d.quantile)
	}
	return last
}

// alike bets that a quantile depends on one of those before it.
func (e *farEvidence) alike(books []*ledger, what string, before []float64, u float64) {
	for lag := 1; lag <= min(lags, len(before)); lag++ {
		e.agree(books, what, lag, before[len(before)-lag], u)
	}
}

// agree bets that two quantiles are on the same side of ½, or as far from it, or not.
func (e *farEvidence) agree(books []*ledger, what string, lag int, u, v float64) {
	sides := math.Copysign(1, u-0.5) * math.Copysign(1, v-0.5)
	distances := math.Cos(2*math.Pi*u) * math.Cos(2*math.Pi*v)
	e.win(books, fault{what, "is on the side of the one", lag}, math.Log1p(0.9*sides))
	e.win(books, fault{what, "is on the other side than the one", lag}, math.Log1p(-0.9*sides))
	e.win(books, fault{what, "is as far from the middle as the one", lag}, math.Log1p(0.9*distances))
	e.win(books, fault{what, "is further from the middle than the one", lag}, math.Log1p(-0.9*distances))
}

// relateTokens bets that the tokens of one completion depend on one another beyond the law.
func (e *farEvidence) relateTokens(books []*ledger, draw farDraw) {
	for step, u := range draw.quantiles {
		e.alike(books, "a token of a completion", draw.quantiles[:step], u)
	}
}
