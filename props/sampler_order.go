package props

import (
	"fmt"
	"math"
	"math/rand/v2"

	"temper/props/accuracy"
	"temper/props/verdict"
	"temper/reference"
)

// samplerOrderLaws are about supports beside each other, and about the choice among equal
// logits.
func samplerOrderLaws() []Law {
	return []Law{samplerGrowsLaw(), samplerPermutationLaw(), samplerLowestLaw(), samplerBorderLaw()}
}

func samplerGrowsLaw() Law {
	return samplerLaw{
		id:     "Sampler/Grows",
		claim:  "alone, a larger k, a larger P and a smaller m keep of equal logits as many tokens or more",
		source: "contract",
		of:     samplerKeep,
		once:   everyPair,
		judge:  surveyed(supportGrows),
	}.erased()
}

func supportGrows(s reference.Sampler, b serving) error {
	row, t := b.rows[0], b.how[0].Temperature
	if math.IsInf(t, 1) {
		t = 1
	}
	vocab := len(row)
	for _, settings := range []struct {
		step   reference.Step
		series []reference.Sampling
	}{
		{reference.TopK, []reference.Sampling{{TopK: 1}, {TopK: 2}, {TopK: 3}, {TopK: 3 + vocab/4}, {TopK: 3 + vocab/2}, {TopK: 3 + vocab}}},
		{reference.TopP, []reference.Sampling{{TopP: 1e-9}, {TopP: .1}, {TopP: .3}, {TopP: .5}, {TopP: .8}, {TopP: .95}, {TopP: .999}, {TopP: 1}}},
		{reference.MinP, []reference.Sampling{{MinP: 1}, {MinP: .9}, {MinP: .5}, {MinP: .2}, {MinP: .05}, {MinP: 1e-3}, {MinP: 1e-9}}},
	} {
		if !provides(s, settings.step) {
			continue
		}
		wider := serving{seed: b.seed}
		for _, how := range settings.series {
			how.Temperature = t
			wider.rows, wider.how = append(wider.rows, row), append(wider.how, how)
		}
		if err := keepsMore(s, wider); err != nil {
			return err
		}
	}
	return nil
}

// keepsMore says whether each row, all of the same logits, keeps what the one before does.
func keepsMore(s reference.Sampler, b serving) error {
	kept, err := keptOf(s, b)
	if err != nil {
		return err
	}
	a := classesOf(b.rows[0])
	before, now := make([]int, len(a.size)), make([]int, len(a.size))
	for r, row := range b.rows {
		for v, in := range kept[r] {
			if in && isMasked(row[v]) {
				return fmt.Errorf("%s: masked token %d is kept", settingsOf(b.how[r]), v)
			}
		}
		copy(before, now)
		a.take(kept[r], now)
		for v, c := range a.class {
			if c >= 0 && now[c] < before[c] {
				return fmt.Errorf("of the tokens equal to token %d, %d kept with %s, and %d with %s", v, before[c], settingsOf(b.how[r-1]), now[c], settingsOf(b.how[r]))
			}
		}
	}
	return nil
}

func samplerPermutationLaw() Law {
	return samplerLaw{
		id:     "Sampler/Permutation",
		claim:  "permuting the vocabulary permutes the support, up to the choice among equal logits and the free band",
		source: "llama.cpp#812: sorted input assumed; settings or masks indexed by the sorted order",
		of:     samplerKeep,
		once:   everyPair,
		judge:  surveyed(permutesSupport),
	}.erased()
}

func permutesSupport(s reference.Sampler, b serving) error {
	place := rand.New(b.source(2)).Perm(b.vocab())
	permuted := serving{how: b.how, seed: b.seed}
	for _, row := range b.rows {
		moved := make([]float32, len(row))
		for v, x := range row {
			moved[place[v]] = x
		}
		permuted.rows = append(permuted.rows, moved)
	}
	kept, err := keptOf(s, b)
	if err != nil {
		return err
	}
	after, err := keptOf(s, permuted)
	if err != nil {
		return err
	}
	for r, row := range b.rows {
		a, err := allowanceOf(s, row, b.how[r])
		if err != nil {
			return err
		}
		before, then, back := make([]int, len(a.size)), make([]int, len(a.size)), make([]bool, len(row))
		for v := range row {
			if back[v] = after[r][place[v]]; back[v] && a.class[v] < 0 || kept[r][v] && a.class[v] < 0 {
				return fmt.Errorf("row %d: masked token %d is kept", r, v)
			}
		}
		a.take(kept[r], before)
		a.take(back, then)
		for v, c := range a.class {
			if c >= 0 && a.least[c] == a.most[c] && before[c] != then[c] {
				return fmt.Errorf("row %d: of the tokens equal to token %d, %d kept, and %d of the permuted row %s", r, v, before[c], then[c], brief(permuted.rows[r]))
			}
		}
	}
	return nil
}

func samplerLowestLaw() Law {
	return samplerLaw{
		id:     "Sampler/Lowest",
		claim:  "where some of equal logits are kept, those of lowest index are, and T = 0 keeps one token; the free band is that of Should",
		source: "contract; vllm#50979: the choice depends on the size of the batch",
		level:  verdict.Should,
		of:     declaring(samplerKeep),
		once:   everyPair,
		judge:  surveyed(keepsLowest),
	}.erased()
}

func keepsLowest(s reference.Sampler, b serving) error {
	kept, err := keptOf(s, b)
	if err != nil {
		return err
	}
	for r, row := range b.rows {
		surely, possibly, err := s.Convention.Band(row, b.how[r], accuracy.SlackOfCuts(verdict.Should, s.Convention, row, b.how[r]))
		if err != nil {
			return err
		}
		for v, in := range kept[r] {
			if in && !possibly[v] || !in && surely[v] {
				return fmt.Errorf("row %d: token %d: kept %v, the exact law has %v", r, v, in, surely[v])
			}
		}
	}
	return nil
}

func samplerBorderLaw() Law {
	return samplerLaw{
		id:        "Sampler/Border",
		claim:     "of 2^j equal logits among masked ones, P = i/2^j keeps i tokens if M < P, and i + 1 if M ≤ P; equal tokens of one fate are all kept",
		source:    "engines differ in M < P and M ≤ P; where the masses are exact, no rounding hides which",
		level:     verdict.Should,
		of:        declaring(providing(reference.TopP, samplerKeep)),
		witnesses: []servings{{exactNucleus(1)}, {exactNucleus(2)}, {exactNucleus(3)}, {exactNucleus(6)}},
		judge:     surveyed(keepsExactNucleus),
	}.erased()
}

// exactNucleus has the rows P = i/2^j of 2^j equal logits.
func exactNucleus(j int) serving {
	b := serving{seed: 1}
	row := equalAmongMasks(1 << j).row
	for i := 1; i < 1<<j; i++ {
		b.rows = append(b.rows, row)
		b.how = append(b.how, reference.Sampling{Temperature: 1, TopP: float64(i) / float64(int(1)<<j)})
	}
	return b
}

func keepsExactNucleus(s reference.Sampler, b serving) error {
	kept, err := keptOf(s, b)
	if err != nil {
		return err
	}
	for r, row := range b.rows {
		a, err := allowanceBy(s.Convention, row, b.how[r], 0)
		if err == nil {
			err = a.judge(row, kept[r])
		}
		if err != nil {
			return fmt.Errorf("P = %v: %w", b.how[r].TopP, err)
		}
	}
	return nil
}
