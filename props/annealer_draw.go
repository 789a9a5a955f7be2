package props

import (
	"fmt"
	"math"

	"temper/props/verdict"
	"temper/reference/sequence"
)

const counted = " (e-process, false alarm 1e-12 a problem)"

// annealerDrawLaws are about what is drawn. Those that count draws hold them
// against the exact distribution in an e-process; their problems are fixed ones,
// at which the per-step law and every planted bug are far enough away.
func annealerDrawLaws() []Law {
	return []Law{
		annealerDistributionLaw(),
		annealerEndedLaw(),
		annealerPromptLaw(),
		annealerOneLaw(),
		annealerInfinityLaw(),
		annealerJointLaw(),
		annealerSupportLaw(),
		annealerZeroLaw(),
		annealerZeroTiesLaw(),
		annealerApartLaw(),
		annealerFunctionLaw(),
	}
}

// greedyTraps are problems at T = 0 whose greedy path is no most probable
// completion, and one where several tie.
func greedyTraps() []annealing {
	return []annealing{{full, 0, nil, 3, 0}, {ending, 0, nil, 3, 0}, {tied, 0, nil, 3, 0}, {full, 0, []int{1, 0}, 3, 0}, {ending, 0, []int{0}, 3, 0}}
}

func annealerDistributionLaw() Law {
	return annealerLaw{
		id:        "Annealer/Law",
		claim:     "completions of a length come with probability π ∝ p^(1/T), not with that of a token-by-token sampler" + counted,
		source:    "so-large-lm#4: the per-step law taken for the whole-sequence law",
		of:        anAnnealer,
		witnesses: []annealing{{full, 1, nil, 3, 0.4}, {full, 2, nil, 3, 3}},
		judge:     annealsByLaw,
	}.erased()
}

func annealerEndedLaw() Law {
	return annealerLaw{
		id:        "Annealer/Ended",
		claim:     "completions that end, early or late, come with probability π ∝ p^(1/T), and those cut off never" + counted,
		source:    "reasoning-with-sampling#10: acceptance without the length factor; genlm-control#145: cut-off sequences counted as ended",
		of:        anAnnealer,
		witnesses: []annealing{{ending, 1, nil, 3, 0.4}, {ending, 2, nil, 3, 2.5}},
		judge:     annealsByLaw,
	}.erased()
}

func annealerPromptLaw() Law {
	return annealerLaw{
		id:        "Annealer/Prompt",
		claim:     "completions of a prompt come with probability π(· | prompt): conditioning commutes with annealing" + counted,
		source:    "lingua#28, minimind#621: prompt boundary off by one",
		of:        anAnnealer,
		witnesses: []annealing{{full, 5, []int{0, 1}, 3, 0.4}, {ending, 3, []int{0}, 3, 0.5}},
		judge:     annealsByLaw,
	}.erased()
}

func annealerOneLaw() Law {
	return annealerLaw{
		id:        "Annealer/One",
		claim:     "at T = 1 completions come with the model's own probability" + counted,
		source:    "contract",
		of:        anAnnealer,
		witnesses: []annealing{{full, 7, nil, 3, 1}, {ending, 10, []int{1}, 3, 1}},
		judge:     annealsByLaw,
	}.erased()
}

func annealerInfinityLaw() Law {
	return annealerLaw{
		id:        "Annealer/Infinity",
		claim:     "at T = +Inf every possible completion is as likely as the others, however many choices its steps have" + counted,
		source:    "uniform steps over a masked support are not uniform over sequences",
		of:        anAnnealer,
		witnesses: []annealing{{masked, 8, nil, 3, math.Inf(1)}, {ending, 7, nil, 3, math.Inf(1)}},
		judge:     annealsByLaw,
	}.erased()
}

func annealerZeroTiesLaw() Law {
	return annealerLaw{
		id:        "Annealer/ZeroTies",
		claim:     "at T = 0 the most probable completions are drawn, and all alike where they tie" + counted,
		source:    "contract",
		level:     verdict.Should,
		of:        anAnnealer,
		witnesses: greedyTraps(),
		judge:     annealsByLaw,
	}.erased()
}

// annealsByLaw counts draws until they are enough, or damning.
func annealsByLaw(a sequence.SequenceAnnealer, p annealing) error {
	const enough, batch = 1500, 100
	m := p.model()
	distribution, _, err := p.exact(m)
	if err != nil {
		return err
	}
	place, probabilities := cells(distribution)
	ask, evidence, src := p.asking(a, m), newEvidence(probabilities), p.source(1)
	for evidence.total < enough && !evidence.damning() {
		completions, _, err := ask(batch, src)
		if err != nil {
			return err
		}
		for _, completion := range completions {
			cell, ok := place[fmt.Sprint(completion)]
			if !ok {
				return fmt.Errorf("drew %v, which has probability 0", completion)
			}
			evidence.count(cell)
		}
	}
	if err := evidence.verdict(); err != nil {
		return fmt.Errorf("%w; in lexicographic order π is %.4f", err, probabilities)
	}
	return nil
}

func annealerJointLaw() Law {
	return annealerLaw{
		id:        "Annealer/Joint",
		claim:     "two draws of one call, and of two calls with one source, are independent" + counted,
		source:    "a chain that forgets too slowly, or one draw given twice, has perfect marginals",
		of:        anAnnealer,
		witnesses: []annealing{{full, 10, nil, 2, 2}},
		judge:     annealsIndependently,
	}.erased()
}

func annealsIndependently(a sequence.SequenceAnnealer, p annealing) error {
	m := p.model()
	distribution, _, err := p.exact(m)
	if err != nil {
		return err
	}
	place, single := cells(distribution)
	var pairs []float64
	for _, first := range single {
		for _, second := range single {
			pairs = append(pairs, first*second)
		}
	}
	within, across := newEvidence(pairs), newEvidence(pairs)
	ask, src := p.asking(a, m), p.source(2)
	before := -1
	for range 1000 {
		completions, _, err := ask(2, src)
		if err != nil {
			return err
		}
		first, firstOK := place[fmt.Sprint(completions[0])]
		second, secondOK := place[fmt.Sprint(completions[1])]
		if !firstOK || !secondOK {
			return fmt.Errorf("drew %v, one of which has probability 0", completions)
		}
		within.count(first*len(single) + second)
		if before < 0 {
			before = second
			continue
		}
		across.count(before*len(single) + first)
		before = -1 // pairs must not share a draw
	}
	if err := within.verdict(); err != nil {
		return fmt.Errorf("pairs of draws within a call: %w", err)
	}
	if err := across.verdict(); err != nil {
		return fmt.Errorf("pairs of draws across calls: %w", err)
	}
	return nil
}

func annealerSupportLaw() Law {
	return annealerLaw{
		id:     "Annealer/Support",
		claim:  "every draw is possible: without the prompt, of length limit, or ended within it and nowhere before",
		source: "genlm-control#145: cut-off sequences counted as ended",
		of:     anAnnealer,
		inputs: annealings(),
		judge:  annealsTheSupport,
	}.erased()
}

func annealsTheSupport(a sequence.SequenceAnnealer, p annealing) error {
	m := p.model()
	distribution, _, err := p.exact(m)
	if err != nil {
		return err
	}
	place, _ := cells(distribution)
	completions, _, err := p.asking(a, m)(8, p.source(3))
	if err != nil {
		return err
	}
	for i, completion := range completions {
		if _, ok := place[fmt.Sprint(completion)]; !ok {
			return fmt.Errorf("draw %d is %v, which has probability 0", i, completion)
		}
	}
	return nil
}

func annealerZeroLaw() Law {
	return annealerLaw{
		id:        "Annealer/Zero",
		claim:     "at T = 0 every draw is a most probable completion, which the greedy path need not be; or T = 0 is refused",
		source:    "greedy path taken for the mode",
		of:        anAnnealer,
		witnesses: greedyTraps(),
		judge:     annealsToModes,
	}.erased()
}

func annealsToModes(a sequence.SequenceAnnealer, p annealing) error {
	if _, _, err := p.asking(a, p.model())(1, p.source(4)); err != nil {
		return nil
	}
	return annealsTheSupport(a, p)
}

func annealerApartLaw() Law {
	return annealerLaw{
		id:     "Annealer/Apart",
		claim:  "completions share no memory with one another; the prompt stays as it was, and what lies behind it",
		source: "append to a shared prefix",
		of:     anAnnealer,
		inputs: annealings(),
		judge:  annealsApart,
	}.erased()
}

func annealsApart(a sequence.SequenceAnnealer, p annealing) error {
	const mark = -7
	completions := make([][]int, 6)
	prompt, same := guarded(p.prompt)
	if _, err := a(completions, p.model(), prompt, p.kind.end(), p.limit, p.temperature, p.source(5)); err != nil {
		return fmt.Errorf("refused: %w", err)
	}
	if !same(false) {
		return fmt.Errorf("prompt became %v, or what lies behind it changed", prompt)
	}
	for i, completion := range completions {
		for j := range completion {
			if completion[j] == mark {
				return fmt.Errorf("writing to a draw before %d wrote to it", i)
			}
			completion[j] = mark
		}
	}
	if !same(false) {
		return fmt.Errorf("writing to a draw wrote to the prompt or behind it")
	}
	return nil
}

func annealerFunctionLaw() Law {
	return annealerLaw{
		id:     "Annealer/Function",
		claim:  "draws and log Z are a function of the arguments and of the words of the source, whatever ran before",
		source: "mlx-lm#1580, vllm#51226: global generator; genai#3721: same seed twice differs",
		of:     anAnnealer,
		inputs: annealings(),
		judge:  annealerIsFunction,
	}.erased()
}

func annealerIsFunction(a sequence.SequenceAnnealer, p annealing) error {
	var first string
	ask := p.asking(a, p.model())
	for attempt := range 3 {
		completions, logZ, err := ask(4, p.source(6))
		if err != nil {
			return err
		}
		answer := fmt.Sprint(completions, logZ)
		if attempt == 0 {
			first = answer
		}
		if answer != first {
			return fmt.Errorf("%s, and from the same words again %s", first, answer)
		}
		if _, _, err := ask(1, p.source(7+uint64(attempt))); err != nil {
			return err
		}
	}
	return nil
}
