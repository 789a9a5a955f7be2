// Package sequence anneals whole sequences as fast as the machine allows. Package
// [temper/reference/sequence] defines what is right. This package computes the same in fewer
// operations, checked against it and timed beside it.
//
// A [Chain] is a Markov chain whose partitions are products of matrices.
// [AnnealByParticles] draws from any model by sequential Monte Carlo, and asks a
// [BatchModel], as a [Network] is one, for all particles at once.
package sequence
