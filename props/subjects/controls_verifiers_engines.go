package subjects

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"sync"

	"temper/reference"
	"temper/reference/sequence"
)

// engineVerifiers are correct accept rules that engines could have, in unfamiliar ways.
func engineVerifiers() []styled[sequence.Verifier] {
	rejection := sequence.RejectionRule()
	plain := newAccepting()
	return []styled[sequence.Verifier]{
		{"logarithms in float32 from the first to the last step", answering(rejection, inLogs32)},
		{"integers of 2⁻⁴⁰", answering(rejection, inIntegers)},
		{"draws from p until one is from the residual", answeringWords(rejection, untilResidual)},
		{"one number for a draft, what is left of it used again", answeringWords(rejection, withOneNumber)},
		{"one half of a word decides, the other half draws", answeringWords(rejection, func(d sequence.Draft, src rand.Source) []int {
			var last float64
			a := plain
			a.number = func([]float64, int) float64 {
				word := src.Uint64()
				last = float64(uint32(word)) * 0x1p-32
				return float64(word>>32) * 0x1p-32
			}
			a.lastFrom = func(_ []float64, accepted int) float64 {
				if accepted == len(d.Tokens) {
					return reference.Uniform(src)
				}
				return last
			}
			return a.answer(d, nil)
		})},
		{"tree, the most probable child first", answering(sequence.TreeRule(1), likeliestFirst)},
		{"a goroutine for each draft, padded to the longest", besideOneAnother(rejection, plain.answer)},
		{"no batch of two vocabularies", withOneVocabulary(answering(rejection, plain.answer))},
	}
}

// inLogs32 decides and draws in logarithms of float32.
func inLogs32(d sequence.Draft, u []float64) []int {
	log := func(x float64) float32 { return float32(math.Log(float64(float32(x)))) }
	less := func(u, q, p float64) bool { return p > 0 && log(math.Min(u, 1-0x1p-24))+log(q) < log(p) }
	pick := func(logs []float32, u float64) int {
		weights := make([]float64, len(logs))
		most := slices.Max(logs)
		for v, x := range logs {
			weights[v] = float64(float32(math.Exp(float64(x - most))))
		}
		return tokenAt(weights, u)
	}
	row := func(p []float64) []float32 {
		logs := make([]float32, len(p))
		for v, x := range p {
			logs[v] = log(x)
		}
		return logs
	}
	n := len(d.Tokens)
	for i, x := range d.Tokens {
		p, q := row(d.P[i]), row(qOf(d, i))
		if less(u[i], qOf(d, i)[x], d.P[i][x]) {
			continue
		}
		rest := make([]float32, len(p))
		for v := range p {
			rest[v] = float32(math.Inf(-1))
			if p[v] > q[v] {
				rest[v] = p[v] + float32(math.Log1p(-math.Exp(float64(q[v]-p[v]))))
			}
		}
		if slices.Max(rest) == float32(math.Inf(-1)) {
			rest = p
		}
		return append(slices.Clone(d.Tokens[:i]), pick(rest, u[n]))
	}
	return append(slices.Clone(d.Tokens), pick(row(d.P[n]), u[n]))
}

// inIntegers compares and draws with integers.
func inIntegers(d sequence.Draft, u []float64) []int {
	whole := func(row []float64) []uint64 {
		all := make([]uint64, len(row))
		for v, x := range row {
			all[v] = uint64(math.Round(x * 0x1p40))
		}
		return all
	}
	number := func(u float64) uint64 { return uint64(u * 0x1p53) }
	pick := func(weights []uint64, u float64) int {
		total := uint64(0)
		for _, w := range weights {
			total += w
		}
		high, low := bits.Mul64(number(u), total)
		at := high<<11 | low>>53
		for v, w := range weights {
			if at < w {
				return v
			}
			at -= w
		}
		panic("the number is below 1")
	}
	n := len(d.Tokens)
	for i, x := range d.Tokens {
		p, q := whole(d.P[i]), whole(qOf(d, i))
		high, low := bits.Mul64(number(u[i]), q[x])
		if high<<11|low>>53 < p[x] {
			continue
		}
		rest, mass := make([]uint64, len(p)), uint64(0)
		for v := range p {
			if p[v] > q[v] {
				rest[v] = p[v] - q[v]
				mass += rest[v]
			}
		}
		if mass == 0 {
			rest = p
		}
		return append(slices.Clone(d.Tokens[:i]), pick(rest, u[n]))
	}
	return append(slices.Clone(d.Tokens), pick(whole(d.P[n]), u[n]))
}

// untilResidual replaces a rejected token by the first of draws y from p that passes with
// probability 1 − q(y)/p(y), which is a draw from the residual without adding it up.
func untilResidual(d sequence.Draft, src rand.Source) []int {
	for i, x := range d.Tokens {
		p, q := d.P[i], qOf(d, i)
		if reference.Uniform(src)*q[x] < p[x] {
			continue
		}
		for range 1000 {
			if y := tokenAt(p, reference.Uniform(src)); reference.Uniform(src)*p[y] < p[y]-q[y] {
				return append(slices.Clone(d.Tokens[:i]), y)
			}
		}
		return append(slices.Clone(d.Tokens[:i]), tokenAt(residualOf(p, q), reference.Uniform(src)))
	}
	return append(slices.Clone(d.Tokens), tokenAt(d.P[len(d.Tokens)], reference.Uniform(src)))
}

// withOneNumber decides everything with one number: given that it is below a threshold, its
// share of the threshold is a new one, and given that it is not, its share of the rest.
func withOneNumber(d sequence.Draft, src rand.Source) []int {
	u := reference.Uniform(src)
	share := func(part, of float64) float64 { return math.Min(part/of, 1-0x1p-53) }
	for i, x := range d.Tokens {
		accept := math.Min(1, d.P[i][x]/qOf(d, i)[x])
		if !(u < accept) {
			return append(slices.Clone(d.Tokens[:i]), tokenAt(residualOf(d.P[i], qOf(d, i)), share(u-accept, 1-accept)))
		}
		u = share(u, accept)
	}
	return append(slices.Clone(d.Tokens), tokenAt(d.P[len(d.Tokens)], u))
}

// likeliestFirst looks at the children of a token in another order than the draft's.
func likeliestFirst(d sequence.Draft, u []float64) (out []int) {
	for at, level := -1, 0; ; level++ {
		p, children := d.P[at+1], d.Children(at)
		if len(children) == 0 {
			return append(out, tokenAt(p, u[level]))
		}
		slices.SortStableFunc(children, func(a, b int) int { return cmp.Compare(p[d.Tokens[b]], p[d.Tokens[a]]) })
		rest, sum, next := p, 0.0, -1
		for _, child := range children {
			if sum += p[d.Tokens[child]]; u[level] < sum {
				next = child
				break
			}
			rest = massOr(lackingToken(rest, d.Tokens[child]), rest)
		}
		if next < 0 {
			return append(out, tokenAt(rest, u[level+1]))
		}
		at, out = next, append(out, d.Tokens[next])
	}
}

// besideOneAnother answers the drafts of a batch from goroutines, and writes to one array that
// has places for the longest.
func besideOneAnother(rule sequence.Rule, answer func(d sequence.Draft, u []float64) []int) sequence.Verifier {
	v := verifying(rule, answer)
	v.Verify = func(dst [][]int, drafts []sequence.Draft, u [][]float64) error {
		longest := 0
		for _, d := range drafts {
			longest = max(longest, len(d.Tokens)+1)
		}
		var running sync.WaitGroup
		padded := slices.Repeat([]int{-1}, longest*len(drafts))
		err := eachGood(drafts, func(s int, d sequence.Draft) {
			running.Go(func() {
				at := padded[s*longest : (s+1)*longest]
				dst[s] = at[:copy(at, answer(d, u[s]))]
			})
		})
		running.Wait()
		return err
	}
	return v
}

// withOneVocabulary refuses batches of drafts over several vocabularies, as the contract has
// them over one.
func withOneVocabulary(v sequence.Verifier) sequence.Verifier {
	check := func(drafts []sequence.Draft) error {
		vocab := 0
		for s, d := range drafts {
			for _, row := range d.P {
				if vocab == 0 {
					vocab = len(row)
				}
				if d.Check() == nil && len(row) != vocab {
					return fmt.Errorf("draft %d has %d tokens, not %d: %w", s, len(row), vocab, reference.ErrShape)
				}
			}
		}
		return nil
	}
	verify, draw := v.Verify, v.Draw
	v.Verify = func(dst [][]int, drafts []sequence.Draft, u [][]float64) error {
		if err := check(drafts); err != nil {
			return err
		}
		return verify(dst, drafts, u)
	}
	v.Draw = func(dst [][]int, drafts []sequence.Draft, src rand.Source) error {
		if err := check(drafts); err != nil {
			return err
		}
		return draw(dst, drafts, src)
	}
	return v
}
