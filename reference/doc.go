// Package reference defines what is right for the distribution of one token: how
// logits become probabilities, log-probabilities and tokens, in plain Go and
// float64, straight from the formulas, each file readable beside the idea that it
// implements. Sequences of tokens are the subject of package
// [temper/reference/sequence].
//
// # From logits to a distribution
//
// A language model returns one number for every token of its vocabulary, the
// logit, and the distribution of the next token is their softmax:
//
//	p(v) = exp(logit_v) / Σ_w exp(logit_w)
//
// A constant added to all logits changes nothing, so that log-probabilities are
// logits too. A token of logit −Inf is masked: its probability is exactly 0.
//
// # Temperature
//
// Annealing raises every element of a distribution to 1/T and renormalises:
//
//	p_T(v) = p(v)^(1/T) / Σ_w p(w)^(1/T)
//
// T = 0 is the most probable token, T = 1 the distribution itself, T = +Inf uniform
// over what is possible. [Anneal] does it to probabilities, [AnnealLog] to
// log-probabilities, whose normaliser is [LogPartition], and [DrawLog] draws from
// the result.
//
// # Cuts
//
// A production sampler also cuts: it keeps the k most probable tokens ([TopK]), the most
// probable ones up to a mass of P ([TopP]), or those with p ≥ m · max p ([MinP]), and
// renormalises. The order of the temperature and the cuts changes the distribution. The
// logits 3, 2, 1 have p = .665, .245, .090 at T = 1 and .867, .117, .016 at T = ½, so
// that P = 0.8 keeps token 0 alone if T = ½ comes first, and tokens 0 and 1 if it comes
// last. A [Convention] says in which order a sampler applies the settings of a row, a
// [Sampling], and what it does with ties; [Conventions] are those of engines in wide use.
// A [Sampler] is an implementation, and [ScalarSampler] the reference for a convention.
//
// # Kernels
//
// [Kernels] are the vocabulary-sized operations that inference spends its time in,
// on matrices of float32 logits: the log-sum-exp, the scorer's log-probabilities,
// the annealed softmax, and two samplers. [Scalar] is their reference.
//
// # Errors
//
// Whatever is out of range has a sentinel error here, wrapped with what and where.
// A batch returns the results of its good rows and names the bad ones
// ([RowErrors]).
//
// A nil source is [ErrNil], except where nothing is drawn. A nil slice is an empty
// one. [Uniform] alone, which returns no error, panics.
package reference
