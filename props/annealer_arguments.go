package props

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/reference"
	"temper/reference/sequence"
)

func annealerArgumentsLaw() Law {
	return law[sequence.SequenceAnnealer, turns]{
		id:        "Annealer/Arguments",
		claim:     "draws and log Z are those of model, prompt, limit and temperature, whatever was asked before: another model, a prompt changed in the same slice, another limit, colder or hotter (models other than Markov chains may be refused)",
		source:    "derived: caches keyed by too little",
		of:        anAnnealer,
		witnesses: []turns{{false}, {true}},
		judge:     annealsByArguments,
	}.erased()
}

// turns are questions about two models, Markov chains or of the whole history.
type turns struct{ wholeHistory bool }

func (t turns) String() string {
	if t.wholeHistory {
		return "two models of the whole history"
	}
	return "two Markov chains of order 1"
}

// newTurning is a model of so many tokens, two of which can follow any prefix, one of them 54
// times as often as the other: its local partitions are all alike, so that samplers that
// need many draws to be exact are exact. Which two differs from prefix to prefix and from
// seed to seed.
func newTurning(wholeHistory bool, vocab int, seed uint64) sequence.Model {
	r := rand.New(rand.NewPCG(seed, 15))
	if wholeHistory {
		m := &branching{vocab, make([][]float64, 64)}
		for i := range m.rows {
			pair := r.Perm(vocab)
			m.rows[i] = slices.Repeat([]float64{math.Inf(-1)}, vocab)
			m.rows[i][pair[0]], m.rows[i][pair[1]] = 4, 0
			if err := reference.AnnealLog(m.rows[i], m.rows[i], 1); err != nil {
				panic(err) // two tokens are possible
			}
		}
		return m
	}
	var text [][]int
	shift := 1 + 2*int(seed) // models of different seeds and prompts of different tokens have no pair in common
	for u := range vocab {
		text = append(text, slices.Repeat([][]int{{u, (u + shift) % vocab}}, 54)...)
		text = append(text, []int{u, (u + shift + 1) % vocab})
	}
	m, err := sequence.NewMarkov(vocab, 1, -1, 0, text)
	if err != nil {
		panic(err) // the text is within the vocabulary
	}
	return m
}

// annealsByArguments asks in turns, always with the same slice for the prompt.
func annealsByArguments(a sequence.SequenceAnnealer, t turns) error {
	first, second := newTurning(t.wholeHistory, 8, 0), newTurning(t.wholeHistory, 8, 1)
	r := rand.New(rand.NewPCG(1, 16))
	for _, length := range []int{1, 3, 12, 20} {
		prompt := possiblePrompt(farProblem{model: first, end: -1, seed: uint64(length)}, length)
		q := argued{first, prompt, 3, 1}
		ask := func(what string) error {
			err := q.check(a, r.Uint64())
			if err == errRefused && t.wholeHistory {
				return err
			}
			if err != nil {
				err = fmt.Errorf("%s, prompt %v, limit %d, T = %v: %w", what, prompt, q.limit, q.temperature, err)
			}
			return err
		}
		changes := []struct {
			what   string
			change func()
		}{
			{"at first", func() {}},
			{"colder", func() { q.temperature = 0.1 }},
			{"hotter", func() { q.temperature = math.Inf(1) }},
			{"colder again", func() { q.temperature = 0.1 }},
			{"of a longer limit", func() { q.limit = 5 }},
			{"of a shorter limit", func() { q.limit = 2 }},
			{"hotter than before", func() { q.temperature = 2 }},
			{"of another prompt in the same slice", func() { turnPrompt(first, prompt, length-1) }},
			{"with another first token in the same slice", func() { turnPrompt(first, prompt, 0) }},
			{"with another token in the middle", func() { turnPrompt(first, prompt, length/2) }},
			{"of a shorter prompt", func() { q.prompt = prompt[:length/2] }},
			{"of the longer prompt again", func() { q.prompt = prompt }},
		}
		for _, c := range changes {
			c.change()
			if err := ask(c.what); err == errRefused {
				return nil
			} else if err != nil {
				return err
			}
			if t.wholeHistory { // its models answer every prompt
				q.model = second
				if err := ask("of another model, " + c.what); err != nil {
					return err
				}
				q.model = first
			}
		}
		if !t.wholeHistory && length == 1 {
			q.model = second
			if err := ask("of another model"); err != nil {
				return err
			}
		}
	}
	return nil
}

// turnPrompt changes a token, and those behind it so that the prompt stays possible.
func turnPrompt(m sequence.Model, prompt []int, place int) {
	before, row := prompt[place], make([]float64, m.VocabSize())
	for i := place; i < len(prompt); i++ {
		if err := m.LogConditional(row, prompt[:i]); err != nil {
			panic(err) // the prefix is possible
		}
		for v := range row {
			if v = (before + 1 + v) % len(row); !math.IsInf(row[v], -1) && (i > place || v != before) {
				prompt[i] = v
				break
			}
		}
	}
}

// argued is one call of the law of arguments.
type argued struct {
	model       sequence.Model
	prompt      []int
	limit       int
	temperature float64
}

var errRefused = errors.New("refused")

// check draws 24 completions. Each must be possible; where T is 0.1 each is the most
// probable one, whose probability is 1 − 10⁻¹⁵ or more; where T is +Inf not all are the
// same; and log Z is within 0.5 of the exact one.
func (q argued) check(a sequence.SequenceAnnealer, seed uint64) error {
	tree, err := newTree(q.model, q.prompt, -1, q.limit, []float64{q.temperature})
	if err != nil {
		return err
	}
	completions := make([][]int, 24)
	logZ, err := a(completions, q.model, q.prompt, -1, q.limit, q.temperature, rand.NewPCG(seed, 17))
	if err != nil {
		if _, markov := q.model.(*sequence.Markov); !markov {
			return errRefused
		}
		return fmt.Errorf("refused: %w", err)
	}
	same := 0
	for _, tokens := range completions {
		branches, taken, err := tree.path(tokens)
		if err != nil {
			return err
		}
		for i, b := range branches {
			if q.temperature == 0.1 && b.logp[taken[i]] < math.Log(0.5) {
				return fmt.Errorf("drew %v, whose probability is exp(−40)", tokens)
			}
		}
		if slices.Equal(tokens, completions[0]) {
			same++
		}
	}
	if math.IsInf(q.temperature, 1) && same == len(completions) {
		return fmt.Errorf("drew %v each time, of %d completions that are as likely", completions[0], 1<<q.limit)
	}
	if !(math.Abs(logZ-tree.logZ[0]) <= 0.5) {
		return fmt.Errorf("log Z = %v, exactly %v", logZ, tree.logZ[0])
	}
	return nil
}
