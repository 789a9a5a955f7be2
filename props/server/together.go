package server

import (
	"fmt"
	"math"
)

// pool weighs the draws of all laws together, each once. A difference too small for the
// draws of one law may be large enough for those of all.
type pool struct {
	bets    *bets
	ratios  map[string]float64 // of the draw that is judged
	places  *learner
	tokens  *learner
	numbers []*histogram // in each order
}

// pooledPowers are the exponents that all draws together are compared at.
var pooledPowers = []float64{0.5, 0.7, 0.84, 0.91, 0.95, 1.05, 1.1, 1.2, 1.43, 2}

// mixtures are shares of draws that are made at an exponent, and the others as they must.
var mixtures = []struct{ share, power float64 }{{0.15, 0.33}, {0.15, 3}, {0.3, 0.33}, {0.3, 3}, {0.05, 0}, {0.1, 20}}

// pooledBets are the names of all bets of a pool in the order in which stake has them.
var pooledBets = func() (names []string) {
	for _, c := range pooledPowers {
		names = append(names, atPower(c))
	}
	for _, m := range mixtures {
		names = append(names, fmt.Sprintf("a share of %.3g of the draws has its probabilities to the power of %.3g", m.share, m.power))
	}
	names = append(names, uneven[0], uneven[1])
	return append(names, ignored, places, anywhere, tail, share)
}()

var uneven = in("some uniform numbers come too often, others too rarely")

const anywhere = "some tokens come too often wherever they can, others too rarely"

func newPool() *pool {
	return &pool{&bets{logM: map[string]float64{}, others: len(pooledBets)}, map[string]float64{}, newLearner(), newLearner(), []*histogram{{}, {}}}
}

// stake takes one draw in.
func (p *pool) stake(row row, orders [][]int, temperature float64, request string) {
	ratios := p.ratios
	clear(ratios)
	for i, c := range pooledPowers {
		ratios[pooledBets[i]] = row.power(c)
	}
	for i, m := range mixtures {
		ratios[pooledBets[len(pooledPowers)+i]] = 1 - m.share + m.share*row.power(m.power)
	}
	row.stakeRanks(temperature, p.places, ratios)
	name := func(i int) string { return row.names[i] }
	ratios[anywhere] = row.tilt(func(i int) float64 { return p.tokens.weight(name(i)) })
	for o, order := range orders {
		low, high := row.interval(order)
		ratios[uneven[o]] = p.numbers[o].ratio(low, high)
	}
	p.bets.stake(ratios, request)
	p.places.learn(row, place)
	p.tokens.learn(row, name)
}

// histogram bets that uniform numbers go on to lie where they have lain.
type histogram struct {
	seen  [16]float64
	draws float64
}

// ratio is the mean in an interval of the density that it expects: there where a sixteenth
// of n numbers and 2 more were seen it is 1. It takes the interval in.
func (h *histogram) ratio(low, high float64) float64 {
	if high-low < 1e-9 {
		return 1
	}
	bins, ratio := float64(len(h.seen)), 0.0
	for i := range h.seen {
		from, to := float64(i)/bins, float64(i+1)/bins
		part := math.Max(0, math.Min(high, to)-math.Max(low, from)) / (high - low)
		ratio += part * (h.seen[i] + 2) / (h.draws/bins + 2)
		h.seen[i] += part
	}
	h.draws++
	return ratio
}

// drawsTogether says what the draws of all laws before it are worth together.
func (r *run) drawsTogether() (outcome, error) {
	if absent := r.hidden(); absent != "" {
		return outcome{absent: absent}, nil
	}
	return r.pool.bets.outcome(), nil
}
