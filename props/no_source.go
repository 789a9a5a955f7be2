package props

import (
	"errors"
	"fmt"

	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
)

const noSourceClaim = "without a source of words T = 0, where nothing is drawn, is answered as ever, and any other T is ErrNil"

func drawNoSourceLaw() Law {
	return batchLaw{
		id:        "Draw/NoSource",
		claim:     noSourceClaim,
		source:    "contract; derived: a source that is asked for a word before it is known to be needed",
		level:     verdict.Should,
		of:        partOf(operation.Draw),
		witnesses: []batch{one(0, 1, 3, 2), one(1, 1, 3, 2)},
		judge: func(k reference.Kernels, b batch) error {
			dst := []int{-1}
			q := b.query()
			return withoutSource(b.temperature, dst, 1, operation.Draw.Call(k, operation.Query{Logits: q.Logits, Rows: q.Rows, Temperature: q.Temperature}, operation.Destination{Draws: dst}))
		},
	}.erased()
}

func samplerNoSourceLaw() Law {
	return samplerLaw{
		id:        "Sampler/NoSource",
		claim:     noSourceClaim,
		source:    "contract; derived: a source that is asked for a word before it is known to be needed",
		level:     verdict.Should,
		of:        samplerDraw,
		witnesses: []servings{{served(reference.Sampling{Temperature: 0}, 1, 3, 2)}, {served(reference.Sampling{Temperature: 1}, 1, 3, 2)}},
		judge: surveyed(func(s reference.Sampler, b serving) error {
			dst := []int{-1}
			return withoutSource(b.how[0].Temperature, dst, 1, s.Draw(dst, b.rows[0], nil, b.how))
		}),
	}.erased()
}

// withoutSource judges what came of one row whose largest logit is that of the token most.
func withoutSource(temperature float64, dst []int, most int, err error) error {
	switch {
	case temperature > 0 && !errors.Is(err, reference.ErrNil):
		return fmt.Errorf("%s, want %q", said(err), reference.ErrNil)
	case temperature == 0 && (err != nil || dst[0] != most):
		return fmt.Errorf("token %d, %s, want token %d", dst[0], said(err), most)
	}
	return nil
}
