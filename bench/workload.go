package bench

import "fmt"

// Workload is the shape of one measurement: rows of vocab logits of a kind,
// annealed to a temperature.
type Workload struct {
	Vocab, Rows int
	Logits      string // flat, peaked, zipf, masked: see matrix
	Temperature float64
}

// String is the workload's part of a benchmark's name.
func (w Workload) String() string {
	return fmt.Sprintf("vocab=%d/rows=%d/logits=%s/T=%v", w.Vocab, w.Rows, w.Logits, w.Temperature)
}

// centre is one step of a sampler: the next token of one sequence, in a
// vocabulary of today.
var centre = Workload{Vocab: 131072, Rows: 1, Logits: "zipf", Temperature: .7}

// What a workload can vary. The vocabularies are those of letters, GPT-2, a
// power of two, and Gemma; 256 rows of the centre exceed every cache.
var (
	vocabularies = []int{27, 50257, 131072, 262144}
	rowCounts    = []int{1, 256}
	logitKinds   = []string{"flat", "peaked", "zipf", "masked"}
	temperatures = []float64{.2, .7, 1}
)

// Workloads varies one factor at a time round the centre.
func Workloads() []Workload {
	all := []Workload{centre, {Vocab: 27, Rows: 1024, Logits: "zipf", Temperature: .7}}
	vary := func(change func(w *Workload)) {
		w := centre
		if change(&w); w != centre {
			all = append(all, w)
		}
	}
	for _, vocab := range vocabularies {
		vary(func(w *Workload) { w.Vocab = vocab })
	}
	for _, rows := range rowCounts {
		vary(func(w *Workload) { w.Rows = rows })
	}
	for _, kind := range logitKinds {
		vary(func(w *Workload) { w.Logits = kind })
	}
	for _, temperature := range temperatures {
		vary(func(w *Workload) { w.Temperature = temperature })
	}
	return all
}

// Grid varies all factors together.
func Grid() []Workload {
	var all []Workload
	for _, vocab := range vocabularies {
		for _, rows := range rowCounts {
			for _, kind := range logitKinds {
				for _, temperature := range temperatures {
					all = append(all, Workload{vocab, rows, kind, temperature})
				}
			}
		}
	}
	return all
}
