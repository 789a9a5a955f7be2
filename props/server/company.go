package server

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
)

const (
	rowSlack  = 1.0 // of the median difference between a list alone and in company
	rowTimes  = 3   // or so many times what asking again changes
	numbersTo = 0.1 // of any difference between a list alone and in company, for the Should law
)

// company sends requests at once, twice: every eighth with a seed, a third of the others
// greedy. Those with a seed begin with the sixth, as a server may have served the first
// before the others reach it.
func (r *run) company() error {
	if r.compared {
		return nil
	}
	r.compared = true
	var queries []Query
	for i := range neighbours {
		q := Query{Prompt: r.prompts[i%len(r.prompts)], Temperature: 1, Limit: 8}
		switch {
		case i%8 == 5:
			q = r.seeded()
		case i%3 == 0 && !r.noZero:
			q.Temperature = 0
		}
		queries = append(queries, q)
	}
	for range 2 {
		all, err := r.together(queries)
		var no refusal
		if errors.As(err, &no) {
			r.busy = fmt.Sprintf("the server refuses some of %d requests at once: %v", neighbours, err)
			return nil
		}
		if err != nil {
			return err
		}
		r.owns.group(all)
		r.atOnce = append(r.atOnce, all...)
	}
	return nil
}

// together sends queries at once.
func (r *run) together(queries []Query) ([]sample, error) {
	if err := r.client.rest(r.ctx, len(queries)); err != nil {
		return nil, err
	}
	out := make([]sample, len(queries))
	errs := make([]error, len(queries))
	var all sync.WaitGroup
	for i, q := range queries {
		all.Go(func() { out[i], errs[i] = r.one(q) })
	}
	all.Wait()
	var read []sample
	for i, err := range errs {
		switch {
		case err == nil:
			read = append(read, out[i])
		case !cannotRead(err):
			return nil, err
		}
	}
	return read, nil
}

// companions are the answers in company that a law looks at, or why there are none.
func (r *run) companions() ([]sample, string, error) {
	if r.list == 0 {
		return nil, noLists, nil
	}
	err := r.company()
	return r.atOnce, r.busy, err
}

// apartAll are the differences of the lists of first tokens in company from those alone.
func (r *run) apartAll(all []sample) (differences [][]float64, curls []string) {
	for _, s := range all {
		alone, is := r.alone[s.query.Prompt]
		if !is || len(s.Tokens) == 0 || s.query.Temperature != 1 {
			continue
		}
		if d := apart(alone, s.Tokens[0]); len(d) > 0 {
			slices.Sort(d)
			differences, curls = append(differences, d), append(curls, s.curl)
		}
	}
	return differences, curls
}

func (r *run) neighboursRows() (outcome, error) {
	all, absent, err := r.companions()
	if err != nil || absent != "" {
		return outcome{absent: absent}, err
	}
	differences, curls := r.apartAll(all)
	out := outcome{inputs: len(differences)}
	strange := ""
	for i, d := range differences {
		median := d[len(d)/2]
		switch {
		case median <= max(rowSlack, rowTimes*r.spread):
		case strange == "":
			strange = fmt.Sprintf("the list differs by %.3g in the median from the one that the prompt has alone\n%s", median, curls[i])
		default: // one may be chance of the network between
			out.broken = strange
		}
	}
	return out, nil
}

func (r *run) neighboursNumbers() (outcome, error) {
	all, absent, err := r.companions()
	if err != nil || absent != "" {
		return outcome{absent: absent}, err
	}
	differences, _ := r.apartAll(all)
	furthest := 0.0
	for _, d := range differences {
		furthest = max(furthest, d[len(d)-1])
	}
	out := outcome{inputs: len(differences), note: fmt.Sprintf("the largest difference of a log-probability among the five most probable tokens, alone and among %d other requests, is %.2g", neighbours-1, furthest)}
	if furthest > max(numbersTo, 3*r.spread) {
		out.broken = out.note
	}
	return out, nil
}

// neighboursSettings looks for requests that are served with the temperature of others.
func (r *run) neighboursSettings() (outcome, error) {
	if absent := r.hidden(); absent != "" {
		return outcome{absent: absent}, nil
	}
	all, absent, err := r.companions()
	if err != nil || absent != "" {
		return outcome{absent: absent}, err
	}
	j := r.judge(true, greedy)
	j.pooled = true
	for _, s := range all {
		switch {
		case s.query.Temperature == 0 && !r.drawing:
			if wrong, _ := r.notGreedy(s); wrong != "" {
				return outcome{inputs: len(all), broken: "a request with T = 0, served beside others with T = 1: " + wrong}, nil
			}
		case s.query.Temperature == 1 && s.query.Seed == 0:
			j.answer(s)
		}
	}
	return j.outcome(), nil
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
