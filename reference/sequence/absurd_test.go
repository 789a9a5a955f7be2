package sequence_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"temper/reference"
	"temper/reference/sequence"
)

// question is a call with an argument that no call should have.
type question struct {
	function string // as in the documentation: "OneHot", "Markov.LogConditional"
	what     string
	want     error // nil: any answer will do, but no panic
	call     func() error
}

// silent is for functions that return no error.
func silent[T any](call func() T) func() error {
	return func() error { call(); return nil }
}

// absurd asks every exported function and method of the specification, those for
// one token in package reference and those for sequences here, for nil, for sizes
// that no machine holds, and for negative counts.
func absurd() []question {
	const huge = math.MaxInt
	var (
		model      = must(sequence.NewMarkov(3, 1, 2, 0.5, nil))
		noVocab    *sequence.Vocabulary
		noMarkov   *sequence.Markov
		noJoint    *sequence.Joint
		noNetwork  *sequence.FeedForward
		noAnnealed *sequence.AnnealedMarkov
		unlimited  = must(sequence.NewAnnealedMarkov(model, 2, sequence.Unlimited, 0.5))
		vocabulary = must(sequence.NewVocabulary("", []string{"a"}, ""))
		sampler    = reference.ScalarSampler(reference.Conventions()[0])
		places     = make([]float64, 3)
		rows       = make([]float32, 3)
		dst        = make([][]int, 2)
		src        = seeded(1)
		importance = sequence.AnnealByImportance
		particles  = sequence.AnnealByParticles
		metropolis = sequence.AnnealByMetropolis
		annealing  = func(a sequence.SequenceAnnealer, m sequence.Model, limit int) error {
			return second(a(dst, m, nil, 2, limit, 0.5, src))
		}
		sourceless = func(a sequence.SequenceAnnealer) error { return second(a(dst, model, nil, 2, 3, 0.5, nil)) }
		generating = func(m sequence.Model, end, limit int) error {
			return second(sequence.Generate(m, nil, end, limit, 1, src))
		}
		enumerating = func(m sequence.Model, limit int) error { return second(sequence.PerStep(m, nil, 2, limit, 1)) }
	)
	whole := func(m sequence.Model, limit int) error {
		_, _, err := sequence.WholeSequence(m, nil, 2, limit, 1)
		return err
	}
	score := func(m sequence.Model) error {
		_, _, err := sequence.LogProb(m, nil, []int{0})
		return err
	}
	rejection := sequence.RejectionRule()
	completed := func(m sequence.Model, count int) error {
		_, _, err := rejection.Completed(model, m, nil, count, 1)
		return err
	}
	speculating := func(m sequence.Model, count, end, limit int) error {
		return second(sequence.Speculate(rejection.Verifier(), model, count)(m, []int{0}, end, limit, 1, src))
	}
	mostProbable := func(a *sequence.AnnealedMarkov) error {
		_, _, _, err := a.MostProbable(nil)
		return err
	}
	return []question{
		{"Anneal", "nothing", reference.ErrDistribution, func() error { return reference.Anneal(nil, nil, 1) }},
		{"Anneal", "no places", reference.ErrShape, func() error { return reference.Anneal(nil, places, 1) }},
		{"AnnealLog", "nothing", reference.ErrNoSupport, func() error { return reference.AnnealLog(nil, nil, 1) }},
		{"DrawLog", "nothing", reference.ErrNoSupport, func() error { return second(reference.DrawLog(nil, src, 1)) }},
		{"DrawLog", "nil source", reference.ErrNil, func() error { return second(reference.DrawLog(places, nil, 1)) }},
		{"LogPartition", "nothing", reference.ErrNoSupport, func() error { return second(reference.LogPartition(nil, 1)) }},
		{"EffectiveSampleSize", "no weights", nil, silent(func() float64 { return sequence.EffectiveSampleSize(nil) })},
		{"KullbackLeibler", "no distributions", nil, silent(func() float64 { return sequence.KullbackLeibler(nil, nil) })},

		{"CheckUniform", "−MaxFloat64", reference.ErrUniform, func() error { return reference.CheckUniform(-math.MaxFloat64) }},
		{"CheckRow", "nothing", reference.ErrNoSupport, func() error { return reference.CheckRow[float32](nil) }},
		{"CheckTemperature", "−Inf", reference.ErrTemperature, func() error { return reference.CheckTemperature(-inf) }},
		{"CheckToken", "MaxInt of none", reference.ErrToken, func() error { return reference.CheckToken(huge, 0) }},
		{"CheckToken", "MinInt of MinInt", reference.ErrToken, func() error { return reference.CheckToken(math.MinInt, math.MinInt) }},
		{"CheckSource", "nil", reference.ErrNil, func() error { return reference.CheckSource(nil) }},
		{"CheckGeneration", "nil model", reference.ErrNil, func() error { return sequence.CheckGeneration(nil, nil, -1, 1, 1) }},
		{"CheckGeneration", "a negative vocabulary", reference.ErrShape, func() error { return sequence.CheckGeneration(oneWay(-1), nil, -1, 1, 1) }},
		{"Vocab", "MinInt rows", reference.ErrShape, func() error { return second(reference.Vocab(3, math.MinInt)) }},
		{"Vocab", "fewer logits than none", reference.ErrShape, func() error { return second(reference.Vocab(-4, 2)) }},

		{"ScalarSampler", "an unknown step", reference.ErrSampling, func() error {
			odd := reference.Convention{Order: []reference.Step{huge}}
			return reference.ScalarSampler(odd).Keep(make([]bool, 3), rows, []reference.Sampling{{Temperature: 1}})
		}},
		{"ScalarSampler", "settings for no rows", reference.ErrShape, func() error { return sampler.Keep(nil, rows, nil) }},
		{"ScalarSampler", "more settings than logits", reference.ErrShape, func() error { return sampler.Draw(make([]int, 9), rows, src, make([]reference.Sampling, 9)) }},
		{"ScalarSampler", "TopK MinInt", reference.ErrSampling, func() error {
			return sampler.Keep(make([]bool, 3), rows, []reference.Sampling{{TopK: math.MinInt}})
		}},
		{"ScalarSampler", "TopK MaxInt", nil, func() error {
			return sampler.Keep(make([]bool, 3), rows, []reference.Sampling{{Temperature: 1, TopK: huge}})
		}},
		{"ScalarSampler", "token MaxInt", reference.ErrToken, func() error {
			return sampler.LogProbs(places[:1], rows, []int{huge}, []reference.Sampling{{Temperature: 1}})
		}},
		{"ScalarSampler", "nil source", reference.ErrNil, func() error { return sampler.Draw(make([]int, 1), rows, nil, []reference.Sampling{{Temperature: 1}}) }},
		{"Convention.Check", "everything negative", reference.ErrSampling, func() error {
			return reference.Conventions()[0].Check(reference.Sampling{Temperature: 1, TopK: math.MinInt, TopP: -inf, MinP: -inf})
		}},
		{"Convention.Check", "k MaxInt of a convention with one absurd step", reference.ErrSampling, func() error {
			return reference.Convention{Order: []reference.Step{huge}}.Check(reference.Sampling{Temperature: 1, TopK: huge})
		}},
		{"Convention.Band", "nothing", reference.ErrNoSupport, func() error {
			_, _, err := reference.Conventions()[0].Band(nil, reference.Sampling{Temperature: 1}, 1)
			return err
		}},
		{"Convention.Band", "an infinite slack", nil, func() error {
			_, _, err := reference.Conventions()[0].Band(rows, reference.Sampling{Temperature: 1, TopP: .5, MinP: .5}, inf)
			return err
		}},
		{"Step.String", "MinInt", nil, silent(reference.Step(math.MinInt).String)},

		{"OneHot", "width MaxInt", reference.ErrShape, func() error { return second(sequence.OneHot([]int{0, 0}, huge)) }},
		{"OneHot", "a width that wraps around", reference.ErrShape, func() error { return second(sequence.OneHot([]int{0, 0, 0, 0}, huge/2+1)) }},
		{"OneHot", "one number too many", reference.ErrShape, func() error { return second(sequence.OneHot([]int{0, 0}, 1<<25+1)) }},
		{"OneHot", "no tokens, width MinInt", reference.ErrShape, func() error { return second(sequence.OneHot(nil, math.MinInt)) }},
		{"OneHot", "no tokens, width 0", reference.ErrShape, func() error { return second(sequence.OneHot(nil, 0)) }},
		{"OneHot", "width -1", reference.ErrShape, func() error { return second(sequence.OneHot([]int{0}, -1)) }},
		{"FromOneHot", "width MaxInt", reference.ErrShape, func() error { return second(sequence.FromOneHot(places, huge)) }},
		{"FromOneHot", "width MinInt", reference.ErrShape, func() error { return second(sequence.FromOneHot(nil, math.MinInt)) }},

		{"NewVocabulary", "an empty name", sequence.ErrSymbol, func() error { return second(sequence.NewVocabulary("", []string{""}, "")) }},
		{"Vocabulary.Tokens", "nil vocabulary", reference.ErrNil, func() error { return second(noVocab.Tokens("a")) }},
		{"Vocabulary.Symbols", "nil vocabulary", reference.ErrNil, func() error { return second(noVocab.Symbols(0)) }},
		{"Vocabulary.Symbols", "token MaxInt", reference.ErrToken, func() error { return second(vocabulary.Symbols(huge)) }},
		{"Vocabulary.Size", "nil vocabulary", nil, silent(noVocab.Size)},
		{"Vocabulary.End", "nil vocabulary", nil, silent(noVocab.End)},

		{"NewJoint", "length MaxInt", reference.ErrShape, func() error { return second(sequence.NewJoint(2, huge, places)) }},
		{"NewJoint", "length MaxInt of one token", reference.ErrShape, func() error { return second(sequence.NewJoint(1, huge, []float64{1})) }},
		{"NewJoint", "MaxInt tokens", reference.ErrShape, func() error { return second(sequence.NewJoint(huge, huge, nil)) }},
		{"NewJoint", "MinInt", reference.ErrShape, func() error { return second(sequence.NewJoint(math.MinInt, math.MinInt, nil)) }},
		{"NewJoint", "length 2^16 + 1", reference.ErrShape, func() error { return second(sequence.NewJoint(1, 1<<16+1, []float64{1})) }},
		{"Joint.VocabSize", "nil model", nil, silent(noJoint.VocabSize)},
		{"Joint.LogConditional", "nil model", reference.ErrNil, func() error { return noJoint.LogConditional(places, nil) }},
		{"Joint.LogConditional", "zero model", reference.ErrNil, func() error { return new(sequence.Joint).LogConditional(nil, nil) }},

		{"NewMarkov", "MaxInt tokens", reference.ErrShape, func() error { return second(sequence.NewMarkov(huge, 1, -1, 1, nil)) }},
		{"NewMarkov", "order MaxInt", reference.ErrShape, func() error { return second(sequence.NewMarkov(2, huge, -1, 1, nil)) }},
		{"NewMarkov", "no tokens, order MaxInt", reference.ErrShape, func() error { return second(sequence.NewMarkov(0, huge, -1, 1, nil)) }},
		{"NewMarkov", "order MaxInt of one token", reference.ErrShape, func() error { return second(sequence.NewMarkov(1, huge, -1, 1, nil)) }},
		{"NewMarkov", "order MinInt", reference.ErrShape, func() error { return second(sequence.NewMarkov(2, math.MinInt, -1, 1, nil)) }},
		{"NewMarkov", "end MaxInt", reference.ErrToken, func() error { return second(sequence.NewMarkov(2, 1, huge, 1, nil)) }},
		{"Markov.VocabSize", "nil model", nil, silent(noMarkov.VocabSize)},
		{"Markov.Order", "nil model", nil, silent(noMarkov.Order)},
		{"Markov.LogConditional", "nil model", reference.ErrNil, func() error { return noMarkov.LogConditional(places, nil) }},
		{"Markov.LogConditional", "zero model", reference.ErrNil, func() error { return new(sequence.Markov).LogConditional(nil, nil) }},

		{"NewFeedForward", "a window that wraps around", reference.ErrShape, func() error {
			return second(sequence.NewFeedForward(4, huge/2+1, -1, sequence.Layer{Bias: make([]float64, 4)}))
		}},
		{"NewFeedForward", "window MaxInt", reference.ErrShape, func() error { return second(sequence.NewFeedForward(4, huge, -1, sequence.Layer{})) }},
		{"NewFeedForward", "no layers", reference.ErrShape, func() error { return second(sequence.NewFeedForward(4, 1, -1)) }},
		{"NewFeedForward", "MinInt tokens", reference.ErrShape, func() error { return second(sequence.NewFeedForward(math.MinInt, 1, -1, sequence.Layer{})) }},
		{"FeedForward.VocabSize", "nil model", nil, silent(noNetwork.VocabSize)},
		{"FeedForward.Logits", "nil model", reference.ErrNil, func() error { return noNetwork.Logits(places, nil) }},
		{"FeedForward.Logits", "zero model", reference.ErrNil, func() error { return new(sequence.FeedForward).Logits(nil, nil) }},
		{"FeedForward.LogConditional", "nil model", reference.ErrNil, func() error { return noNetwork.LogConditional(places, nil) }},

		{"NewAnnealedMarkov", "nil model", reference.ErrNil, func() error { return second(sequence.NewAnnealedMarkov(nil, 2, 3, 1)) }},
		{"NewAnnealedMarkov", "zero model", reference.ErrNil, func() error { return second(sequence.NewAnnealedMarkov(new(sequence.Markov), 2, 3, 1)) }},
		{"NewAnnealedMarkov", "length 2^26 from one context", reference.ErrShape, func() error {
			return second(sequence.NewAnnealedMarkov(must(sequence.NewMarkov(1, 0, -1, 1, nil)), -1, 1<<26, 1))
		}},
		{"NewAnnealedMarkov", "length MaxInt", reference.ErrShape, func() error { return second(sequence.NewAnnealedMarkov(model, 2, huge, 1)) }},
		{"NewAnnealedMarkov", "length MinInt", reference.ErrShape, func() error { return second(sequence.NewAnnealedMarkov(model, 2, math.MinInt, 1)) }},
		{"AnnealedMarkov.VocabSize", "nil model", nil, silent(noAnnealed.VocabSize)},
		{"AnnealedMarkov.VocabSize", "zero model", nil, silent(new(sequence.AnnealedMarkov).VocabSize)},
		{"AnnealedMarkov.LogConditional", "nil model", reference.ErrNil, func() error { return noAnnealed.LogConditional(places, nil) }},
		{"AnnealedMarkov.LogPartition", "nil model", reference.ErrNil, func() error { return second(noAnnealed.LogPartition(nil)) }},
		{"AnnealedMarkov.Divergence", "nil model", reference.ErrNil, func() error { return second(noAnnealed.Divergence(nil)) }},
		{"AnnealedMarkov.LogMoment", "nil model", reference.ErrNil, func() error { return second(noAnnealed.LogMoment(2, nil)) }},
		{"AnnealedMarkov.Renyi", "nil model", reference.ErrNil, func() error { return second(noAnnealed.Renyi(2, nil)) }},
		{"AnnealedMarkov.Renyi", "order 1 of nil", reference.ErrNil, func() error { return second(noAnnealed.Renyi(1, nil)) }},
		{"AnnealedMarkov.Draw", "nil model", reference.ErrNil, func() error { return second(noAnnealed.Draw(nil, src)) }},
		{"AnnealedMarkov.Draw", "nil source", reference.ErrNil, func() error { return second(unlimited.Draw(nil, nil)) }},
		{"AnnealedMarkov.MostProbable", "nil model", reference.ErrNil, func() error { return mostProbable(noAnnealed) }},
		{"CriticalTemperature", "nil model", reference.ErrNil, func() error { return second(sequence.CriticalTemperature(nil, 2)) }},
		{"CriticalTemperature", "end MaxInt", reference.ErrToken, func() error { return second(sequence.CriticalTemperature(model, huge)) }},
		{"NewAnnealingRates", "nil model", reference.ErrNil, func() error { return second(sequence.NewAnnealingRates(nil, 1)) }},

		{"LogProb", "nil model", reference.ErrNil, func() error { return score(nil) }},
		{"LogProb", "nil model of a kind", reference.ErrNil, func() error { return score(noMarkov) }},
		{"LogProb", "MaxInt tokens", reference.ErrShape, func() error { return score(oneWay(huge)) }},
		{"Perplexity", "nil scorer", reference.ErrNil, func() error { return second(sequence.Perplexity(nil, model, []int{0})) }},
		{"Perplexity", "nil model", reference.ErrNil, func() error { return second(sequence.Perplexity(sequence.LogProb, nil, []int{0})) }},
		{"Generate", "nil model", reference.ErrNil, func() error { return generating(nil, -1, 1) }},
		{"Generate", "nil model of a kind", reference.ErrNil, func() error { return generating(noNetwork, -1, 1) }},
		{"Generate", "MaxInt tokens", reference.ErrShape, func() error { return generating(oneWay(huge), -1, 1) }},
		{"Generate", "MinInt tokens", reference.ErrShape, func() error { return generating(oneWay(math.MinInt), -1, 1) }},
		{"Generate", "limit MaxInt without end", reference.ErrShape, func() error { return generating(oneWay(2), -1, huge) }},
		{"Generate", "limit MinInt", reference.ErrShape, func() error { return generating(model, 2, math.MinInt) }},
		{"Generate", "nil source", reference.ErrNil, func() error { return second(sequence.Generate(model, nil, 2, 1, 1, nil)) }},
		{"PerStep", "nil model", reference.ErrNil, func() error { return enumerating(nil, 1) }},
		{"PerStep", "limit MaxInt", sequence.ErrTooManySequences, func() error { return enumerating(model, huge) }},
		{"PerStep", "limit MinInt", reference.ErrShape, func() error { return enumerating(model, math.MinInt) }},
		{"WholeSequence", "nil model", reference.ErrNil, func() error { return whole(nil, 1) }},
		{"WholeSequence", "limit MaxInt", sequence.ErrTooManySequences, func() error { return whole(model, huge) }},

		{"Importance", "nil model", reference.ErrNil, func() error { return second(sequence.Importance(nil, nil, 2, 3, 1, 1, src)) }},
		{"Importance", "nil source", reference.ErrNil, func() error { return second(sequence.Importance(model, nil, 2, 3, 1, 1, nil)) }},
		{"Importance", "MaxInt draws", reference.ErrShape, func() error { return second(sequence.Importance(model, nil, 2, 3, 1, huge, src)) }},
		{"Importance", "MinInt draws", reference.ErrShape, func() error { return second(sequence.Importance(model, nil, 2, 3, 1, math.MinInt, src)) }},
		{"AnnealByEnumeration", "nil model", reference.ErrNil, func() error { return annealing(sequence.AnnealByEnumeration, nil, 3) }},
		{"AnnealByEnumeration", "nil source", reference.ErrNil, func() error { return sourceless(sequence.AnnealByEnumeration) }},
		{"AnnealByEnumeration", "limit MaxInt", sequence.ErrTooManySequences, func() error { return annealing(sequence.AnnealByEnumeration, model, huge) }},
		{"AnnealByTransfer", "nil model", reference.ErrNil, func() error { return annealing(sequence.AnnealByTransfer, nil, 3) }},
		{"AnnealByTransfer", "nil model of the kind", reference.ErrNil, func() error { return annealing(sequence.AnnealByTransfer, noMarkov, 3) }},
		{"AnnealByTransfer", "nil source", reference.ErrNil, func() error { return sourceless(sequence.AnnealByTransfer) }},
		{"AnnealByTransfer", "limit MaxInt after a prompt", reference.ErrShape, func() error {
			return second(sequence.AnnealByTransfer(dst, model, []int{0}, 2, huge, 0.5, src))
		}},
		{"AnnealByImportance", "nil model", reference.ErrNil, func() error { return annealing(importance(2), nil, 3) }},
		{"AnnealByImportance", "nil source", reference.ErrNil, func() error { return sourceless(importance(2)) }},
		{"AnnealByImportance", "MaxInt proposals", reference.ErrShape, func() error { return annealing(importance(huge), model, 3) }},
		{"AnnealByImportance", "a proposal too many", reference.ErrShape, func() error { return annealing(importance(1<<20+1), model, 3) }},
		{"AnnealByImportance", "proposals too long", reference.ErrShape, func() error { return annealing(importance(1<<10), model, 1<<16+1) }},
		{"AnnealByImportance", "MinInt proposals", reference.ErrShape, func() error { return annealing(importance(math.MinInt), model, 3) }},
		{"AnnealByParticles", "nil model", reference.ErrNil, func() error { return annealing(particles(2), nil, 3) }},
		{"AnnealByParticles", "nil source", reference.ErrNil, func() error { return sourceless(particles(2)) }},
		{"AnnealByParticles", "MaxInt particles", reference.ErrShape, func() error { return annealing(particles(huge), model, 3) }},
		{"AnnealByParticles", "a particle too many", reference.ErrShape, func() error { return annealing(particles(1<<20+1), model, 3) }},
		{"AnnealByParticles", "particles over a large vocabulary", reference.ErrShape, func() error { return annealing(particles(1<<20), oneWay(65), 3) }},
		{"AnnealByParticles", "particles of long sequences", reference.ErrShape, func() error { return annealing(particles(1<<10), model, 1<<16+1) }},
		{"AnnealByParticles", "MinInt particles", reference.ErrShape, func() error { return annealing(particles(math.MinInt), model, 3) }},
		{"AnnealByMetropolis", "nil model", reference.ErrNil, func() error { return annealing(metropolis(2), nil, 3) }},
		{"AnnealByMetropolis", "nil source", reference.ErrNil, func() error { return sourceless(metropolis(2)) }},
		{"AnnealByMetropolis", "MaxInt moves", reference.ErrShape, func() error { return annealing(metropolis(huge), model, 3) }},
		{"AnnealByMetropolis", "limit MaxInt", reference.ErrShape, func() error { return annealing(metropolis(2), model, huge) }},
		{"AnnealByMetropolis", "MinInt moves", reference.ErrShape, func() error { return annealing(metropolis(math.MinInt), model, 3) }},

		{"Draft.Check", "nothing", reference.ErrShape, func() error { return sequence.Draft{}.Check() }},
		{"Draft.Check", "an empty row", reference.ErrShape, func() error { return sequence.Draft{P: [][]float64{nil}}.Check() }},
		{"Draft.Check", "token MaxInt", reference.ErrToken, func() error {
			return sequence.Draft{Tokens: []int{huge}, P: [][]float64{{1}, {1}}}.Check()
		}},
		{"Draft.Check", "parent MinInt", reference.ErrShape, func() error {
			return sequence.Draft{Tokens: []int{0}, P: [][]float64{{1}, {1}}, Parents: []int{math.MinInt}}.Check()
		}},
		{"Rule.Verifier", "no rule", reference.ErrNil, func() error {
			return sequence.Rule{}.Verifier().Verify(dst[:1], make([]sequence.Draft, 1), make([][]float64, 1))
		}},
		{"Rule.Verifier", "nil source", reference.ErrNil, func() error { return rejection.Verifier().Draw(nil, nil, nil) }},
		{"Rule.Outcomes", "nothing", reference.ErrShape, func() error { return second(rejection.Outcomes(sequence.Draft{})) }},
		{"Rule.Outcomes", "no rule", reference.ErrNil, func() error { return second(sequence.Rule{}.Outcomes(sequence.Draft{})) }},
		{"Rule.Choices", "nothing", reference.ErrShape, func() error { return second(rejection.Choices(sequence.Draft{})) }},
		{"Draft.Children", "MaxInt", nil, silent(func() []int { return sequence.Draft{Tokens: []int{1}}.Children(huge) })},
		{"Draft.Children", "MinInt", nil, silent(func() []int { return sequence.Draft{Tokens: []int{1}}.Children(math.MinInt) })},
		{"Rule.Accepted", "nothing", reference.ErrShape, func() error { return second(rejection.Accepted(sequence.Draft{})) }},
		{"Rule.Completed", "nil model", reference.ErrNil, func() error { return completed(nil, 1) }},
		{"Rule.Completed", "nil model of a kind", reference.ErrNil, func() error { return completed(noMarkov, 1) }},
		{"Rule.Completed", "MaxInt tokens", reference.ErrShape, func() error { return completed(model, huge) }},
		{"Rule.Completed", "MinInt tokens", reference.ErrShape, func() error { return completed(model, math.MinInt) }},
		{"TreeRule", "threshold −Inf", reference.ErrDistribution, func() error {
			return second(sequence.TreeRule(-inf).Outcomes(sequence.Draft{P: [][]float64{{1}}}))
		}},
		{"TypicalRule", "ε −Inf", reference.ErrDistribution, func() error {
			return second(sequence.TypicalRule(-inf, 0).Outcomes(sequence.Draft{P: [][]float64{{1}}}))
		}},
		{"AcceptanceRate", "nothing", nil, func() error { return second(sequence.AcceptanceRate(nil, nil)) }},
		{"Speculate", "nil model", reference.ErrNil, func() error { return speculating(nil, 2, -1, 1) }},
		{"Speculate", "MaxInt drafted tokens", reference.ErrShape, func() error { return speculating(model, huge, 2, 1) }},
		{"Speculate", "MinInt drafted tokens", reference.ErrShape, func() error { return speculating(model, math.MinInt, 2, 1) }},
		{"Speculate", "limit MaxInt without end", reference.ErrShape, func() error { return speculating(model, 2, -1, huge) }},
		{"Speculate", "limit MaxInt with an end", nil, func() error { return speculating(model, 2, 2, huge) }},

		{"Scalar.LogSumExp", "logits without rows", reference.ErrShape, func() error { return reference.Scalar.LogSumExp(nil, rows, 1) }},
		{"Scalar.LogProbs", "no tokens", reference.ErrShape, func() error { return reference.Scalar.LogProbs(places[:1], rows, nil, 1) }},
		{"Scalar.LogProbs", "token MaxInt", reference.ErrToken, func() error { return reference.Scalar.LogProbs(places[:1], rows, []int{huge}, 1) }},
		{"Scalar.Anneal", "MaxInt rows", reference.ErrShape, func() error { return reference.Scalar.Anneal(rows, rows, huge, 1) }},
		{"Scalar.Anneal", "MinInt rows", reference.ErrShape, func() error { return reference.Scalar.Anneal(rows, rows, math.MinInt, 1) }},
		{"Scalar.Anneal", "no logits in MaxInt rows", reference.ErrShape, func() error { return reference.Scalar.Anneal(nil, nil, huge, 1) }},
		{"Scalar.Sample", "no numbers", reference.ErrShape, func() error { return reference.Scalar.Sample(make([]int, 1), rows, nil, 1) }},
		{"Scalar.Draw", "nil source", reference.ErrNil, func() error { return reference.Scalar.Draw(make([]int, 1), rows, nil, 1) }},
	}
}

func TestAbsurdArgumentsAreErrorsAtOnce(t *testing.T) {
	const most = 1 << 20 // bytes that a refusal may allocate, the test's own included
	for _, q := range absurd() {
		t.Run(q.function+"/"+q.what, func(t *testing.T) {
			defer func() {
				if p := recover(); p != nil {
					t.Errorf("panicked: %v", p)
				}
			}()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := q.call()
			runtime.ReadMemStats(&after)
			if !errors.Is(err, q.want) {
				t.Errorf("%v, want %v", err, q.want)
			}
			if bytes := after.TotalAlloc - before.TotalAlloc; bytes > most {
				t.Errorf("%d bytes for a refusal", bytes)
			}
		})
	}
}

// The exported functions are read from the source: a new one needs a row in the
// table of absurd questions, or an entry below with the reason.
func TestEveryExportedFunctionIsAskedAbsurdly(t *testing.T) {
	asked := map[string]bool{
		"Conventions": true,                    // has no argument
		"Uniform":     true,                    // returns no error, and panics as documented
		"Sum.Add":     true, "Sum.Value": true, // any numbers
		// Values of numbers, without a pointer, a size or a count.
		"Divergence.PerStepToWhole": true, "Divergence.WholeToPerStep": true, "Divergence.EffectiveSampleShare": true, "Divergence.TotalVariation": true,
		"RowError.Error": true, "RowError.Unwrap": true, "RowErrors.Error": true, "RowErrors.Unwrap": true, "RowErrors.Err": true,
		"InfinitePartitionError.Error": true, "InfinitePartitionError.Is": true,
		// Rules that have no argument, and what is asked of a rule without one.
		"RejectionRule": true, "OneHotRule": true, "SamplerMatchRule": true, "BlockRule": true, "Rule.Known": true, "Rule.Branches": true,
	}
	for _, q := range absurd() {
		asked[q.function] = true
	}
	found := 0
	for _, file := range append(must(filepath.Glob("*.go")), must(filepath.Glob("../*.go"))...) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range exportedFunctions(parsed) {
			if found++; !asked[name] {
				t.Errorf("%s is asked nothing absurd", name)
			}
		}
	}
	if found < 50 {
		t.Errorf("%d exported functions were found, too few", found)
	}
}

// exportedFunctions names the functions of a file, and the methods of its
// exported types as Type.Method.
func exportedFunctions(file *ast.File) (names []string) {
	for _, declaration := range file.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok || !function.Name.IsExported() {
			continue
		}
		name := function.Name.Name
		if function.Recv != nil {
			receiver := function.Recv.List[0].Type
			if pointer, ok := receiver.(*ast.StarExpr); ok {
				receiver = pointer.X
			}
			if !ast.IsExported(receiver.(*ast.Ident).Name) {
				continue
			}
			name = receiver.(*ast.Ident).Name + "." + name
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestASourceThatNothingIsDrawnFromMayBeNil(t *testing.T) {
	m := must(sequence.NewMarkov(3, 1, 2, 0.5, nil))
	for what, err := range map[string]error{
		"greedy":              second(sequence.Generate(m, nil, 2, 3, 0, nil)),
		"an ended prompt":     second(sequence.Generate(m, []int{2}, 2, 3, 1, nil)),
		"a limit of 0":        second(sequence.Generate(m, nil, 2, 0, 1, nil)),
		"log Z alone":         second(sequence.AnnealByTransfer(nil, m, nil, 2, 3, 0.5, nil)),
		"enumerated, no draw": second(sequence.AnnealByEnumeration(nil, m, nil, 2, 3, 0.5, nil)),
		"no rows":             reference.Scalar.Draw(nil, nil, nil, 1),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}
