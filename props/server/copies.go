package server

import (
	"fmt"
	"math"
)

const (
	ownEqual  = 0.975 // of the bet that the equal one of two texts is of the same request
	copyAlarm = 1e-6  // the probability that a correct server breaks Ends/Copies
)

// endsCopies judges texts, where draws cannot be. The first completion of a request is
// compared with another of the same request, and with the one in that place of the next
// request. Where just one of the two is equal to it, each is so with a probability of ½ if
// completions are independent, whatever the distribution of texts.
func (r *run) endsCopies() (outcome, error) {
	switch {
	case !r.several():
		return outcome{absent: "the dialect has no n"}, nil
	case r.hidden() == "":
		return outcome{absent: "Ends/Several judges the draws"}, nil
	}
	logE, most := 0.0, 0.0
	out, curl := outcome{}, ""
	var before []sample
	for range r.share(16) {
		all, absent, err := r.askSeveral(Query{Prompt: r.prompts[0], Temperature: 1, Limit: 12})
		switch {
		case cannotRead(err):
			continue
		case err != nil:
			return outcome{}, err
		case absent != "":
			return outcome{absent: absent}, nil
		}
		if before == nil {
			before = all
			continue
		}
		for i := 1; i < copies; i++ {
			own, other := before[i].Text == before[0].Text, all[i].Text == before[0].Text
			switch {
			case own && !other:
				logE, curl = logE+math.Log(2*ownEqual), before[0].curl
			case other && !own:
				logE += math.Log(2 * (1 - ownEqual))
			}
			out.inputs++
		}
		before, most = nil, max(most, logE)
	}
	if most >= -math.Log(copyAlarm) {
		out.broken = fmt.Sprintf("completions of one request are equal, and those of several are not: evidence exp(%.1f) in %d pairs\n%s", most, out.inputs, curl)
	}
	return out, nil
}
