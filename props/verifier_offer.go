package props

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"temper/reference"
	"temper/reference/sequence"

	"pgregory.net/rapid"
)

// offer is an input of the laws about verifiers: a batch of drafts over one vocabulary.
type offer struct {
	drafts []sequence.Draft
	seed   uint64 // of the numbers u and of the source
}

func (o offer) String() string {
	var words []string
	for _, d := range o.drafts {
		words = append(words, draftWords(d))
	}
	return fmt.Sprintf("%s; seed %d", strings.Join(words, "; "), o.seed)
}

func (o offer) GoString() string { return o.String() }

// draftWords are the rows and tokens of a draft.
func draftWords(d sequence.Draft) string {
	var b strings.Builder
	fmt.Fprintf(&b, "drafted %s", listed(d.Tokens))
	if d.Parents != nil {
		fmt.Fprintf(&b, ", parents %s", listed(d.Parents))
	}
	for i, row := range d.P {
		if i == 4 {
			fmt.Fprintf(&b, " … (%d rows)", len(d.P))
			break
		}
		fmt.Fprintf(&b, ", p %s", brief(row))
		if d.Q != nil && i < len(d.Q) {
			fmt.Fprintf(&b, " q %s", brief(d.Q[i]))
		}
	}
	return b.String()
}

func (o offer) source() rand.Source { return rand.NewPCG(o.seed, 31) }

// smaller are the drafts one by one, and of a single draft the first tokens.
func (o offer) smaller() iter.Seq[offer] {
	return func(yield func(offer) bool) {
		if len(o.drafts) > 1 {
			for _, d := range o.drafts {
				if !yield(offer{[]sequence.Draft{d}, o.seed}) {
					return
				}
			}
			return
		}
		for _, d := range o.drafts {
			for n := range d.Tokens {
				if !yield(offer{[]sequence.Draft{firstTokens(d, n)}, o.seed}) {
					return
				}
			}
		}
	}
}

// firstTokens leaves the first n drafted tokens.
func firstTokens(d sequence.Draft, n int) sequence.Draft {
	d.Tokens, d.P = d.Tokens[:n], d.P[:n+1]
	if d.Q != nil {
		d.Q = d.Q[:n]
	}
	if d.Parents != nil {
		d.Parents = d.Parents[:n]
	}
	return d
}

// rowKinds are how the rows of a target and of a draft model relate.
var rowKinds = []string{"apart", "near", "equal", "equal, q in float32", "gaps", "apart supports", "T = 0", "T = 0 of p", "equal, T = 0", "T = infinity", "without randomness", "without randomness, gaps"}

// rowPair makes p and q of a kind.
func rowPair(kind string, vocab int, r *rand.Rand) (p, q []float64) {
	random := func(gaps bool, temperature float64) []float64 {
		logits := make([]float64, vocab)
		for v := range logits {
			if logits[v] = 2 * r.NormFloat64(); gaps && r.IntN(3) == 0 {
				logits[v] = math.Inf(-1)
			}
		}
		if slices.Max(logits) == math.Inf(-1) {
			logits[r.IntN(vocab)] = 0
		}
		return softened(logits, temperature)
	}
	switch kind {
	case "near":
		q = random(false, 1)
		p = make([]float64, vocab)
		for v := range p {
			p[v] = math.Log(q[v]) + 0.3*r.NormFloat64()
		}
		return softened(p, 1), q
	case "equal":
		p = random(r.IntN(2) == 0, 1)
		return p, p
	case "equal, q in float32":
		p = random(r.IntN(2) == 0, 1)
		q = make([]float64, vocab)
		for v, x := range p {
			q[v] = float64(float32(x))
		}
		return p, q
	case "gaps", "without randomness, gaps":
		return random(true, 1), random(true, 1)
	case "apart supports":
		p, q = make([]float64, vocab), make([]float64, vocab)
		p[r.IntN(vocab)] = 1
		for v := range q {
			if q[v] = 0; p[v] == 0 {
				q[v] = 1 / float64(vocab-1)
			}
		}
		return p, q
	case "T = 0":
		return random(false, 0), random(false, 0)
	case "equal, T = 0":
		p = random(false, 0)
		return p, p
	case "T = 0 of p":
		return random(false, 0), random(false, 1)
	case "T = infinity":
		return random(true, math.Inf(1)), random(true, math.Inf(1))
	}
	return random(false, 1), random(false, 1)
}

// softened are the probabilities of logits at a temperature.
func softened(logits []float64, temperature float64) []float64 {
	p := make([]float64, len(logits))
	if err := reference.AnnealLog(p, logits, temperature); err != nil {
		panic(err) // one of the logits is finite
	}
	for v := range p {
		p[v] = math.Exp(p[v])
	}
	return p
}

// newDraft makes a chain of so many tokens of a kind. Without randomness the draft model
// proposes its most probable tokens.
func newDraft(kind string, vocab, count int, r *rand.Rand) sequence.Draft {
	d := sequence.Draft{Tokens: []int{}, Q: [][]float64{}}
	for range count {
		p, q := rowPair(kind, vocab, r)
		d.P, d.Q = append(d.P, p), append(d.Q, q)
		d.Tokens = append(d.Tokens, drawIndex(q, r))
	}
	last, _ := rowPair(kind, vocab, r)
	d.P = append(d.P, last)
	if strings.HasPrefix(kind, "without randomness") {
		for i, q := range d.Q {
			d.Tokens[i] = slices.Index(q, slices.Max(q))
		}
		d.Q = nil
	}
	return d
}

// branched makes a tree of the tokens of a chain, with other tokens where siblings would be
// the same.
func branched(d sequence.Draft, r *rand.Rand) sequence.Draft {
	vocab := len(d.P[0])
	tree := sequence.Draft{P: d.P, Parents: []int{}, Tokens: []int{}}
	for i, token := range d.Tokens {
		parent := r.IntN(i+1) - 1
		siblings := tree.Children(parent)
		if len(siblings) == vocab {
			parent, siblings = i-1, nil // nothing follows the last token yet
		}
		for slices.ContainsFunc(siblings, func(s int) bool { return tree.Tokens[s] == token }) {
			token = (token + 1) % vocab
		}
		tree.Tokens, tree.Parents = append(tree.Tokens, token), append(tree.Parents, parent)
	}
	return tree
}

// drawIndex draws from a row of probabilities.
func drawIndex(p []float64, r *rand.Rand) int {
	u, last := r.Float64(), 0
	for v, x := range p {
		if x > 0 {
			last = v
			if u -= x; u < 0 {
				break
			}
		}
	}
	return last
}

// newOffer makes a batch of one to four drafts of different lengths and kinds, sometimes
// of a large vocabulary or of many tokens.
func newOffer(seed uint64) offer {
	r := rand.New(rand.NewPCG(seed, 32))
	vocab := 2 + r.IntN(5)
	most := 4
	switch r.IntN(8) {
	case 0:
		vocab = 30 + r.IntN(300)
	case 1:
		most = 24
	}
	o := offer{seed: seed}
	for range 1 + r.IntN(4) {
		o.drafts = append(o.drafts, newDraft(rowKinds[r.IntN(len(rowKinds))], vocab, r.IntN(most+1), r))
	}
	return o
}

// offers draws batches.
func offers() *rapid.Generator[offer] {
	return rapid.Custom(func(t *rapid.T) offer { return newOffer(rapid.Uint64().Draw(t, "seed")) })
}

// asked are the drafts as this verifier takes them: some of them trees, if its rule takes
// trees.
func (o offer) asked(v sequence.Verifier) []sequence.Draft {
	drafts := slices.Clone(o.drafts)
	r := rand.New(rand.NewPCG(o.seed, 33))
	for s, d := range drafts {
		switch {
		case !v.Rule.Branches():
			drafts[s].Parents = nil
		case d.Parents == nil && r.IntN(2) == 0:
			drafts[s] = branched(d, r)
		}
	}
	return drafts
}

// everyKind has a batch of drafts for each kind of rows, and of each length.
func everyKind() (all []offer) {
	for i, kind := range rowKinds {
		r := rand.New(rand.NewPCG(uint64(i), 34))
		o := offer{seed: uint64(i)}
		for n := range 5 {
			o.drafts = append(o.drafts, newDraft(kind, 3, n, r))
		}
		all = append(all, o)
	}
	return all
}

// everyPosition has drafts whose rows of p and q are the same but at one position, the last
// drafted one, so that a rule that looks at q reaches it, and one of the greedy path of p.
func everyPosition() (all []offer) {
	for _, position := range positions {
		r := rand.New(rand.NewPCG(uint64(position), 37))
		o := offer{seed: uint64(100 + position)}
		for range 4 {
			d, end := newDraft("equal", 5, position-1, r), newDraft("apart", 5, 1, r)
			d.Tokens = append(d.Tokens, end.Tokens...)
			d.Q = append(d.Q, end.Q...)
			d.P = append(d.P[:position-1], end.P...)
			o.drafts = append(o.drafts, d)
		}
		o.drafts = append(o.drafts, newDraft("equal, T = 0", 5, position, r))
		all = append(all, o)
	}
	return all
}

// positions are the first sixteen, and some around blocks of 16 to 128.
var positions = []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 24, 33, 40, 65, 100, 129}

// manyDrafts is a batch of 150 short drafts over three tokens, so that rows of a draft some
// places before show.
func manyDrafts() []offer {
	o, r := offer{seed: 200}, rand.New(rand.NewPCG(200, 38))
	for s := range 150 {
		o.drafts = append(o.drafts, newDraft(rowKinds[s%len(rowKinds)], 3, r.IntN(4), r))
	}
	return []offer{o}
}

// improbable has a drafted token that is as improbable to the draft model as to the target.
func improbable() []offer {
	row := []float64{0x1p-20, 0.625, 0.375 - 0x1p-20}
	d := sequence.Draft{Tokens: []int{0, 0}, P: slices.Repeat([][]float64{row}, 3), Q: slices.Repeat([][]float64{row}, 2)}
	return []offer{{[]sequence.Draft{d, firstTokens(d, 1)}, 201}}
}

// wideTrees have twelve tokens at the first position, and some behind them; a rule of chains
// gets chains of the same tokens.
func wideTrees() []offer {
	o, r := offer{seed: 202}, rand.New(rand.NewPCG(202, 39))
	for range 6 {
		d := newDraft("without randomness", 14, 16, r)
		d.Parents = make([]int, 16)
		for i, token := range r.Perm(14)[:12] {
			d.Tokens[i], d.Parents[i] = token, -1
		}
		for i := 12; i < 16; i++ {
			d.Tokens[i], d.Parents[i] = i-12, 10+r.IntN(2)
		}
		o.drafts = append(o.drafts, d)
	}
	return []offer{o}
}

// manyTokens has a draft whose tokens have numbers above 2¹⁶, all possible ones.
func manyTokens() []offer {
	const vocab, first, second, last = 70_000, 66_000, 69_999, 65_600
	p, q, behind := make([]float64, vocab), make([]float64, vocab), make([]float64, vocab)
	p[first], p[second] = 0.25, 0.75
	q[first], q[second] = 0.75, 0.25
	behind[last] = 1
	var o offer
	for _, x := range []int{first, second} {
		o.drafts = append(o.drafts, sequence.Draft{Tokens: []int{x}, P: [][]float64{p, behind}, Q: [][]float64{q}})
	}
	return []offer{o}
}
