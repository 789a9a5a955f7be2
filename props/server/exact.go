package server

import (
	"fmt"
	"math"
)

// findPosts asks whether the server gives the probabilities that it draws from.
func (r *run) findPosts() error {
	if _, is := r.dialect.(llama); !is || r.list == 0 {
		return nil
	}
	for range 3 { // the first token may be one that is not told
		s, err := r.one(Query{Prompt: r.prompts[0], Temperature: 1, Limit: 1, Post: true})
		if refused(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if r.posts = s.Post && lists(s); r.posts {
			break
		}
	}
	return nil
}

// cutsExact compares the probabilities that the server says it draws from with the mean
// row, annealed and cut: no draw is needed.
func (r *run) cutsExact() (outcome, error) {
	if !r.posts {
		return outcome{absent: "the server does not give the probabilities that it draws from"}, nil
	}
	kept := r.keptK()
	queries := []Query{{Temperature: 1}, {Temperature: coldT}, {Temperature: hot}}
	if kept > 0 {
		queries = append(queries, Query{Temperature: 1, TopK: kept}, Query{Temperature: coldT, TopK: kept})
		border := (r.means[kept-1].logProb + r.means[kept].logProb) / 2
		minP := math.Exp(border - r.means[0].logProb)
		queries = append(queries, Query{Temperature: 1, MinP: minP}, Query{Temperature: hot, MinP: minP})
	}
	if kept := r.keptP(); kept > 0 {
		queries = append(queries, Query{Temperature: 1, TopP: before(r.means, kept-1) + math.Exp(r.means[kept-1].logProb)/2})
	}
	var out outcome
	for _, q := range queries {
		q.Prompt, q.Limit, q.Post = r.prompts[0], 1, true
		s, err := r.one(q)
		if cannotRead(err) {
			continue
		}
		if err != nil {
			return out, err
		}
		if len(s.Tokens) == 0 || !s.Post {
			continue
		}
		out.inputs++
		if wrong := r.inexact(s); wrong != "" {
			out.broken = wrong + "\n" + s.curl
			return out, nil
		}
	}
	return out, nil
}

// inexact says what is wrong with the probabilities that an answer was drawn from.
func (r *run) inexact(s sample) string {
	list, q := listOf(s.Tokens[0]), s.query
	surely, possibly := len(r.means), len(r.means)
	if q.TopK > 0 || q.TopP > 0 || q.MinP > 0 {
		surely, possibly = r.sides(r.means, q, q.Prompt)
	}
	top, mass := math.Inf(-1), 0.0
	for place, m := range r.means {
		l, is := list[m.name]
		want := (m.logProb - r.means[0].logProb) / q.Temperature
		switch {
		case !is && place > 0 && math.Exp(top+want) < postRound:
			continue // it may be rounded to 0
		case is && place >= possibly:
			return fmt.Sprintf("%q, no. %d in the order of probability, has the probability %.3g after sampling; at most %d are kept", r.text(m.name), place+1, math.Exp(l), possibly)
		case !is && place < min(surely, r.list-1):
			return fmt.Sprintf("%q, no. %d in the order of probability, has none after sampling; at least %d are kept", r.text(m.name), place+1, surely)
		case !is:
			continue
		case place == 0:
			top = l
		}
		mass += math.Exp(l)
		if slack := postSlack + postRound*math.Exp(-l) + (8*r.spread+1e-6)/q.Temperature; l > -30 && math.Abs(l-top-want) > slack {
			return fmt.Sprintf("the probability of %q after sampling is exp(%.4g) times that of the first, want exp(%.4g)", r.text(m.name), l-top, want)
		}
	}
	if cut := possibly < len(r.means)-1 && possibly < r.list-1; cut && math.Abs(mass-1) > sumSlack {
		return fmt.Sprintf("the probabilities after sampling add up to %.4g", mass)
	}
	return ""
}

const (
	postSlack = 0.03 // of the logarithm of a ratio of probabilities after sampling
	postRound = 1e-4 // of a probability after sampling: rounding
)
