package server

import "slices"

// llama is llama-server's own /completion.
type llama struct{}

func (llama) name() string { return "llama-server /completion" }
func (llama) path() string { return "/completion" }

func (llama) encode(_ string, q Query, _ neutral) map[string]any {
	body := map[string]any{
		"prompt": q.Prompt, "temperature": q.Temperature, "n_predict": q.Limit, "cache_prompt": false,
		"top_k": q.TopK, "top_p": topP(q), "min_p": q.MinP, "typical_p": 1, "repeat_penalty": 1,
		"presence_penalty": 0, "frequency_penalty": 0, "dry_multiplier": 0, "xtc_probability": 0, "mirostat": 0, "dynatemp_range": 0,
	}
	if q.List > 0 {
		body["n_probs"] = q.List
	}
	if q.Post {
		body["post_sampling_probs"] = true
	}
	if q.Seed != 0 {
		body["seed"] = q.Seed
	}
	if len(q.Stop) > 0 {
		body["stop"] = slices.Clone(q.Stop)
	}
	return body
}

func (llama) decode(body []byte) ([]Completion, error) {
	var answer struct {
		Content content  `json:"content"`
		Reason  reason   `json:"stop_type"`
		Tokens  []listed `json:"completion_probabilities"`
		Count   hint     `json:"tokens_predicted"`
	}
	if err := unmarshal(body, &answer); err != nil {
		return nil, err
	}
	if !answer.Content.is {
		return nil, errShape
	}
	post := len(answer.Tokens) > 0 && answer.Tokens[0].Prob != nil
	return []Completion{{Text: answer.Content.text, Reason: string(answer.Reason), Tokens: tokens(answer.Tokens), Count: answer.Count.n, Post: post}}, nil
}

// ollama is Ollama's /api/generate, with the prompt as it is.
type ollama struct{}

func (ollama) name() string { return "Ollama /api/generate" }
func (ollama) path() string { return "/api/generate" }

func (ollama) encode(model string, q Query, _ neutral) map[string]any {
	options := map[string]any{
		"temperature": q.Temperature, "num_predict": q.Limit, "top_k": q.TopK, "top_p": topP(q), "min_p": q.MinP,
		"typical_p": 1, "repeat_penalty": 1, "presence_penalty": 0, "frequency_penalty": 0,
	}
	if q.Seed != 0 {
		options["seed"] = q.Seed
	}
	if len(q.Stop) > 0 {
		options["stop"] = slices.Clone(q.Stop)
	}
	body := map[string]any{"model": model, "prompt": q.Prompt, "raw": true, "stream": false, "options": options}
	if q.List > 0 {
		body["logprobs"], body["top_logprobs"] = true, q.List
	}
	return body
}

func (ollama) decode(body []byte) ([]Completion, error) {
	var answer struct {
		Response content  `json:"response"`
		Reason   reason   `json:"done_reason"`
		Tokens   []listed `json:"logprobs"`
		Count    hint     `json:"eval_count"`
	}
	if err := unmarshal(body, &answer); err != nil {
		return nil, err
	}
	if !answer.Response.is {
		return nil, errShape
	}
	return []Completion{{Text: answer.Response.text, Reason: string(answer.Reason), Tokens: tokens(answer.Tokens), Count: answer.Count.n}}, nil
}
