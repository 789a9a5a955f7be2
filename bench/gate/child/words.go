//go:build unix

package child

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A failure is the error of a command that could not be started or did not succeed.
type failure struct {
	command        string
	stdout, stderr string // what it printed
	err            error
}

func (f *failure) Error() string {
	return strings.TrimSuffix(fmt.Sprintf("%s: %v\n%s", f.command, f.err, Excerpt(f.words())), "\n")
}

func (f *failure) Unwrap() error { return f.err }

// words returns what the command printed as an error or, if that is nothing, as a result.
func (f *failure) words() string {
	if f.stderr != "" {
		return f.stderr
	}
	return f.stdout
}

// Words returns an excerpt of what a failed command printed, or the error itself if it
// printed nothing.
func Words(err error) string {
	var f *failure
	if errors.As(err, &f) && f.words() != "" {
		return Excerpt(f.words())
	}
	return err.Error()
}

// AllWords returns all that a failed command printed, to standard output and then to
// standard error, and how it ended.
func AllWords(err error) string {
	var f *failure
	if !errors.As(err, &f) {
		return err.Error()
	}
	said := slices.DeleteFunc([]string{f.stdout, f.stderr, f.err.Error()}, func(s string) bool { return s == "" })
	return strings.Join(said, "\n")
}

// An excerpt has this many lines of the beginning of a text, where a panic says what is
// wrong, and of its end, where a build or a test does.
const firstLines, lastLines = 10, 30

// Excerpt returns the first and the last lines of a text, and between them how many were
// left out. A short text stays as it is.
func Excerpt(text string) string {
	lines := strings.Split(text, "\n")
	left := len(lines) - firstLines - lastLines
	if left <= 1 {
		return text
	}
	return strings.Join(slices.Concat(lines[:firstLines], []string{fmt.Sprintf("… (%d lines left out)", left)}, lines[len(lines)-lastLines:]), "\n")
}
