package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
)

// temperatureLaws are about the two ends of the temperature, the way there, and
// the numbers that are no temperature.
func temperatureLaws() []Law {
	laws := []Law{
		logSumExpZeroLaw(),
		logProbsCoolingLaw(), annealCoolingLaw(), sampleCoolingLaw(), drawCoolingLaw(),
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

func lowestIndexLaw(op operation.Operation) Law {
	return batchLaw{
		id:        op.Name + "/LowestIndex",
		claim:     "at T = 0 the lowest index among equal largest logits has all mass",
		source:    "contract",
		level:     verdict.Should,
		of:        partOf(op),
		inputs:    zero.rows(3),
		witnesses: greedyWitnesses(),
		judge:     greedy(op, onFirst),
	}.erased()
}

func infinityLaw(op operation.Operation) Law {
	return batchLaw{
		id:        op.Name + "/Infinity",
		claim:     "T = +Inf is uniform over the support, the logits above −Inf",
		source:    "definition: T = ∞ is uniform; −Inf/+Inf and −Inf·0 are NaN",
		of:        partOf(op),
		inputs:    infinite.one(),
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

func zeroAgreesLaw(op operation.Operation, judge func(reference.Kernels, batch) error) Law {
	both := func(k reference.Kernels) bool { return op.Provided(k) && operation.Anneal.Provided(k) }
	return law[reference.Kernels, batch]{
		id:        op.Name + "/ZeroAgrees",
		claim:     "at T = 0 " + op.Name + " and Anneal put the mass on the same token",
		source:    "miles#1190, prime-rl#3090: scoring path unguarded, sampling path fine",
		of:        part[reference.Kernels]{partOf(op).words + " and " + partOf(operation.Anneal).words, both},
		inputs:    zero.one(),
		witnesses: greedyWitnesses(),
		judge:     judge,
	}.erased()
}

// The ends of the temperature.
var (
	zero     = domain{only: []float64{0}, largest: 1e37}
	infinite = domain{only: []float64{math.Inf(1)}, largest: 1e37}
)

// greedyWitnesses have the largest logit in first, middle and last place, at 0,
// among equals, and beside masks.
func greedyWitnesses() []batch {
	masked := float32(math.Inf(-1))
	return []batch{
		one(0, 3, 1, 2), one(0, 1, 3, 2), one(0, 1, 2, 3), one(0, 0, -1, -2), one(0, -3, -1, -2),
		one(0, 1, 2, 2, 0), one(0, 5, 5), one(0, masked, masked, -7, masked), one(0, 7), one(0, masked, 0),
	}
}

func logSumExpZeroLaw() Law {
	return batchLaw{
		id:     "LogSumExp/Zero",
		claim:  "log-sum-exp has no value at T = 0: an error or NaN, not a number",
		source: "ggml#37, gemma#562, nanoGPT#546, exllama#226: logits divided by 0",
		of:     partOf(operation.LogSumExp),
		inputs: zero.one(),
		judge:  logSumExpRefusesZero,
	}.erased()
}

func logSumExpRefusesZero(k reference.Kernels, b batch) error {
	rows, err := operation.LogSumExp.Ask(k, b.query())
	if lse := rows[0][0]; err == nil && !math.IsNaN(lse) {
		return fmt.Errorf("log-sum-exp at T = 0 is %v, without an error", lse)
	}
	return nil
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

func zeroLaw(op operation.Operation) Law {
	return batchLaw{
		id:        op.Name + "/Zero",
		claim:     "at T = 0 all mass is on the largest logit, or shared by those equal to it",
		source:    "definition: T = 0 takes the most probable token; LLaDA2.X#6: T = 0 still draws",
		of:        partOf(op),
		inputs:    zero.rows(3),
		witnesses: greedyWitnesses(),
		judge:     greedy(op, onArgmax),
	}.erased()
}

// greedy checks that an operation puts all mass on allowed tokens at T = 0.
func greedy(op operation.Operation, allowed func(row []float32) []bool) func(reference.Kernels, batch) error {
	return func(k reference.Kernels, b batch) error {
		if op.Returns == operation.Nats {
			return greedyLogProbs(k, b.row(), allowed(b.row()))
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
			if !(math.Abs(total-1) < operation.Certainty) {
				return fmt.Errorf("row %d: Σ p = %v", r, total)
			}
		}
		return nil
	}
}

func greedyLogProbs(k reference.Kernels, row []float32, allowed []bool) error {
	tokens := operation.Telling(row)
	logp, err := logProbsOf(k, row, tokens, 0)
	if err != nil {
		return err
	}
	total := 0.0
	for i, v := range tokens {
		if total += math.Exp(logp[i]); !allowed[v] && !math.IsInf(logp[i], -1) || math.IsNaN(logp[i]) {
			return fmt.Errorf("log p(%d) = %v", v, logp[i])
		}
	}
	if len(tokens) == len(row) && !(math.Abs(total-1) < operation.Certainty) {
		return fmt.Errorf("Σ exp(log p) = %v", total)
	}
	return nil
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
		if !(math.Abs(math.Exp(logp[i])-p[v]) < operation.Certainty) {
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

// coolings are the temperatures on the way to 0.
func coolings() []float64 {
	var grid []float64
	for t := 0.1; t >= 1e-30; t /= 2.7 {
		grid = append(grid, t)
	}
	return grid
}

// modesOf lists the tokens of the largest logit, and says how far below it the next
// one is.
func modesOf(row []float32) (modes []int, gap float64) {
	gap = math.Inf(1)
	largest := operation.PeakOf(row).Logit
	for v, x := range row {
		if x == largest {
			modes = append(modes, v)
		} else {
			gap = math.Min(gap, float64(largest)-float64(x))
		}
	}
	return modes, gap
}

// warmth bounds the probability of everything but the modes: (V − m)/m · exp(−gap/T).
func warmth(vocab int, modes []int, gap, t float64) float64 {
	return float64(vocab-len(modes)) / float64(len(modes)) * math.Exp(-gap/t)
}

func annealCoolingLaw() Law {
	return batchLaw{
		id:     "Anneal/Cooling",
		claim:  "1 − p_T(argmax) ≤ (V − m)/m · exp(−gap/T) for T from 0.1 to 1e-30: the limit is T = 0, with no band of NaN on the way",
		source: "vllm#890, #3063, #2937: overflow just above the greedy cut-off",
		of:     partOf(operation.Anneal),
		inputs: ordinary.one(),
		judge:  annealCools,
	}.erased()
}

func annealCools(k reference.Kernels, b batch) error {
	row := b.row()
	modes, gap := modesOf(row)
	return each(coolings(), func(t float64) error {
		p, err := annealOf(k, row, t)
		if err != nil {
			return fmt.Errorf("T = %v: %w", t, err)
		}
		bound := warmth(len(row), modes, gap, t)
		total := 0.0
		for _, v := range modes {
			total += p[v]
		}
		if tolerance := math.Expm1(slack(verdict.Must, row, t)) + 0x1p-20; !(1-total <= bound+tolerance) {
			return fmt.Errorf("T = %v: p(argmax) = %v, where the rest has at most %v", t, total, bound)
		}
		return nil
	})
}

func logProbsCoolingLaw() Law {
	return batchLaw{
		id:     "LogProbs/Cooling",
		claim:  "1 − p_T(argmax) ≤ (V − m)/m · exp(−gap/T) for T from 0.1 to 1e-30: the limit is T = 0, with no band of NaN on the way",
		source: "vllm#890, #3063, #2937: overflow just above the greedy cut-off",
		of:     partOf(operation.LogProbs),
		inputs: ordinary.one(),
		judge:  logProbsCool,
	}.erased()
}

func logProbsCool(k reference.Kernels, b batch) error {
	row := b.row()
	modes, gap := modesOf(row)
	return each(coolings(), func(t float64) error {
		bound := warmth(len(row), modes, gap, t)
		logp, err := logProbsOf(k, row, modes[:1], t)
		if err != nil {
			return fmt.Errorf("T = %v: %w", t, err)
		}
		total := math.Exp(logp[0]) * float64(len(modes))
		if tolerance := math.Expm1(slack(verdict.Must, row, t)) + 0x1p-20; !(1-total <= bound+tolerance) {
			return fmt.Errorf("T = %v: p(argmax) = %v, where the rest has at most %v", t, total, bound)
		}
		return nil
	})
}

// cold says that the temperature leaves so little to all but the argmax set that
// no error within the bound makes it more than exp(−60).
func cold(rest, slack float64) bool { return math.Log(rest)+2*slack <= -60 }

func sampleCoolingLaw() Law {
	return batchLaw{
		id:        "Sample/Cooling",
		claim:     "where the temperature leaves the rest less than exp(−60), u = (j + ½)/m gives the j-th of the m largest logits, or any of them where the bound is as wide as its interval",
		source:    "vllm#890, #3063, #2937: overflow just above the greedy cut-off",
		of:        partOf(operation.Sample),
		inputs:    ordinary.one(),
		witnesses: []batch{one(1, 1, 3, 2), one(1, 0, 0, -1), one(1, 1, 0, 1), one(1, 1, 0, 1, 0, 1, 1)},
		judge:     samplesCool,
	}.erased()
}

// samplesCool asks in the middle of the modes' intervals: their edges, k/m, are
// where a token of the rest can be the right one at any temperature, as u = ½ for
// the logits [1 0 1] gives token 1. Where the bound is as wide as an interval,
// only the first is asked about, far from where sums may be short.
func samplesCool(k reference.Kernels, b batch) error {
	row, r := b.row(), rand.New(b.source(8))
	modes, gap := modesOf(row)
	return each(coolings(), func(t float64) error {
		rest := warmth(len(row), modes, gap, t)
		within := slack(verdict.Must, row, t)
		if !cold(rest, within) {
			return nil
		}
		m, chosen := len(modes), []int{0}
		sharp := math.Expm1(within)+0x1p-50 < 0.25/float64(m)
		if sharp {
			chosen = append(chosen, m/2, m-1, r.IntN(m))
		}
		var u []float64
		for _, j := range chosen {
			u = append(u, (float64(j)+0.5)/float64(m))
		}
		tokens, err := sampleOf(k, row, t, u...)
		if err != nil {
			return fmt.Errorf("T = %v: %w", t, err)
		}
		for i, token := range tokens {
			if !slices.Contains(modes, token) {
				return fmt.Errorf("T = %v: u = %v gives token %d, where all but the largest logits have at most %.2g", t, u[i], token, rest)
			}
			if want := modes[chosen[i]]; sharp && token != want {
				return fmt.Errorf("T = %v: u = %v gives token %d, not %d, the middle of whose interval it is", t, u[i], token, want)
			}
		}
		return nil
	})
}

func drawCoolingLaw() Law {
	return batchLaw{
		id:        "Draw/Cooling",
		claim:     "where the temperature leaves the rest less than exp(−60), the tokens drawn are of the argmax set (one draw that is not, as a uniform number of 24 bits at an edge gives, is let pass)",
		source:    "vllm#890, #3063, #2937: overflow just above the greedy cut-off",
		of:        partOf(operation.Draw),
		inputs:    ordinary.one(),
		witnesses: []batch{one(1, 1, 3, 2), one(1, 0, 0, -1), one(1, 1, 0, 1)},
		judge:     drawsCool,
	}.erased()
}

// drawsCool counts the draws outside the argmax set over all temperatures. One
// is no proof: u = 0 rightly gives a first token of any probability, and comes
// once in 2²⁴ draws where uniform numbers have 24 bits. Two among the 272 draws
// of an input, or fewer, come by that with a probability of at most 1.4e-10.
func drawsCool(k reference.Kernels, b batch) error {
	row, outside := b.row(), 0
	modes, gap := modesOf(row)
	const draws = 4
	q := operation.Query{Logits: slices.Repeat(row, draws), Rows: draws, Src: b.source(0)}
	return each(coolings(), func(t float64) error {
		rest := warmth(len(row), modes, gap, t)
		if !cold(rest, slack(verdict.Must, row, t)) {
			return nil
		}
		q.Temperature = t
		rows, err := operation.Draw.Answer(k, q)
		if err != nil {
			return fmt.Errorf("T = %v: %w", t, err)
		}
		for _, answer := range rows {
			token := int(answer[0])
			if slices.Contains(modes, token) {
				continue
			}
			if outside++; outside > 1 {
				return fmt.Errorf("T = %v: token %d, the second draw of a token where all but the largest logits have at most %.2g", t, token, rest)
			}
		}
		return nil
	})
}

func annealHeatingLaw() Law {
	return batchLaw{
		id:     "Anneal/Heating",
		claim:  "exp(−R/T) ≤ n·p_T(v) ≤ exp(R/T) on a support of n tokens whose logits span R",
		source: "definition: T = ∞ is uniform",
		of:     partOf(operation.Anneal),
		inputs: mustAbove0.one(),
		judge:  annealHeats,
	}.erased()
}

func annealHeats(k reference.Kernels, b batch) error {
	row, t := b.row(), b.temperature
	p, err := annealOf(k, row, t)
	if err != nil {
		return err
	}
	support := unmasked(row, upTo(len(row)))
	smallest := row[support[0]]
	for _, v := range support {
		smallest = min(smallest, row[v])
	}
	span := (float64(operation.PeakOf(row).Logit) - float64(smallest)) / t
	tolerance := slack(verdict.Must, row, t) + 0x1p-22
	for _, v := range support {
		scaled := p[v] * float64(len(support))
		if !(scaled >= math.Exp(-span-tolerance)*(1-0x1p-20)-0x1p-100 && scaled <= math.Exp(span+tolerance)) {
			return fmt.Errorf("n·p(%d) = %v, outside exp(∓%v) for n = %d", v, scaled, span, len(support))
		}
	}
	return nil
}

// belowZero are temperatures below 0 that float32 holds; 16 bits hold the first two,
// the others become −0 or −Inf there.
var belowZero = []float64{-1, -0.5, -1e-30, -3e38, math.Inf(-1)}

// peakedBatch has eight rows of one shape, whose largest logit has all mass at a
// small temperature and none at a negative one.
func peakedBatch(temperature float64) batch {
	b := one(temperature, 0, -1, 40, 0, 1, 0, -2)
	b.rows = slices.Repeat(b.rows, 8)
	return b
}

func peakedBatches(temperatures ...float64) []batch {
	var all []batch
	for _, t := range temperatures {
		all = append(all, peakedBatch(t))
	}
	return all
}

func nanTemperatureLaw(op operation.Operation) Law {
	return batchLaw{
		id:        op.Name + "/NaNTemperature",
		claim:     "a temperature of NaN is refused: an error, or NaN from a numeric operation",
		source:    "lattice#295: NaN passes the guards",
		of:        partOf(op),
		witnesses: []batch{one(math.NaN(), 1, 2), one(math.NaN(), 3), peakedBatch(math.NaN())},
		judge:     refusesNaNTemperature(op),
	}.erased()
}

// refusesNaNTemperature wants an error; a numeric operation may say NaN.
func refusesNaNTemperature(op operation.Operation) func(reference.Kernels, batch) error {
	return func(k reference.Kernels, b batch) error {
		return refusesAll(op, k, b.query(), never)
	}
}

func negativeTemperatureLaw(op operation.Operation) Law {
	claim := "a temperature below 0 is refused, or taken for 0 with all mass on the largest logit"
	if op.NoZero {
		claim = "a temperature below 0 has no log-sum-exp: an error or NaN, not a number"
	}
	return batchLaw{
		id:        op.Name + "/NegativeTemperature",
		claim:     claim,
		source:    "vllm#22180, mamba#1041: negative temperature accepted; llama.cpp documents T ≤ 0 as greedy",
		of:        partOf(op),
		witnesses: peakedBatches(belowZero...),
		judge:     refusesOrGreedy(op),
	}.erased()
}

// refusesOrGreedy lets pass the answer of T = 0 too, where there is one. A
// probability below the range of float64 counts as 0: implementations that divide
// by a small number instead of T give it.
func refusesOrGreedy(op operation.Operation) func(reference.Kernels, batch) error {
	return func(k reference.Kernels, b batch) error {
		if op.NoZero {
			return refusesAll(op, k, b.query(), never)
		}
		return refusesAll(op, k, b.query(), op.Peaked)
	}
}

func negativeTemperatureRefusedLaw(op operation.Operation) Law {
	return batchLaw{
		id:        op.Name + "/NegativeTemperatureRefused",
		claim:     "a temperature below 0 is an error, however close to 0 and however large",
		source:    "contract",
		level:     verdict.Should,
		of:        partOf(op),
		witnesses: peakedBatches(append(slices.Clone(belowZero), -1e-300, -math.SmallestNonzeroFloat64, -math.MaxFloat64)...),
		judge:     errorsAt(op),
	}.erased()
}

func errorsAt(op operation.Operation) func(reference.Kernels, batch) error {
	return func(k reference.Kernels, b batch) error {
		if rows, err := op.Ask(k, b.query()); err == nil {
			return fmt.Errorf("%w: %s", errAnswered, brief(rows[0]))
		}
		return nil
	}
}
