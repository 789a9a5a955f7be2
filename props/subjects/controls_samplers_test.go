package subjects

import (
	"flag"
	"math"
	"testing"

	"temper/props"
)

var samplerSeeds = flag.Int("samplers", 0, "with how many seeds to try the exact sampler and the subtracting loop on the laws about Sample")

// The laws about Sample accuse neither the sampler that no rounding decides nor
// the loop that subtracts weights, with any seed. All inputs of 1000 seeds:
//
//	go test ./props/subjects -run TestNoSampleLawAccuses -samplers 1000 -timeout 0
func TestNoSampleLawAccusesTheExactSamplerOrTheSubtractingLoop(t *testing.T) {
	if *samplerSeeds == 0 {
		t.Skip("without -samplers N; one seed is tried with the other controls")
	}
	for _, control := range kernelControls() {
		if control.Name != "exact sampler" && control.Name != "subtracting loop" {
			continue
		}
		t.Run(control.Name, func(t *testing.T) {
			t.Parallel()
			control.Draw = nil
			for seed := range uint64(*samplerSeeds) {
				opts := []props.Option{props.Seed((seed + 1) * 1_000_000)}
				if seed > 0 {
					opts = append(opts, props.Skip("Sample/Lengths", "the same inputs with every seed"), props.Skip("Sample/Exact", "the same inputs with every seed"))
				}
				if err := falseAlarms(props.CheckKernels(control, opts...)); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
			}
		})
	}
}

// Whether the logits are [1 0 1] at T = 0.01 or at 1e-30, half the mass and a
// little more lies on the first two tokens, and less than half on the first.
func TestTheExactSamplerGivesTheRestItsPlaceAtAnyTemperature(t *testing.T) {
	sampler := exactSampler()
	for _, c := range []struct {
		row  []float32
		t, u float64
		want int
	}{
		{[]float32{1, 0, 1}, 1, 0.5, 1},
		{[]float32{1, 0, 1}, 0.01, 0.5, 1},
		{[]float32{1, 0, 1}, 1e-30, 0.5, 1},
		{[]float32{1, 0, 1}, 1e-30, math.Nextafter(0.5, 0), 0},
		{[]float32{1, 0, 1}, 1e-30, math.Nextafter(0.5, 1), 2},
		{[]float32{0, 1, 1}, 1e-30, 0, 0},
		{[]float32{1, 1, 0}, 1e-30, 1 - 0x1p-53, 1},
		{[]float32{1, 5, 3, 1}, math.Inf(1), 0.5, 2},
		{[]float32{1, float32(math.Inf(-1)), 1}, 1, 0.5, 2},
		{[]float32{1, 0, 1}, 0, 0.5, 0},
	} {
		got := []int{-1}
		if err := sampler.Sample(got, c.row, []float64{c.u}, c.t); err != nil || got[0] != c.want {
			t.Errorf("logits %v, T = %v, u = %v: token %d (%v), want %d", c.row, c.t, c.u, got[0], err, c.want)
		}
	}
}
