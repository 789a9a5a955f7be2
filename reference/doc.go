// Package reference defines the right results for the distribution of one token:
// how logits become probabilities, log-probabilities and tokens. It is plain Go in
// float64 and follows the formulas directly; it is written to be read, not to be
// fast. Package [temper/reference/sequence] does the same for sequences of tokens.
//
// # From logits to a distribution
//
// A language model returns one number for every token of its vocabulary, the
// logit. The distribution of the next token is the softmax of the logits:
//
//	p(v) = exp(logit_v) / Σ_w exp(logit_w)
//
// Adding a constant to all logits does not change p. With the constant −log Σ_w
// exp(logit_w) the logits become log-probabilities, so every function that accepts
// logits accepts log-probabilities too. A token whose logit is −Inf is masked: its
// probability is exactly 0. As an example, the logits 0, log 3 and −Inf have the
// probabilities 1/4, 3/4 and 0.
//
// # Temperature
//
// Annealing raises every probability to the power 1/T and normalises again:
//
//	p_T(v) = p(v)^(1/T) / Σ_w p(w)^(1/T)
//
// In logits this is a division: p_T is the softmax of logit / T. T = 1 changes
// nothing. T < 1 makes the distribution more concentrated; at T = 0 the most
// probable token has probability 1. T > 1 makes it flatter; at T = +Inf it is
// uniform over the tokens that are not masked. As an example, 0.4 and 0.6 become
// 4/13 and 9/13 at T = 0.5.
//
// [Anneal] applies this to probabilities and [AnnealLog] to log-probabilities.
// [LogPartition] is the logarithm of the denominator, and [DrawLog] draws from p_T.
//
// # Cuts
//
// The samplers of inference engines also cut: they keep the k most probable tokens
// ([TopK]), the most probable ones until their mass reaches P ([TopP]), or those with
// p ≥ m · max p ([MinP]), and normalise again. The order of the temperature and the
// cuts changes the distribution. As an example, the logits 3, 2, 1 have p = .665, .245,
// .090 at T = 1 and .867, .117, .016 at T = 0.5. With P = 0.8, token 0 alone is kept if
// T = 0.5 is applied first, and tokens 0 and 1 if it is applied last.
//
// [Sampling] has the settings of one row, and [Convention] the order in which they are
// applied and what happens to equal tokens. [Conventions] lists those of engines in wide
// use. A [Sampler] is an implementation, and [ScalarSampler] the reference for a
// convention.
//
// # Kernels
//
// [Kernels] are the operations on whole rows of logits that take much of the time
// of inference: the log-sum-exp, the log-probabilities of given tokens, the annealed
// softmax, and two samplers. They work on matrices of float32 logits. [Scalar] is
// the implementation that others are compared with.
//
// # Errors
//
// An argument out of range is an error, which wraps one of the errors below and
// names the argument and the position. An operation on a matrix writes the results
// of its good rows and names the bad ones ([RowErrors]).
//
// A nil source is [ErrNil], except where nothing is drawn. A nil slice counts as an
// empty one. [Uniform] returns no error and panics for a nil source.
package reference
