package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"temper/reference"
	"temper/reference/sequence"
)

// A far problem is one of annealing whole sequences further out than [annealing] goes: up
// to 8 tokens, completions of up to 8, prompts of 20, and any number of draws a call.
type farProblem struct {
	classes     []int // of vocabulary, prompt, limit, temperature, draws a call, and kind of model
	model       sequence.Model
	end         int
	prompt      []int
	limit       int
	temperature float64
	draws       int // of a call
	seed        uint64
}

func (p farProblem) String() string {
	return fmt.Sprintf("%T of %d tokens, prompt %v, end %d, limit %d, T = %v, %d draws a call, seed %d",
		p.model, p.model.VocabSize(), p.prompt, p.end, p.limit, p.temperature, p.draws, p.seed)
}

func (p farProblem) GoString() string { return p.String() }

// Every pair of classes of these stands in some problem.
var (
	annealedVocabs  = []int{2, 3, 5, 8}
	annealedPrompts = [][]int{{0}, {1}, {2, 3}, {20, 6, 12, 17}}
	annealedLimits  = []int{1, 2, 4, 7}
	annealedBands   = [][]float64{{0.06, 0.15, 0.25}, {0.35, 0.5}, {0.7, 0.85}, {1.3, 1.8}, {3, 8, math.Inf(1)}}
	annealedDraws   = []int{1, 2, 3, 8, 64}
)

const annealedKinds = 4 // Markov or of the whole history, without and with an end

var farProblems = sync.OnceValue(func() []farProblem {
	var all []farProblem
	for i, c := range covering(len(annealedVocabs), len(annealedPrompts), len(annealedLimits), len(annealedBands), len(annealedDraws), annealedKinds) {
		band := annealedBands[c[3]]
		p := farProblem{classes: c, end: -1, limit: annealedLimits[c[2]], temperature: band[i%len(band)], draws: annealedDraws[c[4]], seed: uint64(i)}
		vocab, lengths := annealedVocabs[c[0]], annealedPrompts[c[1]]
		if c[5]%2 == 1 {
			p.end = []int{0, vocab - 1, vocab / 2}[i%3]
			p.limit = min(7, p.limit+1)
			if p.temperature < 0.6 { // colder, nearly all end at once
				p.temperature, p.limit = 0.55, min(p.limit, 3)
			}
		} else if p.limit == 7 && vocab < 6 {
			p.limit = 8
		}
		p.model = newBranching(p, vocab, c[5] >= 2)
		p.prompt = possiblePrompt(p, lengths[i%len(lengths)])
		all = append(all, p)
	}
	return all
})

// branching is a model in which a few tokens are possible after every prefix, so that long
// completions can be enumerated. Which ones, and whether they are about as likely, depends
// on a hash of the whole prefix: local partitions differ.
type branching struct {
	vocab int
	rows  [][]float64
}

func (m *branching) VocabSize() int { return m.vocab }

func (m *branching) LogConditional(dst []float64, prefix []int) error {
	if len(dst) != m.vocab {
		return fmt.Errorf("%d places for a vocabulary of %d: %w", len(dst), m.vocab, reference.ErrShape)
	}
	hash, err := hashOf(prefix, m.vocab)
	if err != nil {
		return err
	}
	copy(dst, m.rows[hash.among(len(m.rows))])
	return nil
}

// newBranching makes the model of a problem: one of the whole history, or a
// [sequence.Markov] of order 1.
func newBranching(p farProblem, vocab int, wholeHistory bool) sequence.Model {
	r := rand.New(rand.NewPCG(p.seed, 11))
	branches := map[int]int{1: vocab, 2: vocab, 3: min(vocab, 4), 4: min(vocab, 4), 5: min(vocab, 3), 7: 2, 8: 2}[p.limit]
	if !wholeHistory {
		return branchingMarkov(p, vocab, branches, r)
	}
	m := &branching{vocab, make([][]float64, 64)}
	for i := range m.rows {
		m.rows[i] = branchingRow(p, vocab, branches, r)
		if err := reference.AnnealLog(m.rows[i], m.rows[i], 1); err != nil {
			panic(err) // some token is possible
		}
	}
	return m
}

// branchingRow has the log-weights of a few tokens, such that at the problem's temperature
// they are between alike and 30 times as likely as others; end comes with about 1/4.
func branchingRow(p farProblem, vocab, branches int, r *rand.Rand) []float64 {
	row := slices.Repeat([]float64{math.Inf(-1)}, vocab)
	possible := 0
	gap, scale := []float64{0.2, 2.4, 2.8, 3.4}[r.IntN(4)], p.temperature
	if math.IsInf(scale, 1) {
		scale = 1
	}
	scale = math.Min(scale, 4.5/(gap+0.4))
	for _, v := range r.Perm(vocab) {
		if v == p.end || possible == branches {
			continue
		}
		row[v] = scale * 0.4 * r.Float64()
		if possible == 0 {
			row[v] += scale * gap
		}
		possible++
	}
	if p.end >= 0 {
		total := 0.0
		for _, w := range row {
			total += math.Exp(w / scale)
		}
		row[p.end] = scale * math.Log(total/3)
	}
	return row
}

// branchingMarkov has rows of counts. The row of begin counts the others' too, so that it
// is made up for last.
func branchingMarkov(p farProblem, vocab, branches int, r *rand.Rand) sequence.Model {
	var text [][]int
	counts := func(row []float64, most float64) []int {
		n := make([]int, vocab)
		for v, w := range row {
			n[v] = int(math.Round(most * math.Exp(w-slices.Max(row))))
		}
		return n
	}
	most := 0
	totals := make([]int, vocab)
	for u := range vocab {
		if u == p.end {
			continue
		}
		for v, n := range counts(branchingRow(p, vocab, branches, r), 500) {
			totals[u] += n
			text = append(text, slices.Repeat([][]int{{u, v}}, n)...)
		}
		most = max(most, totals[u])
	}
	begin := branchingRow(p, vocab, vocab, r)
	for v, n := range counts(begin, float64(most)*math.Exp(slices.Max(begin)-slices.Min(begin))) {
		text = append(text, slices.Repeat([][]int{{v}}, n-totals[v])...)
	}
	m, err := sequence.NewMarkov(vocab, 1, p.end, 0, text)
	if err != nil {
		panic(err) // the text is within the vocabulary
	}
	return m
}

// possiblePrompt are so many tokens of positive probability, none of them end.
func possiblePrompt(p farProblem, length int) []int {
	r, prompt := rand.New(rand.NewPCG(p.seed, 12)), []int{}
	row := make([]float64, p.model.VocabSize())
	for len(prompt) < length {
		if err := p.model.LogConditional(row, prompt); err != nil {
			panic(err)
		}
		if v := r.IntN(len(row)); v != p.end && !math.IsInf(row[v], -1) {
			prompt = append(prompt, v)
		}
	}
	return prompt
}
