package decide

import (
	"math"
	"math/rand/v2"
	"testing"
)

// noise is what a machine adds to ln(time): one draw per layout, one per sample
// and, now and then, a disturbance that only ever slows.
type noise struct {
	layout, sample float64 // standard deviations
	disturbed      float64 // probability that a sample is
	disturbance    float64 // its mean
}

var (
	calm   = noise{layout: 0.01, sample: 0.012} // pairs spread by 2.2 %
	shared = noise{layout: 0.02, sample: 0.02, disturbed: 0.1, disturbance: 0.3}
	awful  = noise{layout: 0.05, sample: 0.1, disturbed: 0.5, disturbance: 0.5}
)

func (z noise) log(rng *rand.Rand) float64 {
	t := z.layout*rng.NormFloat64() + z.sample*rng.NormFloat64()
	if rng.Float64() < z.disturbed {
		t += z.disturbance * rng.ExpFloat64()
	}
	return t
}

// pairs returns ln(head/base) of n layout pairs under a true effect.
func (z noise) pairs(rng *rand.Rand, n int, effect float64) []float64 {
	d := make([]float64, n)
	for i := range d {
		d[i] = effect + z.log(rng) - z.log(rng)
	}
	return d
}

// run goes through a plan's looks as the command does.
func (p Plan) run(rng *rand.Rand, z noise, effects []float64) []Judgement {
	d := make([][]float64, len(effects))
	var rows []Judgement
	for k, look := range p.Looks {
		open := false
		for r, effect := range effects {
			if rows == nil || rows[r].Verdict == Open {
				d[r] = append(d[r], z.pairs(rng, look.Pairs-len(d[r]), effect)...)
			}
		}
		rows = p.Judge(k, rows, d, false)
		for _, row := range rows {
			open = open || row.Verdict == Open
		}
		if !open {
			break
		}
	}
	return rows
}

// rate is how often a run of so many rows, the first with an effect of its own,
// ends with a verdict in some row.
func rate(seed uint64, runs, rows int, z noise, first, others float64, verdict Verdict) float64 {
	rng := rand.New(rand.NewPCG(seed, 0))
	plan := NewPlan(rows, 0.03)
	effects := make([]float64, rows)
	for r := range effects {
		effects[r] = math.Log1p(others)
	}
	effects[0] = math.Log1p(first)
	hits := 0
	for range runs {
		for _, row := range plan.run(rng, z, effects) {
			if row.Verdict == verdict {
				hits++
				break
			}
		}
	}
	return float64(hits) / float64(runs)
}

func TestFamilyErrorStaysBelowOnePercent(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: thousands of simulated runs")
	}
	for _, c := range []struct {
		name     string
		noise    noise
		rows     int
		slowdown float64
		runs     int
	}{
		{"calm, at the margin", calm, 4, 0.03, 2000},
		{"shared, at the margin", shared, 4, 0.03, 1000},
		{"awful, at the margin", awful, 1, 0.03, 1000},
		{"awful, at the margin", awful, 20, 0.03, 150},
		{"awful, no change", awful, 4, 0, 1000},
	} {
		got := rate(3, c.runs, c.rows, c.noise, c.slowdown, c.slowdown, Fail)
		// Four standard errors keep a procedure that is right from failing here.
		if limit := Alpha + 4*math.Sqrt(Alpha*(1-Alpha)/float64(c.runs)); got > limit {
			t.Errorf("%s, %d rows: %.2f %% of %d runs failed", c.name, c.rows, 100*got, c.runs)
		}
	}
}

func TestUnchangedRowsAlmostNeverFail(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: thousands of simulated runs")
	}
	if got := rate(4, 2000, 4, shared, 0, 0, Fail); got > Alpha/10 {
		t.Errorf("%.2f %% of runs without a change failed", 100*got)
	}
}

func TestUnchangedRowsPassOnAQuietMachine(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: thousands of simulated runs")
	}
	if got := rate(5, 1000, 4, calm, 0, 0, Inconclusive); got > 0.01 {
		t.Errorf("%.2f %% of runs without a change were inconclusive", 100*got)
	}
}

func TestSlowdownsAreFoundAsDesigned(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: thousands of simulated runs")
	}
	for _, c := range []struct {
		rows, runs      int
		slowdown, power float64
	}{
		{1, 1000, 0.05, 0.90},
		{4, 1000, 0.05, 0.90},
		{20, 300, 0.05, 0.90},
		{4, 1000, 0.10, 0.95},
	} {
		if got := rate(6, c.runs, c.rows, calm, c.slowdown, 0, Fail); got < c.power {
			t.Errorf("+%v %% in one row of %d: found in %.1f %% of runs, designed for %.0f %%",
				100*c.slowdown, c.rows, 100*got, 100*c.power)
		}
	}
}

func TestDetectableSlowdownIsDetected(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: thousands of simulated runs")
	}
	const runs, rows = 400, 4
	rng := rand.New(rand.NewPCG(7, 7))
	plan := NewPlan(rows, 0.03)
	k := len(plan.Looks) - 1
	promised := 0.0
	for range runs {
		row := plan.estimate(calm.pairs(rng, plan.Last(), 0), plan.Looks[k].Share/rows)
		promised += row.Detectable / runs
	}
	if power := rate(8, runs, rows, calm, promised, 0, Fail); power < 0.82 || power > 0.98 {
		t.Errorf("a slowdown of %.1f %%, called detectable with 90 %% power, was found in %.0f %% of runs",
			100*promised, 100*power)
	}
}

func TestIntervalCoversAlthoughRunsStopEarly(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: thousands of simulated runs")
	}
	const runs = 4000
	rng := rand.New(rand.NewPCG(9, 9))
	plan := NewPlan(1, 0.03)
	for _, effect := range []float64{0, 0.02, 0.05} {
		covered := 0
		for range runs {
			row := plan.run(rng, calm, []float64{math.Log1p(effect)})[0]
			if row.Lo <= 1+effect && 1+effect <= row.Hi {
				covered++
			}
		}
		if got := float64(covered) / runs; got < 0.93 || got > 0.97 {
			t.Errorf("effect %v: the interval covered in %.1f %% of runs", effect, 100*got)
		}
	}
}

func TestEveryLookCanRejectAndEveryControlCanAlarm(t *testing.T) {
	for rows := 1; rows <= 200; rows += 1 + rows/10 {
		plan, shares := NewPlan(rows, 0.03), 0.0
		for k, look := range plan.Looks {
			shares += look.Share
			slower, moved := make([][]float64, rows), make([][]float64, rows)
			for r := range slower {
				slower[r], moved[r] = make([]float64, look.Pairs), make([]float64, look.Pairs)
			}
			for i := range look.Pairs {
				slower[0][i] = 1 + float64(i)/1000
				moved[0][i] = -slower[0][i]
			}
			if got := plan.Judge(k, nil, slower, false)[0]; got.Verdict != Fail {
				t.Fatalf("%d rows, look %d: a row that is always slower is %v, p = %v", rows, k, got.Verdict, got.P)
			}
			if got := Moved(moved, ControlAlpha); len(got) != 1 || got[0] != 0 {
				t.Fatalf("%d rows, look %d: a control that always moves gives %v", rows, k, got)
			}
		}
		if shares != 1 {
			t.Fatalf("%d rows: the looks' shares add up to %v", rows, shares)
		}
	}
}

func TestDecidedRowsStayDecided(t *testing.T) {
	plan := NewPlan(2, 0.03)
	decided := []Judgement{{Verdict: Fail, P: 0.001, Ratio: 2}, {Verdict: Pass, Ratio: 1}}
	got := plan.Judge(1, decided, [][]float64{{0, 0, 0}, {9, 9, 9}}, true)
	if got[0] != decided[0] || got[1] != decided[1] {
		t.Errorf("Judge changed %v into %v", decided, got)
	}
}
