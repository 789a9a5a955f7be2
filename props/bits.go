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

// parities are an e-process on draws of as many equally probable even tokens as odd ones:
// half a bet that nearly all are even, half one that nearly all are odd. A number of 11 bits
// is a multiple of 2⁻¹¹, and of 4096 tokens in their order such a number gives none that is odd.
type parities struct {
	of, n     int
	even, odd float64 // logarithms
}

const (
	drawsForParity = 60
	sixteenBits    = 1 << 17 // tokens
)

// see takes in the place of a draw among the equal tokens.
func (x *parities) see(place int) {
	const agrees, differs = 1.9, 0.1
	x.n++
	if place%2 == 0 {
		x.even, x.odd = x.even+math.Log(agrees), x.odd+math.Log(differs)
	} else {
		x.even, x.odd = x.even+math.Log(differs), x.odd+math.Log(agrees)
	}
}

func (x *parities) verdict() error {
	logM := math.Max(x.even, x.odd) + math.Log1p(math.Exp(-math.Abs(x.even-x.odd))) - math.Ln2
	if logM < -math.Log(falseAlarm) {
		return nil
	}
	return fmt.Errorf("nearly all of %d draws of %d equally probable tokens are even ones, or odd ones: the numbers seem to have few bits (evidence exp(%.4g))", x.n, x.of, logM)
}

func drawBitsLaw() Law {
	return batchLaw{
		id:        "Draw/Bits",
		claim:     bitsClaim + "; of 131072 an even one comes as often as an odd one, so that 16 bits show where tokens are searched in their order (60 draws, false alarm 1e-12)",
		source:    bitsSource,
		of:        partOf(operation.Draw),
		witnesses: []batch{one(1, make([]float32, alikeTokensOf)...), one(1, make([]float32, sixteenBits)...)},
		judge:     drawsRowsWithEnoughBits,
	}.erased()
}

func drawsRowsWithEnoughBits(k reference.Kernels, b batch) error {
	if len(b.row()) == alikeTokensOf {
		x := newRepetitions()
		if err := drawsEqual(k, b, drawsForBits, 50, x.see); err != nil {
			return err
		}
		return x.verdict()
	}
	x := &parities{of: len(b.row())}
	if err := drawsEqual(k, b, drawsForParity, 10, x.see); err != nil {
		return err
	}
	return x.verdict()
}

// drawsEqual draws from the row so many times, so many rows in a batch.
func drawsEqual(k reference.Kernels, b batch, draws, together int, see func(token int)) error {
	q := operation.Query{Logits: slices.Repeat(b.row(), together), Rows: together, Src: b.source(13), Temperature: b.temperature}
	for range draws / together {
		rows, err := operation.Draw.Answer(k, q)
		if err != nil {
			return err
		}
		for _, answer := range rows {
			see(int(answer[0]))
		}
	}
	return nil
}

func samplerBitsLaw() Law {
	return samplerLaw{
		id: "Sampler/Bits",
		claim: "of 4096 equally probable tokens that all cuts leave an even one comes as often as an odd one, so that numbers of 11 bits or less show where tokens are searched in their order " +
			"(60 draws, false alarm 1e-12)",
		source:    bitsSource,
		of:        samplerDraw,
		witnesses: []servings{{bitsServing()}},
		judge:     surveyed(cutDrawsWithEnoughBits),
	}.erased()
}

// bitsServing is 4096 equal logits, with a ninth of all tokens so far below that every cut
// leaves just the others.
func bitsServing() serving {
	row := make([]float32, alikeTokensOf*9/8)
	for v := 4; v < len(row); v += 9 {
		row[v] = -20
	}
	return served(reference.Sampling{Temperature: 1, TopK: alikeTokensOf, TopP: 1 - 0x1p-14, MinP: 0.5}, row...)
}

// placeAmongEqual is the place of a token of bitsServing among those that the cuts leave.
func placeAmongEqual(token int) int { return token - (token+4)/9 }

func cutDrawsWithEnoughBits(s reference.Sampler, b serving) error {
	const together = 10
	x, src := &parities{of: alikeTokensOf}, b.source(8)
	logits, how := slices.Repeat(b.rows[0], together), slices.Repeat(b.how, together)
	for range drawsForParity / together {
		dst := make([]int, together)
		if err := s.Draw(dst, logits, src, how); err != nil {
			return refusedGood(err)
		}
		for _, token := range dst {
			x.see(placeAmongEqual(token))
		}
	}
	return x.verdict()
}
