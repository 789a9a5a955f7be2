package props

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
	"temper/props/verdict"
	"temper/reference"
)

// TestSampler tests an implementation by the laws of [reference.Sampler], with one
// sub-test for each law. The sub-tests of an operation that is nil are skipped. A
// sampler whose Convention has no Order is asked for all four steps and held to the laws
// of any convention alone; [FindConvention] finds out which one it follows.
func TestSampler(t *testing.T, s reference.Sampler, opts ...Option) {
	t.Helper()
	if !s.Available {
		t.Fatalf("%s is not available on this machine (it needs %s): nothing was checked", s.Name, s.Requires)
	}
	test(t, s, samplerLaws(), opts)
	if t.Failed() {
		if words := hint(s); words != "" {
			t.Log(words)
		}
	}
}

// hint is what [FindConvention] says of a sampler that breaks a law: its order may be another
// than the declared one. There is none of a subject that fails.
func hint(s reference.Sampler) string {
	said := make(chan string, 1)
	go func() {
		found, err := FindConvention(s)
		if isFailure(err) {
			said <- ""
			return
		}
		if err != nil {
			said <- fmt.Sprintf("which convention it follows was not found: %v", err)
			return
		}
		first, _, _ := strings.Cut(found.String(), "\n")
		if engines := slices.Concat(found.Follows, found.Partly); len(engines) > 0 {
			first += ": " + describe(engines[0])
		}
		said <- "FindConvention says: it " + first
	}()
	select {
	case words := <-said:
		return words
	case <-time.After(10 * time.Second):
		return "FindConvention says nothing within 10 seconds"
	}
}

// CheckSampler is [TestSampler] for programs: it returns a report.
func CheckSampler(s reference.Sampler, opts ...Option) verdict.Report {
	if !s.Available {
		s = reference.Sampler{Name: s.Name}
	}
	return check(s, s.Name, samplerLaws(), opts)
}

// samplerLaws are the laws of all operations, the quick ones first.
func samplerLaws() []Law {
	return slices.Concat(samplerSupportLaws(), samplerOrderLaws(), samplerChangeLaws(), samplerNumberLaws(), samplerSampleLaws(),
		samplerDrawLaws(), samplerBadLaws(), samplerMemoryLaws(), samplerExactLaws())
}

type samplerLaw = law[reference.Sampler, servings]

// The operations of a sampler, as parts that laws are about.
var (
	samplerKeep     = part[reference.Sampler]{"Sampler.Keep", func(s reference.Sampler) bool { return s.Keep != nil }}
	samplerLogProbs = part[reference.Sampler]{"Sampler.LogProbs", func(s reference.Sampler) bool { return s.LogProbs != nil }}
	samplerSample   = part[reference.Sampler]{"Sampler.Sample", func(s reference.Sampler) bool { return s.Sample != nil }}
	samplerDraw     = part[reference.Sampler]{"Sampler.Draw", func(s reference.Sampler) bool { return s.Draw != nil }}
)

// declaring is the part, of samplers that declare a convention.
func declaring(p part[reference.Sampler]) part[reference.Sampler] {
	return part[reference.Sampler]{
		words:    p.words + ", of a declared convention",
		provided: func(s reference.Sampler) bool { return p.provided(s) && declared(s) },
	}
}

func declared(s reference.Sampler) bool { return len(s.Convention.Order) > 0 }

// servings are some batches that one law is tried on: every pair of classes of settings and
// rows in one drawn anew for each run, a single batch in the others.
type servings []serving

func (s servings) String() string {
	if len(s) == 1 {
		return s[0].String()
	}
	return fmt.Sprintf("a survey of %d batches, each with rows and settings of its own", len(s))
}

func (s servings) GoString() string { return s.String() }

// surveyed judges the batches one by one, and names the one that breaks the law, or its row
// that does.
func surveyed(judge func(reference.Sampler, serving) error) func(reference.Sampler, servings) error {
	return func(s reference.Sampler, batches servings) error {
		for _, b := range batches {
			b = b.askable(s)
			if err := judge(s, b); err != nil {
				return withInput(err, b.showing(rowIn(err)))
			}
		}
		return nil
	}
}

// alone draws surveys of one batch.
func alone(most int) *rapid.Generator[servings] {
	return rapid.Custom(func(t *rapid.T) servings {
		classes := make([]int, len(servingClasses))
		for f, n := range servingClasses {
			classes[f] = rapid.IntRange(0, n-1).Draw(t, servingFactors[f])
		}
		classes[rowsFactor] = min(classes[rowsFactor], most)
		return servings{newServing(classes, rapid.Uint64().Draw(t, "seed"))}
	})
}

// smaller are the batches one by one, and of a single batch smaller ones.
func (s servings) smaller() iter.Seq[servings] {
	return func(yield func(servings) bool) {
		if len(s) > 1 {
			for _, b := range s {
				if !yield(servings{b}) {
					return
				}
			}
			return
		}
		b := s[0]
		for c := range (batch{rows: b.rows, temperature: 1, seed: b.seed}).cuts() {
			small := serving{rows: c.rows, seed: b.seed}
			for _, r := range c.kept {
				small.how = append(small.how, b.how[r])
			}
			if !yield(servings{small}) {
				return
			}
		}
		for r := range b.how {
			for _, step := range []reference.Step{reference.TopK, reference.TopP, reference.MinP, reference.Temper} {
				small := b
				small.how = slices.Clone(b.how)
				small.how[r] = turnedOff(b.how[r], step)
				if small.how[r] != b.how[r] && !yield(servings{small}) {
					return
				}
			}
		}
	}
}
