// Package fake is an HTTP server of a small trained language model, which tests the laws
// of servers. It really computes and really draws: the network is the one of package
// fixtures, with a token a character. It can be honest in several styles, or have one
// of the planted bugs.
package fake

import (
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"temper/fixtures"
	"temper/fixtures/neural"
	"temper/reference"
	"temper/reference/sequence"
)

// Dialect is what a server speaks.
type Dialect string

const (
	Completions Dialect = "completions" // fields that it does not know are ignored
	Chat        Dialect = "chat"        // fields that it does not know are refused
	VLLM        Dialect = "vllm"
	Llama       Dialect = "llama"
	Ollama      Dialect = "ollama"
)

// Dialects are all of them.
func Dialects() []Dialect { return []Dialect{Completions, Chat, VLLM, Llama, Ollama} }

// Config says what kind of server it is.
type Config struct {
	Dialect Dialect
	Scaled  bool                 // log-probabilities are those after temperature
	First   bool                 // temperature comes before the cuts
	Style   reference.Convention // what cuts do with ties and at the border; the order is First's
	Noise   float64              // logits differ by up to ± Noise from step to step
	List    int                  // the longest list, 0 for no log-probabilities at all
	Rounded bool                 // log-probabilities have two digits behind the point
	Reorder bool                 // the chosen token is the first of its list, in place of the last if it has none there
	Cuts    bool                 // without other wishes top_k is 40, top_p 0.95 and min_p 0.05, and the dialects of OpenAI can't change two of them
	Penalty float64              // logits of tokens of the context are less by this, as far as the dialect can't change it
	Warm    bool                 // T = 0 is T = 1e-5
	Habit   string               // the name of a habit of correct servers
	Bug     string               // the name of a planted bug, "" for an honest server
	Factor  float64              // how strong a bug is that has a factor: 1 is none, 0 is as strong as it is planted
	Draft   float64              // a draft's temperature in units of the request's, 0 for 3
	Seed    uint64               // of what requests without a seed draw from
}

type server struct {
	Config
	mux     *http.ServeMux
	network *sequence.FeedForward
	sampler reference.Sampler

	mu       sync.Mutex
	source   *rand.Rand
	waiting  []job
	copies   uint64
	batch    float64 // the temperature of the batch
	gathered uint64  // the seed of the batch
	steps    []step  // of the completion before
	inFlight atomic.Int32
	dead     atomic.Bool
	served   atomic.Int64
}

// job is a request in the server's own terms.
type job struct {
	prompt []int
	how    reference.Sampling
	limit  int
	list   int
	seed   *uint64
	stop   []string
	count  int
	number int // of the request
	echo   bool
	post   bool // lists are of the probabilities that are drawn from
}

// step is one token of a completion: its own log-probability and the list beside it.
type step struct {
	token   int
	logProb float64
	list    []pair
	merged  bool // the text of the token before is told with it
}

type pair struct {
	token   int
	logProb float64
}

type completion struct {
	steps  []step
	text   string
	reason string // "length", "stop" (the end or a stop string)
	word   bool   // it was a stop string
	made   int    // tokens, told or not
}

// New returns the handler of a server.
func New(c Config) http.Handler {
	network, _ := neural.Trained()
	order := []reference.Step{reference.TopK, reference.TopP, reference.MinP, reference.Temper}
	if c.First != (c.Bug == TemperatureMoved) {
		order = []reference.Step{reference.Temper, reference.TopK, reference.TopP, reference.MinP}
	}
	style := c.Style
	style.Name, style.Order = "fake", order
	s := &server{Config: c, mux: http.NewServeMux(), network: network, source: rand.New(rand.NewPCG(c.Seed, 18)),
		sampler: reference.ScalarSampler(style)}
	s.routes()
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.inFlight.Add(1)
	defer s.inFlight.Add(-1)
	if s.dead.Load() {
		http.Error(w, "the engine is dead", http.StatusInternalServerError)
		return
	}
	if _, path := s.mux.Handler(r); path == "" && s.Habit == NoPaths {
		http.Error(w, "no such path", http.StatusBadRequest)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// complete computes the completions of a job.
func (s *server) complete(j job) []completion {
	if s.Bug == RowsSwapped || s.Bug == SeedMoved || s.Bug == BatchTemperature || s.Bug == BatchNumbers || s.Bug == LogsCompany {
		time.Sleep(2 * time.Millisecond) // a batch gathers
	}
	j = s.batched(s.swapped(j))
	j.number = int(s.served.Add(1))
	var all []completion
	random := s.random(j)
	for range max(1, j.count) {
		if s.Bug == CopiesSeeded && j.seed != nil {
			random = rand.New(rand.NewPCG(*j.seed, 0))
		}
		if s.Habit == SeedsOfCopies && j.seed != nil {
			random = rand.New(rand.NewPCG(*j.seed+uint64(len(all)), 0))
		}
		if s.Bug == CopiesEqual || s.Bug == CopiesBlind {
			random = s.copied(j, random, len(all))
		}
		random = s.paired(j, random, len(all))
		if s.Bug == CopiesGreedy && len(all) > 0 {
			j.how.Temperature = 0
		}
		all = append(all, s.one(j, random))
	}
	return s.exchanged(all)
}

// random is what a request draws from.
func (s *server) random(j job) *rand.Rand {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch seed := s.seed(j); {
	case seed != nil:
		if s.Bug == SeedGlobal {
			s.source = rand.New(rand.NewPCG(*seed, 18))
			return s.source
		}
		return rand.New(rand.NewPCG(*seed, 0))
	case s.Bug == SeedGlobal:
		return s.source
	}
	return rand.New(rand.NewPCG(s.source.Uint64(), s.source.Uint64()))
}

// one draws a completion token by token.
func (s *server) one(j job, random *rand.Rand) completion {
	var done completion
	prefix := slices.Clone(j.prompt)
	shared, u, pending := random.Float64(), 0.0, false
	limit := s.limit(j.limit)
	for at := range limit {
		told := s.logits(s.context(prefix, at))
		logits := s.penalised(told, prefix)
		if s.Bug == ListStale && at > 0 {
			told = s.logits(prefix[:len(prefix)-1])
		}
		u = s.uniform(random.Float64(), u, shared, at, j)
		token := s.draw(logits, prefix, at, limit, j, u)
		if s.drafts() && j.how.Temperature > 0 && !cuts(j.how) {
			token = s.speculate(logits, j.how.Temperature, random)
		}
		if token == s.network.VocabSize()-1 {
			if s.Dialect == VLLM { // which tells the end too
				done.steps = append(done.steps, s.tell(told, token, j))
			}
			done.reason = "stop"
			break
		}
		next := s.tell(told, token, j)
		next.merged, pending = pending, s.Habit == Merging && halved(letter(token)) != letter(token)
		if !pending {
			done.steps = append(done.steps, next)
		}
		done.text += s.text(token)
		done.made++
		prefix = append(prefix, token)
		if before, found := stopped(done.text, s.looked(j.stop)); found {
			done.reason, done.word = "stop", true
			if s.Bug == StopEats {
				before = before[:max(0, len(before)-1)]
			}
			if s.Bug != StopInText {
				done.text = before
			}
			break
		}
	}
	if done.reason == "" {
		done.reason = "length"
	}
	s.shorten(&done, j)
	switch s.Bug {
	case ReasonWrong:
		done.reason = "stop"
	case ReasonLength:
		done.reason, done.word = "length", false
	}
	return done
}

// logits are those of the next token.
func (s *server) logits(prefix []int) []float32 {
	exact := s.exact(prefix)
	out := make([]float32, len(exact))
	for i, l := range exact {
		noise := s.Noise
		if s.Habit == CompanyNoise && s.inFlight.Load() > 1 {
			noise = 0.05
		}
		if noise > 0 {
			l += noise * (2*rand.Float64() - 1) // apart from the seed, as in a batch
		}
		if s.Habit == HalfPrecision {
			l = bfloat16(l)
		}
		out[i] = float32(l)
	}
	if s.Habit == EndsOften {
		out[len(out)-1] = 0
		out[len(out)-1] = float32(-normal(out, 1)[len(out)-1] - math.Ln2)
	}
	return out
}

// penalised lowers the logits of tokens that the context has.
func (s *server) penalised(logits []float32, prefix []int) []float32 {
	out := slices.Clone(logits)
	penalty := 0.0
	switch {
	case s.Bug == PenaltyStuck:
		penalty = 0.7
	case s.Dialect == Completions, s.Dialect == Chat:
		penalty = s.Penalty
	}
	for token := range out {
		if penalty > 0 && slices.Contains(prefix, token) {
			out[token] -= float32(penalty)
		}
	}
	return out
}

// exact are the network's own logits. Those of many prefixes are kept for all servers,
// which often come to the same ones.
func (s *server) exact(prefix []int) []float64 {
	letters := make([]byte, len(prefix))
	for i, token := range prefix {
		letters[i] = byte(token)
	}
	key := string(letters)
	if known, is := kept.Load(key); is {
		return known.([]float64)
	}
	logits := make([]float64, s.network.VocabSize())
	if err := s.network.Logits(logits, prefix); err != nil {
		panic(err) // the tokens are in range and none is the end
	}
	if keeps.Add(1) <= mostKept {
		kept.Store(key, logits)
	}
	return logits
}

const mostKept = 1 << 16 // some 30 MB

var (
	kept  sync.Map
	keeps atomic.Int64
)

// logProbs are those that the server tells, of all tokens.
func (s *server) logProbs(logits []float32, how reference.Sampling) []float64 {
	scale := 1.0
	if s.Scaled && how.Temperature > 0 && how.Temperature >= s.Style.GreedyBelow {
		scale = how.Temperature
	}
	switch {
	case s.Bug == OtherTemperature:
		scale = 0.7
	case s.Bug == ScaledTwice && how.Temperature > 0:
		scale = how.Temperature * how.Temperature
	}
	if s.Bug == ScaledBare && how.Temperature > 0 {
		out := normal(logits, 1)
		for i := range out {
			out[i] /= how.Temperature
		}
		return out
	}
	return normal(logits, scale)
}

// normal are the log-probabilities of the softmax at a temperature.
func normal(logits []float32, temperature float64) []float64 {
	out := make([]float64, len(logits))
	top, total := math.Inf(-1), 0.0
	for i, l := range logits {
		out[i] = float64(l) / temperature
		top = max(top, out[i])
	}
	for _, l := range out {
		total += math.Exp(l - top)
	}
	for i := range out {
		out[i] -= top + math.Log(total)
	}
	return out
}

// tell is what an answer says of a token.
func (s *server) tell(logits []float32, token int, j job) step {
	all := s.logProbs(logits, j.how)
	if s.Habit == Processed || s.Habit == Impossible {
		all = s.left(logits, j.how)
	}
	if j.post {
		all = s.left(logits, s.posted(j.how))
	}
	ranked := make([]pair, len(all))
	for i, l := range all {
		ranked[i] = pair{i, l}
	}
	slices.SortStableFunc(ranked, func(a, b pair) int {
		if a.logProb > b.logProb {
			return -1
		}
		if a.logProb < b.logProb {
			return 1
		}
		return 0
	})
	if s.Habit == Processed || j.post {
		ranked = slices.DeleteFunc(ranked, func(p pair) bool { return math.IsInf(p.logProb, -1) })
	}
	out := step{token: token, logProb: all[token], list: ranked[:min(j.list, len(ranked))]}
	return s.misreport(out, logits, j)
}

// draw chooses the token at F(i−1) ≤ u < F(i).
func (s *server) draw(logits []float32, prefix []int, at, limit int, j job, u float64) int {
	how := s.settings(j, at)
	if s.Bug == MinPAbsolute && how.MinP > 0 {
		how.MinP = min(1, how.MinP/math.Exp(slices.Max(normal(logits, 1))))
	}
	if s.Bug == SequenceAnnealed && limit > 1 && at == 0 && how.Temperature > 0 {
		logits = s.lookahead(logits, prefix, how.Temperature)
	}
	dst := []int{0}
	if err := s.sampler.Sample(dst, logits, []float64{u}, []reference.Sampling{how}); err != nil {
		panic(err) // the settings are checked where they are read
	}
	return s.mistake(dst[0], logits, how, u)
}

func stopped(text string, stop []string) (before string, found bool) {
	for _, word := range stop {
		if at := strings.Index(text, word); word != "" && at >= 0 {
			return text[:at], true
		}
	}
	return text, false
}

func letter(token int) string { return fixtures.NeuralAlphabet[token : token+1] }

// text is what a token adds to the text.
func (s *server) text(token int) string {
	if s.Habit == HalfCharacters || s.Habit == Merging {
		return halved(letter(token))
	}
	return letter(token)
}

func cuts(how reference.Sampling) bool {
	return how.TopK > 0 || how.MinP > 0 || how.TopP > 0 && how.TopP < 1
}

// tokenize reads text as characters of the alphabet; any other is a space.
func tokenize(text string) []int {
	var out []int
	for _, r := range strings.ToLower(text) {
		token := strings.IndexRune(fixtures.NeuralAlphabet, r)
		out = append(out, max(0, token))
	}
	return out
}
