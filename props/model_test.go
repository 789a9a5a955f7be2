package props_test

import (
	"testing"

	"temper/props"
	"temper/reference/sequence"
)

func TestReferenceModelsKeepTheLawsOfModels(t *testing.T) {
	for name, m := range models(t) {
		t.Run(name, func(t *testing.T) { props.TestModel(t, m, props.Strict()) })
	}
}

func TestChainRuleKeepsTheLawsOfScorers(t *testing.T) {
	props.TestScorer(t, sequence.LogProb, props.Strict())
}

func TestGenerateKeepsTheLawsOfGenerators(t *testing.T) {
	props.TestGenerator(t, sequence.Generate, props.Strict())
}

// models are one of each kind.
func models(t *testing.T) map[string]sequence.Model {
	t.Helper()
	must := func(m sequence.Model, err error) sequence.Model {
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	text := [][]int{{0, 1, 2, 1, 0, 0, 1, 3}, {1, 1, 0, 2, 3}, {2, 0, 1, 0, 1, 2, 3}}
	layer := func(inputs, outputs int) sequence.Layer {
		l := sequence.Layer{Weights: make([]float64, inputs*outputs), Bias: make([]float64, outputs)}
		for i := range l.Weights {
			l.Weights[i] = float64(i*i%17)/8 - 1
		}
		return l
	}
	joint, err := sequence.NewJoint(3, 2, []float64{.1, .2, 0, .05, .15, .1, .1, .25, .05})
	markov, err1 := sequence.NewMarkov(4, 2, 3, 0, text)
	smooth, err2 := sequence.NewMarkov(4, 1, 3, 0.5, text)
	neural, err3 := sequence.NewFeedForward(4, 3, -1, layer(12, 5), layer(5, 4))
	return map[string]sequence.Model{
		"Joint": must(joint, err), "Markov": must(markov, err1), "MarkovSmoothed": must(smooth, err2), "FeedForward": must(neural, err3),
	}
}
