package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/props/accuracy"
	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
)

// accuracyLaws hold every operation to the table of bounds.
func accuracyLaws() []Law {
	var laws []Law
	for _, op := range operationsThat(operation.Operation.Numeric) { // Sample/InverseCDF is Sample's
		laws = append(laws, accuracyLaw(op))
	}
	for _, op := range operationsThat(operation.Operation.Determined) {
		laws = append(laws, precisionLaw(op))
	}
	return laws
}

func accuracyLaw(op operation.Operation) Law {
	return batchLaw{
		id:        op.Name + "/Accuracy",
		claim:     "the answer is the exact one within 64 + vocab/256 units of the table of bounds",
		source:    "contract; genlm-backend#66, vllm#19: tail log-probabilities in low precision",
		of:        partOf(op),
		inputs:    mustAbove0.one(),
		covered:   mustAbove0.covered(1),
		witnesses: []batch{maskedFront(1, -1000), maskedFront(0.01, -8)},
		judge:     agreesWithExact(op, verdict.Must),
	}.erased()
}

func precisionLaw(op operation.Operation) Law {
	return batchLaw{
		id:        op.Name + "/Precision",
		claim:     "the answer is the exact one within 8 units of the table of bounds, whatever the vocabulary",
		source:    "contract",
		level:     verdict.Should,
		of:        partOf(op),
		inputs:    mustAbove0.one(),
		covered:   mustAbove0.covered(1),
		witnesses: []batch{maskedFront(1, -1000), neighbours(726817)},
		judge:     agreesWithExact(op, verdict.Should),
	}.erased()
}

// maskedFront has nothing but masked tokens in what a kernel reads first, and all
// its mass far below 0 behind them.
func maskedFront(temperature float64, level float32) batch {
	row := slices.Repeat([]float32{float32(math.Inf(-1))}, 4099)
	for v := 2049; v < len(row); v++ {
		row[v] = level - float32(v%7)
	}
	return one(temperature, row...)
}

// neighbours has two large logits, next to each other, half of the row each.
func neighbours(logit float32) batch {
	return one(1, append(slices.Repeat([]float32{logit}, 2048), slices.Repeat([]float32{logit + 1}, 2048)...)...)
}

// agreesWithExact compares what an operation says of one good row with the exact
// answer, within the bound of the level.
func agreesWithExact(op operation.Operation, level verdict.Level) func(reference.Kernels, batch) error {
	return func(k reference.Kernels, b batch) error {
		row, t := b.row(), b.temperature
		slack := accuracy.Slack(level, row, t)
		if op.Returns == operation.Draws {
			return sameTokens(op, k, row, t, slack, rand.New(b.source(0)))
		}
		return sameNumbers(op, k, row, t, slack)
	}
}

func sameNumbers(op operation.Operation, k reference.Kernels, row []float32, t, slack float64) error {
	q := op.EveryWay(ofRow(row, 1, t))
	rows, err := op.Answer(k, q)
	if err != nil {
		return err
	}
	exact := op.Exact(row, t)
	for _, e := range op.Elements(q, rows) {
		want := exact[e.Token]
		switch {
		case op.Returns == operation.Probabilities && !accuracy.NearProbability(e.X, want, slack):
			return fmt.Errorf("%s, exactly %v (relative bound %.2g)", op.Says(e), math.Exp(want), math.Expm1(slack))
		case op.Returns == operation.Nats && !accuracy.Near(e.X, want, slack):
			return fmt.Errorf("%s, exactly %v ± %.2g", op.Says(e), want, slack)
		}
	}
	return nil
}

// sameTokens asks about the numbers where samplers go wrong: both ends of
// [0, 1), the edges of F and their neighbours, and a few between.
func sameTokens(op operation.Operation, k reference.Kernels, row []float32, t, slack float64, r *rand.Rand) error {
	cdf := distributionFunction(row, t)
	numbers := []float64{r.Float64(), 1 - 0x1p-24, 1 - 0x1p-53}
	if len(row) < operation.Long {
		numbers = append(numbers, 0, 0x1p-53, 0.5, r.Float64(), r.Float64())
		for range 3 {
			edge := math.Min(cdf[r.IntN(len(row))], 1-0x1p-53)
			numbers = append(numbers, edge, math.Nextafter(edge, 0), math.Min(math.Nextafter(edge, 1), 1-0x1p-53))
		}
	}
	tokens, err := tokensAt(op, k, row, t, numbers...)
	if err != nil {
		return err
	}
	for j, i := range tokens {
		u := numbers[j]
		if isMasked(row[i]) {
			return fmt.Errorf("u = %v gives token %d, which is masked", u, i)
		}
		if before, upTo := interval(cdf, i); !accuracy.NearInterval(u, before, upTo, slack) {
			return fmt.Errorf("u = %v gives token %d, but F(%d) = %v and F(%d) = %v (± %.2g)", u, i, i-1, before, i, upTo, accuracy.IntervalTolerance(slack))
		}
	}
	return nil
}
