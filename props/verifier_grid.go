package props

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"temper/reference/sequence"
)

// grid is a problem whose thresholds are multiples of 1/cells: p, p/q, the residual, and
// what else the rule compares numbers with. Numbers u in the middles of cells then count
// out the distribution, exactly, whichever number decides what, and in whatever order the
// tokens stand in a distribution function. No rounding decides: the middles are 1/(2·cells)
// away from every threshold.
//
// As an example, q = (1/2, 1/4, 1/4) and p = (1/4, 3/8, 3/8) accept token 0 with 1/2, and
// the residual is (0, 1/2, 1/2): 8 cells are enough.
type grid struct {
	rule  sequence.Rule
	vocab int
	count int // of drafted tokens
	cells int
	bare  bool   // the draft is made without randomness
	rows  gridOf // by the drafted tokens before
}

// gridOf are the rows of both models by prefix, as fmt prints it.
type gridOf map[string]gridRow

type gridRow struct {
	p, q []float64
}

func (g grid) String() string {
	first := g.rows["[]"]
	return fmt.Sprintf("%d tokens, %d drafted, %d cells of each number, first rows p %v q %v", g.vocab, g.count, g.cells, first.p, first.q)
}

// newGrid draws rows, prefix by prefix, until all choices of the rule are on the grid.
func newGrid(rule sequence.Rule, vocab, count, cells int, bare bool, r *rand.Rand) grid {
	g := grid{rule, vocab, count, cells, bare, gridOf{}}
	var extend func(prefix []int)
	extend = func(prefix []int) {
		last := len(prefix) == count
		for tries := 0; ; tries++ {
			row := gridRow{p: dyadic(vocab, cells, r)}
			if tries > 2*enoughTries {
				row.p = onlyMost(row.p) // certain choices are on every grid
			}
			switch {
			case last:
			case bare || tries > enoughTries:
				row.q = onlyMost(halved(vocab, cells, r))
			default:
				row.q = halved(vocab, cells, r)
			}
			g.rows[fmt.Sprint(prefix)] = row
			if g.fits(prefix, last) {
				break
			}
		}
		if last {
			return
		}
		for _, longer := range g.longer(prefix) {
			extend(longer)
		}
	}
	extend(nil)
	return g
}

// After so many rows that are not on the grid a draft without randomness is tried, and
// after twice as many a target without any.
const enoughTries = 200

// dyadic is a row of multiples of 1/cells: half of them by [halved].
func dyadic(vocab, cells int, r *rand.Rand) []float64 {
	if r.IntN(2) == 0 {
		return halved(vocab, cells, r)
	}
	row := make([]float64, vocab)
	for range cells {
		v := r.IntN(vocab)
		if r.IntN(2) == 0 {
			v = min(v, r.IntN(vocab))
		}
		row[v] += 1 / float64(cells)
	}
	r.Shuffle(vocab, func(i, j int) { row[i], row[j] = row[j], row[i] })
	return row
}

// halved is a row of powers of two, 1/cells the smallest: 1 is cut in halves, and a part of it
// again and again.
func halved(vocab, cells int, r *rand.Rand) []float64 {
	parts := []float64{1}
	for len(parts) < vocab && r.IntN(6) > 0 {
		i := r.IntN(len(parts))
		if parts[i]*float64(cells) < 2 {
			break
		}
		parts[i] /= 2
		parts = append(parts, parts[i])
	}
	row := make([]float64, vocab)
	for i, v := range r.Perm(vocab)[:len(parts)] {
		row[v] = parts[i]
	}
	return row
}

// fits says whether the choices with drafts up to this prefix and one token more are on the
// grid, and not all certain.
func (g grid) fits(prefix []int, last bool) bool {
	if last {
		return onGrid([][]float64{g.rows[fmt.Sprint(prefix)].p}, g.cells)
	}
	for _, longer := range g.longer(prefix) {
		choices, err := g.rule.Choices(g.draft(longer))
		if err != nil || !onGrid(choices, g.cells) {
			return false
		}
	}
	return true
}

// longer are the prefixes with one drafted token more, of positive probability.
func (g grid) longer(prefix []int) (all [][]int) {
	for x, q := range g.rows[fmt.Sprint(prefix)].q {
		if q > 0 {
			all = append(all, append(slices.Clone(prefix), x))
		}
	}
	return all
}

func onGrid(choices [][]float64, cells int) bool {
	for _, p := range choices {
		for _, x := range p {
			if n := x * float64(cells); math.Abs(n-math.Round(n)) > 1e-9 {
				return false
			}
		}
	}
	return true
}

// draft is the draft of these tokens. A row that is not there yet is all on token 0.
func (g grid) draft(tokens []int) sequence.Draft {
	d := sequence.Draft{Tokens: slices.Clone(tokens)}
	if !g.bare {
		d.Q = [][]float64{}
	}
	for i := range len(tokens) + 1 {
		row, ok := g.rows[fmt.Sprint(tokens[:i])]
		if !ok {
			row.p = make([]float64, g.vocab)
			row.p[0] = 1
		}
		d.P = append(d.P, row.p)
		if i < len(tokens) && !g.bare {
			d.Q = append(d.Q, row.q)
		}
	}
	return d
}

// drafts are all drafts of positive probability.
func (g grid) drafts() (drafts []sequence.Draft) {
	var extend func(prefix []int)
	extend = func(prefix []int) {
		if len(prefix) == g.count {
			drafts = append(drafts, g.draft(prefix))
			return
		}
		for _, longer := range g.longer(prefix) {
			extend(longer)
		}
	}
	extend(nil)
	return drafts
}

func verifierEnumerationLaw() Law {
	return verifierLaw[grids]{
		id: "Verifier/Enumeration",
		claim: "the numbers in all cells between the thresholds, over all drafts, add up to the declared rule's distribution of what comes of each draft, exactly, " +
			"and so to that of the target for the completed tokens (up to 5 tokens, up to 3 drafted)",
		source: "arXiv:2211.17192, arXiv:2302.01318, arXiv:2403.10444; EAGLE#20, EAGLE#329, transformers#28508: not the residual; transformers#32867, recurrent-drafter#6: p/q for drafts that were not drawn from q",
		of:     knownVerify,
		once:   func(seed uint64) grids { return grids{seed} },
		judge:  countsOut,
	}.erased()
}

// grids are some grids for the rule of a verifier, by a seed.
type grids struct{ seed uint64 }

func (g grids) String() string   { return fmt.Sprintf("the grids of seed %d", g.seed) }
func (g grids) GoString() string { return g.String() }

// gridSizes are vocabulary, drafted tokens, cells, and whether drafts are made without
// randomness.
var gridSizes = []struct {
	vocab, count, cells int
	bare                bool
}{
	{3, 0, 16, false}, {3, 1, 32, false}, {5, 1, 32, false}, {4, 1, 32, true}, {5, 1, 16, true}, {2, 1, 16, false}, {4, 1, 32, false},
	{3, 2, 16, false}, {4, 2, 8, false}, {3, 2, 16, true}, {2, 3, 8, false}, {3, 3, 8, true},
}

func countsOut(v sequence.Verifier, g grids) error {
	r := rand.New(rand.NewPCG(g.seed, 41))
	for _, size := range gridSizes {
		problem := newGrid(v.Rule, size.vocab, size.count, size.cells, size.bare, r)
		if err := problem.countOut(v); err != nil {
			return fmt.Errorf("%w\nasked: %v", err, problem)
		}
	}
	return nil
}

// countOut runs every cell of every draft.
func (g grid) countOut(v sequence.Verifier) error {
	drafts := g.drafts()
	u := g.numbers()
	for _, d := range drafts {
		law, err := g.rule.Outcomes(d)
		if err != nil {
			return err
		}
		counts := map[string]int{}
		for from := 0; from < len(u); from += mostTogether {
			part := u[from:min(from+mostTogether, len(u))]
			outputs, err := verifiedBy(v, slices.Repeat([]sequence.Draft{d}, len(part)), part)
			if err != nil {
				return err
			}
			for _, tokens := range outputs {
				counts[fmt.Sprint(tokens)]++
			}
		}
		for _, c := range law {
			want := int(math.Round(math.Exp(c.LogProb) * float64(len(u))))
			if got := counts[fmt.Sprint(c.Tokens)]; got != want {
				return fmt.Errorf("%s: %v comes in %d of %d cells, but the probability is %d/%d", draftWords(d), c.Tokens, got, len(u), want, len(u))
			}
			delete(counts, fmt.Sprint(c.Tokens))
		}
		if len(counts) > 0 {
			tokens := slices.Min(slices.Collect(maps.Keys(counts)))
			return fmt.Errorf("%s: %v comes in %d of %d cells, but cannot come", draftWords(d), tokens, counts[tokens], len(u))
		}
	}
	return nil
}

// mostTogether bounds the drafts of one call.
const mostTogether = 512

// numbers are the middles of all cells of count + 1 numbers.
func (g grid) numbers() [][]float64 {
	all := [][]float64{nil}
	for range g.count + 1 {
		var longer [][]float64
		for _, u := range all {
			for i := range g.cells {
				longer = append(longer, append(slices.Clone(u), (float64(i)+0.5)/float64(g.cells)))
			}
		}
		all = longer
	}
	return all
}
