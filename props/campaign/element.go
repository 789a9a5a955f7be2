package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"temper/props"
	"temper/props/subjects"
	"temper/props/verdict"
)

// subject is what laws are tried on.
type subject struct {
	suite, name string
	laws        []verdict.Law
	check       func(law string, seed uint64, inputs int) verdict.Result
}

// A population is a set of subjects, made anew by every call: some remember what they were
// asked.
var populations = map[string]func() []subject{"controls": controls, "bugs": bugs, "defects": defects}

func controls() (all []subject) {
	for _, c := range subjects.Controls() {
		unhurried := func(opts ...props.Option) verdict.Report {
			return c.Check(append(opts, props.Deadline(time.Hour))...) // a busy machine must not accuse the slowest one
		}
		all = append(all, underLaws(c.Suite, c.Name, unhurried))
	}
	return all
}

func bugs() (all []subject) {
	for _, b := range subjects.Bugs() {
		all = append(all, underLaws(b.Suite, b.Cause, b.Check))
	}
	return all
}

// underLaws is a subject of a suite of package props.
func underLaws(suite, name string, check func(...props.Option) verdict.Report) subject {
	laws := lawsOf(suite)
	return subject{suite, name, laws, func(law string, seed uint64, inputs int) verdict.Result {
		// A counter-example is not shrunk, because how far depends on the machine.
		opts := []props.Option{props.Only(law), props.Seed(seed), props.Inputs(inputs), props.UntilBroken(verdict.Should)}
		for _, l := range laws {
			if l.ID != law && strings.HasPrefix(l.ID, law) {
				opts = append(opts, props.Skip(l.ID, "another element"))
			}
		}
		report := check(opts...)
		for _, result := range report.Results {
			if result.ID == law {
				if report.Failure != "" {
					result.Detail = report.Failure
				}
				result.Detail = placesInSource.ReplaceAllString(result.Detail, "")
				if result.Evidence != nil {
					result.Evidence.Paths = nil // a path belongs to its own draws, and is not added up
				}
				return result
			}
		}
		return verdict.Result{Law: verdict.Law{ID: law}, Status: verdict.NotTried, Detail: fmt.Sprint(report.Err())}
	}}
}

// placesInSource are the lines of a panic with functions and files, which depend on the machine.
var placesInSource = regexp.MustCompile(`(?m)\n  \S+ \S+:\d+$`)

// allLaws are made once: their inputs take some milliseconds.
var allLaws = sync.OnceValue(props.Laws)

// lawsOf are the laws of a suite. Left out are those that count the allocations of the whole
// process, whose result depends on what else runs in it, and those that take minutes.
func lawsOf(suite string) (laws []verdict.Law) {
	kind, _, _ := strings.Cut(suite, " ")
	for _, l := range allLaws() {
		applies := strings.FieldsFunc(l.Applies, func(r rune) bool { return r == '.' || r == ',' || r == ' ' })[0]
		if applies == kind && !l.Long && !strings.HasSuffix(l.ID, "/Allocation") {
			laws = append(laws, l.Law)
		}
	}
	return laws
}

// An element is one law on one subject with one seed. All that it draws is a function of these
// three and of the number of inputs, so that to try it again changes nothing.
type element struct {
	suite, subject, law string
	seed                uint64
}

func (e element) String() string {
	return strings.Join([]string{e.suite, e.subject, e.law, strconv.FormatUint(e.seed, 10)}, "\t")
}

func parseElement(line string) (element, error) {
	fields := strings.Split(line, "\t")
	if len(fields) != 4 {
		return element{}, fmt.Errorf("%d fields instead of suite, subject, law and seed", len(fields))
	}
	seed, err := strconv.ParseUint(fields[3], 10, 64)
	return element{fields[0], fields[1], fields[2], seed}, err
}

// try runs the law on the subject.
func (e element) try(population string, inputs int) (result, error) {
	for _, s := range populations[population]() {
		if s.suite == e.suite && s.name == e.subject {
			return result{element: e, Result: s.check(e.law, e.seed, inputs)}, nil
		}
	}
	return result{}, fmt.Errorf("%s has no subject %q of the suite %s: do all workers run the same program?", population, e.subject, e.suite)
}
