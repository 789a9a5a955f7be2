// Package props holds implementations to laws. A law is a claim that is tried on
// inputs made to be difficult. The package knows none of the implementations that
// it judges.
//
// [TestKernels], [TestModel], [TestScorer], [TestGenerator] and
// [TestSequenceAnnealer] hold a subject to the laws of its kind, one sub-test a
// law. [CheckKernels] and the other Check functions return the same as a
// [verdict.Report]. [Laws] lists all laws.
//
// A Must law states what every correct implementation does, whatever its style. A
// Should law states the rest of the contract, which package reference documents: a
// broken one is reported, and fails the subject only under [Strict].
//
// A law is tried on its witnesses, which are the same in every run, and then on
// random inputs. A broken law shows its claim and the input. Laws about draws are
// e-processes: a full run accuses a correct sampler with a probability of at most
// 1e-6. [temper/props/accuracy.Bounds] is the table of the accuracies that are asked.
//
// An operation that is nil is not provided, and its laws are not tried. What else
// an implementation leaves out it declares: [WithoutZero], [WithoutInfinity],
// [SmallestVocab], [GreedyBelow]. A panic of the subject breaks the law that is
// tried, unless it is a [Failure].
package props
