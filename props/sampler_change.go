package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"temper/reference"
)

// samplerChangeLaws are about what changes no answer: settings that cut nothing, other rows,
// and where in memory the arguments are.
func samplerChangeLaws() []Law {
	return []Law{samplerNothingLaw(), samplerRowsLaw(), samplerContentsLaw(), samplerConcurrentLaw()}
}

// anySampler is what laws about every operation are about.
var anySampler = part[reference.Sampler]{
	words: "Sampler.Keep, LogProbs, Sample or Draw",
	provided: func(s reference.Sampler) bool {
		return s.Keep != nil || s.LogProbs != nil || s.Sample != nil || s.Draw != nil
	},
}

// ofEach judges every operation that is provided.
func ofEach(judge func(samplerOperation, reference.Sampler, serving) error) func(reference.Sampler, serving) error {
	return func(s reference.Sampler, b serving) error {
		for _, op := range samplerOperations() {
			if !op.of.provided(s) {
				continue
			}
			if err := judge(op, s, b); err != nil {
				return fmt.Errorf("%s: %w", op.of.words, err)
			}
		}
		return nil
	}
}

func samplerNothingLaw() Law {
	return samplerLaw{
		id:     "Sampler/Nothing",
		claim:  "k ≥ vocab and k = 0, P = 1 and P = 0 change no bit of an answer, whatever the other settings",
		source: "TransformerLens#1347, CTranslate2#586: k above the vocabulary; nanochat#467, mlx-lm#1377: P = 1 that still drops what a sum has rounded away",
		of:     anySampler,
		once:   everyPair,
		judge:  surveyed(ofEach(changesNothing)),
	}.erased()
}

func changesNothing(op samplerOperation, s reference.Sampler, b serving) error {
	if !op.determined() {
		return nil
	}
	q := b.question()
	off := q
	off.how = slices.Clone(q.how)
	for r := range q.how { // one of two settings that mean nothing, and the other
		q.how[r], off.how[r] = meaningless(s, q.how[r], b.vocab(), r)
	}
	want, err := op.answer(s, off)
	if err != nil {
		return err
	}
	got, err := op.answer(s, q)
	if err != nil {
		return err
	}
	for r := range got {
		if !slices.Equal(got[r], want[r]) {
			return fmt.Errorf("row %d: %s with %s, %s with %s", r, brief(want[r]), settingsOf(off.how[r]), brief(got[r]), settingsOf(q.how[r]))
		}
	}
	return nil
}

// meaningless has cuts that cut nothing in the place of some that are off or cut nothing.
func meaningless(s reference.Sampler, how reference.Sampling, vocab, r int) (with, without reference.Sampling) {
	with, without = how, how
	if (how.TopK == 0 || how.TopK >= vocab) && provides(s, reference.TopK) {
		with.TopK, without.TopK = []int{vocab, vocab + 1, math.MaxInt/2 + 2, math.MaxInt}[r%4], 0
	}
	if (how.TopP == 0 || how.TopP == 1) && provides(s, reference.TopP) {
		with.TopP, without.TopP = 1, 0
	}
	return with, without
}

func samplerRowsLaw() Law {
	return samplerLaw{
		id:        "Sampler/Rows",
		claim:     "a row's answer is the same, to the last bit, alone and in any place of a batch, whatever the settings of the other rows",
		source:    "vllm#1309: rows in another order, settings not; vllm#50979: ties by the size of the batch; settings of row 0 for all",
		of:        anySampler,
		inputs:    alone(2),
		once:      everyPair,
		witnesses: []servings{{manySettings()}},
		judge:     surveyed(ofEach(servesRowsAlone)),
	}.erased()
}

// manySettings has a hundred rows with ties, each with settings of its own.
var manySettings = sync.OnceValue(func() serving {
	const vocab = 37
	b := serving{seed: 1}
	r := rand.New(b.source(3))
	for range 100 {
		classes := anyClasses(r)
		row := make([]float32, vocab)
		for v := range row {
			row[v] = float32(r.IntN(9)) / 2
		}
		how := drawSettings(classes, vocab, r)
		how.Temperature = math.Max(how.Temperature, 0.1)
		b.rows, b.how = append(b.rows, row), append(b.how, how)
	}
	return b
})

func servesRowsAlone(op samplerOperation, s reference.Sampler, b serving) error {
	if !op.determined() {
		return nil
	}
	q := b.question()
	together, err := op.answer(s, q)
	if err != nil {
		return err
	}
	order := rand.New(b.source(2)).Perm(len(b.rows))
	shuffled, err := op.answer(s, q.choose(order...))
	if err != nil {
		return fmt.Errorf("rows in order %s: %w", brief(order), err)
	}
	for i, r := range order {
		if !slices.Equal(shuffled[i], together[r]) {
			return fmt.Errorf("row %d: %s as row %d of %d, %s as row %d", r, brief(together[r]), r, len(order), brief(shuffled[i]), i)
		}
	}
	for r := 0; r < len(b.rows); r += max(1, len(b.rows)/8) {
		single, err := op.answer(s, q.choose(r))
		if err != nil {
			return fmt.Errorf("row %d alone: %w", r, err)
		}
		if !slices.Equal(single[0], together[r]) {
			return fmt.Errorf("row %d: %s alone, %s in a batch of %d", r, brief(single[0]), brief(together[r]), len(b.rows))
		}
	}
	return nil
}

func samplerConcurrentLaw() Law {
	return samplerLaw{
		id:        "Sampler/Concurrent",
		claim:     "four goroutines with arguments and sources of their own get the answers that one gets",
		source:    "scratch memory, or a sorted row, shared between calls",
		of:        anySampler,
		witnesses: []servings{{manySettings()}},
		judge:     surveyed(ofEach(servesConcurrently)),
	}.erased()
}

func servesConcurrently(op samplerOperation, s reference.Sampler, b serving) error {
	const goroutines = 4
	if len(b.rows) < 40 {
		return nil
	}
	q := b.question()
	ask := func(i int) ([][]float64, error) {
		part := q.choose(upTo(40)[10*i : 10*i+10]...)
		part.src = b.source(uint64(30 + i))
		return op.answer(s, part)
	}
	return sameBeside(goroutines, 8, ask, rowsDiffer("three"))
}
