package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/props/accuracy"
	"temper/props/verdict"
	"temper/reference"
)

// samplerNumberLaws are about the log-probabilities of what is kept.
func samplerNumberLaws() []Law {
	return []Law{samplerLogOddsLaw(), samplerNormalisedLaw(), samplerInfinityLaw(), samplerAccuracyLaw()}
}

// askedTokens are all of a short row, and of a longer one those around the cut, the
// largest, the ends and some at random.
func askedTokens(row []float32, kept int, r *rand.Rand) []int {
	const short = 24
	if len(row) <= short {
		return upTo(len(row))
	}
	order := descending(row)
	asked := []int{0, len(row) - 1, order[0], order[1]}
	for i := kept - 3; i < kept+3; i++ {
		asked = append(asked, order[min(max(i, 0), len(row)-1)])
	}
	for range 4 {
		asked = append(asked, r.IntN(len(row)))
	}
	return asked
}

// numbersOfEach judges the log-probabilities of some tokens of every row.
func numbersOfEach(judge func(s reference.Sampler, row []float32, how reference.Sampling, tokens []int, logp []float64) error) func(reference.Sampler, serving) error {
	return func(s reference.Sampler, b serving) error {
		r := rand.New(b.source(3))
		for i, row := range b.rows {
			kept := len(row)
			if declared(s) {
				if surely, _, err := s.Convention.Band(row, b.how[i], 0); err == nil {
					kept = countOf(surely)
				}
			}
			tokens := askedTokens(row, kept, r)
			logp, err := cutLogProbsOf(s, row, b.how[i], tokens)
			if err == nil {
				err = judge(s, row, b.how[i], tokens, logp)
			}
			if err != nil {
				return fmt.Errorf("row %d: %w", i, err)
			}
		}
		return nil
	}
}

func samplerLogOddsLaw() Law {
	return samplerLaw{
		id:     "Sampler/LogOdds",
		claim:  "among the tokens that are kept, log p(u) − log p(v) = (logit_u − logit_v) / T; those that are masked have −Inf",
		source: "T applied twice, or before the cuts and again after",
		of:     samplerLogProbs,
		once:   everyPair,
		judge:  surveyed(numbersOfEach(keepsLogOdds)),
	}.erased()
}

func keepsLogOdds(s reference.Sampler, row []float32, how reference.Sampling, tokens []int, logp []float64) error {
	t := how.Temperature
	slack := 2 * accuracy.Slack(verdict.Must, row, t)
	first := -1
	for i, v := range tokens {
		switch {
		case math.IsNaN(logp[i]) || logp[i] > slack:
			return fmt.Errorf("log p(%d) = %v", v, logp[i])
		case isMasked(row[v]) && !math.IsInf(logp[i], -1):
			return fmt.Errorf("masked token %d has log-probability %v", v, logp[i])
		case math.IsInf(logp[i], -1) || t == 0:
			continue
		case first < 0:
			first = i
			continue
		}
		u := tokens[first]
		if want := (float64(row[v]) - float64(row[u])) / t; !accuracy.Near(logp[i]-logp[first], want, slack) {
			return fmt.Errorf("log p(%d) − log p(%d) = %v, but (logit_%d − logit_%d) / T = %v ± %.2g", v, u, logp[i]-logp[first], v, u, want, slack)
		}
	}
	return nil
}

func samplerNormalisedLaw() Law {
	return samplerLaw{
		id:     "Sampler/Normalised",
		claim:  "the probabilities of the tokens that are kept sum to 1",
		source: "vllm#718: not renormalised, or log-probabilities of the distribution before the cuts",
		of:     samplerLogProbs,
		once:   everyPair,
		judge:  surveyed(numbersOfEach(keptSumToOne)),
	}.erased()
}

func keptSumToOne(s reference.Sampler, row []float32, how reference.Sampling, tokens []int, logp []float64) error {
	if len(tokens) != len(row) {
		return nil
	}
	var sum reference.Sum
	for _, x := range logp {
		sum.Add(math.Exp(x))
	}
	bound := math.Expm1(accuracy.Slack(verdict.Must, row, how.Temperature))
	if !(math.Abs(sum.Value()-1) <= bound) {
		return fmt.Errorf("the probabilities sum to %v, want 1 ± %.2g", sum.Value(), bound)
	}
	return nil
}

func samplerInfinityLaw() Law {
	return samplerLaw{
		id:     "Sampler/Infinity",
		claim:  "T = +Inf is uniform over the tokens that the cuts leave",
		source: "contract; 0/0 where the logits are divided by T first",
		of:     providing(reference.Temper, samplerLogProbs),
		once:   everyPair,
		judge: surveyed(func(s reference.Sampler, b serving) error {
			b.how = slices.Clone(b.how)
			for r := range b.how {
				b.how[r].Temperature = math.Inf(1)
			}
			return numbersOfEach(isUniform)(s, b)
		}),
	}.erased()
}

func isUniform(s reference.Sampler, row []float32, how reference.Sampling, tokens []int, logp []float64) error {
	slack := accuracy.Slack(verdict.Must, row, math.Inf(1))
	first, kept := 0.0, 0
	for i, x := range logp {
		if math.IsInf(x, -1) {
			continue
		}
		if kept == 0 {
			first = x
		}
		if kept++; !accuracy.Near(x, first, slack) {
			return fmt.Errorf("log p(%d) = %v at T = +Inf, and %v for another token", tokens[i], x, first)
		}
	}
	if len(tokens) == len(row) && !accuracy.Near(first, -math.Log(float64(kept)), slack) {
		return fmt.Errorf("log p = %v at T = +Inf for each of %d tokens, want %v", first, kept, -math.Log(float64(kept)))
	}
	return nil
}

func samplerAccuracyLaw() Law {
	return samplerLaw{
		id:        "Sampler/Accuracy",
		claim:     "log p is that of the exact law, annealed and renormalised over what the declared convention keeps, within the bound of Must, and −Inf for what is cut; in the free band either",
		source:    "sglang-jax#1563, vllm#1885: T, k and P in another order; vllm#718: log-probabilities of the distribution before the cuts",
		of:        declaring(samplerLogProbs),
		inputs:    alone(1),
		once:      everyPair,
		witnesses: longAlone(),
		judge:     surveyed(numbersOfEach(hasExactNumbers)),
		measure:   freeBand,
	}.erased()
}

func hasExactNumbers(s reference.Sampler, row []float32, how reference.Sampling, tokens []int, logp []float64) error {
	a, err := allowanceOf(s, row, how)
	if err != nil {
		return err
	}
	slack, expected := accuracy.Slack(verdict.Must, row, how.Temperature), a.expected(s.Convention, row, how)
	for i, v := range tokens {
		low, high := expected(v)
		switch c := a.class[v]; {
		case math.IsInf(logp[i], -1):
			if a.must(v) {
				return fmt.Errorf("log p(%d) = −Inf, but the token is kept", v)
			}
		case c < 0 || a.most[c] == 0:
			return fmt.Errorf("log p(%d) = %v, but the token is cut", v, logp[i])
		case !(logp[i] >= low-slack && logp[i] <= high+slack):
			return fmt.Errorf("log p(%d) = %v, exactly %v ± %.2g", v, logp[i], high, slack)
		}
	}
	if len(tokens) != len(row) {
		return nil
	}
	kept := make([]bool, len(row))
	for v, x := range logp {
		kept[v] = !math.IsInf(x, -1)
	}
	return a.judge(row, kept)
}

// expected says from which to which number log p of a token may be, if it is kept:
// renormalised over all of the free band, and over nothing of it.
func (a allowance) expected(c reference.Convention, row []float32, how reference.Sampling) func(v int) (low, high float64) {
	t := takenFor(c, how.Temperature)
	if math.IsInf(t, 1) || t == 0 {
		return func(int) (float64, float64) { return -math.Log(float64(a.all)), -math.Log(float64(a.fewest)) }
	}
	mode := slices.Index(row, slices.Max(row))
	low, high := annealedBy(row, a.more, t)[mode], annealedBy(row, a.fewer, t)[mode]
	return func(v int) (float64, float64) {
		below := (float64(row[v]) - float64(row[mode])) / t
		return low + below, high + below
	}
}
