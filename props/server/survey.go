package server

import (
	"math"
	"slices"
)

// coldT is the temperature at which log-probabilities are compared with those at T = 1,
// and coldest and hot two more that draws are asked for at.
const (
	coldT   = 0.5
	coldest = 0.25
	hot     = 2
)

// prompts are short, so that what follows is open, and few tokens of the answer can have
// been in them.
var prompts = []string{"So", "We", "Why", "It", "A", "By", "If", "Name one thing at random."}

// rank puts the prompt with the flattest row first.
func (r *run) rank() error {
	flatness := map[string]float64{}
	r.alone = map[string]Token{}
	for _, prompt := range prompts {
		s, err := r.one(Query{Prompt: prompt, Temperature: 1, Limit: 1})
		if cannotRead(err) {
			continue
		}
		if err != nil {
			return err
		}
		r.short = append(r.short, s)
		if len(s.Tokens) == 0 {
			continue // the end at once
		}
		r.alone[prompt] = s.Tokens[0]
		for _, e := range s.Tokens[0].List {
			if p := math.Exp(e.LogProb); p > 0 {
				flatness[prompt] -= p * e.LogProb
			}
		}
	}
	r.prompts = slices.Clone(prompts)
	slices.SortStableFunc(r.prompts, func(a, b string) int {
		switch {
		case flatness[a] > flatness[b]:
			return -1
		case flatness[a] < flatness[b]:
			return 1
		}
		return 0
	})
	return nil
}

// average computes the mean row of the first prompt at T = 1, of the tokens that every
// list has, and the spread of its ten most probable tokens.
func (r *run) average() {
	rows := map[string][]float64{}
	lists, clear := 0, math.Inf(-1) // below the second is a token without a name of its own
	for _, s := range r.plain {
		if len(s.Tokens) == 0 || len(s.Tokens[0].List) == 0 || r.collapsed(s.Tokens[0]) {
			continue
		}
		lists++
		clear = max(clear, lowest(s.Tokens[0]))
		for name, l := range listOf(s.Tokens[0]) {
			rows[name] = append(rows[name], l)
		}
	}
	r.means = nil
	for name, all := range rows {
		if len(all) < lists {
			continue
		}
		sum := 0.0
		for _, l := range all {
			sum += l
		}
		if l := sum / float64(len(all)); l > clear {
			r.means = append(r.means, mean{name, l})
		}
	}
	slices.SortFunc(r.means, byMean)
	for _, m := range r.means[:min(10, len(r.means))] {
		for _, l := range rows[m.name] {
			r.spread = max(r.spread, math.Abs(l-m.logProb))
		}
	}
}

// collapsed reports whether entries of a list have become one, because their tokens have
// one text and the list is an object of JSON.
func (r *run) collapsed(t Token) bool {
	_, is := r.dialect.(completions)
	return is && len(t.List) < r.list && slices.ContainsFunc(t.List, func(e Entry) bool { return e.ID < 0 })
}

// lowest is the largest log-probability of a token that has no name of its own, below
// which ranks and masses are not known.
func lowest(t Token) float64 {
	out := math.Inf(-1)
	for _, e := range t.List {
		if e.unclear() {
			out = max(out, e.LogProb)
		}
	}
	return out
}

func byMean(a, b mean) int {
	return byLogProb(Entry{Text: a.name, ID: -1, LogProb: a.logProb}, Entry{Text: b.name, ID: -1, LogProb: b.logProb})
}

// listOf is a list by name, without the impossible and without names that come twice.
func listOf(t Token) map[string]float64 {
	out := make(map[string]float64, len(t.List))
	var twice []string
	for _, e := range t.List {
		name := e.name()
		if _, is := out[name]; is {
			twice = append(twice, name)
		}
		if !math.IsInf(e.LogProb, -1) {
			out[name] = e.LogProb
		}
	}
	for _, name := range twice {
		delete(out, name)
	}
	return out
}

// slope is by how much larger than at T = 1 the differences of log-probabilities are in
// this list, by least squares. It is NaN if too few tokens are shared.
func (r *run) slope(t Token) float64 {
	list := listOf(t)
	above, below, shared := 0.0, 0.0, 0
	for _, m := range r.means {
		l, is := list[m.name]
		reference, has := list[r.means[0].name]
		if !is || !has {
			continue
		}
		d := m.logProb - r.means[0].logProb
		above += d * (l - reference)
		below += d * d
		shared++
	}
	if shared < 2 || below < 0.5 {
		return math.NaN()
	}
	return above / below
}

// slopes are those of the first tokens of cold answers to the first prompt, sorted.
func (r *run) slopes() []float64 {
	var all []float64
	for _, s := range r.cold {
		if s.query.Prompt == r.prompts[0] && s.query.Temperature == coldT && len(s.Tokens) > 0 {
			if b := r.slope(s.Tokens[0]); !math.IsNaN(b) {
				all = append(all, b)
			}
		}
	}
	slices.Sort(all)
	return all
}

// mostSpread is by how much lists of one prompt may differ for their mean to be compared with
// others: more than any noise, and less than what a hidden thought or a date makes.
const mostSpread = 1.0

// findKind compares log-probabilities at coldT with those at T = 1.
func (r *run) findKind() kind {
	if r.spread > mostSpread {
		return r.findKindOfEach()
	}
	all := r.slopes()
	if len(all) == 0 {
		return unknown
	}
	switch b := all[len(all)/2]; {
	case math.Abs(b-1) < 0.2:
		return raw
	case math.Abs(b-1/coldT) < 0.4:
		return scaled
	}
	return unknown
}

// findKindOfEach looks for each list at coldT among those at T = 1, which are several where
// what is before the first token differs: as it is, or with differences twice as large.
func (r *run) findKindOfEach() kind {
	votes := map[kind]int{}
	for _, s := range r.cold {
		if s.query.Temperature != coldT || len(s.Tokens) == 0 {
			continue
		}
		is := map[kind]bool{}
		for _, plain := range r.plain {
			if len(plain.Tokens) > 0 {
				is[raw] = is[raw] || fits(s.Tokens[0], plain.Tokens[0], 1)
				is[scaled] = is[scaled] || fits(s.Tokens[0], plain.Tokens[0], 1/coldT)
			}
		}
		if is[raw] != is[scaled] {
			votes[raw] += count(is[raw])
			votes[scaled] += count(is[scaled])
		}
	}
	switch {
	case votes[raw] >= 5 && votes[raw] > 9*votes[scaled]:
		return raw
	case votes[scaled] >= 5 && votes[scaled] > 9*votes[raw]:
		return scaled
	}
	return unknown
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// fits reports whether the differences of the eight most probable tokens of a list are so many
// times as large in another.
func fits(other, plain Token, times float64) bool {
	const shared, slack = 6, 0.1
	list, known := slices.Clone(plain.List), listOf(other)
	slices.SortStableFunc(list, byLogProb)
	list = list[:min(8, len(list))]
	if len(list) < shared {
		return false
	}
	found := 0
	top, is := known[list[0].name()]
	for _, e := range list {
		l, has := known[e.name()]
		if !is || has && math.Abs(l-top-times*(e.LogProb-list[0].LogProb)) > slack {
			return false
		}
		found += count(has)
	}
	return found >= shared
}
