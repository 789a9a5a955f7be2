package props

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"temper/props/verdict"
	"temper/reference"
	"temper/reference/sequence"

	"pgregory.net/rapid"
)

// TestGenerator compares the completions of a generator with their distribution, on
// models whose distribution is known exactly. There is one sub-test for each law.
func TestGenerator(t *testing.T, g sequence.Generator, opts ...Option) {
	t.Helper()
	test(t, g, generatorLaws(), opts)
}

// CheckGenerator is [TestGenerator] for programs: it returns a report.
func CheckGenerator(g sequence.Generator, opts ...Option) verdict.Report {
	return check(g, "generator", generatorLaws(), opts)
}

// errand is an input of the laws about generators.
type errand struct {
	model       known
	prompt      []int
	limit       int
	temperature float64
	seed        uint64
}

func (e errand) String() string {
	return fmt.Sprintf("%v, prompt %s, end %d, limit %d, T = %v, seed %d", e.model, listed(e.prompt), e.model.end, e.limit, e.temperature, e.seed)
}
func (e errand) GoString() string { return e.String() }

func (e errand) run(g sequence.Generator, src rand.Source) ([]int, error) {
	tokens, err := g(e.model, slices.Clone(e.prompt), e.model.end, e.limit, e.temperature, src)
	if err != nil {
		return nil, fmt.Errorf("refused a prompt: %w", err)
	}
	return tokens, nil
}

func (e errand) source() rand.Source { return rand.NewPCG(e.seed, 0) }

// errands draws prompts of positive probability that have not ended.
func errands(temperatures ...float64) *rapid.Generator[errand] {
	return rapid.Custom(func(t *rapid.T) errand {
		model := rapid.SampledFrom(knownModels(rapid.Uint64().Draw(t, "model seed"))).Draw(t, "model")
		e := errand{model: model, temperature: rapid.SampledFrom(temperatures).Draw(t, "temperature"), seed: rapid.Uint64().Draw(t, "seed")}
		length := rapid.IntRange(0, model.length).Draw(t, "prompt")
		e.limit = model.length - length
		e.prompt = randomSequence(model, length, rand.New(rand.NewPCG(e.seed, 1)))
		if i := slices.Index(e.prompt, model.end); i >= 0 {
			e.prompt = e.prompt[:i]
		}
		return e
	})
}

func generatorLaws() []Law {
	return []Law{
		generatorPromptLaw(),
		generatorEndLaw(),
		generatorGreedyLaw(),
		generatorPromptsLaw(),
		generatorFunctionLaw(),
		generatorSeedsLaw(),
		generatorDistributionLaw(),
		generatorStepsLaw(),
		generatorCollisionsLaw(),
		generatorInputsLaw(),
		generatorConcurrentLaw(),
		generatorArgumentsLaw(),
		generatorFailingLaw(),
		generatorErrorsLaw(),
	}
}

type generatorLaw = law[sequence.Generator, errand]

var aGenerator = part[sequence.Generator]{"Generator", func(g sequence.Generator) bool { return g != nil }}

var allTemperatures = []float64{0, 0.3, 0.7, 1, 1.7, math.Inf(1)}

// enumerable are errands of at most two tokens.
func enumerable() []errand {
	var all []errand
	for i, model := range knownModels(11)[:3] {
		for _, t := range []float64{0.5, 1, 2, math.Inf(1)} {
			all = append(all, errand{model, nil, 2, t, uint64(i)})
		}
	}
	return all
}

func generatorPromptLaw() Law {
	return generatorLaw{
		id:     "Generator/Prompt",
		claim:  "the prompt comes back unchanged, followed by at most limit possible tokens",
		source: "lingua#28, minimind#621: prompt boundary off by one",
		of:     aGenerator,
		inputs: errands(allTemperatures...),
		judge:  keepsPrompt,
	}.erased()
}

func keepsPrompt(g sequence.Generator, e errand) error {
	tokens, err := e.run(g, e.source())
	if err != nil {
		return err
	}
	if len(tokens) < len(e.prompt) || !slices.Equal(tokens[:len(e.prompt)], e.prompt) {
		return fmt.Errorf("the sequence %s does not begin with the prompt", brief(tokens))
	}
	if len(tokens) > len(e.prompt)+e.limit {
		return fmt.Errorf("%d tokens for a limit of %d", len(tokens)-len(e.prompt), e.limit)
	}
	for i := len(e.prompt); i < len(tokens); i++ {
		if err := reference.CheckToken(tokens[i], e.model.VocabSize()); err != nil {
			return err
		}
		logp, err := conditional(e.model, tokens[:i])
		if err != nil || math.IsInf(logp[tokens[i]], -1) {
			return fmt.Errorf("%s: token %d at position %d is impossible", brief(tokens), tokens[i], i)
		}
	}
	return nil
}

func generatorEndLaw() Law {
	return generatorLaw{
		id:     "Generator/End",
		claim:  "generation stops after end, and nowhere else before limit",
		source: "genlm-control#145: cut-off sequences counted as ended",
		of:     aGenerator,
		inputs: errands(allTemperatures...),
		judge:  stopsAtEnd,
	}.erased()
}

func stopsAtEnd(g sequence.Generator, e errand) error {
	tokens, err := e.run(g, e.source())
	if err != nil {
		return err
	}
	completion := tokens[min(len(e.prompt), len(tokens)):]
	at := slices.Index(completion, e.model.end)
	switch {
	case at >= 0 && at != len(completion)-1:
		return fmt.Errorf("completion %s goes on after end", brief(completion))
	case at < 0 && len(completion) != e.limit:
		return fmt.Errorf("completion %s stops before its limit of %d without end", brief(completion), e.limit)
	}
	return nil
}

func generatorGreedyLaw() Law {
	return generatorLaw{
		id:     "Generator/Greedy",
		claim:  "T = 0 takes the most probable token each time, whatever the words of the source",
		source: "definition: T = 0 is deterministic; LLaDA2.X#6: T = 0 still draws",
		of:     aGenerator,
		inputs: errands(0),
		judge:  followsGreedyPath,
	}.erased()
}

// followsGreedyPath lets pass a token that float32 cannot tell from the most
// probable one.
func followsGreedyPath(g sequence.Generator, e errand) error {
	const tie = 1e-5
	for _, word := range extremeWords {
		tokens, err := e.run(g, &script{slices.Repeat([]uint64{word}, 64), e.source()})
		if err != nil {
			return err
		}
		for i := len(e.prompt); i < len(tokens); i++ {
			logp, err := conditional(e.model, tokens[:i])
			if err != nil {
				return err
			}
			if reference.CheckToken(tokens[i], len(logp)) != nil || !(logp[tokens[i]] >= slices.Max(logp)-tie) {
				return fmt.Errorf("%s: token %d at position %d is not the most probable", brief(tokens), tokens[i], i)
			}
		}
	}
	return nil
}

func generatorFunctionLaw() Law {
	return generatorLaw{
		id:     "Generator/Function",
		claim:  "same prompt, same words, same completion, whatever ran before",
		source: "mlx-lm#1580, vllm#51226: global generator; genai#3721: same seed twice differs",
		of:     aGenerator,
		inputs: errands(allTemperatures...),
		judge:  generatesAgain,
	}.erased()
}

func generatesAgain(g sequence.Generator, e errand) error {
	first, err := e.run(g, e.source())
	if err != nil {
		return err
	}
	for i := range 3 {
		if _, err := e.run(g, rand.NewPCG(e.seed, uint64(i+1))); err != nil {
			return err
		}
		again, err := e.run(g, e.source())
		if err != nil {
			return err
		}
		if !slices.Equal(first, again) {
			return fmt.Errorf("%s, and from the same words again %s", brief(first), brief(again))
		}
	}
	return nil
}

func generatorSeedsLaw() Law {
	return generatorLaw{
		id:        "Generator/Seeds",
		claim:     "completions from the seeds 0, 1, …, 2⁶⁴ − 1 are not all the same",
		source:    "llama2.c#239: xorshift with seed 0 is stuck",
		of:        aGenerator,
		witnesses: []errand{{knownModels(11)[2], nil, 20, math.Inf(1), 0}},
		judge:     differsBySeed,
	}.erased()
}

func differsBySeed(g sequence.Generator, e errand) error {
	first, err := e.run(g, rand.NewPCG(0, 0))
	if err != nil {
		return err
	}
	for _, words := range []rand.Source{rand.NewPCG(1, 0), rand.NewPCG(math.MaxUint64, math.MaxUint64), &script{make([]uint64, 1), rand.NewPCG(2, 0)}} {
		other, err := e.run(g, words)
		if err != nil {
			return err
		}
		if slices.Equal(first, other) {
			return fmt.Errorf("two sources give the same %d tokens %s", e.limit, brief(first))
		}
		if distinct := slices.Compact(slices.Clone(other)); len(distinct) == 1 {
			return fmt.Errorf("the generator is stuck: %s", brief(other))
		}
	}
	return nil
}

func generatorDistributionLaw() Law {
	return generatorLaw{
		id:        "Generator/Law",
		claim:     "completions come with the probabilities of the chain rule, annealed at each step (e-process, false alarm 1e-12 an input)",
		source:    "so-large-lm#4: per-step law and whole-sequence law mixed up; maxtext#2103, llama#869: logits not shifted",
		of:        aGenerator,
		witnesses: enumerable(),
		judge:     generatesByLaw,
	}.erased()
}

// generatesByLaw counts completions of at most two tokens against enumeration.
func generatesByLaw(g sequence.Generator, e errand) error {
	exact, err := sequence.PerStep(e.model, e.prompt, e.model.end, e.limit, e.temperature)
	if err != nil {
		return err
	}
	cells, p := map[string]int{}, make([]float64, len(exact))
	for i, c := range exact {
		cells[fmt.Sprint(c.Tokens)] = i
		p[i] = math.Exp(c.LogProb)
	}
	evidence, src := newEvidence(p), e.source()
	for evidence.total < 4000 && !evidence.damning() {
		tokens, err := e.run(g, src)
		if err != nil {
			return err
		}
		completion := tokens[min(len(e.prompt), len(tokens)):]
		cell, possible := cells[fmt.Sprint(completion)]
		if !possible {
			return fmt.Errorf("completion %s is impossible", brief(completion))
		}
		evidence.count(cell)
	}
	return evidence.verdict()
}

func generatorInputsLaw() Law {
	return generatorLaw{
		id:     "Generator/Inputs",
		claim:  "the prompt is not changed, nor what lies behind it",
		source: "contract",
		of:     aGenerator,
		inputs: errands(allTemperatures...),
		judge:  generatorLeavesPrompt,
	}.erased()
}

func generatorLeavesPrompt(g sequence.Generator, e errand) error {
	prompt, same := guarded(e.prompt)
	if _, err := g(e.model, prompt, e.model.end, e.limit, e.temperature, e.source()); err != nil {
		return err
	}
	if !same(false) {
		return errors.New("the prompt was changed, or what lies behind it")
	}
	return nil
}

func generatorConcurrentLaw() Law {
	return generatorLaw{
		id:     "Generator/Concurrent",
		claim:  "eight goroutines with sources of their own get what one gets",
		source: "go#16205: generator shared between goroutines",
		of:     aGenerator,
		inputs: errands(0.7, 1),
		judge:  generatesConcurrently,
	}.erased()
}

func generatesConcurrently(g sequence.Generator, e errand) error {
	ask := func(i int) ([]int, error) { return e.run(g, rand.NewPCG(e.seed, uint64(i))) }
	return sameBeside(8, 10, ask, func(alone, together []int) error {
		if !slices.Equal(alone, together) {
			return fmt.Errorf("%s alone, %s beside seven others", brief(alone), brief(together))
		}
		return nil
	})
}

// outcome is what came of an argument that a generator must refuse.
type outcome struct {
	argument  string
	err, want error
}

func misuse(g sequence.Generator, e errand) []outcome {
	call := func(prompt []int, limit int, temperature float64) error {
		_, err := g(e.model, prompt, e.model.end, limit, temperature, e.source())
		return err
	}
	return []outcome{
		{"T = NaN", call(e.prompt, 1, math.NaN()), reference.ErrTemperature},
		{"limit −1", call(e.prompt, -1, 1), reference.ErrShape},
		{"a prompt of token −1", call([]int{-1}, 1, 1), reference.ErrToken},
		{"a prompt of a token beyond them", call([]int{e.model.VocabSize()}, 1, 1), reference.ErrToken},
	}
}

func generatorArgumentsLaw() Law {
	return generatorLaw{
		id:     "Generator/Arguments",
		claim:  "a temperature of NaN, a token out of range and a negative limit are errors, and a temperature below 0 is one or is taken for 0",
		source: "llama.cpp takes T ≤ 0 for greedy; vllm#22180, mamba#1041: negative temperature accepted",
		of:     aGenerator,
		inputs: errands(1),
		judge:  generatorRefuses,
	}.erased()
}

func generatorRefuses(g sequence.Generator, e errand) error {
	for _, outcome := range misuse(g, e) {
		if outcome.err == nil {
			return fmt.Errorf("%s was accepted", outcome.argument)
		}
	}
	e.temperature = -1
	negative, err := e.run(g, e.source())
	if err != nil {
		return nil
	}
	e.temperature = 0
	greedy, err := e.run(g, e.source())
	if err == nil && !slices.Equal(negative, greedy) {
		err = fmt.Errorf("T = −1 was accepted and gives %s, but T = 0 gives %s", brief(negative), brief(greedy))
	}
	return err
}

func generatorErrorsLaw() Law {
	return generatorLaw{
		id:     "Generator/Errors",
		claim:  "those errors are ErrTemperature, ErrToken and ErrShape; a prompt that has ended comes back as it is",
		source: "contract",
		level:  verdict.Should,
		of:     aGenerator,
		inputs: errands(1),
		judge:  generatorNamesErrors,
	}.erased()
}

func generatorNamesErrors(g sequence.Generator, e errand) error {
	_, err := g(e.model, e.prompt, e.model.end, 1, -1, e.source())
	outcomes := append(misuse(g, e), outcome{"T = −1", err, reference.ErrTemperature})
	for _, outcome := range outcomes {
		if !errors.Is(outcome.err, outcome.want) {
			return fmt.Errorf("%s: %s, want %q", outcome.argument, said(outcome.err), outcome.want)
		}
	}
	if end := e.model.end; end >= 0 {
		tokens, err := g(e.model, []int{end}, end, 3, 1, e.source())
		if err != nil || !slices.Equal(tokens, []int{end}) {
			return fmt.Errorf("a prompt that has ended came back as %s, %v", brief(tokens), err)
		}
	}
	return nil
}
