package process

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"temper/fixtures"
	"temper/props"
	"temper/reference"
)

// readConvention reads the convention of a greeting: the name of one of
// [reference.Conventions], or an object with the fields of a [reference.Convention],
// which gets the name of its program.
func readConvention(text json.RawMessage, program string) (reference.Convention, error) {
	var preset string
	if json.Unmarshal(text, &preset) == nil {
		return conventionNamed(preset)
	}
	var fields struct {
		Order                                  []string
		TiesAtK, TiesAtP, AtMost, OriginalMass bool
		GreedyBelow                            float64
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields() // a misspelt one would count as false
	if err := decoder.Decode(&fields); err != nil {
		return reference.Convention{}, fmt.Errorf("its convention is neither a name nor the fields of one (%w): %s", err, brief(text))
	}
	c := reference.Convention{
		Name: program, TiesAtK: fields.TiesAtK, TiesAtP: fields.TiesAtP, AtMost: fields.AtMost,
		OriginalMass: fields.OriginalMass, GreedyBelow: fields.GreedyBelow,
	}
	for _, name := range fields.Order {
		step, known := stepNamed(name)
		if !known || slices.Contains(c.Order, step) {
			return c, fmt.Errorf("the order of its convention has %q: want each of %s at most once", name, quoted(stepNames()))
		}
		c.Order = append(c.Order, step)
	}
	if len(c.Order) == 0 || !(c.GreedyBelow >= 0 && c.GreedyBelow <= 1) {
		return c, fmt.Errorf("its convention has %d steps and greedyBelow %v: want 1 step or more, and a temperature up to 1", len(c.Order), c.GreedyBelow)
	}
	return c, nil
}

func conventionNamed(name string) (reference.Convention, error) {
	var names []string
	for _, c := range reference.Conventions() {
		if c.Name == name {
			return c, nil
		}
		names = append(names, c.Name)
	}
	return reference.Convention{}, fmt.Errorf("its convention %q is none of %s; give its fields, or leave it out to have it found", name, quoted(names))
}

func stepNamed(name string) (reference.Step, bool) {
	i := slices.Index(stepNames(), name)
	return reference.Step(i), i >= 0
}

// stepNames are what the fixtures call the steps, in the order of [reference.Step].
func stepNames() []string {
	return []string{string(fixtures.Temper), string(fixtures.TopK), string(fixtures.TopP), string(fixtures.MinP)}
}

func quoted(names []string) string { return `"` + strings.Join(names, `", "`) + `"` }

// follow finds the convention of a sampler. It returns the sampler with the convention
// that its laws are about, the one that it declares or else the one found, and tells in
// words what was declared and found. An error is the failure of the program.
func (p *Process) follow() (s reference.Sampler, words string, err error) {
	s = p.Sampler()
	found, err := props.FindConvention(s)
	if errors.As(err, new(props.Failure)) {
		return s, "", err
	}
	words = found.String()
	if err != nil { // nothing but Draw is provided
		words = fmt.Sprintf("not found: %v", err)
	}
	if declared(p.hello.Convention) {
		return s, fmt.Sprintf("declared: %s\n%s", p.hello.Convention, words), nil
	}
	s.Convention = conventionIn(found)
	if s.Convention.Name == "" {
		return s, words + "\nnone is declared: the laws are those of any convention", nil
	}
	return s, fmt.Sprintf("%s\nnone is declared: the laws are those of %s", words, s.Convention.Name), nil
}

// conventionIn is the first convention that fits a finding, the zero value if none does.
func conventionIn(f props.Finding) reference.Convention {
	switch {
	case len(f.Follows) > 0:
		return f.Follows[0]
	case len(f.Partly) > 0:
		return f.Partly[0]
	case f.Fit != nil:
		return *f.Fit
	}
	return reference.Convention{}
}
