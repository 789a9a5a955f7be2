package props

import (
	"errors"
	"fmt"
	"path"
	"runtime"
	"slices"
	"strings"

	"temper/props/operation"
)

// Failure is the value that an operation panics with if its subject has ended and cannot
// go on, for example a program that ran out of memory or a server that is gone. It
// breaks no law. The suite stops there and reports how the subject failed, which laws
// were finished before, and that the others were not tested.
type Failure struct {
	Reason error // what happened, at which question
}

func (f Failure) Error() string {
	if f.Reason == nil {
		return "the subject failed without a reason"
	}
	return f.Reason.Error()
}

func (f Failure) Unwrap() error { return f.Reason }

func isFailure(err error) bool { return errors.As(err, new(Failure)) }

// recovered is the error that a panic of a judgement stands for.
func recovered(p any) error {
	if err, ok := p.(error); ok && isFailure(err) {
		return err
	}
	if left, ok := p.(withheld); ok {
		return left
	}
	return fmt.Errorf("panicked: %v%s", p, subjectStack())
}

// subjectStack is where a panic came from, the innermost frames first: names and
// lines alone, since rapid shrinks only what fails with the same words. The folder of a
// file is left out, because reports are published and it is that of a machine; the name
// of the function has the package. Frames of the suite itself say nothing about the
// subject and are left out.
func subjectStack() string {
	const shown = 5
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(0, callers)])
	var stack strings.Builder
	for lines, panicked := 0, false; lines < shown; {
		frame, more := frames.Next()
		switch {
		case strings.HasPrefix(frame.Function, "runtime."):
			panicked = panicked || frame.Function == "runtime.gopanic"
		case panicked && !ofSuite(frame.Function):
			fmt.Fprintf(&stack, "\n  %s %s:%d", frame.Function, path.Base(frame.File), frame.Line)
			lines++
		}
		if !more {
			break
		}
	}
	return stack.String()
}

func ofSuite(function string) bool {
	return slices.ContainsFunc([]string{"temper/props.", "temper/props/operation.", "temper/props/process.", "pgregory.net/rapid.", "testing."},
		func(prefix string) bool { return strings.HasPrefix(function, prefix) })
}

// said is an error in the words of a finding.
func said(err error) string {
	if err == nil {
		return "no error"
	}
	return fmt.Sprintf("error %q", err)
}

// misnamed is the finding that an error does not name the one row that is bad, in the words
// of Go and of the protocol of programs.
func misnamed(err error, row int, reason error) error {
	name := operation.NameOf(reason)
	return fmt.Errorf("%s, want one that names row %d alone, with its reason: reference.RowErrors with %s, of a program \"errors\": [{\"row\": %d, \"reason\": \"%s: …\"}]",
		said(err), row, name, row, name)
}
