package server

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// find asks which dialect the server speaks, the one that tells most first, and which
// features it has.
func (r *run) find() error {
	if err := r.findModel(); err != nil {
		return err
	}
	var reasons []string
	for _, d := range r.candidates() {
		err := r.attempt(d)
		switch {
		case err == nil:
			r.others = append(r.others, d.name())
		case hopeless(err):
			return err
		default:
			reasons = append(reasons, fmt.Sprintf("%s: %v", d.name(), err))
		}
	}
	if r.dialect == nil {
		return fmt.Errorf("the server speaks none of the known dialects\n%s", strings.Join(reasons, "\n"))
	}
	r.others = slices.DeleteFunc(r.others, func(name string) bool { return name == r.dialect.name() })
	return nil
}

// hopeless reports whether no other dialect can have more success.
func hopeless(err error) bool {
	var status refusal
	return !errors.As(err, &status) && !cannotRead(err)
}

// candidates are the dialects to try: one, if the address is that of a dialect.
func (r *run) candidates() []dialect {
	base := r.client.base
	for _, d := range dialects() {
		if path, is := strings.CutSuffix(base.Path, d.path()); is {
			base.Path = path
			return []dialect{d}
		}
	}
	base.Path = strings.TrimSuffix(base.Path, "/v1")
	return dialects()
}

// findModel takes the first model of the server's list, unless one is named.
func (r *run) findModel() error {
	r.model = r.opts.Model
	if r.model != "" {
		return nil
	}
	root := strings.TrimSuffix(r.client.base.Path, "/v1")
	for _, d := range dialects() {
		root = strings.TrimSuffix(root, d.path())
	}
	address := *r.client.base
	address.Path = root
	at := *r.client
	at.base = &address
	for _, path := range []string{"/v1/models", "/api/tags"} {
		answer, err := at.do(r.ctx, "GET", path, nil)
		if err != nil && hopeless(err) {
			return err
		}
		var list struct {
			Data []struct {
				ID string `json:"id"`
			} `json:"data"`
			Models []struct {
				Name string `json:"name"`
			} `json:"models"`
		}
		if err == nil && unmarshal(answer, &list) == nil {
			if len(list.Data) > 0 {
				r.model = list.Data[0].ID
				return nil
			}
			if len(list.Models) > 0 {
				r.model = list.Models[0].Name
				return nil
			}
		}
	}
	return nil
}

// attempt asks for one token in a dialect, without wishes and then with ever fewer. The first
// dialect that gives lists is the one of the run; without any, the first that completes.
func (r *run) attempt(d dialect) error {
	_, err := r.askIn(d, plain, 0, 1)
	if err != nil || r.dialect != nil && r.list > 0 {
		return err
	}
	unread := "" // what is wrong with answers that have lists
	for _, n := range []neutral{minusOne, zero, plain} {
		for _, list := range []int{20, 5, 1, 0} {
			var got sample
			got, err = r.askIn(d, n, list, 1)
			if err == nil && list > 0 && !lists(got) {
				got, err = r.askIn(d, n, list, 4) // the first token may be one that is not told
			}
			switch {
			case cannotRead(err):
				unread = cmp.Or(unread, err.Error())
			case err != nil && (!refused(err) || notFound(err)):
				return err
			case err == nil && (lists(got) || list == 0):
				if r.dialect == nil || lists(got) {
					r.choose(d, n, got)
					r.seen.json = unread
				}
				return nil
			}
		}
	}
	return err
}

// lists reports whether an answer has a list.
func lists(s sample) bool { return len(s.Tokens) > 0 && len(s.Tokens[0].List) > 0 }

func notFound(err error) bool {
	var status refusal
	return errors.As(err, &status) && (status.status == 404 || status.status == 405)
}

// askIn asks for a few greedy tokens in a dialect.
func (r *run) askIn(d dialect, n neutral, list, limit int) (sample, error) {
	probe := run{ctx: r.ctx, client: r.client, opts: r.opts, dialect: d, model: r.model, neutral: n, texts: r.texts}
	q := Query{Prompt: "So", Limit: limit, List: list}
	got, err := probe.one(q)
	if refused(err) && !notFound(err) {
		q.Temperature = 1 // some servers take no T = 0
		if warm, again := probe.one(q); again == nil {
			return warm, nil
		}
	}
	return got, err
}

// choose keeps a dialect. The list of a greedy token has no entry more than asked for;
// one of another token may.
func (r *run) choose(d dialect, n neutral, got sample) {
	r.dialect, r.neutral = d, n
	switch d.(type) {
	case llama, ollama:
		r.whole = true
	}
	r.list, r.noZero = 0, got.query.Temperature > 0
	if lists(got) {
		r.list = min(got.query.List, len(got.Tokens[0].List))
		if r.noZero {
			r.list--
		}
		if r.list < got.query.List { // at T = 0 it may be of what is left
			warm := got.query
			warm.Temperature = 1
			if again, err := r.one(warm); err == nil && lists(again) {
				r.list = max(r.list, min(warm.List, len(again.Tokens[0].List)-1))
			}
		}
	}
	if _, is := d.(completions); is && r.list > 0 && n != plain {
		with := completions{vllm: true}
		if ids, err := r.askIn(with, n, r.list, got.query.Limit); err == nil && len(ids.Tokens) > 0 && strings.HasPrefix(ids.Tokens[0].Text, "token_id:") {
			r.dialect, r.whole = with, true
		}
	}
}

// found says in words what the server was found to be.
func (r *run) found() string {
	lines := []string{"dialect: " + r.dialect.name()}
	if len(r.others) > 0 {
		lines = append(lines, "speaks too: "+strings.Join(r.others, ", "))
	}
	if r.model != "" {
		lines = append(lines, "model: "+r.model)
	}
	switch {
	case r.list == 0:
		lines = append(lines, "log-probabilities: none")
	case r.kind == raw:
		lines = append(lines, fmt.Sprintf("log-probabilities: raw, those of T = 1 at every T; lists of %d", r.list))
	case r.kind == scaled:
		lines = append(lines, fmt.Sprintf("log-probabilities: scaled, divided by T; lists of %d", r.list))
	default:
		lines = append(lines, fmt.Sprintf("log-probabilities: lists of %d", r.list))
	}
	if r.list > 0 && !r.whole {
		lines = append(lines, "the dialect does not take every cut and penalty off: draws are judged among tokens that no usual default cuts")
	}
	if r.list > 0 {
		lines = append(lines, fmt.Sprintf("asked again, log-probabilities of the ten most probable tokens differ by up to %.2g", r.spread))
	}
	if r.order != "" && r.cutP {
		lines = append(lines, r.order)
	}
	lines = append(lines, r.findings...)
	return strings.Join(lines, "\n")
}
