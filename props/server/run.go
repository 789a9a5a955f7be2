package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"sync"
)

// run is one check of one server.
type run struct {
	ctx    context.Context
	client *client
	opts   Options

	dialect dialect
	model   string
	neutral neutral
	list    int      // entries of a list, 0 for none
	whole   bool     // the dialect takes every cut and penalty off
	others  []string // dialects that the server speaks too

	law  string // that is being tried
	done int    // laws finished

	mu   sync.Mutex
	used int
	seen watch
	owns owner
	pool *pool

	rereads int               // answers that cannot be read and are asked for again
	texts   map[string]string // of tokens that have an ID
	plains  map[string]string // the texts of tokens by name, as plainly has them

	// what several laws share
	prompts []string // the flattest row first
	plain   []sample // T = 1, twelve tokens of the first prompt
	cold    []sample // T = coldT and coldest, four tokens
	short   []sample // T = 1, one token, of several prompts
	kind    kind
	means   []mean  // the row of prompts[0] at T = 1, the most probable first
	spread  float64 // by how much log-probabilities differ when asked again
	share1  float64 // the least probability at T = 1 relative to the largest that was drawn
	mass1   float64 // the largest mass of more probable tokens than one that was drawn

	steady bool // lists have one length, apart from a chosen token that is added
	free   bool // draws have shown that there is no penalty of repetition

	few, many int     // what askOrder found: how many tokens a top_p keeps by each order
	border    float64 // that top_p, 0 before
	coldP     settled

	order      string   // what was found of the position of T
	unseeded   bool     // a seed was found to change nothing
	cutP, cutK bool     // Cuts/TopP and Cuts/TopK held
	anneals    bool     // Draws/Temperature held
	posts      bool     // the server gives the probabilities that it draws from
	drawing    bool     // T = 0 was found not to be greedy
	noZero     bool     // T = 0 is refused
	brief      bool     // answers of farText are refused
	findings   []string // conventions that were found besides the order

	compared bool             // requests were sent at once
	alone    map[string]Token // the first list of a prompt alone, at T = 1
	atOnce   []sample         // of requests served at once
	busy     string           // why there are none

	stopping       bool // stop strings were tried, of one token and of two
	single, double []stop

	spoiled  bool // every bad request was sent: how many, which were not refused well
	spoilt   int
	careless []string
	crashed  string // after which the server was dead
}

// kind is what log-probabilities are at T other than 1.
type kind int

const (
	unknown kind = iota
	raw          // those at T = 1
	scaled       // those at T
)

// sample is one answer with its request.
type sample struct {
	query Query
	Completion
	curl string
}

// take counts a request, unless the bound is reached.
func (r *run) take() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.used >= r.opts.Requests {
		return false
	}
	r.used++
	r.progress()
	return true
}

func (r *run) body(q Query) []byte {
	body, err := json.Marshal(r.dialect.encode(r.model, q, r.neutral))
	if err != nil {
		panic(err) // maps of strings and finite numbers
	}
	return body
}

// ask completes the prompt of a query.
func (r *run) ask(q Query) ([]sample, error) {
	if q.List == 0 {
		q.List = r.list
	}
	body := r.body(q)
	curl := r.client.curl(r.dialect.path(), body)
	all, err := r.read(body, curl)
	if err != nil {
		return nil, err
	}
	var out []sample
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range all {
		s := sample{query: q, Completion: c, curl: curl}
		r.seen.look(s)
		r.seen.length(s, q.List, r.chats())
		r.note(c)
		s.Tokens = told(s.Tokens)
		out = append(out, s)
	}
	if len(out) > 1 {
		r.owns.group(out)
		for _, s := range out {
			r.owns.one(s)
		}
	}
	return out, nil
}

// read sends a request and reads the answer. One that cannot be read is noted, and the
// request sent again, so that what it is asked for is not lost.
func (r *run) read(body []byte, curl string) ([]Completion, error) {
	for {
		answer, err := r.client.do(r.ctx, "POST", r.dialect.path(), body)
		if err != nil {
			return nil, err
		}
		all, err := r.dialect.decode(answer)
		if err == nil {
			return all, nil
		}
		if words := saidError(answer); words != "" {
			return nil, refusal{http.StatusOK, words}
		}
		err = unreadable{err}
		r.mu.Lock()
		r.seen.unread++
		again := r.seen.unread <= r.rereads
		r.seen.spoilt(fmt.Sprintf("%v\n%s", err, curl))
		r.mu.Unlock()
		if !again {
			return nil, err
		}
	}
}

// mostRereads is how many answers of a run that cannot be read are asked for again.
const mostRereads = 8

// unreadable is an answer that is no JSON, or not of the shape of its dialect.
type unreadable struct{ cause error }

func (u unreadable) Error() string { return u.cause.Error() }
func (u unreadable) Unwrap() error { return u.cause }

// cannotRead reports whether an answer came and could not be read.
func cannotRead(err error) bool {
	var u unreadable
	return errors.As(err, &u)
}

// note keeps the texts of tokens with an ID.
func (r *run) note(c Completion) {
	for _, t := range c.Tokens {
		for _, e := range t.List {
			if e.ID >= 0 && !strings.HasPrefix(e.Text, "token_id:") {
				r.texts[e.name()] = e.Text
			}
		}
	}
}

// text is that of a token by its name, the name where it is not known.
func (r *run) text(name string) string {
	if text, is := r.texts[name]; is {
		return text
	}
	return name
}

// ends reports whether a token may be one that ends a text.
func (r *run) ends(name string) bool { return special(r.text(name)) }

// saidError is what a success with an error in it says, "" without one.
func saidError(answer []byte) string {
	var said struct {
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(answer, &said) != nil || len(said.Error) == 0 || string(said.Error) == "null" {
		return ""
	}
	return words(said.Error)
}

// one is ask for a single completion.
func (r *run) one(q Query) (sample, error) {
	all, err := r.ask(q)
	if err != nil {
		return sample{}, err
	}
	return all[0], nil
}

// share scales a number of requests to the bound of the run.
func (r *run) share(of500 int) int { return max(2, of500*r.opts.Requests/500) }

// chats reports whether the dialect is a chat, whose template nobody sees.
func (r *run) chats() bool {
	_, is := r.dialect.(chat)
	return is
}

// exponent is what a list's probabilities are raised to at a temperature.
func (r *run) exponent(temperature float64) float64 {
	if r.kind == raw {
		return 1 / temperature
	}
	return 1
}

// mean is a token and its mean log-probability over several answers.
type mean struct {
	name    string
	logProb float64
}

// before is the mass of the tokens that are more probable than the one of this rank.
func before(means []mean, rank int) float64 {
	mass := 0.0
	for _, m := range means[:rank] {
		mass += math.Exp(m.logProb)
	}
	return mass
}
