package server

import (
	"fmt"
	"slices"
	"strings"
)

// stop is an answer that a stop string may have cut, beside the same without one.
type stop struct {
	word      string
	full, cut sample
}

// stops asks for texts without and with stop strings: a token of them, or two.
func (r *run) stops() error {
	if r.stopping {
		return nil
	}
	r.stopping = true
	for i, prompt := range r.prompts[:4] {
		full, err := r.one(Query{Prompt: prompt, Limit: longText})
		if cannotRead(err) {
			continue
		}
		if err != nil {
			return err
		}
		for tokens, into := range map[int]*[]stop{1: &r.single, 2: &r.double} {
			word := middle(full, tokens)
			if word == "" {
				continue
			}
			words := []string{word, nowhereFound}
			if i%2 == 1 {
				slices.Reverse(words)
			}
			cut, err := r.one(Query{Prompt: prompt, Limit: longText, Stop: words})
			if cannotRead(err) {
				continue
			}
			if err != nil {
				return err
			}
			*into = append(*into, stop{word, full, cut})
		}
	}
	return nil
}

const nowhereFound = "~#~" // a stop string besides the one that is looked for: all count, and not the first or the last

const longText = 24 // tokens, for texts that a stop string is taken from

func (r *run) endsStop() (outcome, error) {
	err := r.stops()
	return inText(r.single), err
}

func (r *run) endsAcross() (outcome, error) {
	err := r.stops()
	return inText(r.double), err
}

// inText looks for stop strings in texts.
func inText(all []stop) outcome {
	out := outcome{inputs: len(all)}
	if len(all) == 0 {
		out.absent = "the texts are too short to choose a stop string from"
	}
	for _, s := range all {
		if strings.Contains(s.cut.Text, s.word) {
			out.broken = fmt.Sprintf("the text %q has the stop string %q\n%s", s.cut.Text, s.word, s.cut.curl)
			return out
		}
	}
	return out
}

// before is the text before the stop string, if the answer is one that it cut.
func (s stop) before() (string, bool) {
	at := strings.Index(s.full.Text, s.word)
	if at < 0 || strings.Contains(s.cut.Text, s.word) {
		return "", false
	}
	before := strings.TrimSpace(s.full.Text[:at])
	return before, strings.HasPrefix(before, strings.TrimSpace(s.cut.Text))
}

// endsBefore wants two texts that lack something, because another greedy text may be
// another one by noise.
func (r *run) endsBefore() (outcome, error) {
	if err := r.stops(); err != nil {
		return outcome{}, err
	}
	var out outcome
	var short []string
	for _, s := range r.single {
		if before, is := s.before(); is {
			out.inputs++
			if strings.TrimSpace(s.cut.Text) != before {
				short = append(short, fmt.Sprintf("the text before the stop string %q is %q, and with it as stop string %q\n%s", s.word, before, s.cut.Text, s.cut.curl))
			}
		}
	}
	switch {
	case out.inputs < 2:
		out.absent = "too few texts are the same again"
	case len(short) > 1:
		out.broken = short[0]
	}
	return out, nil
}

// middle is a piece of the text: some tokens, where the server says what they are, because
// some look for stop strings by token.
func middle(s sample, tokens int) string {
	piece := ""
	if half := len(s.Tokens) / 2; half > 2 {
		for _, t := range s.Tokens[half : half+tokens] {
			piece += t.Text
		}
	}
	if runes := []rune(strings.TrimSpace(s.Text)); !strings.Contains(s.Text, piece) || strings.TrimSpace(piece) == "" {
		if len(runes) < 8 {
			return ""
		}
		piece = strings.TrimSpace(string(runes[len(runes)/2-tokens : len(runes)/2+1]))
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
		if cannotRead(err) {
			continue
		}
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
	if out.inputs >= 3 && wrong == out.inputs {
		out.broken = detail
		return out, nil
	}
	if err := r.stops(); err != nil {
		return out, err
	}
	cut, limited := 0, 0
	for _, s := range r.single {
		before, is := s.before()
		if !is || before != strings.TrimSpace(s.cut.Text) || s.cut.Reason == "" || len(s.cut.Tokens) >= longText {
			continue
		}
		cut++
		if slices.Contains([]string{"length", "limit", "max_tokens"}, s.cut.Reason) {
			limited++
			detail = fmt.Sprintf("an answer that the stop string %q cut says that it ended because of %q\n%s", s.word, s.cut.Reason, s.cut.curl)
		}
	}
	switch {
	case cut > 1 && limited == cut:
		out.broken = detail
	case out.inputs < 3 && cut < 2:
		out.absent = "too few answers show that the limit or a stop string cut them"
	}
	out.inputs += cut
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
