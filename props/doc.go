// Package props tests implementations by laws. A law is a property that every
// implementation must have, for example Σ p = 1. It is tested on inputs that are
// chosen to be difficult. The package imports none of the implementations that it
// tests.
//
// [TestKernels], [TestSampler], [TestModel], [TestScorer], [TestGenerator],
// [TestSequenceAnnealer] and [TestVerifier] test a subject by the laws of its kind, with
// one sub-test for each law. [CheckKernels] and the other Check functions do the same
// without a testing.T and return a [verdict.Report]. [Laws] lists all laws. Where a law
// speaks of words of a source, a word is 64 random bits, what one call of the Uint64 of a
// [math/rand/v2.Source] returns.
//
// A Must law states what every correct implementation does, whatever its style. A
// Should law states the rest of the contract, which package reference documents: a
// broken one is reported, and fails the subject only under [Strict].
//
// A law is tested on its witnesses, which are the same in every run, then on random
// inputs, and then on inputs in which every pair of classes of two conditions meets, such
// as a large vocabulary and a low temperature. The report of a broken law has its claim and
// the input that breaks it. Laws about draws use e-processes: the probability that a full
// run accuses a correct sampler is at most 1e-6. Those of completions and of batches bet on
// named defects under each pair of conditions, and their verdict names both. The accuracy
// that the laws require is the table [temper/props/accuracy.Bounds].
//
// An operation that is nil is not provided, and its laws are not tested. An
// implementation declares what else it does not provide by the options [WithoutZero],
// [WithoutInfinity], [SmallestVocab] and [GreedyBelow]. A panic of the subject breaks
// the law that is being tested, unless its value is a [Failure].
package props
