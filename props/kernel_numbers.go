package props

import (
	"fmt"
	"math"
	"math/rand/v2"

	"temper/props/accuracy"
	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
)

func numberLaws() []Law {
	return []Law{
		annealNormalisedLaw(), logProbsNormalisedLaw(),
		logOddsLaw(operation.LogProbs, logProbsLogOdds), logOddsLaw(operation.Anneal, annealLogOdds),
		annealGroupLaw(),
		annealMonotoneLaw(), logProbsMonotoneLaw(),
		annealEntropyLaw(),
		logSumExpConvexLaw(),
	}
}

func annealNormalisedLaw() Law {
	return batchLaw{
		id:      "Anneal/Normalised",
		claim:   "0 ≤ p ≤ 1 and Σ p = 1 at every T",
		source:  "prime-rl#697: log p / T not renormalised",
		of:      partOf(operation.Anneal),
		inputs:  mustDomain.one(),
		covered: mustDomain.covered(1),
		judge:   annealNormalised,
	}.erased()
}

func annealNormalised(k reference.Kernels, b batch) error {
	p, err := annealOf(k, b.row(), b.temperature)
	if err != nil {
		return err
	}
	tolerance := math.Expm1(accuracy.Slack(verdict.Must, b.row(), b.temperature)) + 0x1p-22
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

func logProbsNormalisedLaw() Law {
	return batchLaw{
		id:      "LogProbs/Normalised",
		claim:   "log p ≤ 0 and Σ exp(log p) = 1 at every T",
		source:  "prime-rl#697: log p / T not renormalised",
		of:      partOf(operation.LogProbs),
		inputs:  mustDomain.one(),
		covered: mustDomain.covered(1),
		judge:   logProbsNormalised,
	}.erased()
}

func logProbsNormalised(k reference.Kernels, b batch) error {
	row, t := b.row(), b.temperature
	tokens, slack := operation.Telling(row), accuracy.Slack(verdict.Must, row, t)
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

func logOddsLaw(op operation.Operation, judge func(reference.Kernels, batch) error) Law {
	return batchLaw{
		id:        op.Name + "/LogOdds",
		claim:     "log p(u) − log p(v) = (logit_u − logit_v) / T",
		source:    "RL-Kernel#81: temperature applied twice",
		of:        partOf(op),
		inputs:    mustAbove0.one(),
		covered:   mustAbove0.covered(1),
		witnesses: []batch{one(2, 0, 1), one(0.5, 0, 1, 2)},
		judge:     judge,
	}.erased()
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
	slack := 2*accuracy.Slack(verdict.Must, row, t) + 0x1p-22
	for i, u := range tokens {
		v := tokens[0]
		got, want := logp[i]-logp[0], (float64(row[u])-float64(row[v]))/t
		if !(math.Abs(got-want) <= slack) {
			return fmt.Errorf("log p(%d) − log p(%d) = %v, but (logit_%d − logit_%d) / T = %v ± %.2g", u, v, got, u, v, want, slack)
		}
	}
	return nil
}

func annealGroupLaw() Law {
	return batchLaw{
		id:      "Anneal/Group",
		claim:   "annealing to S and then to T is annealing to S·T",
		source:  "p^(1/S) to the 1/T is p^(1/ST); T = 1 is the identity",
		of:      partOf(operation.Anneal),
		inputs:  ordinary.one(),
		covered: ordinary.covered(1),
		judge:   annealGroup,
	}.erased()
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
	slack := accuracy.Slack(verdict.Must, row, first)/second + accuracy.Slack(verdict.Must, row, first*second) + accuracy.Slack(verdict.Must, logp, second)
	for v := range once {
		// what left float32's normal range on the way is masked the second time
		if p[v] > 0x1p-120 && math.Abs(once[v]-twice[v]) > once[v]*(math.Expm1(slack)+0x1p-20)+0x1p-110 {
			return fmt.Errorf("p(%d) = %v by T = %v and then T = %v, but %v by T = %v", v, twice[v], first, second, once[v], first*second)
		}
	}
	return nil
}

func annealMonotoneLaw() Law {
	return batchLaw{
		id:      "Anneal/Monotone",
		claim:   "a larger logit has no smaller probability, and the k most probable tokens gain mass as T falls",
		source:  "majorisation",
		of:      partOf(operation.Anneal),
		inputs:  inner.one(),
		covered: inner.covered(1),
		judge:   annealMonotone,
	}.erased()
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
	tolerance := 2*math.Expm1(accuracy.Slack(verdict.Must, row, t/2)) + 0x1p-22
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

func logProbsMonotoneLaw() Law {
	return batchLaw{
		id:      "LogProbs/Monotone",
		claim:   "a larger logit has no smaller log-probability",
		source:  "T > 0 keeps the order",
		of:      partOf(operation.LogProbs),
		inputs:  mustAbove0.one(),
		covered: mustAbove0.covered(1),
		judge:   logProbsMonotone,
	}.erased()
}

func logProbsMonotone(k reference.Kernels, b batch) error {
	row, t := b.row(), b.temperature
	tokens := operation.Telling(row)
	logp, err := logProbsOf(k, row, tokens, t)
	if err != nil {
		return err
	}
	slack := 2 * accuracy.Slack(verdict.Must, row, t)
	for i, u := range tokens {
		for j, v := range tokens {
			if row[u] >= row[v] && !(logp[i] >= logp[j]-slack) {
				if math.IsNaN(logp[i]) {
					return fmt.Errorf("log p(%d) = %v", u, logp[i])
				}
				return fmt.Errorf("logits %v ≥ %v but log p(%d) = %v < log p(%d) = %v", row[u], row[v], u, logp[i], v, logp[j])
			}
		}
	}
	return nil
}

func annealEntropyLaw() Law {
	return batchLaw{
		id:      "Anneal/Entropy",
		claim:   "the entropy of one distribution does not fall as T rises: dH/dT = Var(log p)/T³",
		source:  "definition: higher T gives more even distributions",
		of:      partOf(operation.Anneal),
		inputs:  inner.one(),
		covered: inner.covered(1),
		judge:   annealEntropy,
	}.erased()
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
	tolerance := 2 * math.Expm1(accuracy.Slack(verdict.Must, row, cold)) * (1 + math.Log(float64(len(row))))
	if !(entropies[1] >= entropies[0]-tolerance-0x1p-20) {
		return fmt.Errorf("entropy %v at T = %v but %v at T = %v", entropies[0], cold, entropies[1], hot)
	}
	return nil
}

func logSumExpConvexLaw() Law {
	return batchLaw{
		id:      "LogSumExp/Convex",
		claim:   "ψ(a) = log Σ p^a is convex in a = 1/T, and −ψ(a)/(a−1) (Rényi entropy) does not rise with a",
		source:  "ψ″ = Var(log p) ≥ 0",
		of:      partOf(operation.LogSumExp),
		inputs:  ordinary.one(),
		covered: ordinary.covered(1),
		judge:   logSumExpConvex,
	}.erased()
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
		tolerance += accuracy.Slack(verdict.Must, row, 1/power) + power*accuracy.Slack(verdict.Must, row, 1)
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
