package props

import (
	"fmt"
	"math"
	"math/rand/v2"

	"temper/props/verdict"
	"temper/reference"
)

// invarianceLaws say what changes nothing: adding a constant to every logit, and
// renaming the tokens.
func invarianceLaws() []Law {
	var laws []Law
	for _, op := range []operation{logSumExpOp, logProbsOp, annealOp} {
		laws = append(laws, kernelLaw(op, Law{
			ID:     op.name + "/Shift",
			Claim:  "logits + c have the probabilities of logits, and a log-sum-exp larger by c/T",
			Source: "ollama#9631, candle#267, machinelearning#3648: maximum not subtracted; exp overflows beyond 88.72 in float32",
		}, inner.one(), shiftChangesNothing(op), one(1, 100, 99, 0), one(0.5, 1), one(2, -1000, -1001)),
			kernelLaw(op, Law{
				ID:     op.name + "/Permutation",
				Claim:  "permuting the vocabulary permutes the answer",
				Source: "llama.cpp#812: sorted input assumed",
			}, mustAbove0.one(), permutationPermutes(op), one(1, 1, 2, 3, 4), one(0.7, 4, 1, 3, 2)))
	}
	return laws
}

// askAll is what an operation says of one row: a number a token, or one number.
func askAll(op operation, k reference.Kernels, row []float32, t float64) (tokens []int, answer []float64, err error) {
	switch op.name {
	case "LogSumExp":
		lse, err := logSumExpOf(k, row, t)
		return []int{0}, []float64{lse}, err
	case "LogProbs":
		tokens := telling(row)
		answer, err := logProbsOf(k, row, tokens, t)
		return tokens, answer, err
	}
	answer, err = annealOf(k, row, t)
	return upTo(len(row)), answer, err
}

// sameAnswer compares two answers about the same token: probabilities
// relatively, nats by difference.
func sameAnswer(op operation, got, want, slack float64) bool {
	if op.name == "Anneal" { // what lies below float32's normal range may be 0 in one of them
		return nearProbability(got, math.Log(math.Max(want, 0x1p-126)), slack+0x1p-22)
	}
	return near(got, want, slack)
}

func shiftChangesNothing(op operation) func(reference.Kernels, batch) error {
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
		tokens, want, err := askAll(op, k, row, b.temperature)
		if err != nil {
			return err
		}
		_, got, err := askAll(op, k, shifted, b.temperature)
		if err != nil {
			return fmt.Errorf("shifted by %v: %w", c, err)
		}
		slack := slack(verdict.Must, row, b.temperature) + slack(verdict.Must, shifted, b.temperature)
		for i, token := range tokens {
			expected := want[i]
			if op.name == "LogSumExp" {
				expected += c / b.temperature
			}
			if math.IsInf(expected, 0) && op.name == "LogSumExp" || sameAnswer(op, got[i], expected, slack) {
				continue
			}
			return fmt.Errorf("token %d: %v, but %v when every logit is larger by %v\nof logits %s", token, want[i], got[i], c, brief(row))
		}
		return nil
	}
}

func permutationPermutes(op operation) func(reference.Kernels, batch) error {
	return func(k reference.Kernels, b batch) error {
		row, t := b.row(), b.temperature
		place := rand.New(b.source(0)).Perm(len(row))
		permuted := make([]float32, len(row))
		for v, x := range row {
			permuted[place[v]] = x
		}
		tokens, want, err := askAll(op, k, row, t)
		if err != nil {
			return err
		}
		var got []float64
		if op.name == "LogProbs" {
			places := make([]int, len(tokens))
			for i, v := range tokens {
				places[i] = place[v]
			}
			got, err = logProbsOf(k, permuted, places, t)
		} else {
			_, got, err = askAll(op, k, permuted, t)
		}
		if err != nil {
			return err
		}
		slack := 2 * slack(verdict.Must, row, t)
		for i, v := range tokens {
			at := i
			if op.name == "Anneal" {
				at = place[v]
			}
			if !sameAnswer(op, got[at], want[i], slack) {
				return fmt.Errorf("token %d: %v, but %v when it is token %d of %s", v, want[i], got[at], place[v], brief(permuted))
			}
		}
		return nil
	}
}
