package fake

import "cmp"

// drafts reports whether tokens are proposed by a draft.
func (s *server) drafts() bool {
	switch s.Bug {
	case DraftKept, DraftRest, DraftBare, DraftGreedy, DraftAlways:
		return true
	}
	return s.Habit == Speculative
}

// eager is by how much a draft's token is kept too often.
func (s *server) eager() float64 {
	switch s.Bug {
	case DraftKept:
		return s.factor(2)
	case DraftAlways:
		return 1e300
	}
	return 1
}

// factor is the one of a bug.
func (s *server) factor(planted float64) float64 { return cmp.Or(s.Factor, planted) }
