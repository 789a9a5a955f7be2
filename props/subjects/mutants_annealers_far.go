package subjects

import (
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"temper/props/verdict"
	"temper/reference"
	"temper/reference/sequence"
)

// farAnnealers are the planted bugs that show in many draws, in long calls, in memory used
// again, beside other goroutines, or at the ends of the lengths and temperatures.
func farAnnealers() []mutant[sequence.SequenceAnnealer] {
	var mutants []mutant[sequence.SequenceAnnealer]
	add := func(source, cause string, a sequence.SequenceAnnealer) {
		mutants = append(mutants, mutant[sequence.SequenceAnnealer]{"far", source, cause, a, verdict.Must})
	}
	drawsAt := func(cause string, change func(t float64) float64) {
		add("derived", cause, on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
			logZ, err := r.ask(good, nil)
			if err != nil || r.temperature == 0 {
				return r.ask(good, dst)
			}
			r.temperature = change(r.temperature)
			_, err = r.ask(good, dst)
			return logZ, err
		}))
	}
	drawsAt("draws at a temperature 4 % too high, and log Z at T", func(t float64) float64 { return 1.04 * t })
	drawsAt("draws at a temperature 4 % too low, and log Z at T", func(t float64) float64 { return t / 1.04 })
	drawsAt("draws at no temperature below 0.05", func(t float64) float64 { return math.Max(t, 0.05) })
	drawsAt("draws at no temperature above 10 but infinity", func(t float64) float64 {
		if t > 10 && !math.IsInf(t, 1) {
			return 10
		}
		return t
	})
	drawsAt("temperatures above 100 taken for infinity", func(t float64) float64 {
		if t > 100 {
			return math.Inf(1)
		}
		return t
	})
	add("derived", "another draw where it is the one before, in completions of more than three tokens", on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
		logZ, err := r.ask(good, dst)
		for i := 1; i < len(dst) && err == nil && r.limit > 3; i++ {
			if slices.Equal(dst[i], dst[i-1]) {
				_, err = r.ask(good, dst[i:i+1])
			}
		}
		return logZ, err
	}))
	add("derived", "an end in the middle of the vocabulary ends nothing", on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
		if r.m != nil && r.end > 1 && r.end < r.m.VocabSize()-1 {
			r.end = -1
		}
		return r.ask(good, dst)
	}))
	add("derived", "a generator for each call, made from 16 bits of a word", asking(func(r *request) {
		if r.src != nil && r.draws > 0 {
			r.src = rand.NewPCG(r.src.Uint64()>>48, 1)
		}
	}))
	add("derived", "draws from the 256th on are those of before", on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
		logZ, err := r.ask(good, dst)
		for i := 256; i < len(dst) && err == nil; i++ {
			dst[i] = slices.Clone(dst[i-256])
		}
		return logZ, err
	}))
	add("derived", "completions written behind the prompt", on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
		logZ, err := r.ask(good, dst)
		for _, completion := range dst {
			_ = append(r.prompt, completion...)
		}
		return logZ, err
	}))
	mutants = append(mutants, mutant[sequence.SequenceAnnealer]{"far", "derived", "a limit of 0 taken for 1", asking(func(r *request) { r.limit = max(r.limit, 1) }), verdict.Should})
	add("derived", "the least probable tokens from the eleventh on", on(cutAtTen))
	add("derived", "tokens of more than 256 in 8 bits", on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
		logZ, err := r.ask(good, dst)
		for _, completion := range dst {
			for i, token := range completion {
				completion[i] = int(uint8(token))
			}
		}
		return logZ, err
	}))
	add("lighteval#1375", "weights exp(log p/T), which are all 0", guarded(func(dst [][]int, r request) (float64, error) {
		all, logWeights, err := annealedWeights(r)
		if err != nil {
			return 0, err
		}
		total := 0.0
		for i, w := range logWeights {
			logWeights[i] = math.Exp(w)
			total += logWeights[i]
		}
		for i := range dst {
			dst[i] = slices.Clone(all[tokenAt(logWeights, reference.Uniform(r.src))])
		}
		return math.Log(total), nil
	}))
	add("derived", "log Z = 0 at T = 1", logZOf(func(logZ float64, r request) float64 {
		if r.temperature == 1 {
			return 0
		}
		return logZ
	}))
	add("derived", "the prompt ignored at T = 0", on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
		if r.temperature == 0 {
			return ignorePrompt(good, dst, r)
		}
		return r.ask(good, dst)
	}))
	add("derived", "greedy above three tokens at T = 0", on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
		if r.temperature == 0 && r.m != nil && r.m.VocabSize() > 3 {
			return r.ask(greedyAtZero(), dst)
		}
		return r.ask(good, dst)
	}))
	add("derived", "a model that fails taken for one of equal tokens", on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
		if r.m != nil {
			r.m = evenWhereItFails{r.m}
		}
		return r.ask(good, dst)
	}))
	mutants = append(mutants, mutant[sequence.SequenceAnnealer]{"far", "derived", "tokens appended to what dst holds", on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
		own := make([][]int, len(dst))
		logZ, err := r.ask(good, own)
		for i := range dst {
			dst[i] = append(dst[i], own[i]...)
		}
		return logZ, err
	}), verdict.Should})
	add("go#16205", "scratch shared by goroutines", (&sharedDraws{}).anneal)
	return mutants
}

// cutAtTen draws ten tokens, and goes on with the least probable ones.
func cutAtTen(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
	logZ, err := r.ask(good, dst)
	row := []float64{}
	for i, completion := range dst {
		if err != nil || r.end >= 0 || r.limit <= 10 {
			break
		}
		tokens := slices.Concat(r.prompt, completion[:10])
		for range r.limit - 10 {
			row = append(row[:0], make([]float64, r.m.VocabSize())...)
			if err := r.m.LogConditional(row, tokens); err != nil {
				return 0, err
			}
			least := math.Inf(1)
			for _, logp := range row {
				if !math.IsInf(logp, -1) {
					least = math.Min(least, logp)
				}
			}
			tokens = append(tokens, slices.Index(row, least))
		}
		dst[i] = tokens[len(r.prompt):]
	}
	return logZ, err
}

// evenWhereItFails answers with equal probabilities instead of an error that is not of its
// arguments.
type evenWhereItFails struct{ sequence.Model }

func (m evenWhereItFails) LogConditional(dst []float64, prefix []int) error {
	err := m.Model.LogConditional(dst, prefix)
	if err == nil || errors.Is(err, reference.ErrToken) || errors.Is(err, reference.ErrShape) || errors.Is(err, sequence.ErrImpossiblePrefix) {
		return err
	}
	for v := range dst {
		dst[v] = -math.Log(float64(len(dst)))
	}
	return nil
}

// sharedDraws copies its draws through memory that all goroutines use.
type sharedDraws struct {
	mutex sync.Mutex
	draws [][]int
}

func (s *sharedDraws) anneal(dst [][]int, m sequence.Model, prompt []int, end, limit int, temperature float64, src rand.Source) (float64, error) {
	logZ, err := sequence.AnnealByEnumeration(dst, m, prompt, end, limit, temperature, src)
	s.mutex.Lock()
	s.draws = append(s.draws[:0], dst...)
	s.mutex.Unlock()
	runtime.Gosched() // another goroutine comes between
	s.mutex.Lock()
	copy(dst, s.draws)
	s.mutex.Unlock()
	return logZ, err
}
