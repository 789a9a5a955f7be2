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

// near says that a number in nats is the exact one within the slack; infinities
// must be equal, and NaN is never near.
func near(got, want, slack float64) bool {
	if math.IsInf(want, 0) || math.IsInf(got, 0) {
		return got == want
	}
	return math.Abs(got-want) <= slack
}

// nearProbability compares a float32 probability with an exact log-probability:
// relatively within expm1(slack), and within 2⁻¹²⁶, where float32 loses bits. The
// exact probability may leave float64 where the slack still reaches 1, so that the
// largest one allowed is found in nats.
func nearProbability(p, logp, slack float64) bool {
	smallest, largest := math.Exp(logp)*math.Max(0, 1-math.Expm1(slack)), 0.0
	if !math.IsInf(logp, -1) {
		largest = math.Exp(logp + slack)
	}
	return p >= smallest*(1-0x1p-23)-0x1p-126 && p <= largest*(1+0x1p-23)+0x1p-126
}

// agreesWithExact compares what an operation says of one good row with the exact
// answer, within the bound of the level.
func agreesWithExact(op operation.Operation, level verdict.Level) func(reference.Kernels, batch) error {
	return func(k reference.Kernels, b batch) error {
		row, t := b.row(), b.temperature
		slack := slack(level, row, t)
		if op.Returns == operation.Draws {
			return sameTokens(k, row, t, slack, rand.New(b.source(0)))
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
		case op.Returns == operation.Probabilities && !nearProbability(e.X, want, slack):
			return fmt.Errorf("%s, exactly %v (relative bound %.2g)", op.Says(e), math.Exp(want), math.Expm1(slack))
		case op.Returns == operation.Nats && !near(e.X, want, slack):
			return fmt.Errorf("%s, exactly %v ± %.2g", op.Says(e), want, slack)
		}
	}
	return nil
}

// accuracyLaws hold every operation to the table of bounds.
func accuracyLaws() []Law {
	var laws []Law
	for _, op := range operationsThat(operation.Operation.Numeric) { // Sample/InverseCDF is Sample's
		laws = append(laws, kernelLaw(op, Law{
			ID:     op.Name + "/Accuracy",
			Claim:  "the answer is the exact one within 64 + vocab/256 units of the table of bounds",
			Source: "contract; genlm-backend#66, vllm#19: tail log-probabilities in low precision",
		}, mustAbove0.one(), agreesWithExact(op, verdict.Must), maskedFront(1, -1000), maskedFront(0.01, -8)))
	}
	for _, op := range operationsThat(operation.Operation.Determined) {
		laws = append(laws, kernelLaw(op, Law{
			ID:     op.Name + "/Precision",
			Claim:  "the answer is the exact one within 8 units of the table of bounds, whatever the vocabulary",
			Source: "contract",
			Level:  verdict.Should,
		}, mustAbove0.one(), agreesWithExact(op, verdict.Should), maskedFront(1, -1000), neighbours(726817)))
	}
	return laws
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

func numberLaws() []Law {
	return []Law{
		kernelLaw(operation.Anneal, Law{
			ID:     "Anneal/Normalised",
			Claim:  "0 ≤ p ≤ 1 and Σ p = 1 at every T",
			Source: "prime-rl#697: log p / T not renormalised",
		}, mustDomain.one(), annealNormalised),
		kernelLaw(operation.LogProbs, Law{
			ID:     "LogProbs/Normalised",
			Claim:  "log p ≤ 0 and Σ exp(log p) = 1 at every T",
			Source: "prime-rl#697: log p / T not renormalised",
		}, mustDomain.one(), logProbsNormalised),
		kernelLaw(operation.LogProbs, Law{
			ID:     "LogProbs/LogOdds",
			Claim:  "log p(u) − log p(v) = (logit_u − logit_v) / T",
			Source: "RL-Kernel#81: temperature applied twice",
		}, mustAbove0.one(), logProbsLogOdds, one(2, 0, 1), one(0.5, 0, 1, 2)),
		kernelLaw(operation.Anneal, Law{
			ID:     "Anneal/LogOdds",
			Claim:  "log p(u) − log p(v) = (logit_u − logit_v) / T",
			Source: "RL-Kernel#81: temperature applied twice",
		}, mustAbove0.one(), annealLogOdds, one(2, 0, 1), one(0.5, 0, 1, 2)),
		kernelLaw(operation.Anneal, Law{
			ID:     "Anneal/Group",
			Claim:  "annealing to S and then to T is annealing to S·T",
			Source: "p^(1/S) to the 1/T is p^(1/ST); T = 1 is the identity",
		}, ordinary.one(), annealGroup),
		kernelLaw(operation.Anneal, Law{
			ID:     "Anneal/Monotone",
			Claim:  "a larger logit has no smaller probability, and the k most probable tokens gain mass as T falls",
			Source: "majorisation",
		}, inner.one(), annealMonotone),
		kernelLaw(operation.LogProbs, Law{
			ID:     "LogProbs/Monotone",
			Claim:  "a larger logit has no smaller log-probability",
			Source: "T > 0 keeps the order",
		}, mustAbove0.one(), logProbsMonotone),
		kernelLaw(operation.Anneal, Law{
			ID:     "Anneal/Entropy",
			Claim:  "the entropy of one distribution does not fall as T rises: dH/dT = Var(log p)/T³",
			Source: "definition: higher T gives more even distributions",
		}, inner.one(), annealEntropy),
		kernelLaw(operation.LogSumExp, Law{
			ID:     "LogSumExp/Convex",
			Claim:  "ψ(a) = log Σ p^a is convex in a = 1/T, and −ψ(a)/(a−1) (Rényi entropy) does not rise with a",
			Source: "ψ″ = Var(log p) ≥ 0",
		}, ordinary.one(), logSumExpConvex),
	}
}

func annealNormalised(k reference.Kernels, b batch) error {
	p, err := annealOf(k, b.row(), b.temperature)
	if err != nil {
		return err
	}
	tolerance := math.Expm1(slack(verdict.Must, b.row(), b.temperature)) + 0x1p-22
	total := 0.0
	for v, x := range p {
		if !(x >= 0 && x <= 1+tolerance) {
			return fmt.Errorf("p(%d) = %v", v, x)
		}
		total += x
	}
	if !(math.Abs(total-1) <= tolerance) {
		return fmt.Errorf("Σ p = %v, not 1 ± %.2g", total, tolerance)
	}
	return nil
}

func logProbsNormalised(k reference.Kernels, b batch) error {
	row, t := b.row(), b.temperature
	tokens, slack := operation.Telling(row), slack(verdict.Must, row, t)
	logp, err := logProbsOf(k, row, tokens, t)
	if err != nil {
		return err
	}
	total := 0.0
	for i, x := range logp {
		if !(x <= slack) {
			return fmt.Errorf("log p(%d) = %v", tokens[i], x)
		}
		total += math.Exp(x)
	}
	if len(tokens) == len(row) && !(math.Abs(total-1) <= math.Expm1(slack)) {
		return fmt.Errorf("Σ exp(log p) = %v, not 1 ± %.2g", total, math.Expm1(slack))
	}
	return nil
}

func logProbsLogOdds(k reference.Kernels, b batch) error {
	row, t := b.row(), b.temperature
	tokens := unmasked(row, operation.Telling(row))
	logp, err := logProbsOf(k, row, tokens, t)
	if err != nil {
		return err
	}
	return logOdds(row, tokens, logp, t)
}

func annealLogOdds(k reference.Kernels, b batch) error {
	row, t := b.row(), b.temperature
	p, err := annealOf(k, row, t)
	if err != nil {
		return err
	}
	var tokens []int
	var logp []float64
	for v, x := range p {
		if x > 0x1p-100 { // far enough from where float32 loses bits
			tokens, logp = append(tokens, v), append(logp, math.Log(x))
		}
	}
	return logOdds(row, tokens, logp, t)
}

// logOdds compares the odds of every token against the first.
func logOdds(row []float32, tokens []int, logp []float64, t float64) error {
	slack := 2*slack(verdict.Must, row, t) + 0x1p-22
	for i, u := range tokens {
		v := tokens[0]
		got, want := logp[i]-logp[0], (float64(row[u])-float64(row[v]))/t
		if !(math.Abs(got-want) <= slack) {
			return fmt.Errorf("log p(%d) − log p(%d) = %v, but (logit_%d − logit_%d) / T = %v ± %.2g", u, v, got, u, v, want, slack)
		}
	}
	return nil
}

func annealGroup(k reference.Kernels, b batch) error {
	row := b.row()
	r := rand.New(b.source(0))
	first, second := math.Exp(2*r.Float64()-1), math.Exp(2*r.Float64()-1)
	once, err := annealOf(k, row, first*second)
	if err != nil {
		return err
	}
	p, err := annealOf(k, row, first)
	if err != nil {
		return err
	}
	logp := make([]float32, len(p))
	for v, x := range p {
		logp[v] = float32(math.Log(x))
	}
	twice, err := annealOf(k, logp, second)
	if err != nil {
		return err
	}
	slack := slack(verdict.Must, row, first)/second + slack(verdict.Must, row, first*second) + slack(verdict.Must, logp, second)
	for v := range once {
		// what left float32's normal range on the way is masked the second time
		if p[v] > 0x1p-120 && math.Abs(once[v]-twice[v]) > once[v]*(math.Expm1(slack)+0x1p-20)+0x1p-110 {
			return fmt.Errorf("p(%d) = %v by T = %v and then T = %v, but %v by T = %v", v, twice[v], first, second, once[v], first*second)
		}
	}
	return nil
}

func annealMonotone(k reference.Kernels, b batch) error {
	row, t := b.row(), b.temperature
	p, err := annealOf(k, row, t)
	if err != nil {
		return err
	}
	colder, err := annealOf(k, row, t/2)
	if err != nil {
		return err
	}
	tolerance := 2*math.Expm1(slack(verdict.Must, row, t/2)) + 0x1p-22
	order := descending(row)
	gain := 0.0
	for i, v := range order {
		if i > 0 && p[v] > p[order[i-1]]*(1+tolerance)+0x1p-126 {
			u := order[i-1]
			return fmt.Errorf("logits %v > %v but p(%d) = %v < p(%d) = %v", row[u], row[v], u, p[u], v, p[v])
		}
		if gain += colder[v] - p[v]; !(gain >= -tolerance) {
			return fmt.Errorf("the %d most probable tokens lose %v of mass from T = %v to T = %v", i+1, -gain, t, t/2)
		}
	}
	return nil
}

func logProbsMonotone(k reference.Kernels, b batch) error {
	row, t := b.row(), b.temperature
	tokens := operation.Telling(row)
	logp, err := logProbsOf(k, row, tokens, t)
	if err != nil {
		return err
	}
	slack := 2 * slack(verdict.Must, row, t)
	for i, u := range tokens {
		for j, v := range tokens {
			if row[u] >= row[v] && !(logp[i] >= logp[j]-slack) {
				return fmt.Errorf("logits %v ≥ %v but log p(%d) = %v < log p(%d) = %v", row[u], row[v], u, logp[i], v, logp[j])
			}
		}
	}
	return nil
}

func annealEntropy(k reference.Kernels, b batch) error {
	row, cold := b.row(), b.temperature
	hot := cold * 1.5
	var entropies [2]float64
	for i, t := range []float64{cold, hot} {
		p, err := annealOf(k, row, t)
		if err != nil {
			return err
		}
		for _, x := range p {
			if x > 0 {
				entropies[i] -= x * math.Log(x)
			}
		}
	}
	tolerance := 2 * math.Expm1(slack(verdict.Must, row, cold)) * (1 + math.Log(float64(len(row))))
	if !(entropies[1] >= entropies[0]-tolerance-0x1p-20) {
		return fmt.Errorf("entropy %v at T = %v but %v at T = %v", entropies[0], cold, entropies[1], hot)
	}
	return nil
}

func logSumExpConvex(k reference.Kernels, b batch) error {
	row, a := b.row(), 1/b.temperature
	if math.IsInf(b.temperature, 1) {
		a = 0.01
	}
	one, err := logSumExpOf(k, row, 1)
	if err != nil {
		return err
	}
	var psi [3]float64 // log Σ p^a at a, 3a/2 and 2a, p normalised
	tolerance := 0.0
	for i := range psi {
		power := a * (1 + float64(i)/2)
		if psi[i], err = logSumExpOf(k, row, 1/power); err != nil {
			return err
		}
		psi[i] -= power * one
		tolerance += slack(verdict.Must, row, 1/power) + power*slack(verdict.Must, row, 1)
	}
	if !(psi[1] <= (psi[0]+psi[2])/2+tolerance) {
		return fmt.Errorf("ψ(%v) = %v is above the mean of ψ(%v) = %v and ψ(%v) = %v", 1.5*a, psi[1], a, psi[0], 2*a, psi[2])
	}
	if low, high := a, 2*a; math.Abs(low-1) > 0.1 && math.Abs(high-1) > 0.1 {
		renyi, colder := psi[0]/(1-low), psi[2]/(1-high)
		if !(colder <= renyi+tolerance*20) {
			return fmt.Errorf("Rényi entropy rises from %v at order %v to %v at order %v", renyi, low, colder, high)
		}
	}
	return nil
}
