package server

import (
	"encoding/json"
	"fmt"
	"slices"
)

// completions is OpenAI's /v1/completions, with the additions of vLLM where the server
// takes them.
type completions struct{ vllm bool }

func (d completions) name() string {
	if d.vllm {
		return "OpenAI completions with vLLM's additions"
	}
	return "OpenAI completions"
}

func (completions) path() string { return "/v1/completions" }

func (d completions) encode(model string, q Query, n neutral) map[string]any {
	body := common(model, q, n)
	body["prompt"] = q.Prompt
	if q.List > 0 {
		body["logprobs"] = q.List
		if d.vllm {
			body["return_tokens_as_token_ids"], body["return_token_ids"] = true, true
		}
	}
	if q.Echo {
		body["echo"] = true
	}
	if d.vllm && len(q.IDs) > 0 {
		body["prompt"], body["prompt_logprobs"] = q.IDs, 1
	}
	return body
}

// legacy holds the log-probabilities of completions: four lists, or one as in chat.
type legacy struct {
	Tokens  []string              `json:"tokens"`
	Chosen  []*float64            `json:"token_logprobs"`
	Top     []map[string]*float64 `json:"top_logprobs"`
	Offsets []int                 `json:"text_offset"`
	Content []listed              `json:"content"`
}

func (d completions) decode(body []byte) ([]Completion, error) {
	var answer struct {
		Choices []struct {
			Text   *string         `json:"text"`
			Reason string          `json:"finish_reason"`
			Logs   json.RawMessage `json:"logprobs"`
			IDs    []int           `json:"prompt_token_ids"`
			Given  []map[int]*struct {
				LogProb float64 `json:"logprob"`
			} `json:"prompt_logprobs"`
		} `json:"choices"`
	}
	if err := unmarshal(body, &answer); err != nil {
		return nil, err
	}
	var all []Completion
	for _, c := range answer.Choices {
		if c.Text == nil {
			return nil, errShape
		}
		var logs legacy
		if len(c.Logs) > 0 {
			if err := unmarshal(c.Logs, &logs); err != nil {
				return nil, err
			}
		}
		done := Completion{Text: *c.Text, Reason: c.Reason, PromptIDs: c.IDs}
		for _, at := range c.Given {
			numbers := map[int]float64{}
			for id, n := range at {
				if n != nil {
					numbers[id] = n.LogProb
				}
			}
			done.Given = append(done.Given, numbers)
		}
		var err error
		if done.Tokens, err = logs.read(); err != nil {
			return nil, err
		}
		all = append(all, done)
	}
	if len(all) == 0 {
		return nil, errShape
	}
	return all, nil
}

func (l legacy) read() ([]Token, error) {
	if len(l.Content) > 0 {
		return tokens(l.Content), nil
	}
	if len(l.Tokens) != len(l.Chosen) {
		return nil, fmt.Errorf("%d tokens with %d log-probabilities", len(l.Tokens), len(l.Chosen))
	}
	var all []Token
	for i, text := range l.Tokens {
		t := Token{Entry: entry(text, logProb(l.Chosen[i]))}
		if i < len(l.Top) {
			for other, number := range l.Top[i] {
				t.List = append(t.List, entry(other, logProb(number)))
			}
			slices.SortFunc(t.List, byLogProb)
		}
		all = append(all, t)
	}
	return all, nil
}

// byLogProb puts the most probable first, by name among equals so that the order is that
// of no map.
func byLogProb(a, b Entry) int {
	switch {
	case a.LogProb > b.LogProb:
		return -1
	case a.LogProb < b.LogProb:
		return 1
	case a.name() < b.name():
		return -1
	case a.name() > b.name():
		return 1
	}
	return 0
}

// chat is OpenAI's /v1/chat/completions.
type chat struct{}

func (chat) name() string { return "OpenAI chat" }
func (chat) path() string { return "/v1/chat/completions" }

func (chat) encode(model string, q Query, n neutral) map[string]any {
	body := common(model, q, n)
	body["messages"] = []map[string]string{{"role": "user", "content": q.Prompt}}
	if q.List > 0 {
		body["logprobs"], body["top_logprobs"] = true, q.List
	}
	return body
}

func (chat) decode(body []byte) ([]Completion, error) {
	var answer struct {
		Choices []struct {
			Message *struct {
				Content *string `json:"content"`
			} `json:"message"`
			Reason string `json:"finish_reason"`
			Logs   *struct {
				Content []listed `json:"content"`
			} `json:"logprobs"`
		} `json:"choices"`
	}
	if err := unmarshal(body, &answer); err != nil {
		return nil, err
	}
	var all []Completion
	for _, c := range answer.Choices {
		if c.Message == nil {
			return nil, errShape
		}
		done := Completion{Reason: c.Reason}
		if c.Message.Content != nil {
			done.Text = *c.Message.Content
		}
		if c.Logs != nil {
			done.Tokens = tokens(c.Logs.Content)
		}
		all = append(all, done)
	}
	if len(all) == 0 {
		return nil, errShape
	}
	return all, nil
}
