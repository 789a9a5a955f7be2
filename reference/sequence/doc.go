// Package sequence defines what is right for sequences of tokens: the probabilities
// that a language model gives them, how completions are drawn, and what annealing
// does to them, in plain Go and float64, straight from the formulas. The
// distribution of one token is the subject of package [temper/reference].
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
// [Generate] draws a completion of a prompt token by token at a temperature.
//
// # Annealing a sequence is not annealing its steps
//
// Applying T to each conditional ([PerStep], the distribution of Generate) is,
// unless T = 1, not the same as applying it to the distribution of whole sequences
// ([WholeSequence]): each step divides by a local partition that depends on the
// prefix, and the whole divides by one partition Z. At T → 0 the first becomes
// the greedy path, the second the most probable sequence, and they can differ.
// [KullbackLeibler] measures how far apart two enumerated distributions are.
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
// [AnnealByParticles] and [AnnealByMetropolis] draw from Generate's distribution
// and correct it: they tend to the right one with the work they are given, and
// return an error where none of their attempts came to an end.
//
// # Errors
//
// What is out of range for one token has the sentinel errors of package reference,
// the rest those of this one, all wrapped with what and where. A nil model, scorer,
// vocabulary or source is [reference.ErrNil], and so is a value of this package
// that no constructor made. A source may be nil where nothing is drawn. A nil slice
// is an empty one.
//
// What one call holds at once is bounded: a table, codes, or the tokens of all
// attempts, by 2^26 numbers, which is half a gigabyte; and the draws, proposals,
// particles or moves of a sampler by 2^20. More is [reference.ErrShape] before
// memory is taken for it.
package sequence
