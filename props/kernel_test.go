package props_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"temper/props"
	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
)

// With RAPID_CHECKS=10000 this is a long campaign, which takes in the long laws.
func TestReferenceKeepsEveryLaw(t *testing.T) {
	opts := []props.Option{props.Strict()}
	if checks, _ := strconv.Atoi(os.Getenv("RAPID_CHECKS")); checks >= 10_000 {
		opts = append(opts, props.Long())
	}
	if testing.Short() {
		for _, op := range operation.All() {
			opts = append(opts, props.Skip(op.Name+"/Rows", "not short: 65586 rows"))
		}
	}
	props.TestKernels(t, reference.Scalar, opts...)
}

func TestATailThatNeverComesIsFoundAndOneThatDoesIsNot(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: many draws")
	}
	t.Parallel()
	for name, c := range map[string]struct {
		tail float64
		want verdict.Status
	}{
		"starved":  {0, verdict.Broken},
		"fourfold": {0x1p-10, verdict.Broken},
		"rightful": {0x1p-12, verdict.Held},
	} {
		// Right about no row but the law's own: two tokens alike and a tail.
		k := reference.Kernels{Name: name, Available: true, Draw: func(dst []int, logits []float32, src rand.Source, _ float64) error {
			for r := range dst {
				u := reference.Uniform(src)
				if dst[r] = int(2 * u); u < c.tail {
					vocab := len(logits) / len(dst)
					dst[r] = min(2+int(u/c.tail*float64(vocab-2)), vocab-1)
				}
			}
			return nil
		}}
		result := props.CheckKernels(k, props.Only("Draw/Tail"), props.Long(), props.Seed(1)).Results[0]
		if result.Status != c.want {
			t.Errorf("%s: %v, want %v: %s", name, result.Status, c.want, result.Detail)
		}
		if report := props.CheckKernels(k, props.Only("Draw/Tail"), props.Seed(1)); len(report.Results) > 0 {
			t.Errorf("%s: Draw/Tail was tried without Long", name)
		}
	}
}

// A subject's tokens are its own to spoil: the exact cases must not share them.
func TestASubjectThatWritesIntoItsTokensSpoilsNoOther(t *testing.T) {
	writing := reference.Kernels{Name: "writes", Available: true, LogProbs: func(dst []float64, logits []float32, tokens []int, t float64) error {
		err := reference.Scalar.LogProbs(dst, logits, tokens, t)
		for i := range tokens {
			tokens[i] = -5
		}
		return err
	}}
	exact := []props.Option{props.Only("LogProbs/Exact"), props.Inputs(1)}
	props.CheckKernels(writing, exact...)
	if err := props.CheckKernels(reference.Scalar, exact...).Err(); err != nil {
		t.Error(err)
	}
}
