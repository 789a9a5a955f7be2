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
	if r.kind != unknown {
		return outcome{inputs: len(all), note: fmt.Sprintf("differences of log-probabilities at T = ½ are %.3f times those at T = 1", b)}, nil
	}
	if high-low > 0.3 {
		return outcome{absent: fmt.Sprintf("lists differ too much from answer to answer (%.2f to %.2f times those at T = 1)", low, high)}, nil
	}
	return outcome{inputs: len(all), broken: fmt.Sprintf("differences of log-probabilities at T = ½ are %.3f times those at T = 1, neither 1 nor 2\n%s", b, r.cold[0].curl)}, nil
}

func (r *run) greedyTop() (outcome, error) {
	if absent := r.hidden(); absent != "" {
		return outcome{absent: absent}, nil
	}
	slack := max(agreeSlack, 4*r.spread) + r.unseen()
	var out outcome
	for _, prompt := range r.prompts {
		s, err := r.one(Query{Prompt: prompt, Limit: 4})
		if err != nil {
			return out, err
		}
		context := prompt
		for i, t := range s.Tokens {
			top, known := first(t)
			if known && (r.whole || !meets(context, top.Text)) {
				out.inputs++
				if t.LogProb < top.LogProb-slack {
					out.broken = fmt.Sprintf("token %d is %v with %.4g, and %v has %.4g\n%s", i, t.Entry, t.LogProb, top, top.LogProb, s.curl)
					return out, nil
				}
			}
			context += t.Text
		}
	}
	if out.inputs == 0 {
		out.absent = "every most probable token was in the prompt, where a default penalty may meet it"
	}
	return out, nil
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

// outcome is the outcome of an e-process.
func (j *judge) outcome() outcome {
	out := outcome{inputs: j.bets.draws, broken: j.verdict()}
	if j.bets.draws == 0 {
		out.absent = "no draw is one of at least two tokens that a law can be said of"
	}
	return out
}

func (r *run) drawsOne() (outcome, error) {
	if absent := r.hidden(); absent != "" {
		return outcome{absent: absent}, nil
	}
	j := r.judge(false, places)
	for _, s := range r.plain {
		j.answer(s)
	}
	return j.outcome(), nil
}

// answer takes all draws of an answer in.
func (j *judge) answer(s sample) {
	context := s.query.Prompt
	for _, t := range s.Tokens {
		j.draw(t, s.query.Temperature, context, s.curl)
		context += t.Text
	}
}

// hidden says why draws cannot be judged at all, "" where they can.
func (r *run) hidden() string {
	if r.list == 0 {
		return noLists
	}
	if _, is := r.dialect.(chat); is && !r.free {
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

func (r *run) drawsTemperature() (outcome, error) {
	if absent := r.without(); absent != "" {
		return outcome{absent: absent}, nil
	}
	j := r.judge(true, ignored)
	for _, s := range r.cold {
		j.answer(s)
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
		if len(s.Tokens) > 0 {
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
		j.previous = nil // the number of the answer before is another law's
		j.answer(s)
	}
	return j.outcome(), nil
}
