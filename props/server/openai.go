package server

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
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

// legacy holds the log-probabilities of completions: three lists, or one as in chat.
type legacy struct {
	Tokens  []string             `json:"tokens"`
	Chosen  []*number            `json:"token_logprobs"`
	Top     []map[string]*number `json:"top_logprobs"`
	Content []listed             `json:"content"`
}

// usage is the number of tokens of all completions of an answer together.
type usage struct{ tokens hint }

func (u *usage) UnmarshalJSON(text []byte) error {
	var said struct {
		Tokens hint `json:"completion_tokens"`
	}
	json.Unmarshal(text, &said) // what has none says nothing
	u.tokens = said.Tokens
	return nil
}

// finish puts completions in the order of their indices, because some servers write them as
// they end, and says how many tokens an only one has.
func finish(all []Completion, indices []hint, u usage) ([]Completion, error) {
	if len(all) == 0 {
		return nil, errShape
	}
	if len(all) == 1 {
		all[0].Count = u.tokens.n
	}
	ordered, taken := make([]Completion, len(all)), make([]bool, len(all))
	for i, at := range indices {
		if !at.is || at.n < 0 || at.n >= len(all) || taken[at.n] {
			return all, nil // they are no indices
		}
		ordered[at.n], taken[at.n] = all[i], true
	}
	return ordered, nil
}

func (d completions) decode(body []byte) ([]Completion, error) {
	var answer struct {
		Choices []struct {
			Index  hint    `json:"index"`
			Text   content `json:"text"`
			Reason reason  `json:"finish_reason"`
			Logs   *legacy `json:"logprobs"`
			IDs    []whole `json:"prompt_token_ids"`
			Given  []given `json:"prompt_logprobs"`
		} `json:"choices"`
		Usage usage `json:"usage"`
	}
	if err := unmarshal(body, &answer); err != nil {
		return nil, err
	}
	var all []Completion
	var indices []hint
	for i, c := range answer.Choices {
		if !c.Text.is {
			return nil, errShape
		}
		done := Completion{Text: c.Text.text, Reason: string(c.Reason)}
		for _, id := range c.IDs {
			done.PromptIDs = append(done.PromptIDs, int(id))
		}
		for _, at := range c.Given {
			done.Given = append(done.Given, at.numbers())
		}
		if c.Logs != nil {
			var err error
			if done.Tokens, err = c.Logs.read(); err != nil {
				return nil, fmt.Errorf("%w: choices[%d].logprobs has %w", errField, i, err)
			}
		}
		all, indices = append(all, done), append(indices, c.Index)
	}
	return finish(all, indices, answer.Usage)
}

// given are the log-probabilities that a server gives for one token of a prompt, by ID.
type given map[string]*struct {
	LogProb *number `json:"logprob"`
}

func (g given) numbers() map[int]float64 {
	out := map[int]float64{}
	for key, n := range g {
		if id, err := strconv.ParseFloat(key, 64); err == nil && n != nil {
			out[int(id)] = logProb(n.LogProb)
		}
	}
	return out
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
			Index   hint `json:"index"`
			Message *struct {
				Content content `json:"content"`
			} `json:"message"`
			Reason reason `json:"finish_reason"`
			Logs   *struct {
				Content []listed `json:"content"`
			} `json:"logprobs"`
		} `json:"choices"`
		Usage usage `json:"usage"`
	}
	if err := unmarshal(body, &answer); err != nil {
		return nil, err
	}
	var all []Completion
	var indices []hint
	for _, c := range answer.Choices {
		if c.Message == nil {
			return nil, errShape
		}
		done := Completion{Text: c.Message.Content.text, Reason: string(c.Reason)}
		if c.Logs != nil {
			done.Tokens = tokens(c.Logs.Content)
		}
		all, indices = append(all, done), append(indices, c.Index)
	}
	return finish(all, indices, answer.Usage)
}
