package fake

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"

	"temper/fixtures"
	"temper/reference"
)

// asked holds the fields of a request in any dialect.
type asked struct {
	Prompt   string `json:"prompt"`
	Messages []struct {
		Content string `json:"content"`
	} `json:"messages"`
	Temperature *float64        `json:"temperature"`
	TopP        *float64        `json:"top_p"`
	TopK        *int            `json:"top_k"`
	MinP        *float64        `json:"min_p"`
	MaxTokens   *int            `json:"max_tokens"`
	NPredict    *int            `json:"n_predict"`
	NumPredict  *int            `json:"num_predict"`
	Seed        *uint64         `json:"seed"`
	Stop        []string        `json:"stop"`
	N           int             `json:"n"`
	Echo        bool            `json:"echo"`
	LogProbs    json.RawMessage `json:"logprobs"`
	TopLogProbs int             `json:"top_logprobs"`
	NProbs      int             `json:"n_probs"`
	AsIDs       bool            `json:"return_tokens_as_token_ids"`
	Options     json.RawMessage `json:"options"`
}

type object = map[string]any

// routes sets what is served where.
func (s *server) routes() {
	models := func(w http.ResponseWriter, _ *http.Request) {
		owner := "temper"
		if s.Dialect == VLLM {
			owner = "vllm"
		}
		reply(w, object{"object": "list", "data": []object{{"id": "opticks", "object": "model", "owned_by": owner}}})
	}
	switch s.Dialect {
	case Completions, VLLM:
		s.mux.HandleFunc("GET /v1/models", models)
		s.mux.HandleFunc("POST /v1/completions", s.handle(s.completions))
	case Chat:
		s.mux.HandleFunc("GET /v1/models", models)
		s.mux.HandleFunc("POST /v1/chat/completions", s.handle(s.chat))
	case Llama:
		s.mux.HandleFunc("POST /completion", s.handle(s.llama))
	case Ollama:
		s.mux.HandleFunc("GET /api/tags", func(w http.ResponseWriter, _ *http.Request) {
			reply(w, object{"models": []object{{"name": "opticks"}}})
		})
		s.mux.HandleFunc("POST /api/generate", s.handle(s.ollama))
	}
}

// handle reads a request, completes it, and writes what speak makes of it.
func (s *server) handle(speak func(asked, job, []completion) object) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		var a asked
		if err == nil {
			err = json.Unmarshal(body, &a)
		}
		if err == nil && len(a.Options) > 0 {
			err = json.Unmarshal(a.Options, &a)
		}
		if err == nil && s.Dialect == Chat && (a.TopK != nil || a.MinP != nil) {
			err = fmt.Errorf("unrecognized request argument: top_k or min_p")
		}
		var j job
		if err == nil {
			j, err = s.job(a)
		}
		if err != nil {
			if a.Temperature != nil && *a.Temperature < 0 && s.Bug == DiesOfTemperature {
				s.dead.Store(true)
			}
			w.WriteHeader(http.StatusBadRequest)
			reply(w, object{"error": object{"message": err.Error()}})
			return
		}
		reply(w, speak(a, j, s.complete(j)))
	}
}

// job checks a request.
func (s *server) job(a asked) (job, error) {
	j := job{limit: 16, seed: a.Seed, stop: a.Stop, count: a.N, echo: a.Echo, how: reference.Sampling{Temperature: 1}}
	text := a.Prompt
	for _, m := range a.Messages {
		text += m.Content
	}
	j.prompt = tokenize(text)
	for _, limit := range []*int{a.MaxTokens, a.NPredict, a.NumPredict} {
		if limit != nil {
			j.limit = *limit
		}
	}
	if a.Temperature != nil {
		j.how.Temperature = *a.Temperature
	}
	if a.TopP != nil {
		j.how.TopP = *a.TopP
	}
	if s.Cuts {
		j.how.TopK, j.how.MinP = 40, 0.05
		if a.TopP == nil {
			j.how.TopP = 0.95
		}
	}
	if s.Warm && j.how.Temperature == 0 {
		j.how.Temperature = 1e-5
	}
	if s.Dialect != Completions && s.Dialect != Chat {
		if a.TopK != nil {
			j.how.TopK = max(0, *a.TopK)
		}
		if a.MinP != nil {
			j.how.MinP = *a.MinP
		}
	}
	s.lists(a, &j)
	switch {
	case len(j.prompt) == 0:
		return j, fmt.Errorf("the prompt is empty")
	case j.limit < 0 || j.limit > 256:
		return j, fmt.Errorf("max_tokens is outside [0, 256]")
	case j.how.Temperature > 100:
		return j, fmt.Errorf("temperature is above 100")
	case a.TopP != nil && *a.TopP == 0:
		return j, fmt.Errorf("top_p is 0")
	case a.TopK != nil && *a.TopK < -1:
		return j, fmt.Errorf("top_k is below -1")
	case j.count > 16:
		return j, fmt.Errorf("n is above 16")
	case j.list > s.List:
		return j, fmt.Errorf("a list of %d, at most %d", j.list, s.List)
	}
	return j, (reference.Convention{Order: []reference.Step{reference.Temper, reference.TopK, reference.TopP, reference.MinP}}).Check(j.how)
}

// lists reads how long lists are to be.
func (s *server) lists(a asked, j *job) {
	if s.List == 0 {
		return // it has none, and says nothing
	}
	j.list = max(a.NProbs, a.TopLogProbs)
	if s.Dialect == Completions || s.Dialect == VLLM {
		json.Unmarshal(a.LogProbs, &j.list) // null or absent stays 0
	}
}

func (s *server) tells(j job) bool { return s.List > 0 && j.list > 0 }

func (s *server) completions(a asked, j job, all []completion) object {
	name := func(token int) string {
		if a.AsIDs && s.Dialect == VLLM {
			return fmt.Sprintf("token_id:%d", token)
		}
		return word(token)
	}
	var choices []object
	for i, c := range all {
		steps, text := c.steps, c.text
		if j.echo {
			steps, text = append(s.echo(j), steps...), a.Prompt+text
		}
		choice := object{"index": i, "text": text, "finish_reason": c.reason, "logprobs": nil}
		if s.tells(j) {
			choice["logprobs"] = legacy(steps, name)
		}
		choices = append(choices, choice)
	}
	return object{"object": "text_completion", "model": "opticks", "choices": choices}
}

func legacy(steps []step, name func(int) string) object {
	var tokens []string
	var chosen []any
	var top []any
	for _, t := range steps {
		tokens = append(tokens, name(t.token))
		if t.list == nil {
			chosen, top = append(chosen, nil), append(top, nil)
			continue
		}
		list := object{}
		for _, p := range t.list {
			list[name(p.token)] = number(p.logProb)
		}
		list[name(t.token)] = number(t.logProb) // the chosen token is always there
		chosen, top = append(chosen, number(t.logProb)), append(top, list)
	}
	return object{"tokens": tokens, "token_logprobs": chosen, "top_logprobs": top}
}

// echo is the prompt as steps; the first token has no log-probability.
func (s *server) echo(j job) []step {
	out := []step{{token: j.prompt[0]}}
	for at := 1; at < len(j.prompt); at++ {
		out = append(out, s.tell(s.logits(j.prompt[:at]), j.prompt[at], j))
	}
	if s.Bug == EchoShifted {
		for at := len(out) - 1; at > 1; at-- {
			out[at].logProb = out[at-1].logProb
		}
	}
	return out
}

func (s *server) chat(_ asked, j job, all []completion) object {
	var choices []object
	for i, c := range all {
		choice := object{"index": i, "message": object{"role": "assistant", "content": c.text}, "finish_reason": c.reason, "logprobs": nil}
		if s.tells(j) {
			choice["logprobs"] = object{"content": listed(c.steps, false)}
		}
		choices = append(choices, choice)
	}
	return object{"object": "chat.completion", "model": "opticks", "choices": choices}
}

func (s *server) llama(_ asked, j job, all []completion) object {
	reason := map[string]string{"length": "limit", "stop": "eos"}[all[0].reason]
	if all[0].word {
		reason = "word"
	}
	out := object{"content": all[0].text, "stop": true, "stop_type": reason, "tokens_predicted": len(all[0].steps)}
	if s.tells(j) {
		out["completion_probabilities"] = listed(all[0].steps, true)
	}
	return out
}

func (s *server) ollama(_ asked, j job, all []completion) object {
	out := object{"model": "opticks", "response": all[0].text, "done": true, "done_reason": all[0].reason, "eval_count": len(all[0].steps)}
	if s.tells(j) {
		out["logprobs"] = listed(all[0].steps, false)
	}
	return out
}

// listed writes steps as chat, llama-server and Ollama do.
func listed(steps []step, ids bool) []object {
	one := func(token int, logProb float64) object {
		o := object{"token": word(token), "bytes": []byte(word(token)), "logprob": number(logProb)}
		if ids {
			o["id"] = token
		}
		return o
	}
	out := []object{}
	for _, t := range steps {
		o := one(t.token, t.logProb)
		top := []object{}
		for _, p := range t.list {
			top = append(top, one(p.token, p.logProb))
		}
		o["top_logprobs"] = top
		out = append(out, o)
	}
	return out
}

// word is a token as text; the end has a name.
func word(token int) string {
	if token < len(fixtures.NeuralAlphabet) {
		return letter(token)
	}
	return "<end>"
}

// number is a log-probability in JSON. An infinite one makes a document that is no JSON,
// as some libraries write it.
func number(l float64) any {
	if math.IsInf(l, -1) {
		return infinite
	}
	return l
}

const infinite = "\u0000-Infinity"

func reply(w http.ResponseWriter, what object) {
	w.Header().Set("Content-Type", "application/json")
	text, err := json.Marshal(what)
	if err != nil {
		panic(err) // maps, strings and finite numbers
	}
	io.WriteString(w, strings.ReplaceAll(string(text), `"\u0000-Infinity"`, "-Infinity"))
}
