package accuracy

import (
	"math"

	"temper/props/verdict"
	"temper/reference"
)

// SlackOfCuts is how far the log-probabilities that a cut compares may be off, in nats:
// the bound of a level on the row as it is before the temperature, after it, or both,
// wherever a cut that is on stands. It is 0 where only TopK cuts, which compares logits.
// [reference.Convention.Band] takes it.
func SlackOfCuts(level verdict.Level, c reference.Convention, row []float32, how reference.Sampling) float64 {
	slack, temperature := 0.0, 1.0
	for _, step := range c.Order {
		if step == reference.Temper {
			temperature = how.Temperature
		} else if ComparesMass(step, how) && temperature > 0 {
			slack = math.Max(slack, Slack(level, row, temperature))
		}
	}
	return slack
}

// ComparesMass says whether a step is a cut that is on and compares masses or
// probabilities.
func ComparesMass(step reference.Step, how reference.Sampling) bool {
	return step == reference.TopP && how.TopP > 0 && how.TopP < 1 || step == reference.MinP && how.MinP > 0
}
