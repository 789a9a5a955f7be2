package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
)

// dialect is one way to ask over HTTP.
type dialect interface {
	name() string
	path() string
	encode(model string, q Query, n neutral) map[string]any
	decode(body []byte) ([]Completion, error)
}

// neutral says with which fields a server takes cuts and penalties off, beyond those
// that every server of the dialect has.
type neutral int

const (
	plain    neutral = iota // the dialect's own fields only
	minusOne                // top_k = -1 and more
	zero                    // top_k = 0 and more
)

// dialects are all of them, the one that tells most first.
func dialects() []dialect {
	return []dialect{llama{}, completions{}, ollama{}, chat{}}
}

// errNotJSON is an answer that is no JSON.
var errNotJSON = errors.New("not JSON")

// errShape is an answer without what the dialect promises.
var errShape = errors.New("the answer has no completion")

// errField is an answer with a field that is not what the dialect has there.
var errField = errors.New("the answer has another shape")

func unmarshal(body []byte, into any) error {
	body = bytes.TrimPrefix(body, []byte("\uFEFF")) // which some write, and readers may pass over
	var syntax *json.SyntaxError
	var field *json.UnmarshalTypeError
	switch err := json.Unmarshal(body, into); {
	case errors.As(err, &syntax) && looksLikeHTML(body):
		return fmt.Errorf("the answer is HTML, %w: it begins %q", errNotJSON, words(body[:min(len(body), 120)]))
	case errors.As(err, &syntax):
		at := min(len(body), int(syntax.Offset))
		return fmt.Errorf("the answer is %w: %w, near %q", errNotJSON, err, words(body[max(0, at-80):min(len(body), at+20)]))
	case errors.As(err, &field):
		return fmt.Errorf("%w: %s", errField, mistyped(field))
	case err != nil:
		return fmt.Errorf("%w: %w", errField, err)
	}
	return nil
}

func looksLikeHTML(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(body), []byte("<"))
}

// logProb reads a log-probability. What has none is impossible.
func logProb(n *number) float64 {
	if n == nil || *n <= -9999 {
		return math.Inf(-1)
	}
	return float64(*n)
}

// listed is a token with its list, as chat, llama-server and Ollama write it.
type listed struct {
	Token   string   `json:"token"`
	ID      *whole   `json:"id"`
	LogProb *number  `json:"logprob"`
	Top     []listed `json:"top_logprobs"`
	Prob    *number  `json:"prob"`
	Probs   []listed `json:"top_probs"`
}

func (l listed) entry() Entry {
	e := entry(l.Token, logProb(l.LogProb))
	if l.Prob != nil {
		e.LogProb = math.Log(float64(*l.Prob))
	}
	if l.ID != nil && *l.ID >= 0 {
		e.ID = int(*l.ID)
	}
	return e
}

func tokens(all []listed) []Token {
	var out []Token
	for _, l := range all {
		t := Token{Entry: l.entry()}
		for _, other := range append(l.Top, l.Probs...) {
			e := other.entry()
			t.List = append(t.List, e)
			if l.LogProb == nil && l.Prob == nil && e.name() == t.name() {
				t.LogProb = e.LogProb // it has none of its own
			}
		}
		out = append(out, t)
	}
	return out
}

// extensions adds the fields that take cuts and penalties off, as vLLM, SGLang and
// llama-server name them.
func extensions(body map[string]any, q Query, n neutral) {
	if n != plain {
		body["top_k"], body["min_p"], body["repetition_penalty"] = 0, 0, 1
		if n == minusOne {
			body["top_k"] = -1
		}
	}
	if q.TopK != 0 {
		body["top_k"] = q.TopK
	}
	if q.MinP != 0 {
		body["min_p"] = q.MinP
	}
}

// common are the fields that completions and chat share.
func common(model string, q Query, n neutral) map[string]any {
	body := map[string]any{"model": model, "temperature": q.Temperature, "top_p": topP(q), "max_tokens": q.Limit, "presence_penalty": 0, "frequency_penalty": 0}
	extensions(body, q, n)
	if q.Seed != 0 {
		body["seed"] = q.Seed
	}
	if len(q.Stop) > 0 {
		body["stop"] = slices.Clone(q.Stop)
	}
	if q.Count > 1 {
		body["n"] = q.Count
	}
	return body
}

func topP(q Query) float64 {
	if q.TopP == 0 {
		return 1
	}
	return q.TopP
}
