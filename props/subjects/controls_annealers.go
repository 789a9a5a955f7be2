package subjects

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"temper/reference"
	"temper/reference/sequence"
)

// annealerStyles draw from the distribution of whole sequences in other ways.
func annealerStyles() []styled[sequence.SequenceAnnealer] {
	return []styled[sequence.SequenceAnnealer]{
		{"rejection from all completions alike", guarded(func(dst [][]int, r request) (float64, error) {
			all, logWeights, err := annealedWeights(r)
			if err != nil {
				return 0, err
			}
			most := slices.Max(logWeights)
			for i := range dst {
				for dst[i] == nil {
					c := int(reference.Uniform(r.src) * float64(len(all)))
					if math.Log(reference.Uniform(r.src)+0x1p-54) < logWeights[c]-most {
						dst[i] = slices.Clone(all[c])
					}
				}
			}
			return logSum(logWeights), nil
		})},
		{"Gumbel noise on whole sequences", guarded(func(dst [][]int, r request) (float64, error) {
			all, logWeights, err := annealedWeights(r)
			if err != nil {
				return 0, err
			}
			for i := range dst {
				best := math.Inf(-1)
				for c, w := range logWeights {
					if noisy := w - math.Log(-math.Log(reference.Uniform(r.src)+0x1p-54)); noisy > best {
						best, dst[i] = noisy, slices.Clone(all[c])
					}
				}
			}
			return logSum(logWeights), nil
		})},
		{"token by token, looking ahead", guarded(func(dst [][]int, r request) (float64, error) {
			logZ, err := lookAhead(r, nil)
			if err != nil {
				return 0, err
			}
			for i := range dst {
				completion := []int{}
				for len(completion) < r.limit && !slices.Contains(completion, r.end) {
					weights, err := futures(r, completion)
					if err != nil {
						return 0, err
					}
					completion = append(completion, byDistribution(expAll(weights), r.src))
				}
				dst[i] = completion
			}
			return logZ, nil
		})},
		{"token by token, sums of all completions", forward(nil, func(src rand.Source) rand.Source { return src })},
		{"rejection from per-step draws", guarded(rejectPerStep)},
		{"most probable completions first", byWeights(func(all [][]int, logWeights []float64) ([][]int, []float64) {
			order := make([]int, len(all))
			for i := range order {
				order[i] = i
			}
			slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(logWeights[j], logWeights[i]) })
			sorted, weights := make([][]int, len(all)), make([]float64, len(all))
			for place, i := range order {
				sorted[place], weights[place] = all[i], logWeights[i]
			}
			return sorted, weights
		})},
		{"weights in float32", byWeights(func(all [][]int, logWeights []float64) ([][]int, []float64) {
			for i, w := range logWeights {
				logWeights[i] = float64(float32(w))
			}
			return all, logWeights
		})},
		{"last draw of a call first", on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
			logZ, err := r.ask(good, dst)
			slices.Reverse(dst)
			return logZ, err
		})},
		{"words first, then a goroutine for each draw", guarded(wordsFirst)},
		{"a source of its own for each call, seeded by two words", on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
			if r.src != nil && len(dst) > 0 {
				r.src = rand.NewPCG(r.src.Uint64(), r.src.Uint64())
			}
			return r.ask(good, dst)
		})},
		{"memory of whole questions", newAnnealerMemory()},
	}
}

// byWeights draws from the completions in an order of one's own.
func byWeights(arrange func(all [][]int, logWeights []float64) ([][]int, []float64)) sequence.SequenceAnnealer {
	return guarded(func(dst [][]int, r request) (float64, error) {
		all, logWeights, err := annealedWeights(r)
		if err != nil {
			return 0, err
		}
		logZ := logSum(logWeights)
		all, logWeights = arrange(all, logWeights)
		for i := range dst {
			dst[i] = slices.Clone(all[byDistribution(expAll(logWeights), r.src)])
		}
		return logZ, nil
	})
}

// rejectPerStep accepts per-step draws in proportion to W, the product of their local
// partitions: π/q = W/Z.
func rejectPerStep(dst [][]int, r request) (float64, error) {
	all, logWeights, err := annealedWeights(r)
	if err != nil {
		return 0, err
	}
	logW, most := map[string]float64{}, math.Inf(-1)
	for _, completion := range all {
		logLocals, err := localPartitions(r, completion)
		if err != nil {
			return 0, err
		}
		w := addUp(logLocals[:len(completion)])
		logW[fmt.Sprint(completion)], most = w, math.Max(most, w)
	}
	for i := range dst {
		for dst[i] == nil {
			tokens, err := sequence.Generate(r.m, r.prompt, r.end, r.limit, r.temperature, r.src)
			if err != nil {
				return 0, err
			}
			completion := tokens[len(r.prompt):]
			w, complete := logW[fmt.Sprint(completion)]
			if u := reference.Uniform(r.src); complete && math.Log(u+0x1p-54) < w-most {
				dst[i] = completion
			}
		}
	}
	return logSum(logWeights), nil
}

// wordsFirst takes one word for each draw, and then draws side by side.
func wordsFirst(dst [][]int, r request) (float64, error) {
	all, logWeights, err := annealedWeights(r)
	if err != nil {
		return 0, err
	}
	weights := expAll(logWeights)
	var wait sync.WaitGroup
	for i := range dst {
		word := rand.NewPCG(r.src.Uint64(), 1)
		wait.Go(func() { dst[i] = slices.Clone(all[byDistribution(weights, word)]) })
	}
	wait.Wait()
	return logSum(logWeights), nil
}

// newAnnealerMemory keeps the completions and weights of every question, under all that
// they depend on.
func newAnnealerMemory() sequence.SequenceAnnealer {
	type question struct {
		m           sequence.Model
		prompt      string
		end, limit  int
		temperature float64
	}
	type answer struct {
		all        [][]int
		logWeights []float64
	}
	var known sync.Map
	return guarded(func(dst [][]int, r request) (float64, error) {
		q := question{r.m, fmt.Sprint(r.prompt), r.end, r.limit, r.temperature}
		found, ok := known.Load(q)
		if !ok {
			all, logWeights, err := annealedWeights(r)
			if err != nil {
				return 0, err
			}
			found = answer{all, logWeights}
			known.Store(q, found)
		}
		a := found.(answer)
		for i := range dst {
			dst[i] = slices.Clone(a.all[byDistribution(expAll(a.logWeights), r.src)])
		}
		return logSum(a.logWeights), nil
	})
}

// annealedWeights are the completions that count and log p(y)/T of each.
func annealedWeights(r request) (completions [][]int, logWeights []float64, err error) {
	all, err := sequence.PerStep(r.m, r.prompt, r.end, r.limit, 1)
	for _, c := range all {
		if r.end < 0 || c.Ended {
			completions = append(completions, c.Tokens)
			logWeights = append(logWeights, c.LogProb/r.temperature)
		}
	}
	return completions, logWeights, err
}

// lookAhead is log Σ p^(1/T) over all that can follow a completion under way.
func lookAhead(r request, completion []int) (float64, error) {
	ended := r.end >= 0 && len(completion) > 0 && completion[len(completion)-1] == r.end
	switch {
	case ended || r.end < 0 && len(completion) == r.limit:
		return 0, nil
	case len(completion) == r.limit:
		return math.Inf(-1), nil
	}
	weights, err := futures(r, completion)
	if err != nil || math.IsInf(slices.Max(weights), -1) {
		return math.Inf(-1), err
	}
	return logSum(weights), nil
}

// futures are log p(v)/T of each next token plus what can follow it.
func futures(r request, completion []int) ([]float64, error) {
	row := make([]float64, r.m.VocabSize())
	if err := r.m.LogConditional(row, slices.Concat(r.prompt, completion)); err != nil {
		return nil, err
	}
	for v, logp := range row {
		if math.IsInf(logp, -1) {
			continue
		}
		after, err := lookAhead(r, append(slices.Clone(completion), v))
		if err != nil {
			return nil, err
		}
		row[v] = logp/r.temperature + after
	}
	return row, nil
}
