package props

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/props/accuracy"
	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
)

// invarianceLaws say what changes nothing: adding a constant to every logit, and
// renaming the tokens.
func invarianceLaws() []Law {
	var laws []Law
	for _, op := range operationsThat(operation.Operation.Numeric) {
		laws = append(laws, shiftLaw(op), permutationLaw(op))
	}
	return laws
}

// sameAnswer compares two answers about the same token: probabilities
// relatively, nats by difference.
func sameAnswer(op operation.Operation, got, want, slack float64) bool {
	if op.Returns == operation.Probabilities { // what lies below float32's normal range may be 0 in one of them
		return accuracy.NearProbability(got, math.Log(math.Max(want, 0x1p-126)), slack+0x1p-22)
	}
	return accuracy.Near(got, want, slack)
}

// differs says that a number of an answer is another one elsewhere. NaN is wrong by itself:
// what is elsewhere would say nothing.
func differs(op operation.Operation, token int, x float64, elsewhere string) error {
	said := op.Says(operation.Element{X: x, Token: token})
	if math.IsNaN(x) {
		return errors.New(said)
	}
	return fmt.Errorf("%s, but %s", said, elsewhere)
}

func shiftLaw(op operation.Operation) Law {
	return batchLaw{
		id:        op.Name + "/Shift",
		claim:     "logits + c have the probabilities of logits, and a log-sum-exp larger by c/T",
		source:    "ollama#9631, candle#267, machinelearning#3648: maximum not subtracted; exp overflows beyond 88.72 in float32",
		of:        partOf(op),
		inputs:    inner.one(),
		covered:   inner.covered(1),
		witnesses: []batch{one(1, 100, 99, 0), one(0.5, 1), one(2, -1000, -1001)},
		judge:     shiftChangesNothing(op),
	}.erased()
}

func shiftChangesNothing(op operation.Operation) func(reference.Kernels, batch) error {
	return func(k reference.Kernels, b batch) error {
		r := rand.New(b.source(0))
		c := math.Round(math.Exp2(18*r.Float64()-1)) * float64(1-2*r.IntN(2))
		row, shifted := make([]float32, len(b.row())), make([]float32, len(b.row()))
		for i, x := range b.row() {
			row[i] = x
			if !isMasked(x) { // on a grid of 2⁻⁶, so that adding c is exact
				row[i] = float32(math.Round(64*math.Remainder(float64(x), 64)) / 64)
			}
			shifted[i] = row[i] + float32(c)
		}
		tokens, want, err := numbersOf(op, k, row, b.temperature)
		if err != nil {
			return err
		}
		_, got, err := numbersOf(op, k, shifted, b.temperature)
		if err != nil {
			return fmt.Errorf("shifted by %v: %w", c, err)
		}
		slack := accuracy.Slack(verdict.Must, row, b.temperature) + accuracy.Slack(verdict.Must, shifted, b.temperature)
		for i, token := range tokens {
			expected := want[i]
			if op.Shift != nil {
				expected += op.Shift(c, b.temperature)
			}
			if math.IsInf(expected, 0) && op.Shift != nil || sameAnswer(op, got[i], expected, slack) {
				continue
			}
			return differs(op, token, want[i], fmt.Sprintf("%v when every logit is larger by %v\nof logits %s", got[i], c, brief(row)))
		}
		return nil
	}
}

func permutationLaw(op operation.Operation) Law {
	return batchLaw{
		id:        op.Name + "/Permutation",
		claim:     "permuting the vocabulary permutes the answer",
		source:    "llama.cpp#812: sorted input assumed",
		of:        partOf(op),
		inputs:    mustAbove0.one(),
		covered:   mustAbove0.covered(1),
		witnesses: []batch{one(1, 1, 2, 3, 4), one(0.7, 4, 1, 3, 2)},
		judge:     permutationPermutes(op),
	}.erased()
}

func permutationPermutes(op operation.Operation) func(reference.Kernels, batch) error {
	return func(k reference.Kernels, b batch) error {
		row, t := b.row(), b.temperature
		place := rand.New(b.source(0)).Perm(len(row))
		permuted := make([]float32, len(row))
		for v, x := range row {
			permuted[place[v]] = x
		}
		tokens, want, err := numbersOf(op, k, row, t)
		if err != nil {
			return err
		}
		q := op.EveryWay(ofRow(row, 1, t))
		q.Logits = slices.Repeat(permuted, q.Rows)
		for i, v := range q.Tokens {
			q.Tokens[i] = place[v]
		}
		answer, err := op.Answer(k, q)
		if err != nil {
			return err
		}
		got := slices.Concat(answer...)
		slack := 2 * accuracy.Slack(verdict.Must, row, t)
		for i, v := range tokens {
			at := i
			if op.Returns == operation.Probabilities {
				at = place[v]
			}
			if !sameAnswer(op, got[at], want[i], slack) {
				return differs(op, v, want[i], fmt.Sprintf("%v when token %d is token %d of %s", got[at], v, place[v], brief(permuted)))
			}
		}
		return nil
	}
}
