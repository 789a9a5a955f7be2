package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"temper/props/verdict"
	"temper/reference/sequence"

	"pgregory.net/rapid"
)

// TestSequenceAnnealer tests a sampler of the annealed sequence distribution, p(x)^(1/T)
// / Σ p(y)^(1/T), with one sub-test for each law. It uses models of its own that have
// few enough sequences to enumerate, so that the distribution is known exactly. Most are of
// type [sequence.Markov]; the others may be refused with an error. Draws must be
// independent: a Markov chain has to run long enough between two draws, or start again. The
// sampler is also called from several goroutines at once.
func TestSequenceAnnealer(t *testing.T, a sequence.SequenceAnnealer, opts ...Option) {
	t.Helper()
	test(t, a, annealerLaws(), opts)
}

// CheckSequenceAnnealer is [TestSequenceAnnealer] for programs: it returns a report.
func CheckSequenceAnnealer(a sequence.SequenceAnnealer, opts ...Option) verdict.Report {
	return check(a, "sequence annealer", annealerLaws(), opts)
}

func annealerLaws() []Law {
	return slices.Concat(annealerDrawLaws(), annealerNumberLaws(), annealerBadInputLaws(), annealerReachLaws(), annealerFarLaws())
}

type annealerLaw = law[sequence.SequenceAnnealer, annealing]

var anAnnealer = part[sequence.SequenceAnnealer]{"SequenceAnnealer", func(a sequence.SequenceAnnealer) bool { return a != nil }}

// annealing is one problem: a model of two tokens, a and b, and where sequences
// end of a third; the completions that are asked for; and a temperature.
type annealing struct {
	kind        kind
	seed        uint64 // of the model and of the draws
	prompt      []int
	limit       int
	temperature float64
}

// kind is which sequences a model has.
type kind string

const (
	full   kind = "full"   // every sequence of a and b
	masked kind = "masked" // some tokens impossible, depending on the prefix
	ending kind = "ending" // a, b and end, some later than the limit
	tied   kind = "tied"   // every sequence of a and b, the most probable ones of one letter
)

// end is the token that ends sequences of this kind.
func (k kind) end() int {
	if k == ending {
		return 2
	}
	return -1
}

func (k kind) vocab() int {
	if k == ending {
		return 3
	}
	return 2
}

// model has rows that depend on the whole prefix: flat in completions that begin
// with a, peaked in those that begin with b, so that the local partitions of the
// one and the other multiply up to very different numbers. One token more than
// the limit can be asked for.
func (p annealing) model() *sequence.Markov {
	const perToken = 8 // how many times a continuation multiplies a count, about
	rng := rand.New(rand.NewPCG(p.seed, 0))
	length := len(p.prompt) + p.limit + 1
	var sequences [][]int
	var extend func(prefix []int, count int)
	extend = func(prefix []int, count int) {
		if len(prefix) == length || len(prefix) > 0 && prefix[len(prefix)-1] == p.kind.end() {
			sequences = append(sequences, slices.Repeat([][]int{slices.Clone(prefix)}, count)...)
			return
		}
		for v, times := range p.row(rng, prefix) {
			if v == p.kind.end() {
				for range length - len(prefix) - 1 {
					times *= perToken
				}
			}
			if times > 0 {
				extend(append(prefix, v), count*times)
			}
		}
	}
	extend(nil, 1)
	m, err := sequence.NewMarkov(p.kind.vocab(), length-1, p.kind.end(), 0, sequences)
	if err != nil {
		panic(err)
	}
	return m
}

// row is how often each token follows the prefix.
func (p annealing) row(rng *rand.Rand, prefix []int) []int {
	vocab, begin := p.kind.vocab(), len(p.prompt)
	row := slices.Repeat([]int{1}, vocab)
	switch {
	case len(prefix) < begin:
	case !slices.Equal(prefix[:begin], p.prompt):
		row[rng.IntN(vocab)]++ // what another prompt leads to, small
	case len(prefix) == begin+p.limit: // for an annealer that looks so far ahead
		row[0], row[1] = 3+2*min(1, prefix[begin]), 3-2*min(1, prefix[begin])
	case len(prefix) == begin && p.kind == tied:
	case len(prefix) == begin:
		row[0], row[1] = 12, 3 // makes up for the smaller counts after a
		if vocab == 3 {
			row = []int{7, 4, 3}
		}
	case p.kind == tied:
		row[prefix[begin]] = 4
	case prefix[begin] == 0:
		row[0], row[1] = 3, 3+rng.IntN(2)
		if vocab == 3 {
			row[2] = 4
		}
	case p.kind == masked:
		only := rng.IntN(vocab)
		row[only], row[1-only] = 9, 0
	default:
		row[rng.IntN(vocab)] = 9
	}
	return row
}

// exact is the annealed distribution by enumeration.
func (p annealing) exact(m sequence.Model) (sequence.Distribution, float64, error) {
	return sequence.WholeSequence(m, p.prompt, p.kind.end(), p.limit, p.temperature)
}

func (p annealing) source(stream uint64) rand.Source { return rand.NewPCG(p.seed, 1+stream) }

// asking calls the subject for this number of completions.
func (p annealing) asking(a sequence.SequenceAnnealer, m sequence.Model) func(count int, src rand.Source) (completions [][]int, logZ float64, err error) {
	return func(count int, src rand.Source) ([][]int, float64, error) {
		completions := make([][]int, count)
		logZ, err := a(completions, m, slices.Clone(p.prompt), p.kind.end(), p.limit, p.temperature, src)
		if err != nil {
			return nil, 0, fmt.Errorf("refused: %w", err)
		}
		return completions, logZ, nil
	}
}

func (p annealing) String() string {
	return fmt.Sprintf("%s model of seed %d, prompt %v, end %d, limit %d, T = %v",
		p.kind, p.seed, p.prompt, p.kind.end(), p.limit, p.temperature)
}

func (p annealing) GoString() string { return p.String() }

// cells numbers the completions of a distribution and gives their probabilities.
func cells(distribution sequence.Distribution) (place map[string]int, p []float64) {
	place = map[string]int{}
	for i, c := range distribution {
		place[fmt.Sprint(c.Tokens)] = i
		p = append(p, math.Exp(c.LogProb))
	}
	return place, p
}

// annealings draws problems of every kind.
//
// Sequences that may end are asked for at T ≥ 0.7 only: colder, a few particles
// may all go where none ends, and a correct estimator then returns an error.
func annealings() *rapid.Generator[annealing] {
	return rapid.Custom(func(t *rapid.T) annealing {
		p := annealing{
			kind:        rapid.SampledFrom([]kind{full, masked, ending}).Draw(t, "kind"),
			seed:        rapid.Uint64Range(0, 1<<20).Draw(t, "seed"),
			prompt:      rapid.SliceOfN(rapid.IntRange(0, 1), 0, 2).Draw(t, "prompt"),
			limit:       rapid.IntRange(2, 3).Draw(t, "limit"),
			temperature: rapid.SampledFrom([]float64{0.3, 0.7, 1, 1.6, 4, math.Inf(1)}).Draw(t, "temperature"),
		}
		if p.kind == ending {
			p.temperature = math.Max(p.temperature, 0.7)
		}
		return p
	})
}
