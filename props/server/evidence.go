package server

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"temper/props/verdict"
)

// The budget of false alarms: a run accuses a correct server with a probability of at
// most 1e-6. Sixteen Must laws judge draws, by one e-process each with falseAlarm; together
// 8e-7. No other Must law is statistical: their margins are assumptions, which the page
// of this folder lists.
const falseAlarm = 5e-8

// bets is an e-process: a weighted mean of products of ratios, one product for each bet. The
// ratio of a bet at one draw has a mean of at most 1 under the law given everything
// before the draw and the draw's own list. So the mean of the products exceeds 1/α with
// probability at most α, whenever one stops (Ville's inequality).
type bets struct {
	logM   map[string]float64
	favour string // the bet that has half the weight, "" for none
	others int    // bets besides it, which share the rest
	draws  int
	worst  string // the last draw that the leading bet won on, as a request
	path   []verdict.Point
	most   float64 // of the evidence so far, from the bound on
	proof  string  // what was found then
}

const mostBets = 46 // that an e-process has besides the favoured one

// nextPoint is by how much farther a point of a path is than the one before, so that a path
// of 700 draws has some 130 points.
const nextPoint = 1.03

func newBets(favour string) *bets {
	return &bets{logM: map[string]float64{}, favour: favour, others: mostBets}
}

// stake takes the ratios of one draw in. A bet that is not on this draw has the ratio 1.
func (b *bets) stake(ratios map[string]float64, request string) {
	b.draws++
	for name, ratio := range ratios {
		b.logM[name] += math.Log(ratio)
	}
	if len(b.logM) > b.others+1 {
		panic(fmt.Sprintf("%d bets have a weight, and there are %d", b.others+1, len(b.logM)))
	}
	name, logM := b.best()
	if math.Log(ratios[name]) > 0 {
		b.worst = request
	}
	at := verdict.Point{Draws: b.draws, LogE: b.evidence()}
	b.mark(at)
	if at.LogE >= max(b.most, -math.Log(falseAlarm)) {
		b.most = at.LogE
		b.proof = fmt.Sprintf("%s: evidence exp(%.1f) in %d draws\n%s", name, logM, b.draws, b.worst)
	}
}

// mark adds a point to the path. The last one is always that of the last draw.
func (b *bets) mark(at verdict.Point) {
	if n := len(b.path); n > 1 && float64(b.path[n-1].Draws) < nextPoint*float64(b.path[n-2].Draws) {
		b.path = b.path[:n-1]
	}
	if !math.IsInf(at.LogE, 0) {
		b.path = append(b.path, at)
	}
}

// worth is what the bets are worth, nil where nothing was bet.
func (b *bets) worth() *verdict.Evidence {
	if b.draws == 0 {
		return nil
	}
	worth := &verdict.Evidence{Draws: b.draws, Paths: []verdict.Path{{Bound: -math.Log(falseAlarm), Points: b.path}}}
	for _, name := range slices.Sorted(maps.Keys(b.logM)) {
		if logM := b.logM[name]; !math.IsInf(logM, 0) {
			worth.Bets = append(worth.Bets, verdict.Bet{Defect: name, LogE: logM})
		}
	}
	return worth
}

// outcome is the outcome of the e-process.
func (b *bets) outcome() outcome {
	out := outcome{inputs: b.draws, broken: b.proof, evidence: b.worth()}
	if b.draws == 0 {
		out.absent = "no draw is one of at least two tokens that a law can be said of"
	}
	return out
}

func (b *bets) best() (name string, logM float64) {
	logM = math.Inf(-1)
	for other, l := range b.logM {
		if l > logM || l == logM && other < name {
			name, logM = other, l
		}
	}
	return name, logM
}

// evidence is the logarithm of the weighted mean of the products.
func (b *bets) evidence() float64 {
	_, top := b.best()
	if len(b.logM) == 0 || math.IsInf(top, -1) {
		return math.Inf(-1)
	}
	total, weight := 0.0, 1/float64(b.others)
	if b.favour != "" {
		weight /= 2
	}
	for name, l := range b.logM {
		if name == b.favour {
			total += 0.5 * math.Exp(l-top)
			continue
		}
		total += weight * math.Exp(l-top)
	}
	return top + math.Log(total)
}

// damning reports whether the evidence has reached the bound, now or before.
func (b *bets) damning() bool { return b.proof != "" }

// row is the part of a list that a draw is judged on: its distribution under the law
// given that the draw is one of these tokens.
type row struct {
	names  []string
	p      []float64
	logs   []float64 // of p
	chosen int
}

// setLogs computes the logarithms of p.
func (r *row) setLogs() {
	r.logs = make([]float64, len(r.p))
	for i, p := range r.p {
		r.logs[i] = math.Log(p)
	}
}

// tilt is the ratio of the bet that the draw has probability ∝ p·w.
func (r row) tilt(w func(i int) float64) float64 {
	total := 0.0
	for i, p := range r.p {
		total += p * w(i)
	}
	return w(r.chosen) / total
}

// power is the ratio of the bet that the draw has probability ∝ p^c.
func (r row) power(c float64) float64 {
	return r.tilt(func(i int) float64 { return math.Exp((c - 1) * r.logs[i]) })
}

// window is the ratio of the bet that the draw's number lies in [from, to) of the
// distribution function in this order, with a weight of ¾.
func (r row) window(order []int, from, to float64) float64 {
	return 0.25 + 0.75*r.density(order, from, to)
}

// density is that of the draw's interval where all numbers lie in [from, to).
func (r row) density(order []int, from, to float64) float64 {
	low, high := r.interval(order)
	share := 0.0 // of the draw's interval that is in the window
	switch {
	case high-low > 1e-9:
		share = math.Max(0, math.Min(high, to)-math.Max(low, from)) / (high - low)
	case from <= low && low < to:
		share = 1
	}
	return share / (to - from)
}

// interval is [F(i−1), F(i)) of the draw.
func (r row) interval(order []int) (low, high float64) {
	for _, i := range order {
		if i == r.chosen {
			return low, low + r.p[i]
		}
		low += r.p[i]
	}
	return low, low
}

// learner bets on what it has seen: that what came more often than expected goes on to.
type learner struct {
	seen, expected map[string]float64
}

func newLearner() *learner {
	return &learner{map[string]float64{}, map[string]float64{}}
}

func (l *learner) weight(key string) float64 { return (l.seen[key] + 0.3) / (l.expected[key] + 0.3) }

func (l *learner) learn(r row, key func(i int) string) {
	for i, p := range r.p {
		l.expected[key(i)] += p
	}
	l.seen[key(r.chosen)]++
}

// shifts bet that every number is the one before and a constant, modulo 1, as those of
// consecutive seeds are in some generators. The constants that did well have the weight.
type shifts struct {
	weights [64]float64
	low     float64 // of the interval of the number before
	high    float64 // 0 for none
}

func newShifts() *shifts {
	var s shifts
	for i := range s.weights {
		s.weights[i] = 1.0 / float64(len(s.weights))
	}
	return &s
}

// ratio takes the next interval in.
func (s *shifts) ratio(low, high float64) float64 {
	const wide = 0.025 // because what the list leaves out moves numbers
	total, after := 0.0, 0.0
	before := [2]float64{s.low - wide, s.high + wide + 1.0/float64(len(s.weights))}
	known := s.high > 0 && before[1]-before[0] < 0.9
	s.low, s.high = low, high
	if !known || high-low < 1e-9 {
		return 1
	}
	var next [len(s.weights)]float64
	for i, w := range s.weights {
		shift, share := float64(i)/float64(len(s.weights)), 0.0
		for _, turn := range []float64{-1, 0, 1} {
			from, to := before[0]+shift+turn, before[1]+shift+turn
			share += math.Max(0, math.Min(high, to)-math.Max(low, from)) / (high - low)
		}
		next[i] = w * (0.25 + 0.75*share/(before[1]-before[0]))
		total += w
		after += next[i]
	}
	for i := range next {
		s.weights[i] = next[i] / after
	}
	return after / total
}
