package props

import (
	"fmt"
	"math"
	"slices"

	"temper/props/operation"
	"temper/reference"
)

// repetitions is an e-process on draws of equally probable tokens: a bet, before each draw,
// that one of the tokens that came before comes again, twice as often as chance says. Numbers
// of 11 bits have 2048 values: of 4096 tokens half never come, and the others come twice as
// often.
type repetitions struct {
	of   int // tokens
	seen map[int]bool
	n    int
	logM float64
}

// The tokens and draws that such a bet takes to see 11 bits.
const (
	alikeTokensOf = 4096
	drawsForBits  = 1400
)

const bitsClaim = "of 4096 equally probable tokens one that came before comes again as often as chance says, so that numbers of 11 bits or less show " +
	"(1400 draws, bets that it comes twice as often, false alarm 1e-12)"

const bitsSource = "derived: numbers in bfloat16 have 8 bits, in float16 11"

func newRepetitions() *repetitions { return &repetitions{of: alikeTokensOf, seen: map[int]bool{}} }

// see takes in a draw.
func (x *repetitions) see(token int) {
	chance := float64(len(x.seen)) / float64(x.of)
	again := math.Min(2*chance, (1+chance)/2)
	if x.seen[token] {
		x.logM += math.Log(again / chance)
	} else {
		x.logM += math.Log((1 - again) / (1 - chance))
	}
	x.seen[token] = true
	x.n++
}

func (x *repetitions) verdict() error {
	if x.logM < -math.Log(falseAlarm) {
		return nil
	}
	return fmt.Errorf("%d different tokens in %d draws of %d equally probable ones: the numbers seem to have few bits (evidence exp(%.4g))", len(x.seen), x.n, x.of, x.logM)
}

func drawBitsLaw() Law {
	return batchLaw{
		id:        "Draw/Bits",
		claim:     bitsClaim,
		source:    bitsSource,
		of:        partOf(operation.Draw),
		witnesses: []batch{one(1, make([]float32, alikeTokensOf)...)},
		judge:     drawsRowsWithEnoughBits,
	}.erased()
}

func drawsRowsWithEnoughBits(k reference.Kernels, b batch) error {
	const together = 50
	x := newRepetitions()
	q := operation.Query{Logits: slices.Repeat(b.row(), together), Rows: together, Src: b.source(13), Temperature: b.temperature}
	for range drawsForBits / together {
		rows, err := operation.Draw.Answer(k, q)
		if err != nil {
			return err
		}
		for _, answer := range rows {
			x.see(int(answer[0]))
		}
	}
	return x.verdict()
}

func samplerBitsLaw() Law {
	return samplerLaw{
		id:        "Sampler/Bits",
		claim:     "without a cut and with all cuts, " + bitsClaim,
		source:    bitsSource,
		of:        samplerDraw,
		witnesses: bitsServings(),
		judge:     surveyed(cutDrawsWithEnoughBits),
	}.erased()
}

// bitsServings are 4096 equal logits, with a ninth of all tokens so far below that every cut
// leaves just the others.
func bitsServings() []servings {
	row := make([]float32, alikeTokensOf*9/8)
	for v := 4; v < len(row); v += 9 {
		row[v] = -20
	}
	var all []servings
	for _, how := range []reference.Sampling{{Temperature: 1}, {Temperature: 1, TopK: alikeTokensOf, TopP: 1 - 0x1p-14, MinP: 0.5}} {
		all = append(all, servings{served(how, row...)})
	}
	return all
}

func cutDrawsWithEnoughBits(s reference.Sampler, b serving) error {
	const together = 50
	x, src := newRepetitions(), b.source(8)
	logits, how := slices.Repeat(b.rows[0], together), slices.Repeat(b.how, together)
	for range drawsForBits / together {
		dst := make([]int, together)
		if err := s.Draw(dst, logits, src, how); err != nil {
			return refusedGood(err)
		}
		for _, token := range dst {
			x.see(token)
		}
	}
	return x.verdict()
}
