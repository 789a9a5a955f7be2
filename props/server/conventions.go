package server

import (
	"fmt"
	"math"
	"slices"
)

// settle says which of two conventions a server has, by a request under which one keeps
// the first few tokens of the mean row and the other the first many. A draw between proves
// the second. That there is none in so many that it would happen once in 10⁶ runs shows
// the first. Where the server gives the probabilities that it drew from, one answer does.
func (r *run) settle(q Query, few, many int, between float64, most int) (found settled, err error) {
	enough := int(math.Ceil(math.Log(1e-6) / math.Log1p(-between)))
	q.Prompt, q.Limit, q.Post = r.prompts[0], 1, r.posts
	posted, empty, unread, last := false, 0, 0, 0
	for found.draws < r.share(most) && (found.draws < enough || found.known) {
		s, err := r.one(q)
		if cannotRead(err) && unread < 3 {
			unread++
			continue
		}
		if err != nil {
			return found, err
		}
		found.curl = s.curl
		if len(s.Tokens) == 0 {
			if empty++; empty > most {
				break
			}
			continue
		}
		found.draws++
		names := []string{s.Tokens[0].name()}
		if s.Post {
			for _, e := range s.Tokens[0].List {
				if !math.IsInf(e.LogProb, -1) {
					names = append(names, e.name())
				}
			}
		}
		for i, name := range names {
			place := slices.IndexFunc(r.means, func(m mean) bool { return m.name == name })
			if place < 0 {
				continue
			}
			least, _ := r.ahead(r.means, place)
			if place >= many && least > q.TopP+0.02 && found.outside == "" {
				found.outside = name
			}
			if place >= few && place < many && q.TopP > 0 && r.behindCold(q, place) {
				found.many, found.known, found.token = true, true, names[i]
			}
		}
		if found.known && last == 0 {
			last = found.draws + 16 // that top_p is ignored would show in so many
		}
		if found.outside != "" || last > 0 && (found.draws >= last || s.Post) {
			return found, nil
		}
		if posted = s.Post; posted {
			break
		}
	}
	if found.known {
		return found, nil
	}
	told := !slices.ContainsFunc(r.means[few:many], func(m mean) bool { return r.ends(m.name) })
	found.known = told && (found.draws >= enough || posted)
	return found, nil
}

// behindCold reports whether a top_p that counts what temperature and top_k left cuts a
// token of the mean row, whatever the order of tokens that are about as probable.
func (r *run) behindCold(q Query, place int) bool {
	about := agreeSlack + 2*r.spread
	ahead, total := 0.0, 0.0
	for i, m := range r.means {
		if q.TopK > 0 && i >= q.TopK {
			break
		}
		p := math.Exp(m.logProb / q.Temperature)
		total += p
		if m.logProb > r.means[place].logProb+about {
			ahead += p
		}
	}
	if q.TopK == 0 {
		unseen := math.Max(0, 1-before(r.means, len(r.means))) + sumSlack/2
		total += unseen * math.Exp((1/q.Temperature-1)*r.means[len(r.means)-1].logProb)
	}
	return ahead > (q.TopP+0.01)*total
}

// settled is what settle found.
type settled struct {
	many, known bool
	token       string // that the one convention cuts and the other keeps
	outside     string // a token that both cut
	draws       int
	curl        string
}

// askOrder looks for a top_p that keeps fewer tokens at T = ½ if temperature comes first.
func (r *run) askOrder() (absent string, err error) {
	if absent := r.without(); absent != "" {
		return absent, nil
	}
	if r.border == 0 {
		var between float64
		if r.few, r.many, r.border, between = r.telling(); r.many > 0 {
			r.coldP, err = r.settle(Query{Temperature: coldT, TopP: r.border}, r.few, r.many, between, 30)
		}
	}
	if r.many == 0 {
		return "no row tells both orders apart", nil
	}
	return "", err
}

func (r *run) cutsCold() (outcome, error) {
	absent, err := r.askOrder()
	if absent == "" && !r.whole {
		absent = "a default penalty may move the border"
	}
	out := outcome{inputs: r.coldP.draws, absent: absent}
	if err == nil && absent == "" && r.coldP.outside != "" {
		out.broken = fmt.Sprintf("at T = ½ top_p = %.3g keeps %q, and at most the first %d of the order of probability may be kept\n%s", r.border, r.text(r.coldP.outside), r.many, r.coldP.curl)
	}
	return out, err
}

func (r *run) cutsOrder() (outcome, error) {
	absent, err := r.askOrder()
	if absent == "" && (!r.cutP || r.coldP.outside != "") {
		absent = "top_p does not cut as it must"
	}
	if absent == "" && !r.anneals {
		absent = "it is not known whether temperature does what it must"
	}
	if err != nil || absent != "" {
		return outcome{absent: absent}, err
	}
	if err := r.findBase(); err != nil {
		return outcome{}, err
	}
	if err := r.findTies(); err != nil {
		return outcome{}, err
	}
	found, few, border := r.coldP, r.few, r.border
	out := outcome{inputs: found.draws}
	switch {
	case found.many:
		r.order = fmt.Sprintf("temperature comes after the cuts: top_p = %.3g at T = ½ keeps %q", border, r.text(found.token))
	case found.known:
		r.order = fmt.Sprintf("temperature comes before the cuts: top_p = %.3g at T = ½ keeps the first %d", border, few)
	default:
		out.absent = fmt.Sprintf("%d draws do not settle it", found.draws)
		return out, nil
	}
	out.note = r.order
	_, isLlama := r.dialect.(llama)
	d, isCompletions := r.dialect.(completions)
	switch {
	case isLlama && !found.many:
		out.broken = "llama-server applies temperature after the cuts; here " + r.order + "\n" + found.curl
	case isCompletions && d.vllm && found.many:
		out.broken = "vLLM applies temperature before the cuts; here " + r.order + "\n" + found.curl
	}
	return out, nil
}

// findBase finds whether top_p is of the mass that top_k left.
func (r *run) findBase() error {
	if !r.whole || !r.cutK {
		return nil
	}
	best, q, few, many := 0.0, Query{Temperature: 1}, 0, 0
	margin := 0.015 + 4*r.spread
	for k := 3; k <= min(12, len(r.means)-1); k++ {
		mass := before(r.means, k)
		if r.gap(k) < leastGap {
			continue
		}
		for p := 0.2; p < 0.95; p += 0.01 {
			short, long := r.crossing(p*mass, margin), min(k, r.crossing(p, margin))
			if share := (before(r.means, max(long, 0)) - before(r.means, max(short, 0))) / mass; short > 0 && long > short && (long == k || before(r.means, k) > p+margin) && share > best {
				best, few, many = share, short, long
				q.TopK, q.TopP = k, p
			}
		}
	}
	if best < 0.1 {
		return nil
	}
	found, err := r.settle(q, few, many, best, 24)
	switch {
	case err != nil || !found.known:
	case found.many:
		r.findings = append(r.findings, fmt.Sprintf("top_p is of the whole mass, not of what top_k left: top_k = %d with top_p = %.2g keeps %q", q.TopK, q.TopP, r.text(found.token)))
	default:
		r.findings = append(r.findings, fmt.Sprintf("top_p is of the mass that top_k left: top_k = %d with top_p = %.2g keeps the first %d", q.TopK, q.TopP, few))
	}
	return err
}

// crossing is the number of tokens that a nucleus of this mass keeps, 0 where the border
// is near that of a token, and more than all where the row does not reach it.
func (r *run) crossing(mass, margin float64) int {
	for kept := 1; kept < len(r.means); kept++ {
		if before(r.means, kept) < mass {
			continue
		}
		if before(r.means, kept) < mass+margin || before(r.means, kept-1) > mass-margin {
			return 0
		}
		return kept
	}
	return len(r.means)
}

// findTies finds whether top_k keeps tokens that are equal to the last.
func (r *run) findTies() error {
	if !r.whole || !r.cutK || r.spread > 0 {
		return nil
	}
	for k := 1; k < min(10, len(r.means)-1); k++ {
		tied := k
		for tied < len(r.means) && r.means[tied].logProb == r.means[k-1].logProb {
			tied++
		}
		if tied == k || tied == len(r.means) {
			continue
		}
		first := k
		for first > 0 && r.means[first-1].logProb == r.means[k-1].logProb {
			first--
		}
		// exactly k keeps some of the tied ones; that more than that come proves the other
		return r.countTies(k, first, tied)
	}
	return nil
}

// countTies asks for draws with a top_k that has equal tokens, from first up to tied, on
// both sides of its border.
func (r *run) countTies(k, first, tied int) error {
	seen := map[string]bool{}
	logUnseen := 0.0
	for range r.share(12) {
		s, err := r.one(Query{Prompt: r.prompts[0], Temperature: 1, TopK: k, Limit: 1})
		if err != nil && !cannotRead(err) {
			return err
		}
		if len(s.Tokens) == 0 {
			continue
		}
		place := slices.IndexFunc(r.means, func(m mean) bool { return m.name == s.Tokens[0].name() })
		if place >= first && place < tied {
			seen[s.Tokens[0].name()] = true
		}
		if len(seen) > k-first {
			r.findings = append(r.findings, fmt.Sprintf("top_k keeps all tokens that are equal to the last: top_k = %d drew %d of the equal ones", k, len(seen)))
			return nil
		}
		p := math.Exp(r.means[first].logProb) / before(r.means, tied)
		logUnseen += math.Log1p(-p)
	}
	if float64(tied-first)*math.Exp(logUnseen) < 1e-6 {
		r.findings = append(r.findings, fmt.Sprintf("top_k keeps exactly so many tokens: top_k = %d with equal tokens at its border", k))
	}
	return nil
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
