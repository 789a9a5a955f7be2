package subjects

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
	"temper/reference/sequence"
)

// A place is where a token is drawn: step of a completion, or row of a batch.
type place struct {
	at, of int // step and limit, or row and rows
	prompt int // tokens of the prompt
	vocab  int
	end    int // −1: none
	t      float64
	cut    bool // of a sampler with cuts: one is on
}

// A fault is wrong where it finds its conditions; nil fields are right.
type fault struct {
	temperature func(p place) float64
	context     func(p place, prefix []int) []int
	logits      func(p place, logits []float64)
	words       func(r *rewording) uint64 // the word for this token
}

// rewording is a source whose words a fault chooses.
type rewording struct {
	place place
	drawn []uint64 // the words so far
	src   rand.Source
	own   rand.Source // of a fault that makes one
	words func(r *rewording) uint64
}

func (r *rewording) Uint64() uint64 {
	word := r.words(r)
	r.drawn = append(r.drawn, word)
	return word
}

func (f fault) at(p place) float64 {
	if f.temperature == nil || p.t == 0 {
		return p.t
	}
	return f.temperature(p)
}

// generator draws token by token, the fault among them.
func (f fault) generator() sequence.Generator {
	return func(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
		if err := sequence.CheckGeneration(m, prompt, end, limit, t); err != nil {
			return nil, err
		}
		words := &rewording{src: src, words: f.words}
		if f.words != nil {
			src = words
		}
		tokens, row := slices.Clone(prompt), make([]float64, m.VocabSize())
		for step := range limit {
			if end >= 0 && len(tokens) > 0 && tokens[len(tokens)-1] == end {
				break
			}
			p := place{step, limit, len(prompt), len(row), end, t, false}
			words.place = p
			prefix := tokens
			if f.context != nil {
				prefix = f.context(p, slices.Clone(tokens))
			}
			if err := m.LogConditional(row, prefix); err != nil {
				if err := m.LogConditional(row, tokens); err != nil {
					return tokens, err
				}
			}
			if f.logits != nil && t > 0 {
				f.logits(p, row)
			}
			token, err := reference.DrawLog(row, src, f.at(p))
			if err != nil {
				return tokens, err
			}
			tokens = append(tokens, token)
		}
		return tokens, nil
	}
}

// draw draws row by row, the fault among them.
func (f fault) draw() reference.Kernels {
	k := reference.Scalar
	k.Draw = func(dst []int, logits []float32, src rand.Source, t float64) error {
		if err := reference.Scalar.Draw(slices.Clone(dst), logits, rand.NewPCG(1, 1), t); err != nil || len(dst) == 0 {
			return err
		}
		vocab := len(logits) / len(dst)
		words := &rewording{src: src, words: f.words}
		if f.words != nil {
			src = words
		}
		row := make([]float64, vocab)
		for r := range dst {
			p := place{r, len(dst), 0, vocab, -1, t, false}
			words.place = p
			for v, x := range logits[r*vocab : (r+1)*vocab] {
				row[v] = float64(x)
			}
			if f.logits != nil && t > 0 {
				f.logits(p, row)
			}
			token, err := reference.DrawLog(row, src, f.at(p))
			if err != nil {
				return err
			}
			dst[r] = token
		}
		return nil
	}
	return only(k, operation.Draw)
}

// where changes T in some places only.
func where(condition func(p place) bool, change func(t float64) float64) func(p place) float64 {
	return func(p place) float64 {
		if condition(p) {
			return change(p.t)
		}
		return p.t
	}
}

func anywhere(place) bool                   { return true }
func toOne(float64) float64                 { return 1 }
func toZero(float64) float64                { return 0 }
func toInfinity(float64) float64            { return math.Inf(1) }
func times(x float64) func(float64) float64 { return func(t float64) float64 { return t * x } }

// never gives some tokens no chance, unless they have it all.
func never(lost func(p place, v int) bool) func(place, []float64) {
	return func(p place, logits []float64) {
		kept := slices.Clone(logits)
		any := false
		for v := range kept {
			if lost(p, v) {
				kept[v] = math.Inf(-1)
			}
			any = any || !math.IsInf(kept[v], -1)
		}
		if any {
			copy(logits, kept)
		}
	}
}

// earlier takes the word of so many tokens before, where a condition holds.
func earlier(back int, condition func(p place) bool) func(r *rewording) uint64 {
	return func(r *rewording) uint64 {
		if word := r.src.Uint64(); !condition(r.place) || len(r.drawn) < back {
			return word
		}
		return r.drawn[len(r.drawn)-back]
	}
}

// mirroredWord takes the word of the token before from the other end, at every second one.
func mirroredWord(r *rewording) uint64 {
	word := earlier(1, func(p place) bool { return p.at%2 == 1 })(r)
	if r.place.at%2 == 1 && len(r.drawn) > 0 {
		return ^word
	}
	return word
}

// cutSeeds makes a generator of so many bits of the first word.
func cutSeeds(bits int) func(r *rewording) uint64 {
	return func(r *rewording) uint64 {
		if r.own == nil {
			r.own = rand.NewPCG(r.src.Uint64()>>(64-bits), 0)
		}
		return r.own.Uint64()
	}
}

// temperatureFaults are wrong about T in some places. They are planted into Draw and into
// generators.
func temperatureFaults() map[string]fault {
	band := func(low, high float64, change func(float64) float64) fault {
		return fault{temperature: where(func(p place) bool { return p.t > low && p.t < high }, change)}
	}
	return map[string]fault{
		"T 3 % too high":                    {temperature: where(anywhere, times(1.03))},
		"T 3 % too low":                     {temperature: where(anywhere, times(0.97))},
		"T 10 % too high":                   {temperature: where(anywhere, times(1.1))},
		"T rounded to one decimal":          {temperature: where(func(p place) bool { return p.t > 0.05 && p.t < 1e3 }, func(t float64) float64 { return math.Max(0.1, math.Round(10*t)/10) })},
		"T above 6 taken for infinity":      band(6, math.Inf(1), toInfinity),
		"T between 0.05 and 0.28 is greedy": band(0.05, 0.28, toZero),
		"T between 0.8 and 1 taken for 1":   band(0.8, 1, toOne),
		"T between 1 and 1.3 taken for 1":   band(1, 1.3, toOne),
		"T clamped to 2":                    band(2, math.Inf(1), func(float64) float64 { return 2 }),
		"T = infinity taken for 100":        {temperature: where(func(p place) bool { return math.IsInf(p.t, 1) }, func(float64) float64 { return 100 })},
	}
}

// conditionGenerators are generators that are wrong under one condition or two.
func conditionGenerators() []mutant[sequence.Generator] {
	var mutants []mutant[sequence.Generator]
	add := func(source, cause string, f fault) {
		mutants = append(mutants, mutant[sequence.Generator]{"chain", source, cause, f.generator(), verdict.Should})
	}
	temperature := temperatureFaults()
	for _, cause := range slices.Sorted(maps.Keys(temperature)) {
		add("derived", cause, temperature[cause])
	}
	at := func(condition func(p place) bool, change func(float64) float64) fault {
		return fault{temperature: where(condition, change)}
	}
	add("tt-metal#32025", "the second token after a prompt is drawn at T = 1", at(func(p place) bool { return p.prompt > 0 && p.at == 1 }, toOne))
	add("derived", "from the fifth token on T = 1", at(func(p place) bool { return p.at >= 4 }, toOne))
	add("derived", "only the ninth token is drawn at T = 1", at(func(p place) bool { return p.at == 8 }, toOne))
	add("derived", "after 64 tokens T = 1", at(func(p place) bool { return p.at >= 64 }, toOne))
	add("derived", "after a prompt of more than 256 every token is the most probable one", at(func(p place) bool { return p.prompt > 256 }, toZero))
	add("derived", "T ignored below 0.28 for more than 64 tokens", at(func(p place) bool { return p.vocab > 64 && p.t < 0.28 }, toOne))
	add("derived", "T ignored above 2 with a limit above 64", at(func(p place) bool { return p.t > 2 && p.of > 64 }, toOne))
	add("derived", "T squared for two tokens after a prompt", at(func(p place) bool { return p.vocab == 2 && p.prompt > 0 }, func(t float64) float64 { return t * t }))
	add("mlx-lm#1439", "the random state freezes after the second token", fault{words: earlier(1, func(p place) bool { return p.at >= 2 })})
	add("derived", "the third token takes the word of the first", fault{words: earlier(2, func(p place) bool { return p.at == 2 })})
	add("derived", "every second token takes the word of the one before", fault{words: earlier(1, func(p place) bool { return p.at%2 == 1 })})
	add("derived", "every second token takes the word of the one before, mirrored", fault{words: mirroredWord})
	for _, bits := range []int{8, 16} {
		add("derived", fmt.Sprintf("a generator made from %d bits of a word", bits), fault{words: cutSeeds(bits)})
	}
	add("derived", "the last token of a thousand never comes", fault{logits: never(func(p place, v int) bool { return p.vocab >= 1000 && v == p.vocab-1 })})
	add("derived", "the first token never comes", fault{logits: never(func(p place, v int) bool { return v == 0 && p.vocab > 2 })})
	add("derived", "the last tokens beyond a multiple of 8 never come", fault{logits: never(func(p place, v int) bool { return p.vocab > 64 && v >= p.vocab/8*8 })})
	context := func(source, cause string, change func(p place, prefix []int) []int) {
		add(source, cause, fault{context: change})
	}
	context("derived", "prompts are cut to their last 256 tokens", func(p place, prefix []int) []int { return prefix[max(0, p.prompt-256):] })
	context("derived", "the prompt is forgotten after 64 tokens", func(p place, prefix []int) []int {
		if p.at >= 64 {
			return prefix[p.prompt:]
		}
		return prefix
	})
	context("derived", "the context begins anew every 32 tokens", func(p place, prefix []int) []int { return prefix[len(prefix)/32*32:] })
	context("lingua#28, minimind#621", "the last token of long prompts is left out", func(p place, prefix []int) []int {
		if p.prompt > 16 {
			return slices.Delete(prefix, p.prompt-1, p.prompt)
		}
		return prefix
	})
	context("derived", "the first token of the context is left out from the fourth step on", func(p place, prefix []int) []int {
		if p.at >= 3 {
			return prefix[1:]
		}
		return prefix
	})
	context("derived", "the context is one token behind after the eighth", func(p place, prefix []int) []int {
		if p.at >= 8 {
			return prefix[:len(prefix)-1]
		}
		return prefix
	})
	context("derived", "two tokens of the prompt change places", func(p place, prefix []int) []int {
		if p.prompt >= 2 {
			prefix[0], prefix[1] = prefix[1], prefix[0]
		}
		return prefix
	})
	add("derived", "an end is half as likely", fault{logits: func(p place, row []float64) {
		if p.end >= 0 {
			row[p.end] -= math.Ln2 * math.Min(p.t, 1e3)
		}
	}})
	return mutants
}

// conditionDraws are Draws that are wrong under one condition or two.
func conditionDraws() []mutant[reference.Kernels] {
	var mutants []mutant[reference.Kernels]
	add := func(source, cause string, f fault) {
		mutants = append(mutants, mutant[reference.Kernels]{"draw", source, cause + " (Draw)", f.draw(), verdict.Should})
	}
	temperature := temperatureFaults()
	for _, cause := range slices.Sorted(maps.Keys(temperature)) {
		add("derived", cause, temperature[cause])
	}
	at := func(condition func(p place) bool, change func(float64) float64) fault {
		return fault{temperature: where(condition, change)}
	}
	add("derived", "T = infinity taken for 1000", at(func(p place) bool { return math.IsInf(p.t, 1) }, func(float64) float64 { return 1000 }))
	add("derived", "the fifth row of five or more is drawn at T = 1", at(func(p place) bool { return p.at == 4 }, toOne))
	add("derived", "the last row of a batch is the most probable token", at(func(p place) bool { return p.at == p.of-1 && p.of > 1 }, toZero))
	add("derived", "rows from 32 on ignore T", at(func(p place) bool { return p.at >= 32 }, toOne))
	add("derived", "rows from 128 on ignore T", at(func(p place) bool { return p.at >= 128 }, toOne))
	add("derived", "T below 0.1 ignored above 65536 tokens", at(func(p place) bool { return p.t < 0.1 && p.vocab > 65536 }, toOne))
	add("derived", "T above 6 taken for 1 in a power of two of tokens", at(func(p place) bool { return p.t > 6 && p.vocab&(p.vocab-1) == 0 }, toOne))
	add("derived", "T ignored for 9 rows and more of 4000 tokens and more", at(func(p place) bool { return p.of >= 9 && p.vocab > 4000 }, toOne))
	add("derived", "every row takes the word of two rows before", fault{words: earlier(2, anywhere)})
	add("derived", "every eighth row takes the word of the one before", fault{words: earlier(1, func(p place) bool { return p.at%8 == 7 })})
	add("derived", "row r takes the word of row r − 50", fault{words: earlier(50, func(p place) bool { return p.at >= 50 })})
	add("derived", "row r takes the word of row r − 16", fault{words: earlier(16, func(p place) bool { return p.at >= 16 })})
	add("derived", "row r takes the word of row r − 128", fault{words: earlier(128, func(p place) bool { return p.at >= 128 })})
	add("derived", "every second row takes the mirrored word of the one before", fault{words: mirroredWord})
	for _, bits := range []int{8, 16} {
		add("derived", fmt.Sprintf("a generator made from %d bits of a word", bits), fault{words: cutSeeds(bits)})
	}
	add("derived", "the last token of a power of two never comes", fault{logits: never(func(p place, v int) bool { return p.vocab&(p.vocab-1) == 0 && v == p.vocab-1 && p.vocab > 8 })})
	add("derived", "the last tokens beyond a multiple of 8 never come, of a thousand or more", fault{logits: never(func(p place, v int) bool { return p.vocab >= 1000 && v >= p.vocab/8*8 })})
	add("derived", "the first token never comes from row 8 on", fault{logits: never(func(p place, v int) bool { return p.at >= 8 && v == 0 })})
	add("derived", "the first token of 4000 or more never comes", fault{logits: never(func(p place, v int) bool { return p.vocab > 4000 && v == 0 })})
	for _, clamp := range []float64{1e-2, 1e-3} {
		k := with(func(s *plain) {
			s.draw = func(p []float64, src rand.Source, one plain) int {
				best, most := -1, math.Inf(-1)
				for v, x := range p {
					if x == 0 {
						continue
					}
					if key := math.Log(x) - math.Log(-math.Log(math.Min(math.Max(one.noise(src), clamp), 1-clamp))); key > most {
						best, most = v, key
					}
				}
				return best
			}
		})
		mutants = append(mutants, mutant[reference.Kernels]{"draw", "derived", fmt.Sprintf("Gumbel noise from uniforms clamped at %v", clamp), only(k, operation.Draw), verdict.Should})
	}
	wrongRow := only(but(func(k *reference.Kernels) {
		k.Draw = func(dst []int, logits []float32, src rand.Source, t float64) error {
			rows := len(dst)
			if rows < 9 || len(logits)%rows != 0 {
				return reference.Scalar.Draw(dst, logits, src, t)
			}
			vocab := len(logits) / rows
			mixed := slices.Clone(logits)
			for r := 8; r < rows; r++ {
				copy(mixed[r*vocab:(r+1)*vocab], logits[r%8*vocab:])
			}
			return reference.Scalar.Draw(dst, mixed, src, t)
		}
	}), operation.Draw)
	return append(mutants, mutant[reference.Kernels]{"draw", "BIDMach#51", "rows from the ninth on take the logits of row r mod 8", wrongRow, verdict.Should})
}
