package server

import (
	"fmt"
	"math"
)

func (r *run) scaleKind() (outcome, error) {
	all := r.slopes()
	if r.list == 0 {
		return outcome{absent: noLists}, nil
	}
	if len(all) < 5 {
		return outcome{absent: "too few lists at T = ½ share tokens with those at T = 1"}, nil
	}
	b, low, high := all[len(all)/2], all[len(all)/10], all[len(all)-1-len(all)/10]
	if wrong := r.unnormalised(); wrong != "" {
		return outcome{inputs: len(all), broken: wrong}, nil
	}
	if r.kind != unknown {
		return outcome{inputs: len(all), note: fmt.Sprintf("differences of log-probabilities at T = ½ are %.3f times those at T = 1", b)}, nil
	}
	if r.spread > mostSpread {
		return outcome{absent: fmt.Sprintf("lists of one prompt at T = 1 differ by %.2g from answer to answer: what is before the first token differs", r.spread)}, nil
	}
	if high-low > 0.3 {
		return outcome{absent: fmt.Sprintf("lists differ too much from answer to answer (%.2f to %.2f times those at T = 1)", low, high)}, nil
	}
	return outcome{inputs: len(all), broken: fmt.Sprintf("differences of log-probabilities at T = ½ are %.3f times those at T = 1, neither 1 nor 2\n%s", b, r.cold[0].curl)}, nil
}

// unnormalised says what is wrong with the mass of lists that are divided by T. That of the
// tokens of the list at T = ½ is known from T = 1 but for the tail, whose tokens have at
// most the last one's probability.
func (r *run) unnormalised() string {
	if r.kind != scaled || len(r.means) < 3 {
		return ""
	}
	annealed, total := 0.0, 0.0
	for _, m := range r.means {
		annealed += math.Exp(m.logProb / coldT)
		total += math.Exp(m.logProb)
	}
	tail := (math.Max(0, 1-total) + sumSlack/2) * math.Exp(r.means[len(r.means)-1].logProb)
	least := annealed/(annealed+tail) - 0.1 - r.spread
	for _, s := range r.cold {
		if s.query.Prompt != r.prompts[0] || s.query.Temperature != coldT || len(s.Tokens) == 0 {
			continue
		}
		list, mass := listOf(s.Tokens[0]), 0.0
		for _, l := range list {
			mass += math.Exp(l)
		}
		if len(list) >= len(r.means) && mass < least {
			return fmt.Sprintf("at T = ½ the probabilities of a list add up to %.3g, where at least %.3g of the mass must be: they are divided by T and not normalised\n%s", mass, least, s.curl)
		}
	}
	return ""
}

func (r *run) greedyTop() (outcome, error) {
	if absent := r.hidden(); absent != "" {
		return outcome{absent: absent}, nil
	}
	var out outcome
	for i, prompt := range r.prompts {
		q := Query{Prompt: prompt, Limit: 32}
		if i == 2 || i == 3 { // T = 0 is greedy beside any other setting
			q.TopP, q.Seed = 0.9, uint32(i)
		}
		s, err := r.long(i < 2, q)
		if refused(err) && q.TopP > 0 {
			s, err = r.one(Query{Prompt: prompt, Limit: 32})
		}
		if cannotRead(err) {
			continue
		}
		if err != nil {
			return out, err
		}
		wrong, judged := r.notGreedy(s)
		out.inputs += judged
		if wrong != "" {
			r.drawing, out.broken = true, wrong
			return out, nil
		}
	}
	if out.inputs == 0 {
		out.absent = "every most probable token was in the prompt, where a default penalty may meet it"
		return out, nil
	}
	return out, r.findThreshold()
}

// notGreedy says which token of a greedy answer another is more probable than, and how
// many tokens can be judged: where a default penalty may meet the most probable one,
// nothing is known.
func (r *run) notGreedy(s sample) (wrong string, judged int) {
	slack := max(agreeSlack, 4*r.spread) + r.unseen()
	context := s.query.Prompt
	for i, t := range s.Tokens {
		top, known := first(t)
		if known && (r.whole || !meets(context, top.Text)) {
			judged++
			if t.LogProb < top.LogProb-slack {
				return fmt.Sprintf("token %d is %v with %.4g, and %v has %.4g\n%s", i, t.Entry, t.LogProb, top, top.LogProb, s.curl), judged
			}
		}
		context += t.Text
	}
	return "", judged
}

// first is the most probable token of a list.
func first(t Token) (Entry, bool) {
	var top Entry
	top.LogProb = math.Inf(-1)
	for _, e := range t.List {
		if e.LogProb > top.LogProb {
			top = e
		}
	}
	return top, !math.IsInf(top.LogProb, -1)
}

func (j *judge) outcome() outcome { return j.bets.outcome() }

func (r *run) drawsOne() (outcome, error) {
	if absent := r.hidden(); absent != "" {
		return outcome{absent: absent}, nil
	}
	j := r.judge(false, places)
	j.pooled = true
	for _, s := range r.plain {
		j.answer(s)
	}
	return j.outcome(), nil
}

// answer takes all draws of an answer in.
func (j *judge) answer(s sample) {
	context := s.query.Prompt
	clear(j.drawn)
	j.before, j.numbers, j.previous = j.numbers, nil, nil
	for _, t := range s.Tokens {
		j.numbers = append(j.numbers, nil)
		j.draw(t, s.query.Temperature, context, s.curl)
		context += t.Text
		j.drawn[t.name()] = true
	}
}

// hidden says why draws cannot be judged at all, "" where they can.
func (r *run) hidden() string {
	if r.list == 0 {
		return noLists
	}
	if r.chats() && !r.free {
		return "a default penalty may meet the words of the chat template, and draws do not show that there is none"
	}
	return ""
}

// without says why cold draws cannot be judged.
func (r *run) without() string {
	switch absent := r.hidden(); {
	case absent != "":
		return absent
	case r.kind == unknown:
		return "it is not known what the log-probabilities are at T = ½"
	}
	return ""
}

// drawsSingle judges answers that were asked for one token, which some engines make on a
// path of their own. They are of requests that were sent for other laws, where the dialect
// has n; elsewhere these are too few.
func (r *run) drawsSingle() (outcome, error) {
	if absent := r.hidden(); absent != "" {
		return outcome{absent: absent}, nil
	}
	j := r.judge(true, greedy)
	for more := r.share(28) - len(r.short); more > 0 && !r.several(); more-- {
		s, err := r.one(Query{Prompt: r.prompts[0], Temperature: 1, Limit: 1})
		if cannotRead(err) {
			continue
		}
		if err != nil {
			return outcome{}, err
		}
		r.short = append(r.short, s)
	}
	for _, s := range r.short {
		j.answer(s)
	}
	return j.outcome(), nil
}

func (r *run) drawsTemperature() (outcome, error) {
	if absent := r.without(); absent != "" {
		return outcome{absent: absent}, nil
	}
	j := r.judge(true, ignored)
	j.pooled = true
	for _, s := range r.cold {
		if s.query.Temperature < 1 {
			j.answer(s)
		}
	}
	out := j.outcome()
	r.anneals = out.broken == "" && out.absent == ""
	return out, nil
}

func (r *run) drawsHot() (outcome, error) {
	if absent := r.without(); absent != "" {
		return outcome{absent: absent}, nil
	}
	j := r.judge(true, ignored)
	j.pooled = true
	for _, s := range r.cold {
		if s.query.Temperature > 1 {
			j.answer(s)
		}
	}
	return j.outcome(), nil
}

// stepsAnnealed judges the first tokens of answers apart from all others. What can follow
// them is known from the answers at T = 1.
func (r *run) stepsAnnealed() (outcome, error) {
	if absent := r.without(); absent != "" {
		return outcome{absent: absent}, nil
	}
	j := r.judge(true, byFuture)
	j.follow(r.plain)
	for _, s := range r.cold {
		if len(s.Tokens) > 0 && s.query.Temperature < 1 {
			j.draw(s.Tokens[0], s.query.Temperature, s.query.Prompt, s.curl)
		}
	}
	return j.outcome(), nil
}

// stepsIndependent bets that a token's number is near the one before it in one answer,
// and that after the same token the same comes again.
func (r *run) stepsIndependent() (outcome, error) {
	if absent := r.hidden(); absent != "" {
		return outcome{absent: absent}, nil
	}
	j := r.judge(false, repeats)
	for _, s := range r.plain {
		j.numbers = nil // those of the answer before are another law's
		j.answer(s)
	}
	return j.outcome(), nil
}
