package props

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"temper/reference/sequence"
)

// twoRows is a problem of one drafted token, drawn from q. The row of the target behind it does
// not depend on it. Tokens fall into so many cells.
type twoRows struct {
	p, q, last []float64
	cells      int
	cell       func(token int) int
	seed       uint64
}

// masses are the probabilities of the cells of a row.
func (t twoRows) masses(row []float64) []float64 {
	masses := make([]float64, t.cells)
	for v, x := range row {
		masses[t.cell(v)] += x
	}
	return masses
}

// weigh asks about batches of drafts, and holds each of the two completed tokens against its
// row.
func (t twoRows) weigh(w way, batches, together int) error {
	weighed := []*evidence{newEvidence(t.masses(t.p)), newEvidence(t.masses(t.last))}
	r, src := rand.New(rand.NewPCG(t.seed, 62)), rand.NewPCG(t.seed, 63)
	for range batches {
		drafts := make([]sequence.Draft, together)
		for s := range drafts {
			drafts[s] = sequence.Draft{Tokens: []int{drawIndex(t.q, r)}, P: [][]float64{t.p, t.last}, Q: [][]float64{t.q}}
		}
		outputs, err := w.ask(drafts, src)
		if err != nil {
			return err
		}
		for _, tokens := range outputs {
			if len(tokens) == 1 {
				tokens = append(slices.Clone(tokens), drawIndex(t.last, r))
			}
			for i, token := range tokens {
				weighed[i].count(t.cell(token))
			}
		}
	}
	for i, e := range weighed {
		if err := e.verdict(); err != nil {
			return fmt.Errorf("%s: position %d: %w", w.name, i, err)
		}
	}
	return nil
}

func verifierSureLaw() Law {
	return verifierLaw[nearlySure]{
		id: "Verifier/Sure",
		claim: "beside a token of 0.992 the others come too, in place of a rejected token and behind an accepted one " +
			"(e-process for each of two positions, 8000 drafts, false alarm 1e-12 each)",
		source:    "derived: rows that count as greedy",
		of:        exactVerifier,
		witnesses: []nearlySure{{66}},
		judge:     drawsWhatIsRare,
	}.erased()
}

// nearlySure is a problem of three tokens whose rows of p are all but certain.
type nearlySure struct{ seed uint64 }

func (n nearlySure) rows() twoRows {
	return twoRows{
		p: []float64{0.005, 0.992, 0.003}, q: []float64{0.1, 0.8, 0.1}, last: []float64{0.992, 0.003, 0.005},
		cells: 3, cell: func(token int) int { return token }, seed: n.seed,
	}
}

func (n nearlySure) String() string {
	rows := n.rows()
	return fmt.Sprintf("one drafted token, p %v, q %v, p behind it %v, seed %d", rows.p, rows.q, rows.last, n.seed)
}
func (n nearlySure) GoString() string { return n.String() }

func drawsWhatIsRare(v sequence.Verifier, n nearlySure) error {
	for _, w := range ways(v) {
		if err := n.rows().weigh(w, 80, 100); err != nil {
			return err
		}
	}
	return nil
}
