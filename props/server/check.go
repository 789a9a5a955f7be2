package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"temper/props/verdict"
)

// Version names this edition of the laws of servers; a report carries it.
const Version = "server v3"

// Key is the environment variable that the command takes the server's key from.
const Key = "TEMPER_KEY"

// Options bound a check. The zero value of a bound is its default.
type Options struct {
	Model    string        // "" for the first that the server lists
	Key      string        // sent to the server's own host only, as a bearer token
	Requests int           // at most, tries again included; 500
	Rate     float64       // requests in a second; 100
	Patience time.Duration // for one answer; a minute
	Progress func(Progress)
}

// Progress says how far a check is.
type Progress struct {
	Law            string // the law that is tried, "" while the server is being asked what it is
	Used, Requests int    // requests sent, and the bound
	LawsDone, Laws int
}

func (o Options) filled() Options {
	if o.Requests == 0 {
		o.Requests = 500
	}
	if o.Rate == 0 {
		o.Rate = 100
	}
	if o.Patience == 0 {
		o.Patience = time.Minute
	}
	return o
}

// law is a property of servers and how it is tried.
type law struct {
	verdict.Law
	try func(*run) (outcome, error)
}

// outcome is what came of trying a law.
type outcome struct {
	inputs int
	broken string // the counter-example
	absent string // why the law does not apply
	note   string // what was measured of a law that held

	evidence *verdict.Evidence // of an e-process; nil for other laws
}

// Check holds the server at an address to the laws. It sends no more requests than the
// options allow. A run that is interrupted by ctx, or whose server fails, reports the
// laws that were finished. An error is an address that cannot be one.
func Check(ctx context.Context, address string, o Options) (verdict.Report, error) {
	o = o.filled()
	client, err := newClient(address, o.Key, o)
	if err != nil {
		return verdict.Report{}, err
	}
	defer client.http.CloseIdleConnections()
	r := &run{ctx: ctx, client: client, opts: o, texts: map[string]string{}, plains: map[string]string{}, rereads: mostRereads, pool: newPool()}
	client.left = r.take
	report := verdict.Report{Suite: Version, Subject: client.base.String()}
	report.Again = commandLine(report.Subject, o)
	err = r.find()
	if err == nil {
		err = r.survey()
	}
	var failure error // of a law, which others may not meet
	failures := 0
	for i, l := range laws() {
		result := verdict.Result{Law: l.Law, Status: verdict.NotTried}
		if err == nil {
			r.law, r.done = l.ID, i
			r.progress()
			result, err = r.try(l)
			if failed(err) && failures < mostFailures {
				failures, failure, err = failures+1, cmp.Or(failure, err), nil
			} else if err == nil && result.Inputs > 0 {
				failures = 0
			}
		}
		report.Results = append(report.Results, result)
		if result.Status == verdict.NotProvided {
			report.Declared = append(report.Declared, l.ID+" is not provided: "+result.Detail)
		}
	}
	r.watched(report.Results)
	if r.dialect != nil {
		report.Convention = r.found()
	}
	if err = cmp.Or(err, failure); err != nil {
		report.Failure = r.failure(err)
	}
	return report, nil
}

// mostFailures is how many laws may fail on the server's side, one after another, before it
// is taken for dead.
const mostFailures = 3

// failed reports whether the server failed to serve a request, each time that it was sent.
func failed(err error) bool {
	var status refusal
	return errors.As(err, &status) && status.status >= 500
}

// commandLine is what holds a server to the laws again. Its answers are others.
func commandLine(address string, o Options) string {
	words := []string{"go", "run", "./props/server/check", "-requests", strconv.Itoa(o.Requests)}
	if o.Model != "" {
		words = append(words, "-model", o.Model)
	}
	return verdict.CommandLine(append(words, address)...)
}

// try judges one law. An error ends the run.
func (r *run) try(l law) (verdict.Result, error) {
	result := verdict.Result{Law: l.Law}
	got, err := l.try(r)
	result.Inputs, result.Evidence = got.inputs, got.evidence
	switch {
	case err == nil && got.broken != "":
		result.Status, result.Detail = verdict.Broken, got.broken
	case err == nil && got.absent != "":
		result.Status, result.Detail = verdict.NotProvided, got.absent
	case err == nil:
		result.Status, result.Detail = verdict.Held, got.note
	case refused(err):
		result.Status, result.Detail, err = verdict.NotProvided, "the server refuses: "+err.Error(), nil
	case cannotRead(err):
		result.Status, result.Detail, err = verdict.NotProvided, "an answer that it needs cannot be read: "+err.Error(), nil
	default:
		result.Status = verdict.NotTried
	}
	return result, err
}

// failure says why a run ended early.
func (r *run) failure(err error) string {
	switch {
	case errors.Is(err, context.Canceled):
		return "the run was interrupted; the laws before are finished"
	case errors.Is(err, context.DeadlineExceeded):
		return "the time of the run is over; the laws before are finished"
	case errors.Is(err, errSpent):
		return fmt.Sprintf("the bound of %d requests is reached; the laws before are finished", r.opts.Requests)
	}
	said := err.Error()
	if r.client.key != "" {
		said = strings.ReplaceAll(said, r.client.key, "$"+Key)
	}
	return said
}

// survey asks what several laws need: which prompt has the flattest row, and draws at
// T = 1 and at coldT.
func (r *run) survey() error {
	if r.list == 0 {
		r.prompts = prompts
		return nil
	}
	if err := r.rank(); err != nil {
		return err
	}
	far := 0 // tokens of long answers, which may end early
	for i := range r.share(50) {
		s, err := r.long(i%8 == 4 && far < r.share(3*farText), Query{Prompt: r.prompts[0], Temperature: 1, Limit: 16})
		if cannotRead(err) {
			continue
		}
		if err != nil {
			return err
		}
		r.plain = append(r.plain, s)
		far += farTokens(s)
	}
	r.average()
	r.open()
	if err := r.findPenalty(); err != nil {
		return err
	}
	far = 0
	refusals := map[float64]bool{}
	for i := range r.share(100) {
		q := Query{Prompt: r.prompts[0], Temperature: []float64{coldT, coldest, coldT, coldest, hot}[i%5], Limit: 5}
		if q.Temperature == hot {
			q.Limit = 12
		}
		if refusals[q.Temperature] {
			continue
		}
		s, err := r.long(i%10 == 0 && far < r.share(5*farText), q)
		if refused(err) {
			refusals[q.Temperature] = true // some take no T above 1
			continue
		}
		if cannotRead(err) {
			continue
		}
		if err != nil {
			return err
		}
		r.cold = append(r.cold, s)
		far += farTokens(s)
	}
	r.kind = r.findKind()
	return r.findPosts()
}

// findPenalty looks for a default penalty of repetition where it may meet words of a chat
// template, which nobody sees.
func (r *run) findPenalty() error {
	if !r.chats() {
		return nil
	}
	draws := slices.Clone(r.plain)
	for i := range r.share(50) {
		s, err := r.one(Query{Prompt: r.prompts[1+i%3], Temperature: 1, Limit: 12})
		if cannotRead(err) {
			continue
		}
		if err != nil {
			return err
		}
		draws = append(draws, s)
	}
	r.free = r.unpenalised(draws)
	return nil
}

func (r *run) progress() {
	if r.opts.Progress != nil {
		r.opts.Progress(Progress{r.law, r.used, r.opts.Requests, r.done, len(laws())})
	}
}
