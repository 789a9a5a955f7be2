package server

import "fmt"

// several reports whether a request can ask for more than one completion.
func (r *run) several() bool {
	switch r.dialect.(type) {
	case completions, chat:
		return true
	}
	return false
}

const copies = 4 // completions that a request asks for

// sibling is a completion of the same request: which token it has behind a context, and the
// number of each step.
type sibling struct {
	pair    string // which two completions are compared
	tokens  map[string]string
	numbers [][][2]float64
}

// compare bets that a draw repeats the sibling's, by its token or by its number.
func (s *sibling) compare(j *judge, row row, context string, orders [][]int, ratios map[string]float64) {
	ratios[s.pair+" have the same tokens"+j.label] = row.repeats(s.tokens[context], 0.75)
	step := len(j.numbers) - 1
	if step < 0 || step >= len(s.numbers) || s.numbers[step] == nil {
		return
	}
	for o, order := range orders {
		near := s.numbers[step][o]
		ratios[s.pair+" have the same numbers, in "+orderNames[o]+j.label] = row.window(order, near[0], near[1])
	}
}

// severalBets is how many bets there are besides the favoured one: for each pair of
// completions, with and without a seed, one on tokens and one on numbers in each order.
const severalBets = mostBets + copies*(copies-1)/2*2*3

// askSeveral asks for several completions. absent says that there are fewer or more.
func (r *run) askSeveral(q Query) (all []sample, absent string, err error) {
	q.Count = copies
	all, err = r.ask(q)
	if err == nil && len(all) != copies {
		absent = fmt.Sprintf("n = %d gives %d", copies, len(all))
	}
	return all, absent, err
}

func (r *run) endsSeveral() (outcome, error) {
	if !r.several() {
		return outcome{absent: "the dialect has no n"}, nil
	}
	if absent := r.hidden(); absent != "" {
		return outcome{absent: absent}, nil
	}
	j := r.judge(true, repeats)
	j.pooled, j.bets.others = true, severalBets
	for i := range r.share(16) {
		q := Query{Prompt: r.prompts[0], Temperature: 1, Limit: 4}
		if i%4 > 1 {
			q.Limit = 1
		}
		j.label = ""
		if i%2 == 1 {
			q.Seed, j.label = uint32(100+10*i), ", with a seed" // some give each completion the seed after
		}
		all, absent, err := r.askSeveral(q)
		switch {
		case cannotRead(err):
			continue
		case err != nil:
			return outcome{}, err
		case absent != "":
			return outcome{absent: absent}, nil
		}
		j.request(all)
	}
	j.siblings = nil
	return j.outcome(), nil
}

// request takes the completions of one request in.
func (j *judge) request(all []sample) {
	if q := all[0].query; q.Limit == 1 && q.Seed == 0 {
		j.r.short = append(j.r.short, all...)
	}
	j.last, j.numbers = map[string]string{}, nil
	var before []*sibling
	for i, s := range all {
		j.apart = i == 0 // the first completion of several is drawn as if it were one
		j.siblings = nil
		for k, other := range before {
			j.siblings = append(j.siblings, &sibling{fmt.Sprintf("completions %d and %d of a request", k+1, i+1), other.tokens, other.numbers})
		}
		own := &sibling{tokens: map[string]string{}}
		context := s.query.Prompt
		for _, t := range s.Tokens {
			own.tokens[context] = t.name()
			context += t.Text
		}
		j.answer(s)
		own.numbers = j.numbers
		before = append(before, own)
	}
}
