package bench

import (
	"fmt"
	"math"
	"os"

	"temper/fixtures/neural"
)

// Workload is the shape of one measurement: rows of vocab logits of a kind,
// annealed to a temperature, and cut where a sampler cuts.
type Workload struct {
	Vocab, Rows int
	Logits      string // flat, peaked, zipf, masked or model: see Matrix
	Temperature float64
	Cut         string // "" for none: see [Workload.Sampling]
}

// String is the workload's part of a benchmark's name.
func (w Workload) String() string {
	cut := ""
	if w.Cut != "" {
		cut = "/cut=" + w.Cut
	}
	return fmt.Sprintf("vocab=%d/rows=%d/logits=%s%s/T=%v", w.Vocab, w.Rows, w.Logits, cut, w.Temperature)
}

// centre is one step of a sampler: the next token of one sequence, in a
// vocabulary of today.
var centre = Workload{Vocab: 131072, Rows: 1, Logits: "zipf", Temperature: .7}

// text is a whole page of characters at once, as a scorer sees it.
var text = Workload{Vocab: neural.Vocab, Rows: 1024, Logits: "model", Temperature: .7}

// letters has the smallest vocabulary: 26 letters, space and end.
var letters = Workload{Vocab: 28, Rows: 4096, Logits: "zipf", Temperature: .7}

// classes are rows of a classifier, many of them in one call, and manyClasses of a larger one.
var (
	classes     = Workload{Vocab: 512, Rows: 256, Logits: "zipf", Temperature: .7}
	manyClasses = Workload{Vocab: 2048, Rows: 64, Logits: "zipf", Temperature: .7}
)

// What the centre can vary. The vocabularies are those of Llama 2, GPT-2, Qwen and
// Gemma and powers of two; 256 rows of the centre exceed every cache.
var (
	vocabularies = []int{512, 2048, 32000, 50257, 131072, 151936, 262144}
	rowCounts    = []int{1, 256}
	logitKinds   = []string{"flat", "peaked", "zipf", "masked"}
	temperatures = []float64{0, .2, .7, 1, math.Inf(1)}
)

// workloads varies one factor at a time round the centre, and has rows of characters, of
// letters, at the ends of T too, of classes, and a masked row at T = +Inf.
func workloads() []Workload {
	one, cold, hot, hotMasked := text, letters, letters, centre
	one.Rows, cold.Temperature, hot.Temperature = 1, 0, math.Inf(1)
	hotMasked.Logits, hotMasked.Temperature = "masked", math.Inf(1)
	all := []Workload{centre, text, one, letters, cold, hot, classes, manyClasses, hotMasked}
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

// Selected varies one factor at a time round the centre, or all of them together
// if the environment variable GRID is set.
func Selected() []Workload {
	if os.Getenv("GRID") != "" {
		return grid()
	}
	return workloads()
}

// grid varies all the centre's factors together.
func grid() []Workload {
	all := []Workload{text, letters, classes, manyClasses}
	for _, vocab := range vocabularies {
		for _, rows := range rowCounts {
			for _, kind := range logitKinds {
				for _, temperature := range temperatures {
					all = append(all, Workload{Vocab: vocab, Rows: rows, Logits: kind, Temperature: temperature})
				}
			}
		}
	}
	return all
}
