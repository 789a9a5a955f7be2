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
)

// The versions of the protocol. The second adds samplers, and is otherwise the first.
const (
	protocol        = "temper/2"
	withoutSamplers = "temper/1"
)

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

	convention reference.Convention // what Convention says
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
	if h.Protocol != protocol && h.Protocol != withoutSamplers {
		return fmt.Errorf("it speaks protocol %q; here %q and %q are known", h.Protocol, withoutSamplers, protocol)
	}
	if err := errors.Join(checkName(h.Name), h.checkOperations()); err != nil {
		return err
	}
	if h.sampler() {
		return h.readSampler()
	}
	return h.checkDeclarations()
}

// checkOperations refuses operations that there are not, or not in this version, and
// those of both kinds in one program.
func (h *hello) checkOperations() error {
	for _, name := range h.Operations {
		_, known := operation.Named(name)
		switch ofSampler := slices.Contains(samplerOperations(), name); {
		case !known && !ofSampler:
			return fmt.Errorf("it provides %q, which is no operation", name)
		case ofSampler && h.Protocol == withoutSamplers:
			return fmt.Errorf("it provides %q, which protocol %q does not have: say %q", name, h.Protocol, protocol)
		case ofSampler != h.sampler():
			return fmt.Errorf("it provides %q and %q: a program is a sampler or kernels, not both", h.Operations[0], name)
		}
	}
	return nil
}

// sampler says whether the program is a [reference.Sampler].
func (h *hello) sampler() bool {
	return len(h.Operations) > 0 && slices.Contains(samplerOperations(), h.Operations[0])
}

// declares says whether the greeting has a convention; null is none.
func (h *hello) declares() bool { return h.Convention != nil && string(h.Convention) != "null" }

// readSampler takes in what a sampler declares, its convention.
func (h *hello) readSampler() (err error) {
	if len(h.Without) > 0 || h.SmallestVocab != 0 || h.GreedyBelow != 0 {
		return errors.New("its greeting leaves something out, which a sampler cannot; greedyBelow is a part of its convention")
	}
	if h.declares() {
		h.convention, err = readConvention(h.Convention, h.Name)
	}
	return err
}

// checkDeclarations checks what a program of kernels leaves out.
func (h *hello) checkDeclarations() error {
	if h.declares() {
		return errors.New("its greeting has a convention, and no operation of a sampler")
	}
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
