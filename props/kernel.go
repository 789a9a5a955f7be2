package props

import (
	"cmp"
	"slices"
	"testing"

	"temper/props/verdict"
	"temper/reference"
)

// TestKernels holds an implementation to the laws of [reference.Kernels], one
// sub-test a law. What it doesn't provide is skipped by name; an implementation
// that is not available, or provides nothing, fails.
func TestKernels(t *testing.T, k reference.Kernels, opts ...Option) {
	t.Helper()
	if !k.Available {
		t.Fatalf("%s is not available on this machine (it needs %s): nothing was checked", k.Name, k.Requires)
	}
	test(t, k, kernelLaws(), opts)
}

// CheckKernels is [TestKernels] as a value, for programs: no testing and no
// files.
func CheckKernels(k reference.Kernels, opts ...Option) verdict.Report {
	if !k.Available {
		k = reference.Kernels{Name: k.Name}
	}
	return check(k, k.Name, kernelLaws(), opts)
}

// kernelLaws are the laws of all operations, the quick ones first.
func kernelLaws() []Law {
	return slices.Concat(accuracyLaws(), spreadLaws(), numberLaws(), invarianceLaws(), temperatureLaws(), rowLaws(), badInputLaws(), memoryLaws(), sampleLaws(), drawLaws(), lengthLaws(), exactLaws())
}

type batchLaw = law[reference.Kernels, batch]

// unmasked keeps the tokens that have a probability.
func unmasked(row []float32, tokens []int) []int {
	return slices.DeleteFunc(slices.Clone(tokens), func(v int) bool { return isMasked(row[v]) })
}

// descending lists the tokens from the largest logit to the smallest.
func descending(row []float32) []int {
	order := upTo(len(row))
	slices.SortStableFunc(order, func(u, v int) int { return cmp.Compare(row[v], row[u]) })
	return order
}
