package props

import (
	"math"
	"math/rand/v2"
)

// script plays words once and then goes on as a PCG, so that a rejection loop
// can end.
type script struct {
	words []uint64
	rest  rand.Source
}

func (s *script) Uint64() uint64 {
	if len(s.words) == 0 {
		return s.rest.Uint64()
	}
	word := s.words[0]
	s.words = s.words[1:]
	return word
}

// extremeWords are those at which uniforms become 0, 1 or their neighbours, and
// noise infinite or nothing.
var extremeWords = []uint64{0, 1, math.MaxUint64, math.MaxUint64 - 1, 1 << 11, 1<<63 - 1, 1 << 63, 0xffffffffffffff00, 0xfffffffffffff800, 0xffffff0000000000, 0xffffffff, 0xffffff, 1 << 32}
