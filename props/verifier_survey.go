package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/props/verdict"
	"temper/reference/sequence"
)

// verifierFactors are the conditions of a completed token.
var verifierFactors = []factor{
	{"position", []string{"the first position", "the second position", "the third position", "a position from the fourth on", "the last of n + 1 positions"}},
	{"drafted", []string{"one drafted token", "2 or 3 drafted tokens", "4 to 8 drafted tokens", "more than 8 drafted tokens"}},
	{"vocabulary", []string{"two tokens to choose from", "3 to 8 to choose from", "9 to 64 to choose from", "300 to choose from"}},
	{"draft model", []string{"a draft model near the target", "a draft model apart from the target", "a draft without randomness", "a draft model that differs from the target at one position"}},
	{"place", []string{"the first draft of a batch", "the last draft of a batch", "a draft inside a batch", "a draft alone"}},
}

// verifierBets are named defects, as the row that the token would come from at a position
// up to which all drafted tokens were accepted. The row must not depend on the token itself:
// a bet on the row after it would not have mean 1 under the law.
var verifierBets = []struct {
	name string
	row  func(now, before gridRow) []float64
}{
	{"it is as if every drafted token were accepted", func(now, _ gridRow) []float64 { return now.q }},
	{"it is as if a rejected token were replaced by a draw from the target, not from the residual", func(now, _ gridRow) []float64 {
		return mixture(now.p, now.q, func(int) []float64 { return now.p })
	}},
	{"it is as if the residual lacked the rejected token alone", func(now, _ gridRow) []float64 {
		return mixture(now.p, now.q, func(x int) []float64 { return lacking(now.p, x) })
	}},
	{"it is as if a rejected token were replaced by the most probable one", func(now, _ gridRow) []float64 {
		return mixture(now.p, now.q, func(int) []float64 { return onlyMost(now.p) })
	}},
	{"it is as if the row of the position before were taken", func(_, before gridRow) []float64 { return before.p }},
	{"it is as if the most probable token were taken", func(now, _ gridRow) []float64 { return onlyMost(now.p) }},
	{"it is as if tokens that q prefers were taken too often", func(now, _ gridRow) []float64 { return product(now.p, now.q) }},
}

// mixture is the distribution of a token drawn from q, accepted with min(1, p/q), and
// replaced by a draw from instead(x) where x is rejected.
func mixture(p, q []float64, instead func(x int) []float64) []float64 {
	row := make([]float64, len(p))
	rejected := 0.0
	for v := range p {
		row[v] += math.Min(p[v], q[v])
		rejected += math.Max(0, q[v]-p[v])
	}
	if len(p) > 16 { // the same row for every rejected token, near enough for a bet
		for v, x := range instead(slices.Index(q, slices.Max(q))) {
			row[v] += rejected * x
		}
		return row
	}
	for x := range p {
		if mass := q[x] - p[x]; mass > 0 {
			for v, share := range instead(x) {
				row[v] += mass * share
			}
		}
	}
	return row
}

// lacking is the row without a token, renormalised.
func lacking(p []float64, x int) []float64 {
	rest := slices.Clone(p)
	rest[x] = 0
	return normalised(rest)
}

func onlyMost(p []float64) []float64 {
	row := make([]float64, len(p))
	row[slices.Index(p, slices.Max(p))] = 1
	return row
}

func product(p, q []float64) []float64 {
	row := make([]float64, len(p))
	for v := range p {
		row[v] = p[v] * math.Sqrt(q[v])
	}
	return normalised(row)
}

// normalised divides by the sum, in place; without mass it stays as it is, a bet that loses.
func normalised(row []float64) []float64 {
	total := addUp(row)
	if total > 0 {
		for v := range row {
			row[v] /= total
		}
	}
	return row
}

func addUp(row []float64) float64 {
	total := 0.0
	for _, x := range row {
		total += x
	}
	return total
}

func verifierSurveyLaw() Law {
	return verifierLaw[survey]{
		id: "Verifier/Survey",
		claim: "completed tokens come with the target's conditional at every position of drafts of 1 to 16 tokens, in vocabularies of 2 to 300, alone and in batches " +
			"(e-process with named bets on every pair of conditions, false alarm 1e-9 an operation)",
		source: "vllm-ascend#16222, vllm#48055: rows of another request; ATOM#2318: the rule at one position alone; derived: faults under one condition",
		of:     exactVerifier,
		once:   func(seed uint64) survey { return survey{seed} },
		judge:  completesEverywhere,
	}.erased()
}

func completesEverywhere(v sequence.Verifier, s survey) error {
	var all weighed
	for _, w := range ways(v) {
		bets := newWagers(verifierFactors, verifierBetNames(), quantileOrders[:1])
		all.verdict = s.completes(w, bets)
		worth := bets.worth()
		all.evidence.Draws += worth.Draws
		for _, bet := range worth.Bets {
			all.evidence.Bets = append(all.evidence.Bets, verdict.Bet{Defect: w.name + ": " + bet.Defect, LogE: bet.LogE})
		}
		worth.Paths[0].Of = w.name
		all.evidence.Paths = append(all.evidence.Paths, worth.Paths[0])
		if all.verdict != nil {
			break
		}
	}
	return all
}

// completes asks one operation in every stage.
func (s survey) completes(w way, bets *wagers) error {
	for _, st := range s.verifierStages() {
		if err := st.play(w, bets); err != nil {
			return err
		}
		if err := bets.verdict(); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
	}
	return nil
}

// verifierStage is one setting in which drafts are verified.
type verifierStage struct {
	speculated
	batch, draws int
	class        []int // of the factors, that of the position aside
}

// verifierStages cover the pairs of classes of drafted tokens, vocabularies, draft models and
// batches. In the last ones the draft model differs from the target at one position, which
// all drafts reach.
func (s survey) verifierStages() (stages []verifierStage) {
	for i, row := range covering(4, 4, 3, 2) {
		r := rand.New(rand.NewPCG(s.seed, uint64(i)))
		count := [][2]int{{1, 1}, {2, 3}, {4, 8}, {9, 16}}[row[0]]
		vocab := [][2]int{{2, 2}, {3, 8}, {9, 64}, {300, 300}}[row[1]]
		st := verifierStage{batch: 1, draws: 40, class: row[:3]}
		st.speculated = speculated{vocab: within(r, vocab[0], vocab[1]), count: within(r, count[0], count[1]), bare: row[2] == 2, near: row[2] == 0, seed: r.Uint64()}
		if row[3] == 1 {
			st.batch = within(r, 2, 24)
		}
		if st.vocab > 64 {
			st.draws, st.batch = 12, min(st.batch, 12)
		}
		stages = append(stages, st)
	}
	for position := 1; position <= 16; position++ {
		problem := speculated{vocab: 4, count: position, seed: s.seed + uint64(position), only: position}
		stages = append(stages, verifierStage{problem, 4, 32, []int{classOf(position, 1, 3, 8), 1, 3}})
	}
	return stages
}

func verifierBetNames() (names []string) {
	for _, bet := range verifierBets {
		names = append(names, bet.name)
	}
	return names
}

// play asks for the drafts of a stage and bets on every completed token.
func (st verifierStage) play(w way, bets *wagers) error {
	m, r := st.kept(), rand.New(rand.NewPCG(st.seed, 60))
	for range max(1, st.draws/st.batch) {
		outputs, err := w.ask(m.proposals(st.batch, r), r)
		if err != nil {
			return fmt.Errorf("%w\nasked: %v", err, st.speculated)
		}
		for s, tokens := range outputs {
			conditions := slices.Concat([]int{0}, st.class, []int{placeInBatch(s, st.batch)})
			m.stake(bets, m.complete(tokens, r), conditions, r)
		}
	}
	return nil
}

func placeInBatch(s, batch int) int {
	switch {
	case batch == 1:
		return 3
	case s == 0:
		return 0
	case s == batch-1:
		return 1
	}
	return 2
}

// stake bets on all completed tokens, each given the ones before.
func (m *rowsOfModels) stake(bets *wagers, completed []int, conditions []int, r *rand.Rand) {
	for i, token := range completed {
		now := m.at(completed[:i])
		before := now
		if i > 0 {
			before = m.at(completed[:i-1])
		}
		ratios := make([]float64, len(verifierBets))
		for b, bet := range verifierBets {
			if i == m.count && b < 4 { // no token is drafted there
				continue
			}
			ratios[b] = mixed(again, math.Log(bet.row(now, before)[token]/now.p[token]))
		}
		below := addUp(now.p[:token])
		conditions[0] = min(i, 3)
		if i == m.count {
			conditions[0] = 4
		}
		bets.stake(conditions, ratios, math.Min(below+r.Float64()*now.p[token], 1))
	}
}
