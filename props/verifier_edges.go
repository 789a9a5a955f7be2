package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/reference/sequence"
)

// edgeUniforms are the numbers at which comparisons go wrong. All are float32 too.
var edgeUniforms = []float64{0, 0x1p-24, 0.5, 1 - 0x1p-10, 1 - 0x1p-24}

// certainBelow bounds the numbers at which a rule in logarithms of float32 must accept
// where p = q: log u has to be visible beside log q.
const certainBelow = 1 - 0x1p-15

func verifierOutputLaw() Law {
	return verifierLaw[offer]{
		id: "Verifier/Output",
		claim: "the first drafted tokens come back and one token more, at least one and at most n + 1, and each has p > 0, whatever the numbers are, 0 and just below 1 too; " +
			"so that at T = 0 it is the greedy path of p",
		source:    "sglang#35771: ≤ accepts a token of probability 0 at u = 0; vllm#45060: a token beyond the vocabulary; imp#667: a token twice where the accepted ones end",
		of:        aVerifier,
		inputs:    offers(),
		witnesses: slices.Concat(everyKind(), manyTokens()),
		judge:     returnsWhatMayCome,
	}.erased()
}

// returnsWhatMayCome asks with every edge for all numbers, with edges at random, and at
// random.
func returnsWhatMayCome(v sequence.Verifier, o offer) error {
	_, err := outputs(v, o, 1)
	return err
}

// output is what came of a draft.
type output struct {
	number int // of the draft in its batch
	draft  sequence.Draft
	tokens []int
	words  string // how it was asked
}

// outputs asks with numbers at most so large: with every edge, with edges at random, and
// at random; and in Draw with extreme words and with others.
func outputs(v sequence.Verifier, o offer, most float64) (all []output, err error) {
	drafts := o.asked(v)
	keep := func(operation string, outputs [][]int) {
		for s, tokens := range outputs {
			all = append(all, output{s, drafts[s], tokens, operation})
		}
	}
	if v.Verify != nil {
		r := rand.New(rand.NewPCG(o.seed, 35))
		for i := range len(edgeUniforms) + 4 {
			u := uniformsFor(drafts, r)
			for s := range u {
				for j := range u[s] {
					if i < len(edgeUniforms) {
						u[s][j] = edgeUniforms[i]
					} else if i < len(edgeUniforms)+2 {
						u[s][j] = edgeUniforms[r.IntN(len(edgeUniforms))]
					}
					u[s][j] = math.Min(u[s][j], most)
				}
			}
			dst, err := verifiedBy(v, drafts, u)
			if err != nil {
				return nil, fmt.Errorf("u = %v: %w", u, err)
			}
			keep(fmt.Sprintf("Verify with u = %v", u), dst)
		}
	}
	if v.Draw != nil {
		sources := []rand.Source{o.source(), rand.NewPCG(o.seed, 36)}
		if most == 1 {
			for _, word := range extremeWords {
				sources = append(sources, &script{slices.Repeat([]uint64{word}, 64), o.source()})
			}
		}
		for _, src := range sources {
			dst, err := drawnBy(v, drafts, src)
			if err != nil {
				return nil, err
			}
			keep("Draw", dst)
		}
	}
	return all, nil
}

func verifierPossibleLaw() Law {
	return verifierLaw[offer]{
		id: "Verifier/Possible",
		claim: "what comes of a draft is an outcome that the declared rule can have: p = q is always accepted, p = 0 never, a token in place of a rejected one has p > q, " +
			"at T = 0 tokens of the greedy path of p are accepted and no others",
		source:    "EAGLE#20: only the rejected token taken out of p; vllm#41834: the rejected token comes again; ATOM#2318: argmax at T > 0",
		of:        knownVerifier,
		inputs:    offers(),
		witnesses: slices.Concat(everyKind(), everyPosition(), manyDrafts(), improbable(), wideTrees()),
		judge:     returnsPossibleOutcomes,
	}.erased()
}

func returnsPossibleOutcomes(v sequence.Verifier, o offer) error {
	all, err := outputs(v, o, certainBelow)
	if err != nil {
		return err
	}
	possible := map[string]bool{}
	for s, d := range o.asked(v) {
		law, err := v.Rule.Outcomes(d)
		if err != nil {
			return err
		}
		for _, c := range law {
			possible[fmt.Sprint(s, c.Tokens)] = true
		}
	}
	for _, out := range all {
		if possible[fmt.Sprint(out.number, out.tokens)] {
			continue
		}
		can, err := canNearlyComeOf(v.Rule, out.draft, out.tokens)
		if err != nil {
			return err
		}
		if can {
			continue
		}
		return fmt.Errorf("%s: %s comes of %s, which %s excludes", out.words, listed(out.tokens), draftWords(out.draft), v.Rule.Name)
	}
	return nil
}

// canNearlyComeOf says whether an output would have a positive probability under the rule
// if the last token were a little more probable: rounding may find p above q where they
// are equal.
func canNearlyComeOf(rule sequence.Rule, d sequence.Draft, tokens []int) (bool, error) {
	law, err := rule.Outcomes(raised(d, tokens, 1+1e-4))
	return slices.ContainsFunc(law, func(c sequence.Completion) bool { return slices.Equal(c.Tokens, tokens) }), err
}

// raised is the draft with a higher probability of the last of these tokens, at its
// position.
func raised(d sequence.Draft, tokens []int, scale float64) sequence.Draft {
	at := -1
	for _, token := range tokens[:len(tokens)-1] {
		for _, child := range d.Children(at) {
			if d.Tokens[child] == token {
				at = child
				break
			}
		}
	}
	d.P = slices.Clone(d.P)
	d.P[at+1] = slices.Clone(d.P[at+1])
	d.P[at+1][tokens[len(tokens)-1]] *= scale
	return d
}
