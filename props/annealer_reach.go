package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/props/verdict"
	"temper/reference/sequence"
)

// expedition is the problems of the law of reach, judged together.
type expedition []farProblem

func (e expedition) String() string { return fmt.Sprintf("%d problems", len(e)) }

func annealerReachLaw() Law {
	return law[sequence.SequenceAnnealer, expedition]{
		id:        "Annealer/Reach",
		claim:     "with 2 to 8 tokens, prompts of up to 20, completions of up to 8, T from 0.06 to +Inf and calls of 1 to 64 draws, in every pair, draws are independent, come with probability π and log Z is within 0.5 (e-process with named bets, false alarm 1e-12; models other than Markov chains may be refused)",
		source:    "so-large-lm#4: the per-step law taken for the whole-sequence law; RL-Kernel#81: temperature applied twice; mlx-lm#1580: a source that is not the caller's",
		of:        anAnnealer,
		witnesses: []expedition{farProblems()},
		judge:     annealsFar,
	}.erased()
}

func annealerReachPartitionLaw() Law {
	return law[sequence.SequenceAnnealer, farProblem]{
		id:        "Annealer/ReachPartition",
		claim:     "log Z of those problems is exact within 1e-9",
		source:    "contract; estimates by sampling fall short of it",
		level:     verdict.Should,
		of:        anAnnealer,
		witnesses: farProblems(),
		judge: func(a sequence.SequenceAnnealer, p farProblem) error {
			_, logZ, err := p.ask(a, 1, p.source())
			if p.mayRefuse(err) {
				return nil
			}
			if err != nil {
				return err
			}
			tree, err := p.tree()
			if err == nil && !(math.Abs(logZ-tree.logZ[0]) <= 1e-9) {
				err = fmt.Errorf("log Z = %v, exactly %v", logZ, tree.logZ[0])
			}
			return err
		},
	}.erased()
}

func (p farProblem) source() rand.Source { return rand.NewPCG(p.seed, 14) }

// mayRefuse says whether an error is one for a model that is no Markov chain.
func (p farProblem) mayRefuse(err error) bool {
	_, markov := p.model.(*sequence.Markov)
	return err != nil && !markov
}

func (p farProblem) tree() (*branch, error) {
	temperatures, _ := p.rivals()
	return newTree(p.model, p.prompt, p.end, p.limit, temperatures)
}

func (p farProblem) ask(a sequence.SequenceAnnealer, draws int, src rand.Source) ([][]int, float64, error) {
	completions := make([][]int, draws)
	logZ, err := a(completions, p.model, slices.Clone(p.prompt), p.end, p.limit, p.temperature, src)
	if err != nil {
		err = fmt.Errorf("refused: %w", err)
	}
	return completions, logZ, err
}

// among names what problems share evidence with this one.
func (p farProblem) among() []string {
	c := p.classes
	kinds := []string{"Markov chains", "Markov chains with an end", "models of the whole history", "models of the whole history with an end"}
	return []string{
		"all problems", p.String(),
		fmt.Sprintf("problems of %d tokens", annealedVocabs[c[0]]),
		fmt.Sprintf("problems with prompts of a length of %v", annealedPrompts[c[1]]),
		fmt.Sprintf("problems of a limit near %d", annealedLimits[c[2]]),
		fmt.Sprintf("problems at a temperature near %v", annealedBands[c[3]]),
		fmt.Sprintf("problems of %d draws a call", p.draws),
		"problems of " + kinds[c[5]],
	}
}

// annealsFar draws from one problem after another.
func annealsFar(a sequence.SequenceAnnealer, problems expedition) error {
	evidence := newFarEvidence()
	for _, p := range problems {
		if err := evidence.explore(a, p); err != nil {
			return fmt.Errorf("%w\nproblem: %v", err, p)
		}
	}
	return nil
}

// explore draws from a problem: calls with one source after another.
func (e *farEvidence) explore(a sequence.SequenceAnnealer, p farProblem) error {
	enough, last := 320, 0
	if p.draws == 64 { // seven calls, and one of 200
		enough, last = 448, 200
	}
	tree, err := p.tree()
	if err != nil {
		return err
	}
	var draws []farDraw
	books, src, meanZ := e.ledgers(p.among()...), p.source(), 0.0
	near := p
	near.temperature *= 1.1 // for a sampler that remembers what it takes for the same
	if _, _, err := near.ask(a, 1, p.source()); p.mayRefuse(err) {
		return nil
	}
	for len(draws) < enough+last {
		count := p.draws
		if len(draws) >= enough {
			count = last
		}
		completions, logZ, err := p.ask(a, count, src)
		if err != nil {
			return err
		}
		for i, tokens := range completions {
			draw, err := e.take(p, tree, books, tokens)
			if err != nil {
				return err
			}
			e.relate(books, draws, i, draw)
			e.relateTokens(books, draw)
			draws = append(draws, draw)
		}
		meanZ += math.Exp(logZ-tree.logZ[0]) * float64(count)
	}
	if got := math.Log(meanZ / float64(len(draws))); !(math.Abs(got) <= 0.5) {
		return fmt.Errorf("log Z is %v more than the exact %v", got, tree.logZ[0])
	}
	return e.verdict()
}

// annealerReachLaws are about problems further out.
func annealerReachLaws() []Law {
	return []Law{annealerArgumentsLaw(), annealerReachLaw(), annealerReachPartitionLaw()}
}
