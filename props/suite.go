package props

import (
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
	"temper/props/verdict"
)

// test runs laws over a subject as sub-tests, their IDs the names. A broken
// Should law is logged; under [Strict] it fails.
func test(t *testing.T, subject any, laws []Law, opts []Option) {
	t.Helper()
	r, err := newRun(laws, opts)
	if err == nil {
		subject, err = r.declared.hold(subject)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, declaration := range r.declared.words() {
		t.Logf("declared: %s", declaration)
	}
	checked, failed := 0, false
	for _, law := range r.selected(laws) {
		t.Run(law.ID, func(t *testing.T) {
			if failed {
				t.Skip("not tried: the subject failed before")
			}
			if reason, skipped := r.skip[law.ID]; skipped {
				t.Skipf("skipped: %s", reason)
			}
			if !law.provided(subject) {
				t.Skipf("not provided: %s", law.Applies)
			}
			checked++
			switch err := law.hold(t, subject, r); {
			case isFailure(err):
				failed = true
				t.Fatalf("the subject failed, which breaks no law; the laws behind this one are not tried\n%v", err)
			case err != nil:
				checked--
				t.Skipf("not provided: %v", err)
			}
		})
	}
	if checked == 0 {
		t.Error("nothing was checked")
	}
}

// hold tests a Must law, and any law of a strict run, and only logs a Should law
// that is broken. It returns why the law was not tried: a declaration that leaves
// it out, or the subject's failure.
func (l Law) hold(t *testing.T, subject any, r run) error {
	if l.Level == verdict.Must || r.strict {
		return l.test(t, subject, r)
	}
	result, failure := l.check(subject, r)
	switch {
	case failure != nil:
		return failure
	case result.Status == verdict.NotProvided:
		return errors.New(result.Detail)
	case result.Status == verdict.Broken:
		t.Logf("%s does not hold (%s, no failure): %s\n%s\n%s", l.ID, l.Level, l.Claim, result.Detail, repetition(t.Name(), r.seed))
	}
	return nil
}

// attempts counts the inputs that were tried and keeps why others were not.
type attempts struct {
	tried   int
	left    error // a declaration leaves them out
	failure error // the subject failed

	evidence *verdict.Evidence // of the last input that was weighed
}

// take is what an attempt says about the law: a declaration and a failure say
// nothing. It keeps what was weighed.
func (a *attempts) take(err error) error {
	if w, ok := err.(weighed); ok {
		a.evidence, err = &w.evidence, w.verdict
	}
	switch w := (withheld{}); {
	case errors.As(err, &w):
		a.left = w
		return nil
	case isFailure(err):
		a.failure = err
		return nil
	}
	a.tried++
	return err
}

// untried is why the law was not tried to the end, if it was not.
func (a *attempts) untried() error {
	if a.failure == nil && a.tried == 0 {
		return a.left
	}
	return a.failure
}

// test tries the witnesses and the one input of a run, then what rapid draws and, when that
// breaks the law, shrinks to a small counter-example; then the covered inputs. The
// counter-examples of the others are shrunk by [Law.shrink]. It returns what
// [attempts.untried] does.
func (l Law) test(t *testing.T, subject any, r run) error {
	var a attempts
	defer func() {
		if t.Failed() { // rapid's own words, too, end the test
			t.Log(repetition(t.Name(), r.seed))
		}
	}()
	for _, input := range l.fixed(r) {
		if err := a.take(l.try(subject, input, r.deadline)); err != nil {
			err, a.failure = l.shrink(subject, input, err, r)
			t.Fatal(l.broken(err))
		}
		if a.failure != nil {
			return a.failure
		}
	}
	if l.note != nil && testing.Verbose() {
		noting := Law{judge: func(subject, _ any) error { t.Log(l.note(subject)); return nil }}
		if err := a.take(noting.try(subject, nil, r.deadline)); err != nil {
			t.Fatal(err)
		}
	}
	if l.inputs != nil {
		rapid.Check(t, func(rt *rapid.T) {
			if a.failure != nil {
				return
			}
			if err := a.take(l.try(subject, l.inputs.Draw(rt, "input"), r.deadline)); err != nil {
				rt.Fatal(l.broken(err))
			}
		})
	}
	l.testCovered(t, subject, r, &a)
	return a.untried()
}

// testCovered tries the covered inputs, up to a failure of the subject; in a short test one
// of twenty.
func (l Law) testCovered(t *testing.T, subject any, r run, a *attempts) {
	every, n := 1, 0
	if testing.Short() {
		every = 20
	}
	for input := range l.covered {
		if a.failure != nil {
			return
		}
		if n++; n%every != 0 {
			continue
		}
		if err := a.take(l.try(subject, input, r.deadline)); err != nil {
			err, a.failure = l.shrink(subject, input, err, r)
			t.Fatal(l.broken(err))
		}
	}
}

// broken is what a failure prints: the law, its claim in words, and what was seen.
func (l Law) broken(err error) string {
	return fmt.Sprintf("%s (%s) is broken: %s\n%v", l.ID, l.Level, l.Claim, err)
}

// check runs laws over a subject and reports; it needs no test, writes no files,
// and shrinks by [Law.shrink].
func check(subject any, name string, laws []Law, opts []Option) verdict.Report {
	r, err := newRun(laws, opts)
	if err == nil {
		subject, err = r.declared.hold(subject)
	}
	report := verdict.Report{Suite: Version, Subject: name, Seed: r.seed, Strict: r.strict, Declared: r.declared.words()}
	for _, law := range r.selected(laws) {
		result := verdict.Result{Law: law.Law}
		switch reason, skipped := r.skip[law.ID]; {
		case err != nil:
			result.Status, result.Detail = verdict.Skipped, err.Error()
		case skipped:
			result.Status, result.Detail = verdict.Skipped, reason
		case !law.provided(subject):
			result.Status = verdict.NotProvided
		case report.Failure != "":
			result.Status = verdict.NotTried
		default:
			var failure error
			if result, failure = law.check(subject, r); failure != nil {
				report.Failure = fmt.Sprintf("%v\nlaw: %s", failure, law.ID)
			}
		}
		report.Results = append(report.Results, result)
		if r.enough(result) {
			break
		}
	}
	return report
}

// selected leaves out the long laws of a run that is not [Long], and what is not
// in [Only].
func (r run) selected(laws []Law) []Law {
	return slices.DeleteFunc(slices.Clone(laws), func(l Law) bool {
		return l.Long && !r.long || !strings.HasPrefix(l.ID, r.only)
	})
}

// check tries the witnesses, r.inputs random inputs and the covered ones, up to the
// first that breaks the law or fails the subject. A law is not provided where a declaration
// leaves out every input.
func (l Law) check(subject any, r run) (result verdict.Result, failure error) {
	result = verdict.Result{Law: l.Law, Status: verdict.Held}
	var a attempts
	for input := range l.all(r) {
		if err := a.take(l.try(subject, input, r.deadline)); err != nil {
			err, failure = l.shrink(subject, input, err, r)
			result.Status, result.Detail = verdict.Broken, err.Error()
		}
		if a.failure != nil {
			result.Status, failure = verdict.NotTried, a.failure
		}
		if result.Status != verdict.Held {
			break
		}
	}
	result.Inputs, result.Evidence = a.tried, a.evidence
	if failure == nil && a.tried == 0 && a.left != nil {
		result.Status, result.Detail = verdict.NotProvided, a.left.Error()
	}
	if result.Status == verdict.Held && l.measure != nil {
		result.Detail = l.measure(subject)
	}
	return result, failure
}

// fixed are the witnesses, and the one input of a run.
func (l Law) fixed(r run) []any {
	if l.once == nil {
		return l.witnesses
	}
	return append(slices.Clone(l.witnesses), l.once(r.seed^l.hash()))
}

// all are the witnesses and the one input of a run, then random inputs, then the covered
// ones.
func (l Law) all(r run) iter.Seq[any] {
	return func(yield func(any) bool) {
		for _, input := range l.fixed(r) {
			if !yield(input) {
				return
			}
		}
		for i := range r.inputs {
			seed := rand.NewPCG(r.seed^l.hash(), uint64(i)).Uint64()
			if l.inputs == nil {
				break
			}
			if !yield(l.inputs.Example(int(seed))) {
				return
			}
		}
		l.covered(yield)
	}
}

// hash keeps the inputs of one law apart from those of the others.
func (l Law) hash() uint64 {
	h := fnv.New64a()
	h.Write([]byte(l.ID))
	return h.Sum64()
}
