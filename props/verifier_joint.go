package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/reference/sequence"
)

// speculated is an input of the laws about draws: a target and a draft model of random rows
// for every prefix, and how many tokens are drafted.
type speculated struct {
	vocab, count int
	bare         bool // the draft model proposes its most probable tokens
	near         bool // the draft model is close to the target
	seed         uint64
	only         int // the draft model is the target but at this position, counted from 1; 0: anywhere
}

func (s speculated) String() string {
	how := "drawn from a model apart from the target"
	switch {
	case s.bare:
		how = "the most probable ones of another model"
	case s.only > 0:
		how = fmt.Sprintf("drawn from the target but at position %d", s.only)
	case s.near:
		how = "drawn from a model near the target"
	}
	return fmt.Sprintf("%d tokens, rows by prefix, %d drafted, %s, seed %d", s.vocab, s.count, how, s.seed)
}

func (s speculated) GoString() string { return s.String() }

// rowsByHash is a model like [rowsByPrefix], whose rows cost the same after long prefixes.
// Every prefix has a row, impossible ones too.
type rowsByHash struct{ rowsByPrefix }

func (m rowsByHash) LogConditional(dst []float64, prefix []int) error {
	hash, err := hashOf(prefix, m.vocab)
	if err == nil {
		m.fill(dst, m.seed^uint64(hash))
	}
	return err
}

func (s speculated) target() sequence.Model { return rowsByHash{rowsByPrefix{s.vocab, -1, s.seed}} }

// p is the target's row.
func (s speculated) p(prefix []int) []float64 {
	logp, err := conditional(s.target(), prefix)
	if err != nil {
		panic(err) // the tokens are in the vocabulary
	}
	return softened(logp, 1)
}

// q is the draft model's row.
func (s speculated) q(prefix []int) []float64 {
	if s.only > 0 && len(prefix) != s.only-1 {
		return s.p(prefix)
	}
	if s.near {
		q := slices.Clone(s.p(prefix))
		for v := range q {
			q[v] = 0.7*q[v] + 0.3/float64(s.vocab)
		}
		return q
	}
	other := s
	other.seed += 1000
	return other.p(prefix)
}

// rowsOfModels keeps rows that were asked for.
type rowsOfModels struct {
	speculated
	known map[string]gridRow
}

func (s speculated) kept() *rowsOfModels { return &rowsOfModels{s, map[string]gridRow{}} }

func (m *rowsOfModels) at(prefix []int) gridRow {
	key := fmt.Sprint(prefix)
	row, ok := m.known[key]
	if !ok {
		row = gridRow{m.p(prefix), m.q(prefix)}
		m.known[key] = row
	}
	return row
}

// propose drafts tokens.
func (m *rowsOfModels) propose(r *rand.Rand) sequence.Draft {
	d := sequence.Draft{Tokens: []int{}}
	if !m.bare {
		d.Q = [][]float64{}
	}
	for range m.count {
		row := m.at(d.Tokens)
		d.P = append(d.P, row.p)
		if m.bare {
			d.Tokens = append(d.Tokens, slices.Index(row.q, slices.Max(row.q)))
			continue
		}
		d.Q = append(d.Q, row.q)
		d.Tokens = append(d.Tokens, drawIndex(row.q, r))
	}
	d.P = append(d.P, m.at(d.Tokens).p)
	return d
}

// proposals are drafts of one batch.
func (m *rowsOfModels) proposals(batch int, r *rand.Rand) []sequence.Draft {
	drafts := make([]sequence.Draft, batch)
	for i := range drafts {
		drafts[i] = m.propose(r)
	}
	return drafts
}

// complete draws from the target up to count + 1 tokens.
func (m *rowsOfModels) complete(tokens []int, r *rand.Rand) []int {
	completed := slices.Clone(tokens)
	for len(completed) <= m.count {
		completed = append(completed, drawIndex(m.at(completed).p, r))
	}
	return completed
}

// someSpeculated are problems of a few completed positions.
func someSpeculated() []speculated {
	return []speculated{
		{3, 1, false, false, 21, 0}, {2, 2, false, false, 22, 0}, {3, 1, true, false, 23, 0}, {4, 1, false, true, 24, 0}, {2, 3, false, false, 25, 0}, {2, 2, true, false, 26, 0},
	}
}

func verifierJointLaw() Law {
	return verifierLaw[speculated]{
		id: "Verifier/Joint",
		claim: "completed with draws from the target to n + 1 tokens, what comes of drafts has the joint distribution of the target, whatever the draft model is " +
			"(e-process on all positions together, 4000 drafts, false alarm 1e-12 a problem and operation)",
		source:    "transformers#32867, transformers#47932, Spec-RL#14: a distribution near that of the target; never conditioned on the length, which depends on the tokens",
		of:        exactVerifier,
		witnesses: someSpeculated(),
		judge:     completesByLaw,
	}.erased()
}

// completesByLaw weighs what comes of drafts that stand alone.
func completesByLaw(v sequence.Verifier, s speculated) error { return s.completedTogether(v, 1) }

func verifierRowsLaw() Law {
	return verifierLaw[speculated]{
		id:        "Verifier/Rows",
		claim:     "drafts of one batch are answered independently: what comes of neighbours has the product of their distributions (e-process, 4000 pairs, false alarm 1e-12)",
		source:    "mlxcel#356: the last seed for all rows; derived: numbers of another row",
		of:        exactVerifier,
		witnesses: []speculated{{2, 1, false, false, 27, 0}, {3, 0, false, false, 28, 0}},
		judge:     answersApart,
	}.erased()
}

// answersApart weighs what comes of two neighbours.
func answersApart(v sequence.Verifier, s speculated) error { return s.completedTogether(v, 2) }

// completedTogether weighs what comes of so many neighbours in a batch against the product
// of their distributions. As an example, two neighbours of 9 completions each have 81 cells.
func (s speculated) completedTogether(v sequence.Verifier, neighbours int) error {
	exact, err := sequence.PerStep(s.target(), nil, -1, s.count+1, 1)
	if err != nil {
		return err
	}
	place, one := cells(exact)
	p := []float64{1}
	for range neighbours {
		var product []float64
		for _, x := range p {
			for _, y := range one {
				product = append(product, x*y)
			}
		}
		p = product
	}
	for _, w := range ways(v) {
		weighed, m := newEvidence(p), s.kept()
		r, src := rand.New(rand.NewPCG(s.seed, 42)), rand.NewPCG(s.seed, 43)
		for weighed.total < 4000 && !weighed.damning() {
			outputs, err := w.ask(m.proposals(50, r), src)
			if err != nil {
				return err
			}
			for group := range slices.Chunk(outputs, neighbours) {
				cell := 0
				for _, tokens := range group {
					cell = cell*len(one) + place[fmt.Sprint(m.complete(tokens, r))]
				}
				weighed.count(cell)
			}
		}
		if err := weighed.verdict(); err != nil {
			return fmt.Errorf("%s: %s, each completed to one of %s: %w", w.name, times(neighbours, "draft"), outcomeWords(exact), err)
		}
	}
	return nil
}

func verifierRuleLaw() Law {
	return verifierLaw[offer]{
		id: "Verifier/Rule",
		claim: "what comes of a draft, how many tokens are accepted and which one comes after them, has the distribution of the declared rule, lossy ones too " +
			"(e-process, 2500 answers a draft, false alarm 1e-12 each)",
		source:    "EAGLE#183: u ≤ p for a draft of which q is not 1; DeepSpec#31: another q than that of the draft; vllm#8320: the most probable token of the residual",
		of:        knownVerifier,
		witnesses: offersOfRules(),
		judge:     answersByRule,
	}.erased()
}

// offersOfRules are drafts of a few tokens with few outcomes, and one of 40 tokens. Each of
// these is accepted with 0.95 by a rule that looks at q, so that numbers that decide twice
// show in how many are.
func offersOfRules() (all []offer) {
	for i, kind := range []string{"apart", "near", "gaps", "without randomness", "T = 0 of p"} {
		r := rand.New(rand.NewPCG(uint64(i), 46))
		vocab := 2 + (i+1)%3
		all = append(all, offer{[]sequence.Draft{newDraft(kind, vocab, 1, r), newDraft(kind, vocab, 2, r), newDraft(kind, vocab, 3, r), newDraft(kind, vocab, 3, r)}, uint64(i)})
	}
	p, q := []float64{0.76, 0.24}, []float64{0.8, 0.2}
	long := sequence.Draft{Tokens: make([]int, 40), P: slices.Repeat([][]float64{p}, 41), Q: slices.Repeat([][]float64{q}, 40)}
	return append(all, offer{[]sequence.Draft{long}, 6})
}

func answersByRule(v sequence.Verifier, o offer) error {
	drafts := o.asked(v)
	for _, w := range ways(v) {
		var weighed []*evidence
		var places []map[string]int
		for _, d := range drafts {
			law, err := v.Rule.Outcomes(d)
			if err != nil {
				return err
			}
			place, p := cells(law)
			for i := range p {
				p[i] = math.Max(p[i], 0x1p-24) // float32 arithmetic may move such a mass
			}
			places, weighed = append(places, place), append(weighed, newEvidence(p))
		}
		const copies = 25
		src := o.source()
		for range 2500 / copies {
			outputs, err := w.ask(slices.Repeat(drafts, copies), src)
			if err != nil {
				return err
			}
			for i, tokens := range outputs {
				s := i % len(drafts)
				cell, possible := places[s][fmt.Sprint(tokens)]
				if !possible {
					if can, err := canNearlyComeOf(v.Rule, drafts[s], tokens); err != nil || can {
						continue
					}
					return fmt.Errorf("%s: %v comes of %s, which %s excludes", w.name, tokens, draftWords(drafts[s]), v.Rule.Name)
				}
				if weighed[s].count(cell); weighed[s].damning() {
					law, _ := v.Rule.Outcomes(drafts[s])
					return fmt.Errorf("%s: of %s comes one of %s: %w", w.name, draftWords(drafts[s]), outcomeWords(law), weighed[s].verdict())
				}
			}
		}
	}
	return nil
}

// outcomeWords lists outcomes.
func outcomeWords(law sequence.Distribution) string {
	var words []string
	for _, c := range law {
		words = append(words, fmt.Sprint(c.Tokens))
	}
	return brief(words)
}
