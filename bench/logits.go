package bench

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Matrix makes the workload's logits, the same ones every time. The kinds are
// named by what they stress:
//
//	flat    all within 1: every power counts
//	peaked  one token 20 above the rest: nearly nothing counts
//	zipf    p ∝ 1/rank in shuffled order: the shape of words
//	masked  zipf with every other token masked at random
//	model   what a neural model of characters gives along a real text (38 tokens only)
//
// Three more are hard for samplers: equal, ascending, and ties for the largest logit.
//
// Matrices of more than 2^20 logits repeat their first eight rows: to make them
// all would take longer than to measure them.
func (w Workload) Matrix() []float32 {
	different := w.Rows
	if w.Rows*w.Vocab > 1<<20 {
		different = min(8, w.Rows)
	}
	logits := make([]float32, w.Vocab*w.Rows)
	r := rand.New(rand.NewPCG(uint64(w.Vocab), uint64(w.Rows)))
	fill, ok := fillers[w.Logits]
	if !ok {
		panic(fmt.Sprintf("bench: no logits of kind %q", w.Logits))
	}
	for at := 0; at < different*w.Vocab; at += w.Vocab {
		fill(r, logits[at:at+w.Vocab])
	}
	for at := different * w.Vocab; at < len(logits); at += w.Vocab {
		copy(logits[at:], logits[at-different*w.Vocab:at-(different-1)*w.Vocab])
	}
	return logits
}

var fillers = map[string]func(r *rand.Rand, row []float32){
	"flat":   flat,
	"peaked": peaked,
	"zipf":   zipf,
	"masked": masked,
	"model":  model,

	"equal":     equal, // see cuts.go
	"ascending": ascending,
	"ties":      ties,
}

func flat(r *rand.Rand, row []float32) {
	for i := range row {
		row[i] = r.Float32()
	}
}

func peaked(r *rand.Rand, row []float32) {
	flat(r, row)
	row[r.IntN(len(row))] += 20
}

func zipf(r *rand.Rand, row []float32) {
	for i, rank := range r.Perm(len(row)) {
		row[i] = float32(-math.Log(float64(1 + rank)))
	}
}

func masked(r *rand.Rand, row []float32) {
	zipf(r, row)
	for i := range row {
		if r.IntN(2) == 0 && row[i] < 0 {
			row[i] = float32(math.Inf(-1))
		}
	}
}
