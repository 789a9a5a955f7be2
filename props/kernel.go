package props

import (
	"slices"
	"testing"

	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
)

// TestKernels tests an implementation by the laws of [reference.Kernels], with one
// sub-test for each law. The sub-tests of an operation that is nil are skipped. An
// implementation that is not available, or that provides no operation, fails.
func TestKernels(t *testing.T, k reference.Kernels, opts ...Option) {
	t.Helper()
	if !k.Available {
		t.Fatalf("%s is not available on this machine (it needs %s): nothing was checked", k.Name, k.Requires)
	}
	test(t, k, kernelLaws(), opts)
}

// CheckKernels is [TestKernels] for programs: it returns a report, and needs neither a
// testing.T nor files.
func CheckKernels(k reference.Kernels, opts ...Option) verdict.Report {
	if !k.Available {
		k = reference.Kernels{Name: k.Name}
	}
	return check(k, k.Name, kernelLaws(), opts)
}

// kernelLaws are the laws of all operations, the quick ones first.
func kernelLaws() []Law {
	return slices.Concat(accuracyLaws(), spreadLaws(), numberLaws(), invarianceLaws(), temperatureLaws(), rowLaws(), badInputLaws(), memoryLaws(), contentsLaws(), sampleLaws(), drawLaws(), []Law{drawMaskedEdgesLaw()}, pairLaws(), lengthLaws(), exactLaws())
}

type batchLaw = law[reference.Kernels, batch]

// partOf is what a law about one operation is about.
func partOf(op operation.Operation) part[reference.Kernels] {
	return part[reference.Kernels]{"Kernels." + op.Name, op.Provided}
}

// domainOf is where every implementation of an operation has a result.
func domainOf(op operation.Operation) domain {
	if op.NoZero {
		return mustAbove0
	}
	return mustDomain
}

// operationsThat are those with a property.
func operationsThat(have func(operation.Operation) bool) []operation.Operation {
	return slices.DeleteFunc(operation.All(), func(op operation.Operation) bool { return !have(op) })
}
