// Package operation describes the operations of [reference.Kernels], one value
// each: how a field is called and replaced, what it takes and returns, what is bad
// input, what is right at T = 0, and the exact cases. Laws, benchmarks and the
// protocol of programs ask these values and know no operation by its name.
package operation

import (
	"math"

	"temper/reference"
)

// Operation is one field of [reference.Kernels].
type Operation struct {
	Name    string // of the field
	Takes   Argument
	Returns Result
	NoZero  bool // has no value at T = 0

	// Provided reports whether an implementation has the operation, and Call calls it.
	// Bind returns Call with its arguments bound, for benchmarks: such a call copies
	// nothing. Set is the inverse of Call: it makes a function the field.
	Provided func(k reference.Kernels) bool
	Call     func(k reference.Kernels, q Query, dst Destination) error
	Bind     func(k reference.Kernels, q Query, dst Destination) func() error
	Set      func(k *reference.Kernels, call func(q Query, dst Destination) error)

	// Exact returns the exact result for a good row, in nats for each token (one number
	// where it is about the whole row). Says describes an element, "log p(3) =
	// -0.5". Both are nil where tokens are drawn.
	Exact func(row []float32, temperature float64) []float64
	Says  func(e Element) string

	// Shift returns what adding c to every logit adds to a number; nil: nothing.
	Shift func(c, temperature float64) float64

	// Peaked reports whether an element is right where the largest logits have all mass: at
	// T = 0, and as a logit grows to +Inf. Empty reports whether it has no mass, which is
	// right where nothing is above −Inf; nil: no element does.
	Peaked func(e Element) bool
	Empty  func(e Element) bool

	// Cases are those of the fixtures; nil: there are none.
	Cases func() []Case
}

// All returns the operations in the order of the fields.
func All() []Operation { return []Operation{LogSumExp, LogProbs, Anneal, Sample, Draw} }

// Named returns the operation of this name, if there is one.
func Named(name string) (op Operation, found bool) {
	for _, op := range All() {
		if op.Name == name {
			return op, true
		}
	}
	return Operation{}, false
}

// Argument is what each row has besides its logits.
type Argument int

const (
	Nothing  Argument = iota
	Tokens            // a token
	Uniforms          // a number in [0, 1)
	Words             // as many random words from a common source as it takes
)

// Result is what an operation writes for each row.
type Result int

const (
	Nats          Result = iota // one number
	Probabilities               // one number for each token, in float32
	Draws                       // one token
)

// Numeric reports whether results are floating-point numbers, so that NaN can stand for
// a missing result.
func (op Operation) Numeric() bool { return op.Returns != Draws }

// Determined reports whether the arguments determine the result. Those of Draw do not,
// because the use of random words is up to the implementation.
func (op Operation) Determined() bool { return op.Takes != Words }

// OfTokens reports whether every number of a result is about one token, and not about
// the whole row.
func (op Operation) OfTokens() bool { return op.Takes == Tokens || op.Returns != Nats }

// BadRowIsNaN reports whether the result of a bad row is NaN. The other operations leave
// its memory as it was.
func (op Operation) BadRowIsNaN() bool { return op.Returns == Probabilities }

// WritesMatrix reports whether the operation writes as many bytes as it reads. The
// others write one number for each row.
func (op Operation) WritesMatrix() bool { return op.Returns == Probabilities }

func isMasked(x float32) bool { return math.IsInf(float64(x), -1) }
