package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// bad is a field with a value that has no meaning, as it is written in JSON.
type bad struct {
	field, value string
	legal        bool // somewhere
}

var bads = []bad{
	{"temperature", "-1", false}, {"temperature", "NaN", false}, {"temperature", "1e400", false}, {"temperature", `"hot"`, false},
	{"top_p", "2", false}, {"top_p", "0", true}, {"top_k", "-7", true}, {"prompt", `""`, true},
}

// badBody is the body of a request with a bad field.
func (r *run) badBody(b bad) []byte {
	fields := r.dialect.encode(r.model, Query{Prompt: "So", Temperature: 1, Limit: 1}, r.neutral)
	into := fields
	if options, is := fields["options"].(map[string]any); is && b.field != "prompt" {
		into = options
	}
	value := b.value
	if _, is := fields["messages"]; is && b.field == "prompt" {
		into["messages"] = []any{}
	} else {
		into[b.field] = "\u0001bad"
	}
	text, err := json.Marshal(fields)
	if err != nil {
		panic(err) // maps of strings and finite numbers
	}
	return []byte(strings.ReplaceAll(string(text), `"\u0001bad"`, value))
}

// spoil sends each bad request once, and a good one after it.
func (r *run) spoil() error {
	if r.spoiled {
		return nil
	}
	r.spoiled = true
	for _, b := range bads {
		body := r.badBody(b)
		curl := r.client.curl(r.dialect.path(), body)
		_, _, err := r.client.once(r.ctx, "POST", r.dialect.path(), body)
		var status refusal
		switch {
		case r.ctx.Err() != nil || errors.Is(err, errSpent):
			return err
		case err == nil && !b.legal:
			r.careless = append(r.careless, fmt.Sprintf("%s of %s is served\n%s", b.field, b.value, curl))
		case err == nil:
		case !errors.As(err, &status):
			r.careless = append(r.careless, fmt.Sprintf("%s of %s: %v\n%s", b.field, b.value, err, curl))
		case status.status >= 500:
			r.careless = append(r.careless, fmt.Sprintf("%s of %s: %v\n%s", b.field, b.value, status, curl))
		case status.words == "":
			r.careless = append(r.careless, fmt.Sprintf("%s of %s: status %d without words\n%s", b.field, b.value, status.status, curl))
		}
		r.spoilt++
		good, err := r.one(Query{Prompt: r.prompts[0], Temperature: 1, Limit: 1})
		switch {
		case cannotRead(err): // another law's
		case err == nil:
			r.short = append(r.short, good)
		default:
			if r.ctx.Err() != nil || errors.Is(err, errSpent) {
				return err
			}
			said := fmt.Sprintf("after %s of %s a good request fails: %v\n%s", b.field, b.value, err, curl)
			if !r.recovered() {
				r.crashed = said
				return nil
			}
			r.careless = append(r.careless, said)
		}
	}
	return nil
}

// recovered reports whether good requests succeed again after a while.
func (r *run) recovered() bool {
	select {
	case <-time.After(2 * time.Second):
	case <-r.ctx.Done():
	}
	_, err := r.one(Query{Prompt: "So", Temperature: 1, Limit: 1})
	return err == nil || r.ctx.Err() != nil || errors.Is(err, errSpent)
}

func (r *run) inputRefused() (outcome, error) {
	if err := r.spoil(); err != nil {
		return outcome{}, err
	}
	out := outcome{inputs: r.spoilt}
	if len(r.careless) > 0 {
		out.broken = strings.Join(r.careless, "\n")
	}
	return out, nil
}

func (r *run) inputSurvives() (outcome, error) {
	if err := r.spoil(); err != nil {
		return outcome{}, err
	}
	return outcome{inputs: r.spoilt, broken: r.crashed}, nil
}
