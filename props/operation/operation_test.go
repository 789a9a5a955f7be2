package operation

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"

	"temper/reference"
)

func TestEveryFieldOfKernelsIsDescribed(t *testing.T) {
	fields := 0
	for field := range reflect.TypeFor[reference.Kernels]().NumField() {
		f := reflect.TypeFor[reference.Kernels]().Field(field)
		if f.Type.Kind() != reflect.Func {
			continue
		}
		fields++
		if _, found := Named(f.Name); !found {
			t.Errorf("%s is not in All", f.Name)
		}
	}
	if len(All()) != fields {
		t.Errorf("%d operations for %d fields", len(All()), fields)
	}
}

func TestSetIsTheInverseOfCall(t *testing.T) {
	for _, op := range All() {
		var k reference.Kernels
		if op.Provided(k) {
			t.Errorf("%s is provided by nobody", op.Name)
		}
		var asked Query
		words := func() rand.Source {
			if op.Takes == Words {
				return rand.NewPCG(1, 2)
			}
			return nil
		}
		op.Set(&k, func(q Query, dst Destination) error {
			asked = q
			return op.Call(reference.Scalar, q, dst)
		})
		for _, other := range All() {
			if other.Provided(k) != (other.Name == op.Name) {
				t.Errorf("%s is set: %s provided is %v", op.Name, other.Name, other.Provided(k))
			}
		}
		q := Query{Logits: []float32{0, 1, 2, 2, 1, 0}, Rows: 2, Src: words(), Temperature: 0.7}
		switch op.Takes {
		case Tokens:
			q.Tokens = []int{2, 1}
		case Uniforms:
			q.U = []float64{0.1, 0.9}
		}
		got, err := op.Answer(k, q)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(asked, q) {
			t.Errorf("%s: %v was asked, and %v arrived", op.Name, q, asked)
		}
		q.Src = words()
		want, _ := op.Answer(reference.Scalar, q)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", op.Name, got, want)
		}
		q.Src = words()
		dst := op.Destination(q)
		if err := op.Bind(k, q, dst)(); err != nil || !reflect.DeepEqual(op.Rows(q, dst), want) {
			t.Errorf("%s: %v, %v bound, want %v", op.Name, op.Rows(q, dst), err, want)
		}
	}
}

func TestTheReferenceNamesEveryDefect(t *testing.T) {
	for _, op := range All() {
		for _, d := range op.Defects() {
			q := Query{Logits: []float32{0, 1, 2, 2, 1, 0}, Rows: 2, Temperature: 0.7, Tokens: []int{2, 1}, U: []float64{0.1, 0.9}, Src: rand.NewPCG(1, 2)}
			d.Apply(&q, 1, 2)
			var bad reference.RowErrors
			if _, err := op.Ask(reference.Scalar, q); !errors.As(err, &bad) || len(bad) != 1 || bad[0].Row != 1 || !errors.Is(err, d.Reason) {
				t.Errorf("%s, %s: %v, want %v in row 1", op.Name, d.Name, err, d.Reason)
			}
		}
	}
}

func TestMisfitsAreFoundAndNothingIsNone(t *testing.T) {
	for _, op := range All() {
		for _, m := range op.Misfits() {
			if _, err := op.Vocab(m.Query, m.Destination); !errors.Is(err, reference.ErrShape) {
				t.Errorf("%s, %s: %v", op.Name, m.Name, err)
			}
		}
		nothing := op.NoRows()
		if vocab, err := op.Vocab(nothing.Query, nothing.Destination); vocab != 0 || err != nil {
			t.Errorf("%s, %s: vocabulary %d, %v", op.Name, nothing.Name, vocab, err)
		}
	}
}

func TestAnswersAtZeroAreGreedyAndOthersAreNot(t *testing.T) {
	for _, op := range All() {
		if op.NoZero {
			continue
		}
		q := Query{Logits: []float32{0, 1, 2, 2, 1, 0}, Rows: 2, Tokens: []int{2, 1}, U: []float64{0, 0.99}, Src: rand.NewPCG(1, 2)}
		greedy, err := op.Answer(reference.Scalar, q)
		if err != nil || !op.Greedy(q, greedy) {
			t.Errorf("%s at T = 0: %v, %v", op.Name, greedy, err)
		}
		q.Temperature = 1
		warm, err := op.Answer(reference.Scalar, q)
		if err != nil || op.Determined() && op.Greedy(q, warm) {
			t.Errorf("%s at T = 1: %v, %v", op.Name, warm, err)
		}
	}
}
