package bench

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"

	"temper/reference"
)

// Two of the cuts, as [Workload.Sampling] reads them.
const (
	llamaCpp = "k40,p0.95,m0.05,T" // the default settings of llama.cpp, which have T = 0.8
	mixed    = "mixed"             // every row has settings of its own
)

// cuts are those of rows that all have the same settings.
var cuts = []string{"k40", "k200", "T,p0.9", "T,m0.05", llamaCpp}

// hardKinds of logits are hard to search without a sort, by hardCuts.
var (
	hardKinds = []string{"equal", "ascending", "ties"}
	hardCuts  = []string{"k200", "T,p0.9"}
)

// SelectedCuts returns the workloads of samplers: every cut of one row of all kinds of
// logits, of a row of a smaller vocabulary, and of rows of characters and of classes; two
// cuts of rows that are hard to search; and a batch with settings for each row. If the
// environment variable GRID is set, rows of all vocabularies are among them.
func SelectedCuts() []Workload {
	smaller := centre
	smaller.Vocab = 32000
	rows := []Workload{text, classes, smaller}
	of := []int{centre.Vocab}
	if os.Getenv("GRID") != "" {
		of, rows = vocabularies, rows[:2]
	}
	for _, vocab := range of {
		for _, kind := range logitKinds {
			rows = append(rows, Workload{Vocab: vocab, Rows: 1, Logits: kind})
		}
	}
	var all []Workload
	for _, w := range rows {
		for _, w.Cut = range cuts {
			if w.Temperature = centre.Temperature; w.Cut == llamaCpp {
				w.Temperature = .8
			}
			all = append(all, w)
		}
	}
	for _, kind := range hardKinds {
		for _, cut := range hardCuts {
			all = append(all, Workload{Vocab: centre.Vocab, Rows: 1, Logits: kind, Temperature: centre.Temperature, Cut: cut})
		}
	}
	smaller.Rows, smaller.Cut = 64, mixed
	return append(all, smaller)
}

// Sampling returns the order of the steps and the settings of every row. The name of a cut
// lists its steps in their order: T is the temperature, k40 keeps the 40 most probable
// tokens, p0.9 the most probable ones up to a mass of 0.9, and m0.05 those that are at
// least 0.05 times as probable as the most probable one. Without T the temperature comes
// last. As an example, "T,p0.9" divides by T first. Under "mixed" every row has settings
// drawn at random, and the temperature comes first.
func (w Workload) Sampling() (reference.Convention, []reference.Sampling) {
	c := reference.Convention{Name: w.Cut}
	if w.Cut == mixed {
		c.Order = []reference.Step{reference.Temper, reference.TopK, reference.TopP, reference.MinP}
		return c, w.mixture()
	}
	how := reference.Sampling{Temperature: w.Temperature}
	for _, step := range strings.Split(w.Cut, ",") {
		var err error
		switch {
		case step == "T":
			c.Order = append(c.Order, reference.Temper)
		case strings.HasPrefix(step, "k"):
			c.Order = append(c.Order, reference.TopK)
			how.TopK, err = strconv.Atoi(step[1:])
		case strings.HasPrefix(step, "p"):
			c.Order = append(c.Order, reference.TopP)
			how.TopP, err = strconv.ParseFloat(step[1:], 64)
		case strings.HasPrefix(step, "m"):
			c.Order = append(c.Order, reference.MinP)
			how.MinP, err = strconv.ParseFloat(step[1:], 64)
		default:
			err = errors.New("no such step")
		}
		if err != nil {
			panic(fmt.Sprintf("bench: cut %q: step %q: %v", w.Cut, step, err))
		}
	}
	if !slices.Contains(c.Order, reference.Temper) {
		c.Order = append(c.Order, reference.Temper)
	}
	return c, slices.Repeat([]reference.Sampling{how}, w.Rows)
}

// mixture has temperatures from half the workload's to one and a half times it, and each
// cut in half of the rows.
func (w Workload) mixture() []reference.Sampling {
	r := rand.New(rand.NewPCG(3, uint64(w.Rows)))
	how := make([]reference.Sampling, w.Rows)
	for i := range how {
		how[i].Temperature = w.Temperature * (.5 + r.Float64())
		if r.IntN(2) == 0 {
			how[i].TopK = 1 + r.IntN(200)
		}
		if r.IntN(2) == 0 {
			how[i].TopP = .5 + r.Float64()/2
		}
		if r.IntN(2) == 0 {
			how[i].MinP = .1 * r.Float64()
		}
	}
	return how
}

func equal(_ *rand.Rand, row []float32) {
	for i := range row {
		row[i] = 1
	}
}

func ascending(r *rand.Rand, row []float32) {
	zipf(r, row)
	slices.Sort(row)
}

// ties has the same largest logit in every group of sixteen, wherever a group begins and
// whether it has neighbours or every sixteenth logit.
func ties(r *rand.Rand, row []float32) {
	zipf(r, row)
	for i := range row {
		if i/16%16 == i%16 {
			row[i] = 1
		}
	}
}
