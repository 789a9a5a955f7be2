package props

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"temper/reference/sequence"
)

// wide is a problem of many tokens and one drafted token. The rows after it do not depend on
// it. The vocabulary has sections, each with the same mass of p, and p and q differ by
// whether a token is odd: what replaces a rejected token is an even one of any section.
type wide struct{ seed uint64 }

func (w wide) String() string {
	return fmt.Sprintf("%d tokens, one drafted, half of the drafts rejected, seed %d", wideVocab, w.seed)
}
func (w wide) GoString() string { return w.String() }

// wideSections are where sections end. Kernels that work in blocks of 1024 tokens have a
// last one of few, and tokens from 2¹⁶ on do not fit 16 bits.
var wideSections = []int{1024, 1 << 16, wideVocab / 1024 * 1024, wideVocab}

const wideVocab = 70_000

func (w wide) rows() twoRows {
	t := twoRows{
		p: make([]float64, wideVocab), q: make([]float64, wideVocab), last: make([]float64, wideVocab),
		cells: len(wideSections), cell: sectionOf, seed: w.seed,
	}
	from := 0
	for _, to := range wideSections {
		for v := from; v < to; v++ {
			share := 1 / float64(len(wideSections)*(to-from))
			t.p[v], t.q[v], t.last[v] = share, share*0.1, share*1.5
			if v%2 == 1 {
				t.q[v], t.last[v] = share*1.9, share*0.5
			}
		}
		from = to
	}
	return t
}

// sectionOf is the section of a token.
func sectionOf(token int) int {
	section := 0
	for token >= wideSections[section] {
		section++
	}
	return section
}

func verifierWideLaw() Law {
	return verifierLaw[wide]{
		id: "Verifier/Wide",
		claim: "of 70000 tokens those in every section of the vocabulary, the first 1024, those behind 2¹⁶ and the last few too, come in place of rejected ones and behind accepted ones as often as the target says " +
			"(e-process for each of two positions, 128 drafts, and for 128 drafts of nothing and of a token that is always rejected, false alarm 1e-12 each)",
		source:    "derived: kernels that work in blocks of tokens",
		of:        exactVerifier,
		witnesses: []wide{{61}},
		judge:     drawsFromEverySection,
	}.erased()
}

func drawsFromEverySection(v sequence.Verifier, problem wide) error {
	rows := problem.rows()
	for _, w := range ways(v) {
		if err := rows.weigh(w, 16, 8); err != nil {
			return fmt.Errorf("tokens by section of the vocabulary: %w", err)
		}
		if err := rows.weighAlone(w); err != nil {
			return err
		}
	}
	return nil
}

// weighAlone asks where one row alone decides: nothing is drafted, or a token that the target
// never takes. Each section of the vocabulary has a quarter of the mass, and a row that lacks
// one shows.
func (t twoRows) weighAlone(w way) error {
	const batches, together, rejected = 16, 8, 5
	row, q := slices.Clone(t.p), make([]float64, len(t.p))
	row[rejected+1] += row[rejected]
	row[rejected], q[rejected] = 0, 1
	p := t.masses(row)
	for _, kind := range []struct {
		name string
		d    sequence.Draft
	}{
		{"nothing drafted", sequence.Draft{P: [][]float64{row}}},
		{"a drafted token of probability 0", sequence.Draft{Tokens: []int{rejected}, P: [][]float64{row, t.last}, Q: [][]float64{q}}},
	} {
		weighed, src := newEvidence(p), rand.NewPCG(t.seed, 64)
		for range batches {
			outputs, err := w.ask(slices.Repeat([]sequence.Draft{kind.d}, together), src)
			if err != nil {
				return err
			}
			for _, tokens := range outputs {
				weighed.count(t.cell(tokens[0]))
			}
		}
		if err := weighed.verdict(); err != nil {
			return fmt.Errorf("%s: tokens by section of the vocabulary, %s: %w", w.name, kind.name, err)
		}
	}
	return nil
}

func verifierBitsLaw() Law {
	return verifierLaw[evenTokens]{
		id:        "Verifier/Bits",
		claim:     bitsClaim,
		source:    bitsSource,
		of:        exactDraw,
		witnesses: []evenTokens{{alikeTokensOf, 64}},
		judge:     drawsWithEnoughBits,
	}.erased()
}

func drawsWithEnoughBits(v sequence.Verifier, problem evenTokens) error {
	const together = 50
	drafts := problem.drafts(together)
	x, src := newRepetitions(), rand.NewPCG(problem.seed, 65)
	for range drawsForBits / together {
		outputs, err := drawnBy(v, drafts, src)
		if err != nil {
			return err
		}
		for _, tokens := range outputs {
			x.see(tokens[0])
		}
	}
	if err := x.verdict(); err != nil {
		return fmt.Errorf("Draw: %w", err)
	}
	return nil
}
