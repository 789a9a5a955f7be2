package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"temper/props/accuracy"
)

// A solved row has its exact distribution beside it, by token or, where it has few
// different logits, by level.
type solvedRow struct {
	row     []float32
	t       float64
	levels  *levelled // nil: logp is of tokens
	logp    []float64
	largest int
	slack   float64 // of Must
	cdf     func() []float64
}

// solve computes the exact distribution of a row at T > 0, that at T = 0 of its largest
// logits, which share the mass.
func solve(row []float32, t float64) solvedRow {
	k := solvedRow{row: row, t: t}
	logits := row
	if l, few := levelsIn(row); few && len(row) > mostLevels {
		k.levels, k.logp = &l, l.logProbs(t)
		logits = make([]float32, len(l.weights))
		for i, w := range l.weights {
			logits[i] = float32(w)
		}
	} else {
		k.logp = accuracy.ExactLogProbs(row, t)
		k.cdf = sync.OnceValue(func() []float64 { return distributionFunction(row, t) })
	}
	k.largest = slices.Index(row, slices.Max(logits))
	if t > 0 {
		k.slack = accuracy.MustSlack(accuracy.Furthest(logits), k.logSumExp(), len(row), t)
	}
	return k
}

func (k solvedRow) logSumExp() float64 {
	return float64(k.row[k.largest])/k.t - k.logProb(k.largest)
}

func (k solvedRow) logProb(token int) float64 {
	if k.levels != nil {
		token = int(k.levels.level[token])
	}
	return k.logp[token]
}

// interval is that of a token, [F(token − 1), F(token)).
func (k solvedRow) interval(token int) (before, upTo float64) {
	if k.levels == nil {
		return interval(k.cdf(), token)
	}
	before, _ = k.levels.before(token, k.logp)
	return before, before + math.Exp(k.logProb(token))
}

// levelsIn finds the different logits of a row, if they are few.
func levelsIn(row []float32) (l levelled, few bool) {
	var slots [4 * mostLevels]uint8 // 1 + the level of a logit, by its bits
	var weights []float64
	var logits []float32
	level := make([]uint8, len(row))
	for v, x := range row {
		for slot := math.Float32bits(x) * 2654435761 >> 24; ; slot = (slot + 1) % uint32(len(slots)) {
			if slots[slot] == 0 {
				if len(logits) == mostLevels {
					return levelled{}, false
				}
				logits, weights = append(logits, x), append(weights, float64(x))
				slots[slot] = uint8(len(logits))
			}
			if level[v] = slots[slot] - 1; logits[level[v]] == x {
				break
			}
		}
	}
	return newLevelled(weights, level), true
}

func (k solvedRow) tokenToAsk(ask int, r *rand.Rand) int {
	vocab := len(k.row)
	return [asks]int{k.largest, r.IntN(vocab), 0, vocab - 1, slices.Index(k.row, slices.Min(k.row)), vocab / 2}[ask]
}

// uToAsk is in the middle of the last and of the first token's interval or at an end of
// [0, 1), and in turn with these at an edge or anywhere.
func (k solvedRow) uToAsk(ask int, r *rand.Rand) float64 {
	last := 1 - 0x1p-53
	if k.t == 0 {
		return r.Float64()
	}
	token, step := r.IntN(len(k.row)), 1
	switch ask {
	case 0:
		token, step = len(k.row)-1, -1
	case 2:
		token = 0
	}
	for isMasked(k.row[token]) {
		token = (token + step) % len(k.row)
	}
	before, upTo := k.interval(token)
	middle, end := before+(upTo-before)/2, [2]float64{0, last}[r.IntN(2)]
	return math.Min([asks]float64{middle, before, middle, r.Float64(), end, before}[ask], last)
}

// areProbabilities compares equal numbers of one level only once.
func (k solvedRow) areProbabilities(p []float32) error {
	var seen [mostLevels]float32
	for v, x := range p {
		if k.levels != nil {
			level := k.levels.level[v]
			if x > 0 && x == seen[level] {
				continue
			}
			seen[level] = x
		}
		if want := k.logProb(v); !accuracy.NearProbability(float64(x), want, k.slack) {
			return fmt.Errorf("p(%d) = %v, exactly %v (relative bound %.2g)", v, x, math.Exp(want), math.Expm1(k.slack))
		}
	}
	return nil
}

func (k solvedRow) isToken(token int, u float64) error {
	if isMasked(k.row[token]) {
		return fmt.Errorf("u = %v gives token %d, which is masked", u, token)
	}
	before, upTo := k.interval(token)
	if !accuracy.NearInterval(u, before, upTo, k.slack) {
		return fmt.Errorf("u = %v gives token %d, but F(%d) = %v and F(%d) = %v (± %.2g)", u, token, token-1, before, token, upTo, accuracy.IntervalTolerance(k.slack))
	}
	return nil
}
