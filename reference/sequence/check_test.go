package sequence_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"temper/reference/sequence"
)

var nan, inf = math.NaN(), math.Inf(1)

// must is the value of a constructor that has no reason to fail.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

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

// conditional is p(· | prefix) as probabilities.
func conditional(m sequence.Model, prefix ...int) []float64 {
	p := make([]float64, m.VocabSize())
	if err := m.LogConditional(p, prefix); err != nil {
		panic(err)
	}
	for v := range p {
		p[v] = math.Exp(p[v])
	}
	return p
}

// rows is a model that looks its probabilities up by the whole prefix, written
// as fmt prints it; a prefix that it lacks takes the row "".
type rows map[string][]float64

func (m rows) VocabSize() int { return len(m[""]) }

func (m rows) LogConditional(dst []float64, prefix []int) error {
	row := m[""]
	if len(m) > 1 {
		if own, ok := m[fmt.Sprint(prefix)]; ok {
			row = own
		}
	}
	for v, p := range row {
		dst[v] = math.Log(p)
	}
	return nil
}

// distributionOf is the probabilities of completions by their tokens, as fmt
// prints them.
func distributionOf(d sequence.Distribution) map[string]float64 {
	law := map[string]float64{}
	for _, c := range d {
		law[fmt.Sprint(c.Tokens)] = math.Exp(c.LogProb)
	}
	return law
}

// script is a source that gives these uniform numbers, one a word, and no more.
type script struct{ u []float64 }

func (s *script) Uint64() uint64 {
	u := s.u[0]
	s.u = s.u[1:]
	return uint64(u*0x1p53) << 11
}

func seeded(seed uint64) rand.Source { return rand.NewPCG(seed, 0) }

func second[T any](_ T, err error) error { return err }
