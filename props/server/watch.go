package server

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// watch looks at every answer of a run, whatever it was asked for.
type watch struct {
	answers, lists, ends   int
	numbers, json, doubles string // the first counter-example of each
	limit                  string
	unread                 int // answers that could not be read

	lengths map[int]*lengths // by limit

	named, differing int    // chosen tokens without an ID that are in their list, and those with another number there
	differs          string // the first of them
}

const (
	sumSlack   = 0.05 // of the mass of a list: rounded log-probabilities add up to more than 1
	aboveZero  = 1e-3 // of a log-probability: rounding
	agreeSlack = 0.02 // between the chosen token's own log-probability and its entry
)

// spoilt notes an answer that could not be read.
func (w *watch) spoilt(detail string) {
	w.answers++
	w.json = cmp.Or(w.json, detail)
}

func (w *watch) look(s sample) {
	w.answers++
	if len(s.Tokens) > 0 && !s.query.Echo {
		w.ends++
		if len(s.Tokens) > s.query.Limit && w.limit == "" {
			w.limit = fmt.Sprintf("%d tokens, asked for at most %d\n%s", len(s.Tokens), s.query.Limit, s.curl)
		}
	}
	for i, t := range s.Tokens {
		if len(t.List) > 0 {
			w.lists++
		}
		if wrong := numbers(t); wrong != "" && w.numbers == "" {
			w.numbers = fmt.Sprintf("token %d, %v: %s\n%s", i, t.Entry, wrong, s.curl)
		}
		if t.ID < 0 && slices.ContainsFunc(t.List, t.is) && !t.unclear() {
			w.named++
			if differs(t) {
				w.differing++
				w.differs = fmt.Sprintf("token %d, %v: the chosen token has %.6g, and its entry in the list another log-probability\n%s", i, t.Entry, t.LogProb, s.curl)
			}
		}
		if wrong := doubles(t, false); wrong != "" && w.doubles == "" {
			w.doubles = fmt.Sprintf("token %d: %s\n%s", i, wrong, s.curl)
		}
	}
}

// often is what is wrong with numbers of tokens that have no ID, if it is not seldom: a few
// such tokens may be two of one text.
func (w *watch) often() string {
	if w.differing >= 5 && 10*w.differing > w.named {
		return w.differs
	}
	return ""
}

// numbers says what is wrong with the numbers of a token and its list.
func numbers(t Token) string {
	mass, last, found, sure := 0.0, math.Inf(1), false, true
	lowest := math.Inf(1)
	if impossible(t.LogProb) {
		return fmt.Sprintf("the log-probability of %v is %v", t.Entry, t.LogProb)
	}
	for _, e := range t.List {
		if impossible(e.LogProb) {
			return fmt.Sprintf("the log-probability of %v is %v", e, e.LogProb)
		}
		if !e.is(t.Entry) { // which some put first, and others last
			if e.LogProb > last+aboveZero {
				return fmt.Sprintf("the list is not sorted: %v with %v comes after %v", e, e.LogProb, last)
			}
			last = math.Min(last, e.LogProb)
		}
		lowest = math.Min(lowest, e.LogProb)
		mass += math.Exp(e.LogProb)
		if e.is(t.Entry) {
			sure = !found
			found = true
		}
	}
	switch {
	case len(t.List) == 0:
		return ""
	case mass > 1+sumSlack:
		return fmt.Sprintf("the probabilities of the list add up to %.4g", mass)
	case found && sure && t.ID >= 0 && t.LogProb > lowest+agreeSlack && differs(t):
		return fmt.Sprintf("the chosen token has %.6g, and its entry in the list another log-probability", t.LogProb)
	case !found && t.LogProb > lowest+agreeSlack:
		return fmt.Sprintf("the chosen token has %.6g and is not in the list, whose last has %.6g", t.LogProb, lowest)
	}
	return doubles(t, true)
}

// impossible reports whether a number cannot be a log-probability.
func impossible(l float64) bool { return l > aboveZero || math.IsNaN(l) }

// differs reports whether no entry of the token's name has its log-probability.
func differs(t Token) bool {
	for _, e := range t.List {
		if e.is(t.Entry) && (e.LogProb == t.LogProb || math.Abs(e.LogProb-t.LogProb) <= agreeSlack) {
			return false
		}
	}
	return true
}

// doubles says which token is twice in a list. Only an ID is sure: different tokens can
// have one text.
func doubles(t Token, ids bool) string {
	for i, e := range t.List {
		if (e.ID >= 0) == ids && !e.unclear() && slices.ContainsFunc(t.List[:i], e.is) {
			return fmt.Sprintf("the list has %v twice", e)
		}
	}
	return ""
}
