package props

import (
	"errors"
	"fmt"
	"math"

	"temper/props/verdict"
	"temper/reference"
	"temper/reference/sequence"
)

// annealerNumberLaws are about log Z.
func annealerNumberLaws() []Law {
	return []Law{
		annealerLogPartitionLaw(),
		annealerLogPartitionExactLaw(),
	}
}

func partitionProblems() []annealing {
	return []annealing{
		{full, 11, nil, 3, 0.5}, {full, 12, []int{1, 0}, 3, 2}, {masked, 13, nil, 3, 0.7},
		{ending, 0, nil, 3, 0.5}, {ending, 8, []int{0}, 3, 3}, {full, 16, nil, 3, math.Inf(1)}, {full, 17, nil, 3, 1}, {ending, 9, []int{0}, 3, 1},
	}
}

func annealerLogPartitionLaw() Law {
	return annealerLaw{
		id:        "Annealer/LogPartition",
		claim:     "log Z, exact or estimated along with 300 draws, is within 0.2 of log Σ p^(1/T) over the complete completions",
		source:    "genlm-control#145: mass of cut-off sequences; kenlm#38: log10 for ln",
		of:        anAnnealer,
		witnesses: partitionProblems(),
		judge:     partitionWithin(300, 0.2),
	}.erased()
}

func annealerLogPartitionExactLaw() Law {
	return annealerLaw{
		id:        "Annealer/LogPartitionExact",
		claim:     "log Z is exact within 1e-9",
		source:    "contract; estimates by sampling fall short of it",
		level:     verdict.Should,
		of:        anAnnealer,
		witnesses: partitionProblems(),
		judge:     partitionWithin(1, 1e-9),
	}.erased()
}

func partitionWithin(draws int, tolerance float64) func(sequence.SequenceAnnealer, annealing) error {
	return func(a sequence.SequenceAnnealer, p annealing) error {
		m := p.model()
		_, want, err := p.exact(m)
		if err != nil {
			return err
		}
		_, got, err := p.asking(a, m)(draws, p.source(20))
		if err != nil {
			return err
		}
		if !(math.Abs(got-want) <= tolerance) {
			return fmt.Errorf("log Z = %v, exactly %v", got, want)
		}
		return nil
	}
}

// refusal is a call that has no answer.
type refusal struct {
	what        string
	prompt      []int
	end, limit  int
	temperature float64
	want        error // what the contract calls it
}

// refusals are asked of a model whose sequences are a b end and b a b end.
func refusals() []refusal {
	return []refusal{
		{"a negative temperature", nil, 2, 4, -1, reference.ErrTemperature},
		{"a temperature NaN", nil, 2, 4, math.NaN(), reference.ErrTemperature},
		{"a token outside the vocabulary", []int{3}, 2, 4, 1, reference.ErrToken},
		{"a negative token", []int{-1}, 2, 4, 1, reference.ErrToken},
		{"an end outside the vocabulary", nil, 3, 4, 1, reference.ErrToken},
		{"an impossible prompt", []int{0, 0}, 2, 4, 1, sequence.ErrImpossiblePrefix},
		{"a limit before any end", nil, 2, 2, 1, reference.ErrNoSupport},
		{"a negative limit", nil, 2, -2, 1, reference.ErrShape},
	}
}

func annealerBadInputLaws() []Law {
	return []Law{
		annealerRefusesLaw(),
		annealerRefusesByNameLaw(),
	}
}

func annealerRefusesLaw() Law {
	return law[sequence.SequenceAnnealer, refusal]{
		id:        "Annealer/Refuses",
		claim:     "what has no answer is an error: temperatures, tokens and limits out of range, impossible prompts, no end within the limit",
		source:    "vllm#22180, mamba#1041: negative temperature accepted; lattice#295: NaN passes the guards",
		of:        anAnnealer,
		witnesses: refusals(),
		judge:     annealerRefuses(false),
	}.erased()
}

func annealerRefusesByNameLaw() Law {
	return law[sequence.SequenceAnnealer, refusal]{
		id:        "Annealer/RefusesByName",
		claim:     "the error is the one that the contract names",
		source:    "contract",
		level:     verdict.Should,
		of:        anAnnealer,
		witnesses: refusals(),
		judge:     annealerRefuses(true),
	}.erased()
}

func annealerRefuses(named bool) func(sequence.SequenceAnnealer, refusal) error {
	return func(a sequence.SequenceAnnealer, r refusal) error {
		m, err := sequence.NewMarkov(3, 2, 2, 0, [][]int{{0, 1, 2}, {1, 0, 1, 2}})
		if err != nil {
			return err
		}
		_, err = a(make([][]int, 2), m, r.prompt, r.end, r.limit, r.temperature, annealing{}.source(30))
		if err == nil {
			return fmt.Errorf("no error for %s", r.what)
		}
		if named && !errors.Is(err, r.want) {
			return fmt.Errorf("%s: %w is not the error %q", r.what, err, r.want)
		}
		return nil
	}
}
