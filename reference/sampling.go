package reference

import (
	"fmt"
	"math"
	"slices"
)

// Sampling holds the settings with which one row is sampled. A cut whose setting is 0 is
// off. What the settings mean in detail, and in which order they are applied, is up to
// the [Convention].
type Sampling struct {
	Temperature float64 // [0, +Inf], as in [Kernels]; there is no default, 0 is greedy
	TopK        int     // keep the TopK most probable tokens; from the vocabulary on it changes nothing
	TopP        float64 // keep the most probable tokens until their mass reaches TopP; 1 changes nothing
	MinP        float64 // keep the tokens with p ≥ MinP · max p, in [0, 1]
}

// Step is one step of sampling.
type Step int

// In the formulas, v ranges over the tokens that earlier steps have kept, sorted by
// probability, and M(v) is the mass of the tokens before v.
const (
	Temper Step = iota // p(v) becomes p(v)^(1/T), renormalised
	TopK               // v is kept if it is one of the first TopK
	TopP               // v is kept if M(v) < TopP
	MinP               // v is kept if p(v) ≥ MinP · max p
)

// String returns the name of the constant, which is also that of the greeting of a program
// and of the fixtures.
func (s Step) String() string {
	names := []string{"Temper", "TopK", "TopP", "MinP"}
	if s < 0 || int(s) >= len(names) {
		return fmt.Sprintf("Step(%d)", int(s))
	}
	return names[s]
}

// Convention is how a sampler applies the settings of a [Sampling]. Samplers of the same
// settings and different conventions draw from different distributions. As an example,
// the logits 3, 2, 1 at T = ½ and TopP = 0.8 keep token 0 alone if the temperature comes
// first, since p = .867, .117, .016 then, and tokens 0 and 1 if it comes last, since
// p = .665, .245, .090 at T = 1.
//
// Every convention keeps the token that crosses TopP, and never cuts the most probable
// token. Tokens of one logit are sorted by index.
type Convention struct {
	Name string

	// Order lists the steps in the order in which they are applied. A step that is
	// missing is not provided: its setting has to be off, and that of Temper 1.
	Order []Step

	TiesAtK      bool    // TopK keeps all tokens equal to the last one kept, instead of exactly TopK
	TiesAtP      bool    // for TopP, M(v) is the mass of the tokens more probable than v, so that equal tokens are kept or cut together
	AtMost       bool    // TopP keeps v if M(v) ≤ TopP
	OriginalMass bool    // for TopP, M(v) is relative to the mass of all tokens, instead of those that earlier cuts kept
	GreedyBelow  float64 // a temperature below it is taken for 0
}

// Conventions returns the conventions of engines in wide use, as their sources had them
// in autumn 2026. An engine with several backends, named in brackets, may have one for
// each.
func Conventions() []Convention {
	temperFirst := []Step{Temper, TopK, TopP, MinP}
	return []Convention{
		{Name: "vLLM (torch)", Order: []Step{Temper, MinP, TopK, TopP}, TiesAtK: true, GreedyBelow: 1e-5},
		{Name: "SGLang (torch)", Order: temperFirst, AtMost: true, OriginalMass: true, GreedyBelow: 1e-6},
		{Name: "FlashInfer (top k first)", Order: []Step{Temper, TopK, TopP}, TiesAtK: true, TiesAtP: true},
		{Name: "FlashInfer (joint)", Order: []Step{Temper, TopK, TopP}, TiesAtK: true, TiesAtP: true, OriginalMass: true},
		{Name: "llama.cpp", Order: []Step{TopK, TopP, MinP, Temper}},
		{Name: "Ollama (Go, to May 2026)", Order: []Step{TopK, Temper, TopP, MinP}, AtMost: true},
		{Name: "transformers", Order: slices.Clone(temperFirst), TiesAtK: true},
		{Name: "transformers.js", Order: []Step{Temper, TopK}},
		{Name: "TensorRT-LLM (torch)", Order: []Step{Temper, TopK, TopP}, TiesAtK: true, GreedyBelow: math.Nextafter(1e-4, 1)},
		{Name: "mlx-lm", Order: []Step{TopP, MinP, TopK, Temper}, OriginalMass: true},
	}
}

// Check returns nil for settings in their ranges whose steps the convention provides.
func (c Convention) Check(how Sampling) error {
	if err := CheckTemperature(how.Temperature); err != nil {
		return err
	}
	switch {
	case how.TopK < 0:
		return fmt.Errorf("TopK = %d is below 0: %w", how.TopK, ErrSampling)
	case !(how.TopP >= 0 && how.TopP <= 1):
		return fmt.Errorf("TopP = %v is outside [0, 1]: %w", how.TopP, ErrSampling)
	case !(how.MinP >= 0 && how.MinP <= 1):
		return fmt.Errorf("MinP = %v is outside [0, 1]: %w", how.MinP, ErrSampling)
	}
	for step, off := range []bool{how.Temperature == 1, how.TopK == 0, how.TopP == 0, how.MinP == 0} {
		if !off && !slices.Contains(c.Order, Step(step)) {
			return fmt.Errorf("%s is set, and %s does not provide it: %w", Step(step), c.Name, ErrSampling)
		}
	}
	return nil
}

// cuts reports whether one of the steps is a cut that is on.
func (s Sampling) cuts(steps []Step) bool {
	on := map[Step]bool{TopK: s.TopK > 0, TopP: s.TopP > 0, MinP: s.MinP > 0}
	return slices.ContainsFunc(steps, func(step Step) bool { return on[step] })
}

// checkOrder returns nil for an order of known steps, each at most once.
func (c Convention) checkOrder() error {
	for i, step := range c.Order {
		if step < Temper || step > MinP {
			return fmt.Errorf("order of %s: %s: %w", c.Name, step, ErrSampling)
		}
		if slices.Contains(c.Order[:i], step) {
			return fmt.Errorf("order of %s: %s comes twice: %w", c.Name, step, ErrSampling)
		}
	}
	return nil
}

// greedy reports whether the most probable token has all mass.
func (c Convention) greedy(how Sampling) bool {
	return how.Temperature == 0 || how.Temperature < c.GreedyBelow
}
