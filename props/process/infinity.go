package process

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"temper/props"
	"temper/props/operation"
)

// opening asks the first questions of a conversation, one at T = 1 and then the
// same at T = +Inf, unless the greeting leaves infinity out. A program that does
// not read the word for infinity refuses, or ends, or takes it for NaN or for 0; it
// would seem to break dozens of laws, and is ended with one error instead. If it
// fails at T = 1 already, that is the error.
func (p *Process) opening() error {
	if len(p.hello.Operations) == 0 || p.hello.kind() != kernels || slices.Contains(p.hello.Without, withoutInfinity) {
		return nil
	}
	refusal, failure := p.flat(1)
	if refusal != nil || failure != nil {
		return failure // a refusal is for the laws to judge
	}
	refusal, failure = p.flat(math.Inf(1))
	if refusal == nil && failure == nil {
		return nil
	}
	err := fmt.Errorf("%s: this program does not read %q as a temperature: %w\nwhat it leaves out belongs in its greeting: \"without\": [%q]",
		p.hello.Name, decimal(math.Inf(1)), errors.Join(refusal, failure), withoutInfinity)
	if failure == nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.failed = err
		return errors.Join(err, p.wait())
	}
	return err
}

// flat asks the first operation about two logits, 0 and 1 (more of 0 where the
// vocabulary has to be larger). refusal is the program's own, or says that the
// answer is wrong at every temperature above 0. failure is what ended the program.
func (p *Process) flat(temperature float64) (refusal, failure error) {
	defer func() {
		if asked := recover(); asked != nil {
			failure = asked.(props.Failure).Reason // ask panics with nothing else
		}
	}()
	logits := make([]float32, max(2, p.hello.SmallestVocab))
	last := len(logits) - 1
	logits[last] = 1
	op, _ := operation.Named(p.hello.Operations[0])
	q := question{Operation: op.Name, Rows: 1, Temperature: decimal(temperature), Logits: pack(logits)}
	switch op.Takes {
	case operation.Tokens:
		q.Tokens = pack([]int64{0})
	case operation.Uniforms:
		q.U = pack([]float64{0})
	case operation.Words:
		q.Draws = 64 // a program that reads infinity draws the last token each time with probability 2⁻⁶⁴ at most
	}
	var numbers []float64
	var tokens []int64
	switch op.Returns {
	case operation.Nats:
		numbers, _, refusal = ask[float64](p, q, 1)
	case operation.Probabilities:
		var probabilities []float32
		probabilities, _, refusal = ask[float32](p, q, len(logits))
		if refusal == nil {
			numbers = []float64{math.Log(float64(probabilities[0]))}
		}
	case operation.Draws:
		tokens, _, refusal = ask[int64](p, q, max(1, q.Draws))
	}
	switch {
	case refusal != nil:
		return refusal, nil
	case slices.ContainsFunc(numbers, math.IsNaN):
		return errors.New("its answer is NaN"), nil
	case slices.ContainsFunc(numbers, func(x float64) bool { return math.IsInf(x, 0) }),
		len(tokens) > 0 && !slices.ContainsFunc(tokens, func(token int64) bool { return token != int64(last) }):
		return errors.New("its answer is the one at T = 0"), nil
	}
	return nil, nil
}
