// Package server holds servers of language models to laws, from outside, over HTTP: that
// temperature, cuts, seeds, log-probabilities and stop strings do what they say. The model
// is the server's own, so no distribution is known in advance. The laws use that every
// answer brings the list of the most probable tokens beside the one that was drawn: given
// that list, the distribution of the draw is known among the tokens of the list.
//
// A Must law states what every correct server does. The page README.md says for each
// law what it assumes, and what it can and cannot prove. What a server does not offer is
// reported as not provided.
package server
