package server

import (
	"cmp"
	"fmt"
	"strings"
)

// owner looks whether the tokens that completions list are those of their own texts: of
// several of one request, or of requests that were sent at once.
type owner struct {
	judged, others int    // completions whose tokens spell a text, and those that spell another one's
	other          string // the first of these
	texts          map[string]map[string]int
	singles        int
	single         string
}

const (
	leastOthers = 6 // completions that list the tokens of another one
	othersShare = 4 // one in so many is enough
)

// group takes completions in that were made together.
func (o *owner) group(all []sample) {
	for i, s := range all {
		text, own := letters(s.Text), spelled(s.Tokens)
		switch {
		case len(own) < 3 || len(s.query.Stop) > 0 || s.query.Echo:
			continue
		case text == own:
			o.judged++
			continue
		}
		for k, other := range all {
			if k != i && letters(other.Text) == own {
				o.judged++
				o.others++
				o.other = cmp.Or(o.other, fmt.Sprintf("a completion with the text %q lists the tokens of one made with it, whose text is %q\n%s", s.Text, other.Text, s.curl))
				break
			}
		}
	}
}

// one takes a completion of one token in, which is among several of a request: where tokens
// have IDs, one ID has one text.
func (o *owner) one(s sample) {
	if len(s.Tokens) != 1 || s.Tokens[0].ID < 0 || special(s.Text) {
		return
	}
	if o.texts == nil {
		o.texts = map[string]map[string]int{}
	}
	name := s.Tokens[0].name()
	if o.texts[name] == nil {
		o.texts[name] = map[string]int{}
	}
	o.texts[name][plainly(s.Text)]++
	o.singles++
	if len(o.texts[name]) > 1 {
		o.single = cmp.Or(o.single, fmt.Sprintf("the token %v is %q here, and was another text before\n%s", s.Tokens[0].Entry, s.Text, s.curl))
	}
}

// strangers counts completions of one token whose text is not the usual one of its ID.
func (o *owner) strangers() int {
	strange := 0
	for _, texts := range o.texts {
		most, total := 0, 0
		for _, n := range texts {
			most, total = max(most, n), total+n
		}
		strange += total - most
	}
	return strange
}

func (r *run) formOwn() (outcome, error) {
	o := &r.owns
	out := outcome{inputs: o.judged + o.singles}
	strange := o.strangers()
	switch {
	case o.others >= leastOthers && othersShare*o.others >= o.judged:
		out.broken = o.other
	case strange >= leastOthers && othersShare*strange >= o.singles:
		out.broken = o.single
	case out.inputs == 0:
		out.absent = "no completions were made together whose tokens can be read"
	}
	return out, nil
}

// letters are the letters and digits of ASCII, small, which the names of tokens and the
// text have in common whatever else is done to them.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return -1
	}, text)
}

// spelled are the letters of tokens, "" where one has none to read.
func spelled(all []Token) string {
	text := ""
	for _, t := range all {
		switch {
		case strings.HasPrefix(t.Text, "token_id:"):
			return ""
		case !special(t.Text):
			text += letters(t.Text)
		}
	}
	return text
}
