package fake

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"temper/reference"
)

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
	case s.Bug == GreedyFar && at >= 10, s.Bug == GreedyLong && at >= 32, s.Bug == GreedyEvery && at%8 == 7:
		how.Temperature = 0
	case s.Bug == TemperatureFar && at >= 16 && t > 0, s.Bug == ZeroFar && at >= 40 && t == 0, s.Bug == ZeroTopP && t == 0 && how.TopP < 1:
		how.Temperature = 1
	case s.Bug == TopKFar && at >= 8:
		how.TopK = 0
	case s.Bug == TopPFar && at >= 8:
		how.TopP = 0
	case s.Bug == OneInTen && j.number%10 == 0:
		how.Temperature = 0
	case s.Bug == TemperatureRises:
		how.Temperature *= 1 + 0.02*float64(at)
	case s.Bug == TemperatureWarm:
		how.Temperature *= s.factor(1.2)
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
	case s.Bug == SeedShort:
		return fixed(*j.seed & 0xffff)
	case s.Bug == SeedFloat:
		return fixed(uint64(float32(*j.seed)))
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
	case s.Bug == NumbersBelow:
		return 0.9 * fresh
	case s.Bug == NumbersStick && at > 0:
		if fresh < 1./3 {
			return before
		}
		return (fresh - 1./3) * 1.5
	case s.Bug == NumbersAgain:
		return state(uint64(1e9*shared) + uint64(at%16))
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
