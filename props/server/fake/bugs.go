package fake

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"temper/reference"
)

// The planted bugs.
const (
	TemperatureIgnored = "temperature ignored"
	TemperatureTwice   = "temperature applied twice"
	TemperatureInverse = "logits multiplied by temperature"
	TemperatureMoved   = "temperature applied on the other side of the cuts"
	TemperatureFirst   = "temperature ignored for the first token"
	TemperatureLater   = "temperature ignored from the second token on"
	TopPIgnored        = "top_p ignored"
	TopPHalf           = "top_p squared"
	TopPShort          = "the token that crosses top_p is cut"
	TopKIgnored        = "top_k ignored"
	TopKMore           = "top_k keeps one token more"
	TopKArgmax         = "top_k takes the largest"
	MinPIgnored        = "min_p ignored"
	MinPDefault        = "min_p of 0 taken for a default of 0.2"
	OtherTemperature   = "log-probabilities of another temperature"
	ScaledTwice        = "log-probabilities divided by the temperature twice"
	Probability        = "a probability in the field of a log-probability"
	Logits             = "logits in the field of log-probabilities"
	Base2              = "log-probabilities in base 2"
	ChosenWrong        = "the chosen token has the log-probability of the first of the list"
	ListUnsorted       = "the list is in the order of tokens"
	ListDoubled        = "the first of the list comes twice"
	InfinityInJSON     = "-Infinity in the JSON"
	SeedGlobal         = "a seed is that of all later requests"
	SeedConstant       = "a request without a seed has seed 42"
	SeedIgnored        = "every seed is seed 7"
	SeedBits           = "one bit of a seed is used"
	SeedForgotten      = "a seed changes nothing"
	SeedMoved          = "a neighbour moves the draws of a seed"
	OneUniform         = "one uniform number for every step"
	EchoShifted        = "log-probabilities of the echo shifted by one"
	RowsSwapped        = "the rows of a batch are swapped"
	StopInText         = "the stop string is in the text"
	StopIgnored        = "stop strings ignored"
	GreedyDraws        = "T = 0 draws at T = 1"
	GreedySecond       = "T = 0 takes the second"
	OneTokenMore       = "one token more than max_tokens"
	ReasonWrong        = "finish_reason is always stop"
	CopiesEqual        = "all n completions are the same"
	SequenceAnnealed   = "sequences annealed, not steps"
	Uniform            = "draws are uniform over the first ten"
	DiesOfTemperature  = "T < 0 ends the engine"
	Base10             = "log-probabilities in base 10"
	ListStale          = "the list is that of the step before"
	ScaledBare         = "log-probabilities divided by the temperature and not normalised"
	TemperatureHot     = "T above 1 is 1"
	TemperatureWhole   = "the fraction of T is cut off"
	GreedyTenth        = "T = 0 is T = 0.1"
	SeedLattice        = "the first numbers of consecutive seeds form a lattice"
	SeedClock          = "a request without a seed has the clock's second for one"
	Antithetic         = "every second number is 1 less the one before"
	MinPAbsolute       = "min_p is a probability, not a share of the largest"
	MinPSmall          = "min_p of 0 taken for a default of 0.05"
	TopPStuck          = "top_p of 1 taken for a default of 0.9"
	TopKLess           = "top_k keeps one token less"
	PenaltyStuck       = "a penalty of repetition cannot be taken off"
	ReasonLength       = "finish_reason is always length"
	StopEats           = "the text before the stop string loses a token"
	StopAcross         = "stop strings of more than one token are missed"
	BatchTemperature   = "a batch has the temperature of its first request"
	CopiesGreedy       = "the second of n completions is greedy"
	TopPCold           = "top_p is ignored at T other than 1"
	CopiesSeeded       = "all n completions of a request with a seed are the same"
	BatchNumbers       = "requests without a seed that are served together share their numbers"
	PromptShifted      = "prompt_logprobs shifted by one"
	PromptOfDraw       = "prompt_logprobs has the most probable token's number for each"
	PostRaw            = "probabilities after sampling are those before"
	PostUncut          = "probabilities after sampling are those without the cuts"
	PostCold           = "probabilities after sampling are annealed twice"
	EchoCold           = "log-probabilities of the echo are those of T = 0.7"
	SingleGreedy       = "an answer of one token is greedy"
	StopFirst          = "only the first stop string counts"
	SeedSteps          = "the seed and the step added are the state of the generator"
	RequestSteps       = "the request's number and the step added are the state of the generator"
	CopiesLater        = "n completions share their numbers from the second step on"
	TwoNumbers         = "two numbers take turns in an answer"
	SeedCold           = "a request with a seed has half the temperature"
	TopKUnits          = "top_k is ignored at T other than 1"
	MinPUnits          = "min_p is ignored at T other than 1"
	TopKAlone          = "top_k is ignored where top_p is set"
	TopPAlone          = "top_p is ignored where top_k is set"
)

// Bug is a planted bug, the law that it breaks, and a dialect that can show it.
type Bug struct {
	Name, Law string
	Dialect   Dialect
}

// Bugs are all planted bugs.
func Bugs() []Bug {
	return []Bug{
		{TemperatureIgnored, "Draws/Temperature", Completions}, {TemperatureTwice, "Draws/Temperature", Chat},
		{TemperatureInverse, "Draws/Temperature", Llama}, {TemperatureMoved, "Cuts/Order", VLLM},
		{TemperatureFirst, "Steps/Annealed", Ollama}, {TemperatureLater, "Draws/Temperature", VLLM},
		{TopPIgnored, "Cuts/TopP", Chat}, {TopPHalf, "Cuts/TopP", Completions}, {TopPShort, "Cuts/TopP", Llama},
		{TopKIgnored, "Cuts/TopK", Llama}, {TopKMore, "Cuts/TopK", VLLM}, {TopKArgmax, "Cuts/TopK", Ollama},
		{MinPIgnored, "Cuts/MinP", Llama}, {MinPDefault, "Draws/One", Llama},
		{OtherTemperature, "Draws/One", VLLM}, {ScaledTwice, "Scale/Kind", Llama},
		{Probability, "Form/Numbers", Ollama}, {Logits, "Form/Numbers", Llama}, {Base2, "Draws/One", VLLM},
		{ChosenWrong, "Form/Numbers", Chat}, {ListUnsorted, "Form/Numbers", Chat}, {ListDoubled, "Form/Numbers", Llama},
		{InfinityInJSON, "Form/JSON", Llama},
		{SeedGlobal, "Seeds/Apart", Completions}, {SeedConstant, "Seeds/None", Ollama}, {SeedIgnored, "Seeds/Different", VLLM},
		{SeedBits, "Seeds/Different", Llama}, {SeedForgotten, "Seeds/Same", Completions}, {SeedMoved, "Seeds/Company", Llama},
		{OneUniform, "Steps/Independent", VLLM}, {EchoShifted, "Chain/Rule", Completions}, {RowsSwapped, "Neighbours/Rows", VLLM},
		{StopInText, "Ends/Stop", Ollama}, {StopIgnored, "Ends/Stop", Llama},
		{GreedyDraws, "Greedy/Top", Completions}, {GreedySecond, "Greedy/Top", Chat},
		{OneTokenMore, "Ends/Limit", Chat}, {ReasonWrong, "Ends/Reason", Chat}, {CopiesEqual, "Ends/Several", Chat},
		{SequenceAnnealed, "Steps/Annealed", VLLM}, {Uniform, "Draws/Temperature", Completions}, {DiesOfTemperature, "Input/Survives", Llama},
		{Base10, "Draws/One", Ollama}, {ListStale, "Draws/One", Llama}, {ScaledBare, "Scale/Kind", VLLM},
		{TemperatureHot, "Draws/Hot", Llama}, {TemperatureWhole, "Draws/Temperature", Ollama}, {GreedyTenth, "Greedy/Top", VLLM},
		{SeedLattice, "Seeds/Different", VLLM}, {SeedClock, "Seeds/None", VLLM}, {Antithetic, "Steps/Independent", Llama},
		{MinPAbsolute, "Cuts/MinP", VLLM}, {MinPSmall, "Draws/One", Ollama}, {TopPStuck, "Draws/One", VLLM}, {TopKLess, "Cuts/TopK", Ollama},
		{PenaltyStuck, "Greedy/Top", Ollama}, {ReasonLength, "Ends/Reason", Chat}, {StopEats, "Ends/Before", Llama}, {StopAcross, "Ends/Across", Llama},
		{BatchTemperature, "Neighbours/Settings", VLLM}, {CopiesGreedy, "Ends/Several", Completions}, {EchoCold, "Chain/Rule", VLLM},
		{TopPCold, "Cuts/Cold", VLLM}, {CopiesSeeded, "Ends/Several", VLLM}, {BatchNumbers, "Neighbours/Settings", VLLM},
		{PromptShifted, "Chain/Rule", VLLM}, {PromptOfDraw, "Chain/Rule", VLLM},
		{SingleGreedy, "Draws/Single", Llama}, {StopFirst, "Ends/Stop", VLLM}, {SeedSteps, "Seeds/Different", Llama}, {RequestSteps, "Seeds/None", VLLM},
		{CopiesLater, "Ends/Several", VLLM}, {TwoNumbers, "Steps/Independent", Ollama}, {SeedCold, "Seeds/Different", Llama},
		{TopKUnits, "Cuts/TopK", VLLM}, {MinPUnits, "Cuts/MinP", Ollama}, {TopKAlone, "Cuts/TopK", Ollama}, {TopPAlone, "Cuts/TopP", VLLM},
		{PostRaw, "Cuts/Exact", Llama}, {PostUncut, "Cuts/Exact", Llama}, {PostCold, "Cuts/Exact", Llama},
	}
}

// settings are those that a server with a bug applies.
func (s *server) settings(j job, at int) reference.Sampling {
	how := j.how
	t := how.Temperature
	switch {
	case s.Bug == TemperatureHot && t > 1:
		how.Temperature = 1
	case s.Bug == TemperatureWhole:
		how.Temperature = math.Floor(t)
	case s.Bug == GreedyTenth && t == 0:
		how.Temperature = 0.1
	case s.Bug == TopKLess && how.TopK > 1:
		how.TopK--
	case s.Bug == MinPSmall && how.MinP == 0:
		how.MinP = 0.05
	case s.Bug == TopPStuck && (how.TopP == 0 || how.TopP == 1):
		how.TopP = 0.9
	case s.Bug == TemperatureIgnored && t > 0, s.Bug == TemperatureFirst && at == 0 && t > 0, s.Bug == TemperatureLater && at > 0 && t > 0, s.Bug == GreedyDraws && t == 0:
		how.Temperature = 1
	case s.Bug == TemperatureTwice:
		how.Temperature = t * t
	case s.Bug == TemperatureInverse && t > 0:
		how.Temperature = 1 / t
	case s.Bug == TopPIgnored:
		how.TopP = 0
	case s.Bug == TopPCold && t != 1:
		how.TopP = 0
	case s.Bug == TopPHalf:
		how.TopP *= how.TopP
	case s.Bug == TopKIgnored:
		how.TopK = 0
	case s.Bug == TopKMore && how.TopK > 0:
		how.TopK++
	case s.Bug == TopKArgmax && how.TopK > 0:
		how.TopK = 1
	case s.Bug == MinPIgnored:
		how.MinP = 0
	case s.Bug == MinPDefault && how.MinP == 0:
		how.MinP = 0.2
	case s.Bug == SingleGreedy && j.limit == 1:
		how.Temperature = 0
	case s.Bug == SeedCold && j.seed != nil:
		how.Temperature /= 2
	case s.Bug == TopKUnits && t != 1, s.Bug == TopKAlone && how.TopP > 0 && how.TopP < 1:
		how.TopK = 0
	case s.Bug == MinPUnits && t != 1:
		how.MinP = 0
	case s.Bug == TopPAlone && how.TopK > 0:
		how.TopP = 0
	}
	return how
}

// posted are the settings that probabilities after sampling are computed for.
func (s *server) posted(how reference.Sampling) reference.Sampling {
	switch s.Bug {
	case PostRaw:
		return reference.Sampling{Temperature: 1}
	case PostUncut:
		return reference.Sampling{Temperature: how.Temperature}
	case PostCold:
		how.Temperature *= how.Temperature
	}
	return s.settings(job{how: how}, 0)
}

// mistake is the token that a server with a bug draws instead.
func (s *server) mistake(token int, logits []float32, how reference.Sampling, u float64) int {
	ranks := make([]int, len(logits))
	for i := range ranks {
		ranks[i] = i
	}
	slices.SortStableFunc(ranks, func(a, b int) int {
		switch {
		case logits[a] > logits[b]:
			return -1
		case logits[a] < logits[b]:
			return 1
		}
		return 0
	})
	switch {
	case s.Bug == GreedySecond && how.Temperature == 0:
		return ranks[1]
	case s.Bug == Uniform && how.Temperature > 0:
		return ranks[int(10*u)]
	case s.Bug == TopPShort && how.TopP > 0 && how.TopP < 1:
		return s.shortNucleus(logits, ranks, how, u)
	}
	return token
}

// shortNucleus draws from the tokens with a mass up to and with them of at most top_p.
func (s *server) shortNucleus(logits []float32, ranks []int, how reference.Sampling, u float64) int {
	all := s.logProbs(logits, reference.Sampling{Temperature: 1})
	kept, mass := 0, 0.0
	for kept < len(ranks) && mass+math.Exp(all[ranks[kept]]) <= how.TopP {
		mass += math.Exp(all[ranks[kept]])
		kept++
	}
	for _, token := range ranks[:kept] {
		if u -= math.Exp(all[token]) / mass; u < 0 {
			return token
		}
	}
	return ranks[0]
}

// lookahead gives each first token the weight of all its continuations by one token.
func (s *server) lookahead(logits []float32, prefix []int, temperature float64) []float32 {
	out := slices.Clone(logits)
	for token := range len(logits) - 1 {
		next := s.logProbs(s.logits(append(slices.Clone(prefix), token)), reference.Sampling{Temperature: 1})
		total := 0.0
		for _, l := range next {
			total += math.Exp(l / temperature)
		}
		out[token] += float32(temperature * math.Log(total))
	}
	return out
}

// misreport changes what an answer says of a token.
func (s *server) misreport(t step, logits []float32, j job) step {
	t.list = slices.Clone(t.list)
	change := func(f func(token int, l float64) float64) {
		t.logProb = f(t.token, t.logProb)
		for i := range t.list {
			t.list[i].logProb = f(t.list[i].token, t.list[i].logProb)
		}
	}
	if s.Rounded {
		change(func(_ int, l float64) float64 { return math.Round(100*l) / 100 })
	}
	if s.Reorder && len(t.list) > 0 {
		chosen := pair{t.token, t.logProb}
		t.list = slices.DeleteFunc(t.list, func(p pair) bool { return p.token == t.token })
		t.list = append([]pair{chosen}, t.list[:min(len(t.list), j.list-1)]...)
	}
	if s.Habit == FourDigits {
		change(func(_ int, l float64) float64 { return math.Log(math.Round(1e4*math.Exp(l)) / 1e4) })
	}
	if outside := len(t.list) > 0 && !slices.ContainsFunc(t.list, func(p pair) bool { return p.token == t.token }); outside {
		switch s.Habit {
		case Unlisted:
			t.logProb = math.Inf(-1)
		case Appended:
			t.list = append(t.list, pair{t.token, t.logProb})
		}
	}
	switch {
	case s.Bug == Probability:
		change(func(_ int, l float64) float64 { return math.Exp(l) })
	case s.Bug == Logits:
		change(func(token int, _ float64) float64 { return float64(logits[token]) })
	case s.Bug == Base10:
		change(func(_ int, l float64) float64 { return l / math.Ln10 })
	case s.Bug == Base2:
		change(func(_ int, l float64) float64 { return l / math.Ln2 })
	case len(t.list) == 0:
	case s.Bug == ChosenWrong:
		t.logProb = t.list[0].logProb
	case s.Bug == ListUnsorted:
		slices.SortFunc(t.list, func(a, b pair) int { return a.token - b.token })
	case s.Bug == ListDoubled:
		t.list = append([]pair{t.list[0]}, t.list[:len(t.list)-1]...)
	case s.Bug == InfinityInJSON && (j.how.TopK > 0 || j.how.TopP > 0 && j.how.TopP < 1):
		t.list[len(t.list)-1].logProb = math.Inf(-1)
	}
	return t
}

// seed is the one that a request draws by, nil for none.
func (s *server) seed(j job) *uint64 {
	fixed := func(n uint64) *uint64 { return &n }
	switch {
	case s.Bug == SeedClock && j.seed == nil:
		return fixed(uint64(time.Now().Unix()))
	case s.Bug == BatchNumbers && j.seed == nil:
		if s.inFlight.Load() == 1 {
			s.gathered = s.source.Uint64()
			return nil
		}
		return fixed(s.gathered)
	case s.Bug == SeedConstant && j.seed == nil:
		return fixed(42)
	case j.seed == nil || s.Bug == SeedForgotten:
		return nil
	case s.Bug == SeedIgnored:
		return fixed(7)
	case s.Bug == SeedBits:
		return fixed(*j.seed & 1)
	case s.Bug == SeedMoved && s.inFlight.Load() > 1:
		return fixed(*j.seed + uint64(s.served.Load()))
	}
	return j.seed
}

// uniform is the number of a step.
func (s *server) uniform(fresh, before, shared float64, at int, j job) float64 {
	switch {
	case s.Bug == OneUniform:
		return shared
	case s.Bug == Antithetic && at%2 == 1:
		return 1 - before
	case s.Bug == SeedLattice && at == 0 && j.seed != nil:
		_, golden := math.Modf(float64(*j.seed) * math.Phi)
		return golden
	case s.Bug == SeedSteps && j.seed != nil:
		return state(*j.seed + uint64(at))
	case s.Bug == RequestSteps && j.seed == nil:
		return state(uint64(j.number + at))
	case s.Bug == CopiesLater && at > 0 && j.count > 1:
		return state(uint64(100*j.number + at))
	case s.Bug == TwoNumbers:
		return state(uint64(1e9*shared) + uint64(at%2))
	}
	return fresh
}

// state is the first number of a generator with this state.
func state(n uint64) float64 { return rand.New(rand.NewPCG(n, 18)).Float64() }

// looked are the stop strings that are looked for.
func (s *server) looked(stop []string) []string {
	switch {
	case s.Bug == StopIgnored:
		return nil
	case s.Bug == StopAcross:
		return slices.DeleteFunc(slices.Clone(stop), func(word string) bool { return len(word) > 1 })
	case s.Bug == StopFirst && len(stop) > 1:
		return stop[:1]
	}
	return stop
}

// batched gives a request that is served with others the temperature of the first.
func (s *server) batched(j job) job {
	if s.Bug != BatchTemperature {
		return j
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inFlight.Load() > 1 {
		j.how.Temperature = s.batch
	}
	s.batch = j.how.Temperature
	return j
}

// copied begins a request's numbers again for every completion.
func (s *server) copied(j job, random *rand.Rand, at int) *rand.Rand {
	seed := uint64(len(j.prompt))
	if j.seed != nil {
		seed = *j.seed
	}
	if at == 0 && j.count > 1 {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.copies = s.source.Uint64()
	}
	if j.count > 1 {
		return rand.New(rand.NewPCG(seed, s.copies))
	}
	return random
}

// swapped exchanges the prompts of jobs that are served together.
func (s *server) swapped(j job) job {
	if s.Bug != RowsSwapped {
		return j
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inFlight.Load() > 1 && len(s.waiting) > 0 {
		other := s.waiting[len(s.waiting)-1]
		s.waiting[len(s.waiting)-1] = j
		j.prompt = other.prompt
		return j
	}
	s.waiting = []job{j}
	return j
}

// Check returns nil for a dialect and a bug that there are; no bug is "".
func Check(d Dialect, bug string) error {
	if !slices.Contains(Dialects(), d) {
		return fmt.Errorf("dialect %q is none of %v", d, Dialects())
	}
	if bug == "" || slices.ContainsFunc(Bugs(), func(b Bug) bool { return b.Name == bug }) {
		return nil
	}
	var names []string
	for _, b := range Bugs() {
		names = append(names, b.Name)
	}
	return fmt.Errorf("bug %q is none of: %s", bug, strings.Join(names, "; "))
}
