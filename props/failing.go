package props

import (
	"errors"
	"fmt"
	"slices"

	"temper/reference/sequence"
)

// failing is a model that stops working: prefixes from a length on are an error.
type failing struct {
	sequence.Model
	from int
}

var errModelFails = errors.New("the model fails")

func (m failing) LogConditional(dst []float64, prefix []int) error {
	if len(prefix) >= m.from {
		return errModelFails
	}
	return m.Model.LogConditional(dst, prefix)
}

func generatorFailingLaw() Law {
	return generatorLaw{
		id:        "Generator/Failing",
		claim:     "a model that fails at some step is an error, and no shorter completion",
		source:    "contract; derived: errors of a later step swallowed",
		of:        aGenerator,
		witnesses: failingErrands(),
		judge:     generatorPassesErrors,
	}.erased()
}

// failingErrands are for models without an end, so that every step is needed.
func failingErrands() []errand {
	m, prompt := history(6, 5)
	return []errand{{m, nil, 4, 1, 1}, {m, prompt, 4, 1, 2}, {m, prompt, 4, 0, 3}}
}

func generatorPassesErrors(g sequence.Generator, e errand) error {
	for step := range e.limit {
		tokens, err := g(failing{e.model, len(e.prompt) + step}, slices.Clone(e.prompt), e.model.end, e.limit, e.temperature, e.source())
		if err == nil {
			return fmt.Errorf("%s, and no error, where the model fails at step %d", brief(tokens), step)
		}
	}
	return nil
}

func scorerFailingLaw() Law {
	return scorerLaw{
		id:        "Scorer/Failing",
		claim:     "a model that fails at some token of the completion is an error, and no score",
		source:    "contract; derived: errors of a later step swallowed",
		of:        aScorer,
		witnesses: failingPassages(),
		judge:     scorerPassesErrors,
	}.erased()
}

func failingPassages() []passage {
	m, tokens := history(7, 9)
	p := passage{m, tokens, 0}
	return []passage{p, p.cutAt(4)}
}

func scorerPassesErrors(s sequence.Scorer, p passage) error {
	for at := p.cut; at < len(p.sequence); at++ {
		logp, _, err := s(failing{p.model, at}, slices.Clone(p.sequence[:p.cut]), slices.Clone(p.sequence[p.cut:]))
		if err == nil {
			return fmt.Errorf("log p = %v, and no error, where the model fails at position %d", logp, at)
		}
	}
	return nil
}
