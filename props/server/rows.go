package server

import (
	"math"
	"slices"
	"strings"
)

const (
	coreMass  = 0.75 // of the tokens before one of the core: a default top_p is larger
	coreShare = 0.12 // of the largest probability: a default min_p is smaller
)

// open finds how far draws at T = 1 went: what was drawn was not cut, so that no default
// cuts what is as probable. It finds whether lists have one length, too.
func (r *run) open() {
	r.share1, r.mass1, r.steady = coreShare, coreMass, true
	for _, s := range r.plain {
		for _, t := range s.Tokens {
			r.steady = r.steady && len(t.List) >= r.list
			list := listOf(t)
			l, is := list[t.name()]
			if !is || math.Abs(l-t.LogProb) > agreeSlack {
				continue
			}
			top, before := math.Inf(-1), 0.0
			for _, other := range list {
				top = max(top, other)
				if other > l {
					before += math.Exp(other)
				}
			}
			r.share1, r.mass1 = min(r.share1, math.Exp(l-top)), max(r.mass1, before)
		}
	}
}

// above returns the tokens of a list above the last place that was asked for, the most
// probable first. Which these are does not depend on the draw, whatever the server adds
// behind the list or puts in its last place.
func (r *run) above(t Token) []Entry {
	list := slices.Clone(t.List)
	slices.SortStableFunc(list, byLogProb)
	if len(list) == 0 {
		return nil
	}
	last := list[min(len(list), r.list)-1].LogProb
	return slices.DeleteFunc(list, func(e Entry) bool { return !(e.LogProb > last) })
}

// row returns what a draw is judged on, which are the tokens of above. Where defaults may
// cut or penalise, only tokens remain that no usual default cuts, and that have not been in
// the context; wide leaves those too that draws at T = 1 have shown not to be cut. ok is
// false where the draw is none of these tokens, or where there are fewer than two.
func (r *run) row(t Token, temperature float64, context string, wide bool) (out row, ok bool) {
	list := r.above(t)
	if len(list) == 0 || r.collapsed(t) {
		return row{}, false
	}
	alone := listOf(t)
	weights := make([]float64, 0, len(list))
	out.chosen, out.names = -1, make([]string, 0, len(list))
	for _, e := range list {
		name := e.name()
		if _, is := alone[name]; !is || r.ends(name) || e.unclear() {
			continue
		}
		out.names = append(out.names, name)
		weights = append(weights, r.exponent(temperature)*e.LogProb)
	}
	if len(weights) < 2 {
		return row{}, false
	}
	out.p = normalised(weights)
	if !r.whole {
		out = r.core(out, list, temperature, context, wide)
	}
	if l, is := alone[t.name()]; is && math.Abs(l-t.LogProb) > agreeSlack {
		return row{}, false
	}
	out.chosen = slices.Index(out.names, t.name())
	return out, out.chosen >= 0 && len(out.p) > 1
}

// plainIn reports whether the text of a token is in a context that is plain already.
func (r *run) plainIn(context, name string) bool {
	text, is := r.plains[name]
	if !is {
		text = plainly(r.text(name))
		r.plains[name] = text
	}
	return text == "" || strings.Contains(context, text)
}

// normalised is the distribution ∝ exp of these numbers. None is taken for less than
// e^-400 of the largest, so that all are above 0.
func normalised(logs []float64) []float64 {
	top, total := slices.Max(logs), 0.0
	p := make([]float64, len(logs))
	for i, l := range logs {
		p[i] = math.Exp(max(l-top, -400))
		total += p[i]
	}
	for i := range p {
		p[i] /= total
	}
	return p
}

// core leaves the tokens that no usual default cuts, whether cuts come before or after
// temperature, and that no penalty of repetition meets.
func (r *run) core(all row, list []Entry, temperature float64, context string, wide bool) row {
	texts := map[string]string{}
	for _, e := range list {
		texts[e.name()] = e.Text
	}
	var out row
	seen := plainly(context)
	before := [2]float64{}
	flat := all.raised(temperature) // at T = 1
	share, mass := coreShare, coreMass
	if wide {
		share, mass = r.share1, r.mass1
	}
	for i, name := range all.names {
		inside := max(before[0], before[1]) < mass && all.p[i] >= share*all.p[0] && flat[i] >= share*flat[0]
		before[0] += all.p[i]
		before[1] += flat[i]
		if inside && !within(seen, texts[name]) && !strings.HasPrefix(texts[name], "<") {
			out.names = append(out.names, name)
			out.p = append(out.p, all.p[i])
		}
	}
	total := 0.0
	for _, p := range out.p {
		total += p
	}
	for i := range out.p {
		out.p[i] /= total
	}
	return out
}

func (r row) raised(c float64) []float64 {
	logs := make([]float64, len(r.p))
	for i, p := range r.p {
		logs[i] = c * math.Log(p)
	}
	return normalised(logs)
}

// tail bounds the probability of a draw that is not above the last but one of the list,
// which is a place that the server does not fill with the chosen token: the mass there is
// what the list leaves, and no token has more than that one. Rounding may hide
// sumSlack/2. Tokens of the context may be penalised and those that end a text may not be
// told, so that their mass is 0. out is whether the draw is there. ok is false where the
// bound says nothing.
func (r *run) tail(t Token, temperature float64, context string) (least, most float64, out, ok bool) {
	list := slices.Clone(t.List)
	slices.SortStableFunc(list, byLogProb)
	if !r.steady || r.list < 3 || len(list) < r.list {
		return 0, 0, false, false
	}
	if math.IsInf(t.LogProb, -1) && slices.ContainsFunc(list, func(e Entry) bool { return e.name() == t.name() }) {
		return 0, 0, false, false // it is not known where; one that is not in the list is behind it
	}
	c, last := r.exponent(temperature), list[r.list-2].LogProb
	if c < 1 || math.IsInf(last, -1) {
		return 0, 0, false, false
	}
	seen := plainly(context)
	inside, free := 0.0, 0.0
	for _, e := range list {
		if !(e.LogProb > last) {
			continue
		}
		inside += math.Exp(e.LogProb)
		if (r.whole || !within(seen, e.Text)) && !r.ends(e.name()) {
			free += math.Exp(c * e.LogProb)
		}
	}
	behind := (math.Max(0, 1-inside) + sumSlack/2) * math.Exp((c-1)*last+c*r.unseen())
	if r.whole && c == 1 {
		least = math.Max(0, 1-inside-sumSlack/2-math.Exp(last)) / 2 // for tokens that are not told
	}
	return least, behind / (behind + free), t.LogProb <= last, true
}

// met bounds the probability of a draw that is a token of the context, among those and
// the core's: a default penalty only lowers it, and no default cuts the core.
func (r *run) met(t Token, core row, temperature float64, context string) (most float64, is, ok bool) {
	if r.whole || !r.steady || len(core.names) == 0 {
		return 0, false, false
	}
	weights, alone := map[string]float64{}, listOf(t)
	for _, e := range r.above(t) {
		if l, one := alone[e.name()]; one && !e.unclear() {
			weights[e.name()] = math.Exp(r.exponent(temperature) * l)
		}
	}
	plain := plainly(context)
	inside, seen := 0.0, 0.0
	for name, w := range weights {
		switch {
		case slices.Contains(core.names, name):
			inside += w * math.Exp(-r.exponent(temperature)*r.unseen())
		case plainly(name) != "" && r.plainIn(plain, name):
			seen += w
			is = is || name == t.name()
		}
	}
	return seen / (seen + inside), is, seen > 0 && (is || slices.Contains(core.names, t.name()))
}

// penalties are weights that a penalty may give to tokens of the context. A weaker one than
// the last is too weak to break a law.
var penalties = []float64{0.5, 0.65}

// unpenalised reports whether draws at T = 1 speak for tokens of the context being as
// likely as the list says, rather than less by any of penalties in relation to others.
func (r *run) unpenalised(draws []sample) bool {
	logRatios := make([]float64, len(penalties))
	for _, s := range draws {
		context := s.query.Prompt
		for _, t := range s.Tokens {
			if row, ok := r.row(t, 1, nowhere, true); ok {
				plain := plainly(context)
				for i, weight := range penalties {
					logRatios[i] += math.Log(row.tilt(func(i int) float64 {
						if r.plainIn(plain, row.names[i]) {
							return weight
						}
						return 1
					}))
				}
			}
			context += t.Text
		}
	}
	return slices.Max(logRatios) < 0
}

// nowhere is a context that has no token.
const nowhere = ""
