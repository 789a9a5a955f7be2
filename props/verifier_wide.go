package props

import (
	"fmt"
	"math"
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
// last one of few.
var wideSections = []int{1024, 8192, wideVocab / 1024 * 1024, wideVocab}

const wideVocab = 20_000

// rows returns p and q of the first position and p of the second.
func (w wide) rows() (p, q, last []float64) {
	p, q, last = make([]float64, wideVocab), make([]float64, wideVocab), make([]float64, wideVocab)
	from := 0
	for _, to := range wideSections {
		for v := from; v < to; v++ {
			share := 1 / float64(len(wideSections)*(to-from))
			p[v], q[v], last[v] = share, share*0.1, share*1.5
			if v%2 == 1 {
				q[v], last[v] = share*1.9, share*0.5
			}
		}
		from = to
	}
	return p, q, last
}

// wideCell is the section of a token, and whether it is odd.
func wideCell(token int) int {
	section := 0
	for token >= wideSections[section] {
		section++
	}
	return 2*section + token%2
}

// wideMasses are the probabilities of the cells of a row.
func wideMasses(row []float64) []float64 {
	masses := make([]float64, 2*len(wideSections))
	for v, x := range row {
		masses[wideCell(v)] += x
	}
	return masses
}

func verifierWideLaw() Law {
	return verifierLaw[wide]{
		id: "Verifier/Wide",
		claim: "of 20000 tokens those in every section of the vocabulary, the first 1024 and the last few too, come in place of rejected ones and behind accepted ones as often as the target says " +
			"(e-process for each of two positions, 160 drafts, false alarm 1e-12 each)",
		source:    "derived: kernels that work in blocks of tokens",
		of:        exactVerifier,
		witnesses: []wide{{61}},
		judge:     drawsFromEverySection,
	}.erased()
}

func drawsFromEverySection(v sequence.Verifier, problem wide) error {
	p, q, last := problem.rows()
	for _, w := range ways(v) {
		weighed := []*evidence{newEvidence(wideMasses(p)), newEvidence(wideMasses(last))}
		r, src := rand.New(rand.NewPCG(problem.seed, 62)), rand.NewPCG(problem.seed, 63)
		for range 20 {
			drafts := make([]sequence.Draft, 8)
			for s := range drafts {
				drafts[s] = sequence.Draft{Tokens: []int{drawIndex(q, r)}, P: [][]float64{p, last}, Q: [][]float64{q}}
			}
			outputs, err := w.ask(drafts, src)
			if err != nil {
				return err
			}
			for _, tokens := range outputs {
				if len(tokens) == 1 {
					tokens = append(slices.Clone(tokens), drawIndex(last, r))
				}
				for i, token := range tokens {
					weighed[i].count(wideCell(token))
				}
			}
		}
		for i, e := range weighed {
			if err := e.verdict(); err != nil {
				return fmt.Errorf("%s: position %d, tokens by section of the vocabulary, even and odd: %w", w.name, i, err)
			}
		}
	}
	return nil
}

func verifierBitsLaw() Law {
	return verifierLaw[wide]{
		id: "Verifier/Bits",
		claim: "of 4096 equally probable tokens one that came before comes again as often as chance says, so that numbers of 11 bits or less show " +
			"(900 draws, bets that it comes twice as often, false alarm 1e-12)",
		source: "derived: numbers in bfloat16 have 8 bits, in float16 11",
		of: part[sequence.Verifier]{"Verifier.Draw, of an exact rule", func(v sequence.Verifier) bool {
			return v.Draw != nil && !v.Rule.Lossy
		}},
		witnesses: []wide{{64}},
		judge:     drawsWithEnoughBits,
	}.erased()
}

func drawsWithEnoughBits(v sequence.Verifier, problem wide) error {
	const vocab, draws, together = 4096, 900, 50
	row := make([]float64, vocab)
	for t := range row {
		row[t] = 1. / vocab
	}
	drafts := slices.Repeat([]sequence.Draft{{P: [][]float64{row}}}, together)
	src, logM := rand.NewPCG(problem.seed, 65), 0.0
	seen := map[int]bool{}
	for range draws / together {
		outputs, err := drawnBy(v, drafts, src)
		if err != nil {
			return err
		}
		for _, tokens := range outputs {
			chance := float64(len(seen)) / vocab
			again := math.Min(2*chance, (1+chance)/2)
			if seen[tokens[0]] {
				logM += math.Log(again / chance)
			} else {
				logM += math.Log((1 - again) / (1 - chance))
			}
			seen[tokens[0]] = true
		}
	}
	if logM >= -math.Log(falseAlarm) {
		return fmt.Errorf("Draw: %d different tokens in %d draws of %d equally probable ones: the numbers seem to have few bits (evidence exp(%.4g))", len(seen), draws, vocab, logM)
	}
	return nil
}
