package server

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// judge weighs draws against their own lists.
type judge struct {
	r        *run
	bets     *bets
	ratios   map[string]float64  // of the draw that is judged
	places   *learner            // by rank
	tokens   map[string]*learner // by context, and by token
	last     map[string]string
	wide     bool                 // see run.row
	previous [][2]float64         // the interval of the draw before, in each order
	numbers  [][][2]float64       // those of every step of the answer so far, nil where none is known
	before   [][][2]float64       // those of the answer before
	futures  map[string][]float64 // log-probabilities at T = 1 behind a context and a token
	label    string               // what sets this draw apart from others in the bet on repeats
	weight   float64              // of that bet; 0 is ¾
	apart    bool                 // this draw is not one that the bet on the most probable token is about
	drawn    map[string]bool      // tokens of the answer before this one
	seeded   []*shifts            // in each order, of draws that come first after a seed
	pooled   bool                 // its draws are no other law's, and go into the pool
	siblings []*sibling           // completions of the same request before this one
}

func (r *run) judge(wide bool, favour string) *judge {
	return &judge{r: r, wide: wide, bets: newBets(favour), places: newLearner(), tokens: map[string]*learner{}, ratios: map[string]float64{}, last: map[string]string{}, futures: map[string][]float64{}, drawn: map[string]bool{}}
}

// powers are exponents that draws are compared at, with those of the law at 1.
var powers = []float64{0.25, 0.5, 0.7, 0.84, 1.2, 1.43, 2, 4}

var powerNames, coldestNames = func() (names, coldest []string) {
	for _, c := range powers {
		name := atPower(c)
		names, coldest = append(names, name), append(coldest, name+", at T = ¼ alone")
	}
	return names, coldest
}()

// atPower names the bet that draws have their probabilities to a power.
func atPower(c float64) string {
	return fmt.Sprintf("draws are as at %.3g times the temperature", 1/c)
}

// draw takes the draw of one token in, where it can be judged.
func (j *judge) draw(t Token, temperature float64, context, request string) {
	ratios := j.ratios
	clear(ratios)
	if least, most, out, ok := j.r.tail(t, temperature, context); ok && most < 0.9 {
		more := most + 0.3*(1-most)
		ratios[behind], ratios[never] = (1-more)/(1-most), (1-0.3*least)/(1-least)
		if out {
			ratios[behind], ratios[never] = more/most, 0.3
		}
	}
	row, ok := j.r.row(t, temperature, context, j.wide)
	if most, is, judged := j.r.met(t, row, temperature, context); judged && most < 0.9 {
		more := most + 0.5*(1-most)
		ratios[met] = (1 - more) / (1 - most)
		if is {
			ratios[met] = more / most
		}
	}
	switch {
	case ok:
		j.stakeAnd(row, temperature, context, request, ratios)
	case len(ratios) > 0:
		j.bets.stake(ratios, request)
	}
}

// bets that a law may favour
const (
	behind   = "too many draws are behind the last place of the list"
	met      = "tokens of the context come too often"
	never    = "too few draws are behind the last place of the list"
	tail     = "tokens behind the first 0.9 of the mass come too rarely"
	share    = "tokens of less than 0.05 of the largest probability come too rarely"
	again    = "tokens of the context come too rarely"
	greedy   = "only the most probable token is drawn"
	byFuture = "first tokens are drawn by what can follow them"
	ignored  = "draws are as if the temperature were ignored"
	repeats  = "draws repeat the one before"
	places   = "some places of the list come too often, others too rarely"
	lastCut  = "the last token that the cut keeps is cut"
)

// stakeAnd bets on the draw of a row, besides what is staked already.
func (j *judge) stakeAnd(row row, temperature float64, context, request string, ratios map[string]float64) {
	row.setLogs()
	orders := row.orders()
	if j.pooled {
		j.r.pool.stake(row, orders, temperature, request)
	}
	for i, c := range powers {
		ratios[powerNames[i]] = row.power(c)
	}
	if temperature == coldest {
		for i, name := range powerNames {
			ratios[coldestNames[i]] = ratios[name]
		}
	}
	row.stakeRanks(temperature, j.places, ratios)
	ratios["draws are as if the temperature were applied twice"] = row.power(1 / temperature)
	token := func(i int) string { return row.names[i] }
	known := j.tokens[context]
	if known == nil {
		known = newLearner()
		j.tokens[context] = known
	}
	ratios["some tokens come too often, others too rarely"] = row.tilt(func(i int) float64 { return known.weight(token(i)) })
	if !j.apart {
		ratios[greedy] = row.power(20)
	}
	ratios[repeats+j.label] = row.repeats(j.last[context], cmp.Or(j.weight, 0.75))
	seen := plainly(context)
	ratios[again] = row.tilt(func(i int) float64 {
		if j.drawn[row.names[i]] || j.r.plainIn(seen, row.names[i]) {
			return 0.5
		}
		return 1
	})
	ratios[byFuture] = 1
	if len(j.futures) > 0 {
		ratios[byFuture] = row.tilt(func(i int) float64 { return j.future(context, row.names[i], temperature) })
	}
	for _, other := range j.siblings {
		other.compare(j, row, context, orders, ratios)
	}
	j.stakeNumbers(row, orders, ratios)
	j.bets.stake(ratios, request)
	j.places.learn(row, place)
	known.learn(row, token)
	j.last[context] = row.names[row.chosen]
	j.previous = row.near(orders)
	if n := len(j.numbers); n > 0 {
		j.numbers[n-1] = j.previous
	}
}

// place is a rank in the words of a learner.
func place(i int) string { return strconv.Itoa(i) }

// stakeRanks bets that T is ignored, and on the ranks of tokens: where they have lain, and that
// those behind 0.9 of the mass or of small probability are cut.
func (r row) stakeRanks(temperature float64, learned *learner, ratios map[string]float64) {
	before := r.before()
	ratios[ignored] = r.power(temperature)
	ratios[places] = r.tilt(func(i int) float64 { return learned.weight(place(i)) })
	ratios[tail] = r.rarely(func(i int) bool { return before[i] >= 0.9 })
	ratios[share] = r.rarely(func(i int) bool { return r.p[i] < 0.05*r.p[0] })
}

// stakeNumbers bets on the uniform number of a draw, in every order.
func (j *judge) stakeNumbers(row row, orders [][]int, ratios map[string]float64) {
	others := j.others()
	for o, order := range orders {
		near, across, rare := nearLast[o], acrossLast[o], rarelyLast[o]
		ratios[near], ratios[across], ratios[rare] = 1, 1, 1
		if j.previous != nil {
			from, to := j.previous[o][0], j.previous[o][1]
			ratios[near], ratios[across] = row.window(order, from, to), row.window(order, 1-to, 1-from)
			ratios[rare] = 0.8 + 0.2*row.density(order, from, to)
		}
		for i, number := range others {
			if number != nil {
				ratios[nearOthers[i][o]] = row.window(order, number[o][0], number[o][1])
			}
		}
		if j.seeded != nil && len(j.drawn) == 0 {
			ratios[lattices[o]] = j.seeded[o].ratio(row.interval(order))
		}
	}
}

// others are numbers that the one of this step may be near, besides the one of the draw
// before, as nearOthers names them: a generator whose state is the seed and the step gives
// the answers after one the same numbers, at the same step or one step on.
func (j *judge) others() [4][][2]float64 {
	step := len(j.numbers) - 1
	at := func(all [][][2]float64, i int) [][2]float64 {
		if i < 0 || i >= len(all) {
			return nil
		}
		return all[i]
	}
	all := [4][][2]float64{at(j.numbers, step-2), at(j.before, step+1)}
	if step > 0 {
		all[3] = at(j.before, step)
	} else {
		all[2] = at(j.before, step)
	}
	return all
}

// in is a bet's name in every order.
func in(bet string) [2]string {
	return [2]string{bet + ", in " + orderNames[0], bet + ", in " + orderNames[1]}
}

var (
	nearLast   = in("the uniform number is near the one of the draw before")
	acrossLast = in("the uniform number is near 1 less the one of the draw before")
	rarelyLast = in("at one step in five the uniform number is near the one of the draw before")
	lattices   = in("the first number is the one of the seed before and a constant")
	nearOthers = [4][2]string{
		in("the uniform number is near the one of two steps before"),
		in("the uniform number is near the one of the step after it in the answer before"),
		in("the first uniform number is near the first of the answer before"),
		in("the uniform number is near the one of the same step, not the first, in the answer before"),
	}
)

// stakeCut takes a draw among the tokens that a cut keeps in: besides the bets on every
// draw, one that the last of them is cut too.
func (j *judge) stakeCut(row row, temperature float64, context, request string) {
	last := len(row.p) - 1
	clear(j.ratios)
	j.ratios[lastCut] = row.rarely(func(i int) bool { return i == last })
	j.stakeAnd(row, temperature, context, request, j.ratios)
}

// repeats is the ratio of the bet, with a weight, that this token is drawn.
func (r row) repeats(name string, weight float64) float64 {
	at := slices.Index(r.names, name)
	switch {
	case at < 0:
		return 1
	case at == r.chosen:
		return 1 - weight + weight/r.p[at]
	}
	return 1 - weight
}

// future is the mass at this temperature of what is known to follow a token, relative to
// the mean of what follows others.
func (j *judge) future(context, name string, temperature float64) float64 {
	if after := j.futures[context+"\x00"+name]; after != nil {
		return weight(after, temperature)
	}
	sum, n := 0.0, 0.0
	for key, after := range j.futures {
		if strings.HasPrefix(key, context+"\x00") {
			sum, n = sum+weight(after, temperature), n+1
		}
	}
	if n == 0 {
		return 1
	}
	return sum / n
}

// weight is Σ p^(1/T) of a list at T = 1.
func weight(after []float64, temperature float64) float64 {
	mass := 1e-6
	for _, l := range after {
		mass += math.Exp(l / temperature)
	}
	return mass
}

// follow notes the first tokens of answers at T = 1, and the lists of those behind them.
func (j *judge) follow(all []sample) {
	for _, s := range all {
		if len(s.Tokens) > 1 {
			j.futures[s.query.Prompt+"\x00"+s.Tokens[0].name()] = slices.Collect(maps.Values(listOf(s.Tokens[1])))
		}
	}
}

// orderNames are the orders in which a server may add probabilities up.
var orderNames = []string{"the order of probability", "the order of tokens"}

func (r row) orders() [][]int {
	ranked := make([]int, len(r.p))
	for i := range ranked {
		ranked[i] = i
	}
	named := slices.Clone(ranked)
	slices.SortFunc(named, func(a, b int) int {
		if len(r.names[a]) > 1 && len(r.names[b]) > 1 && r.names[a][0] == '#' && r.names[b][0] == '#' && len(r.names[a]) != len(r.names[b]) {
			return len(r.names[a]) - len(r.names[b]) // #9 is before #10
		}
		return cmp.Compare(r.names[a], r.names[b])
	})
	return [][]int{ranked, named}
}

// near is a little more than the draw's interval, in every order.
func (r row) near(orders [][]int) [][2]float64 {
	var out [][2]float64
	for _, order := range orders {
		low, high := r.interval(order)
		out = append(out, [2]float64{math.Max(0, low-0.03), math.Min(1, high+0.03)})
	}
	return out
}

// before is the mass of the tokens that come before each, which is in the order of
// probability.
func (r row) before() []float64 {
	out := make([]float64, len(r.p))
	for i := 1; i < len(r.p); i++ {
		out[i] = out[i-1] + r.p[i-1]
	}
	return out
}

// rarely is the ratio of the bet that some tokens come 50 times more rarely.
func (r row) rarely(some func(i int) bool) float64 {
	return r.tilt(func(i int) float64 {
		if some(i) {
			return 0.02
		}
		return 1
	})
}
