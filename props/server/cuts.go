package server

import (
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

func (r *run) cutsTopK() (outcome, error) {
	kept := r.best(func(kept int) float64 {
		if r.gap(kept) < leastGap {
			return 0
		}
		return math.Exp(r.means[kept].logProb) / before(r.means, kept)
	})
	return r.cut("top_k", r.whole, kept, Query{TopK: kept})
}

func (r *run) cutsMinP() (outcome, error) {
	kept := r.best(func(kept int) float64 {
		if r.gap(kept) < leastGap {
			return 0
		}
		return math.Exp(r.means[kept].logProb) / before(r.means, kept)
	})
	if kept == 0 {
		return r.cut("min_p", r.whole, 0, Query{})
	}
	border := (r.means[kept-1].logProb + r.means[kept].logProb) / 2
	return r.cut("min_p", r.whole, kept, Query{MinP: math.Exp(border - r.means[0].logProb)})
}

// cutsTopP has the border of the nucleus in the middle of a token, so that conventions
// that differ at the border agree.
func (r *run) cutsTopP() (outcome, error) {
	kept := r.best(func(kept int) float64 {
		p := math.Exp(r.means[kept-1].logProb)
		if p < 0.04+8*r.spread*before(r.means, kept) || before(r.means, kept) > 0.9 {
			return 0
		}
		return p / before(r.means, kept)
	})
	if kept == 0 {
		return r.cut("top_p", true, 0, Query{})
	}
	return r.cut("top_p", true, kept, Query{TopP: before(r.means, kept-1) + math.Exp(r.means[kept-1].logProb)/2})
}

// cut draws at T = 1 under a cut behind the first kept tokens of the mean row. Later
// tokens of an answer are judged by their own lists, where those are not of what the cut
// left.
func (r *run) cut(name string, offered bool, kept int, q Query) (outcome, error) {
	switch {
	case r.hidden() != "":
		return outcome{absent: r.hidden()}, nil
	case !offered:
		return outcome{absent: "the dialect has no " + name}, nil
	case kept == 0:
		return outcome{absent: "no row has a clear border"}, nil
	}
	q.Prompt, q.Temperature, q.Limit = r.prompts[0], 1, 4
	j := r.judge(true, lastCut)
	for range r.share(30) {
		s, err := r.one(q)
		if err != nil {
			return outcome{inputs: j.bets.draws}, err
		}
		context := q.Prompt
		for i, t := range s.Tokens {
			means := r.means
			if i > 0 {
				if !r.uncut(s.Tokens[0]) {
					break
				}
				means = r.ranked(t)
			}
			surely, possibly := r.sides(means, q, context)
			place := slices.IndexFunc(means, func(m mean) bool { return m.name == t.name() })
			if place >= possibly {
				return outcome{inputs: j.bets.draws, broken: fmt.Sprintf("token %d, %v, is no. %d in the order of probability; %s keeps at most %d\n%s",
					i, t.Entry, place+1, name, possibly, s.curl)}, nil
			}
			if place >= 0 && place < surely && surely > 1 {
				inside := head(means, surely)
				inside.chosen = place
				j.stakeCut(inside, context, s.curl)
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
	for name, l := range listOf(t) {
		out = append(out, mean{name, l})
	}
	slices.SortFunc(out, byMean)
	return out[:min(len(out), max(0, r.list-1))]
}

// sides counts the tokens of a row that a cut surely keeps and that it possibly keeps,
// by any convention, and with the differences of asking again. Where defaults may cut
// too, top_p may be of the mass that they leave, and where they may penalise, of a mass
// without the tokens of the context.
func (r *run) sides(means []mean, q Query, context string) (surely, possibly int) {
	slack := leastGap/2 + 3*r.spread
	left, penalised := r.left(means, context)
	mass := 0.0
	for i, m := range means {
		last := m.logProb - means[0].logProb
		far, near := false, false // from being kept
		switch {
		case q.TopK > 0:
			if q.TopK > len(means) {
				return 0, len(means)
			}
			border := means[q.TopK-1].logProb
			far, near = m.logProb < border-slack, i < q.TopK && (q.TopK == len(means) || m.logProb > means[q.TopK].logProb+slack)
		case q.MinP > 0:
			far, near = last < math.Log(q.MinP)-slack, last > math.Log(q.MinP)+slack
		default:
			wide := 0.02 + slack*mass/2 + r.unseen()/8
			far, near = mass-penalised > q.TopP+wide, mass < left*(q.TopP-wide) && (r.whole || last > math.Log(r.share1))
			near = near && (r.whole || !meets(context, m.name))
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

// unseen is the largest difference in logits that a penalty may make without being seen:
// that of a chat template's tokens, which are not in the context here.
func (r *run) unseen() float64 {
	if _, is := r.dialect.(chat); is {
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

// head is the distribution among the first tokens of a row.
func head(means []mean, kept int) row {
	var out row
	var logs []float64
	for _, m := range means[:kept] {
		out.names = append(out.names, m.name)
		logs = append(logs, m.logProb)
	}
	out.p = normalised(logs)
	return out
}

// cutsOrder looks for a top_p that keeps fewer tokens at T = ½ if temperature comes first.
func (r *run) cutsOrder() (outcome, error) {
	if absent := r.without(); absent != "" {
		return outcome{absent: absent}, nil
	}
	few, many, border, between := r.telling()
	if many == 0 {
		return outcome{absent: "no row tells both orders apart"}, nil
	}
	// Were temperature last, none of so many draws would be between only once in 10⁶ runs.
	enough := int(math.Ceil(math.Log(1e-6) / math.Log1p(-between)))
	var out outcome
	for out.inputs < min(enough, r.share(30)) {
		s, err := r.one(Query{Prompt: r.prompts[0], Temperature: coldT, TopP: border, Limit: 1})
		if err != nil {
			return out, err
		}
		out.inputs++
		if len(s.Tokens) == 0 {
			continue
		}
		place := slices.IndexFunc(r.means, func(m mean) bool { return m.name == s.Tokens[0].name() })
		if place >= few && place < many {
			r.order = fmt.Sprintf("temperature comes after the cuts: top_p = %.3g at T = ½ drew %v", border, s.Tokens[0].Entry)
			return r.ordered(out, false, s.curl)
		}
		if out.inputs == enough {
			r.order = fmt.Sprintf("temperature comes before the cuts: top_p = %.3g at T = ½ keeps the first %d", border, few)
			return r.ordered(out, true, s.curl)
		}
	}
	out.absent = fmt.Sprintf("%d draws do not settle it", out.inputs)
	return out, nil
}

// telling finds a top_p at coldT that keeps few tokens if temperature comes first, and
// many if it comes last, and the probability then of a draw between the two.
func (r *run) telling() (few, many int, border, between float64) {
	var logs []float64
	inside, total := 0.0, 0.0
	for _, m := range r.means {
		logs = append(logs, m.logProb/coldT)
		inside += math.Exp(m.logProb)
		total += math.Exp(m.logProb / coldT)
	}
	if len(logs) < 3 {
		return 0, 0, 0, 0
	}
	cold := normalised(logs)
	behind := (math.Max(0, 1-inside) + sumSlack/2) * math.Exp((1/coldT-1)*r.means[len(r.means)-1].logProb) / total
	margin := 0.015 + 4*r.spread
	for p := 0.3; p < 0.97; p += 0.01 {
		kept, through := 0, 0.0 // if temperature is first
		for kept < len(cold)-1 && through < p {
			through += cold[kept]
			kept++
		}
		wide := kept // if it is last
		for wide < len(r.means)-1 && before(r.means, wide) < p {
			wide++
		}
		clear := through-behind > p+margin && through-cold[kept-1] < p-margin &&
			before(r.means, wide) > p+margin && before(r.means, wide-1) < p-margin
		if share := 1 - through/(through+sum(cold[kept:wide])); clear && share > between {
			few, many, border, between = kept, wide, p, share
		}
	}
	return few, many, border, between
}

func sum(numbers []float64) float64 {
	total := 0.0
	for _, n := range numbers {
		total += n
	}
	return total
}

// ordered compares the order that was found with the one that the engine says.
func (r *run) ordered(out outcome, found bool, curl string) (outcome, error) {
	switch d := r.dialect.(type) {
	case llama:
		if found {
			out.broken = "llama-server applies temperature after the cuts; here " + r.order + "\n" + curl
		}
	case completions:
		if d.vllm && !found {
			out.broken = "vLLM applies temperature before the cuts; here " + r.order + "\n" + curl
		}
	}
	out.note = r.order
	return out, nil
}
