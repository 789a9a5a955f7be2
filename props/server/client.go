package server

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"temper/props/verdict"
)

const (
	mostBytes  = 8 << 20          // of an answer; a list of 20 beside each of 64 tokens is some 200 KB
	mostTries  = 4                // of one request
	longestNap = 60 * time.Second // that a server may ask for before the next try
)

var errSpent = errors.New("the bound on requests is reached")

// refusal is an answer that is not a success: the server understood and said no, or failed.
type refusal struct {
	status int
	words  string
}

func (r refusal) Error() string {
	if r.words == "" {
		return fmt.Sprintf("status %d without words", r.status)
	}
	return fmt.Sprintf("status %d: %s", r.status, r.words)
}

// refused reports whether the server says that the request is wrong.
func refused(err error) bool {
	var r refusal
	if errors.As(err, &r) && r.status == http.StatusOK {
		return true // some say with it that the request is wrong
	}
	return errors.As(err, &r) && r.status >= 400 && r.status < 500 && r.status != http.StatusUnauthorized &&
		r.status != http.StatusForbidden && r.status != http.StatusTooManyRequests
}

// client sends requests to one host, bounded in number, rate, time and size.
type client struct {
	base    *url.URL
	key     string
	http    *http.Client
	limit   *rate.Limiter
	patient time.Duration // for one answer
	left    func() bool   // takes one request from the bound
}

func newClient(address, key string, o Options) (*client, error) {
	base, err := parse(address)
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = neighbours + 1
	transport.DisableCompression = true // not asked for; what comes compressed all the same is bounded too
	return &client{
		base: base, key: key, limit: rate.NewLimiter(rate.Limit(o.Rate), max(1, min(neighbours, int(o.Rate)))), patient: o.Patience,
		http: &http.Client{Transport: transport, CheckRedirect: stay},
	}, nil
}

// parse reads the address of a server. One without a scheme is http.
func parse(address string) (*url.URL, error) {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	base, err := url.Parse(strings.TrimRight(address, "/"))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the address cannot be read: %w", errors.Unwrap(err))
	case base.Scheme != "http" && base.Scheme != "https":
		return nil, fmt.Errorf("the address begins with %s://, want http:// or https://", base.Scheme)
	case base.Host == "":
		return nil, errors.New("the address has no host")
	case base.User != nil:
		return nil, errors.New("the address contains a name or password; the key comes from the environment")
	}
	return base, nil
}

// stay follows redirects on one host only, so that the key goes nowhere else.
func stay(next *http.Request, before []*http.Request) error {
	first := before[0].URL
	if next.URL.Host != first.Host || next.URL.Scheme != first.Scheme {
		return fmt.Errorf("the server redirects to %s://%s, which is not followed: the key stays with one host", next.URL.Scheme, next.URL.Host)
	}
	if len(before) > 5 {
		return errors.New("more than 5 redirects")
	}
	return nil
}

// do sends a request and returns the body of a success. Requests that the server is too
// busy for, or that fail on its side, are sent again.
func (c *client) do(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	for try := 1; ; try++ {
		answer, nap, err := c.once(ctx, method, path, body)
		if err == nil || nap < 0 || try == mostTries {
			return answer, err
		}
		select {
		case <-time.After(min(longestNap, max(nap, 100*time.Millisecond<<try))):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// rest waits until some requests can be sent at once within the rate.
func (c *client) rest(ctx context.Context, requests int) error {
	missing := min(float64(requests), float64(c.limit.Burst())) - c.limit.Tokens()
	if missing <= 0 {
		return nil
	}
	select {
	case <-time.After(time.Duration(missing / float64(c.limit.Limit()) * float64(time.Second))):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// once sends a request a single time. With an error it returns how long the server wants
// us to wait before the next, below 0 where another try is useless.
func (c *client) once(ctx context.Context, method, path string, body []byte) (answer []byte, nap time.Duration, err error) {
	if !c.left() {
		return nil, -1, errSpent
	}
	if c.limit.Wait(ctx) != nil {
		return nil, -1, cmp.Or(ctx.Err(), context.DeadlineExceeded) // its turn would come too late
	}
	patient, cancel := context.WithTimeout(ctx, c.patient)
	defer cancel()
	request, err := http.NewRequestWithContext(patient, method, c.base.String()+path, bytes.NewReader(body))
	if err != nil {
		return nil, -1, err
	}
	if len(body) > 0 {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.key != "" {
		request.Header.Set("Authorization", "Bearer "+c.key)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, c.again(err), c.explain(ctx, err)
	}
	defer response.Body.Close()
	answer, err = read(response)
	switch {
	case err != nil:
		return nil, c.again(err), c.explain(ctx, err)
	case len(answer) > mostBytes:
		return nil, -1, fmt.Errorf("the answer has more than %d MiB", mostBytes>>20)
	case response.StatusCode >= 300:
		return nil, wait(response), refusal{response.StatusCode, words(answer)}
	}
	return answer, 0, nil
}

// read reads a body, unpacked if it is compressed, up to one byte more than the bound.
func read(response *http.Response) ([]byte, error) {
	var body io.Reader = response.Body
	var err error
	switch how := strings.ToLower(response.Header.Get("Content-Encoding")); how {
	case "", "identity":
	case "gzip", "x-gzip":
		body, err = gzip.NewReader(body)
	case "deflate":
		body, err = zlib.NewReader(body)
	default:
		err = fmt.Errorf("by %q, which was not asked for", how)
	}
	if err != nil {
		return nil, fmt.Errorf("the answer says that it is compressed: %w", err)
	}
	return io.ReadAll(io.LimitReader(body, mostBytes+1))
}

// again is the pause before another try after a request without an answer: a connection
// that broke is worth one, a host that is not there or is too slow is not.
func (c *client) again(err error) time.Duration {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || strings.Contains(err.Error(), "connection reset") {
		return 0
	}
	return -1
}

func (c *client) explain(ctx context.Context, err error) error {
	if outer := ctx.Err(); outer != nil {
		return outer
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // without the address, which comes with the message
	}
	var network net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return fmt.Errorf("no complete answer within %v", c.patient)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the connection ended before the answer was complete")
	}
	return err
}

// wait reads how long to wait before the next try.
func wait(response *http.Response) time.Duration {
	switch response.StatusCode {
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
	default:
		return -1
	}
	after := response.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(after); err == nil && seconds >= 0 {
		return min(longestNap, time.Duration(min(seconds, 3600))*time.Second)
	}
	if at, err := http.ParseTime(after); err == nil {
		return max(0, min(longestNap, time.Until(at)))
	}
	return 0
}

// words is the beginning of what a server says, on one line.
func words(body []byte) string {
	text := strings.Join(strings.Fields(string(body[:min(len(body), 2000)])), " ")
	if runes := []rune(text); len(runes) > 200 {
		text = string(runes[:200]) + " …"
	}
	return text
}

// curl is a request as a command, the key left out.
func (c *client) curl(path string, body []byte) string {
	auth := ""
	if c.key != "" {
		auth = ` -H "Authorization: Bearer $` + Key + `"`
	}
	return verdict.CommandLine("curl", "-s", c.base.String()+path, "-H", "Content-Type: application/json") + auth + " " + verdict.CommandLine("-d", string(body))
}
