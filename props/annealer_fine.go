package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/reference/sequence"
)

// fine is a problem in which a small error of the temperature shows in few draws: a Markov
// chain of order 1 whose rows, at T, give three quarters of the mass to one token and share the
// rest evenly,
//
//	p(v | u) = (1 + δ)/(1 + δV) for v = head(u), δ/(1 + δV) otherwise,  ((1 + δ)/δ)^(1/T) = 3(V − 1)
//
// The rows are permutations of one another: the local partitions are all alike, so that
// samplers that need many draws to be exact are exact, and whether a token is the head does not
// depend on those before.
type fine struct {
	temperature     float64
	seed            uint64
	calls, together int // calls, and draws of each
}

// Completions have two tokens of 16, or 256 in all. Var(log π) = 2 · ¾ · ¼ · ln² 45 = 5.4, so that
// KL = 0.04²/2 · 5.4 = 0.0043 nats a draw for a temperature that is 4 % off.
const (
	fineVocab, fineLimit = 16, 2
	fineOdds             = 3 * (fineVocab - 1) // of the head and another token
	fineLong             = 700                 // draws of a long call
)

func (f fine) String() string {
	return fmt.Sprintf("a Markov chain of %d tokens, one of which has 3/4 of the mass at T = %v, limit %d, %d calls of %d draws, seed %d", fineVocab, f.temperature, fineLimit, f.calls, f.together, f.seed)
}
func (f fine) GoString() string { return f.String() }

// head is the token with most mass behind another one.
func (f fine) head(before int) int { return (before + 1 + 2*int(f.seed)) % fineVocab }

func (f fine) model() sequence.Model {
	var pairs [][]int
	for u := range fineVocab {
		pairs = append(pairs, []int{u, f.head(u)})
	}
	m, err := sequence.NewMarkov(fineVocab, 1, -1, 1/math.Expm1(f.temperature*math.Log(fineOdds)), pairs)
	if err != nil {
		panic(err) // the pairs are within the vocabulary
	}
	return m
}

// fines are the problems, from nearly equal tokens to ones of exp(−457).
type fines []fine

func (f fines) String() string {
	return fmt.Sprintf("%d problems, T from %v to %v", len(f), f[0].temperature, f[len(f)-1].temperature)
}
func (f fines) GoString() string { return f.String() }

func annealerFineLaw() Law {
	return law[sequence.SequenceAnnealer, fines]{
		id: "Annealer/Fine",
		claim: "at T of 0.02 to 120 draws show no temperature that is 4 % off (likelihood ratios, 16 600 draws, false alarm 1e-12); whole calls of ten come again no more often than by chance, " +
			"so that a generator made from 16 bits of a word shows (900 calls, 1e-9); and of a call of 700 draws two at any distance are the same as seldom as chance says (1e-12 a distance)",
		source:    "derived: another temperature for draws than for log Z; seeds cut to 8 or 16 bits; indices of 8 bits",
		of:        anAnnealer,
		witnesses: []fines{{{0.02, 1, 40, 64}, {0.5, 2, 900, 10}, {2, 3, 40, 64}, {120, 4, 40, 64}}},
		judge:     annealsFinely,
	}.erased()
}

// fineErrors are the shares by which a temperature may be wrong.
var fineErrors = []float64{1.04, 1 / 1.04, 1.12, 1 / 1.12}

func annealsFinely(a sequence.SequenceAnnealer, problems fines) error {
	all := make([]float64, len(fineErrors)) // logarithms of likelihood ratios
	var logs []float64
	for _, f := range problems {
		logM, err := f.draw(a)
		if err != nil {
			return fmt.Errorf("%w\nproblem: %v", err, f)
		}
		for i, x := range logM {
			all[i] += x
		}
		logs = append(logs, logM...)
	}
	logs = append(logs, all...)
	for i, logM := range logs {
		if logM-math.Log(float64(len(logs))) < -math.Log(falseAlarm) {
			continue
		}
		of := "all problems"
		if problem := i / len(fineErrors); problem < len(problems) {
			of = problems[problem].String()
		}
		return fmt.Errorf("it is as if the temperature is %.3g times T (evidence exp(%.4g)), in %s", fineErrors[i%len(fineErrors)], logM, of)
	}
	return problems[1].longCall(a)
}

// draw asks in calls with one source. Calls of ten draws, 25 nats, hardly ever have the same
// answer.
func (f fine) draw(a sequence.SequenceAnnealer) (logM []float64, err error) {
	m, src := f.model(), rand.NewPCG(f.seed, 19)
	seen := newCollisions()
	logM = make([]float64, len(fineErrors))
	for range f.calls {
		answer, ratios, err := f.ask(a, m, f.together, src)
		if err != nil {
			return nil, err
		}
		logp := 0.0
		for _, draw := range answer {
			logp += draw.logp
		}
		seen.see(fmt.Sprint(answer), logp)
		for i, ratio := range ratios {
			logM[i] += ratio
		}
	}
	return logM, seen.verdict()
}

// A fineDraw is a completion with its log π.
type fineDraw struct {
	tokens []int
	logp   float64
}

func (d fineDraw) String() string { return fmt.Sprint(d.tokens) }

// ask draws so many completions, and returns what each wrong temperature makes them more
// likely by.
func (f fine) ask(a sequence.SequenceAnnealer, m sequence.Model, count int, src rand.Source) (draws []fineDraw, ratios []float64, err error) {
	prompt := []int{int(f.seed)}
	dst := make([][]int, count)
	if _, err := a(dst, m, slices.Clone(prompt), -1, fineLimit, f.temperature, src); err != nil {
		return nil, nil, fmt.Errorf("refused: %w", err)
	}
	heads := 0
	for _, tokens := range dst {
		draw := fineDraw{tokens: tokens}
		if len(tokens) != fineLimit {
			return nil, nil, fmt.Errorf("drew %v for a limit of %d", tokens, fineLimit)
		}
		before := prompt[0]
		for _, token := range tokens {
			if token < 0 || token >= fineVocab {
				return nil, nil, fmt.Errorf("drew %v, of a vocabulary of %d", tokens, fineVocab)
			}
			if token == f.head(before) {
				heads++
				draw.logp += math.Log(0.75)
			} else {
				draw.logp += math.Log(0.25 / (fineVocab - 1))
			}
			before = token
		}
		draws = append(draws, draw)
	}
	for _, wrong := range fineErrors {
		share := 1 / (1 + (fineVocab-1)*math.Pow(fineOdds, -1/wrong)) // of the head, under that temperature
		ratios = append(ratios, float64(heads)*math.Log(share/0.75)+float64(fineLimit*count-heads)*math.Log((1-share)/0.25))
	}
	return draws, ratios, nil
}

// longCall bets at every distance that a draw is the one so far before.
func (f fine) longCall(a sequence.SequenceAnnealer) error {
	draws, _, err := f.ask(a, f.model(), fineLong, rand.NewPCG(f.seed, 20))
	if err != nil {
		return fmt.Errorf("a call of %d draws: %w\nproblem: %v", fineLong, err, f)
	}
	copies := newCopies(everyDistance(len(draws))...)
	copies.see(len(draws), func(i, before int) float64 {
		if slices.Equal(draws[i].tokens, draws[before].tokens) {
			return -draws[i].logp
		}
		return math.Inf(-1)
	})
	if distance, logM, enough := copies.most(); enough {
		return fmt.Errorf("of %d draws of a call those from the %dth on are those of %d before (evidence exp(%.4g))\nproblem: %v", fineLong, distance+1, distance, logM, f)
	}
	return nil
}
