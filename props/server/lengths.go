package server

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// lengths counts the answers to requests with one limit that say that it cut them.
type lengths struct {
	answers    int
	short      int // have fewer tokens
	surely     int // and say so themselves
	miscounted int // say another count than that of their tokens
	longer     int // have text behind their tokens, or lack some of it

	shortest, other, behind string // the first of each
}

const (
	leastAnswers = 6  // that say that one limit cut them, before anything is said of it
	leastShort   = 4  // that have fewer tokens and say so, where others have as many as they should
	shortLimit   = 32 // of answers whose length is looked at: servers have bounds of their own
)

// limited are the words that a server has for an answer that the limit cut.
var limited = []string{"length", "limit", "max_tokens"}

// length takes an answer in. Fewer tokens than were asked for are no fault where the
// server counts as many: it may not tell all of them. In a chat, where a template or a
// hidden thought may have tokens, they are one only if the server counts fewer itself.
func (w *watch) length(s sample, list int, isChat bool) {
	limit, own := s.query.Limit, len(s.Tokens)
	if list == 0 || s.query.Echo || limit > shortLimit || !slices.Contains(limited, s.Reason) {
		return
	}
	if w.lengths == nil {
		w.lengths = map[int]*lengths{}
	}
	l := w.lengths[limit]
	if l == nil {
		l = &lengths{}
		w.lengths[limit] = l
	}
	l.answers++
	if own < limit && (s.Count == own && s.Count > 0 || s.Count == 0 && !isChat) {
		l.short++
		if s.Count == own {
			l.surely++
		}
		l.shortest = cmp.Or(l.shortest, fmt.Sprintf("an answer that says that it ended because of %q has %d tokens, asked for %d\n%s", s.Reason, own, limit, s.curl))
	}
	if s.Count > 0 && (s.Count < own || s.Count > own && !isChat) {
		l.miscounted++
		l.other = cmp.Or(l.other, fmt.Sprintf("an answer of %d tokens says that it has %d\n%s", own, s.Count, s.curl))
	}
	switch text, listed := letters(s.Text), spelled(s.Tokens); {
	case len(listed) < 3 || text == listed:
	case strings.HasPrefix(text, listed):
		l.longer++
		l.behind = cmp.Or(l.behind, fmt.Sprintf("the text %q goes on behind the %d tokens that are listed\n%s", s.Text, own, s.curl))
	case !isChat && (strings.HasPrefix(listed, text) || strings.HasSuffix(listed, text)):
		l.longer++
		l.behind = cmp.Or(l.behind, fmt.Sprintf("the text %q lacks some of the %d tokens that are listed\n%s", s.Text, own, s.curl))
	}
}

func (r *run) endsFull() (outcome, error) {
	return r.limitedAnswers(func(l *lengths) string {
		if l.short == l.answers || l.surely >= leastShort {
			return l.shortest
		}
		return ""
	}), nil
}

func (r *run) endsCount() (outcome, error) {
	return r.limitedAnswers(func(l *lengths) string {
		switch {
		case 2*l.miscounted > l.answers:
			return l.other
		case 2*l.longer > l.answers:
			return l.behind
		}
		return ""
	}), nil
}

// limitedAnswers looks for what is wrong with the answers to one limit, of which there are
// enough.
func (r *run) limitedAnswers(wrong func(l *lengths) string) outcome {
	var out outcome
	for _, l := range r.seen.lengths {
		if l.answers >= leastAnswers {
			out.inputs += l.answers
			out.broken = cmp.Or(out.broken, wrong(l))
		}
	}
	if out.inputs == 0 {
		out.absent = "too few answers say that the limit cut them"
	}
	return out
}
