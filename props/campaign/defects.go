package main

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"text/tabwriter"

	"temper/props/verdict"
	"temper/reference"
)

// defect is a sampler with one thing wrong. Its draws are weighed by the likelihood ratio of the
// defect to the law, draw after draw, until that is 1/α. By Wald's equation this takes
// ln(1/α) / KL draws in the mean, and what the last draw adds beyond ln(1/α). No test that
// accuses a correct sampler with probability α at most, and finds the defect for certain, takes
// fewer than ln(1/α) / KL.
type defect struct {
	name  string
	kl    float64                              // nats of a draw, of the defect from the law
	draws func(src rand.Source) func() float64 // each call draws once, and returns the logarithm of the ratio
}

// kill is the probability of a false alarm.
const kill = 1e-12

// mostDraws end a stream that does not come to a kill.
const mostDraws = 100_000_000

const defectLaw = "Draw/LikelihoodRatio"

func defects() (all []subject) {
	laws := []verdict.Law{{ID: defectLaw, Claim: "draws do not come as if the defect were there", Level: verdict.Must}}
	for _, d := range namedDefects() {
		all = append(all, subject{"Draw", d.name, laws, func(_ string, seed uint64, _ int) verdict.Result {
			logRatio, n := 0.0, 0
			for next := d.draws(rand.NewPCG(seed, hash(d.name))); logRatio < -math.Log(kill) && n < mostDraws; n++ {
				logRatio += next()
			}
			r := verdict.Result{Law: laws[0], Status: verdict.Held, Inputs: 1}
			if logRatio >= -math.Log(kill) {
				r.Status, r.Detail = verdict.Broken, "it is as if "+d.name
			}
			r.Evidence = &verdict.Evidence{Draws: n, Bets: []verdict.Bet{{Defect: d.name, LogE: logRatio}}}
			return r
		}})
	}
	return all
}

// namedDefects are wrong temperatures on two kinds of rows, and defects of single tokens.
func namedDefects() (all []defect) {
	zipf, split := zipfRow(64), headAndTail(200)
	for _, percent := range []float64{10, 5, 2, 1} {
		all = append(all,
			hotter(percent, "64 tokens, p ∝ 1/rank", zipf),
			hotter(percent, "one token has half the mass, 200 share the rest", split))
	}
	return append(all, starved(), modulo(), cutShort(), sharedSeed(zipf))
}

// zipfRow has the probabilities 1, 1/2, 1/3, … up to their sum.
func zipfRow(vocab int) []float32 {
	row := make([]float32, vocab)
	for v := range row {
		row[v] = float32(-math.Log(float64(v + 1)))
	}
	return row
}

// headAndTail has one token with half the mass. For its vocabulary, a wrong temperature takes the
// fewest draws to show.
func headAndTail(tail int) []float32 {
	row := make([]float32, 1+tail)
	row[0] = float32(math.Log(float64(tail)))
	return row
}

// lawOf is p of a row at a temperature, in float64.
func lawOf(row []float32, temperature float64) []float64 {
	p, total := make([]float64, len(row)), 0.0
	most := float64(slices.Max(row))
	for v, x := range row {
		p[v] = math.Exp((float64(x) - most) / temperature)
		total += p[v]
	}
	for v := range p {
		p[v] /= total
	}
	return p
}

// against is a sampler with the distribution wrong, weighed against the law.
func against(name string, law, wrong []float64, draw func(src rand.Source) func() int) defect {
	ratios, kl := make([]float64, len(law)), 0.0
	for v := range law {
		if ratios[v] = math.Log(wrong[v] / law[v]); wrong[v] > 0 {
			kl += wrong[v] * ratios[v]
		}
	}
	return defect{name, kl, func(src rand.Source) func() float64 {
		next := draw(src)
		return func() float64 { return ratios[next()] }
	}}
}

// hotter is the reference's Draw at a temperature too high, where 1 is asked for.
func hotter(percent float64, words string, row []float32) defect {
	temperature := 1 + percent/100
	return against(fmt.Sprintf("T is %g %% too high, %s", percent, words), lawOf(row, 1), lawOf(row, temperature), func(src rand.Source) func() int {
		const batch = 64
		logits, tokens := slices.Repeat(row, batch), make([]int, 0, batch)
		return func() int {
			if len(tokens) == 0 {
				tokens = tokens[:batch]
				if err := reference.Scalar.Draw(tokens, logits, src, temperature); err != nil {
					panic(err)
				}
			}
			token := tokens[len(tokens)-1]
			tokens = tokens[:len(tokens)-1]
			return token
		}
	})
}

// running is the distribution function that running sums of a type make, scaled to end at 1.
func running[F float32 | float64](p []float64) []float64 {
	sums, sum := make([]float64, len(p)), F(0)
	for v := range p {
		sum += F(p[v])
		sums[v] = float64(sum)
	}
	for v := range sums {
		sums[v] /= float64(sum)
	}
	return sums
}

// inverse draws by a distribution function.
func inverse(sums []float64) func(src rand.Source) func() int {
	return func(src rand.Source) func() int {
		r := rand.New(src)
		return func() int {
			u := r.Float64()
			return sort.Search(len(sums), func(v int) bool { return sums[v] > u })
		}
	}
}

// starved draws by running sums in float32, which the tokens of a long tail do not change.
func starved() defect {
	const tail, mass = 1 << 14, 0x1p-12
	law := append([]float64{0.5, 0.5 - mass}, slices.Repeat([]float64{mass / tail}, tail)...)
	sums := running[float32](law)
	wrong := slices.Clone(sums)
	for v := len(wrong) - 1; v > 0; v-- {
		wrong[v] -= wrong[v-1]
	}
	return against("a tail of 2¹⁴ tokens with mass 2⁻¹² is drawn from by sums in float32", law, wrong, inverse(sums))
}

// modulo is a 16-bit word modulo the vocabulary.
func modulo() defect {
	const vocab = 50257
	law, wrong := slices.Repeat([]float64{1.0 / vocab}, vocab), make([]float64, vocab)
	for word := range 1 << 16 {
		wrong[word%vocab] += 1.0 / (1 << 16)
	}
	return against("50257 equal tokens by a 16-bit word modulo the vocabulary", law, wrong, func(src rand.Source) func() int {
		return func() int { return int(src.Uint64()>>48) % vocab }
	})
}

// cutShort is top-k that keeps one token fewer than k.
func cutShort() defect {
	const k = 50
	law := lawOf(zipfRow(k), 1)
	wrong := append(lawOf(zipfRow(k-1), 1), 0)
	return against("top-k keeps 49 tokens instead of 50, p ∝ 1/rank", law, wrong, inverse(running[float64](wrong[:k-1])))
}

// sharedSeed draws rows in pairs from the same words: the second has the token of the first, which
// is bet on. The first says nothing.
func sharedSeed(row []float32) defect {
	law, entropy := lawOf(row, 1), 0.0
	for _, p := range law {
		entropy -= p * math.Log(p)
	}
	return defect{"two rows of a batch share a seed, 64 tokens, p ∝ 1/rank", entropy / 2, func(src rand.Source) func() float64 {
		next, again, token := inverse(running[float64](law))(src), false, 0
		return func() float64 {
			if again = !again; again {
				token = next()
				return 0
			}
			return -math.Log(law[token])
		}
	}}
}

// tellDefects prints the mean number of draws beside what theory says.
func tellDefects(out io.Writer, rows []merged) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "defect\truns\tkilled\tdraws, mean\tln(1/α) / KL")
	for _, d := range namedDefects() {
		for _, m := range rows {
			if m.subject == d.name {
				fmt.Fprintf(w, "%s\t%d\t%d\t%.0f\t%.0f\n", d.name, m.runs, m.broken, float64(m.draws)/float64(m.runs), -math.Log(kill)/d.kl)
			}
		}
	}
	return w.Flush()
}
