package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"sync"

	"temper/reference"
	"temper/reference/sequence"

	"pgregory.net/rapid"
)

// chances are how probable the tokens of a passage are.
type chances int

const (
	usual      chances = iota // log p of −1 to −10, or of −5000 in all
	tiny                      // log p of down to −1500 each, or of −10⁶ in all
	oneTiny                   // one token of log p below −600, the others nearly certain
	nearOne                   // log p of −10⁻¹² to −10⁻², or nearly 0 in all
	impossible                // one token of the completion has probability 0
)

func (c chances) String() string {
	return [...]string{"ordinary", "tiny", "one tiny", "near 1", "one impossible"}[c]
}

// newRow makes a row in which such tokens can be found.
func (c chances) newRow(vocab, end int, r *rand.Rand) levelled {
	var row levelled
	switch c {
	case usual:
		row = spread(vocab, r)
	case tiny:
		row = underHead(vocab, end, r, func() float64 { return -1500 * r.Float64() })
	case oneTiny:
		row = underHead(vocab, end, r, func() float64 { return -600 - 900*r.Float64() })
	case nearOne:
		row = underHead(vocab, end, r, func() float64 { return -8 - 20*r.Float64() })
	case impossible:
		row = underHead(vocab, end, r, func() float64 {
			if r.IntN(3) == 0 {
				return math.Inf(-1)
			}
			return -4 * r.Float64()
		})
		row.weights[row.level[outside(row.head(), end, vocab)]] = math.Inf(-1)
	}
	if end >= 0 && vocab > 2 {
		row = row.withShare(end, 1.0/41)
	}
	return row
}

// outside is a token that is neither of two, or the one that is not the first.
func outside(first, second, vocab int) int {
	for v := range vocab {
		if v != first && v != second {
			return v
		}
	}
	return 1 - first
}

// underHead gives one token, not end, the log-weight 0 and a level of its own, and the
// others what rest returns.
func underHead(vocab, end int, r *rand.Rand, rest func() float64) levelled {
	levels, level := levelsOf(vocab, r)
	head := r.IntN(vocab)
	if head == end {
		head = outside(head, head, vocab)
	}
	weights := make([]float64, levels)
	for i := range weights {
		weights[i] = rest()
	}
	if vocab > levels {
		for v := range level {
			level[v] = uint8(1 + int(level[v])%(levels-2)) // the last level is for end
		}
		level[head] = 0
	}
	weights[level[head]] = 0
	return newLevelled(weights, level)
}

// head is the most probable token, the first of several.
func (l levelled) head() int {
	best := 0
	for v, i := range l.level {
		if l.weights[i] > l.weights[l.level[best]] {
			best = v
		}
	}
	return best
}

// farModel is a model of any vocabulary, each row of which depends on the whole history.
func farModel(vocab, end int, c chances, seed uint64) known {
	rows := make([]levelled, 64)
	if vocab > 100 { // a row of a large vocabulary takes time to make
		rows = rows[:12]
	}
	r := rand.New(rand.NewPCG(seed, 4))
	for i := range rows {
		rows[i] = c.newRow(vocab, end, r)
	}
	m := byHistory(vocab, rows)
	return known{m, fmt.Sprintf("%d tokens, rows by the whole history, %v, end %d, seed %d", vocab, c, end, seed), end, 1}
}

// A journey is a passage with its exact score, and that of prompt and completion together.
type journey struct {
	passage
	score, whole float64
}

// newJourney walks through a model. Half of the tokens are the last of the vocabulary, or
// beside a power of two.
func newJourney(m known, c chances, prompt, completion int, ended bool, r *rand.Rand) journey {
	model := m.Model.(*rowsByHistory)
	special, tokens, hash := prompt+r.IntN(completion), make([]int, 0, prompt+completion), newHistory
	heads := make([]int, len(model.rows))
	for i := range heads {
		heads[i] = model.rows[i].head()
	}
	for i := range prompt + completion {
		row, head := model.rows[hash.row(model)], heads[hash.row(model)]
		token := anyButEnd(model.vocab, m.end, r)
		switch {
		case c == nearOne, c == oneTiny && i != special, c == impossible && i != special:
			token = head
		case c == oneTiny:
			token = outside(head, m.end, model.vocab)
		case c == impossible:
			token = slices.IndexFunc(row.level, func(level uint8) bool { return math.IsInf(row.weights[level], -1) })
		}
		tokens, hash = append(tokens, token), hash.then(token)
	}
	if last := len(tokens) - 1; ended && !(c >= oneTiny && special == last) {
		tokens[last] = m.end
	}
	return travelled(m, tokens, prompt)
}

// travelled is the journey through these tokens.
func travelled(m known, tokens []int, cut int) journey {
	before, score := m.Model.(*rowsByHistory).score(tokens, cut)
	return journey{passage{m, tokens, cut}, score, before + score}
}

// score is log p of the tokens before the cut, and of those from there on given the former.
func (m *rowsByHistory) score(tokens []int, cut int) (before, after float64) {
	var totals [2]reference.Sum
	hash := newHistory
	for i, token := range tokens {
		which := hash.row(m)
		logp := m.logp[which][m.rows[which].level[token]]
		if math.IsInf(logp, -1) {
			return totals[0].Value(), logp
		}
		totals[min(1, max(0, i-cut+1))].Add(logp)
		hash = hash.then(token)
	}
	return totals[0].Value(), totals[1].Value()
}

// anyButEnd prefers the ids at which a table or an integer of few bits ends.
func anyButEnd(vocab, end int, r *rand.Rand) int {
	for {
		token := r.IntN(vocab)
		if r.IntN(2) == 0 {
			near := []int{vocab, 1 << 7, 1 << 8, 1 << 15, 1 << 16}
			token = near[r.IntN(len(near))] - 2 + r.IntN(4)
		}
		if token >= 0 && token < vocab && token != end {
			return token
		}
	}
}

// sizes are the numbers from the first to the second.
type sizes [2]int

func (s sizes) draw(r *rand.Rand) int { return s[0] + r.IntN(s[1]-s[0]+1) }

// The classes of passages. The tokens of vast vocabularies take long, so that there are
// few.
var (
	farVocabs      = []sizes{{2, 2}, {3, 7}, {30, 30}, {257, 300}, {1000, 1000}, {70000, 70000}}
	farPrompts     = []sizes{{0, 0}, {1, 1}, {2, 8}, {17, 64}, {257, 600}, {1025, 1300}}
	farCompletions = []sizes{{1, 1}, {2, 2}, {3, 8}, {9, 64}, {65, 600}, {1025, 1100}}
)

// farJourneys meet every triple of a class of vocabularies, of prompts and of completions;
// how probable the tokens are, and whether there is an end and it comes, turn with them.
var farJourneys = sync.OnceValue(func() []journey {
	type kind struct {
		vocab, end int
		c          chances
	}
	models := map[kind]known{}
	var all []journey
	for v, vocabs := range farVocabs {
		for p, prompts := range farPrompts {
			for c, completions := range farCompletions {
				if vast := vocabs[0] > 1<<16; vast && (p > 3 || c > 3) && !(p == 4 && c == 1) && !(p == 0 && c == 4) {
					continue
				} else if vast && c == 4 {
					completions = sizes{80, 80}
				}
				turn := v + p + c
				r := rand.New(rand.NewPCG(uint64(len(all)), 5))
				k := kind{vocabs.draw(r), -1, chances(turn % 5)}
				ended := (v+2*p+c)%3 == 0
				if ended || (v+2*p+c)%3 == 1 {
					k.end = (turn / 2 % 2) * (k.vocab - 1)
				}
				if _, ok := models[k]; !ok {
					models[k] = farModel(k.vocab, k.end, k.c, uint64(len(models)))
				}
				all = append(all, newJourney(models[k], k.c, prompts.draw(r), completions.draw(r), ended, r))
			}
		}
	}
	for i, least := range []float64{-90, -95, -100, -710, -720, -740} {
		m := farModel(3, -1, usual, uint64(200+i))
		all = append(all, downTo(least, newJourney(m, usual, 2*i, 1000, false, rand.New(rand.NewPCG(uint64(i), 7)))))
	}
	return all
})

// downTo cuts a journey short where its score has passed a number: between log of the
// smallest normal number of float32 or float64 and that of the smallest, where exp loses
// digits before it is 0.
func downTo(score float64, j journey) journey {
	length := sort.Search(len(j.sequence)-j.cut-1, func(n int) bool {
		return travelled(j.model, j.sequence[:j.cut+n], j.cut).score <= score
	})
	return travelled(j.model, j.sequence[:j.cut+length], j.cut)
}

// journeys draws passages of every length up to a few hundred tokens, short ones as often as
// long ones.
func journeys() *rapid.Generator[journey] {
	return rapid.Custom(func(t *rapid.T) journey {
		length := func(least int, name string) int {
			return rapid.IntRange(least, 1<<rapid.IntRange(1, 9).Draw(t, name+" magnitude")).Draw(t, name)
		}
		vocab := rapid.SampledFrom([]int{2, 3, 5, 10, 40, 130, 260, 600}).Draw(t, "vocabulary")
		end := rapid.SampledFrom([]int{-1, 0, vocab - 1}).Draw(t, "end")
		c := chances(rapid.IntRange(0, 4).Draw(t, "chances"))
		prompt, completion := length(0, "prompt"), length(1, "completion")
		seed := rapid.Uint64().Draw(t, "seed")
		r := rand.New(rand.NewPCG(seed, 6))
		return newJourney(farModel(vocab, end, c, seed), c, prompt, completion, end >= 0 && r.IntN(2) == 0, r)
	})
}

func scorerReachLaw() Law {
	return law[sequence.Scorer, journey]{
		id:        "Scorer/Reach",
		claim:     "the score is Σ log p(y_i | x y_<i) in vocabularies of 2 to 70000 tokens, after prompts of up to 1300, of completions of up to 1100, from totals near 0 to −10⁶, with and without end, in every combination",
		source:    "vllm#46560, llama.cpp#15080: ids and offsets of too few bits; transformers#30975: windows; genlm-backend#66: log of a probability that underflowed",
		of:        aScorer,
		inputs:    journeys(),
		witnesses: farJourneys(),
		judge:     func(s sequence.Scorer, j journey) error { return j.check(s, j.sequence[:j.cut], j.sequence[j.cut:]) },
	}.erased()
}

// check compares the subject's score and count with the exact ones, on these slices.
func (j journey) check(s sequence.Scorer, prompt, completion []int) error {
	got, count, err := s(goingOn{j.model}, prompt, completion)
	switch {
	case err != nil:
		return fmt.Errorf("refused a completion: %w", err)
	case count != len(completion):
		return fmt.Errorf("count %d for %d tokens", count, len(completion))
	case math.IsInf(j.score, -1) && !math.IsInf(got, -1), !math.IsInf(j.score, -1) && !sameScore(got, j.score, j.whole):
		return fmt.Errorf("log p(%s | %s) = %v, but the factors sum to %v", brief(completion), brief(prompt), got, j.score)
	}
	return nil
}
