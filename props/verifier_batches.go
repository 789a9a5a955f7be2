package props

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/props/verdict"
	"temper/reference"
	"temper/reference/sequence"
)

// exactDraw is a Draw whose results have the distribution of the target.
var exactDraw = part[sequence.Verifier]{"Verifier.Draw, of an exact rule", func(v sequence.Verifier) bool {
	return v.Draw != nil && !v.Rule.Lossy
}}

func verifierWordsLaw() Law {
	return verifierLaw[evenTokens]{
		id:        "Verifier/Words",
		claim:     "every draft of a batch takes words of its own: of 300 drafts of nothing, two at any distance have the same of a hundred equal tokens as seldom as chance says (8 batches, a likelihood ratio for every distance, false alarm 1e-12 each)",
		source:    "mlxcel#356: the last seed for all rows; derived: words used again some drafts later",
		of:        exactDraw,
		witnesses: []evenTokens{{100, 67}},
		judge:     verifiesWithWordsOfTheirOwn,
	}.erased()
}

// evenTokens is a problem of so many equally probable tokens, none of them drafted.
type evenTokens struct {
	vocab int
	seed  uint64
}

func (p evenTokens) String() string {
	return fmt.Sprintf("%d equally probable tokens, none drafted, seed %d", p.vocab, p.seed)
}
func (p evenTokens) GoString() string { return p.String() }

// drafts are so many drafts of nothing.
func (p evenTokens) drafts(count int) []sequence.Draft {
	row := slices.Repeat([]float64{1 / float64(p.vocab)}, p.vocab)
	return slices.Repeat([]sequence.Draft{{P: [][]float64{row}}}, count)
}

func verifiesWithWordsOfTheirOwn(v sequence.Verifier, p evenTokens) error {
	drafts, src := p.drafts(300), rand.NewPCG(p.seed, 68)
	copies := newCopies(everyDistance(len(drafts))...)
	for range 8 {
		outputs, err := drawnBy(v, drafts, src)
		if err != nil {
			return err
		}
		copies.see(len(outputs), func(i, before int) float64 {
			if outputs[i][0] == outputs[before][0] {
				return math.Log(float64(p.vocab))
			}
			return math.Inf(-1)
		})
	}
	return copies.verdict("drafts")
}

func verifierCollisionsLaw() Law {
	return verifierLaw[evenTokens]{
		id:        "Verifier/Collisions",
		claim:     "what comes of eight drafts together comes again no more often than by chance" + collisionClaim,
		source:    collisionSource,
		of:        exactDraw,
		witnesses: []evenTokens{{64, 69}},
		judge:     verifiesWithoutCollisions,
	}.erased()
}

func verifiesWithoutCollisions(v sequence.Verifier, p evenTokens) error {
	drafts, src := p.drafts(8), rand.NewPCG(p.seed, 70)
	seen := newCollisions()
	for range 1500 {
		outputs, err := drawnBy(v, drafts, src)
		if err != nil {
			return err
		}
		seen.see(fmt.Sprint(outputs), -8*math.Log(float64(p.vocab)))
	}
	return seen.verdict()
}

func verifierManyLaw() Law {
	return verifierLaw[int]{
		id:        "Verifier/Many",
		claim:     "of more drafts than 16 bits count each gives the one token that its own row has",
		source:    "derived: places of drafts in 16 bits",
		of:        aVerifier,
		witnesses: []int{1<<16 + 700},
		judge:     answersEachOfMany,
	}.erased()
}

func answersEachOfMany(v sequence.Verifier, count int) error {
	rows := [][][]float64{{{1, 0, 0}}, {{0, 1, 0}}, {{0, 0, 1}}}
	drafts := make([]sequence.Draft, count)
	for s := range drafts {
		drafts[s] = sequence.Draft{Tokens: []int{}, P: rows[s*s%7%3]}
	}
	for _, w := range ways(v) {
		if _, err := w.ask(drafts, rand.NewPCG(1, 71)); err != nil {
			return err
		}
	}
	return nil
}

func verifierNothingLaw() Law {
	return verifierLaw[struct{}]{
		id:        "Verifier/Nothing",
		claim:     "no drafts are no error, and Draw without a source is ErrNil",
		source:    "contract",
		level:     verdict.Should,
		of:        aVerifier,
		witnesses: []struct{}{{}},
		judge:     answersNothing,
	}.erased()
}

func answersNothing(v sequence.Verifier, _ struct{}) error {
	for _, w := range ways(v) {
		if _, err := w.ask([]sequence.Draft{}, rand.NewPCG(1, 72)); err != nil {
			return fmt.Errorf("no drafts: %w", err)
		}
	}
	if v.Draw == nil {
		return nil
	}
	if err := v.Draw(make([][]int, 1), evenTokens{3, 1}.drafts(1), nil); !errors.Is(err, reference.ErrNil) {
		return fmt.Errorf("Draw without a source: %s, want %q", said(err), reference.ErrNil)
	}
	return nil
}

func verifierUsedLaw() Law {
	return verifierLaw[offer]{
		id:        "Verifier/Used",
		claim:     "what comes of a draft replaces what dst held before",
		source:    "contract; derived: append to what dst holds",
		level:     verdict.Should,
		of:        aVerifier,
		witnesses: everyKind()[:3],
		judge:     verifiesIntoUsed,
	}.erased()
}

func verifiesIntoUsed(v sequence.Verifier, o offer) error {
	drafts := o.asked(v)
	for _, w := range bareWays(v, nil) {
		dst := usedPlaces(len(drafts))
		if err := w.ask(dst, drafts); err != nil {
			return fmt.Errorf("%s refused good drafts: %w", w.name, err)
		}
		if err := wellFormed(w.name, drafts, dst); err != nil {
			return fmt.Errorf("where dst held [-5]: %w", err)
		}
	}
	return nil
}
