package reference_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// near says whether got is want, with the tolerance relative to |want| or to 1,
// whichever is larger.
func near(got, want, tolerance float64) bool {
	return got == want || math.Abs(got-want) <= tolerance*math.Max(1, math.Abs(want))
}

// assertError holds an error against a sentinel of the package.
func assertError(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error %v, want %v", what, err, want)
	}
}

// script is a source that gives these uniform numbers, one a word, and no more.
type script struct{ u []float64 }

func (s *script) Uint64() uint64 {
	u := s.u[0]
	s.u = s.u[1:]
	return uint64(u*0x1p53) << 11
}

func seeded(seed uint64) rand.Source { return rand.NewPCG(seed, 0) }

// middle is the middle of the interval of uniform numbers that give a token.
func middle(p []float64, token int) float64 {
	u := p[token] / 2
	for _, x := range p[:token] {
		u += x
	}
	return u
}
