// Package sequence defines the right results for sequences of tokens: their
// probabilities under a language model, how completions are drawn, and what annealing
// does to them. It is plain Go in float64 and follows the formulas directly. Package
// [temper/reference] does the same for the distribution of one token.
//
// # From text to numbers
//
// A [Vocabulary] numbers symbols; the number of a symbol is its token. Two markers
// enclose a sequence. Begin is only context, never an output, and its one-hot code
// ([OneHot]) is a row of zeros. End is an output like any other token.
//
// # Language models
//
// A language model is a probability distribution p(x_1 … x_L) over sequences. By the
// chain rule
//
//	p(x_1 … x_L) = Π_i p(x_i | x_1 … x_{i-1})
//
// every such distribution is a product of conditional distributions. An
// autoregressive [Model] computes these. The package has four models: [Joint] is a
// table of the probabilities of all sequences; [Markov] is counted from a text;
// [FeedForward] is a neural network on a window of one-hot codes; [AnnealedMarkov]
// is a Markov model after annealing (see below).
//
// [LogProb] returns the log-probability of a completion of a prompt in nats.
// [Perplexity] measures how well a model predicts a text. [Generate] draws a completion token by token at a temperature.
//
// # Annealing a sequence is not annealing its steps
//
// Annealing raises probabilities to the power 1/T and normalises again. Generate
// does this to each conditional distribution; [PerStep] enumerates the distribution
// q of its completions. [WholeSequence] does it to the distribution of whole
// sequences, which gives the distribution π. Unless T = 1, q and π usually differ. For q
// each step divides by a sum over tokens that depends on the prefix, the local
// partition. For π there is one division, by the partition Z, a sum over all
// sequences.
//
// As an example, let the first token be a or b with probability ½ each, the second a
// with probability 0.9 after a and ½ after b. At T = ½, q(aa) is 0.494 and π(aa) is
// 0.614. As T → 0, q becomes the greedy path and π the most probable sequence, which
// can be different sequences. [KullbackLeibler] is the divergence of two enumerated
// distributions.
//
// For a Markov model, π is exact even when there are too many sequences to
// enumerate: [AnnealedMarkov] is π as a Model, whose conditional distributions take
// all later tokens into account. [Divergence] compares q with π, [AnnealingRates] is
// how fast the difference grows with the length, and [CriticalTemperature] is the
// lowest T at which Z is infinite when only an end token limits the length.
//
// A [SequenceAnnealer] draws completions from π and estimates log Z.
// [AnnealByEnumeration] is exact for few sequences, and [AnnealByTransfer] for a
// Markov model. For any other model [AnnealByImportance], [AnnealByParticles] and
// [AnnealByMetropolis] draw from q and correct the result. The distribution of their
// draws approaches π as the number of proposals, particles or moves grows. They
// return an error when no attempt reached the end within the limit.
//
// # Speculative decoding
//
// A draft model q proposes tokens, and an accept [Rule] decides which of them the target
// p keeps, and what it draws after them. If the rule is exact, the result has the
// distribution p, whatever q is. [RejectionRule], [OneHotRule], [SamplerMatchRule] and
// [BlockRule] are exact, [TreeRule] is exact at threshold 1, and [TypicalRule] is lossy.
// [Rule.Outcomes] and [Rule.Completed] enumerate what comes of them, a [Verifier] is an
// implementation of one, and [Speculate] generates with it.
//
// # Errors
//
// An argument out of range is an error, which wraps one of the errors of this package
// or of package reference and names the argument and the position. A nil model,
// scorer, vocabulary or source is [reference.ErrNil], and so is a value of this
// package that no constructor made. A source may be nil where nothing is drawn. A nil
// slice counts as an empty one.
//
// The memory of one call is limited: a table, one-hot codes, or the tokens of all
// attempts may have 2^26 numbers, which is half a gigabyte. The draws, proposals,
// particles or moves of a sampler may be 2^20. More is [reference.ErrShape], before
// memory is allocated.
package sequence
