package subjects

import (
	"slices"
	"strings"
	"testing"

	"temper/props"
	"temper/reference"
)

// onlyWith leaves one operation of a sampler.
func onlyWith(s reference.Sampler, operation string) reference.Sampler {
	left := reference.Sampler{Name: s.Name, Available: true}
	switch operation {
	case "Keep":
		left.Keep = s.Keep
	case "LogProbs":
		left.LogProbs = s.LogProbs
	case "Sample":
		left.Sample = s.Sample
	}
	return left
}

func TestEveryPresetIsFoundByEveryOperation(t *testing.T) {
	for _, c := range reference.Conventions() {
		for _, operation := range []string{"Keep", "LogProbs", "Sample"} {
			f, err := props.FindConvention(onlyWith(reference.ScalarSampler(c), operation))
			if err != nil {
				t.Fatal(err)
			}
			if len(f.Follows) != 1 || f.Follows[0].Name != c.Name {
				t.Errorf("%s by %s: %v", c.Name, operation, f)
			}
			if f.Questions >= 200 {
				t.Errorf("%s by %s: %d questions", c.Name, operation, f.Questions)
			}
			t.Logf("%s by %s: %d rows", c.Name, operation, f.Questions)
		}
	}
}

func TestTheConventionOfASamplerInFloat32IsFound(t *testing.T) {
	for _, control := range cutControls() {
		if strings.Contains(control.Name, "log-softmax") { // its equal tokens have no exact mass
			continue
		}
		preset := false
		for _, c := range reference.Conventions() {
			preset = preset || c.Name == control.Convention.Name
		}
		for _, operation := range []string{"Keep", "LogProbs", "Sample"} {
			f, err := props.FindConvention(onlyWith(control, operation))
			if err != nil {
				t.Fatal(err)
			}
			if found := len(f.Follows) == 1 && f.Follows[0].Name == control.Convention.Name; found != preset {
				t.Errorf("%s by %s: %v", control.Name, operation, f)
			}
		}
	}
}

func TestASamplerOfNoConventionIsToldFromAll(t *testing.T) {
	for _, cause := range []string{"k − 1", "T applied twice", "the token that crosses P dropped", "ties at k all dropped", "min-p relative to 1"} {
		for _, mutant := range samplerMutants() {
			if mutant.cause != cause {
				continue
			}
			f, err := props.FindConvention(mutant.subject)
			if err != nil {
				t.Fatal(err)
			}
			if len(f.Follows)+len(f.Partly) > 0 || f.Fit != nil || len(f.Told) != len(reference.Conventions()) {
				t.Errorf("%s: %v", cause, f)
			}
		}
	}
}

func TestAConventionThatIsNoPresetIsDescribed(t *testing.T) {
	mine := reference.Convention{Order: []reference.Step{reference.Temper, reference.TopK, reference.TopP}}
	f, err := props.FindConvention(reference.ScalarSampler(mine))
	const want = "follows no engine; it fits the order Temper, TopK, TopP, exactly k, top-p by order, M < P, M of what is left, greedy at 0 alone"
	if err != nil || !strings.HasPrefix(f.String(), want) {
		t.Errorf("%v, %v, want %s", err, f, want)
	}
}

func TestASamplerWithoutMinPFollowsAPresetInTheStepsThatItHas(t *testing.T) {
	mine := reference.Convention{Order: []reference.Step{reference.Temper, reference.TopK, reference.TopP}, TiesAtK: true}
	f, err := props.FindConvention(reference.ScalarSampler(mine))
	if err != nil || !strings.HasPrefix(f.String(), "follows transformers in the steps that it has") {
		t.Fatalf("%v, %v", err, f)
	}
	if got := f.Partly[0].Order; !slices.Equal(got, mine.Order) {
		t.Errorf("the order has %v, but the sampler has %v", got, mine.Order)
	}
}

func TestFindConventionNeedsADeterminedOperation(t *testing.T) {
	if _, err := props.FindConvention(reference.Sampler{Name: "empty"}); err == nil {
		t.Error("nothing was asked, and no error")
	}
	panicking := reference.Sampler{Keep: func([]bool, []float32, []reference.Sampling) error { panic("out of paper") }}
	if _, err := props.FindConvention(panicking); err == nil {
		t.Error("a sampler that panics has a convention")
	}
}
