package server

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

const (
	chainSlack = 0.35 // of the median difference between a text generated and echoed
	rowSlack   = 1.0  // of the median difference between a list alone and in company
	numbersTo  = 0.1  // of any difference between a list alone and in company, for the Should law
)

func (r *run) chainRule() (outcome, error) {
	if _, is := r.dialect.(completions); !is || r.list == 0 {
		return outcome{absent: "the dialect does not echo"}, nil
	}
	var differences []float64
	var curl string
	for _, prompt := range r.prompts[:3] {
		made, err := r.one(Query{Prompt: prompt, Temperature: 1, Limit: 12})
		if err != nil {
			return outcome{}, err
		}
		echo, err := r.one(Query{Prompt: prompt + made.Text, Temperature: 1, Limit: 1, Echo: true})
		if err != nil {
			return outcome{}, err
		}
		curl = echo.curl
		differences = append(differences, compare(made.Tokens, echo.Tokens)...)
	}
	if len(differences) < 8 {
		return outcome{absent: "the server does not echo, or cuts an echoed text into other tokens"}, nil
	}
	slices.Sort(differences)
	median, most := differences[len(differences)/2], differences[len(differences)-1]
	out := outcome{inputs: len(differences), note: fmt.Sprintf("generated and echoed log-probabilities differ by %.2g in the median, %.2g at most", median, most)}
	if median > chainSlack {
		out.broken = out.note + "\n" + curl
	}
	return out, nil
}

// compare returns the differences of log-probabilities of a text's tokens and of the same
// tokens in an echo, which ends with them and one more. It returns none where the tokens
// are not the same, or too few to be sure of their place.
func compare(made, echo []Token) []float64 {
	at := len(echo) - 1 - len(made)
	if at < 1 {
		return nil
	}
	var out []float64
	names := map[string]bool{}
	for i, t := range made {
		if echo[at+i].name() != t.name() {
			return nil
		}
		names[t.name()] = true
		out = append(out, math.Min(100, math.Abs(echo[at+i].LogProb-t.LogProb)))
	}
	if len(names) < 3 {
		return nil
	}
	return out
}

// company compares lists alone and among other requests.
func (r *run) company() error {
	if r.compared {
		return nil
	}
	r.compared = true
	var queries []Query
	for i := range neighbours {
		queries = append(queries, Query{Prompt: r.prompts[i%len(r.prompts)], Temperature: 1, Limit: 1})
	}
	var alone []sample
	for _, q := range queries {
		s, err := r.one(q)
		if err != nil {
			return err
		}
		alone = append(alone, s)
	}
	for range 3 {
		all, err := r.together(queries)
		if err != nil {
			return err
		}
		for i, s := range all {
			if len(s.Tokens) == 0 || len(alone[i].Tokens) == 0 {
				continue
			}
			differences := apart(alone[i].Tokens[0], s.Tokens[0])
			if len(differences) == 0 {
				continue
			}
			r.neighbours++
			r.furthest = max(r.furthest, slices.Max(differences))
			slices.Sort(differences)
			if differences[len(differences)/2] > rowSlack {
				r.strange = append(r.strange, fmt.Sprintf("the list differs by %.3g in the median from the one that the prompt has alone\n%s", differences[len(differences)/2], s.curl))
			}
		}
	}
	return nil
}

// apart returns the differences of the five most probable tokens of a list in another. A
// token that is missing there counts as far, where the lists are long enough to be sure.
func apart(a, b Token) []float64 {
	other := listOf(b)
	list := slices.Clone(a.List)
	slices.SortStableFunc(list, byLogProb)
	var out []float64
	for _, e := range list[:min(5, len(list))] {
		l, is := other[e.name()]
		switch {
		case is && !math.IsInf(e.LogProb, -1):
			out = append(out, math.Abs(l-e.LogProb))
		case !is && len(list) >= 15:
			out = append(out, 2*rowSlack)
		}
	}
	return out
}

func (r *run) neighboursRows() (outcome, error) {
	if r.list == 0 {
		return outcome{absent: noLists}, nil
	}
	if err := r.company(); err != nil {
		return outcome{}, err
	}
	out := outcome{inputs: r.neighbours}
	if len(r.strange) > 1 { // one may be chance of the network between
		out.broken = r.strange[0]
	}
	return out, nil
}

func (r *run) neighboursNumbers() (outcome, error) {
	if r.list == 0 {
		return outcome{absent: noLists}, nil
	}
	if err := r.company(); err != nil {
		return outcome{}, err
	}
	out := outcome{inputs: r.neighbours, note: fmt.Sprintf("the largest difference of a log-probability among the five most probable tokens, alone and among %d other requests, is %.2g", neighbours-1, r.furthest)}
	if r.furthest > max(numbersTo, 3*r.spread) {
		out.broken = out.note
	}
	return out, nil
}

func (r *run) endsStop() (outcome, error) {
	var out outcome
	for _, prompt := range r.prompts[:4] {
		s, err := r.one(Query{Prompt: prompt, Limit: 24})
		if err != nil {
			return out, err
		}
		word := middle(s)
		if word == "" {
			continue
		}
		cut, err := r.one(Query{Prompt: prompt, Limit: 24, Stop: []string{word}})
		if err != nil {
			return out, err
		}
		out.inputs++
		if strings.Contains(cut.Text, word) {
			out.broken = fmt.Sprintf("the text %q has the stop string %q\n%s", cut.Text, word, cut.curl)
			return out, nil
		}
	}
	if out.inputs == 0 {
		out.absent = "the texts are too short to choose a stop string from"
	}
	return out, nil
}

// middle is a piece of the text: a token, where the server says what they are, because
// some look for stop strings by token.
func middle(s sample) string {
	piece := ""
	if half := len(s.Tokens) / 2; half > 2 {
		piece = s.Tokens[half].Text
	}
	if runes := []rune(strings.TrimSpace(s.Text)); !strings.Contains(s.Text, piece) || strings.TrimSpace(piece) == "" {
		if len(runes) < 8 {
			return ""
		}
		piece = strings.TrimSpace(string(runes[len(runes)/2-1 : len(runes)/2+1]))
	}
	if strings.ContainsRune(piece, '\uFFFD') || strings.HasPrefix(piece, "<") {
		return ""
	}
	return piece
}

// endsReason takes answers that have as many tokens as were asked for, and whose last
// token is a text and not an end.
func (r *run) endsReason() (outcome, error) {
	var out outcome
	wrong := 0
	var detail string
	for _, prompt := range r.prompts[:6] {
		s, err := r.one(Query{Prompt: prompt, Limit: 3})
		if err != nil {
			return out, err
		}
		if len(s.Tokens) != 3 || len(s.Text) == 0 || s.Reason == "" || !plainEnd(s) {
			continue
		}
		out.inputs++
		if slices.Contains([]string{"stop", "eos", "word", "end_turn", "stop_sequence"}, s.Reason) {
			wrong++
			detail = fmt.Sprintf("an answer of 3 tokens of at most 3 says that it ended because of %q\n%s", s.Reason, s.curl)
		}
	}
	switch {
	case out.inputs < 3:
		out.absent = "too few answers show that the limit cut them"
	case wrong == out.inputs:
		out.broken = detail
	}
	return out, nil
}

// plainEnd reports whether the text ends with the last token. An end has no text.
func plainEnd(s sample) bool {
	last := s.Tokens[len(s.Tokens)-1]
	if last.ID >= 0 && strings.HasPrefix(last.Text, "token_id:") {
		return true
	}
	text := strings.TrimSpace(last.Text)
	return text != "" && !strings.HasPrefix(text, "<") && strings.HasSuffix(strings.TrimSpace(s.Text), text)
}

func (r *run) endsSeveral() (outcome, error) {
	switch r.dialect.(type) {
	case completions, chat:
	default:
		return outcome{absent: "the dialect has no n"}, nil
	}
	if absent := r.hidden(); absent != "" {
		return outcome{absent: absent}, nil
	}
	j := r.judge(true, repeats)
	for range r.share(12) {
		all, err := r.ask(Query{Prompt: r.prompts[0], Temperature: 1, Limit: 1, Count: 4})
		if err != nil {
			return outcome{}, err
		}
		if len(all) != 4 {
			return outcome{absent: fmt.Sprintf("n = 4 gives %d", len(all))}, nil
		}
		j.last, j.previous = map[string]string{}, nil
		for _, s := range all {
			for _, t := range s.Tokens {
				j.draw(t, 1, s.query.Prompt, s.curl)
			}
		}
	}
	return j.outcome(), nil
}
