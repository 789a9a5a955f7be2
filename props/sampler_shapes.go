package props

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"temper/props/verdict"
	"temper/reference"
)

// misfits are lengths that do not fit together.
func misfits(op samplerOperation) []struct {
	name string
	q    question
	dst  reply
} {
	row := []float32{1, 2, 3, 1, 2, 3}
	how := slices.Repeat([]reference.Sampling{{Temperature: 1}}, 2)
	good := question{row, how, []int{0, 1}, []float64{0.5, 0.5}, rand.NewPCG(1, 1)}
	shorter, longer, empty, ragged, few := good, good, good, good, good
	shorter.how, longer.how, empty.how = how[:1], slices.Repeat(how, 2), nil
	ragged.logits = row[:5]
	few.tokens, few.u = few.tokens[:1], few.u[:1]
	fits := good.destination()
	long := reply{append(slices.Clone(fits.kept), true), append(slices.Clone(fits.nats), 0), append(slices.Clone(fits.tokens), 0)}
	all := []struct {
		name string
		q    question
		dst  reply
	}{
		{"settings for 4 of 2 rows", longer, fits}, {"no settings", empty, fits}, {"5 logits in 2 rows", ragged, fits}, {"dst too long", good, long},
	}
	switch op.of.words { // a matrix of six logits is one row too
	case samplerKeep.words:
	case samplerDraw.words:
		all = append(all, all[0])
		all[len(all)-1].name, all[len(all)-1].q = "settings for 1 of 2 rows", shorter
	default:
		all = append(all, all[0], all[0])
		all[len(all)-2].name, all[len(all)-2].q = "settings for 1 of 2 rows", shorter
		all[len(all)-1].name, all[len(all)-1].q = "one token and one uniform number for 2 rows", few
	}
	return all
}

func samplerShapesLaw() Law {
	return samplerLaw{
		id:        "Sampler/Shapes",
		claim:     "settings, tokens, uniform numbers or places for another number of rows are an error",
		source:    "contract; vllm#1309: settings and rows out of step",
		of:        anySampler,
		witnesses: []servings{{served(reference.Sampling{Temperature: 1}, 0)}},
		judge:     surveyed(ofEach(refusesMisfits(func(err error) bool { return err != nil }))),
	}.erased()
}

func samplerShapeErrorsLaw() Law {
	return samplerLaw{
		id:        "Sampler/ShapeErrors",
		claim:     "that error is ErrShape",
		source:    "contract",
		level:     verdict.Should,
		of:        anySampler,
		witnesses: []servings{{served(reference.Sampling{Temperature: 1}, 0)}},
		judge:     surveyed(ofEach(refusesMisfits(func(err error) bool { return errors.Is(err, reference.ErrShape) }))),
	}.erased()
}

func refusesMisfits(right func(error) bool) func(samplerOperation, reference.Sampler, serving) error {
	return func(op samplerOperation, s reference.Sampler, _ serving) error {
		for _, m := range misfits(op) {
			if err := op.call(s, m.q, m.dst); !right(err) {
				return fmt.Errorf("%s: %s", m.name, said(err))
			}
		}
		return nil
	}
}
