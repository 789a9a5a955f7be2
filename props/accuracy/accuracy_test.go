package accuracy_test

import (
	"math"
	"testing"

	"temper/props/accuracy"
	"temper/props/verdict"
	"temper/reference"
)

var masked = float32(math.Inf(-1))

func TestMustAllowsForLogVocabDividedByT(t *testing.T) {
	flat := make([]float32, 131072)
	// LogSumExp is log(131072) = 11.8 and log(131072) / 0.2 = 58.9, whose ulp is 2⁻¹⁸.
	if got, want := accuracy.Slack(verdict.Must, flat, .2), 576*0x1p-18; got != want {
		t.Errorf("Must allows %v nats, want %v", got, want)
	}
	if got, want := accuracy.Slack(verdict.Should, flat, .2), 8*0x1p-20; got != want {
		t.Errorf("Should allows %v nats, want %v", got, want)
	}
}

func TestACommonOffsetIsNoPartOfTheScaleOfAToken(t *testing.T) {
	row := []float32{1e20, 1e20, masked}
	if scale := accuracy.ScaleOfRow(row, 1); scale != float64(row[0]) {
		t.Errorf("the scale of the row is %v, want the largest logit", scale)
	}
	each, whole := accuracy.TokenSlacks(row, 1)
	for v, slack := range append(each, whole) {
		if want := 8 * accuracy.Ulp(math.Log(3)); slack != want {
			t.Errorf("token %d: %v nats, want %v", v, slack, want)
		}
	}
}

func TestUlpIsThatOfFloat32(t *testing.T) {
	for _, scale := range []float32{1, 1.5, 58.9, 3e38} {
		next := math.Nextafter32(scale, 0)
		if scale == 1 {
			next = 1 - 0x1p-23 // below 1 the spacing is half of that above
		}
		if got, want := accuracy.Ulp(float64(scale)), float64(scale)-float64(next); got != want {
			t.Errorf("Ulp(%v) = %v, want %v", scale, got, want)
		}
	}
	if got := accuracy.Ulp(math.Inf(1)); !math.IsInf(got, 1) {
		t.Errorf("Ulp(+Inf) = %v", got)
	}
}

func TestNearHasTheSlackAsItsEdge(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		got, want, slack float64
		near             bool
	}{
		{1.5, 1, .5, true}, {.5, 1, .5, true}, {1.5000001, 1, .5, false},
		{-inf, -inf, 0, true}, {-inf, -1e300, inf, false}, {inf, -inf, inf, false}, {nan, 1, inf, false},
	} {
		if accuracy.Near(c.got, c.want, c.slack) != c.near {
			t.Errorf("Near(%v, %v, %v) = %v", c.got, c.want, c.slack, !c.near)
		}
	}
}

func TestProbabilitiesAreComparedRelatively(t *testing.T) {
	for _, c := range []struct {
		p, logp, slack float64
		near           bool
	}{
		{.5, math.Log(.5), 0, true}, {.5 * math.Exp(1e-3), math.Log(.5), 1.0001e-3, true},
		{.5 * math.Exp(1e-3), math.Log(.5), .999e-3, false}, {.5 * math.Exp(-1e-3), math.Log(.5), .99e-3, false},
		{0, -100, 1e-3, true}, {1e-30, -100, 1e-3, false}, {0, math.Inf(-1), 1, true}, {1e-30, math.Inf(-1), 1, false},
		{math.NaN(), 0, 1, false},
	} {
		if accuracy.NearProbability(c.p, c.logp, c.slack) != c.near {
			t.Errorf("NearProbability(%v, %v, %v) = %v", c.p, c.logp, c.slack, !c.near)
		}
	}
}

func TestIntervalsAreClosedBelowAndOpenAboveWithinTheirTolerance(t *testing.T) {
	const slack = 0x1p-20
	tolerance := accuracy.IntervalTolerance(slack)
	for u, want := range map[float64]bool{
		.25: true, .5: true, .25 - tolerance/2: true, .5 + tolerance/2: true, .25 - 2*tolerance: false, .5 + 2*tolerance: false,
	} {
		if accuracy.NearInterval(u, .25, .5, slack) != want {
			t.Errorf("u = %v in [.25, .5): %v", u, !want)
		}
	}
}

func TestEveryOperationWithANumberHasABound(t *testing.T) {
	bounded := map[string]bool{}
	for _, b := range accuracy.Bounds() {
		bounded[b.Operation] = true
		if b.Should > 0 == (b.Must != nil && b.Must(1) < b.Should) {
			t.Errorf("%s: Should allows %v ulps, which is not below Must", b.Operation, b.Should)
		}
	}
	for _, operation := range []string{"LogSumExp", "LogProbs", "Anneal", "Sample"} {
		if !bounded[operation] {
			t.Errorf("%s has no bound", operation)
		}
	}
}

func TestExactValuesAreThoseOfTheReference(t *testing.T) {
	row := []float32{1, 2, masked}
	if got, want := accuracy.ExactLogSumExp(row, 1), 2+math.Log1p(math.Exp(-1)); math.Abs(got-want) > 1e-15 {
		t.Errorf("LogSumExp = %v, want %v", got, want)
	}
	if logp := accuracy.ExactLogProbs(row, 0); logp[1] != 0 || !math.IsInf(logp[0], -1) || reference.CheckRow(row) != nil {
		t.Errorf("log p = %v at T = 0", logp)
	}
}
