package server

import (
	"fmt"
	"strings"
)

const neighbours = 32 // requests that are sent at once

func (r *run) seedsNone() (outcome, error) {
	if absent := r.hidden(); absent != "" {
		return outcome{absent: absent}, nil
	}
	j := r.judge(false, repeats)
	for _, s := range r.plain {
		j.answer(s)
	}
	return j.outcome(), nil
}

// farSeeds are pairs of seeds that become one where only some bits are kept: the lower 8 or
// 16, or the 24 of a float32.
var farSeeds = []struct {
	kept string
	pair [2]uint32
}{
	{"16 bits", [2]uint32{31, 31 + 1<<16}}, {"float32", [2]uint32{1<<24 + 40, 1<<24 + 41}},
	{"16 bits", [2]uint32{32, 32 + 1<<16}}, {"float32", [2]uint32{1<<24 + 44, 1<<24 + 45}},
}

func (r *run) seedsDifferent() (outcome, error) {
	if absent := r.hidden(); absent != "" {
		return outcome{absent: absent}, nil
	}
	j := r.judge(true, repeats)
	j.pooled, j.bets.others = true, mostBets+2
	j.seeded = []*shifts{newShifts(), newShifts()}
	for seed := range r.share(30) {
		s, err := r.one(Query{Prompt: r.prompts[0], Temperature: 1, Limit: 8, Seed: uint32(seed + 1)})
		if cannotRead(err) {
			continue
		}
		if err != nil {
			return outcome{}, err
		}
		j.answer(s)
	}
	j.seeded = nil
	for _, f := range farSeeds[:min(len(farSeeds), r.share(4))] {
		for i, seed := range f.pair {
			s, err := r.one(Query{Prompt: r.prompts[0], Temperature: 1, Limit: 20, Seed: seed})
			if cannotRead(err) || refused(err) { // some take no seed so large
				break
			}
			if err != nil {
				return outcome{}, err
			}
			j.label, j.weight = "", 0
			if i > 0 { // another token ends what they have in common: it is lost once
				j.label, j.weight = ", where the seeds are one in "+f.kept, 0.97
			}
			j.answer(s)
		}
	}
	return j.outcome(), nil
}

func (r *run) seedsApart() (outcome, error) {
	if absent := r.hidden(); absent != "" {
		return outcome{absent: absent}, nil
	}
	j := r.judge(true, repeats)
	j.pooled = true
	for range r.share(12) {
		if _, err := r.one(Query{Prompt: r.prompts[0], Temperature: 1, Limit: 1, Seed: 11}); err != nil && !cannotRead(err) {
			return outcome{}, err
		}
		s, err := r.one(Query{Prompt: r.prompts[0], Temperature: 1, Limit: 4})
		if cannotRead(err) {
			continue
		}
		if err != nil {
			return outcome{}, err
		}
		j.answer(s)
		if j.bets.damning() {
			break
		}
	}
	return j.outcome(), nil
}

// seeded is a request with a seed, long enough to show a difference.
func (r *run) seeded() Query {
	return Query{Prompt: r.prompts[0], Temperature: 1, Limit: 8, Seed: 23}
}

func (r *run) seedsSame() (outcome, error) {
	first, err := r.one(r.seeded())
	if err != nil {
		return outcome{}, err
	}
	out := outcome{inputs: 4}
	for range 3 {
		again, err := r.one(r.seeded())
		if err != nil {
			return out, err
		}
		if again.Text != first.Text {
			r.unseeded = true
			out.broken = fmt.Sprintf("first %q, then %q\n%s", first.Text, again.Text, first.curl)
			return out, nil
		}
	}
	return out, nil
}

func (r *run) seedsCompany() (outcome, error) {
	if r.unseeded {
		return outcome{absent: "a seed does not give the same text alone"}, nil
	}
	alone, err := r.one(r.seeded())
	if err != nil {
		return outcome{}, err
	}
	if err := r.company(); err != nil {
		return outcome{}, err
	}
	out := outcome{absent: r.busy}
	for _, s := range r.atOnce {
		if s.query.Seed == 0 {
			continue
		}
		out.inputs++
		if s.Text != alone.Text {
			out.broken = fmt.Sprintf("alone %q, among %d other requests %q\n%s", alone.Text, neighbours-1, s.Text, alone.curl)
			return out, nil
		}
	}
	return out, nil
}

// meets reports whether a text is in the context, where a penalty of repetition may meet
// it.
func meets(context, text string) bool { return within(plainly(context), text) }

// within is meets for a context that is plain already.
func within(context, text string) bool {
	text = plainly(text)
	return text == "" || strings.Contains(context, text)
}

// plainly is a text in small letters without the marks that tokens have for spaces.
func plainly(text string) string { return strings.ToLower(strings.TrimSpace(marks.Replace(text))) }

var marks = strings.NewReplacer("Ġ", " ", "▁", " ", "Ċ", "\n")
