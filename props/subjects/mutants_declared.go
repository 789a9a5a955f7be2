package subjects

import (
	"errors"
	"math"

	"temper/props"
	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
)

// refusing is k with an error for every question of a kind.
func refusing(k reference.Kernels, no func(vocab int, t float64) bool) reference.Kernels {
	refusal := errors.New("not here")
	r := k
	for _, op := range operation.All() {
		op.Set(&r, func(q operation.Query, dst operation.Destination) error {
			if vocab, err := reference.Vocab(len(q.Logits), q.Rows); err == nil && no(vocab, q.Temperature) {
				return refusal
			}
			return op.Call(k, q, dst)
		})
	}
	return r
}

// greedyBelow takes the temperatures below one for 0.
func greedyBelow(cold float64) reference.Kernels {
	return with(func(s *plain) {
		s.adjust = func(t float64) float64 {
			if t < cold {
				return 0
			}
			return t
		}
	})
}

// declaring is an implementation with what it declares.
type declaring struct {
	kernels  reference.Kernels
	declared []props.Option
}

func checkDeclaring(d declaring, opts ...props.Option) verdict.Report {
	return props.CheckKernels(d.kernels, append(opts, d.declared...)...)
}

// declaringMutants are wrong where their declaration does not apply: it excuses what
// it names and nothing else.
func declaringMutants() []mutant[declaring] {
	type m = mutant[declaring]
	declares := func(k reference.Kernels, options ...props.Option) declaring { return declaring{k, options} }
	// cold is plain, its answers below a temperature edited.
	cold := func(below float64, edit func(p []float64, row []float32)) reference.Kernels {
		k := newPlain()
		plain := k.kernels()
		plain.Anneal = func(dst, logits []float32, rows int, t float64) error {
			err := reference.Scalar.Anneal(dst, logits, rows, t)
			vocab, _ := reference.Vocab(len(logits), rows)
			for r := 0; err == nil && t > 0 && t < below && r < rows; r++ {
				p := make([]float64, vocab)
				edit(p, logits[r*vocab:(r+1)*vocab])
				for v, x := range p {
					dst[r*vocab+v] = float32(x)
				}
			}
			return err
		}
		return reference.Kernels{Name: "cold", Available: true, Anneal: plain.Anneal}
	}
	return []m{
		{"declared", "vllm: greedy below 1e-5", "greedy below 1e-2, declared below 1e-5", declares(greedyBelow(1e-2), props.GreedyBelow(1e-5)), verdict.Must},
		{"declared", "vllm#890, #3063, #2937", "the first token below 1e-5, where greedy is declared", declares(cold(1e-5, func(p []float64, row []float32) { p[firstUnmasked(row)] = 1 }), props.GreedyBelow(1e-5)), verdict.Must},
		{"declared", "vllm#890, #3063, #2937", "NaN below 1e-5, where greedy is declared", declares(cold(1e-5, func(p []float64, row []float32) { p[0] = math.NaN() }), props.GreedyBelow(1e-5)), verdict.Must},
		{"declared", "derived", "wrong for a vocabulary of 3, 2 is the smallest", declares(with(func(s *plain) {
			s.sum = func(weights []float64, r int) float64 {
				if len(weights) == 3 {
					return weights[0] + weights[1]
				}
				return sum(weights)
			}
		}), props.SmallestVocab(2)), verdict.Must},
		{"declared", "miles#1190, prime-rl#3090", "T = 0 is left out, T = +Inf includes masks", declares(with(func(s *plain) {
			s.uniform = false
			s.scale = func(x, t float64) float64 {
				if math.IsInf(t, 1) {
					return 0
				}
				return x / t
			}
		}), props.WithoutZero()), verdict.Must},
		{"declared", "LLaDA2.X#6", "T = +Inf is left out, T = 0 draws at T = 1", declares(with(func(s *plain) {
			s.adjust = func(t float64) float64 {
				if t == 0 {
					return 1
				}
				return t
			}
		}), props.WithoutInfinity()), verdict.Must},
		{"declared", "vllm#22180, mamba#1041", "T = 0 is left out, and negative temperatures are accepted", declares(with(func(s *plain) {
			s.guard = func(t float64) error {
				if math.IsNaN(t) {
					return reference.ErrTemperature
				}
				return nil
			}
		}), props.WithoutZero(), props.WithoutInfinity()), verdict.Must},
	}
}
