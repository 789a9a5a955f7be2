package props

import (
	"errors"
	"fmt"
	"slices"

	"temper/props/verdict"
	"temper/reference"
)

// samplerMemoryLaws are about what an operation may read, write and keep.
func samplerMemoryLaws() []Law {
	return []Law{samplerInputsLaw(), samplerAllocationLaw()}
}

func samplerInputsLaw() Law {
	return samplerLaw{
		id:     "Sampler/Inputs",
		claim:  "logits, settings, tokens and uniform numbers are never changed, nor what lies behind the answers up to their capacity",
		source: "cuts that write −Inf into the caller's logits; a sort in place",
		of:     anySampler,
		once:   everyPair,
		judge:  surveyed(ofEach(leavesSettings)),
	}.erased()
}

func leavesSettings(op samplerOperation, s reference.Sampler, b serving) error {
	q := b.question()
	logits, logitsSame := guarded(q.logits)
	tokens, tokensSame := guarded(q.tokens)
	u, uSame := guarded(q.u)
	nats, natsSame := guarded(make([]float64, len(b.rows)))
	drawn, drawnSame := guarded(make([]int, len(b.rows)))
	kept := make([]bool, len(logits)+1)
	how := slices.Clone(q.how)
	q.logits, q.tokens, q.u = logits, tokens, u
	if err := op.call(s, q, reply{kept[:len(logits)], nats, drawn}); err != nil {
		return refusedGood(err)
	}
	switch {
	case !logitsSame(false):
		return errors.New("logits were changed")
	case !slices.Equal(how, q.how):
		return errors.New("settings were changed")
	case !tokensSame(false) || !uSame(false):
		return errors.New("tokens or uniform numbers were changed")
	case !natsSame(true) || !drawnSame(true) || kept[len(logits)]:
		return errors.New("something was written behind the end of dst")
	}
	return nil
}

func samplerAllocationLaw() Law {
	return samplerLaw{
		id:        "Sampler/Allocation",
		claim:     "nothing is allocated in steady state",
		source:    "contract",
		level:     verdict.Should,
		of:        anySampler,
		witnesses: []servings{{manySettings()}},
		judge:     surveyed(ofEach(samplesWithoutAllocation)),
	}.erased()
}

func samplesWithoutAllocation(op samplerOperation, s reference.Sampler, b serving) error {
	const calls = 10
	q := b.question().choose(upTo(min(8, len(b.rows)))...)
	dst := q.destination()
	fewest, err := fewestAllocations(calls, func() error { return op.call(s, q, dst) })
	if err != nil {
		return refusedGood(err)
	}
	if fewest >= calls {
		return fmt.Errorf("%d allocations in %d calls", fewest, calls)
	}
	return nil
}
