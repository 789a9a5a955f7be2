package props

import (
	"fmt"
	"math"
	"slices"

	"temper/reference"
	"temper/reference/sequence"
)

// A bet is what a generator may do wrong at one step, as the distribution that the
// token then has: dst of the model's log p(v | prefix), row, at temperature T.
type bet struct {
	name  string
	place func(dst, row []float64, temperature float64) error
}

// bets are those of the law of steps.
func bets() []bet {
	annealed := func(change func(t float64) float64) func(dst, row []float64, t float64) error {
		return func(dst, row []float64, t float64) error { return reference.AnnealLog(dst, row, change(t)) }
	}
	return []bet{
		{"the temperature is ignored", annealed(func(float64) float64 { return 1 })},
		{"the most probable token is taken", annealed(func(float64) float64 { return 0 })},
		{"the temperature is applied twice", annealed(func(t float64) float64 { return t * t })},
		{"every possible token is as likely", annealed(func(float64) float64 { return math.Inf(1) })},
	}
}

// trust is the share of the exact distribution in every bet, so that no draw
// multiplies a product by less than it.
const trust = 0.1

// stepEvidence bets on each step of a completion by itself. For every bet and step
// the product of
//
//	trust + (1 − trust) · q(x) / p(x)
//
// over the draws, q the token's distribution under the bet and p the exact one, has
// mean 1 under the law, whatever decides which prefixes are met. The ratio of
// [evidence] for the first token, whose law is the same in every draw, has mean 1
// too. So has the mean of them all: it is one e-process, and reaches 1/α with
// probability at most α.
type stepEvidence struct {
	bets  []bet
	logM  [][]float64 // [step][bet]
	first *evidence
	law   []float64
	wager []float64
}

func newStepEvidence(steps, vocab int) *stepEvidence {
	e := &stepEvidence{bets: bets(), logM: make([][]float64, steps), law: make([]float64, vocab), wager: make([]float64, vocab)}
	for step := range e.logM {
		e.logM[step] = make([]float64, len(e.bets))
	}
	return e
}

// count takes in the token of a step, and refuses one that is impossible.
func (e *stepEvidence) count(step, token int, row []float64, temperature float64) error {
	if err := reference.CheckToken(token, len(row)); err != nil {
		return err
	}
	if err := reference.AnnealLog(e.law, row, temperature); err != nil {
		return err
	}
	if math.IsInf(e.law[token], -1) {
		return fmt.Errorf("token %d of the completion, %d, is impossible", step, token)
	}
	for i, b := range e.bets {
		if err := b.place(e.wager, row, temperature); err != nil {
			return err
		}
		e.logM[step][i] += math.Log(trust + (1-trust)*math.Exp(e.wager[token]-e.law[token]))
	}
	if step > 0 {
		return nil
	}
	var support []float64
	cell := 0
	for v, logp := range e.law {
		if v == token {
			cell = len(support)
		}
		if !math.IsInf(logp, -1) {
			support = append(support, math.Exp(logp))
		}
	}
	if e.first == nil {
		e.first = newEvidence(support)
	}
	e.first.count(cell)
	return nil
}

// all lists the logarithms of the products.
func (e *stepEvidence) all() []float64 {
	all := slices.Concat(e.logM...)
	if e.first != nil {
		all = append(all, e.first.logM)
	}
	return all
}

// damning reports whether the mean of the products is beyond the false alarm
// allowed.
func (e *stepEvidence) damning() bool {
	all := e.all()
	logSum, err := reference.LogPartition(all, 1)
	return err == nil && logSum-math.Log(float64(len(all))) >= -math.Log(falseAlarm)
}

// verdict names the bet that won most, if the evidence is damning.
func (e *stepEvidence) verdict(draws int) error {
	if !e.damning() {
		return nil
	}
	all := e.all()
	most := slices.Max(all)
	best := slices.Index(all, most)
	if best == len(all)-1 {
		return fmt.Errorf("first token after the prompt: %w", e.first.verdict())
	}
	return fmt.Errorf("token %d of the completion does not have its law: it is as if %s (evidence exp(%.4g) in %d draws)",
		best/len(e.bets), e.bets[best%len(e.bets)].name, most, draws)
}

func generatorStepsLaw() Law {
	return generatorLaw{
		id:        "Generator/Steps",
		claim:     "each token by itself, the first after a prompt too, comes with the model's conditional annealed to T, whatever the prompt's length (e-process with named bets, false alarm 1e-12 an input)",
		source:    "tt-metal#32025, executorch#20244: first token after prefill ignores the temperature",
		of:        aGenerator,
		inputs:    errands(0.4, 0.7, 1.7, math.Inf(1)),
		witnesses: prompted(),
		judge:     generatesStepsByLaw,
	}.erased()
}

// generatesStepsByLaw draws completions until they are enough, or damning.
func generatesStepsByLaw(g sequence.Generator, e errand) error {
	const enough = 300
	if e.limit == 0 {
		return nil
	}
	evidence, src := newStepEvidence(e.limit, e.model.VocabSize()), e.source()
	for draws := 1; draws <= enough; draws++ {
		tokens, err := e.run(g, src)
		if err != nil {
			return err
		}
		for i := len(e.prompt); i < min(len(tokens), len(e.prompt)+e.limit); i++ {
			row, err := conditional(e.model, tokens[:i])
			if err != nil {
				return err
			}
			if err := evidence.count(i-len(e.prompt), tokens[i], row, e.temperature); err != nil {
				return fmt.Errorf("%s: %w", brief(tokens), err)
			}
		}
		if evidence.damning() {
			return evidence.verdict(draws)
		}
	}
	return nil
}

// prompted are errands whose prompts are empty, short, and longer than the windows
// that implementations use.
func prompted() []errand {
	var all []errand
	for _, temperature := range []float64{0.4, 2.5} {
		for _, length := range []int{0, 1, 2, 7, 40} {
			m := knownModels(uint64(20 + length))[2]
			all = append(all, errand{m, greedyPrompt(m, length), 4, temperature, uint64(length)})
		}
		for _, length := range []int{70, 1100} {
			m, prompt := history(uint64(length), length)
			all = append(all, errand{m, prompt, 3, temperature, uint64(length)})
		}
	}
	return all
}

// greedyPrompt is a prompt of so many tokens, each the most probable of its step.
func greedyPrompt(m known, length int) []int {
	prompt := []int{}
	for range length {
		row, err := conditional(m, prompt)
		if err != nil {
			panic(err) // the models have no end
		}
		prompt = append(prompt, slices.Index(row, slices.Max(row)))
	}
	return prompt
}
