package subjects

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"temper/reference"
	"temper/reference/sequence"
)

// economicalAnnealers write into the memory that dst has, take their words in another order or
// in other amounts, or leave out what they may.
func economicalAnnealers() []styled[sequence.SequenceAnnealer] {
	good := sequence.AnnealByEnumeration
	return []styled[sequence.SequenceAnnealer]{
		{"completions in the memory that dst has", on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
			own := make([][]int, len(dst))
			logZ, err := r.ask(good, own)
			for i, completion := range own {
				if err == nil {
					dst[i] = append(dst[i][:0], completion...)
				}
			}
			return logZ, err
		})},
		{"log Z and weights in float32, one array for all draws", guarded(func(dst [][]int, r request) (float64, error) {
			all, logWeights, err := annealedWeights(r)
			if err != nil {
				return 0, err
			}
			for i, w := range logWeights {
				logWeights[i] = float64(float32(w))
			}
			array := make([]int, len(dst)*r.limit)
			for i := range dst {
				at := array[i*r.limit : i*r.limit : (i+1)*r.limit]
				dst[i] = append(at, all[byDistribution(expAll(logWeights), r.src)]...)
			}
			return float64(float32(logSum(logWeights))), nil
		})},
		{"neither T = 0 nor a limit of 0, an error and nothing else", on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
			if r.temperature == 0 || r.limit == 0 {
				return math.NaN(), reference.ErrShape
			}
			own := make([][]int, len(dst))
			logZ, err := r.ask(good, own)
			if err != nil {
				return math.NaN(), err
			}
			copy(dst, own)
			return logZ, nil
		})},
		{"a generator for each draw, made from two words taken first, from the last draw on", on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
			logZ, err := r.ask(good, nil)
			if err != nil || r.src == nil {
				return logZ, err
			}
			sources := make([]rand.Source, len(dst))
			for i := range sources {
				sources[i] = rand.NewPCG(r.src.Uint64(), r.src.Uint64())
			}
			for i := len(dst) - 1; i >= 0; i-- {
				own := r
				own.src = sources[i]
				if _, err := own.ask(good, dst[i:i+1]); err != nil {
					return 0, err
				}
			}
			return logZ, nil
		})},
		{"one call at a time", (&oneAtATime{good: good}).anneal},
	}
}

// oneAtATime lets one goroutine in, and uses its memory again.
type oneAtATime struct {
	good  sequence.SequenceAnnealer
	mutex sync.Mutex
	draws [][]int
}

func (o *oneAtATime) anneal(dst [][]int, m sequence.Model, prompt []int, end, limit int, temperature float64, src rand.Source) (float64, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.draws = append(o.draws[:0], make([][]int, len(dst))...)
	logZ, err := o.good(o.draws, m, prompt, end, limit, temperature, src)
	for i := range dst {
		if err == nil {
			dst[i] = slices.Clone(o.draws[i])
		}
	}
	return logZ, err
}

// economicalVerifiers do the same for accept rules.
func economicalVerifiers() []styled[sequence.Verifier] {
	rejection, plain := sequence.RejectionRule(), newAccepting()
	inPlace := verifying(rejection, plain.answer)
	inPlace.Verify = func(dst [][]int, drafts []sequence.Draft, u [][]float64) error {
		return eachGood(drafts, func(s int, d sequence.Draft) { dst[s] = append(dst[s][:0], plain.answer(d, u[s])...) })
	}
	lastFirst := verifying(rejection, plain.answer)
	lastFirst.Verify = func(dst [][]int, drafts []sequence.Draft, u [][]float64) error {
		answers := map[int][]int{}
		err := eachGood(drafts, func(s int, d sequence.Draft) { answers[s] = nil })
		for s := len(drafts) - 1; s >= 0; s-- {
			if _, good := answers[s]; good {
				dst[s] = plain.answer(drafts[s], u[s])
			}
		}
		return err
	}
	seeded := answeringWords(rejection, nil)
	seeded.Draw = func(dst [][]int, drafts []sequence.Draft, src rand.Source) error {
		if err := reference.CheckSource(src); err != nil {
			return err
		}
		var running sync.WaitGroup
		err := eachGood(drafts, func(s int, d sequence.Draft) {
			own := rand.New(rand.NewPCG(src.Uint64(), src.Uint64()))
			running.Go(func() {
				u := make([]float64, len(d.Tokens)+1)
				for i := range u {
					u[i] = own.Float64()
				}
				dst[s] = plain.answer(d, u)
			})
		})
		running.Wait()
		return err
	}
	return []styled[sequence.Verifier]{
		{"tokens in the memory that dst has", inPlace},
		{"the last draft first", lastFirst},
		{"a goroutine and a generator of 128 bits for each draft", seeded},
		{"a floor of 1e-30 below q", acceptingBut(func(a *accepting) {
			a.accept = func(u, p, q float64) bool { return p > 0 && u < p/math.Max(q, 1e-30) }
		})},
		{"p = q without a look at the number", acceptingBut(func(a *accepting) {
			a.accept = func(u, p, q float64) bool { return p >= q && p > 0 || u*q < p }
		})},
	}
}
