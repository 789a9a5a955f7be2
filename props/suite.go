package props

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

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
	checked := 0
	for _, law := range r.selected(laws) {
		t.Run(law.ID, func(t *testing.T) {
			if reason, skipped := r.skip[law.ID]; skipped {
				t.Skipf("skipped: %s", reason)
			}
			if !law.provided(subject) {
				t.Skipf("not provided: %s", law.Applies)
			}
			checked++
			if law.Level == verdict.Should && !r.strict {
				result := law.check(subject, r)
				if result.Status == verdict.NotProvided {
					checked--
					t.Skipf("not provided: %s", result.Detail)
				}
				if result.Status == verdict.Broken {
					t.Logf("%s does not hold (%s, no failure): %s\n%s\nagain with props.Seed(%d)", law.ID, law.Level, law.Claim, result.Detail, r.seed)
				}
				return
			}
			if left := law.test(t, subject, r.deadline); left != nil {
				checked--
				t.Skipf("not provided: %v", left)
			}
		})
	}
	if checked == 0 {
		t.Error("nothing was checked")
	}
}

// test tries the witnesses, then what rapid draws and, when that breaks the law,
// shrinks to a small counter-example. What it returns is a declaration that leaves
// out all of them, if one does.
func (l Law) test(t *testing.T, subject any, deadline time.Duration) (left error) {
	tried := 0
	attempt := func(input any) error {
		err := l.try(subject, input, deadline)
		if w := (withheld{}); errors.As(err, &w) {
			left = w
			return nil
		}
		tried++
		return err
	}
	defer func() {
		if tried > 0 {
			left = nil
		}
	}()
	for _, input := range l.witnesses {
		if err := attempt(input); err != nil {
			t.Fatalf("%s\nTo reproduce, specify -run=%q", l.broken(err), t.Name())
		}
	}
	if l.note != nil && testing.Verbose() {
		t.Log(l.note(subject))
	}
	if l.inputs == nil {
		return left
	}
	rapid.Check(t, func(rt *rapid.T) {
		if err := attempt(l.inputs.Draw(rt, "input")); err != nil {
			rt.Fatal(l.broken(err))
		}
	})
	return left
}

// broken is what a failure prints: the law, its claim in words, and what was seen.
func (l Law) broken(err error) string {
	return fmt.Sprintf("%s (%s) is broken: %s\n%v", l.ID, l.Level, l.Claim, err)
}

// check runs laws over a subject and reports; it needs no test, writes no files
// and does not shrink.
func check(subject any, name string, laws []Law, opts []Option) verdict.Report {
	r, err := newRun(laws, opts)
	if err == nil {
		subject, err = r.declared.hold(subject)
	}
	report := verdict.Report{Suite: Version, Subject: name, Seed: r.seed, Declared: r.declared.words()}
	for _, law := range r.selected(laws) {
		result := verdict.Result{Law: law.ID, Claim: law.Claim, Level: law.Level}
		switch reason, skipped := r.skip[law.ID]; {
		case err != nil:
			result.Status, result.Detail = verdict.Skipped, err.Error()
		case skipped:
			result.Status, result.Detail = verdict.Skipped, reason
		case !law.provided(subject):
			result.Status = verdict.NotProvided
		default:
			result = law.check(subject, r)
		}
		report.Results = append(report.Results, result)
		if r.enough(result) {
			break
		}
	}
	return report
}

// selected leaves the long laws out of a run that is not [Long].
func (r run) selected(laws []Law) []Law {
	return slices.DeleteFunc(slices.Clone(laws), func(l Law) bool { return l.long && !r.long })
}

// check tries the witnesses and r.inputs random inputs, up to the first that
// breaks the law. A law is not provided where a declaration leaves out every input.
func (l Law) check(subject any, r run) (result verdict.Result) {
	result = verdict.Result{Law: l.ID, Claim: l.Claim, Level: l.Level, Status: verdict.Held}
	var left error
	attempt := func(input any) bool {
		err := l.try(subject, input, r.deadline)
		if w := (withheld{}); errors.As(err, &w) {
			left = w
			return true
		}
		result.Inputs++
		if err != nil {
			result.Status, result.Detail = verdict.Broken, err.Error()
		}
		return result.Status == verdict.Held
	}
	defer func() {
		if left != nil && result.Inputs == 0 {
			result.Status, result.Detail = verdict.NotProvided, left.Error()
		}
	}()
	for _, input := range l.witnesses {
		if !attempt(input) {
			return result
		}
	}
	for i := range r.inputs {
		seed := rand.NewPCG(r.seed^l.hash(), uint64(i)).Uint64()
		if l.inputs == nil || !attempt(l.inputs.Example(int(seed))) {
			break
		}
	}
	return result
}

// hash keeps the inputs of one law apart from those of the others.
func (l Law) hash() uint64 {
	h := fnv.New64a()
	h.Write([]byte(l.ID))
	return h.Sum64()
}

// subjectStack is where a panic came from, the innermost frames first: names and
// lines alone, since rapid shrinks only what fails with the same words.
func subjectStack() string {
	const shown = 5
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(0, callers)])
	var lines []string
	for panicked := false; len(lines) < shown; {
		frame, more := frames.Next()
		switch {
		case strings.HasPrefix(frame.Function, "runtime."):
			panicked = panicked || frame.Function == "runtime.gopanic"
		case panicked:
			lines = append(lines, fmt.Sprintf("  %s %s:%d", frame.Function, frame.File, frame.Line))
		}
		if !more {
			break
		}
	}
	return strings.Join(lines, "\n")
}
