package fake

import (
	"cmp"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"temper/reference"
)

// The habits of correct servers.
const (
	Speculative    = "tokens are proposed by a draft and accepted or drawn again"
	CompanyNoise   = "logits differ by 0.05 when requests are served together"
	HalfPrecision  = "logits are bfloat16, so that many are equal"
	SystemPrompt   = "a default system prompt comes before the user's"
	SpacedTokens   = "tokens have the names of their bytes, as in Ġe"
	HalfCharacters = "three tokens are parts of characters, written U+FFFD"
	ErrorsAreOK    = "errors come with status 200"
	Compressed     = "every answer is compressed, asked for or not"
	Processed      = "lists are of what T and the cuts leave, and no longer"
	Impossible     = "lists are of what T and the cuts leave, −9999 for others"
	NoZero         = "T = 0 is refused"
	NoPost         = "there are no probabilities after sampling"
	PlainVLLM      = "the prompt has no log-probabilities but by echo"
	Twins          = "some tokens have the same name as others"
	EndsOften      = "every token may be the last, with a probability of a third"
	Merging        = "a part of a character is left out, and the next token has its text too"
	Closing        = "the connection is closed after every answer"
	SeedsOfCopies  = "completions of one request with a seed have the seeds after it"
	FourDigits     = "probabilities have four digits behind the point"
	SpaceBefore    = "a text begins with a space that is in no token"
	NoPaths        = "a path that is not there is a bad request"
	Dated          = "a default system prompt has the day, and every request has another"
	Unlisted       = "a token outside the list has −9999"
	Appended       = "the chosen token comes behind the list where it has no place in it"
	Ownless        = "the chosen token has no number but that of the list"
	Capped         = "an answer has at most 40 tokens"
	Brief          = "more than 40 tokens are refused"
	Thinking       = "the first token is a thought, which is counted and not told"
	EndCounted     = "the end is counted as a token"
	Fractions      = "all numbers have a fraction or an exponent"
	NumbersAsText  = "integers and infinities are texts, as in the JSON of protocol buffers"
	Overflowing    = "an impossible token has -1e9999"
	Escaped        = "every character of a text is escaped"
	Spread         = "an answer begins with a mark of its byte order, is indented, and its fields are in the reverse order"
	Adorned        = "objects have more fields, null or nested"
	Piecewise      = "an answer comes in pieces of a few bytes"
	Deflated       = "every answer is compressed by deflate"
	Reversed       = "the last completion of a request is written first"
	Parts          = "the text of a message is a list of parts"
)

// Habits are all of them, each with a dialect that can show it.
func Habits() map[string]Dialect {
	return map[string]Dialect{
		Speculative: VLLM, CompanyNoise: VLLM, HalfPrecision: Llama, SystemPrompt: Chat, SpacedTokens: Completions, HalfCharacters: Completions,
		ErrorsAreOK: Chat, Compressed: Ollama, Processed: Llama, Impossible: VLLM, NoZero: Completions, Closing: Llama,
		NoPaths: Chat, FourDigits: Llama, SpaceBefore: Completions, SeedsOfCopies: VLLM, Dated: Chat, Unlisted: Chat, Ownless: Ollama, Appended: Completions,
		Twins: Completions, Merging: Llama, NoPost: Llama, PlainVLLM: VLLM,
		Capped: Llama, Brief: VLLM, Thinking: Chat, EndCounted: VLLM, Fractions: Llama, NumbersAsText: VLLM, Overflowing: Ollama, Escaped: Chat, Spread: Completions,
		Adorned: Chat, Piecewise: Ollama, Deflated: VLLM, Reversed: VLLM, Parts: Chat,
	}
}

const systemPrompt = "you are a philosopher. say: "

// dated is a system prompt with a day.
func dated() string { return []string{"monday: ", "friday: ", "sunday: "}[rand.IntN(3)] }

var errZero = errors.New("temperature is 0")

// bfloat16 rounds to 8 bits.
func bfloat16(l float64) float64 {
	bits := math.Float32bits(float32(l))
	return float64(math.Float32frombits((bits + 0x8000) &^ 0xffff))
}

// speculate draws a token from p as a draft does that proposes tokens from p at 3 T, or what
// Draft says: one
// with probability q is kept with probability min(1, p/q), and else one is drawn from
// what p has more than q.
func (s *server) speculate(logits []float32, temperature float64, random *rand.Rand) int {
	p, q := s.softmax(logits, temperature), s.softmax(logits, cmp.Or(s.Draft, 3)*temperature)
	token := pick(q, random.Float64())
	if random.Float64() < s.eager()*p[token]/q[token] {
		return token
	}
	switch s.Bug {
	case DraftRest:
		return pick(p, random.Float64())
	case DraftGreedy:
		return slices.Index(p, slices.Max(p))
	}
	rest := make([]float64, len(p))
	total := 0.0
	for i := range p {
		rest[i] = max(0, p[i]-q[i])
		total += rest[i]
	}
	if s.Bug == DraftBare {
		total = 1
	}
	return pick(rest, random.Float64()*total)
}

func (s *server) softmax(logits []float32, temperature float64) []float64 {
	p := make([]float64, len(logits))
	for i, l := range normal(logits, temperature) {
		p[i] = math.Exp(l)
	}
	return p
}

func pick(p []float64, u float64) int {
	last := 0
	for i, share := range p {
		if share == 0 {
			continue
		}
		last = i
		if u -= share; u < 0 {
			return i
		}
	}
	return last
}

// left are the log-probabilities that T and the cuts leave, −Inf for what is cut.
func (s *server) left(logits []float32, how reference.Sampling) []float64 {
	out := make([]float64, len(logits))
	for token := range out {
		dst := []float64{0}
		if err := s.sampler.LogProbs(dst, logits, []int{token}, []reference.Sampling{how}); err != nil {
			panic(err) // the settings are checked where they are read
		}
		out[token] = dst[0]
	}
	return out
}

// named is a token as its bytes are named.
func named(text string) string { return "Ġ" + text }

var twins = strings.NewReplacer("q", "e", "j", "t", "c", "a", "w", "s", "k", "n")

// halved is the text of a token, which for three of them is a part of a character.
func halved(text string) string {
	if strings.Contains("aot", text) {
		return "\uFFFD"
	}
	return text
}
