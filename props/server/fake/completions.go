package fake

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// paired begins the numbers of a completion where those of another one of its request began.
func (s *server) paired(j job, random *rand.Rand, at int) *rand.Rand {
	first := at
	switch s.Bug {
	case CopiesPairs:
		first = at &^ 1
	case CopiesCross:
		first = at % 2
	case CopiesLast:
		first = at % 3
	default:
		return random
	}
	if j.count < 2 {
		return random
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if at == 0 {
		s.copies = s.source.Uint64()
	}
	seed := s.copies
	if j.seed != nil {
		seed = *j.seed
	}
	return rand.New(rand.NewPCG(seed, uint64(first)))
}

// context is what the logits of a token are computed from.
func (s *server) context(prefix []int, at int) []int {
	if s.Bug == ListFar && at >= 16 {
		return slices.Concat(prefix[:len(prefix)-8], prefix[len(prefix)-4:])
	}
	return prefix
}

// exchanged gives completions the tokens of others.
func (s *server) exchanged(all []completion) []completion {
	switch s.Bug {
	case LogsNext:
		first := all[0].steps
		for i := range all[1:] {
			all[i].steps = all[i+1].steps
		}
		all[len(all)-1].steps = first
	case LogsFirst:
		for i := range all {
			all[i].steps = all[0].steps
		}
	case LogsCompany:
		s.mu.Lock()
		defer s.mu.Unlock()
		own := all[0].steps
		if s.inFlight.Load() > 1 && s.steps != nil {
			all[0].steps = s.steps
		}
		s.steps = own
	}
	return all
}

// limit is how many tokens are made.
func (s *server) limit(asked int) int {
	switch {
	case s.Bug == OneTokenMore, s.Bug == OneTokenHidden:
		return asked + 1
	case s.Bug == OneTokenFewer:
		return asked - 1
	case s.Bug == OneTokenShort && asked > 1:
		return asked - 1
	case s.Habit == Capped:
		return min(asked, 40)
	}
	return asked
}

// shorten leaves a token out of what is told of an answer.
func (s *server) shorten(done *completion, j job) {
	switch {
	case s.Bug == OneTokenHidden && len(done.steps) > j.limit:
		done.steps = done.steps[:j.limit]
	case s.Bug == Miscounted:
		done.made--
	case s.Bug == TextShort && len(done.steps) > 0:
		done.text = strings.TrimSuffix(done.text, letter(done.steps[len(done.steps)-1].token))
	case s.Bug == ReasonEnd && !done.word:
		done.reason = "length"
	case s.Habit == Thinking && len(done.steps) > 0:
		done.steps, done.text = done.steps[1:], done.text[len(letter(done.steps[0].token)):]
	case s.Habit == EndCounted && done.reason == "stop" && !done.word:
		done.made++
	}
}
