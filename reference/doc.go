// Package reference says what is right: the probabilities, log-probabilities
// and tokens of a language model in plain Go and float64, straight from the
// formulas, each file readable beside the idea that it implements.
//
// # From text to numbers
//
// A [Vocabulary] numbers symbols. Two markers frame a sequence: begin, which is
// context only and whose one-hot code ([OneHot]) is the zero row, and end, which
// is an output like any other.
//
// # Language models
//
// A language model gives every sequence a probability p(x_1 … x_L): how good the
// sequence is. By the chain rule
//
//	p(x_1 … x_L) = Π_i p(x_i | x_1 … x_{i-1})
//
// any such distribution can be written with conditionals; an autoregressive
// [Model] is one that computes each of them efficiently. Three are made from
// scratch: [Joint], an explicit table of all sequences; [Markov], counted from
// text; and [FeedForward], a neural network on a window of one-hot codes. The
// fourth, [AnnealedMarkov], anneals another (below). [LogProb] scores a completion
// of a prompt in nats, and [Perplexity] a text.
//
// # Temperature
//
// Annealing raises every element of a distribution to 1/T and renormalises:
//
//	p_T(v) = p(v)^(1/T) / Σ_w p(w)^(1/T)
//
// T = 0 is the most probable token, T = 1 the model itself, T = +Inf uniform over
// what is possible. [Anneal] does it to probabilities, [AnnealLog] to
// log-probabilities, and [Scalar] to matrices of logits, the vocabulary-sized
// [Kernels] that inference spends its time in: log-sum-exp, the scorer's
// log-probabilities, the annealed softmax, and two samplers.
//
// [Generate] draws a completion of a prompt token by token at a temperature.
//
// # Annealing a sequence is not annealing its steps
//
// Applying T to each conditional ([PerStep], the law of Generate) is, unless T =
// 1, not the same as applying it to the distribution of whole sequences
// ([WholeSequence]): each step divides by a local partition that depends on the
// prefix, and the whole divides by one partition Z. At T → 0 the first becomes
// the greedy path, the second the most probable sequence, and they can differ.
// [KullbackLeibler] measures how far apart two enumerated laws are.
//
// Where there are too many sequences to enumerate, a Markov model is still exact:
// [AnnealedMarkov] is the annealed distribution of whole sequences, itself a Model
// whose conditionals look ahead to what can still come. Its [Divergence] says how
// far annealing the steps is from it, [AnnealingRates] how fast that grows with
// the length, and [CriticalTemperature] from where on Z is infinite when only an
// end token limits the length.
//
// A [SequenceAnnealer] draws completions from the distribution of whole sequences
// and estimates log Z. [AnnealByEnumeration] is exact for few sequences, and
// [AnnealByTransfer] for a Markov model. For any other model [AnnealByImportance],
// [AnnealByParticles] and [AnnealByMetropolis] draw from Generate's law and correct
// it: they tend to the right one with the work they are given, and refuse where
// none of their attempts came to an end.
//
// # Errors
//
// Whatever is out of range has a sentinel error here, wrapped with what and
// where. A batch answers its good rows and names the bad ones ([RowErrors]).
//
// A nil model, scorer, vocabulary or source is [ErrNil], and so is a value of this
// package that no constructor made. A source may be nil where nothing is drawn. A
// nil slice is an empty one. [Uniform] alone, which returns no error, panics.
//
// What one call holds at once is bounded: a table, codes, or the tokens of all
// attempts, by 2^26 numbers, which is half a gigabyte; and the draws, proposals,
// particles or moves of a sampler by 2^20. More is [ErrShape] before memory is
// taken for it.
package reference
