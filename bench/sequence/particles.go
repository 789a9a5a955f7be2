package sequence

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"temper/reference"
	"temper/reference/sequence"
)

// BatchModel is a model that computes the logits of many prefixes at once.
type BatchModel interface {
	sequence.Model
	// BatchLogits fills dst, a row of VocabSize logits for every prefix: log p(v |
	// prefix), in nats, and a constant that may differ from row to row. Errors are
	// those of LogConditional.
	BatchLogits(dst []float32, prefixes [][]int) error
}

// As in the reference, there are at most mostParticles particles, and at most
// mostNumbers logits or tokens of all of them together.
const (
	mostParticles = 1 << 20
	mostNumbers   = 1 << 26
)

// AnnealByParticles returns a sampler with the distribution, the estimate of log Z
// and the errors of [sequence.AnnealByParticles]. A step asks a [BatchModel] once for
// all particles, any other model once for each; what is as large as the vocabulary
// is left to LogSumExp and Draw of the kernels, which take logits in float32.
func AnnealByParticles(particles int, k reference.Kernels) sequence.SequenceAnnealer {
	return func(dst [][]int, m sequence.Model, prompt []int, end, limit int, temperature float64, src rand.Source) (float64, error) {
		if err := sequence.CheckGeneration(m, prompt, end, limit, temperature); err != nil {
			return 0, err
		}
		if temperature == 0 {
			return 0, fmt.Errorf("importance weights at temperature 0: %w", reference.ErrTemperature)
		}
		if room := min(mostParticles, mostNumbers/m.VocabSize()); particles < 1 || particles > room {
			return 0, fmt.Errorf("%d particles, not 1 to %d: %w", particles, room, reference.ErrShape)
		}
		if limit > mostNumbers/particles {
			return 0, fmt.Errorf("%d particles of %d tokens, more than %d numbers: %w", particles, limit, mostNumbers, reference.ErrShape)
		}
		if err := reference.CheckSource(src); err != nil {
			return 0, err
		}
		model, ok := m.(BatchModel)
		if !ok {
			model = oneByOne{m}
		}
		c := newCloud(particles, model, k, prompt, end, limit, temperature, src)
		estimates := make([]float64, max(len(dst), 1))
		for i := range estimates {
			completion, logZ, err := c.run()
			if err != nil {
				return 0, err
			}
			estimates[i] = logZ
			if i < len(dst) {
				dst[i] = completion
			}
		}
		return logMean(estimates), nil
	}
}

// cloud is the particles, with room for one step of all.
type cloud struct {
	model       BatchModel
	kernels     reference.Kernels
	prompt      []int
	end, limit  int
	temperature float64
	src         rand.Source

	sequences, next [][]int // each the prompt and what has grown on it
	logLocal        []float64
	row             []int // of a particle in logits, −1 for one that has ended
	prefixes        [][]int
	logits, drawn   []float32
	whole, annealed []float64 // log-sum-exps at T = 1 and at the temperature
	tokens, parents []int
	cumulative      []float64
}

func newCloud(particles int, m BatchModel, k reference.Kernels, prompt []int, end, limit int, temperature float64, src rand.Source) *cloud {
	return &cloud{
		model: m, kernels: k, prompt: prompt, end: end, limit: limit, temperature: temperature, src: src,
		sequences: make([][]int, particles), next: make([][]int, particles),
		logLocal: make([]float64, particles), row: make([]int, particles),
		logits: make([]float32, particles*m.VocabSize()), drawn: make([]float32, particles*m.VocabSize()),
		whole: make([]float64, particles), annealed: make([]float64, particles),
		tokens: make([]int, particles), parents: make([]int, particles), cumulative: make([]float64, particles),
	}
}

// run grows all particles from the prompt, and returns one completion and the
// logarithm of the estimate of Z.
func (c *cloud) run() (completion []int, logZ float64, err error) {
	for i := range c.sequences {
		c.sequences[i] = append(c.sequences[i][:0], c.prompt...)
	}
	for step := range c.limit {
		if err := c.weigh(); err != nil {
			return nil, 0, fmt.Errorf("after %d tokens: %w", len(c.prompt)+step, err)
		}
		if len(c.prefixes) == 0 {
			break
		}
		logZ += logMean(c.logLocal)
		c.resample()
		if err := c.grow(); err != nil {
			return nil, 0, fmt.Errorf("after %d tokens: %w", len(c.prompt)+step, err)
		}
	}
	var complete []int
	for i, s := range c.sequences {
		if c.end < 0 || c.ended(s) {
			complete = append(complete, i)
		}
	}
	if len(complete) == 0 {
		return nil, 0, fmt.Errorf("none of %d particles ended within %d tokens: %w", len(c.sequences), c.limit, reference.ErrNoSupport)
	}
	one := complete[int(reference.Uniform(c.src)*float64(len(complete)))]
	completion = append([]int{}, c.sequences[one][len(c.prompt):]...)
	return completion, logZ + math.Log(float64(len(complete))/float64(len(c.sequences))), nil
}

func (c *cloud) ended(tokens []int) bool {
	return c.end >= 0 && len(tokens) > 0 && tokens[len(tokens)-1] == c.end
}

// weigh asks the model for the logits of all particles that go on, and finds log z
// of every prefix: log Σ p^(1/T) = LogSumExp(logits/T) − LogSumExp(logits)/T.
func (c *cloud) weigh() error {
	c.prefixes = c.prefixes[:0]
	for i, s := range c.sequences {
		c.logLocal[i], c.row[i] = 0, -1
		if !c.ended(s) {
			c.row[i] = len(c.prefixes)
			c.prefixes = append(c.prefixes, s)
		}
	}
	n := len(c.prefixes)
	if n == 0 {
		return nil
	}
	logits := c.logits[:n*c.model.VocabSize()]
	if err := c.model.BatchLogits(logits, c.prefixes); err != nil {
		return err
	}
	if err := c.kernels.LogSumExp(c.whole[:n], logits, 1); err != nil {
		return err
	}
	if err := c.kernels.LogSumExp(c.annealed[:n], logits, c.temperature); err != nil {
		return err
	}
	for i, row := range c.row {
		if row < 0 {
			continue
		}
		c.logLocal[i] = c.annealed[row] - c.whole[row]/c.temperature
		if math.IsInf(c.logLocal[i], 0) || math.IsNaN(c.logLocal[i]) {
			return fmt.Errorf("temperature %v, at which log p / T leaves float64: %w", c.temperature, reference.ErrTemperature)
		}
	}
	return nil
}

// resample chooses a parent for every particle in proportion to its weight. Equal
// weights leave all as they are.
func (c *cloud) resample() {
	equal, largest := true, slices.Max(c.logLocal)
	total := 0.0
	for i, w := range c.logLocal {
		c.parents[i] = i
		equal = equal && w == c.logLocal[0]
		total += math.Exp(w - largest)
		c.cumulative[i] = total
	}
	if equal {
		return
	}
	for i := range c.parents {
		u := reference.Uniform(c.src) * total
		parent := sort.Search(len(c.cumulative)-1, func(j int) bool { return u < c.cumulative[j] })
		c.parents[i] = parent
	}
}

// grow continues the parents, each that has not ended by a token of per-step
// annealing.
func (c *cloud) grow() error {
	vocab, n := c.model.VocabSize(), 0
	for _, parent := range c.parents {
		if row := c.row[parent]; row >= 0 {
			copy(c.drawn[n*vocab:(n+1)*vocab], c.logits[row*vocab:])
			n++
		}
	}
	if err := c.kernels.Draw(c.tokens[:n], c.drawn[:n*vocab], c.src, c.temperature); err != nil {
		return err
	}
	n = 0
	for i, parent := range c.parents {
		c.next[i] = append(c.next[i][:0], c.sequences[parent]...)
		if c.row[parent] >= 0 {
			c.next[i] = append(c.next[i], c.tokens[n])
			n++
		}
	}
	c.sequences, c.next = c.next, c.sequences
	return nil
}

// oneByOne makes a BatchModel of any model.
type oneByOne struct{ sequence.Model }

func (m oneByOne) BatchLogits(dst []float32, prefixes [][]int) error {
	row := make([]float64, m.VocabSize())
	for i, prefix := range prefixes {
		if err := m.LogConditional(row, prefix); err != nil {
			return err
		}
		for v, x := range row {
			dst[i*len(row)+v] = float32(x)
		}
	}
	return nil
}

// logMean is the logarithm of the mean of exp(x).
func logMean(x []float64) float64 {
	largest, total := slices.Max(x), 0.0
	for _, v := range x {
		total += math.Exp(v - largest)
	}
	return largest + math.Log(total/float64(len(x)))
}
