package subjects

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"temper/props/verdict"
	"temper/reference"
	"temper/reference/sequence"
)

// scorerMutants are the planted bugs of the chain rule.
func scorerMutants() []mutant[sequence.Scorer] {
	var mutants []mutant[sequence.Scorer]
	add := func(source, cause string, s sequence.Scorer) {
		mutants = append(mutants, mutant[sequence.Scorer]{"chain", source, cause, s, verdict.Should})
	}
	add("maxtext#2103, llama#869", "row t scores token t, not t + 1", func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		shifted := slices.Clone(completion)
		for i := range len(shifted) - 1 {
			shifted[i] = completion[i+1]
		}
		return sequence.LogProb(m, prompt, shifted)
	})
	add("minicons#51", "first factor dropped", func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		if len(completion) == 0 {
			return sequence.LogProb(m, prompt, completion)
		}
		return sequence.LogProb(m, append(slices.Clone(prompt), completion[0]), completion[1:])
	})
	add("CTranslate2#736", "last factor missing", func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		return sequence.LogProb(m, prompt, completion[:max(0, len(completion)-1)])
	})
	add("lingua#28, minimind#621", "prompt boundary off by one", func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		cut := max(0, len(prompt)-1)
		return sequence.LogProb(m, prompt[:cut], slices.Concat(prompt[cut:], completion))
	})
	add("llama.cpp#2714, torchtune#1875", "the prompt is counted", counting(func(prompt, completion []int) int { return len(prompt) + len(completion) }))
	add("torchtune#1875", "one factor too few counted", counting(func(prompt, completion []int) int { return max(0, len(completion)-1) }))
	add("torchtune#1875", "mean instead of sum", func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		logp, count, err := sequence.LogProb(m, prompt, completion)
		return logp / float64(max(1, count)), count, err
	})
	add("kenlm#38, flashlight#745", "log₁₀", func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		logp, count, err := sequence.LogProb(m, prompt, completion)
		return logp / math.Ln10, count, err
	})
	add("CTCWordBeamSearch#23", "logarithm of a product of probabilities", func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		product := 1.0
		for i := range completion {
			logp, _, err := sequence.LogProb(m, slices.Concat(prompt, completion[:i]), completion[i:i+1])
			if err != nil {
				return 0, 0, err
			}
			product *= math.Exp(logp)
		}
		return math.Log(product), len(completion), nil
	})
	add("lm-eval#3333", "begin twice: the first token stands in for it", func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		return sequence.LogProb(m, slices.Concat([]int{0}, prompt), completion)
	})
	add("derived", "prompt ignored", func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		return sequence.LogProb(m, nil, completion)
	})
	add("derived", "prompt scored as well", func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		before, _, err := sequence.LogProb(m, nil, prompt)
		if err != nil {
			return 0, 0, err
		}
		logp, count, err := sequence.LogProb(m, prompt, completion)
		return before + logp, count, err
	})
	add("derived", "impossible tokens scored −1e9", func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		logp, count, err := sequence.LogProb(m, prompt, completion)
		return math.Max(logp, -1e9), count, err
	})
	add("genlm-backend#66", "factors kept in float32", func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		logp, count, err := sequence.LogProb(m, prompt, completion)
		return float64(float32(logp)), count, err
	})
	add("derived", "an empty completion scores the model's best token", func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		if len(completion) == 0 {
			return -1, 1, nil
		}
		return sequence.LogProb(m, prompt, completion)
	})
	add("derived", "sorts the completion, in place", func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		logp, count, err := sequence.LogProb(m, prompt, completion)
		slices.Sort(completion)
		slices.Sort(prompt)
		return logp, count, err
	})
	add("derived", "token out of range clamped", func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		return sequence.LogProb(m, clamped(prompt, m), clamped(completion, m))
	})
	add("derived", "errors without a name", func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		logp, count, err := sequence.LogProb(m, prompt, completion)
		if err != nil {
			err = errors.New("invalid input")
		}
		return logp, count, err
	})
	return slices.Concat(mutants, windowMutants(), narrowScorers(), reachMutants(), carelessScorers())
}

// counting is the reference with another count.
func counting(count func(prompt, completion []int) int) sequence.Scorer {
	return func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		logp, _, err := sequence.LogProb(m, prompt, completion)
		return logp, count(prompt, completion), err
	}
}

func clamped(tokens []int, m sequence.Model) []int {
	tokens = slices.Clone(tokens)
	for i := range tokens {
		tokens[i] = min(max(tokens[i], 0), m.VocabSize()-1)
	}
	return tokens
}

// altered is a model that passes its conditionals through something wrong.
type altered struct {
	sequence.Model
	query func(prefix []int) []int
	alter func(dst []float64, prefix []int)
}

func (a altered) LogConditional(dst []float64, prefix []int) error {
	asked := prefix
	if a.query != nil {
		asked = a.query(prefix)
	}
	err := a.Model.LogConditional(dst, asked)
	if err == nil && a.alter != nil {
		a.alter(dst, prefix)
	}
	return err
}

func generatorMutants() []mutant[sequence.Generator] {
	var mutants []mutant[sequence.Generator]
	add := func(group, source, cause string, g sequence.Generator) {
		mutants = append(mutants, mutant[sequence.Generator]{group, source, cause, g, verdict.Should})
	}
	at := func(change func(t float64) float64) sequence.Generator {
		return func(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
			return sequence.Generate(m, prompt, end, limit, change(t), src)
		}
	}
	through := func(change func(tokens []int, prompt []int, end, limit int) []int) sequence.Generator {
		return func(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
			tokens, err := sequence.Generate(m, prompt, end, limit, t, src)
			if err == nil {
				tokens = change(tokens, prompt, end, limit)
			}
			return tokens, err
		}
	}
	from := func(source func(src rand.Source) rand.Source) sequence.Generator {
		return func(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
			return sequence.Generate(m, prompt, end, limit, t, source(src))
		}
	}
	global, other := rand.NewPCG(3, 4), rand.NewPCG(5, 6)
	var mutex sync.Mutex

	add("T", "uci-statnlp#26", "temperature ignored", at(func(t float64) float64 {
		if t > 0 {
			return 1
		}
		return t
	}))
	add("T", "RL-Kernel#81", "temperature applied twice", at(func(t float64) float64 { return t * t }))
	add("T", "uci-statnlp#26", "1/T for T", at(func(t float64) float64 {
		if t == 0 {
			return 0
		}
		return 1 / t
	}))
	add("T", "LLaDA2.X#6", "T = 0 draws at T = 1", at(func(t float64) float64 {
		if t == 0 {
			return 1
		}
		return t
	}))
	add("T", "text-generation-inference#687", "T = 1 taken for greedy", at(func(t float64) float64 {
		if t == 1 {
			return 0
		}
		return t
	}))
	add("T", "vllm#22180, mamba#1041", "negative temperature accepted", at(math.Abs))
	add("T", "lattice#295", "NaN passes a clamp", at(func(t float64) float64 {
		if !(t >= 0) {
			return 0
		}
		return t
	}))
	add("sequence", "so-large-lm#4", "whole-sequence distribution for the per-step distribution", annealingWhole)
	add("chain", "maxtext#2103, llama#869", "conditionals of the prefix one token short", func(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
		return sequence.Generate(altered{Model: m, query: func(prefix []int) []int { return prefix[:max(0, len(prefix)-1)] }}, prompt, end, limit, t, src)
	})
	add("chain", "derived", "prompt forgotten by the model", func(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
		n := len(prompt)
		return sequence.Generate(altered{Model: m, query: func(prefix []int) []int { return prefix[n:] }}, prompt, end, limit, t, src)
	})
	add("chain", "lingua#28, minimind#621", "the last token of the prompt drawn anew", func(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
		if limit < 1 {
			return sequence.Generate(m, prompt, end, limit, t, src)
		}
		return sequence.Generate(m, prompt[:max(0, len(prompt)-1)], end, limit, t, src)
	})
	add("chain", "derived", "the prompt does not come back", through(func(tokens, prompt []int, end, limit int) []int { return tokens[len(prompt):] }))
	add("chain", "derived", "one token more than limit", func(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
		if limit < 0 {
			return sequence.Generate(m, prompt, end, limit, t, src)
		}
		tokens, err := sequence.Generate(m, prompt, end, limit+1, t, src)
		if errors.Is(err, sequence.ErrImpossiblePrefix) {
			err = nil
		}
		return tokens, err
	})
	add("chain", "derived", "goes on after end", func(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
		tokens, err := sequence.Generate(m, prompt, end, limit, t, src)
		for err == nil && len(tokens) < len(prompt)+limit {
			tokens = append(tokens, 0)
		}
		return tokens, err
	})
	add("chain", "genlm-control#145", "end left out of the completion", through(func(tokens, prompt []int, end, limit int) []int {
		if n := len(tokens); n > len(prompt) && tokens[n-1] == end {
			return tokens[:n-1]
		}
		return tokens
	}))
	add("chain", "derived", "end does not stop what token 0 stops", through(func(tokens, prompt []int, end, limit int) []int {
		if i := slices.Index(tokens[len(prompt):], 0); i >= 0 {
			return tokens[:len(prompt)+i+1]
		}
		return tokens
	}))
	add("state", "mlx-lm#1580, vllm#51226", "a generator of the package's own", from(func(rand.Source) rand.Source {
		mutex.Lock()
		defer mutex.Unlock()
		return rand.NewPCG(global.Uint64(), 1)
	}))
	add("state", "genai#3721", "the same seed twice differs", from(func(src rand.Source) rand.Source {
		mutex.Lock()
		defer mutex.Unlock()
		return rand.NewPCG(src.Uint64()^other.Uint64()>>63, 1)
	}))
	add("state", "llama2.c#239", "xorshift that a first word of 0 leaves stuck", from(func(src rand.Source) rand.Source {
		return &xorshift{src.Uint64()}
	}))
	add("state", "derived", "the same generator for every token", from(func(src rand.Source) rand.Source { return stuck(src.Uint64()) }))
	add("state", "go#16205", "seed shared by goroutines", sharedSeed())
	add("contract", "derived", "sorts the prompt, in place", func(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
		tokens, err := sequence.Generate(m, prompt, end, limit, t, src)
		slices.Sort(prompt)
		return tokens, err
	})
	add("contract", "derived", "tokens out of range clamped", func(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
		return sequence.Generate(m, clamped(prompt, m), end, limit, t, src)
	})
	add("contract", "derived", "negative limit taken for none", func(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
		return sequence.Generate(m, prompt, end, max(0, limit), t, src)
	})
	add("contract", "derived", "errors without a name", func(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
		tokens, err := sequence.Generate(m, prompt, end, limit, t, src)
		if err != nil {
			err = errors.New("invalid input")
		}
		return tokens, err
	})
	return slices.Concat(mutants, stepMutants(), conditionGenerators(), speculativeMutants(), rememberingGenerators())
}

// annealingWhole draws from the annealed distribution of whole sequences.
func annealingWhole(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
	if t == 0 || limit < 1 {
		return sequence.Generate(m, prompt, end, limit, t, src)
	}
	all, err := sequence.PerStep(m, prompt, end, limit, 1)
	if err != nil {
		return nil, err
	}
	logp := make([]float64, len(all))
	for i, c := range all {
		logp[i] = c.LogProb
	}
	if err := reference.AnnealLog(logp, logp, t); err != nil {
		return nil, err
	}
	u := reference.Uniform(src)
	for i, x := range logp {
		if u -= math.Exp(x); u < 0 || i == len(logp)-1 {
			return slices.Concat(prompt, all[i].Tokens), nil
		}
	}
	return nil, fmt.Errorf("no completions: %w", reference.ErrNoSupport)
}

type xorshift struct{ state uint64 }

func (x *xorshift) Uint64() uint64 {
	x.state ^= x.state << 13
	x.state ^= x.state >> 7
	x.state ^= x.state << 17
	return x.state
}

type stuck uint64

func (s stuck) Uint64() uint64 { return uint64(s) }

// sharedSeed reads its seed back from where another goroutine may have put its
// own.
func sharedSeed() sequence.Generator {
	var mutex sync.Mutex
	var shared uint64
	return func(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
		mutex.Lock()
		shared = src.Uint64()
		mutex.Unlock()
		runtime.Gosched() // another goroutine comes between
		mutex.Lock()
		seed := shared
		mutex.Unlock()
		return sequence.Generate(m, prompt, end, limit, t, rand.NewPCG(seed, 0))
	}
}
