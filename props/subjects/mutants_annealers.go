package subjects

import (
	"cmp"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"temper/props/verdict"
	"temper/reference"
	"temper/reference/sequence"
)

// request is what a [sequence.SequenceAnnealer] is asked.
type request struct {
	m           sequence.Model
	prompt      []int
	end, limit  int
	temperature float64
	src         rand.Source
	draws       int
}

// weightedBy draws, exactly, from the completions with the weights of a wrong
// formula; cutOff says whether those that did not end count. logZ is the sum of
// those weights.
func weightedBy(logWeight func(r request, c sequence.Completion, logLocals []float64) float64, cutOff bool) sequence.SequenceAnnealer {
	return guarded(func(dst [][]int, r request) (float64, error) {
		all, err := sequence.PerStep(r.m, r.prompt, r.end, r.limit, 1)
		if err != nil {
			return 0, err
		}
		var completions [][]int
		var logWeights []float64
		for _, c := range all {
			if r.end < 0 || c.Ended || cutOff {
				logLocals, err := localPartitions(r, c.Tokens)
				if err != nil {
					return 0, err
				}
				completions = append(completions, c.Tokens)
				logWeights = append(logWeights, logWeight(r, c, logLocals))
			}
		}
		for i := range dst {
			dst[i] = slices.Clone(completions[choose(logWeights, r.src)])
		}
		return logSum(logWeights), nil
	})
}

// guarded leaves T = 0 and everything without an answer to the reference.
func guarded(answer func(dst [][]int, r request) (float64, error)) sequence.SequenceAnnealer {
	return func(dst [][]int, m sequence.Model, prompt []int, end, limit int, temperature float64, src rand.Source) (float64, error) {
		logZ, err := sequence.AnnealByEnumeration(nil, m, prompt, end, limit, temperature, src)
		if err != nil || temperature == 0 {
			if err == nil {
				logZ, err = sequence.AnnealByEnumeration(dst, m, prompt, end, limit, temperature, src)
			}
			return logZ, err
		}
		return answer(dst, request{m, prompt, end, limit, temperature, src, len(dst)})
	}
}

// localPartitions are log z of every prefix on the way, and of the whole: 0
// after end.
func localPartitions(r request, completion []int) ([]float64, error) {
	logLocals := make([]float64, len(completion)+1)
	row := make([]float64, r.m.VocabSize())
	for i := range logLocals {
		if i > 0 && completion[i-1] == r.end {
			continue
		}
		if err := r.m.LogConditional(row, slices.Concat(r.prompt, completion[:i])); err != nil {
			return nil, err
		}
		var err error
		if logLocals[i], err = reference.LogPartition(row, r.temperature); err != nil {
			return nil, err
		}
	}
	return logLocals, nil
}

func choose(logWeights []float64, src rand.Source) int {
	p := make([]float64, len(logWeights))
	if err := reference.AnnealLog(p, logWeights, 1); err != nil {
		panic(err)
	}
	u := reference.Uniform(src)
	for i, logp := range p {
		if u -= math.Exp(logp); u < 0 {
			return i
		}
	}
	return len(p) - 1
}

func logSum(x []float64) float64 {
	sum, err := reference.LogPartition(x, 1)
	if err != nil {
		panic(err)
	}
	return sum
}

func addUp(x []float64) (total float64) {
	for _, v := range x {
		total += v
	}
	return total
}

// wrongFactor weights by p^(1/T), which is right, times a factor of its own.
func wrongFactor(factor func(logLocals []float64) float64) sequence.SequenceAnnealer {
	return weightedBy(func(r request, c sequence.Completion, logLocals []float64) float64 {
		return c.LogProb/r.temperature + factor(logLocals)
	}, false)
}

// wrongPower has another exponent in the place of 1/T.
func wrongPower(exponent func(temperature float64) float64) sequence.SequenceAnnealer {
	return weightedBy(func(r request, c sequence.Completion, _ []float64) float64 {
		return c.LogProb * exponent(r.temperature)
	}, false)
}

// chain is Metropolis–Hastings over suffixes with a log acceptance ratio of one's own.
func chain(logRatio func(before, after float64, lengthBefore, lengthAfter int) float64, shift int, fresh bool) sequence.SequenceAnnealer {
	return guarded(func(dst [][]int, r request) (float64, error) {
		_, logZ, err := sequence.WholeSequence(r.m, r.prompt, r.end, r.limit, r.temperature)
		if err != nil {
			return 0, err
		}
		redraw := func(kept []int) ([]int, float64) {
			for {
				tokens, err := sequence.Generate(r.m, slices.Concat(r.prompt, kept), r.end, r.limit-len(kept), r.temperature, r.src)
				if err != nil {
					panic(err)
				}
				completion := tokens[len(r.prompt):]
				if r.end >= 0 && completion[len(completion)-1] != r.end {
					continue
				}
				logLocals, err := localPartitions(r, completion)
				if err != nil {
					panic(err)
				}
				return completion, addUp(logLocals[shift : len(completion)+shift])
			}
		}
		x, w := redraw(nil)
		for i := range dst {
			moves := 1
			if fresh {
				x, w = redraw(nil)
				moves = 30
			}
			for range moves {
				y, after := redraw(x[:int(reference.Uniform(r.src)*float64(len(x)))])
				if reference.Uniform(r.src) < math.Exp(logRatio(w, after, len(x), len(y))) {
					x, w = y, after
				}
			}
			dst[i] = slices.Clone(x)
		}
		return logZ, nil
	})
}

// swarm is sequential Monte Carlo; weight says what a particle is resampled by,
// from the local partitions so far and the probability of its last token.
func swarm(weight func(logLocals []float64) float64) sequence.SequenceAnnealer {
	return guarded(func(dst [][]int, r request) (float64, error) {
		_, logZ, err := sequence.WholeSequence(r.m, r.prompt, r.end, r.limit, r.temperature)
		if err != nil {
			return 0, err
		}
		for i := range dst {
			dst[i] = oneOfSwarm(r, weight)
		}
		return logZ, nil
	})
}

func oneOfSwarm(r request, weight func(logLocals []float64) float64) []int {
	particles := make([][]int, 20)
	ended := func(x []int) bool { return len(x) > 0 && x[len(x)-1] == r.end }
	for range r.limit {
		weights := make([]float64, len(particles))
		for i, x := range particles {
			if !ended(x) {
				logLocals, err := localPartitions(r, x)
				if err != nil {
					panic(err)
				}
				weights[i] = weight(logLocals)
			}
		}
		grown := make([][]int, len(particles))
		for i := range grown {
			x := particles[choose(weights, r.src)]
			if !ended(x) {
				tokens, err := sequence.Generate(r.m, slices.Concat(r.prompt, x), r.end, 1, r.temperature, r.src)
				if err != nil {
					panic(err)
				}
				x = tokens[len(r.prompt):]
			}
			grown[i] = x
		}
		particles = grown
	}
	complete := slices.DeleteFunc(particles, func(x []int) bool { return r.end >= 0 && !ended(x) })
	if len(complete) == 0 {
		return oneOfSwarm(r, weight)
	}
	return complete[choose(make([]float64, len(complete)), r.src)]
}

// on changes one thing about what a good sampler is asked or answers.
func on(change func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error)) sequence.SequenceAnnealer {
	return func(dst [][]int, m sequence.Model, prompt []int, end, limit int, temperature float64, src rand.Source) (float64, error) {
		return change(sequence.AnnealByEnumeration, dst, request{m, prompt, end, limit, temperature, src, len(dst)})
	}
}

func (r request) ask(a sequence.SequenceAnnealer, dst [][]int) (float64, error) {
	return a(dst, r.m, r.prompt, r.end, r.limit, r.temperature, r.src)
}

// logZOf draws well and gets log Z wrong.
func logZOf(wrong func(logZ float64, r request) float64) sequence.SequenceAnnealer {
	return on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
		logZ, err := r.ask(good, dst)
		return wrong(logZ, r), err
	})
}

// soundAnnealers have the machinery of the planted bugs and nothing wrong.
func soundAnnealers() []styled[sequence.SequenceAnnealer] {
	return []styled[sequence.SequenceAnnealer]{
		{"weights", wrongFactor(func([]float64) float64 { return 0 })},
		{"power", wrongPower(func(temperature float64) float64 { return 1 / temperature })},
		{"chain", chain(func(before, after float64, m, n int) float64 {
			return after - before + math.Log(float64(m)/float64(n))
		}, 0, true)},
		{"forward", forward(nil, func(src rand.Source) rand.Source { return src })},
		{"swarm", swarm(func(logLocals []float64) float64 { return logLocals[len(logLocals)-1] })},
	}
}

// annealerMutants are the planted bugs of whole-sequence annealing, by name.
func annealerMutants() []mutant[sequence.SequenceAnnealer] {
	published := map[string]string{
		"per-step distribution returned for the whole-sequence distribution": "so-large-lm#4",
		"acceptance without the length factor":                               "reasoning-with-sampling#10",
		"cut-off sequences counted as ended":                                 "genlm-control#145",
		"log Z with cut-off sequences":                                       "genlm-control#145",
		"log Z in decimal digits":                                            "kenlm#38",
		"shared generator":                                                   "mlx-lm#1580, vllm#51226",
		"negative temperature taken for its size":                            "vllm#22180",
		"temperature NaN taken for 1":                                        "lattice#295",
		"temperature applied twice":                                          "RL-Kernel#81",
	}
	lenient := []string{"first mode for all", "log Z by 1 % off", "errors without a name"}
	planted := plantedAnnealers()
	var mutants []mutant[sequence.SequenceAnnealer]
	for _, cause := range slices.Sorted(maps.Keys(planted)) {
		level := verdict.Must
		if slices.Contains(lenient, cause) {
			level = verdict.Should
		}
		mutants = append(mutants, mutant[sequence.SequenceAnnealer]{"sequence", cmp.Or(published[cause], "derived"), cause, planted[cause], level})
	}
	return append(mutants, reachAnnealers()...)
}

func plantedAnnealers() map[string]sequence.SequenceAnnealer {
	shared := rand.NewPCG(1, 1)
	last := func(x []float64) float64 { return x[len(x)-1] }
	return map[string]sequence.SequenceAnnealer{
		"per-step distribution returned for the whole-sequence distribution": on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
			for i := range dst {
				tokens, err := sequence.Generate(r.m, r.prompt, r.end, r.limit, r.temperature, r.src)
				if err != nil {
					return 0, err
				}
				dst[i] = tokens[len(r.prompt):]
			}
			return r.ask(good, nil)
		}),
		"per-step law of what ended":           wrongFactor(func(x []float64) float64 { return -addUp(x[:len(x)-1]) }),
		"greedy path for the mode":             greedyAtZero(),
		"first mode for all":                   firstModeAtZero(),
		"cut-off sequences counted as ended":   weightedBy(func(r request, c sequence.Completion, _ []float64) float64 { return c.LogProb / r.temperature }, true),
		"one local partition too many":         wrongFactor(last),
		"last local partition missing":         wrongFactor(func(x []float64) float64 { return -x[max(0, len(x)-2)] }),
		"weights squared":                      wrongFactor(func(x []float64) float64 { return addUp(x[:len(x)-1]) }),
		"weights by the completion's length":   wrongFactor(func(x []float64) float64 { return math.Log(float64(len(x) - 1)) }),
		"local partitions of the next context": wrongFactor(func(x []float64) float64 { return addUp(x[1:]) - addUp(x[:len(x)-1]) }),
		"length-normalised log-probability": weightedBy(func(r request, c sequence.Completion, _ []float64) float64 {
			return c.LogProb / r.temperature / float64(len(c.Tokens))
		}, false),
		"temperature ignored":                  wrongPower(func(float64) float64 { return 1 }),
		"temperature applied twice":            wrongPower(func(t float64) float64 { return 1 / t / t }),
		"p^T for p^(1/T)":                      wrongPower(func(t float64) float64 { return math.Min(t, 20) }),
		"temperature 40 % off":                 wrongPower(func(t float64) float64 { return 1 / t / 1.4 }),
		"acceptance without the length factor": chain(func(before, after float64, m, n int) float64 { return after - before }, 0, true),
		"length factor upside down":            chain(func(before, after float64, m, n int) float64 { return after - before + math.Log(float64(n)/float64(m)) }, 0, true),
		"acceptance upside down":               chain(func(before, after float64, m, n int) float64 { return before - after + math.Log(float64(m)/float64(n)) }, 0, true),
		"every move accepted":                  chain(func(before, after float64, m, n int) float64 { return 0 }, 0, true),
		"acceptance by the weight squared": chain(func(before, after float64, m, n int) float64 {
			return 2*(after-before) + math.Log(float64(m)/float64(n))
		}, 0, true),
		"acceptance by the next contexts":     chain(func(before, after float64, m, n int) float64 { return after - before + math.Log(float64(m)/float64(n)) }, 1, true),
		"successive states of one chain":      chain(func(before, after float64, m, n int) float64 { return after - before + math.Log(float64(m)/float64(n)) }, 0, false),
		"no resampling":                       swarm(func([]float64) float64 { return 0 }),
		"weights kept after resampling":       swarm(addUp),
		"resampled by the step before":        swarm(func(x []float64) float64 { return x[max(0, len(x)-2)] }),
		"resampled by the inverse":            swarm(func(x []float64) float64 { return -last(x) }),
		"prompt ignored":                      on(ignorePrompt),
		"last token of the prompt dropped":    on(dropLastOfPrompt),
		"prompt returned with the completion": on(returnPrompt),
		"one token too many": on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
			r.limit++
			return r.ask(good, dst)
		}),
		"one token too few": on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
			r.limit--
			return r.ask(good, dst)
		}),
		"end ignored": on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
			r.end = -1
			return r.ask(good, dst)
		}),
		"one draw copied":          on(copyFirst),
		"draws share their memory": on(shareMemory),
		"generator made anew for each call": on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
			r.src = rand.NewPCG(0, 0)
			return r.ask(good, dst)
		}),
		"shared generator": on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
			r.src = shared
			return r.ask(good, dst)
		}),
		"writes to the prompt": on(writePrompt),
		"negative temperature taken for its size": on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
			r.temperature = math.Abs(r.temperature)
			return r.ask(good, dst)
		}),
		"temperature NaN taken for 1": on(nanTakenForOne),
		"errors swallowed": on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
			logZ, _ := r.ask(good, dst)
			return logZ, nil
		}),
		"errors without a name":        on(anonymousErrors),
		"log Z without a logarithm":    logZOf(func(logZ float64, _ request) float64 { return math.Exp(logZ) }),
		"log Z in decimal digits":      logZOf(func(logZ float64, _ request) float64 { return logZ / math.Ln10 }),
		"log Z of the other sign":      logZOf(func(logZ float64, _ request) float64 { return -logZ }),
		"log Z per token":              logZOf(func(logZ float64, r request) float64 { return logZ / float64(r.limit) }),
		"log Z always 0":               logZOf(func(float64, request) float64 { return 0 }),
		"log Z with cut-off sequences": logZOf(logZWithCutOff),
		"log Z by 1 % off":             logZOf(func(logZ float64, _ request) float64 { return logZ + 0.01 }),
	}
}

func greedyAtZero() sequence.SequenceAnnealer {
	return on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
		if r.temperature != 0 {
			return r.ask(good, dst)
		}
		for i := range dst {
			tokens, err := sequence.Generate(r.m, r.prompt, r.end, r.limit, 0, r.src)
			if err != nil {
				return 0, err
			}
			dst[i] = tokens[len(r.prompt):]
		}
		return math.NaN(), nil
	})
}

func firstModeAtZero() sequence.SequenceAnnealer {
	return on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
		if r.temperature == 0 {
			r.src = zeros{}
		}
		return r.ask(good, dst)
	})
}

type zeros struct{}

func (zeros) Uint64() uint64 { return 0 }

func ignorePrompt(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
	logZ, err := r.ask(good, nil)
	if err != nil {
		return 0, err
	}
	r.prompt = nil
	_, err = r.ask(good, dst)
	return logZ, err
}

func dropLastOfPrompt(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
	logZ, err := r.ask(good, nil)
	if err != nil {
		return 0, err
	}
	r.prompt = r.prompt[:max(0, len(r.prompt)-1)]
	_, err = r.ask(good, dst)
	return logZ, err
}

func returnPrompt(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
	logZ, err := r.ask(good, dst)
	for i := range dst {
		dst[i] = slices.Concat(r.prompt, dst[i])
	}
	return logZ, err
}

func copyFirst(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
	logZ, err := r.ask(good, dst)
	for i := range dst {
		dst[i] = slices.Clone(dst[0])
	}
	return logZ, err
}

func shareMemory(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
	logZ, err := r.ask(good, dst)
	for i := range dst {
		if slices.Equal(dst[i], dst[0]) {
			dst[i] = dst[0]
		}
	}
	return logZ, err
}

func writePrompt(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
	logZ, err := r.ask(good, dst)
	slices.Reverse(r.prompt)
	return logZ, err
}

func nanTakenForOne(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
	if math.IsNaN(r.temperature) {
		r.temperature = 1
	}
	return r.ask(good, dst)
}

type anonymous struct{}

func (anonymous) Error() string { return "something is wrong" }

func anonymousErrors(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
	logZ, err := r.ask(good, dst)
	if err != nil {
		err = anonymous{}
	}
	return logZ, err
}

func logZWithCutOff(logZ float64, r request) float64 {
	all, err := sequence.PerStep(r.m, r.prompt, r.end, r.limit, 1)
	if err != nil || r.temperature == 0 {
		return logZ
	}
	var logp []float64
	for _, c := range all {
		logp = append(logp, c.LogProb/r.temperature)
	}
	return logSum(logp)
}
