package props

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/props/verdict"
	"temper/reference"
	"temper/reference/sequence"
)

func verifierBatchLaw() Law {
	return verifierLaw[offer]{
		id:     "Verifier/Batch",
		claim:  "Verify answers each draft of a batch by its own rows and numbers alone: as it does alone, in any order, beside longer and shorter drafts",
		source: "vllm-ascend#16222: offsets of another request; vllm#17498: a batch that changes what is accepted",
		of:     verifierVerify,
		inputs: offers(), witnesses: slices.Concat(everyKind(), manyDrafts()),
		judge: answersAsAlone,
	}.erased()
}

func answersAsAlone(v sequence.Verifier, o offer) error {
	drafts := o.asked(v)
	u := uniformsFor(drafts, o.source())
	together, err := verifiedBy(v, drafts, u)
	if err != nil {
		return err
	}
	order := rand.New(rand.NewPCG(o.seed, 47)).Perm(len(drafts))
	shuffled, numbers := make([]sequence.Draft, len(drafts)), make([][]float64, len(drafts))
	for i, s := range order {
		shuffled[i], numbers[i] = drafts[s], u[s]
	}
	again, err := verifiedBy(v, shuffled, numbers)
	if err != nil {
		return err
	}
	for i, s := range order {
		alone, err := verifiedBy(v, drafts[s:s+1], u[s:s+1])
		if err != nil {
			return err
		}
		if !slices.Equal(alone[0], together[s]) || !slices.Equal(alone[0], again[i]) {
			return fmt.Errorf("draft %d, u = %v: %v alone, %v in the batch, %v in place %d of it", s, u[s], alone[0], together[s], again[i], i)
		}
	}
	return nil
}

func verifierInputsLaw() Law {
	return verifierLaw[offer]{
		id:     "Verifier/Inputs",
		claim:  "rows, tokens and numbers are not changed, nor what lies behind them, and what comes back shares no memory with them, nor with what comes of another draft",
		source: "vllm#16952: the rows of q divided in place; vllm-ascend#2881: the rejected token's p set to 0 in place",
		of:     aVerifier,
		inputs: offers(), witnesses: everyKind(),
		judge: leavesDrafts,
	}.erased()
}

func leavesDrafts(v sequence.Verifier, o offer) error {
	var checks []func() bool
	guard := func(row []float64) []float64 {
		copied, same := guarded(row)
		checks = append(checks, func() bool { return same(false) })
		return copied
	}
	drafts := slices.Repeat(o.asked(v), 2)
	for s, d := range drafts {
		tokens, same := guarded(d.Tokens)
		checks = append(checks, func() bool { return same(false) })
		drafts[s].Tokens = tokens
		drafts[s].P = eachRowOf(d.P, guard)
		if d.Q != nil {
			drafts[s].Q = eachRowOf(d.Q, guard)
		}
	}
	unchanged := func(operation string) error {
		for _, same := range checks {
			if !same() {
				return fmt.Errorf("%s changed a row, the tokens or the numbers, or what lies behind them", operation)
			}
		}
		return nil
	}
	overwrite := func(operation string, outputs [][]int) error {
		for s, tokens := range outputs {
			if slices.Contains(tokens, -9) {
				return fmt.Errorf("%s: what comes of draft %d shares memory with what comes of another one", operation, s)
			}
			for i := range tokens {
				tokens[i] = -9
			}
		}
		return unchanged("a result of " + operation + " that is written to")
	}
	if v.Verify != nil {
		u := uniformsFor(drafts[:len(drafts)/2], o.source())
		outputs, err := verifiedBy(v, drafts, eachRowOf(append(u, u...), guard))
		if err == nil {
			err = errors.Join(unchanged("Verify"), overwrite("Verify", outputs))
		}
		if err != nil {
			return err
		}
	}
	if v.Draw != nil {
		outputs, err := drawnBy(v, drafts, o.source())
		if err == nil {
			err = errors.Join(unchanged("Draw"), overwrite("Draw", outputs))
		}
		return err
	}
	return nil
}

// eachRowOf is f of every row.
func eachRowOf(rows [][]float64, f func([]float64) []float64) [][]float64 {
	all := make([][]float64, len(rows))
	for i, row := range rows {
		all[i] = f(row)
	}
	return all
}

func verifierFunctionLaw() Law {
	return verifierLaw[offer]{
		id:     "Verifier/Function",
		claim:  "what comes is a function of the drafts and of the numbers or words: the same again, whatever was asked before",
		source: "lattice#388: a generator seeded by the clock; vllm-ascend#2881: what an earlier draft left behind",
		of:     aVerifier,
		inputs: offers(),
		judge:  answersAgain,
	}.erased()
}

func answersAgain(v sequence.Verifier, o offer) error {
	drafts := o.asked(v)
	other := newOffer(o.seed + 1).asked(v)
	for _, w := range ways(v) {
		first, err := w.ask(drafts, o.source())
		if err != nil {
			return err
		}
		for range 2 {
			if _, err := w.ask(other, rand.NewPCG(o.seed, 48)); err != nil {
				return err
			}
			again, err := w.ask(drafts, o.source())
			if err != nil {
				return err
			}
			if !slices.EqualFunc(first, again, slices.Equal) {
				return fmt.Errorf("%s: %v, and from the same again %v", w.name, first, again)
			}
		}
	}
	return nil
}

func verifierConcurrentLaw() Law {
	return verifierLaw[offer]{
		id:        "Verifier/Concurrent",
		claim:     "eight goroutines with drafts and sources of their own get what one gets",
		source:    "go#16205: generator shared between goroutines",
		of:        aVerifier,
		witnesses: []offer{newOffer(51), newOffer(52)},
		judge:     verifiesConcurrently,
	}.erased()
}

func verifiesConcurrently(v sequence.Verifier, o offer) error {
	for _, w := range ways(v) {
		ask := func(i int) ([][]int, error) {
			return w.ask(newOffer(o.seed+uint64(i)).asked(v), rand.NewPCG(o.seed, uint64(i)))
		}
		err := sameBeside(8, 10, ask, func(alone, together [][]int) error {
			if !slices.EqualFunc(alone, together, slices.Equal) {
				return fmt.Errorf("%s: %v alone, %v beside seven others", w.name, alone, together)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// badDraft is a draft that has no answer.
type badDraft struct {
	what string
	d    sequence.Draft
	want error // what the contract calls it
	must bool  // every implementation has to refuse it

	numbers []float64 // of Verify; nil: good ones
}

func (b badDraft) String() string { return b.what + ": " + draftWords(b.d) }

// badDrafts are asked for beside a good one.
func badDrafts() []badDraft {
	p, q := []float64{.125, .625, .25}, []float64{.5, .5, 0}
	nan := []float64{math.NaN(), .5, .5}
	rows := func(rows ...[]float64) [][]float64 { return rows }
	one := sequence.Draft{Tokens: []int{1}, P: rows(p, p), Q: rows(q)}
	all := []badDraft{
		{"a drafted token beyond the vocabulary", sequence.Draft{Tokens: []int{3}, P: rows(p, p), Q: rows(q)}, reference.ErrToken, true, nil},
		{"a drafted token −1", sequence.Draft{Tokens: []int{-1}, P: rows(p, p)}, reference.ErrToken, true, nil},
		{"a drafted token beyond the vocabulary, the second", sequence.Draft{Tokens: []int{1, 7}, P: rows(onlyMost(p), p, p)}, reference.ErrToken, true, nil},
		{"NaN in the row of p that is needed", sequence.Draft{Tokens: []int{}, P: rows(nan)}, reference.ErrDistribution, true, nil},
		{"no row of p", sequence.Draft{}, reference.ErrShape, true, nil},
		{"NaN in a row of p that may not be needed", sequence.Draft{Tokens: []int{1}, P: rows(p, nan), Q: rows(q)}, reference.ErrDistribution, false, nil},
		{"NaN in a row of q", sequence.Draft{Tokens: []int{1}, P: rows(p, p), Q: rows(nan)}, reference.ErrDistribution, false, nil},
		{"a row of p too few", sequence.Draft{Tokens: []int{1, 1}, P: rows(p, p), Q: rows(q, q)}, reference.ErrShape, false, nil},
		{"a row of q too few", sequence.Draft{Tokens: []int{1, 1}, P: rows(p, p, p), Q: rows(q)}, reference.ErrShape, false, nil},
		{"a short row of q", sequence.Draft{Tokens: []int{1}, P: rows(p, p), Q: rows(q[:2])}, reference.ErrShape, false, nil},
		{"q = 0 of a drafted token", sequence.Draft{Tokens: []int{1, 2}, P: rows(p, p, p), Q: rows(q, q)}, sequence.ErrImpossibleDraft, false, nil},
		{"a row of p that sums to 2", sequence.Draft{Tokens: []int{1}, P: rows(p, []float64{1, 1, 0}), Q: rows(q)}, reference.ErrDistribution, false, nil},
		{"a negative probability", sequence.Draft{Tokens: []int{1}, P: rows(p, []float64{-1, 1, 1}), Q: rows(q)}, reference.ErrDistribution, false, nil},
		{aTree, sequence.Draft{Tokens: []int{1, 2}, P: rows(p, p, p), Parents: []int{-1, -1}}, reference.ErrShape, false, nil},
		{"a token that follows a later one", sequence.Draft{Tokens: []int{1, 2}, P: rows(p, p, p), Parents: []int{1, -1}}, reference.ErrShape, false, nil},
		{"a token twice behind the same one", sequence.Draft{Tokens: []int{1, 1}, P: rows(p, p, p), Parents: []int{-1, -1}}, reference.ErrShape, false, nil},
		{"a parent too few", sequence.Draft{Tokens: []int{1, 2}, P: rows(p, p, p), Parents: []int{-1}}, reference.ErrShape, false, nil},
	}
	for _, u := range []float64{1, -0x1p-60, math.NaN()} {
		all = append(all, badDraft{fmt.Sprintf("a number %v", u), one, reference.ErrUniform, false, []float64{0.5, u}})
	}
	return append(all, badDraft{"a number too few", one, reference.ErrShape, false, []float64{0.5}})
}

// aTree is bad where the rule takes chains.
const aTree = "a tree, and a rule of chains"

func mustRefuse() (bad []badDraft) {
	for _, b := range badDrafts() {
		if b.must {
			bad = append(bad, b)
		}
	}
	return bad
}

func verifierTokensLaw() Law {
	return verifierLaw[badDraft]{
		id:        "Verifier/Tokens",
		claim:     "a drafted token outside the vocabulary, no row of p, or NaN in the only row of p has no answer: an error",
		source:    "vllm#45060, vllm#53029: NaN answered by token V; vllm#41834: NaN answered by the rejected token",
		of:        aVerifier,
		witnesses: mustRefuse(),
		judge:     refusesDraft(false),
	}.erased()
}

func verifierRefusesLaw() Law {
	return verifierLaw[badDraft]{
		id: "Verifier/Refuses",
		claim: "rows that do not fit together, q = 0 for a drafted token, rows that are no distribution, trees where the rule takes chains, and numbers outside [0, 1) are errors too; the error is the one that the contract names, " +
			"names the draft, and spoils no other",
		source:    "contract",
		level:     verdict.Should,
		of:        aVerifier,
		witnesses: badDrafts(),
		judge:     refusesDraft(true),
	}.erased()
}

func refusesDraft(named bool) func(sequence.Verifier, badDraft) error {
	good := sequence.Draft{Tokens: []int{1}, P: [][]float64{{0, 1, 0}, {0, 0, 1}}, Q: [][]float64{{0, 1, 0}}}
	return func(v sequence.Verifier, b badDraft) error {
		if b.what == aTree && v.Rule.Branches() {
			return nil
		}
		for _, w := range bareWays(v, b.numbers) {
			dst := [][]int{{-7}, nil}
			err := w.ask(dst, []sequence.Draft{b.d, good})
			if err == nil {
				return fmt.Errorf("%s: no error for %s, but %v", w.name, b.what, dst[0])
			}
			if !named {
				continue
			}
			var bad reference.RowErrors
			switch {
			case !errors.Is(err, b.want):
				return fmt.Errorf("%s: %s: %w is not the error %q", w.name, b.what, err, b.want)
			case !errors.As(err, &bad) || len(bad) != 1 || bad[0].Row != 0:
				return fmt.Errorf("%s: %s: %w does not name draft 0", w.name, b.what, err)
			case !slices.Equal(dst[0], []int{-7}) || !slices.Equal(dst[1], []int{1, 2}):
				return fmt.Errorf("%s: %s: results %v, want [-7] untouched and [1 2]", w.name, b.what, dst)
			}
		}
		return nil
	}
}

// bareWay is an operation without a look at what comes back.
type bareWay struct {
	name string
	ask  func(dst [][]int, drafts []sequence.Draft) error
}

// bareWays are the operations, always in the same order. Numbers for the first draft concern
// Verify alone.
func bareWays(v sequence.Verifier, numbers []float64) (ways []bareWay) {
	if v.Verify != nil {
		ways = append(ways, bareWay{"Verify", func(dst [][]int, drafts []sequence.Draft) error {
			u := uniformsFor(drafts, rand.NewPCG(1, 49))
			if numbers != nil {
				u[0] = numbers
			}
			return v.Verify(dst, drafts, u)
		}})
	}
	if v.Draw != nil && numbers == nil {
		ways = append(ways, bareWay{"Draw", func(dst [][]int, drafts []sequence.Draft) error { return v.Draw(dst, drafts, rand.NewPCG(1, 50)) }})
	}
	return ways
}
