package server

import (
	"fmt"
	"math"
	"slices"
)

// farText is the limit of the answers that are long enough to show draws that change with
// their position.
const farText = 64

// long asks for an answer, a long one if that is wished and the server gives such ones.
func (r *run) long(wished bool, q Query) (sample, error) {
	if wished && !r.brief {
		far := q
		far.Limit = farText
		s, err := r.one(far)
		if !refused(err) {
			return s, err
		}
		r.brief = true
	}
	return r.one(q)
}

// farTokens is how many tokens a long answer has, 0 for others.
func farTokens(s sample) int {
	if s.query.Limit < farText {
		return 0
	}
	return len(s.Tokens)
}

// Positions that draws may be other from on, and numbers of tokens after which something
// may come again: a block of a cache, the tokens of a draft, numbers drawn in advance.
var (
	onsets  = []int{0, 3, 6, 10, 16, 24, 32, 48}
	cycles  = []int{2, 3, 4, 5, 8, 16}
	periods = []int{3, 4, 5, 6, 7, 8, 10, 16, 20, 32}
)

// The exponents of draws from an onset on, and those of every so manieth draw.
var (
	onsetPowers = []float64{0.25, 0.5, 0.7, 1.43, 2, 20}
	cyclePowers = []float64{0.5, 20}
)

// alikeBets are the names of all bets on positions, in the order in which stakeAlike has them.
var alikeBets = func() (names []string) {
	called := func(c float64) string {
		if c == 20 {
			return "the most probable token is drawn"
		}
		return atPower(c)
	}
	for _, from := range onsets {
		for _, c := range onsetPowers {
			name := fmt.Sprintf("from token %d of an answer on %s", from+1, called(c))
			if from == 0 { // better words for what other laws find
				name = "at T below 1 " + called(c)
			}
			names = append(names, name)
		}
	}
	for _, cycle := range cycles {
		for phase := range cycle {
			for _, c := range cyclePowers {
				names = append(names, fmt.Sprintf("at token %d of every %d of an answer %s", phase+1, cycle, called(c)))
			}
		}
	}
	for _, period := range periods {
		both := in(fmt.Sprintf("the uniform number is near the one of %d steps before", period))
		names = append(names, both[:]...)
	}
	for _, c := range onsetPowers {
		names = append(names, "in one answer of ten "+called(c))
	}
	return names
}()

// drawsAlike looks for draws that change with their position, or from answer to answer.
// The bets are on the draws from one position on, on every so manieth, on numbers that come
// again, and on all draws of one answer in ten.
func (r *run) drawsAlike() (outcome, error) {
	if absent := r.without(); absent != "" {
		return outcome{absent: absent}, nil
	}
	b := &bets{logM: map[string]float64{}, others: len(alikeBets)}
	for _, s := range slices.Concat(r.plain, r.cold) {
		if s.query.Limit > 5 {
			r.stakeAlike(b, s)
		}
	}
	return b.outcome(), nil
}

// stakeAlike takes the draws of one answer in.
func (r *run) stakeAlike(b *bets, s sample) {
	context := s.query.Prompt
	var numbers [][][2]float64
	whole := make([]float64, len(onsetPowers)) // logarithms of the ratios of the answer
	ratios := map[string]float64{}
	for at, t := range s.Tokens {
		row, ok := r.row(t, s.query.Temperature, context, true)
		numbers = append(numbers, nil)
		context += t.Text
		if !ok {
			continue
		}
		row.setLogs()
		clear(ratios)
		powers := make([]float64, len(onsetPowers))
		for i, c := range onsetPowers {
			powers[i] = row.power(c)
			before := oneInTen(whole[i])
			whole[i] += math.Log(powers[i])
			ratios[alikeBets[len(alikeBets)-len(whole)+i]] = oneInTen(whole[i]) / before
		}
		orders := row.orders()
		row.stakeAt(at, s.query.Temperature, powers, numbers, orders, ratios)
		b.stake(ratios, s.curl)
		numbers[at] = row.near(orders)
	}
}

// oneInTen is what the draws of an answer are worth so far to the bet that one answer in ten
// is drawn otherwise, if they are worth so much, as a logarithm, where all are.
func oneInTen(log float64) float64 { return 0.9 + 0.1*math.Exp(min(log, 600)) }

// stakeAt adds the ratios of a draw at a position and a temperature, where its ratios at
// onsetPowers and the numbers of the draws before are known.
func (r row) stakeAt(at int, temperature float64, powers []float64, numbers [][][2]float64, orders [][]int, ratios map[string]float64) {
	name := 0
	stake := func(now bool, ratio func() float64) {
		if now {
			ratios[alikeBets[name]] = ratio()
		}
		name++
	}
	for _, from := range onsets {
		for i := range onsetPowers {
			stake(at >= from && (from > 0 || temperature < 1), func() float64 { return powers[i] })
		}
	}
	for _, cycle := range cycles {
		for phase := range cycle {
			for _, c := range cyclePowers {
				stake(at%cycle == phase, func() float64 { return powers[slices.Index(onsetPowers, c)] })
			}
		}
	}
	for _, period := range periods {
		for o, order := range orders {
			from, to, known := shared(numbers, at, period, o)
			stake(known, func() float64 { return r.window(order, from, to) })
		}
	}
}

// shared is where the number of a step lies, in an order, if it is that of the step a period
// before, and of those whole periods before that.
func shared(numbers [][][2]float64, at, period, order int) (from, to float64, known bool) {
	from, to = 0, 1
	for step := at - period; step >= 0; step -= period {
		if numbers[step] == nil {
			continue
		}
		low, high := max(from, numbers[step][order][0]), min(to, numbers[step][order][1])
		if known && low >= high {
			break // they are not the same
		}
		from, to, known = low, high, true
	}
	return from, to, known
}
