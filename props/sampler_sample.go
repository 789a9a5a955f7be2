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

// samplerSampleLaws are about the inverse distribution function over what is kept.
func samplerSampleLaws() []Law {
	return []Law{samplerInverseCDFLaw(), samplerEdgesLaw()}
}

func samplerInverseCDFLaw() Law {
	return samplerLaw{
		id:        "Sampler/InverseCDF",
		claim:     "F(i−1) ≤ u < F(i) for the token i that u gives, F the distribution function of what is kept in vocabulary order, within expm1 of the bound; a token that is cut never comes",
		source:    "pytorch#48841: u ≤ F; a distribution function in sorted order; u scaled by the mass before the cut",
		of:        declaring(samplerSample),
		inputs:    alone(1),
		once:      everyPair,
		witnesses: longAlone(),
		judge:     surveyed(invertsWhatIsKept),
		measure:   freeBand,
	}.erased()
}

func invertsWhatIsKept(s reference.Sampler, b serving) error {
	r := rand.New(b.source(4))
	for i, row := range b.rows {
		a, err := allowanceOf(s, row, b.how[i])
		if err == nil {
			err = invertsRow(s, row, b.how[i], a, r)
		}
		if err != nil {
			return fmt.Errorf("row %d: %w", i, err)
		}
	}
	return nil
}

// invertsRow asks for the ends of [0, 1) and the edges of some tokens. Where the choice
// among equal logits or the free band leaves the distribution function open, only tokens
// that can be kept may come.
func invertsRow(s reference.Sampler, row []float32, how reference.Sampling, a allowance, r *rand.Rand) error {
	u := []float64{0, math.Nextafter(1, 0), r.Float64(), r.Float64(), r.Float64(), r.Float64()}
	var cdf []float64
	t := how.Temperature
	if a.whole() {
		t = takenFor(s.Convention, t)
		cdf = summed(annealedBy(row, a.more, t))
		edges := 4
		if len(row) >= longRow {
			u, edges = u[:4], 0
		}
		for range edges {
			before, upTo := interval(cdf, r.IntN(len(row)))
			u = append(u, before, math.Nextafter(before, 0), upTo, math.Nextafter(upTo, 0), (before+upTo)/2)
		}
	}
	for i := range u {
		u[i] = math.Min(math.Max(u[i], 0), 1-0x1p-53)
	}
	tokens, err := cutSampleOf(s, row, how, u)
	if err != nil {
		return err
	}
	slack := accuracy.Slack(verdict.Must, row, t)
	for i, token := range tokens {
		if !a.may(token) {
			return fmt.Errorf("u = %v gives token %d, which is cut", u[i], token)
		}
		if cdf == nil {
			continue
		}
		if before, upTo := interval(cdf, token); !accuracy.NearInterval(u[i], before, upTo, slack) {
			return fmt.Errorf("u = %v gives token %d, whose interval is [%v, %v)", u[i], token, before, upTo)
		}
	}
	return nil
}

func samplerEdgesLaw() Law {
	return samplerLaw{
		id:        "Sampler/Edges",
		claim:     "of k = 2^j equal logits that are kept, u = i/k is the first number of token i's interval and the one before it the last of token i−1's",
		source:    "contract: F(i−1) ≤ u < F(i), where both are exact; `u ≤ F` gives a token that is cut at the edge",
		level:     verdict.Should,
		of:        declaring(providing(reference.TopK, samplerSample)),
		witnesses: []servings{{equalAboveOthers(1)}, {equalAboveOthers(4)}, {equalAboveOthers(64)}},
		judge:     surveyed(invertsExactly),
	}.erased()
}

// equalAboveOthers has n equal logits, and k = n, among lower and masked ones.
func equalAboveOthers(n int) serving {
	row := make([]float32, 3*n+2)
	for v := range row {
		switch {
		case v%3 == 1 && v < 3*n:
			row[v] = 2
		case v%3 == 2:
			row[v] = float32(math.Inf(-1))
		}
	}
	return served(reference.Sampling{Temperature: 1, TopK: n}, row...)
}

func invertsExactly(s reference.Sampler, b serving) error {
	row, how := b.rows[0], b.how[0]
	var u []float64
	for i := range how.TopK {
		u = append(u, float64(i)/float64(how.TopK), math.Nextafter(float64(i+1)/float64(how.TopK), 0))
	}
	tokens, err := cutSampleOf(s, row, how, u)
	if err != nil {
		return err
	}
	kept := slices.DeleteFunc(upTo(len(row)), func(v int) bool { return row[v] != slices.Max(row) })
	for i, token := range tokens {
		if token != kept[i/2] {
			return fmt.Errorf("u = %v gives token %d, not %d", u[i], token, kept[i/2])
		}
	}
	return nil
}
