package props

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"temper/props/verdict"
	"temper/reference"
	"temper/reference/sequence"
)

// TestVerifier tests an accept rule of speculative decoding by the laws of
// [sequence.Verifier], with one sub-test for each law. A verifier that declares a rule with
// a known distribution is held to it: what comes of a draft, and how often. One that
// declares none is held to the distribution of the completed tokens alone, and a lossy
// rule without a known distribution to what it may return at all.
func TestVerifier(t *testing.T, v sequence.Verifier, opts ...Option) {
	t.Helper()
	if !v.Available {
		t.Fatalf("%s is not available on this machine (it needs %s): nothing was checked", v.Name, v.Requires)
	}
	test(t, v, verifierLaws(), opts)
}

// CheckVerifier is [TestVerifier] for programs: it returns a report.
func CheckVerifier(v sequence.Verifier, opts ...Option) verdict.Report {
	if !v.Available {
		v = sequence.Verifier{Name: v.Name}
	}
	return check(v, v.Name, verifierLaws(), opts)
}

// verifierLaws are the laws of both operations, the quick ones first.
func verifierLaws() []Law {
	return []Law{
		verifierOutputLaw(),
		verifierPossibleLaw(),
		verifierEnumerationLaw(),
		verifierThresholdsLaw(),
		verifierWideLaw(),
		verifierBitsLaw(),
		verifierWordsLaw(),
		verifierCollisionsLaw(),
		verifierManyLaw(),
		verifierJointLaw(),
		verifierSureLaw(),
		verifierRowsLaw(),
		verifierRuleLaw(),
		verifierSurveyLaw(),
		verifierBatchLaw(),
		verifierInputsLaw(),
		verifierFunctionLaw(),
		verifierConcurrentLaw(),
		verifierTokensLaw(),
		verifierRefusesLaw(),
		verifierNothingLaw(),
		verifierUsedLaw(),
	}
}

type verifierLaw[I any] = law[sequence.Verifier, I]

// What laws about verifiers are about.
var (
	aVerifier      = part[sequence.Verifier]{"Verifier", func(v sequence.Verifier) bool { return v.Verify != nil || v.Draw != nil }}
	verifierVerify = part[sequence.Verifier]{"Verifier.Verify", func(v sequence.Verifier) bool { return v.Verify != nil }}

	exactVerifier = part[sequence.Verifier]{"Verifier.Rule, exact", func(v sequence.Verifier) bool { return aVerifier.provided(v) && !v.Rule.Lossy }}
	knownVerifier = part[sequence.Verifier]{"Verifier.Rule, known", func(v sequence.Verifier) bool { return aVerifier.provided(v) && v.Rule.Known() }}
	knownVerify   = part[sequence.Verifier]{"Verifier.Verify, of a known exact rule", func(v sequence.Verifier) bool {
		return v.Verify != nil && v.Rule.Known() && !v.Rule.Lossy
	}}
)

// way is one of the operations of a verifier, with its randomness taken from a source.
type way struct {
	name string
	ask  func(drafts []sequence.Draft, src rand.Source) ([][]int, error)
}

// ways are the operations that a verifier provides.
func ways(v sequence.Verifier) (all []way) {
	if v.Verify != nil {
		all = append(all, way{"Verify", func(drafts []sequence.Draft, src rand.Source) ([][]int, error) {
			return verifiedBy(v, drafts, uniformsFor(drafts, src))
		}})
	}
	if v.Draw != nil {
		all = append(all, way{"Draw", func(drafts []sequence.Draft, src rand.Source) ([][]int, error) {
			return drawnBy(v, drafts, src)
		}})
	}
	return all
}

// uniformsFor are the numbers for a batch. They have 24 bits, so that float32 holds them.
func uniformsFor(drafts []sequence.Draft, src rand.Source) [][]float64 {
	u := make([][]float64, len(drafts))
	for s, d := range drafts {
		u[s] = make([]float64, len(d.Tokens)+1)
		for i := range u[s] {
			u[s][i] = float64(src.Uint64()>>40) * 0x1p-24
		}
	}
	return u
}

// verifiedBy calls Verify and holds the form of what it returns against the drafts.
func verifiedBy(v sequence.Verifier, drafts []sequence.Draft, u [][]float64) ([][]int, error) {
	dst := make([][]int, len(drafts))
	if err := v.Verify(dst, drafts, u); err != nil {
		return nil, fmt.Errorf("Verify refused good drafts: %w", err)
	}
	return dst, wellFormed("Verify", drafts, dst)
}

// drawnBy is verifiedBy for Draw.
func drawnBy(v sequence.Verifier, drafts []sequence.Draft, src rand.Source) ([][]int, error) {
	dst := make([][]int, len(drafts))
	if err := v.Draw(dst, drafts, src); err != nil {
		return nil, fmt.Errorf("Draw refused good drafts: %w", err)
	}
	return dst, wellFormed("Draw", drafts, dst)
}

func wellFormed(operation string, drafts []sequence.Draft, outputs [][]int) error {
	for s, d := range drafts {
		if err := comesOf(d, outputs[s]); err != nil {
			return fmt.Errorf("draft %d: %s returns %s for drafted tokens %s: %w", s, operation, listed(outputs[s]), listed(d.Tokens), err)
		}
	}
	return nil
}

// comesOf returns nil if the tokens are drafted ones that follow one another and behind
// them one token more, each with a probability above 0 under the target.
func comesOf(d sequence.Draft, output []int) error {
	if len(output) == 0 {
		return fmt.Errorf("no token")
	}
	at := -1
	for i, token := range output {
		row := d.P[at+1]
		if err := reference.CheckToken(token, len(row)); err != nil {
			return err
		}
		if row[token] == 0 {
			return fmt.Errorf("token %d, %d, has probability 0 under the target", i, token)
		}
		if i == len(output)-1 {
			break
		}
		children := d.Children(at)
		child := slices.IndexFunc(children, func(c int) bool { return d.Tokens[c] == token })
		if child < 0 {
			return fmt.Errorf("token %d, %d, is not drafted there, and is not the last", i, token)
		}
		at = children[child]
	}
	return nil
}
