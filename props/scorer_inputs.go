package props

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"temper/props/verdict"
	"temper/reference"
	"temper/reference/sequence"
)

func scorerMaskedLaw() Law {
	return scorerLaw{
		id:        "Scorer/Masked",
		claim:     "a completion with an impossible token has log-probability −Inf",
		source:    "contract",
		of:        aScorer,
		inputs:    passages(),
		witnesses: cutPassages(),
		judge:     scoresImpossible,
	}.erased()
}

func scoresImpossible(s sequence.Scorer, p passage) error {
	for i := range p.sequence {
		logp, err := conditional(p.model, p.sequence[:i])
		if err != nil {
			return err
		}
		v := slices.Index(logp, math.Inf(-1))
		if v < 0 {
			continue
		}
		got, _, err := score(s, p.model, nil, append(slices.Clone(p.sequence[:i]), v))
		if err == nil && !math.IsInf(got, -1) {
			err = fmt.Errorf("log p = %v, though token %d is impossible after %s", got, v, brief(p.sequence[:i]))
		}
		return err
	}
	return nil
}

// uniformModel gives every token the same probability after every prefix.
type uniformModel int

func (m uniformModel) VocabSize() int { return int(m) }

func (m uniformModel) LogConditional(dst []float64, prefix []int) error {
	for v := range dst {
		dst[v] = -math.Log(float64(m))
	}
	return nil
}

func scorerPerplexityLaw() Law {
	return scorerLaw{
		id:        "Scorer/Perplexity",
		claim:     "exp(−Σ log p / N) of a uniform model is its vocabulary, however the text is cut, and 1 of one token",
		source:    "kenlm#38, flashlight#745: log₁₀ mixed with ln",
		of:        aScorer,
		witnesses: cutPassages(),
		judge:     scoresUniformly,
	}.erased()
}

func scoresUniformly(s sequence.Scorer, p passage) error {
	if logp, count, err := score(s, uniformModel(1), nil, make([]int, len(p.sequence))); err != nil || !sameScore(logp, 0, 0) || count != len(p.sequence) {
		return fmt.Errorf("log p = %v of %d tokens, error %v, of a vocabulary of one token, count %d", logp, len(p.sequence), err, count)
	}
	m := uniformModel(p.model.VocabSize())
	for _, cut := range [][][]int{{p.sequence}, {p.sequence[:p.cut], p.sequence[p.cut:]}} {
		total, factors := 0.0, 0
		for _, part := range cut {
			logp, count, err := score(s, m, nil, part)
			if err != nil {
				return err
			}
			total, factors = total+logp, factors+count
		}
		if perplexity := math.Exp(-total / float64(factors)); factors > 0 && !(math.Abs(perplexity-float64(m)) <= 1e-12*float64(m)) {
			return fmt.Errorf("perplexity %v of the uniform model over %d tokens, in %d parts", perplexity, int(m), len(cut))
		}
	}
	return nil
}

func scorerInputsLaw() Law {
	return scorerLaw{
		id:        "Scorer/Inputs",
		claim:     "prompt and completion are not changed",
		source:    "contract",
		of:        aScorer,
		inputs:    passages(),
		witnesses: cutPassages(),
		judge:     scorerLeavesInputs,
	}.erased()
}

func scorerLeavesInputs(s sequence.Scorer, p passage) error {
	prompt, promptSame := guarded(p.sequence[:p.cut])
	completion, completionSame := guarded(p.sequence[p.cut:])
	if _, _, err := s(goingOn{p.model}, prompt, completion); err != nil {
		return err
	}
	if !promptSame(false) || !completionSame(false) {
		return errors.New("prompt or completion was changed, or what lies behind them")
	}
	return nil
}

// outOfRange puts a bad token into the prompt or the completion.
func outOfRange(s sequence.Scorer, p passage) (inPrompt, inCompletion error) {
	bad := []int{p.model.VocabSize()}
	_, _, inPrompt = s(p.model, bad, []int{0})
	_, _, inCompletion = s(p.model, nil, bad)
	return inPrompt, inCompletion
}

func scorerTokensLaw() Law {
	return scorerLaw{
		id:        "Scorer/Tokens",
		claim:     "a token out of range is an error",
		source:    "contract",
		of:        aScorer,
		inputs:    passages(),
		witnesses: cutPassages(),
		judge:     scorerRefusesTokens,
	}.erased()
}

func scorerRefusesTokens(s sequence.Scorer, p passage) error {
	if inPrompt, inCompletion := outOfRange(s, p); inPrompt == nil || inCompletion == nil {
		return fmt.Errorf("token %d of a vocabulary of %d: errors %v in the prompt, %v in the completion", p.model.VocabSize(), p.model.VocabSize(), inPrompt, inCompletion)
	}
	return nil
}

func scorerErrorsLaw() Law {
	return scorerLaw{
		id:        "Scorer/Errors",
		claim:     "a token out of range is ErrToken, an impossible prompt ErrImpossiblePrefix",
		source:    "contract",
		level:     verdict.Should,
		of:        aScorer,
		inputs:    passages(),
		witnesses: cutPassages(),
		judge:     scorerNamesErrors,
	}.erased()
}

func scorerNamesErrors(s sequence.Scorer, p passage) error {
	if inPrompt, inCompletion := outOfRange(s, p); !errors.Is(inPrompt, reference.ErrToken) || !errors.Is(inCompletion, reference.ErrToken) {
		return fmt.Errorf("%s and %s, want ErrToken", said(inPrompt), said(inCompletion))
	}
	if end := p.model.end; end >= 0 {
		if _, _, err := s(p.model, []int{end}, []int{0}); !errors.Is(err, sequence.ErrImpossiblePrefix) {
			return fmt.Errorf("a prompt that has ended: %s, want ErrImpossiblePrefix", said(err))
		}
	}
	return nil
}
