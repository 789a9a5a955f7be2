package sequence

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"temper/reference"
)

// tabled is a model of random rows, one for every prefix, the same for the same seed. With
// gaps every second row has a token of probability 0.
type tabled struct {
	vocab int
	seed  uint64
	gaps  bool
}

func (m tabled) VocabSize() int { return m.vocab }

func (m tabled) LogConditional(dst []float64, prefix []int) error {
	state := m.seed
	for _, token := range prefix {
		state = rand.New(rand.NewPCG(state, uint64(token)+1)).Uint64()
	}
	r := rand.New(rand.NewPCG(state, 0))
	for v := range dst {
		dst[v] = 2 * r.NormFloat64()
	}
	if gap := r.IntN(2 * m.vocab); m.gaps && gap < m.vocab {
		dst[gap] = math.Inf(-1)
	}
	return reference.AnnealLog(dst, dst, 1)
}

// fixedRow is a model of one row, whatever the prefix.
type fixedRow []float64

func (m fixedRow) VocabSize() int { return len(m) }

func (m fixedRow) LogConditional(dst []float64, _ []int) error {
	copy(dst, logs(m))
	return nil
}

func exactRules() []Rule {
	return []Rule{RejectionRule(), OneHotRule(), SamplerMatchRule(), BlockRule(), TreeRule(1)}
}

// pairs are targets and drafts, with how many tokens are drafted.
func pairs() []struct {
	target, draft Model
	count         int
} {
	return []struct {
		target, draft Model
		count         int
	}{
		{tabled{3, 1, false}, tabled{3, 2, false}, 3},
		{tabled{2, 3, false}, tabled{2, 4, false}, 4},
		{tabled{5, 5, false}, tabled{5, 6, false}, 2},
		{tabled{4, 7, true}, tabled{4, 8, true}, 2},
		{tabled{3, 9, false}, tabled{3, 9, false}, 2},
		{fixedRow{.1, .6, .3}, fixedRow{.5, .3, .2}, 2},
		{fixedRow{.5, .5, 0}, fixedRow{0, 0, 1}, 2},
		{tabled{3, 10, false}, tabled{3, 11, false}, 0},
	}
}

func assertDistribution(t *testing.T, what string, got, want Distribution) {
	t.Helper()
	probabilities := map[string]float64{}
	for _, c := range want {
		probabilities[fmt.Sprint(c.Tokens)] = math.Exp(c.LogProb)
	}
	total := 0.0
	for _, c := range got {
		p := math.Exp(c.LogProb)
		total += p
		if want := probabilities[fmt.Sprint(c.Tokens)]; math.Abs(p-want) > 1e-12 {
			t.Errorf("%s: %v has probability %v, want %v", what, c.Tokens, p, want)
		}
	}
	if math.Abs(total-1) > 1e-12 {
		t.Errorf("%s: probabilities sum to %v", what, total)
	}
}

func TestCompletedTokensHaveTheDistributionOfTheTargetUnderEveryExactRule(t *testing.T) {
	for i, pair := range pairs() {
		for _, rule := range exactRules() {
			for _, temperature := range []float64{0, 0.5, 1, math.Inf(1)} {
				got, _, err := rule.Completed(pair.target, pair.draft, nil, pair.count, temperature)
				if err != nil {
					t.Fatal(err)
				}
				want, err := PerStep(pair.target, nil, -1, pair.count+1, temperature)
				if err != nil {
					t.Fatal(err)
				}
				assertDistribution(t, fmt.Sprintf("%s, pair %d, T = %v", rule.Name, i, temperature), got, want)
			}
		}
	}
}

// P(N ≥ i) is the sum over x_1 … x_i of Π min(p, q) for rejection, and of Π p·q for the
// rules that look at p alone. Block verification accepts no less than rejection.
func TestRulesAcceptAsOftenAsTheyState(t *testing.T) {
	for i, pair := range pairs() {
		want := map[string][]float64{}
		for name, factor := range map[string]func(p, q float64) float64{
			"rejection": math.Min, "one-hot": product, "sampler match": product, "tree, threshold 1": product,
		} {
			sums := make([]float64, pair.count+1)
			var extend func(prefix []int, p float64)
			extend = func(prefix []int, weight float64) {
				sums[len(prefix)] += weight
				if len(prefix) == pair.count || weight == 0 {
					return
				}
				p, q := probabilities(pair.target, prefix), probabilities(pair.draft, prefix)
				for v := range p {
					extend(append(slices.Clone(prefix), v), weight*factor(p[v], q[v]))
				}
			}
			extend(nil, 1)
			want[name] = sums
		}
		mean := map[string]float64{}
		for _, rule := range exactRules() {
			_, got, err := rule.Completed(pair.target, pair.draft, nil, pair.count, 1)
			if err != nil {
				t.Fatal(err)
			}
			for n := range got {
				mean[rule.Name] += got[n]
				if want, stated := want[rule.Name]; stated && math.Abs(got[n]-want[n]) > 1e-12 {
					t.Errorf("%s, pair %d: P(N ≥ %d) = %v, want %v", rule.Name, i, n, got[n], want[n])
				}
			}
		}
		if mean["block verification"] < mean["rejection"]-1e-12 || mean["rejection"] < mean["sampler match"]-1e-12 {
			t.Errorf("pair %d: mean numbers of tokens %v", i, mean)
		}
	}
}

func product(p, q float64) float64 { return p * q }

func probabilities(m Model, prefix []int) []float64 {
	row := make([]float64, m.VocabSize())
	if err := m.LogConditional(row, prefix); err != nil {
		panic(err)
	}
	for v := range row {
		row[v] = math.Exp(row[v])
	}
	return row
}

func TestBlockVerificationAcceptsMoreThanRejection(t *testing.T) {
	target, draft := tabled{3, 1, false}, tabled{3, 2, false}
	_, block, err := BlockRule().Completed(target, draft, nil, 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	_, rejection, err := RejectionRule().Completed(target, draft, nil, 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !(block[3] > rejection[3]+1e-3) {
		t.Errorf("P(N ≥ 3): block %v, rejection %v", block, rejection)
	}
}

// altered is rejection with another row for the token in place of a rejected one.
func altered(rest func(p, q []float64, x int) []float64) Rule {
	return Rule{Name: "altered", accept: func(d Draft, choose chooser) ([]int, []float64) {
		for i, x := range d.Tokens {
			if p, q := d.P[i], d.q(i); !accepts(choose, p[x], q[x]) {
				return d.Tokens[:i], rest(p, q, x)
			}
		}
		return d.Tokens, d.P[len(d.Tokens)]
	}}
}

// The first token of p = (.1, .6, .3), drafted from q = (.5, .3, .2), under the right rule
// and under known mistakes.
func TestTheNumbersOfTheKnownMistakes(t *testing.T) {
	p, q := fixedRow{.1, .6, .3}, fixedRow{.5, .3, .2}
	first := func(d Distribution) []float64 {
		row := make([]float64, 3)
		for _, c := range d {
			row[c.Tokens[0]] += math.Exp(c.LogProb)
		}
		return row
	}
	completed := func(r Rule) []float64 {
		d, _, err := r.Completed(p, q, nil, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		return first(d)
	}
	outcomes := func(d Draft) []float64 {
		law, err := RejectionRule().Outcomes(d)
		if err != nil {
			t.Fatal(err)
		}
		return first(law)
	}
	tree, err := TreeRule(.8).Outcomes(Draft{
		Tokens: []int{0, 1}, Parents: []int{-1, -1},
		P: [][]float64{{.6, .2, .1, .1}, {.25, .25, .25, .25}, {.25, .25, .25, .25}},
	})
	if err != nil {
		t.Fatal(err)
	}
	treeFirst := make([]float64, 4)
	for _, c := range tree {
		treeFirst[c.Tokens[0]] += math.Exp(c.LogProb)
	}
	for what, c := range map[string]struct{ got, want []float64 }{
		"rejection":                 {completed(RejectionRule()), p},
		"no residual":               {completed(altered(func(p, _ []float64, _ int) []float64 { return p })), []float64{.14, .54, .32}},
		"only the rejected removed": {completed(altered(func(p, _ []float64, x int) []float64 { return residual(p, oneHotRow(x, len(p)), 1) })), []float64{.1, 17. / 30, 1. / 3}},
		"argmax of q drafted":       {outcomes(Draft{Tokens: []int{0}, P: [][]float64{p, p}, Q: [][]float64{q}}), []float64{.2, .6, .2}},
		"tree, threshold .8":        {treeFirst, []float64{.75, .25, 0, 0}},
	} {
		for v := range c.want {
			if math.Abs(c.got[v]-c.want[v]) > 1e-12 {
				t.Errorf("%s: %v, want %v", what, c.got, c.want)
				break
			}
		}
	}
}

// Among outputs of two tokens or more the first token is not distributed as p: whether
// there are two depends on it.
func TestTheLengthDependsOnTheTokens(t *testing.T) {
	p, q := fixedRow{.1, .6, .3}, fixedRow{.5, .3, .2}
	long, total := make([]float64, 3), 0.0
	for x := range p {
		law, err := RejectionRule().Outcomes(Draft{Tokens: []int{x}, P: [][]float64{p, p}, Q: [][]float64{q}})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range law {
			if len(c.Tokens) == 2 {
				long[c.Tokens[0]] += q[x] * math.Exp(c.LogProb)
				total += q[x] * math.Exp(c.LogProb)
			}
		}
	}
	for v, want := range []float64{1. / 6, .5, 1. / 3} {
		if math.Abs(long[v]/total-want) > 1e-12 {
			t.Errorf("token %d comes with probability %v among long outputs, want %v", v, long[v]/total, want)
		}
	}
	if rate, err := AcceptanceRate(p, q); err != nil || math.Abs(total-rate) > 1e-12 || math.Abs(rate-.6) > 1e-12 {
		t.Errorf("accepted with probability %v, Σ min(p, q) = %v (%v)", total, rate, err)
	}
}

// A tree is exact at threshold 1, with siblings too, and only there.
func TestATreeIsExactAtThresholdOne(t *testing.T) {
	p := fixedRow{.6, .2, .1, .1}
	for _, threshold := range []float64{1, .8} {
		law, err := TreeRule(threshold).Outcomes(Draft{
			Tokens: []int{2, 0, 1, 3}, Parents: []int{-1, -1, 0, 0},
			P: [][]float64{p, p, p, p, p},
		})
		if err != nil {
			t.Fatal(err)
		}
		first, worst := make([]float64, 4), 0.0
		for _, c := range law {
			first[c.Tokens[0]] += math.Exp(c.LogProb)
		}
		for v := range p {
			worst = math.Max(worst, math.Abs(first[v]-p[v]))
		}
		if exact := worst < 1e-12; exact != (threshold == 1) {
			t.Errorf("threshold %v: %v for %v", threshold, first, p)
		}
	}
}

func TestTypicalAcceptanceDependsOnTheTargetAlone(t *testing.T) {
	p := []float64{.1, .6, .3} // e^−H = 0.4073
	for _, c := range []struct {
		epsilon, delta float64
		accepted       []float64
	}{
		{.3, .3, []float64{0, 1, 1}}, // threshold .122
		{.5, 1, []float64{0, 1, 0}},  // threshold .407
		{.05, 1, []float64{1, 1, 1}}, // threshold .05
		{.1, 1, []float64{0, 1, 1}},  // p is not above the threshold .1
	} {
		for x, want := range c.accepted {
			got, err := TypicalRule(c.epsilon, c.delta).Accepted(Draft{Tokens: []int{x}, P: [][]float64{p, p}})
			if err != nil || got[1] != want {
				t.Errorf("ε = %v, δ = %v: token %d is accepted with %v (%v), want %v", c.epsilon, c.delta, x, got, err, want)
			}
		}
	}
}

// The edges of u: a token is accepted if u·q < p.
func TestVerifyDecidesAtTheEdges(t *testing.T) {
	const last = 1 - 0x1p-53
	even := []float64{.25, .25, .5}
	chain := func(p, q []float64, x int) Draft {
		d := Draft{Tokens: []int{x}, P: [][]float64{p, even}}
		if q != nil {
			d.Q = [][]float64{q}
		}
		return d
	}
	for _, c := range []struct {
		what string
		rule Rule
		d    Draft
		u    []float64
		want []int
	}{
		{"p = 0 at u = 0", RejectionRule(), chain([]float64{0, 1, 0}, even, 0), []float64{0, 0}, []int{1}},
		{"p = 0 at u = 0, drafted without randomness", RejectionRule(), chain([]float64{0, .5, .5}, nil, 0), []float64{0, 0}, []int{1}},
		{"p = q just below 1", RejectionRule(), chain(even, even, 2), []float64{last, 0}, []int{2, 0}},
		{"u = p/q", RejectionRule(), chain([]float64{.125, .375, .5}, even, 0), []float64{.5, 0}, []int{1}},
		{"u below p/q", RejectionRule(), chain([]float64{.125, .375, .5}, even, 0), []float64{.5 - 0x1p-52, 0}, []int{0, 0}},
		{"the residual at u = 0 and at its end", RejectionRule(), chain([]float64{0, .25, .75}, []float64{1, 0, 0}, 0), []float64{0, last}, []int{2}},
		{"nothing drafted", RejectionRule(), Draft{P: [][]float64{even}}, []float64{.25}, []int{1}},
		{"nothing drafted", BlockRule(), Draft{P: [][]float64{even}}, []float64{.25}, []int{1}},
		{"nothing drafted", SamplerMatchRule(), Draft{P: [][]float64{even}}, []float64{.25}, []int{1}},
		{"nothing drafted", TreeRule(1), Draft{P: [][]float64{even}}, []float64{.25}, []int{1}},
		{"a match", SamplerMatchRule(), chain(even, even, 1), []float64{.25, .5}, []int{1, 2}},
		{"no match", SamplerMatchRule(), chain(even, even, 0), []float64{.25, .5}, []int{1}},
		{"one-hot looks at p alone", OneHotRule(), chain(even, even, 0), []float64{.25, 0}, []int{1}},
		{"p = 0 in a block at u = 0", BlockRule(), chain([]float64{0, 1, 0}, even, 0), []float64{0, 0}, []int{1}},
		{"p = 0 in a tree at u = 0", TreeRule(1), chain([]float64{0, 1, 0}, nil, 0), []float64{0, 0}, []int{1}},
		{"all mass drafted in a tree", TreeRule(1), chain([]float64{0, 1, 0}, nil, 1), []float64{last, 0}, []int{1, 0}},
	} {
		dst := make([][]int, 1)
		if err := c.rule.Verifier().Verify(dst, []Draft{c.d}, [][]float64{c.u}); err != nil || !slices.Equal(dst[0], c.want) {
			t.Errorf("%s: %s returns %v (%v), want %v", c.what, c.rule.Name, dst[0], err, c.want)
		}
	}
}

func TestBadDraftsAreNamedAndSpoilNoOther(t *testing.T) {
	p, q := []float64{.1, .6, .3}, []float64{.5, .5, 0}
	good := Draft{Tokens: []int{1}, P: [][]float64{p, p}, Q: [][]float64{q}}
	for _, c := range []struct {
		what string
		d    Draft
		want error
		says string
	}{
		{"a row of p too few", Draft{Tokens: []int{1, 1}, P: [][]float64{p, p}, Q: [][]float64{q, q}}, reference.ErrShape, "2 rows of p for 2 drafted tokens, not 3"},
		{"a row of q too many", Draft{Tokens: []int{1}, P: [][]float64{p, p}, Q: [][]float64{q, q}}, reference.ErrShape, "2 rows of q for 1 drafted tokens"},
		{"no rows", Draft{}, reference.ErrShape, "0 rows of p"},
		{"a short row of p", Draft{Tokens: []int{1}, P: [][]float64{p, {.5, .5}}, Q: [][]float64{q}}, reference.ErrShape, "row 1 of p: 2 probabilities, not 3"},
		{"a long row of q", Draft{Tokens: []int{1}, P: [][]float64{p, p}, Q: [][]float64{{.25, .25, .25, .25}}}, reference.ErrShape, "row 0 of q: 4 probabilities, not 3"},
		{"a token beyond the vocabulary", Draft{Tokens: []int{3}, P: [][]float64{p, p}, Q: [][]float64{q}}, reference.ErrToken, "position 0: token 3"},
		{"a token of −1", Draft{Tokens: []int{1, -1}, P: [][]float64{p, p, p}}, reference.ErrToken, "position 1: token -1"},
		{"q = 0 of a drafted token", Draft{Tokens: []int{1, 2}, P: [][]float64{p, p, p}, Q: [][]float64{q, q}}, ErrImpossibleDraft, "position 1, token 2"},
		{"NaN", Draft{Tokens: []int{1}, P: [][]float64{p, {math.NaN(), .5, .5}}, Q: [][]float64{q}}, reference.ErrDistribution, "row 1 of p: probability of token 0 is NaN"},
		{"a negative probability", Draft{Tokens: []int{1}, P: [][]float64{p, p}, Q: [][]float64{{1.5, -.5, 0}}}, reference.ErrDistribution, "row 0 of q: probability of token 1 is -0.5"},
		{"a sum of 2", Draft{Tokens: []int{1}, P: [][]float64{p, {1, 1, 0}}, Q: [][]float64{q}}, reference.ErrDistribution, "row 1 of p: probabilities sum to 2"},
		{"too few parents", Draft{Tokens: []int{1, 0}, P: [][]float64{p, p, p}, Parents: []int{-1}}, reference.ErrShape, "1 parents for 2"},
		{"a parent behind its child", Draft{Tokens: []int{1, 0}, P: [][]float64{p, p, p}, Parents: []int{1, -1}}, reference.ErrShape, "position 0 follows position 1"},
		{"the same token twice", Draft{Tokens: []int{1, 1}, P: [][]float64{p, p, p}, Parents: []int{-1, -1}}, reference.ErrShape, "positions 0 and 1 are the same token"},
		{"a tree", Draft{Tokens: []int{1, 0}, P: [][]float64{p, p, p}, Parents: []int{-1, -1}}, reference.ErrShape, "takes no trees"},
	} {
		for name, call := range map[string]func(dst [][]int, drafts []Draft) error{
			"Verify": func(dst [][]int, drafts []Draft) error {
				return RejectionRule().Verifier().Verify(dst, drafts, [][]float64{make([]float64, len(c.d.Tokens)+1), {0, 0}})
			},
			"Draw": func(dst [][]int, drafts []Draft) error {
				return RejectionRule().Verifier().Draw(dst, drafts, rand.NewPCG(1, 1))
			},
		} {
			dst := [][]int{{-7}, nil}
			err := call(dst, []Draft{c.d, good})
			var rows reference.RowErrors
			if !errors.Is(err, c.want) || !errors.As(err, &rows) || len(rows) != 1 || rows[0].Row != 0 || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s of %s: error %v, want %q with %q", name, c.what, err, c.want, c.says)
			}
			if !slices.Equal(dst[0], []int{-7}) || len(dst[1]) == 0 {
				t.Errorf("%s of %s: %v written", name, c.what, dst)
			}
		}
		if _, err := RejectionRule().Outcomes(c.d); !errors.Is(err, c.want) {
			t.Errorf("Outcomes of %s: error %v, want %q", c.what, err, c.want)
		}
	}
}

func TestBadArgumentsOfVerifiersAreErrors(t *testing.T) {
	p := []float64{.1, .6, .3}
	v, drafts := RejectionRule().Verifier(), []Draft{{Tokens: []int{1}, P: [][]float64{p, p}}}
	dst := make([][]int, 1)
	for what, c := range map[string]struct{ err, want error }{
		"no place":          {v.Verify(nil, drafts, [][]float64{{0, 0}}), reference.ErrShape},
		"no place to draw":  {v.Draw(nil, drafts, rand.NewPCG(1, 1)), reference.ErrShape},
		"no numbers":        {v.Verify(dst, drafts, nil), reference.ErrShape},
		"one number":        {v.Verify(dst, drafts, [][]float64{{0}}), reference.ErrShape},
		"a number of 1":     {v.Verify(dst, drafts, [][]float64{{0, 1}}), reference.ErrUniform},
		"a number NaN":      {v.Verify(dst, drafts, [][]float64{{math.NaN(), 0}}), reference.ErrUniform},
		"no source":         {v.Draw(dst, drafts, nil), reference.ErrNil},
		"no rule":           {Rule{}.Verifier().Draw(dst, drafts, rand.NewPCG(1, 1)), reference.ErrNil},
		"a threshold of 0":  {TreeRule(0).Verifier().Draw(dst, drafts, rand.NewPCG(1, 1)), reference.ErrDistribution},
		"ε = NaN":           {TypicalRule(math.NaN(), 1).Verifier().Draw(dst, drafts, rand.NewPCG(1, 1)), reference.ErrDistribution},
		"δ = ∞":             {TypicalRule(1, math.Inf(1)).Verifier().Draw(dst, drafts, rand.NewPCG(1, 1)), reference.ErrDistribution},
		"different lengths": {second(AcceptanceRate([]float64{1}, p)), reference.ErrShape},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: error %v, want %q", what, c.err, c.want)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// Drafts of different sizes in one batch have their own numbers.
func TestABatchIsALoop(t *testing.T) {
	var drafts []Draft
	var u [][]float64
	r := rand.New(rand.NewPCG(3, 3))
	for n := range 5 {
		d := Draft{P: [][]float64{probabilities(tabled{4, 0, false}, nil)}}
		for i := range n {
			d.Tokens = append(d.Tokens, r.IntN(4))
			d.Q = append(d.Q, probabilities(tabled{4, uint64(50 + i), false}, nil))
			d.P = append(d.P, probabilities(tabled{4, uint64(i + 1), false}, nil))
		}
		drafts, u = append(drafts, d), append(u, make([]float64, n+1))
		for i := range u[n] {
			u[n][i] = r.Float64()
		}
	}
	for _, rule := range exactRules() {
		v := rule.Verifier()
		together := make([][]int, len(drafts))
		if err := v.Verify(together, drafts, u); err != nil {
			t.Fatal(err)
		}
		for s := range drafts {
			alone := make([][]int, 1)
			if err := v.Verify(alone, drafts[s:s+1], u[s:s+1]); err != nil || !slices.Equal(alone[0], together[s]) {
				t.Errorf("%s: draft %d gives %v alone, %v together (%v)", rule.Name, s, alone[0], together[s], err)
			}
		}
	}
}
