package server

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

const leastGap = 0.1 // in nats, between the last token kept and the first that is not

// gap is the difference of log-probabilities behind the first kept tokens, less what
// asking again changes.
func (r *run) gap(kept int) float64 {
	return r.means[kept-1].logProb - r.means[kept].logProb - 6*r.spread
}

// best is the edge behind 2 to 6 tokens that score likes most, 0 for none. The row has
// tokens behind it that are often drawn.
func (r *run) best(score func(kept int) float64) int {
	best, most := 0, 0.0
	for kept := 2; kept <= 6 && kept+2 < len(r.means); kept++ {
		if s := score(kept); s > most {
			best, most = kept, s
		}
	}
	return best
}

// keptK is an edge with a clear gap, for top_k and min_p.
func (r *run) keptK() int {
	return r.best(func(kept int) float64 {
		if r.gap(kept) < leastGap {
			return 0
		}
		return math.Exp(r.means[kept].logProb) / before(r.means, kept)
	})
}

// keptP is the rank of a token that a border of top_p may be in the middle of, so that
// conventions that differ at the border agree.
func (r *run) keptP() int {
	return r.best(func(kept int) float64 {
		p := math.Exp(r.means[kept-1].logProb)
		if p < 0.04+8*r.spread*before(r.means, kept) || before(r.means, kept) > 0.9 {
			return 0
		}
		return p / before(r.means, kept)
	})
}

func (r *run) cutsTopK() (outcome, error) {
	kept := r.keptK()
	out, err := r.cut("top_k", r.whole, kept, 20, r.beside(Query{TopK: kept}, Query{TopK: kept, TopP: loose})...)
	r.cutK = err == nil && out.broken == "" && out.absent == ""
	return out, err
}

func (r *run) cutsMinP() (outcome, error) {
	kept := r.keptK()
	if kept == 0 {
		return r.cut("min_p", r.whole, 0, 0)
	}
	border := (r.means[kept-1].logProb + r.means[kept].logProb) / 2
	minP := math.Exp(border - r.means[0].logProb)
	return r.cut("min_p", r.whole, kept, 20, r.beside(Query{MinP: minP}, Query{MinP: minP, TopP: loose})...)
}

func (r *run) cutsTopP() (outcome, error) {
	kept := r.keptP()
	if kept == 0 {
		return r.cut("top_p", true, 0, 0)
	}
	alone := Query{TopP: before(r.means, kept-1) + math.Exp(r.means[kept-1].logProb)/2}
	queries := []Query{alone, alone, alone, alone}
	if r.whole { // seldom, as the last token is not surely kept where top_p may be of what top_k leaves
		queries = append(queries, Query{TopP: alone.TopP, TopK: 3 * r.list})
	}
	out, err := r.cut("top_p", true, kept, 5*len(queries), queries...)
	r.cutP = err == nil && out.broken == "" && out.absent == ""
	return out, err
}

const loose = 0.999 // a top_p that is on and cuts next to nothing

// beside are the requests that a cut is tried in: alone, with another that cuts next to
// nothing, and at a temperature where more draws would be outside.
func (r *run) beside(alone, other Query) []Query {
	all := []Query{alone, other}
	if r.kind != unknown && slices.ContainsFunc(r.cold, func(s sample) bool { return s.query.Temperature == hot }) {
		alone.Temperature = hot
		all = append(all, alone)
	}
	return all
}

// cut draws under a cut behind the first kept tokens of the mean row, by requests that take
// turns, at T = 1 if they do not say another. Later tokens of an answer are judged by their
// own lists, where those are not of what the cut left.
func (r *run) cut(name string, offered bool, kept, requests int, queries ...Query) (outcome, error) {
	switch {
	case r.hidden() != "":
		return outcome{absent: r.hidden()}, nil
	case !offered:
		return outcome{absent: "the dialect has no " + name}, nil
	case kept == 0:
		return outcome{absent: "no row has a clear border"}, nil
	}
	j := r.judge(true, lastCut)
	j.pooled = true
	for turn := range r.share(requests) {
		q := queries[turn%len(queries)]
		q.Prompt, q.Temperature, q.Limit = r.prompts[0], cmp.Or(q.Temperature, 1), 4
		if turn%10 == 9 {
			q.Limit = 32 // what changes with the position
		}
		s, err := r.one(q)
		if cannotRead(err) {
			continue
		}
		if err != nil {
			return outcome{inputs: j.bets.draws}, err
		}
		context := q.Prompt
		for i, t := range s.Tokens {
			means, exponent := r.means, 1/q.Temperature
			if i > 0 {
				if !r.uncut(s.Tokens[0]) {
					break
				}
				means, exponent = r.ranked(t), r.exponent(q.Temperature)
			}
			surely, possibly := r.sides(means, q, context)
			place := slices.IndexFunc(means, func(m mean) bool { return m.name == t.name() })
			if place >= possibly {
				return outcome{inputs: j.bets.draws, evidence: j.bets.worth(), broken: fmt.Sprintf("token %d, %v, is no. %d in the order of probability; %s keeps at most %d\n%s",
					i, t.Entry, place+1, name, possibly, s.curl)}, nil
			}
			if inside := r.head(means, surely, exponent, t.name()); inside.chosen >= 0 && len(inside.p) > 1 {
				j.stakeCut(inside, q.Temperature, context, s.curl)
			}
			context += t.Text
		}
		if j.bets.damning() {
			break
		}
	}
	return j.outcome(), nil
}

// uncut reports whether the list of a first token under a cut is the one without it.
func (r *run) uncut(t Token) bool {
	list := listOf(t)
	for _, m := range r.means[:min(8, len(r.means))] {
		if l, is := list[m.name]; !is || math.Abs(l-m.logProb) > agreeSlack+2*r.spread {
			return false
		}
	}
	return true
}

// ranked is a list in the order of probability, without the last places, which the
// server may have filled with the chosen token.
func (r *run) ranked(t Token) []mean {
	var out []mean
	if r.collapsed(t) {
		return nil
	}
	for name, l := range listOf(t) {
		if l > lowest(t) {
			out = append(out, mean{name, l})
		}
	}
	slices.SortFunc(out, byMean)
	return out[:min(len(out), max(0, r.list-1))]
}

// sides counts the tokens of a row that the cuts surely keep and that they possibly keep,
// by any convention, and with the differences of asking again. Where defaults may cut
// too, top_p may be of the mass that they leave, and where they may penalise, of a mass
// without the tokens of the context.
func (r *run) sides(means []mean, q Query, context string) (surely, possibly int) {
	slack := leastGap/2 + 3*r.spread
	left, penalised := r.left(means, context)
	if q.TopK > 0 {
		left = min(left, before(means, min(q.TopK, len(means))))
	}
	mass := 0.0
	for i, m := range means {
		last := m.logProb - means[0].logProb
		far, near := false, true // from being kept
		switch {
		case q.TopK > r.list: // every token of the list is kept
		case q.TopK > len(means):
			near = false
		case q.TopK > 0:
			border := means[q.TopK-1].logProb
			far, near = m.logProb < border-slack, i < q.TopK && (q.TopK == len(means) || m.logProb > means[q.TopK].logProb+slack)
		}
		if q.MinP > 0 { // of what temperature leaves, or of what is there before
			border := math.Log(q.MinP)
			far = far || last < border*max(1, q.Temperature)-slack
			near = near && last > border*min(1, q.Temperature)+slack
		}
		if q.TopP > 0 {
			wide := 0.02 + slack*mass/2 + r.unseen()/8
			least, most := r.ahead(means, i)
			far = far || least-penalised > q.TopP+wide
			near = near && most < left*(q.TopP-wide) && (r.whole || last > math.Log(r.share1) && !meets(context, m.name))
		}
		if near && surely == i {
			surely = i + 1
		}
		if !far {
			possibly = i + 1
		}
		mass += math.Exp(m.logProb)
	}
	return surely, possibly
}

// ahead is the least and the largest mass of tokens that come before one in the order of
// probability, because tokens that are about as probable may come in any order.
func (r *run) ahead(means []mean, place int) (least, most float64) {
	about := agreeSlack + 2*r.spread
	for i, m := range means {
		if m.logProb > means[place].logProb+about {
			least += math.Exp(m.logProb)
		}
		if i != place && m.logProb > means[place].logProb-about {
			most += math.Exp(m.logProb)
		}
	}
	return least, most
}

// unseen is the largest difference in logits that a penalty may make without being seen:
// that of a chat template's tokens, which are not in the context here.
func (r *run) unseen() float64 {
	if r.chats() {
		return 0.35
	}
	return 0
}

// left is the least mass that defaults leave of a row, and the largest that they may
// penalise.
func (r *run) left(means []mean, context string) (left, penalised float64) {
	if r.whole {
		return 1, 0
	}
	mass := 0.0
	for _, m := range means {
		p := math.Exp(m.logProb)
		if meets(context, m.name) {
			penalised += p
		}
		if mass <= r.mass1 && m.logProb > means[0].logProb+math.Log(r.share1) {
			left += p
		}
		mass += p
	}
	return left - penalised, penalised
}

// head is the distribution among the first tokens of a row, whose probabilities are raised
// to an exponent, and which of them was drawn.
func (r *run) head(means []mean, kept int, exponent float64, drawn string) row {
	var out row
	var logs []float64
	for _, m := range means[:kept] {
		if !r.ends(m.name) {
			out.names = append(out.names, m.name)
			logs = append(logs, exponent*m.logProb)
		}
	}
	if len(logs) > 0 {
		out.p = normalised(logs)
	}
	out.chosen = slices.Index(out.names, drawn)
	return out
}
