package props

import (
	"errors"
	"fmt"
	"iter"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"
	"temper/props/verdict"
)

// Version names this edition of the laws; a report carries it.
const Version = "v5"

// Law is a property of implementations, with the inputs to test it on.
type Law struct {
	verdict.Law // its ID is also the name of its sub-test

	Source  string // where the claim, or the bug that it finds, comes from
	Applies string // what is tested: "Kernels.Sample", "Model", "Scorer", …
	Long    bool   // tested only with the option [Long]

	provided  func(subject any) bool
	witnesses []any                 // inputs tried every time, before the random ones
	inputs    *rapid.Generator[any] // nil: there are no random ones
	once      func(seed uint64) any // one input more, drawn anew in every run; nil: none
	covered   iter.Seq[any]         // inputs tried every time, behind the random ones
	judge     func(subject, input any) error
	smaller   func(input any) iter.Seq[any] // nil: inputs are not shrunk
	note      func(subject any) string      // what to log of a subject that keeps the law, if anything
	measure   func(subject any) string      // what a report says of a law that held, if anything; a note too, unless there is another
}

// Laws returns every law of every suite, in the order in which they are tested.
func Laws() []Law {
	return slices.Concat(kernelLaws(), modelLaws(), scorerLaws(), generatorLaws(), annealerLaws(), samplerLaws(), verifierLaws())
}

// Option changes a run of the suite.
type Option func(*run)

// Skip leaves a law out. The report shows it as skipped, with the reason, and never as
// held.
func Skip(lawID, reason string) Option {
	return func(r *run) { r.skip[lawID] = reason }
}

// Seed sets the seed of the random inputs in a Check function, and in a test of those for
// Should laws and of the laws that have one long input a run. The other Must laws of a test
// use rapid's own flag, -rapid.seed. The default is the environment variable TEMPER_SEED, or
// else the time.
func Seed(seed uint64) Option {
	return func(r *run) { r.seed = seed }
}

// Inputs sets the number of random inputs for each law in a Check function, and for each
// Should law in a test. The default is 100. The Must laws of a test use rapid's own
// flag, -rapid.checks.
func Inputs(count int) Option {
	return func(r *run) { r.inputs = count }
}

// Deadline sets how long a subject may take for one input before it counts as hanging.
// The default is two minutes. The slowest correct implementation here, Gumbel noise for
// 1000 rows of 50257 tokens, needs a few seconds, so that a busy machine does not make
// it fail.
func Deadline(d time.Duration) Option {
	return func(r *run) { r.deadline = d }
}

// Only tests only the laws whose IDs begin with prefix, for example "Sample/" or the ID
// of one law.
func Only(prefix string) Option {
	return func(r *run) { r.only = prefix }
}

// Strict makes a test, and the Err of a report, fail on Should laws too. The
// implementations of this module are tested with it.
func Strict() Option {
	return func(r *run) { r.strict = true }
}

// Long adds the laws that take longer than all others together, minutes for an
// implementation of the reference's speed. It also raises the default deadline to one
// hour.
func Long() Option {
	return func(r *run) { r.long, r.deadline = true, max(r.deadline, time.Hour) }
}

// UntilBroken makes a Check function stop at the first broken law of a level or below, and
// return its counter-example as it was found. Whether an implementation is wrong is then known
// sooner than why.
func UntilBroken(level verdict.Level) Option {
	return func(r *run) {
		r.shrinkTime = 0
		r.enough = func(result verdict.Result) bool {
			return result.Status == verdict.Broken && result.Level <= level
		}
	}
}

// run is one run of a suite over a subject.
type run struct {
	long       bool
	skip       map[string]string
	seed       uint64
	inputs     int
	deadline   time.Duration
	strict     bool
	only       string
	shrinkTime time.Duration // for one counter-example of a Check function; 0 leaves it as it was found
	declared   declarations
	refused    []error                   // options that make no sense
	enough     func(verdict.Result) bool // stop after this result
}

// refuse keeps what is wrong with an option.
func (r *run) refuse(err error) { r.refused = append(r.refused, err) }

func newRun(laws []Law, opts []Option) (run, error) {
	r := run{
		skip: map[string]string{}, inputs: 100, deadline: 2 * time.Minute, shrinkTime: time.Second,
		enough: func(verdict.Result) bool { return false },
	}
	if seed, err := defaultSeed(); err != nil {
		r.refuse(err)
	} else {
		r.seed = seed
	}
	for _, option := range opts {
		option(&r)
	}
	for id := range r.skip {
		if !slices.ContainsFunc(laws, func(l Law) bool { return l.ID == id }) {
			r.refuse(fmt.Errorf("Skip(%q): no such law in this suite", id))
		}
	}
	if !slices.ContainsFunc(laws, func(l Law) bool { return strings.HasPrefix(l.ID, r.only) }) {
		r.refuse(fmt.Errorf("Only(%q): no law in this suite begins like this", r.only))
		r.only = ""
	}
	return r, errors.Join(r.refused...)
}

// try judges one input. A panic of the subject in the goroutine that calls it is
// a finding, so is the end of that goroutine, and so is an answer that does not
// come within the deadline; the goroutine is then lost. What the subject's own
// goroutines do ends the process. An input that a declaration leaves out is a
// [withheld] error, and no finding; nor is a [Failure] of the subject. A [weighed] error is
// one if its verdict is.
func (l Law) try(subject, input any, deadline time.Duration) error {
	done := make(chan error, 1)
	go func() {
		judged := errNoReturn
		defer func() {
			if p := recover(); p != nil {
				judged = recovered(p)
			}
			done <- judged
		}()
		debug.SetPanicOnFault(true)
		judged = l.judge(subject, input)
	}()
	timer := time.NewTimer(deadline)
	defer timer.Stop()
	var err error
	select {
	case err = <-done:
	case <-timer.C:
		err = fmt.Errorf("%w within %v", errNoAnswer, deadline)
	}
	switch e := err.(type) {
	case nil, withheld:
		return err
	case weighed:
		if e.verdict != nil {
			e.verdict = withInput(e.verdict, fmt.Sprint(input))
		}
		return e
	}
	return withInput(err, fmt.Sprint(input))
}

var errNoAnswer = errors.New("no answer")

var errNoReturn = errors.New("ended its goroutine instead of returning, as t.FailNow and runtime.Goexit do")

// part is what laws are about: a whole subject of type S, or one operation of it.
type part[S any] struct {
	words    string       // "Scorer", "Kernels.Sample"
	provided func(S) bool // whether a subject has it
}

// law is the form in which every law is written: what it says, then the inputs
// that try it and the judge, which returns what is wrong. S is the type of the
// subjects, I that of the inputs.
type law[S, I any] struct {
	id, claim, source string
	level             verdict.Level // Must unless set
	long              bool
	of                part[S]
	inputs            *rapid.Generator[I] // nil: there are no random ones
	witnesses         []I                 // inputs tried every time, before the random ones
	once              func(seed uint64) I // an input of a law too long for many, drawn anew in every run
	covered           iter.Seq[I]         // inputs tried every time, behind the random ones: many, and not small
	judge             func(S, I) error
	note              func(S) string // what to log of a subject that keeps the law, if anything
	measure           func(S) string // what a report says of a law that held, if anything; a note too, unless there is another
}

// erased is the law without the types of its subjects and inputs, so that laws
// about different ones stand in one list.
func (l law[S, I]) erased() Law {
	e := Law{
		Law:    verdict.Law{ID: l.id, Claim: l.claim, Level: l.level},
		Source: l.source, Applies: l.of.words, Long: l.long,
		provided: func(subject any) bool { return l.of.provided(subject.(S)) },
		judge:    func(subject, input any) error { return l.judge(subject.(S), input.(I)) },
	}
	if l.inputs != nil {
		e.inputs = rapid.Custom(func(t *rapid.T) any { return l.inputs.Draw(t, "input") })
	}
	if l.once != nil {
		e.once = func(seed uint64) any { return l.once(seed) }
	}
	for _, w := range l.witnesses {
		e.witnesses = append(e.witnesses, w)
	}
	e.covered = func(yield func(any) bool) {
		if l.covered == nil {
			return
		}
		for input := range l.covered {
			if !yield(input) {
				return
			}
		}
	}
	if l.note != nil {
		e.note = func(subject any) string { return l.note(subject.(S)) }
	}
	if l.measure != nil {
		e.measure = func(subject any) string { return l.measure(subject.(S)) }
		if l.note == nil {
			e.note = e.measure
		}
	}
	if _, ok := any(*new(I)).(shrinkable[I]); ok {
		e.smaller = func(input any) iter.Seq[any] {
			return func(yield func(any) bool) {
				for small := range input.(shrinkable[I]).smaller() {
					if !yield(small) {
						return
					}
				}
			}
		}
	}
	return e
}
