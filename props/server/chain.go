package server

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// One in chainFew log-probabilities of a text generated and the same in a prompt may differ
// by more than chainSlack, or chainTimes what asking again changes.
const (
	chainSlack = 0.15
	chainTimes = 4
	chainFew   = 6
)

func (r *run) chainRule() (outcome, error) {
	if _, is := r.dialect.(completions); !is || r.list == 0 {
		return outcome{absent: "the dialect does not echo"}, nil
	}
	var differences []float64
	var how, curl string
	for i, prompt := range r.prompts[:4] {
		made, err := r.long(i < 2, Query{Prompt: prompt, Temperature: 1, Limit: 16})
		if cannotRead(err) {
			continue
		}
		if err != nil {
			return outcome{}, err
		}
		if last := len(made.Tokens) - 1; last >= 0 && len(made.Tokens) < made.query.Limit {
			made.Tokens = made.Tokens[:last] // it may be the end, which prompts do not have
		}
		again, by, request, err := r.again(made)
		if cannotRead(err) {
			continue
		}
		if err != nil {
			return outcome{}, err
		}
		differences, how, curl = append(differences, again...), by, request
	}
	if len(differences) < 8 {
		return outcome{absent: "the server gives no log-probabilities of a prompt, or cuts an echoed text into other tokens"}, nil
	}
	slices.Sort(differences)
	median, most := differences[len(differences)/2], differences[len(differences)-1]
	out := outcome{inputs: len(differences), note: fmt.Sprintf("log-probabilities of a text generated and given by %s differ by %.2g in the median, %.2g at most", how, median, most)}
	slack := max(chainSlack, chainTimes*r.spread)
	if !r.whole { // lists may be of what default cuts leave, and those of a prompt are not
		slack -= math.Log(coreMass)
	}
	if differences[len(differences)-1-len(differences)/chainFew] > slack {
		out.broken = out.note + "\n" + curl
	}
	return out, nil
}

// again compares the log-probabilities of a text with those of the same tokens in a
// prompt: by IDs, where the server takes and gives them, and by echo elsewhere.
func (r *run) again(made sample) (differences []float64, how, curl string, err error) {
	ids := made.PromptIDs
	for _, t := range made.Tokens {
		ids = append(ids, t.ID)
	}
	if len(made.PromptIDs) > 0 && !slices.Contains(ids, -1) {
		given, err := r.one(Query{IDs: ids, Temperature: 1, Limit: 1})
		var no refusal
		if err != nil && !errors.As(err, &no) && !cannotRead(err) {
			return nil, "", "", err
		}
		if err == nil && len(given.Given) == len(ids) {
			return compareIDs(made, given.Given), "prompt_logprobs", given.curl, nil
		}
	}
	if len(made.Tokens) < 2 {
		return nil, "", "", nil
	}
	echo, err := r.one(Query{Prompt: made.query.Prompt + made.Text, Temperature: 1, Limit: 1, Echo: true})
	return r.compare(made, echo.Tokens), "echo", echo.curl, err
}

// compareIDs returns the differences of log-probabilities where the prompt has the
// tokens of a text behind its own.
func compareIDs(made sample, given []map[int]float64) []float64 {
	var out []float64
	for i, t := range made.Tokens {
		if l, is := given[len(made.PromptIDs)+i][t.ID]; is {
			out = append(out, math.Min(100, math.Abs(l-t.LogProb)))
		}
	}
	return out
}

// compare returns the differences of log-probabilities of a text's tokens and of the same
// tokens in an echo, which ends with them and one more. It returns none where the tokens
// are not the same, or too few to be sure of their place. A token of the context may be
// penalised where it was drawn, unless the dialect takes penalties off.
func (r *run) compare(made sample, echo []Token) []float64 {
	at := len(echo) - 1 - len(made.Tokens)
	if at < 1 || longer(made) {
		return nil
	}
	var out []float64
	names, context := map[string]bool{}, made.query.Prompt
	for i, t := range made.Tokens {
		if echo[at+i].name() != t.name() {
			return nil
		}
		names[t.name()] = true
		if r.whole || !meets(context, t.Text) {
			out = append(out, math.Min(100, math.Abs(echo[at+i].LogProb-t.LogProb)))
		}
		context += t.Text
	}
	if len(names) < 3 {
		return nil
	}
	return out
}

// longer reports whether a text has characters that are in none of its tokens. As a prompt
// it would be another text.
func longer(s sample) bool {
	all := 0
	for _, t := range s.Tokens {
		all += len(marks.Replace(t.Text))
	}
	return len(s.Text) > all
}
