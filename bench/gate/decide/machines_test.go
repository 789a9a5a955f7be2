package decide

import (
	"flag"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

const defaultTrials = 200

var trials = flag.Int("trials", defaultTrials, "simulated runs on every machine")

// A machine is noise that depends on when a process runs. It returns a function that
// gives ln(time) of the next process of the same code, without a slowdown. A turn is
// three processes, one of each arm.
type machine struct {
	name  string
	start func(rng *rand.Rand) (next func() float64)
}

// machines have noise of kinds that no assumption of a normal distribution, of
// independence or of a steady state covers.
var machines = []machine{
	{"heavy tails", func(rng *rand.Rand) func() float64 {
		return func() float64 { return 0.005 * math.Tan(math.Pi*(rng.Float64()-0.5)) }
	}},
	{"one process in twenty takes 100 times as long", func(rng *rand.Rand) func() float64 {
		return func() float64 { return 0.01*rng.NormFloat64() + math.Log(100)*flip(rng, 0.05) }
	}},
	{"slower by 1 % with every process", func(rng *rand.Rand) func() float64 {
		t := 0.0
		return func() float64 { t += 0.01; return t + 0.01*rng.NormFloat64() }
	}},
	{"a frequency that falls after ten processes", func(rng *rand.Rand) func() float64 {
		n := 0
		return func() float64 {
			n++
			return 0.4*when(n > 10) + 0.01*rng.NormFloat64()
		}
	}},
	{"two speeds, for ten turns each", phases(1. / 30)},
	{"two speeds, for less than a turn each", phases(0.6)},
	{"neighbours in time alike", func(rng *rand.Rand) func() float64 {
		t := 0.0
		return func() float64 { t = 0.95*t + 0.02*rng.NormFloat64(); return t + 0.005*rng.NormFloat64() }
	}},
	{"the second process of every turn is slower", func(rng *rand.Rand) func() float64 {
		n := 0
		return func() float64 { n++; return 0.2*when(n%3 == 2) + 0.01*rng.NormFloat64() }
	}},
	{"each process has one of two places in memory", func(rng *rand.Rand) func() float64 {
		return func() float64 { return 0.25*flip(rng, 0.5) + 0.005*rng.NormFloat64() }
	}},
	{"a timer with two readings", func(rng *rand.Rand) func() float64 {
		return func() float64 { return math.Log(1000 + flip(rng, 0.5)) }
	}},
	{"a coarse timer", func(rng *rand.Rand) func() float64 {
		return func() float64 { return math.Log(math.Round(1000 * math.Exp(0.002*rng.NormFloat64()))) }
	}},
}

// phases is a machine that is slower by 30 % half of the time, and changes its speed with
// this probability after each process.
func phases(change float64) func(rng *rand.Rand) func() float64 {
	return func(rng *rand.Rand) func() float64 {
		slow := flip(rng, 0.5)
		return func() float64 {
			if rng.Float64() < change {
				slow = 1 - slow
			}
			return 0.3*slow + 0.01*rng.NormFloat64()
		}
	}
}

func flip(rng *rand.Rand, p float64) float64 { return when(rng.Float64() < p) }

func when(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// turn times the three arms once, in random order, and returns ln(base′/base) and
// ln(head/base) as the gate computes them, if head is slower by an effect.
func turn(rng *rand.Rand, next func() float64, effect float64) (same, head float64) {
	var seconds [3]float64
	for _, arm := range rng.Perm(3) {
		seconds[arm] = 1e-9 * math.Exp(next())
	}
	return math.Log(seconds[1] / seconds[0]), math.Log(seconds[2]/seconds[0]) + effect
}

// outcome is how the first row of a run ended, and what else the run was wrong about.
type outcome struct {
	row   Judgement
	other bool // a row without a change failed
	moved bool // base and base′ of the first row were found to differ
}

// run simulates a run whose first row is slower and whose other rows did not change.
func (m machine) run(rng *rand.Rand, rows int, slowdown float64) (o outcome) {
	plan := NewPlan(rows, Margin)
	next, head := make([]func() float64, rows), make([][]float64, rows)
	for r := range next {
		next[r] = m.start(rng)
	}
	var judged []Judgement
	var same []float64
	for k, look := range plan.Looks {
		for r := range head {
			for len(head[r]) < look.Pairs && (judged == nil || judged[r].Verdict == Open) {
				effect := 0.0
				if r == 0 {
					effect = math.Log1p(slowdown)
				}
				s, h := turn(rng, next[r], effect)
				head[r] = append(head[r], h)
				if r == 0 {
					same = append(same, s)
				}
			}
		}
		judged = plan.Judge(k, judged, head, false)
	}
	o.row, o.moved = judged[0], len(Moved([][]float64{same}, ControlAlpha)) > 0
	for _, other := range judged[1:] {
		o.other = o.other || other.Verdict == Fail
	}
	return o
}

// share returns in which share of the runs something is so.
func share(runs []outcome, is func(outcome) bool) float64 {
	n := 0.0
	for _, o := range runs {
		n += when(is(o))
	}
	return n / float64(len(runs))
}

func ended(verdict Verdict) func(outcome) bool {
	return func(o outcome) bool { return o.row.Verdict == verdict }
}

// exceeds returns whether a share of the simulated runs is more than chance makes of a
// probability, but for one time in a million.
func exceeds(share, probability float64) bool {
	runs := float64(*trials)
	return distuv.Binomial{N: runs, P: probability}.CDF(math.Round(share*runs)-1) > 1-1e-6
}

func TestGateKeepsItsErrorsOnEveryMachine(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: thousands of simulated runs")
	}
	for _, m := range machines {
		rng := rand.New(rand.NewPCG(10, 10))
		for _, c := range []struct {
			rows     int
			slowdown float64
		}{{1, 0}, {1, 0.02}, {1, 0.03}, {1, 0.04}, {1, 0.11}, {10, 0.05}, {10, 0.10}, {10, 0.30}} {
			if *trials == defaultTrials && c.slowdown != 0.03 && c.slowdown != 0.11 {
				continue
			}
			var runs []outcome
			for range *trials {
				runs = append(runs, m.run(rng, c.rows, c.slowdown))
			}
			fail, pass := share(runs, ended(Fail)), share(runs, ended(Pass))
			other, moved := share(runs, func(o outcome) bool { return o.other }), share(runs, func(o outcome) bool { return o.moved })
			t.Logf("%s, +%.0f %% in one row of %d: FAIL %.2f %%, PASS %.2f %%; another row red %.2f %%, broken %.2f %%",
				m.name, 100*c.slowdown, c.rows, 100*fail, 100*pass, 100*other, 100*moved)
			if c.slowdown <= Margin && exceeds(fail, Alpha) || exceeds(other, Alpha) || exceeds(moved, ControlAlpha) {
				t.Errorf("%s: more false alarms than promised", m.name)
			}
			if c.slowdown > Margin+Slack && exceeds(pass, (1-confidence)/2) {
				t.Errorf("%s: +%.0f %% passed in %.2f %% of runs", m.name, 100*c.slowdown, 100*pass)
			}
		}
	}
}

// An interval that lies above the margin as a whole speaks of a slowdown.
func TestRowThatItsOwnIntervalCallsSlowerDoesNotPass(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 12))
	noisy := machine{"noisy", func(rng *rand.Rand) func() float64 {
		return func() float64 { return 0.03 * rng.NormFloat64() }
	}}
	unclear := 0
	for range *trials {
		row := noisy.run(rng, 1, 0.06).row
		if row.Verdict == Pass && row.Lo > 1+Margin {
			t.Fatalf("interval %.3f to %.3f, verdict %s", row.Lo, row.Hi, row.Verdict)
		}
		if row.Verdict == Inconclusive && row.Hi < 1+Margin+Slack {
			unclear++
		}
	}
	if unclear == 0 {
		t.Error("no run was tested")
	}
}

func TestTimesThatDifferByRoundingErrorsAreTied(t *testing.T) {
	up, down := math.Log(1001./1000), math.Log(1000./1001)
	if up == -down {
		t.Fatal("nothing to test")
	}
	if got, want := signedRank([]float64{up, up, down, up}), signedRank([]float64{1, 1, -1, 1}); got != want {
		t.Errorf("p = %v, want %v", got, want)
	}
	if p := signedRank(minus(equal(13, math.Log(1.03)), math.Log1p(0.03))); p != 1 {
		t.Errorf("exactly the margin in every pair: p = %v", p)
	}
}
