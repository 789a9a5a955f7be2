package props

import (
	"math"
	"math/rand/v2"
	"sort"
	"strings"
	"testing"
)

// E_p[M_n] = Σ over all outcomes of P(outcome)·M(outcome) = 1, for every law and
// every n: what makes M ≥ 1/α as rare as α.
func TestEvidenceHasMeanOneUnderTheLaw(t *testing.T) {
	for _, p := range [][]float64{{1}, {0.5, 0.5}, {0.9, 0.1}, {0.7, 0.2, 0.1}, {1e-6, 0.25, 1 - 0.25 - 1e-6}} {
		for length := range 5 {
			mean := 0.0
			eachOutcome(len(p), length, func(outcome []int) {
				e, probability := newEvidence(p), 1.0
				for _, cell := range outcome {
					e.count(cell)
					probability *= p[cell]
				}
				mean += probability * math.Exp(e.logM)
			})
			if math.Abs(mean-1) > 1e-12 {
				t.Errorf("mean evidence of %d draws from %v is %v", length, p, mean)
			}
		}
	}
}

// eachOutcome goes through all sequences of a length over so many cells.
func eachOutcome(cells, length int, visit func(outcome []int)) {
	outcome := make([]int, length)
	var fill func(at int)
	fill = func(at int) {
		if at == length {
			visit(outcome)
			return
		}
		for outcome[at] = range cells {
			fill(at + 1)
		}
	}
	fill(0)
}

// The evidence is the Dirichlet-multinomial likelihood of the counts, whatever
// the order in which they came.
func TestEvidenceIsTheRatioOfMixtureToLaw(t *testing.T) {
	p := []float64{0.5, 0.3, 0.2}
	counts := []int{7, 2, 4}
	want := logBeta(7.5, 2.5, 4.5) - logBeta(0.5, 0.5, 0.5)
	for cell, n := range counts {
		want -= float64(n) * math.Log(p[cell])
	}
	e := newEvidence(p)
	for cell := len(counts) - 1; cell >= 0; cell-- {
		for range counts[cell] {
			e.count(cell)
		}
	}
	if math.Abs(e.logM-want) > 1e-12 {
		t.Errorf("log evidence %v, want %v", e.logM, want)
	}
}

func logBeta(alpha ...float64) float64 {
	log, total := 0.0, 0.0
	for _, a := range alpha {
		gamma, _ := math.Lgamma(a)
		log += gamma
		total += a
	}
	gamma, _ := math.Lgamma(total)
	return log - gamma
}

// Ville's inequality: however long one looks on, evidence beyond 1/α comes in at
// most a share α of the runs. At α = 0.01 that is 20 of 2000, with a standard
// deviation of 4.4.
func TestLawfulDrawsAreSeldomAccused(t *testing.T) {
	const runs, draws, alpha = 2000, 1000, 0.01
	for name, p := range map[string][]float64{"a fair coin": {0.5, 0.5}, "8 tokens": zipf(8, 1), "64 tokens": zipf(64, 1), "a rare token": {0.001, 0.999}} {
		accused := 0
		for seed := range uint64(runs) {
			r, cdf, e := rand.New(rand.NewPCG(seed, 1)), cumulative(p), newEvidence(p)
			for e.total < draws && e.logM < -math.Log(alpha) {
				e.count(chosen(cdf, r.Float64()))
			}
			if e.total < draws {
				accused++
			}
		}
		if accused > 40 {
			t.Errorf("%s: %d of %d lawful runs reach evidence of 1/%v", name, accused, runs, alpha)
		}
	}
}

// How many draws of a wrong law it takes until it is caught at falseAlarm, the
// slowest of 20 fixed seeds. A limit is about half as much again.
func TestUnlawfulDrawsAreCaught(t *testing.T) {
	for _, c := range []struct {
		defect     string
		law, drawn []float64
		within     int
	}{
		{"T = 0.5 ignored", zipf(64, 2), zipf(64, 1), 160},
		{"T = 2 ignored", zipf(64, 0.5), zipf(64, 1), 1000},
		{"T = 1.25 ignored", zipf(64, 0.8), zipf(64, 1), 8000},
		{"p² instead of p", zipf(64, 1), zipf(64, 2), 320},
		{"uniform instead of p", zipf(64, 1), zipf(64, 0), 160},
		{"one token late", zipf(64, 1), rotated(zipf(64, 1)), 600},
		{"T 5 % too large", zipf(64, 1), zipf(64, 1/1.05), 220_000},
	} {
		slowest := 0
		for seed := range uint64(20) {
			slowest = max(slowest, drawsUntilDamning(c.law, c.drawn, seed))
		}
		t.Logf("%s: caught within %d draws", c.defect, slowest)
		if slowest > c.within {
			t.Errorf("%s: %d draws, want %d at most", c.defect, slowest, c.within)
		}
	}
}

// drawsUntilDamning counts the draws from one law that it takes to refute another.
func drawsUntilDamning(law, drawn []float64, seed uint64) int {
	r, cdf, e := rand.New(rand.NewPCG(seed, 2)), cumulative(drawn), newEvidence(law)
	for !e.damning() {
		e.count(chosen(cdf, r.Float64()))
	}
	return e.total
}

func TestADrawOfProbabilityZeroIsDamningAtOnce(t *testing.T) {
	e := newEvidence([]float64{0.5, 0, 0.5})
	for _, cell := range []int{0, 2, 2} {
		if e.count(cell); e.damning() {
			t.Fatalf("possible draws are damning after %d", e.total)
		}
	}
	if e.count(1); !e.damning() || e.verdict() == nil {
		t.Errorf("an impossible draw leaves the evidence at exp(%v), verdict %v", e.logM, e.verdict())
	}
}

func TestTheVerdictNamesTheCellThatIsFurthestOff(t *testing.T) {
	e := newEvidence([]float64{0.25, 0.25, 0.25, 0.25})
	for i := range 400 {
		e.count([]int{0, 1, 3, 3, 3, 2}[i%6])
	}
	if err := e.verdict(); err == nil || !strings.Contains(err.Error(), "cell 3 of 4") {
		t.Errorf("verdict %v, want cell 3 of 4 named", err)
	}
}

// zipf has token k, counted from 1, with probability ∝ k^(−a).
func zipf(n int, a float64) []float64 {
	p, total := make([]float64, n), 0.0
	for k := range p {
		p[k] = math.Pow(float64(k+1), -a)
		total += p[k]
	}
	for k := range p {
		p[k] /= total
	}
	return p
}

// rotated gives every token the probability of the one before it.
func rotated(p []float64) []float64 { return append([]float64{p[len(p)-1]}, p[:len(p)-1]...) }

func cumulative(p []float64) []float64 {
	cdf, total := make([]float64, len(p)), 0.0
	for k, x := range p {
		total += x
		cdf[k] = total
	}
	return cdf
}

func chosen(cdf []float64, u float64) int {
	return min(sort.Search(len(cdf), func(k int) bool { return u < cdf[k] }), len(cdf)-1)
}
