package fake

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"

	"temper/fixtures"
	"temper/reference"
)

// asked holds the fields of a request in any dialect.
type asked struct {
	Prompt   prompt `json:"prompt"`
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
	Post        bool            `json:"post_sampling_probs"`
	PromptLists *int            `json:"prompt_logprobs"`
	ReturnIDs   bool            `json:"return_token_ids"`
	AsIDs       bool            `json:"return_tokens_as_token_ids"`
	Options     json.RawMessage `json:"options"`
}

type object = map[string]any

// prompt is a text or a list of tokens.
type prompt struct {
	text   string
	tokens []int
}

func (p *prompt) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '[' {
		return json.Unmarshal(text, &p.tokens)
	}
	return json.Unmarshal(text, &p.text)
}

// routes sets what is served where.
func (s *server) routes() {
	models := func(w http.ResponseWriter, _ *http.Request) {
		owner := "temper"
		if s.Dialect == VLLM {
			owner = "vllm"
		}
		s.reply(w, object{"object": "list", "data": []object{{"id": "opticks", "object": "model", "owned_by": owner}}})
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
			s.reply(w, object{"models": []object{{"name": "opticks"}}})
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
			if s.Habit != ErrorsAreOK {
				w.WriteHeader(http.StatusBadRequest)
			}
			s.reply(w, object{"error": object{"message": err.Error()}})
			return
		}
		s.reply(w, speak(a, j, s.complete(j)))
	}
}

// job checks a request.
func (s *server) job(a asked) (job, error) {
	j := job{limit: 16, seed: a.Seed, stop: a.Stop, count: a.N, echo: a.Echo, how: reference.Sampling{Temperature: 1}}
	text := a.Prompt.text
	switch s.Habit {
	case SystemPrompt:
		text = systemPrompt
	case Dated:
		text = dated() + text
	}
	for _, m := range a.Messages {
		text += m.Content
	}
	j.prompt = tokenize(text)
	if s.Dialect == VLLM && len(a.Prompt.tokens) > 0 {
		j.prompt = a.Prompt.tokens
	}
	j.post = a.Post && s.Dialect == Llama && s.Habit != NoPost
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
	case s.Habit == NoZero && j.how.Temperature == 0:
		return j, errZero
	case slices.Contains(j.prompt, s.network.VocabSize()-1):
		return j, fmt.Errorf("the prompt goes on behind an end")
	case len(j.prompt) == 0:
		return j, fmt.Errorf("the prompt is empty")
	case s.Habit == Brief && j.limit > 40:
		return j, fmt.Errorf("max_tokens is above 40")
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
	if s.List == 0 || s.Bug == CopiesBlind {
		return // it has none, and says nothing
	}
	j.list = max(a.NProbs, a.TopLogProbs)
	if s.Dialect == Completions || s.Dialect == VLLM {
		json.Unmarshal(a.LogProbs, &j.list) // null or absent stays 0
	}
}

func (s *server) tells(j job) bool { return j.list > 0 }

func (s *server) completions(a asked, j job, all []completion) object {
	name := func(token int) string {
		if a.AsIDs && s.Dialect == VLLM {
			return fmt.Sprintf("token_id:%d", token)
		}
		return s.word(token)
	}
	var choices []object
	for i, c := range all {
		steps, text := c.steps, c.text
		if s.Habit == SpaceBefore {
			text = " " + text
		}
		if j.echo {
			steps, text = append(s.echo(j), steps...), a.Prompt.text+text
		}
		choice := object{"index": i, "text": text, "finish_reason": c.reason, "logprobs": nil}
		if s.tells(j) {
			choice["logprobs"] = s.legacy(steps, name)
		}
		if s.Dialect == VLLM && s.Habit != PlainVLLM {
			if a.ReturnIDs {
				choice["prompt_token_ids"] = j.prompt
			}
			if a.PromptLists != nil {
				choice["prompt_logprobs"] = s.promptLists(j)
			}
		}
		choices = append(choices, choice)
	}
	return object{"object": "text_completion", "model": "opticks", "choices": s.ordered(choices), "usage": usage(j, all)}
}

func (s *server) legacy(steps []step, name func(int) string) object {
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
			list[name(p.token)] = s.number(p.logProb)
		}
		list[name(t.token)] = s.number(t.logProb) // the chosen token is always there
		chosen, top = append(chosen, s.number(t.logProb)), append(top, list)
	}
	return object{"tokens": tokens, "token_logprobs": chosen, "top_logprobs": top}
}

// promptLists has for each token of the prompt its log-probability and the largest.
func (s *server) promptLists(j job) []any {
	out := []any{nil}
	before := 0.0
	j.list = 1
	for _, t := range s.echo(j)[1:] {
		own := t.logProb
		switch s.Bug {
		case PromptShifted:
			own, before = before, own
		case PromptOfDraw:
			own = t.list[0].logProb
		}
		key := func(token int) string { return fmt.Sprint(token) }
		out = append(out, object{key(t.list[0].token): object{"logprob": t.list[0].logProb, "rank": 1}, key(t.token): object{"logprob": own}})
	}
	return out
}

// echo is the prompt as steps; the first token has no log-probability.
func (s *server) echo(j job) []step {
	out := []step{{token: j.prompt[0]}}
	if s.Bug == EchoCold {
		s = &server{Config: Config{Bug: OtherTemperature, Dialect: s.Dialect}, network: s.network}
	}
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
			choice["logprobs"] = object{"content": s.listed(c.steps, false, false)}
		}
		choices = append(choices, choice)
	}
	return object{"object": "chat.completion", "model": "opticks", "choices": s.ordered(choices), "usage": usage(j, all)}
}

func (s *server) llama(_ asked, j job, all []completion) object {
	reason := map[string]string{"length": "limit", "stop": "eos"}[all[0].reason]
	if all[0].word {
		reason = "word"
	}
	out := object{"content": all[0].text, "stop": true, "stop_type": reason, "tokens_predicted": all[0].made}
	if s.tells(j) {
		out["completion_probabilities"] = s.listed(all[0].steps, true, j.post)
	}
	return out
}

func (s *server) ollama(_ asked, j job, all []completion) object {
	out := object{"model": "opticks", "response": all[0].text, "done": true, "done_reason": all[0].reason, "eval_count": all[0].made}
	if s.tells(j) {
		out["logprobs"] = s.listed(all[0].steps, false, false)
	}
	return out
}

// told is a token as chat, llama-server and Ollama write it.
type told struct {
	ID      *int     `json:"id,omitempty"`
	Token   string   `json:"token"`
	LogProb any      `json:"logprob,omitempty"`
	Prob    *float64 `json:"prob,omitempty"`
	Top     []told   `json:"top_logprobs,omitempty"`
	TopProb []told   `json:"top_probs,omitempty"`
}

func (s *server) listed(steps []step, ids, post bool) []told {
	one := func(token int, logProb float64) told {
		t := told{Token: s.word(token)}
		if ids {
			t.ID = &token
		}
		if p := math.Exp(logProb); post {
			t.Prob = &p
		} else {
			t.LogProb = s.number(logProb)
		}
		return t
	}
	out := []told{}
	for _, t := range steps {
		o := one(t.token, t.logProb)
		if s.Habit == Ownless {
			o.LogProb = nil
		}
		if t.merged {
			o.Token = "\uFFFD" + letter(t.token)
		}
		var top []told
		for _, p := range t.list {
			top = append(top, one(p.token, p.logProb))
		}
		if post {
			o.TopProb = top
		} else {
			o.Top = top
		}
		out = append(out, o)
	}
	return out
}

// word is a token as text; the end has a name.
func (s *server) word(token int) string {
	switch {
	case token >= len(fixtures.NeuralAlphabet):
		return "<end>"
	case s.Habit == SpacedTokens:
		return named(letter(token))
	case s.Habit == Merging && s.text(token) != letter(token):
		return ""
	case s.Habit == Twins:
		return twins.Replace(letter(token))
	}
	return s.text(token)
}

// number is a log-probability in JSON. An infinite one makes a document that is no JSON,
// as some libraries write it.
func (s *server) number(l float64) any {
	switch {
	case !math.IsInf(l, -1):
		return l
	case s.Habit == Impossible, s.Habit == Unlisted, s.Habit == FourDigits:
		return -9999.0
	}
	return infinite
}

const infinite = "\u0000-Infinity"

// usage counts the tokens of all completions.
func usage(j job, all []completion) object {
	made := 0
	for _, c := range all {
		made += c.made
	}
	return object{"prompt_tokens": len(j.prompt), "completion_tokens": made, "total_tokens": len(j.prompt) + made}
}

func (s *server) reply(w http.ResponseWriter, what object) {
	w.Header().Set("Content-Type", "application/json")
	if s.Habit == Closing {
		w.Header().Set("Connection", "close")
	}
	text, err := json.Marshal(what)
	if err != nil {
		panic(err) // maps, strings and finite numbers
	}
	s.write(w, s.spelled(strings.ReplaceAll(string(text), `"\u0000-Infinity"`, s.infinity())))
}
