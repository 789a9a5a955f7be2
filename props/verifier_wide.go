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

func (w wide) rows() twoRows {
	t := twoRows{
		p: make([]float64, wideVocab), q: make([]float64, wideVocab), last: make([]float64, wideVocab),
		cells: 2 * len(wideSections), cell: wideCell, seed: w.seed,
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

// wideCell is the section of a token, and whether it is odd.
func wideCell(token int) int {
	section := 0
	for token >= wideSections[section] {
		section++
	}
	return 2*section + token%2
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
	rows := problem.rows()
	for _, w := range ways(v) {
		if err := rows.weigh(w, 20, 8); err != nil {
			return fmt.Errorf("tokens by section of the vocabulary, even and odd: %w", err)
		}
	}
	return nil
}

func verifierBitsLaw() Law {
	return verifierLaw[alikeTokens]{
		id: "Verifier/Bits",
		claim: "of 4096 equally probable tokens one that came before comes again as often as chance says, so that numbers of 11 bits or less show " +
			"(900 draws, bets that it comes twice as often, false alarm 1e-12)",
		source: "derived: numbers in bfloat16 have 8 bits, in float16 11",
		of: part[sequence.Verifier]{"Verifier.Draw, of an exact rule", func(v sequence.Verifier) bool {
			return v.Draw != nil && !v.Rule.Lossy
		}},
		witnesses: []alikeTokens{{64}},
		judge:     drawsWithEnoughBits,
	}.erased()
}

// alikeTokens is a problem of equally probable tokens, none drafted.
type alikeTokens struct{ seed uint64 }

func (a alikeTokens) String() string {
	return fmt.Sprintf("4096 equally probable tokens, none drafted, seed %d", a.seed)
}
func (a alikeTokens) GoString() string { return a.String() }

func drawsWithEnoughBits(v sequence.Verifier, problem alikeTokens) error {
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
