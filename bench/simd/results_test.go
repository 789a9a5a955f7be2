package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// answered is what all operations leave behind.
type answered struct {
	lse, logp      []uint64
	p              []uint32
	sampled, drawn []int
	errs           [5]string
}

func (k Kernels[E]) answers(logits []E, rows int, tokens []int, u []float64, temperature float64) answered {
	lse, logp, p := make([]float64, rows), make([]float64, rows), make([]float32, len(logits))
	a := answered{sampled: make([]int, rows), drawn: make([]int, rows)}
	for i, err := range []error{
		k.LogSumExp(lse, logits, temperature),
		k.LogProbs(logp, logits, tokens, temperature),
		k.Anneal(p, logits, rows, temperature),
		k.Sample(a.sampled, logits, u, temperature),
		k.Draw(a.drawn, logits, rand.NewPCG(5, 6), temperature),
	} {
		a.errs[i] = fmt.Sprint(err)
	}
	for r := range rows {
		a.lse, a.logp = append(a.lse, math.Float64bits(lse[r])), append(a.logp, math.Float64bits(logp[r]))
	}
	for _, x := range p {
		a.p = append(a.p, math.Float32bits(x))
	}
	return a
}

func brief(a answered) string {
	a.p = a.p[:min(8, len(a.p))]
	return fmt.Sprintf("%+v", a)
}
