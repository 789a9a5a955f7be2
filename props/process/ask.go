package process

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"temper/props"
	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
	"temper/reference/sequence"
)

// question and answer are the two messages, as the package comment has them.
type question struct {
	ID          int    `json:"id"`
	Operation   string `json:"operation"`
	Rows        int    `json:"rows"`
	Temperature string `json:"temperature,omitempty"`
	settings
	Logits []byte  `json:"logits,omitempty"`
	Drafts *drafts `json:"drafts,omitempty"`
	Tokens []byte  `json:"tokens,omitempty"`
	U      []byte  `json:"u,omitempty"`
	Draws  int     `json:"draws,omitempty"`
	Seed   uint64  `json:"seed"`
}

// settings are those of every row, in a question to a sampler.
type settings struct {
	Temperatures []byte `json:"temperatures,omitempty"`
	TopK         []byte `json:"topK,omitempty"`
	TopP         []byte `json:"topP,omitempty"`
	MinP         []byte `json:"minP,omitempty"`
}

// String names the question where a failure or a notice is about it.
func (q question) String() string {
	if q.Temperature == "" {
		return fmt.Sprintf("question %d (%s, %d rows)", q.ID, q.Operation, q.Rows)
	}
	return fmt.Sprintf("question %d (%s, %d rows, T = %s)", q.ID, q.Operation, q.Rows, q.Temperature)
}

type answer struct {
	ID     *int   `json:"id"`
	Answer []byte `json:"answer"`
	Errors []struct {
		Row    int    `json:"row"`
		Reason string `json:"reason"`
	} `json:"errors"`
	Error string `json:"error"`
}

// number is what arrays are made of.
type number interface {
	float32 | float64 | int64 | uint8
}

// ask puts a question whose answer has width numbers for each row. It returns
// them with the rows that the program has no answer for, or its refusal of the
// whole. A program that fails is the panic of a [props.Failure]: it has neither
// answered nor refused.
func ask[E number](p *Process, q question, width int) ([]E, reference.RowErrors, error) {
	numbers := make([]E, q.Rows*width)
	bad, refusal := p.put(q, base64.StdEncoding.EncodedLen(binary.Size(numbers)), func(packed []byte) error {
		if len(packed) != binary.Size(numbers) {
			return fmt.Errorf("the answer has %d bytes, not the %d of %d × %d numbers of type %T", len(packed), binary.Size(numbers), q.Rows, width, *new(E))
		}
		return binary.Read(bytes.NewReader(packed), binary.LittleEndian, numbers)
	})
	return numbers, bad, refusal
}

// put is ask for an answer of any form, of up to so many characters: read reads its bytes.
func (p *Process) put(q question, characters int, read func(packed []byte) error) (bad reference.RowErrors, refusal error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed != nil {
		panic(props.Failure{Reason: fmt.Errorf("%s: %w", p.hello.Name, p.failed)})
	}
	p.asked++
	q.ID = p.asked
	bad, refusal, err := p.converse(q, characters, read)
	if err != nil {
		panic(props.Failure{Reason: p.fail(fmt.Errorf("%s: %v: %w", p.hello.Name, q, err))})
	}
	return bad, refusal
}

func (p *Process) converse(q question, characters int, read func(packed []byte) error) (bad reference.RowErrors, refusal, err error) {
	line, err := json.Marshal(q)
	if err != nil {
		return nil, nil, err
	}
	longest := characters + 1<<16 + 1<<10*q.Rows // a kilobyte for every row's error
	if line, err = p.exchange(append(line, '\n'), longest, p.patience.answer, "the answer to "+q.String()); err != nil {
		return nil, nil, err
	}
	var a answer
	if err := json.Unmarshal(line, &a); err != nil {
		return nil, nil, fmt.Errorf("the answer is not the JSON it should be (%w): %s", err, brief(line))
	}
	switch {
	case a.ID == nil || *a.ID != q.ID:
		return nil, nil, fmt.Errorf("the answer is to another question: %s", brief(line))
	case a.Error != "":
		return nil, reason(a.Error), nil
	}
	if err := read(a.Answer); err != nil {
		return nil, nil, err
	}
	for _, e := range a.Errors {
		if e.Row < 0 || e.Row >= q.Rows || e.Reason == "" {
			return nil, nil, fmt.Errorf("the error %q of row %d is none of %d rows", e.Reason, e.Row, q.Rows)
		}
		bad = append(bad, reference.RowError{Row: e.Row, Err: reason(e.Reason)})
	}
	return bad, nil, nil
}

// reason is the error of package reference or sequence that the words begin with, or
// the words alone.
func reason(words string) error {
	name, rest, _ := strings.Cut(words, ":")
	if err := errorNamed(name); err != nil {
		return fmt.Errorf("the program says: %s (%w)", verdict.Printable(strings.TrimSpace(rest)), err)
	}
	return fmt.Errorf("the program says: %s", verdict.Printable(words))
}

// errorNamed is the error that has this name in the protocol, nil if there is none.
func errorNamed(name string) error {
	switch name {
	case "ErrDistribution":
		return reference.ErrDistribution
	case "ErrImpossibleDraft":
		return sequence.ErrImpossibleDraft
	}
	return operation.Sentinel(name)
}

// pack is the little-endian bytes of numbers, not nil.
func pack[E number](numbers []E) []byte {
	packed, _ := binary.Append([]byte{}, binary.LittleEndian, numbers) // slices of numbers have no error
	return packed
}

// decimal is the shortest text that is exactly this number. Infinity is spelt out,
// because JavaScript and Java read it so, and Python, C and R too.
func decimal(x float64) string {
	if math.IsInf(x, 0) {
		return strings.TrimPrefix(strconv.FormatFloat(x, 'g', -1, 64), "+") + "inity"
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}
