package server_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"temper/props/server"
	"temper/props/server/fake"
	"temper/props/verdict"
)

// failing checks a server, which must fail with these words.
func failing(t *testing.T, address string, words ...string) verdict.Report {
	t.Helper()
	return failingAfter(t, time.Minute, address, words...)
}

// failingAfter is failing with so much patience for an answer.
func failingAfter(t *testing.T, patience time.Duration, address string, words ...string) verdict.Report {
	t.Helper()
	report, err := server.Check(context.Background(), address, server.Options{Key: "secret-key", Rate: 1e6, Patience: patience})
	if err != nil {
		t.Fatal(err)
	}
	if report.ExitStatus() != 2 {
		t.Errorf("exit status %d\n%v", report.ExitStatus(), report)
	}
	for _, w := range words {
		if !strings.Contains(report.Failure, w) {
			t.Errorf("want %q in %q", w, report.Failure)
		}
	}
	if strings.Contains(report.String(), "secret-key") {
		t.Errorf("the key is in the report:\n%v", report)
	}
	return report
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(func() {
		s.CloseClientConnections() // one that hangs would be waited for
		s.Close()
	})
	return s.URL
}

func TestAServerThatDoesNotEndAnAnswerIsNotWaitedForLonger(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"hangs": func(_ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body) // a server sees that a client left only behind the body
			<-r.Context().Done()
		},
		"drips": func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			for r.Context().Err() == nil {
				io.WriteString(w, " ")
				w.(http.Flusher).Flush()
				time.Sleep(20 * time.Millisecond)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			failingAfter(t, 200*time.Millisecond, serve(t, handler), "no complete answer within 200ms")
		})
	}
}

func TestServersThatGiveNoAnswerAreNamed(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		words   []string
	}{
		"sends 100 MB": {func(w http.ResponseWriter, r *http.Request) {
			for range 100 {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
		}, []string{"more than 8 MiB"}},
		"says that it compresses": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			io.WriteString(w, `{"choices": []}`)
		}, []string{"says that it is compressed"}},
		"streams only": {func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "data: {\"choices\": []}\n\ndata: [DONE]\n")
		}, []string{"none of the known dialects", "not JSON", "data: "}},
		"says error with status 200": {func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `{"error": {"message": "no such model"}}`)
		}, []string{"none of the known dialects", "no such model"}},
		"breaks off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, `{"choices": [`)
		}, []string{"the connection ended before the answer was complete"}},
		"sends half a JSON": {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"choices": [`) }, []string{"none of the known dialects", "not JSON"}},
		"sends HTML":        {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>It works!</html>") }, []string{"none of the known dialects", "HTML", "It works!"}},
		"knows no path":     {http.NotFound, []string{"none of the known dialects", "status 404"}},
		"wants a key":       {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no such key", 401) }, []string{"none of the known dialects", "status 401", "no such key"}},
		"is broken":         {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "out of memory", 501) }, []string{"status 501", "out of memory"}},
		"repeats the key":   {func(w http.ResponseWriter, r *http.Request) { http.Error(w, r.Header.Get("Authorization"), 400) }, []string{"$TEMPER_KEY"}},
	} {
		t.Run(name, func(t *testing.T) { failing(t, serve(t, c.handler), c.words...) })
	}
	t.Run("is not there", func(t *testing.T) { failing(t, closed.URL, "connection refused") })
}

func TestAnAnswerThatUnpacksTo100MBIsCutOff(t *testing.T) {
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		for range 100 {
			if _, err := z.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
	})
	report, err := server.Check(context.Background(), address, server.Options{Rate: 1e6})
	if err != nil || !strings.Contains(report.Failure, "more than 8 MiB") {
		t.Errorf("%v, %v", err, report)
	}
}

func TestTheKeyDoesNotTravelToAnotherHost(t *testing.T) {
	var visits atomic.Int32
	other := serve(t, func(http.ResponseWriter, *http.Request) { visits.Add(1) })
	failing(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other+r.URL.Path, http.StatusTemporaryRedirect)
	}), "redirects to "+other, "not followed")
	if visits.Load() > 0 {
		t.Error("the redirect was followed")
	}
}

func TestASelfSignedCertificateIsRefused(t *testing.T) {
	s := httptest.NewUnstartedServer(fake.New(fake.Config{Dialect: fake.Chat, List: 20}))
	s.Config.ErrorLog = quiet
	s.StartTLS()
	defer s.Close()
	failing(t, s.URL, "certificate")
}

func TestAddressesThatCannotBeAreErrors(t *testing.T) {
	for address, want := range map[string]string{
		"ftp://example.org": "begins with ftp://", "http://": "no host", "http://a:b@example.org": "name or password", "http://[::1": "cannot be read",
	} {
		if _, err := server.Check(context.Background(), address, server.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// short checks a server with few requests: enough to see that it answers.
func short(t *testing.T, address string) verdict.Report {
	t.Helper()
	report, err := server.Check(context.Background(), address, server.Options{Rate: 1e6, Requests: 120})
	if err != nil {
		t.Fatal(err)
	}
	for _, result := range report.Results {
		if result.Level == verdict.Must && result.Status == verdict.Broken {
			t.Errorf("%s is broken: %s", result.ID, result.Detail)
		}
	}
	return report
}

func TestAnAddressMayLackItsSchemeOrNameTheDialect(t *testing.T) {
	s := httptest.NewServer(fake.New(fake.Config{Dialect: fake.Chat, List: 20}))
	defer s.Close()
	for _, address := range []string{strings.TrimPrefix(s.URL, "http://"), s.URL + "/", s.URL + "/v1", s.URL + "/v1/chat/completions"} {
		if report := short(t, address); !strings.Contains(report.Convention, "dialect: OpenAI chat") {
			t.Errorf("%s: %v", address, report)
		}
	}
}

func TestAReportHasTheCommandThatHoldsTheServerToTheLawsAgain(t *testing.T) {
	s := httptest.NewServer(fake.New(fake.Config{Dialect: fake.Chat, List: 20}))
	defer s.Close()
	report, err := server.Check(context.Background(), s.URL, server.Options{Requests: 5, Model: "my model"})
	if err != nil {
		t.Fatal(err)
	}
	if want := "go run ./props/server/check -requests 5 -model 'my model' " + s.URL; report.Again != want {
		t.Errorf("%s, want %s", report.Again, want)
	}
}

func TestAServerMayHaveAnAddressOfIPv6(t *testing.T) {
	listener, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6: ", err)
	}
	s := &httptest.Server{Listener: listener, Config: &http.Server{Handler: fake.New(fake.Config{Dialect: fake.Llama, List: 20})}}
	s.Start()
	defer s.Close()
	if report := short(t, s.URL); !strings.Contains(report.Convention, "llama-server") {
		t.Errorf("%v", report)
	}
}

func TestAServerThatIsBusyOrBrokenNowAndThenIsAskedAgain(t *testing.T) {
	var requests, early atomic.Int32
	var ready atomic.Int64
	honest := fake.New(fake.Config{Dialect: fake.VLLM, List: 20})
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if time.Now().UnixNano() < ready.Load() {
			early.Add(1)
		}
		switch n := requests.Add(1); {
		case n == 40:
			ready.Store(time.Now().Add(time.Second).UnixNano())
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		case n%30 == 0:
			http.Error(w, "a hiccup", http.StatusInternalServerError)
		default:
			honest.ServeHTTP(w, r)
		}
	})
	report := short(t, address)
	if early.Load() > 0 {
		t.Errorf("%d requests came before Retry-After was over", early.Load())
	}
	if held, _, _ := report.Coverage(); held < 8 {
		t.Errorf("%v", report)
	}
}

func TestAServerThatDiesHalfWayIsReportedWithTheLawsBefore(t *testing.T) {
	var requests atomic.Int32
	honest := fake.New(fake.Config{Dialect: fake.VLLM, List: 20})
	report := failing(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) > 250 {
			panic(http.ErrAbortHandler)
		}
		honest.ServeHTTP(w, r)
	}), "the connection ended")
	if held, _, _ := report.Coverage(); held < 8 {
		t.Errorf("%v", report)
	}
}

func TestARequestThatFailsTakesOnlyItsLawAway(t *testing.T) {
	honest := fake.New(fake.Config{Dialect: fake.Completions, List: 20})
	report := failing(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), `"n":4`) {
			http.Error(w, "n is not there", http.StatusInternalServerError)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		honest.ServeHTTP(w, r)
	}), "n is not there")
	for _, result := range report.Results {
		if failed := result.Status == verdict.NotTried; failed != (result.ID == "Ends/Several") || result.Status == verdict.Broken {
			t.Errorf("%s: %v", result.ID, result.Status)
		}
	}
}

func TestAnAnswerThatCannotBeReadIsNamedAndNoOtherLost(t *testing.T) {
	for _, c := range []struct {
		bug     string
		dialect fake.Dialect
		want    string
	}{
		{fake.WordID, fake.Llama, `completion_probabilities.top_logprobs.id is "end", want an integer`},
		{fake.ListOfText, fake.Completions, "choices.logprobs.top_logprobs is a text, want a list"},
		{fake.HalfAnswer, fake.Ollama, "the answer is not JSON: unexpected end of JSON input, near"},
	} {
		report := check(t, fake.Config{Dialect: c.dialect, List: 20, Bug: c.bug})
		if report.ExitStatus() != 1 || report.Failure != "" || !slices.Equal(brokenLaws(report), []string{"Form/JSON"}) {
			t.Errorf("%s: %v", c.bug, report)
		}
		if said := report.Results[0].Detail; !strings.Contains(said, c.want) || !strings.Contains(said, "curl -s ") {
			t.Errorf("%s: %s", c.bug, said)
		}
		if held, applicable, _ := report.Coverage(); held < applicable-1 || held < 30 {
			t.Errorf("%s: %d of %d laws held", c.bug, held, applicable)
		}
	}
}

func TestAnInterruptedRunReportsTheLawsBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	address := serve(t, fake.New(fake.Config{Dialect: fake.VLLM, List: 20}).ServeHTTP)
	report, err := server.Check(ctx, address, server.Options{Rate: 1e6, Progress: func(p server.Progress) {
		if p.Law == "Cuts/TopP" {
			cancel()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	held, _, _ := report.Coverage()
	if !strings.Contains(report.Failure, "interrupted") || held < 8 || report.ExitStatus() != 2 {
		t.Errorf("%v", report)
	}
}

func TestTheBoundOnRequestsIsKept(t *testing.T) {
	var requests atomic.Int32
	honest := fake.New(fake.Config{Dialect: fake.VLLM, List: 20})
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		honest.ServeHTTP(w, r)
	})
	for _, bound := range []int{1, 7, 60} {
		requests.Store(0)
		if _, err := server.Check(context.Background(), address, server.Options{Rate: 1e6, Requests: bound}); err != nil {
			t.Fatal(err)
		}
		if got := int(requests.Load()); got > bound {
			t.Errorf("%d requests, at most %d were allowed", got, bound)
		}
	}
}

func TestACounterExampleIsACommandWithoutTheKey(t *testing.T) {
	s := httptest.NewServer(fake.New(fake.Config{Dialect: fake.Chat, List: 20, Bug: fake.Probability}))
	defer s.Close()
	report, err := server.Check(context.Background(), s.URL, server.Options{Key: "secret-key", Rate: 1e6})
	if err != nil {
		t.Fatal(err)
	}
	said := fmt.Sprint(report)
	if !strings.Contains(said, "curl -s "+s.URL+"/v1/chat/completions -H ") || !strings.Contains(said, `"Authorization: Bearer $TEMPER_KEY"`) || strings.Contains(said, "secret-key") {
		t.Errorf("%s", said)
	}
}
