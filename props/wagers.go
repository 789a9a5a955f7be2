package props

import (
	"fmt"
	"math"
	"slices"

	"temper/props/verdict"
)

// A factor is a condition under which a token comes, such as the number of rows, with its
// classes in words that follow "with": "the first token after the prompt".
type factor struct {
	name    string
	classes []string
}

// wagers is an e-process on tokens whose exact distributions are known, whatever decides
// which question comes next. It is made of products, one for every bet in every cell. A
// bet is a defect with a name, "the temperature is ignored". A cell is a class of
// conditions: all tokens, those of one class of a factor, or those of one class in each of
// two factors, so that a defect under two conditions at once is not lost among the others.
//
// A token multiplies each product of its cells by a number whose mean under the law is 1,
// given all tokens before:
//
//	likelihood ratio of a bet:   trust + (1 − trust) · q(x) / p(x)
//	quantiles in eight bins:     (n_bin + ½) / (n + 4) · 8
//
// The mean of the products, weighted with the prior below, therefore has mean 1 too, and
// reaches 1/α with probability α at most, whenever one looks (Ville's inequality). The
// prior gives half its weight to all tokens, a quarter to the cells of one factor and a
// quarter to those of two, and within each the same to every bet and cell. As an example,
// 40 bets on all tokens have ln(2 · 40) = 4.4 nats to make up for, and a bet on one of 700
// pairs ln(4 · 40 · 700) = 11.6, before the 20.7 of α = 1e-9.
type wagers struct {
	factors []factor
	bets    []string
	cells   []cell
	at      [][]int // cells of the pair of factors f < g: at[f][g], and of the factor alone at[f][f]
	tokens  int
	path    []verdict.Point // a point for each time that the evidence was looked at
}

// cell is where the products of one class of conditions are.
type cell struct {
	words  string
	prior  float64   // logarithm of what each bet has of the weight
	logM   []float64 // of each bet
	bins   [][quantileBins]int
	tokens int
}

const quantileBins = 8

// newWagers has bets with these names, and behind them one on the quantiles in each of
// the orders that are named.
func newWagers(factors []factor, bets []string, orders []string) *wagers {
	w := &wagers{factors: factors, bets: slices.Clone(bets)}
	for _, order := range orders {
		w.bets = append(w.bets, "quantiles "+order+" are not spread evenly")
	}
	add := func(words string) {
		w.cells = append(w.cells, cell{words: words, logM: make([]float64, len(w.bets)), bins: make([][quantileBins]int, len(orders))})
	}
	add("")
	singles, pairs := 0, 0
	for f, factor := range factors {
		w.at = append(w.at, make([]int, len(factors)))
		w.at[f][f] = len(w.cells)
		for _, class := range factor.classes {
			add(class)
			singles++
		}
	}
	for f, one := range factors {
		for g := f + 1; g < len(factors); g++ {
			w.at[f][g] = len(w.cells)
			for _, c := range one.classes {
				for _, d := range factors[g].classes {
					add(c + " and " + d)
					pairs++
				}
			}
		}
	}
	for i := range w.cells {
		share, among := 0.5, 1
		switch {
		case i > singles:
			share, among = 0.25, pairs
		case i > 0:
			share, among = 0.25, singles
		}
		w.cells[i].prior = math.Log(share / float64(among*len(w.bets)))
	}
	return w
}

// stake takes in what the bets say of one token: the logarithms of their ratios, 0 where a
// bet says nothing, and the token's quantile in each order.
func (w *wagers) stake(conditions []int, ratios []float64, quantiles ...float64) {
	w.tokens++
	var betting []int
	for i, ratio := range ratios {
		if ratio != 0 {
			betting = append(betting, i)
		}
	}
	into := func(i int) {
		c := &w.cells[i]
		for _, b := range betting {
			c.logM[b] += ratios[b]
		}
		for order, u := range quantiles {
			bin := min(int(u*quantileBins), quantileBins-1)
			predicted := (float64(c.bins[order][bin]) + 0.5) / (float64(c.tokens) + 0.5*quantileBins)
			c.logM[len(ratios)+order] += math.Log(predicted * quantileBins)
			c.bins[order][bin]++
		}
		c.tokens++
	}
	into(0)
	for f, c := range conditions {
		into(w.at[f][f] + c)
		for g := f + 1; g < len(conditions); g++ {
			into(w.at[f][g] + c*len(w.factors[g].classes) + conditions[g])
		}
	}
}

// evidence is the logarithm of the weighted mean of the products.
func (w *wagers) evidence() float64 {
	top := math.Inf(-1)
	for _, c := range w.cells {
		top = math.Max(top, slices.Max(c.logM)+c.prior)
	}
	total := 0.0
	for _, c := range w.cells {
		for _, logM := range c.logM {
			total += math.Exp(logM + c.prior - top)
		}
	}
	return top + math.Log(total)
}

// weighed is what a judge that bets on draws which are new in every run returns instead of
// its verdict: the verdict, which may be nil, and what the bets were worth.
type weighed struct {
	evidence verdict.Evidence
	verdict  error
}

func (w weighed) Error() string { return fmt.Sprint(w.verdict) }
func (w weighed) Unwrap() error { return w.verdict }

// weigh is a verdict with what the bets were worth.
func (w *wagers) weigh(verdict error) error { return weighed{w.worth(), verdict} }

// worth is that of the bets on all tokens, whatever their conditions. The path is that of all
// products together.
func (w *wagers) worth() verdict.Evidence {
	worth := verdict.Evidence{Draws: w.tokens, Paths: []verdict.Path{{Bound: -math.Log(falseAlarmOnce), Points: w.path}}}
	for b, defect := range w.bets {
		worth.Bets = append(worth.Bets, verdict.Bet{Defect: defect, LogE: w.cells[0].logM[b]})
	}
	return worth
}

// verdict names the bet that won most, and where, if the evidence is beyond the false alarm
// allowed.
func (w *wagers) verdict() error {
	evidence := w.evidence()
	w.path = append(w.path, verdict.Point{Draws: w.tokens, LogE: evidence})
	if evidence < -math.Log(falseAlarmOnce) {
		return nil
	}
	var best cell
	bet, most := 0, math.Inf(-1)
	for _, c := range w.cells {
		for b, logM := range c.logM {
			if logM+c.prior > most {
				best, bet, most = c, b, logM+c.prior
			}
		}
	}
	where := ""
	if best.words != "" {
		where = " with " + best.words
	}
	return fmt.Errorf("tokens%s: %s (evidence exp(%.4g) in %d of %d tokens)", where, w.bets[bet], best.logM[bet], best.tokens, w.tokens)
}
