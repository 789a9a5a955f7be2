package props

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"temper/reference/sequence"
)

func generatorPromptsLaw() Law {
	return generatorLaw{
		id:        "Generator/Prompts",
		claim:     "each of many prompts of one model has its own most probable continuation at T = 0: prompts of one length, and those that differ in one token, in the order, in a block of 16, or by one token at an end",
		source:    "derived: what is kept of a prompt, under a key that is too short: its length, its last block, a hash of its tokens in any order",
		of:        aGenerator,
		witnesses: manyPrompts(),
		judge:     continuesEachPrompt,
	}.erased()
}

// manyPrompts are errands of models whose rows depend on the whole prompt.
func manyPrompts() []errand {
	var all []errand
	for i, length := range []int{3, 20, 70} {
		seed := uint64(70 + i)
		m := known{newRowsByHistory(30, -1, 0, 1, profiles[:1], seed), fmt.Sprintf("30 tokens, rows by the whole history, seed %d", seed), -1, 3}
		all = append(all, errand{m, anyTokens(30, length, seed), 3, 0, seed})
	}
	return all
}

// alike are prompts that a short key takes for the same, the prompt itself first.
func alike(prompt []int, vocab int) [][]int {
	n := len(prompt)
	r := rand.New(rand.NewPCG(uint64(n), 71))
	all := [][]int{prompt}
	add := func(change func(p []int) []int) { all = append(all, change(slices.Clone(prompt))) }
	for _, at := range []int{0, 1, n / 2, n - 2, n - 1} { // one token another
		add(func(p []int) []int { p[at] = (p[at] + 1 + r.IntN(vocab-1)) % vocab; return p })
	}
	for _, at := range []int{0, n / 2, n - 2} { // two in another order
		add(func(p []int) []int { p[at], p[at+1] = p[at+1], p[at]; return p })
	}
	for from := 0; from < n; from += 16 { // a block another
		add(func(p []int) []int { copy(p[from:min(n, from+16)], anyTokens(vocab, 16, r.Uint64())); return p })
	}
	for range 4 { // all other tokens
		add(func(p []int) []int { return anyTokens(vocab, n, r.Uint64()) })
	}
	add(func(p []int) []int { return p[1:] })
	add(func(p []int) []int { return p[:n-1] })
	add(func(p []int) []int { slices.Reverse(p); return p })
	// tokens that are the same when they are written one behind the other
	add(func(p []int) []int { p[0], p[1] = 1, 12; return p })
	add(func(p []int) []int { p[0], p[1] = 11, 2; return p })
	return all
}

// continuesEachPrompt asks for each prompt twice, in one order and in the other.
func continuesEachPrompt(g sequence.Generator, e errand) error {
	prompts := alike(e.prompt, e.model.VocabSize())
	for range 2 {
		for _, prompt := range prompts {
			one := e
			one.prompt = prompt
			if err := followsGreedyPath(g, one); err != nil {
				return fmt.Errorf("prompt %s: %w", brief(prompt), err)
			}
		}
		slices.Reverse(prompts)
	}
	return nil
}
