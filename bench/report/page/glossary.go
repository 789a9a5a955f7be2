package main

import (
	"fmt"
	"html/template"
	"regexp"
	"strings"
)

// term is a word that the page explains at its end.
type term struct {
	ID, Name string
	Meaning  string
	pattern  *regexp.Regexp
}

// glossary links the first use of each term to what it means.
type glossary struct {
	terms []term
	used  map[string]bool
}

// entries are the terms by name, and in words; a pattern is of other forms of the name.
var entries = [][3]string{
	{"token", `tokens?`, "A piece of a text that a model writes at once: a word, a part of one, or a letter. A token has a number, and that number is what an implementation takes and returns."},
	{"vocabulary", `vocabular(?:y|ies)`, "All tokens that a model knows."},
	{"logits", `logits?`, "A model's raw numbers, one for each token; a larger one is more probable. A row is the logits of one step. The probability of a token is exp(logit / T), divided by the sum of that over the row. A token whose logit is −Inf is masked: it has probability 0."},
	{"temperature", `temperature`, "T, which the logits are divided by. Below 1 the probable tokens become more probable, above 1 less so. To apply one is called annealing. T = 0 takes the most probable token."},
	{"LogSumExp", ``, "An operation: the logarithm of the sum of exp(logit / T) over a row."},
	{"LogProbs", ``, "An operation: the logarithm of the probability of one token in each row."},
	{"Anneal", ``, "An operation: the probabilities of all tokens of a row at T."},
	{"Sample", ``, "An operation: the token that a given number u belongs to. u is between 0 and 1, and each token owns a part of that range as long as its probability."},
	{"Draw", ``, "An operation: a token by chance. Its chance comes from a source of random words, numbers of 64 bits. Kernels, samplers and verifiers each have one."},
	{"kernels", `[Kk]ernels`, "What computes LogSumExp, LogProbs, Anneal, Sample or Draw of rows of logits."},
	{"sampler with cuts", `[Ss]amplers? with cuts`, "What draws tokens after it has cut the improbable ones off: top-k keeps the k most probable, top-p the most probable up to a mass of p, min-p those that are at least p times as probable as the first."},
	{"convention", `conventions?`, "The order of a sampler's cuts, and what it keeps of equal tokens at a border. Libraries differ, and none is wrong. A declared convention is the one that an implementation says it follows."},
	{"verifier", `[Vv]erifiers?`, "The rule of speculative decoding: a small model proposes tokens, the rule accepts or replaces them, and the result has to be distributed as the large model's. Verify decides by numbers u that it is given, Draw by a source of random words."},
	{"annealer", `[Aa]nnealers?`, "What draws a whole text with the probability p^(1/T), p being that of the whole text at T = 1."},
	{"reference, portable, avx2, avx512, neon", `avx512|avx2|portable`, "Implementations of this repository. The reference is plain Go, straight from the formulas. Portable is fast Go for every processor. The others use the instructions after which they are named."},
	{"chain, Future, LogPartition, Particles", `Future|LogPartition|Particles`, "Operations on whole texts. LogPartition is the logarithm of the sum of p^(1/T) over all texts of a length, and Future the table of it for every beginning. Particles draws a text with many candidates at once, once with each kind of kernels. A chain computes them for models that remember one token."},
	{"HalfWidth", ``, "A benchmark of LogProbs on logits of 16 bits, and on the same logits in 32."},
	{"law", `[Ll]aws?`, "A property that the suite tries on an implementation with many inputs, for example that a constant added to all logits changes no probability. A Must law states what every correct implementation does. A Should law states the rest of this repository's contract: a correct implementation may break it."},
	{"bound", `table of bounds|units? of the (?:row|table)`, "How exact a number has to be. Its unit is the distance between neighbouring floating-point numbers of 32 bits, at the largest number of the row. The table is accuracy.Bounds in the folder props."},
	{"free band", `free band`, "The tokens so near the border of a cut that rounding decides about them. Both answers are right."},
	{"fixtures", `fixtures`, "Recorded cases with exact results, in the folder fixtures."},
	{"roofline", `roofline`, "The time in which the memory, or the cache that holds the logits, moves the bytes that an operation needs. An implementation that needs all of them is not faster, but for noise."},
	{"Zipf's law", `zipf|Zipf's law`, "Rows in which the n-th most probable token has a probability in proportion to 1/n, as words of a language have."},
	{"nats", `nats?`, "The unit of natural logarithms of probabilities: 1 nat is a factor of 2.72."},
	{"KL", `KL`, "The Kullback–Leibler divergence KL(q‖π): the mean, over texts drawn from q, of log q − log π. It is 0 if both are the same."},
	{"ESS/N", `ESS/N`, "The effective sample size of N draws, divided by N: how many draws of the right distribution one weighted draw is worth."},
	{"e-value", `e-values?`, "What a gambler owns who began with 1 and bets on the draws at the odds of the right distribution. If the draws are right, that is at most 1 on average, however he bets. A sequence of them is called an e-process, and its values a path. A bet on a defect with a name, as “T is ignored”, is called a named bet."},
	{"α", `α`, "The probability with which a correct implementation may be accused. Who owns 1/α accuses."},
	{"gate", `[Gg]ate`, "The program that compares the times of two versions of the code: base, the old one, and head, the new one."},
}

func newGlossary() *glossary {
	g := &glossary{used: map[string]bool{}}
	for i, e := range entries {
		pattern := e[1]
		if pattern == "" {
			pattern = regexp.QuoteMeta(e[0])
		}
		g.terms = append(g.terms, term{ID: fmt.Sprintf("word-%d", i+1), Name: e[0], Meaning: e[2], pattern: regexp.MustCompile(`(?:` + pattern + `)`)})
	}
	return g
}

// link is a text of the page with links from the terms that come in it for the first time.
func (g *glossary) link(text string) template.HTML {
	var out strings.Builder
	for text != "" {
		at, found := []int{len(text), len(text)}, term{}
		for _, t := range g.terms {
			if g.used[t.ID] {
				continue
			}
			for _, place := range t.pattern.FindAllStringIndex(text, -1) {
				if wholeWord(text, place) {
					if place[0] < at[0] || place[0] == at[0] && place[1] > at[1] {
						at, found = place, t
					}
					break
				}
			}
		}
		out.WriteString(template.HTMLEscapeString(text[:at[0]]))
		if found.ID != "" {
			g.used[found.ID] = true
			fmt.Fprintf(&out, `<a class="word" href="#%s">%s</a>`, found.ID, template.HTMLEscapeString(text[at[0]:at[1]]))
		}
		text = text[at[1]:]
	}
	return template.HTML(out.String())
}

var letter = regexp.MustCompile(`[\pL\pN_]`)

// wholeWord reports whether no letter stands beside a place of a text.
func wholeWord(text string, place []int) bool {
	before, after := []rune(text[:place[0]]), []rune(text[place[1]:])
	return (len(before) == 0 || !letter.MatchString(string(before[len(before)-1]))) && (len(after) == 0 || !letter.MatchString(string(after[0])))
}
