package server

import (
	"fmt"
	"math"
)

// findThreshold looks for temperatures that are served as T = 0. Where lists are divided
// by T, one that is not shows it. Elsewhere a draw that is not the most probable token
// proves that a temperature is not. That there is none among draws that all were the most
// probable token with a probability of at most 10⁻⁶ shows that one is.
func (r *run) findThreshold() error {
	if r.kind == unknown {
		return nil
	}
	drawn, taken := 0.0, 0.0
	for _, t := range []float64{0.3, 0.1, 0.03, 0.01, 1e-3, 1e-4, 1e-5, 1e-6} {
		greedy, known, err := r.servedAsZero(t)
		switch {
		case refused(err), cannotRead(err):
			return nil
		case err != nil:
			return err
		case known && greedy:
			taken = t
		case known:
			drawn = t
		}
		if !known || greedy {
			break
		}
	}
	switch {
	case taken > 0 && drawn > 0:
		r.findings = append(r.findings, fmt.Sprintf("T = %.3g is served as T = 0, T = %.3g is not", taken, drawn))
	case taken > 0:
		r.findings = append(r.findings, fmt.Sprintf("T = %.3g is served as T = 0", taken))
	case drawn > 0:
		r.findings = append(r.findings, fmt.Sprintf("T = %.3g is not served as T = 0; of smaller ones the rows cannot tell", drawn))
	}
	return nil
}

// servedAsZero reports whether a temperature is served as T = 0, and whether that is known.
func (r *run) servedAsZero(t float64) (greedy, known bool, err error) {
	if r.kind == scaled {
		s, err := r.one(Query{Prompt: r.prompts[0], Temperature: t, Limit: 1})
		if err != nil || len(s.Tokens) == 0 {
			return false, false, err
		}
		if math.Abs(r.slope(s.Tokens[0])-1) < 0.2 {
			return true, true, nil
		}
	}
	logAllTop := 0.0
	for _, prompt := range r.prompts[:4] {
		s, err := r.one(Query{Prompt: prompt, Temperature: t, Limit: 16})
		if err != nil {
			return false, false, err
		}
		other, log := r.notTop(s)
		if other {
			return false, true, nil
		}
		logAllTop += log
	}
	return true, logAllTop < math.Log(1e-6), nil
}

// notTop reports whether a token of an answer is not the most probable one, and computes
// the logarithm of the probability that all are. Tokens about as probable count as most
// probable, and where a default penalty may meet the most probable one nothing counts.
func (r *run) notTop(s sample) (other bool, logAllTop float64) {
	c := r.exponent(s.query.Temperature)
	slack := max(agreeSlack, 4*r.spread)
	if r.kind == scaled {
		slack /= s.query.Temperature
	}
	context := s.query.Prompt
	for _, t := range s.Tokens {
		top, is := first(t)
		if is && (r.whole || !meets(context, top.Text)) {
			other = other || t.LogProb < top.LogProb-slack
			near, all := 0.0, 0.0
			for _, e := range t.List {
				p := math.Exp(c * (e.LogProb - top.LogProb))
				all += p
				if e.LogProb >= top.LogProb-slack {
					near += p
				}
			}
			logAllTop += math.Log(near / all)
		}
		context += t.Text
	}
	return other, logAllTop
}
