package operation

import (
	"fmt"
	"math"

	"temper/reference"
)

// Defect is one way in which a row can be bad, with the error for it.
type Defect struct {
	Name   string
	Reason error
	Apply  func(q *Query, row, at int) // at says where in the row, if it is a logit that is bad
}

func (d Defect) GoString() string { return d.Name }

// Defects returns all ways in which a row can be bad for the operation.
func (op Operation) Defects() []Defect {
	return append([]Defect{NaNLogit(), PlusInfLogit(), NoSupport()}, op.Takes.Defects()...)
}

// NaNLogit, PlusInfLogit and NoSupport spoil the logits, for every operation.
func NaNLogit() Defect     { return Defect{"NaN", reference.ErrNaN, putLogit(math.NaN())} }
func PlusInfLogit() Defect { return Defect{"+Inf", reference.ErrInf, putLogit(math.Inf(1))} }

func putLogit(x float64) func(*Query, int, int) {
	return func(q *Query, row, at int) { q.Logits[row*len(q.Logits)/q.Rows+at] = float32(x) }
}

func NoSupport() Defect {
	return Defect{"nothing above −Inf", reference.ErrNoSupport, func(q *Query, row, _ int) {
		vocab := len(q.Logits) / q.Rows
		for v := range vocab {
			q.Logits[row*vocab+v] = float32(math.Inf(-1))
		}
	}}
}

// Defects returns the ways in which the argument of a row can be bad.
func (a Argument) Defects() []Defect {
	var defects []Defect
	switch a {
	case Tokens:
		token := func(name string, of func(vocab int) int) Defect {
			return Defect{name, reference.ErrToken, func(q *Query, row, _ int) { q.Tokens[row] = of(len(q.Logits) / q.Rows) }}
		}
		defects = []Defect{
			token("token −1", func(int) int { return -1 }),
			token("token = vocab", func(vocab int) int { return vocab }),
			token("the largest token there is", func(int) int { return math.MaxInt }),
		}
	case Uniforms:
		for _, u := range []float64{1, -0x1p-60, -0.5, math.NaN(), math.Inf(1), math.Inf(-1), 2} {
			defects = append(defects, Defect{fmt.Sprintf("u = %v", u), reference.ErrUniform, func(q *Query, row, _ int) { q.U[row] = u }})
		}
	}
	return defects
}

// Sentinel returns the error of package reference that has this name in the fixtures and
// in the protocol of programs, for example "ErrNaN". It returns nil for any other name.
func Sentinel(word string) error {
	return map[string]error{
		"ErrTemperature": reference.ErrTemperature, "ErrShape": reference.ErrShape,
		"ErrNaN": reference.ErrNaN, "ErrInf": reference.ErrInf, "ErrNoSupport": reference.ErrNoSupport,
		"ErrToken": reference.ErrToken, "ErrSampling": reference.ErrSampling,
		"ErrUniform": reference.ErrUniform,
		"ErrDraw":    reference.ErrUniform, // published before the error had its name
	}[word]
}

// NameOf returns the name of an error of package reference about a row: the inverse of
// [Sentinel]. It returns "" for any other error.
func NameOf(reason error) string {
	for _, name := range []string{"ErrTemperature", "ErrNaN", "ErrInf", "ErrNoSupport", "ErrToken", "ErrSampling", "ErrUniform"} {
		if Sentinel(name) == reason {
			return name
		}
	}
	return ""
}
