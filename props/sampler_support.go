package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"temper/reference"
)

// samplerSupportLaws are about which tokens can come.
func samplerSupportLaws() []Law {
	return []Law{samplerSupportLaw(), samplerAnyConventionLaw(), samplerModeLaw(), samplerOneLaw(), samplerZeroLaw()}
}

func samplerSupportLaw() Law {
	return samplerLaw{
		id:        "Sampler/Support",
		claim:     "the steps in the declared order keep of equal logits as many tokens as the exact law, up to the free band: what an error of the log-probabilities within the bound of Must decides",
		source:    "sglang-jax#1563, vllm#1885: T before the cuts in place of after, P of the original mass; esm#360, fish-speech#1171: the token that crosses P; TransformerLens#1347: k beyond the vocabulary",
		of:        declaring(samplerKeep),
		inputs:    alone(2),
		once:      everyPair,
		witnesses: slices.Concat(longAlone(), []servings{{longServing()}, {manyKept()}}),
		judge:     surveyed(keepsSupport),
		measure:   freeBand,
	}.erased()
}

// longServing is a row of some thousands of tokens, of which many are left by each of
// the cuts.
var longServing = sync.OnceValue(func() serving {
	row := zipfRow(5003)
	rand.New(rand.NewPCG(1, 25)).Shuffle(len(row), func(i, j int) { row[i], row[j] = row[j], row[i] })
	b := serving{seed: 1}
	for _, how := range []reference.Sampling{{Temperature: 0.9, TopK: 2000}, {Temperature: 1.1, TopP: 0.8}, {Temperature: 1.2, MinP: 1e-4}} {
		b.rows, b.how = append(b.rows, row), append(b.how, how)
	}
	return b
})

// longRow is the least vocabulary of a row that is asked about less often.
const longRow = 4096

// longAlone are long rows in which three tokens have nearly all mass, so that P, m and k = 3 leave
// just these under every convention: one of them is the last of the vocabulary, another the
// first behind 2¹⁶ or in the second half.
var longAlone = sync.OnceValue(func() []servings {
	var all []servings
	for _, vocab := range []int{longRow, 70_003} {
		r := rand.New(rand.NewPCG(uint64(vocab), 26))
		row := make([]float32, vocab)
		for v := range row {
			row[v] = -14 + float32(r.IntN(64))/64
		}
		for i, v := range []int{vocab / 3, vocab - 1, max(vocab/2, min(1<<16, vocab-2))} {
			row[v] = float32(-i) / 4
		}
		b := serving{seed: 1}
		b.how = []reference.Sampling{{Temperature: 0.8, TopK: 3}, {Temperature: 0.8, TopP: 0.9}, {Temperature: 0.8, MinP: 0.3}}
		if vocab > longRow { // some implementations sort each row
			b.how = []reference.Sampling{{Temperature: 0.8, TopK: 3, TopP: 0.9, MinP: 0.3}}
		}
		b.rows = slices.Repeat([][]float32{row}, len(b.how))
		all = append(all, servings{b})
	}
	return all
})

// manyKept is a long row with a k that does not fit 16 bits.
func manyKept() serving {
	all := longAlone()
	b := all[len(all)-1][0]
	return served(reference.Sampling{Temperature: 0.8, TopK: b.vocab() - 4000}, b.rows[0]...)
}

func keepsSupport(s reference.Sampler, b serving) error {
	return keepsWhat(s, b, func(row []float32, how reference.Sampling) (allowance, error) { return allowanceOf(s, row, how) })
}

// keepsWhat holds every row to what is allowed of it.
func keepsWhat(s reference.Sampler, b serving, allowed func(row []float32, how reference.Sampling) (allowance, error)) error {
	kept, err := keptOf(s, b)
	if err != nil {
		return err
	}
	for r, row := range b.rows {
		a, err := allowed(row, b.how[r])
		if err == nil {
			err = a.judge(row, kept[r])
		}
		if err != nil {
			return fmt.Errorf("row %d: %w", r, err)
		}
	}
	return nil
}

func samplerAnyConventionLaw() Law {
	return samplerLaw{
		id:      "Sampler/AnyConvention",
		claim:   "of equal logits at least as many tokens are kept as in the strictest order, tie rule and base of top-p, and at most as many as in the widest",
		source:  "contract: what all conventions have in common",
		of:      samplerKeep,
		inputs:  alone(0),
		judge:   surveyed(keepsWithinAllConventions),
		measure: freeBandOfAny,
	}.erased()
}

// freeBandOfAny is the same for all samplers.
func freeBandOfAny(reference.Sampler) string { return undeclaredBand() }

var undeclaredBand = sync.OnceValue(func() string { return freeBand(reference.Sampler{}) })

func keepsWithinAllConventions(s reference.Sampler, b serving) error {
	return keepsWhat(s, b, allowanceOfAny)
}

func samplerModeLaw() Law {
	return samplerLaw{
		id:     "Sampler/Mode",
		claim:  "a most probable token is always kept, at least one where T = +Inf makes all alike, and a masked one never",
		source: "Anthropic, September 2025: an approximate top-k that loses the most probable token; mlx-lm#1912: nothing kept at a tiny P",
		of:     samplerKeep,
		once:   everyPair,
		judge:  surveyed(keepsMode),
	}.erased()
}

func keepsMode(s reference.Sampler, b serving) error {
	kept, err := keptOf(s, b)
	if err != nil {
		return err
	}
	for r, row := range b.rows {
		largest, mode, masks := slices.Max(row), 0, 0
		for v, in := range kept[r] {
			if in && row[v] == largest {
				mode++
			}
			if in && isMasked(row[v]) {
				masks++
			}
		}
		switch hot := math.IsInf(b.how[r].Temperature, 1); {
		case countOf(kept[r]) == 0:
			return fmt.Errorf("row %d: nothing is kept", r)
		case masks > 0:
			return fmt.Errorf("row %d: %s kept", r, times(masks, "masked token"))
		case mode == 0 && !hot:
			return fmt.Errorf("row %d: no token of the largest logit is kept", r)
		}
	}
	return nil
}

func samplerOneLaw() Law {
	return samplerLaw{
		id:     "Sampler/One",
		claim:  "k = 1 keeps the most probable token, or some of those that are equal to it, whatever the other settings",
		source: "SGLang samples at T near 0 by k = 1",
		of:     providing(reference.TopK, samplerKeep),
		once:   everyPair,
		judge:  surveyed(oneKeepsMode),
	}.erased()
}

// providing is the part, of samplers that provide a step or declare no convention.
func providing(step reference.Step, p part[reference.Sampler]) part[reference.Sampler] {
	return part[reference.Sampler]{
		words:    fmt.Sprintf("%s, of a sampler with %s", p.words, step),
		provided: func(s reference.Sampler) bool { return p.provided(s) && provides(s, step) },
	}
}

func provides(s reference.Sampler, step reference.Step) bool {
	return !declared(s) || slices.Contains(s.Convention.Order, step)
}

func oneKeepsMode(s reference.Sampler, b serving) error {
	b.how = slices.Clone(b.how)
	for r := range b.how {
		if b.how[r].TopK = 1; math.IsInf(b.how[r].Temperature, 1) {
			b.how[r].Temperature = 1
		}
	}
	return keepsOnlyModes(s, b)
}

func keepsOnlyModes(s reference.Sampler, b serving) error {
	kept, err := keptOf(s, b)
	if err != nil {
		return err
	}
	for r, row := range b.rows {
		if n := countOf(kept[r]); n == 0 {
			return fmt.Errorf("row %d: %s: nothing is kept", r, settingsOf(b.how[r]))
		}
		for v, in := range kept[r] {
			if in && row[v] != slices.Max(row) {
				return fmt.Errorf("row %d: %s: token %d is kept, whose logit %v is below the largest, %v", r, settingsOf(b.how[r]), v, row[v], slices.Max(row))
			}
		}
	}
	return nil
}

func samplerZeroLaw() Law {
	return samplerLaw{
		id:     "Sampler/Zero",
		claim:  "T = 0 keeps the most probable token, or some of those that are equal to it, whatever the cuts",
		source: "contract",
		of:     providing(reference.Temper, samplerKeep),
		once:   everyPair,
		judge: surveyed(func(s reference.Sampler, b serving) error {
			b.how = slices.Clone(b.how)
			for r := range b.how {
				if r%3 != 1 { // greedy rows beside others
					b.how[r].Temperature = 0
				}
			}
			return keepsOnlyModes(s, b.among(func(r int) bool { return r%3 != 1 }))
		}),
	}.erased()
}

// among is the batch with the rows that are not chosen repeated from the first one's
// logits, so that all may be judged alike.
func (b serving) among(chosen func(r int) bool) serving {
	b.rows = slices.Clone(b.rows)
	for r := range b.rows {
		if !chosen(r) {
			b.rows[r] = slices.Repeat([]float32{0.25}, b.vocab())
		}
	}
	return b
}
