package props

import (
	"fmt"
	"math"
	"slices"

	"temper/props/accuracy"
	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
)

// temperatureLaws are about the two ends of the temperature, the way there, and
// the numbers that are no temperature.
func temperatureLaws() []Law {
	laws := []Law{
		logSumExpZeroLaw(),
		coolingLaw(operation.LogProbs, logProbsCool), coolingLaw(operation.Anneal, annealCools), sampleCoolingLaw(), drawCoolingLaw(),
		annealHeatingLaw(),
	}
	for _, op := range operationsThat(operation.Operation.OfTokens) {
		laws = append(laws, zeroLaw(op), lowestIndexLaw(op))
	}
	laws = append(laws, zeroAgreesLaw(operation.LogProbs, logProbsAgreeAtZero), zeroAgreesLaw(operation.Sample, samplesAgreeAtZero))
	for _, op := range operationsThat(operation.Operation.Determined) {
		laws = append(laws, infinityLaw(op), rangeLaw(op))
	}
	for _, op := range operation.All() {
		laws = append(laws, nanTemperatureLaw(op), negativeTemperatureLaw(op), negativeTemperatureRefusedLaw(op))
	}
	return laws
}

// The ends of the temperature.
var (
	zero     = domain{only: []float64{0}, largest: 1e37}
	infinite = domain{only: []float64{math.Inf(1)}, largest: 1e37}
)

func logSumExpZeroLaw() Law {
	return batchLaw{
		id:      "LogSumExp/Zero",
		claim:   "log-sum-exp has no value at T = 0: an error or NaN, not a number",
		source:  "ggml#37, gemma#562, nanoGPT#546, exllama#226: logits divided by 0",
		of:      partOf(operation.LogSumExp),
		inputs:  zero.one(),
		covered: zero.covered(1),
		judge:   logSumExpRefusesZero,
	}.erased()
}

func logSumExpRefusesZero(k reference.Kernels, b batch) error {
	rows, err := operation.LogSumExp.Ask(k, b.query())
	if lse := rows[0][0]; err == nil && !math.IsNaN(lse) {
		return fmt.Errorf("log-sum-exp at T = 0 is %v, without an error", lse)
	}
	return nil
}

func zeroLaw(op operation.Operation) Law {
	return batchLaw{
		id:        op.Name + "/Zero",
		claim:     "at T = 0 all mass is on the largest logit, or shared by those equal to it",
		source:    "definition: T = 0 takes the most probable token; LLaDA2.X#6: T = 0 still draws",
		of:        partOf(op),
		inputs:    zero.rows(3),
		covered:   zero.covered(3),
		witnesses: greedyWitnesses(),
		judge:     greedy(op, onArgmax),
	}.erased()
}

func lowestIndexLaw(op operation.Operation) Law {
	return batchLaw{
		id:        op.Name + "/LowestIndex",
		claim:     "at T = 0 the lowest index among equal largest logits has all mass",
		source:    "contract",
		level:     verdict.Should,
		of:        partOf(op),
		inputs:    zero.rows(3),
		covered:   zero.covered(3),
		witnesses: greedyWitnesses(),
		judge:     greedy(op, onFirst),
	}.erased()
}

// greedyWitnesses have the largest logit in first, middle and last place, at 0,
// among equals, and beside masks.
func greedyWitnesses() []batch {
	masked, negative := float32(math.Inf(-1)), float32(math.Copysign(0, -1)) // −0 is equal to 0, though its bits are below
	return []batch{
		one(0, negative, 0, -1), one(0, -1, 0, negative), one(0, negative, negative),
		one(0, 3, 1, 2), one(0, 1, 3, 2), one(0, 1, 2, 3), one(0, 0, -1, -2), one(0, -3, -1, -2),
		one(0, 1, 2, 2, 0), one(0, 5, 5), one(0, masked, masked, -7, masked), one(0, 7), one(0, masked, 0),
	}
}

// onArgmax allows any of the largest logits to have the mass, onFirst only the
// first of them.
func onArgmax(row []float32) []bool {
	largest := operation.PeakOf(row).Logit
	allowed := make([]bool, len(row))
	for v, x := range row {
		allowed[v] = x == largest
	}
	return allowed
}

func onFirst(row []float32) []bool {
	allowed := make([]bool, len(row))
	allowed[slices.Index(row, operation.PeakOf(row).Logit)] = true
	return allowed
}

// greedy checks that an operation puts all mass on allowed tokens at T = 0.
func greedy(op operation.Operation, allowed func(row []float32) []bool) func(reference.Kernels, batch) error {
	return func(k reference.Kernels, b batch) error {
		if op.Returns == operation.Nats {
			return greedyLogProbs(op, k, b.row(), allowed(b.row()))
		}
		rows, err := op.Answer(k, b.query())
		if err != nil {
			return err
		}
		for r, row := range b.rows {
			allowed := allowed(row)
			if op.Returns == operation.Draws {
				if token := int(rows[r][0]); !allowed[token] {
					return fmt.Errorf("row %d: token %d, not the largest logit", r, token)
				}
				continue
			}
			total := 0.0
			for v, p := range rows[r] {
				if total += p; !allowed[v] && p != 0 || math.IsNaN(p) {
					return fmt.Errorf("row %d: p(%d) = %v", r, v, p)
				}
			}
			if !(math.Abs(total-1) < accuracy.ZeroSlack) {
				return fmt.Errorf("row %d: Σ p = %v", r, total)
			}
		}
		return nil
	}
}

func greedyLogProbs(op operation.Operation, k reference.Kernels, row []float32, allowed []bool) error {
	tokens, logp, err := numbersOf(op, k, row, 0)
	if err != nil {
		return err
	}
	total := 0.0
	for i, v := range tokens {
		if total += math.Exp(logp[i]); !allowed[v] && !math.IsInf(logp[i], -1) || math.IsNaN(logp[i]) {
			return fmt.Errorf("log p(%d) = %v", v, logp[i])
		}
	}
	if len(tokens) == len(row) && !(math.Abs(total-1) < accuracy.ZeroSlack) {
		return fmt.Errorf("Σ exp(log p) = %v", total)
	}
	return nil
}

func zeroAgreesLaw(op operation.Operation, judge func(reference.Kernels, batch) error) Law {
	both := func(k reference.Kernels) bool { return op.Provided(k) && operation.Anneal.Provided(k) }
	return batchLaw{
		id:        op.Name + "/ZeroAgrees",
		claim:     "at T = 0 " + op.Name + " and Anneal put the mass on the same token",
		source:    "miles#1190, prime-rl#3090: scoring path unguarded, sampling path fine",
		of:        part[reference.Kernels]{partOf(op).words + " and " + partOf(operation.Anneal).words, both},
		inputs:    zero.one(),
		covered:   zero.covered(1),
		witnesses: greedyWitnesses(),
		judge:     judge,
	}.erased()
}

// logProbsAgreeAtZero and samplesAgreeAtZero compare with Anneal.
func logProbsAgreeAtZero(k reference.Kernels, b batch) error {
	row := b.row()
	p, err := annealOf(k, row, 0)
	if err != nil {
		return err
	}
	tokens := operation.Telling(row)
	logp, err := logProbsOf(k, row, tokens, 0)
	if err != nil {
		return err
	}
	for i, v := range tokens {
		if !(math.Abs(math.Exp(logp[i])-p[v]) < accuracy.ZeroSlack) {
			return fmt.Errorf("log p(%d) = %v, where Anneal has p = %v", v, logp[i], p[v])
		}
	}
	return nil
}

func samplesAgreeAtZero(k reference.Kernels, b batch) error {
	row := b.row()
	p, err := annealOf(k, row, 0)
	if err != nil {
		return err
	}
	tokens, err := sampleOf(k, row, 0, b.query().U[0])
	if err == nil && !(p[tokens[0]] > 0) {
		err = fmt.Errorf("Sample gives token %d, where Anneal has p = %v", tokens[0], p[tokens[0]])
	}
	return err
}

func infinityLaw(op operation.Operation) Law {
	return batchLaw{
		id:        op.Name + "/Infinity",
		claim:     "T = +Inf is uniform over the support, the logits above −Inf",
		source:    "definition: T = ∞ is uniform; −Inf/+Inf and −Inf·0 are NaN",
		of:        partOf(op),
		inputs:    infinite.one(),
		covered:   infinite.covered(1),
		witnesses: []batch{one(math.Inf(1), 1, float32(math.Inf(-1)), 3)},
		judge:     agreesWithExact(op, verdict.Must),
	}.erased()
}

func rangeLaw(op operation.Operation) Law {
	return batchLaw{
		id:     op.Name + "/Range",
		claim:  "any finite float32 logits and any T above 0 have the right answer, ±Inf where logit/T leaves float64, never NaN",
		source: "contract",
		level:  verdict.Should,
		of:     partOf(op),
		inputs: everywhere.one(),
		witnesses: []batch{
			one(math.SmallestNonzeroFloat64, 1, 0, -1),
			one(math.MaxFloat64, math.MaxFloat32, -math.MaxFloat32),
			one(1, math.MaxFloat32, -math.MaxFloat32, 0),
			one(1e-300, -1e38, -1e38, -2e38),
			one(1e-45, 0x1p-149, 0),
		},
		judge: agreesWithExact(op, verdict.Must),
	}.erased()
}
