package process

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"temper/props"
	"temper/props/operation"
	"temper/reference"
	"temper/reference/sequence"
)

// versions are those of the protocol, the first one first. The second adds samplers, the
// third verifiers; otherwise they are alike.
func versions() []string { return []string{"temper/1", "temper/2", "temper/3"} }

// kind is what a program can be: kernels, a sampler or a verifier. Laws begin what they
// are about with it.
type kind string

const (
	kernels  kind = "Kernels"
	sampler  kind = "Sampler"
	verifier kind = "Verifier"
)

// kinds are those that there are, in the order of the versions that added them.
func kinds() []kind { return []kind{kernels, sampler, verifier} }

// kindOf is the kind of program that provides an operation, "" if none does.
func kindOf(name string) kind {
	if _, known := operation.Named(name); known {
		return kernels
	}
	switch {
	case slices.Contains(samplerOperations(), name):
		return sampler
	case slices.Contains(verifierOperations(), name):
		return verifier
	}
	return ""
}

// hello is the line with which a program begins: who it is, what it provides, and
// what it does not.
type hello struct {
	Protocol      string          `json:"protocol"`
	Name          string          `json:"name"`
	Operations    []string        `json:"operations"`
	Without       []string        `json:"without,omitempty"`       // temperatures: withoutZero, withoutInfinity
	SmallestVocab int             `json:"smallestVocab,omitempty"` // 0: any
	GreedyBelow   float64         `json:"greedyBelow,omitempty"`   // 0: nowhere
	Convention    json.RawMessage `json:"convention,omitempty"`    // of a sampler; nil: not declared
	Rule          json.RawMessage `json:"rule,omitempty"`          // of a verifier; nil: not declared

	convention reference.Convention // what Convention says
	rule       sequence.Rule        // what Rule says
}

// longestRow is beyond any vocabulary in use: a greeting that asks for more would
// have the first question fill the memory.
const longestRow = 1 << 20

const (
	withoutZero     = "T = 0"
	withoutInfinity = "T = Infinity"
)

// read takes in the first line and checks that what it says is known.
func (h *hello) read(line []byte) error {
	if err := json.Unmarshal(line, h); err != nil {
		return fmt.Errorf("its first line is not the JSON of a greeting (%w): %s", err, brief(line))
	}
	if !slices.Contains(versions(), h.Protocol) {
		return fmt.Errorf("it speaks protocol %q; here %s are known", h.Protocol, quoted(versions()))
	}
	if err := errors.Join(checkName(h.Name), h.checkOperations()); err != nil {
		return err
	}
	kind := h.kind()
	switch {
	case declared(h.Convention) && kind != sampler:
		return errors.New("its greeting has a convention, and no operation of a sampler")
	case declared(h.Rule) && kind != verifier:
		return errors.New("its greeting has a rule, and no operation of a verifier")
	case kind == kernels:
		return h.checkDeclarations()
	case len(h.Without) > 0 || h.SmallestVocab != 0 || h.GreedyBelow != 0:
		return fmt.Errorf("its greeting leaves something out, which a %s cannot; greedyBelow is a part of a sampler's convention", strings.ToLower(string(kind)))
	}
	return h.readPromise()
}

// checkOperations refuses operations that there are not, or not in this version, and
// those of two kinds in one program.
func (h *hello) checkOperations() error {
	for _, name := range h.Operations {
		of := kindOf(name)
		first := slices.Index(kinds(), of)
		switch {
		case first < 0:
			return fmt.Errorf("it provides %q, which is no operation", name)
		case slices.Index(versions(), h.Protocol) < first:
			return fmt.Errorf("it provides %q, which protocol %q does not have: say %q", name, h.Protocol, versions()[first])
		case of != h.kind():
			return fmt.Errorf("it provides %q and %q: a program is kernels, a sampler or a verifier, not both", h.Operations[0], name)
		}
	}
	return nil
}

// kind is what the program is. One that provides nothing counts as kernels.
func (h *hello) kind() kind {
	if len(h.Operations) == 0 {
		return kernels
	}
	return kindOf(h.Operations[0])
}

// declared says whether a greeting has a declaration; null is none.
func declared(text json.RawMessage) bool { return text != nil && string(text) != "null" }

// readPromise takes in what a sampler declares, its convention, or a verifier, its rule.
func (h *hello) readPromise() (err error) {
	if declared(h.Convention) {
		h.convention, err = readConvention(h.Convention, h.Name)
	}
	if declared(h.Rule) {
		h.rule, err = readRule(h.Rule, h.Name)
	}
	return err
}

// checkDeclarations checks what a program of kernels leaves out.
func (h *hello) checkDeclarations() error {
	for _, temperature := range h.Without {
		if temperature != withoutZero && temperature != withoutInfinity {
			return fmt.Errorf("its greeting is without %q, which is neither %q nor %q", temperature, withoutZero, withoutInfinity)
		}
	}
	if h.SmallestVocab > longestRow {
		return fmt.Errorf("its greeting has smallestVocab %d: no row has more than %d logits", h.SmallestVocab, longestRow)
	}
	if h.SmallestVocab < 0 || !(h.GreedyBelow >= 0 && h.GreedyBelow <= 1) {
		return fmt.Errorf("its greeting has smallestVocab %d and greedyBelow %v: want 1 or more and a temperature up to 1, or leave them out", h.SmallestVocab, h.GreedyBelow)
	}
	return nil
}

// checkName refuses a name that would not fit in a line of a report.
func checkName(name string) error {
	const longest = 200
	switch {
	case strings.TrimSpace(name) == "":
		return errors.New("its greeting has no name")
	case len(name) > longest:
		return fmt.Errorf("its name has %d bytes, more than %d: %s", len(name), longest, brief([]byte(name)))
	case strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsGraphic(r) || r == unicode.ReplacementChar }):
		return fmt.Errorf("its name has a character that cannot be shown in a line: %q", name)
	}
	return nil
}

// declarations are what the greeting leaves out, as options of the suite.
func (h hello) declarations() []props.Option {
	var opts []props.Option
	if slices.Contains(h.Without, withoutZero) {
		opts = append(opts, props.WithoutZero())
	}
	if slices.Contains(h.Without, withoutInfinity) {
		opts = append(opts, props.WithoutInfinity())
	}
	if h.SmallestVocab > 0 {
		opts = append(opts, props.SmallestVocab(h.SmallestVocab))
	}
	if h.GreedyBelow > 0 {
		opts = append(opts, props.GreedyBelow(h.GreedyBelow))
	}
	return opts
}
