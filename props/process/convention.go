package process

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
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
	var fields fields
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

// fields are those of a [reference.Convention] in a greeting.
type fields struct {
	Order        []string `json:"order"`
	TiesAtK      bool     `json:"tiesAtK,omitempty"`
	TiesAtP      bool     `json:"tiesAtP,omitempty"`
	AtMost       bool     `json:"atMost,omitempty"`
	OriginalMass bool     `json:"originalMass,omitempty"`
	GreedyBelow  float64  `json:"greedyBelow,omitempty"`
}

func fieldsOf(c reference.Convention) fields {
	f := fields{TiesAtK: c.TiesAtK, TiesAtP: c.TiesAtP, AtMost: c.AtMost, OriginalMass: c.OriginalMass, GreedyBelow: c.GreedyBelow}
	for _, step := range c.Order {
		f.Order = append(f.Order, step.String())
	}
	return f
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
	fits := conventionIn(found)
	if len(fits.Order) > 0 && !alike(fits, s.Convention) {
		words += "\nto declare it: " + declaration(found)
	}
	if declared(p.hello.Convention) {
		return s, fmt.Sprintf("declared: %s\n%s", p.hello.Convention, words), nil
	}
	s.Convention = fits
	if len(fits.Order) == 0 {
		return s, words + "\nnone is declared: the laws are those of any convention", nil
	}
	return s, words + "\nnone is declared: the laws are those of this convention", nil
}

// alike reports whether two conventions differ in their names at most.
func alike(a, b reference.Convention) bool {
	a.Name = b.Name
	return reflect.DeepEqual(a, b)
}

// declaration is what a greeting has to say to declare the convention of a finding: the name
// of an engine that the sampler follows in every step, or the fields.
func declaration(f props.Finding) string {
	var value any = conventionIn(f).Name
	if len(f.Follows) == 0 {
		value = fieldsOf(conventionIn(f))
	}
	text, _ := json.Marshal(value) // strings, booleans and a finite number have no error
	return `"convention": ` + string(text)
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
