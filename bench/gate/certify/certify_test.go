//go:build unix

package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"temper/bench/gate/arms"
)

func TestBoundsAreThoseOfTheSampleSizes(t *testing.T) {
	for _, c := range []struct{ got, want float64 }{
		{upperBound(0, 59), 1 - math.Pow(0.05, 1./59)}, // below 5 %: why 59 runs
		{lowerBound(29, 29), math.Pow(0.05, 1./29)},    // above 90 %: why 29
		{lowerBound(0, 10), 0},
		{upperBound(10, 10), 1},
	} {
		if math.Abs(c.got-c.want) > 1e-9 {
			t.Errorf("bound %v, want %v", c.got, c.want)
		}
	}
}

// made is a run with samples of two rows: head is slower by a factor in the first.
func made(rng *rand.Rand, scenario string, factor float64) *record {
	r := &record{Scenario: scenario, Samples: map[string]string{}}
	for arm := range arms.Count {
		var text strings.Builder
		text.WriteString("pkg: control\nBenchmarkSpin 1 5 ns/op\npkg: certified\n")
		for _, row := range []string{"A", "B"} {
			for range 20 {
				ns := 1000 * math.Exp(0.01*rng.NormFloat64())
				if arm == arms.Head && row == "A" {
					ns *= factor
				}
				fmt.Fprintf(&text, "Benchmark%s 10 %v ns/op\n", row, ns)
			}
		}
		r.Samples[arm.String()] = text.String()
	}
	return r
}

func TestKeptRunsComeBackAndUnfinishedOnesDoNot(t *testing.T) {
	dir := t.TempDir()
	r := made(rand.New(rand.NewPCG(1, 1)), "unchanged", 1)
	if err := r.save(dir, "unchanged", 7); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "unchanged-008.json.gz.part"), []byte("half a run"), 0o644); err != nil {
		t.Fatal(err)
	}
	if !exists(dir, "unchanged", 7) || exists(dir, "unchanged", 8) {
		t.Error("run 7 was kept and run 8 was not, which exists denies")
	}
	records, err := load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(records["unchanged"]) != 1 || records["unchanged"][0].Samples["head"] != r.Samples["head"] {
		t.Errorf("loaded %d runs, or other samples", len(records["unchanged"]))
	}
}

func TestRunsOfSeveralOriginsAreNotSummedUp(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	one, other := made(rng, "unchanged", 1), made(rng, "slower", 1)
	one.Origin = origin{Gate: "1f", Go: "go1.26.8", CPU: "this"}
	for _, change := range []func(*origin){
		func(*origin) {},
		func(o *origin) { o.Gate += "+edits" },
		func(o *origin) { o.Go = "go1.27" },
		func(o *origin) { o.CPU = "that" },
	} {
		other.Origin = one.Origin
		change(&other.Origin)
		err := oneOrigin(map[string][]*record{"unchanged": {one}, "slower": {other}})
		if mixed := other.Origin != one.Origin; mixed != (err != nil) {
			t.Errorf("%+v and %+v: %v", one.Origin, other.Origin, err)
		}
	}
}

func TestOriginCoversEveryFolderThatTheGateIsBuiltFrom(t *testing.T) {
	code, err := gateCode(t.Context(), ".")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{
		":(glob)bench/gate/*.go": true, ":(glob)bench/gate/arms/*.go": true, ":(glob)bench/gate/child/*.go": true,
		":(glob)bench/gate/compare/*.go": true, ":(glob)bench/gate/decide/*.go": true, ":(glob)bench/gate/report/*.go": true,
		":(glob)bench/gate/scratch/*.go": true, ":(glob)bench/gate/selfcheck/*.go": true, "bench/gate/certify/scenarios.go": true,
		":(glob)bench/gate/certify/*.go": false, ":(glob)bench/gate/gatetest/*.go": false,
	} {
		if slices.Contains(code, path) != want {
			t.Errorf("%s counts as the gate's code: %v, want %v", path, !want, want)
		}
	}
}

func TestProcessorIsTheOneThatTheSamplesName(t *testing.T) {
	if got := cpu("goos: linux\ncpu: Eight Cores\nBenchmarkX 1 5 ns/op\n"); got != "Eight Cores" {
		t.Errorf("got %q", got)
	}
}

func TestRulesSeeASlowdownAboveTheirThreshold(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for factor, want := range map[float64][]bool{
		0.8:  {false, false, false, false},
		1.05: {true, false, false, false},
		1.2:  {true, true, true, false},
		2.2:  {true, true, true, true},
	} {
		r := made(rng, "slower", factor)
		base, err := r.times(arms.Base)
		if err != nil {
			t.Fatal(err)
		}
		head, err := r.times(arms.Head)
		if err != nil {
			t.Fatal(err)
		}
		if len(base) != 2 {
			t.Fatalf("%d rows: the control is none", len(base))
		}
		for i, u := range rules {
			if got := u.slower(base["A"], head["A"]); got != want[i] {
				t.Errorf("%s of a factor of %v: %v", u.name, factor, got)
			}
		}
	}
}

func TestResamplingFindsWhatIsPlantedAndNothingElse(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	rows, err := pools([]*record{made(rng, "unchanged", 1), made(rng, "unchanged", 1)})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2 || len(rows[0]) != 40 {
		t.Fatalf("%d rows, %d pairs", len(rows), len(rows[0]))
	}
	if red, _ := simulate(rng, rows, 0, 300); red > 0.01 {
		t.Errorf("without a change %.1f %% of runs are red", 100*red)
	}
	if red, _ := simulate(rng, rows, 0.10, 300); red < 0.99 {
		t.Errorf("with +10 %% only %.1f %% of runs are red", 100*red)
	}
}
