package sequence

import (
	"fmt"
	"math"

	"temper/reference"
)

// Layer is an affine map y = W·x + b: Weights is row-major, outputs × inputs, and Bias
// has one element per output.
type Layer struct {
	Weights, Bias []float64
}

// FeedForward is a neural [Model] with log p(v | prefix) = logit_v − log Σ_w
// exp(logit_w). The input is the one-hot codes of the last window tokens, oldest
// first; positions before the first token have the zero row of begin. Hidden layers
// h = tanh(W·x + b) follow, and a last layer with one logit per token.
//
// Source: Bengio et al., "A Neural Probabilistic Language Model", JMLR 3 (2003),
// without its shared embedding.
type FeedForward struct {
	vocab, window, end int
	layers             []Layer
}

// NewFeedForward returns the model with these layers. The first layer has window·vocab
// inputs, every other as many inputs as the one before has outputs, and the last vocab
// outputs. end < 0 means that there is no end. Errors: [reference.ErrShape], also for more than 2^26 inputs,
// [reference.ErrToken] for end, and [reference.ErrNaN] or [reference.ErrInf] for
// a weight that is not finite. The layers are kept, not copied.
func NewFeedForward(vocab, window, end int, layers ...Layer) (*FeedForward, error) {
	if vocab <= 0 || window <= 0 || len(layers) == 0 {
		return nil, fmt.Errorf("vocabulary %d, window %d, %d layers: %w", vocab, window, len(layers), reference.ErrShape)
	}
	if end >= vocab {
		return nil, fmt.Errorf("end: %w", reference.CheckToken(end, vocab))
	}
	if window > mostCells/vocab {
		return nil, fmt.Errorf("window %d over a vocabulary of %d, more than %d inputs: %w", window, vocab, mostCells, reference.ErrShape)
	}
	inputs := window * vocab
	for i, layer := range layers {
		if outputs := len(layer.Bias); outputs == 0 || len(layer.Weights)%outputs != 0 || len(layer.Weights)/outputs != inputs {
			return nil, fmt.Errorf("layer %d: %d weights from %d inputs to %d outputs: %w", i, len(layer.Weights), inputs, len(layer.Bias), reference.ErrShape)
		}
		if err := layer.checkFinite(); err != nil {
			return nil, fmt.Errorf("layer %d: %w", i, err)
		}
		inputs = len(layer.Bias)
	}
	if inputs != vocab {
		return nil, fmt.Errorf("the last layer has %d outputs for a vocabulary of %d: %w", inputs, vocab, reference.ErrShape)
	}
	return &FeedForward{vocab, window, end, layers}, nil
}

// VocabSize returns the number of tokens, 0 for nil.
func (f *FeedForward) VocabSize() int {
	if f == nil {
		return 0
	}
	return f.vocab
}

// Logits fills dst with the logits of the next token, the outputs of the last layer,
// one per token. Errors are those of [Model].
func (f *FeedForward) Logits(dst []float64, prefix []int) error {
	if err := checkQuery(dst, prefix, f.VocabSize()); err != nil {
		return err
	}
	if err := checkAlive(prefix, f.end); err != nil {
		return err
	}
	x := f.layers[0].applyOneHot(f.lastWindow(prefix), f.vocab)
	for _, layer := range f.layers[1:] {
		for i := range x {
			x[i] = math.Tanh(x[i])
		}
		x = layer.apply(x)
	}
	copy(dst, x)
	return nil
}

// LogConditional implements [Model].
func (f *FeedForward) LogConditional(dst []float64, prefix []int) error {
	if err := f.Logits(dst, prefix); err != nil {
		return err
	}
	return reference.AnnealLog(dst, dst, 1)
}

// lastWindow is the input: the last window tokens, [Begin] before the first.
func (f *FeedForward) lastWindow(prefix []int) []int {
	input := make([]int, f.window)
	for i := range input {
		input[i] = Begin
		if at := len(prefix) - f.window + i; at >= 0 {
			input[i] = prefix[at]
		}
	}
	return input
}

func (l Layer) apply(x []float64) []float64 {
	y := append([]float64(nil), l.Bias...)
	for i := range y {
		for j, w := range l.Weights[i*len(x) : (i+1)*len(x)] {
			y[i] += w * x[j]
		}
	}
	return y
}

// applyOneHot is apply on the one-hot codes of tokens: a product with a one-hot
// code picks a column, and the zero row of begin picks none.
func (l Layer) applyOneHot(tokens []int, vocab int) []float64 {
	y := append([]float64(nil), l.Bias...)
	inputs := len(tokens) * vocab
	for position, token := range tokens {
		if token == Begin {
			continue
		}
		for i := range y {
			y[i] += l.Weights[i*inputs+position*vocab+token]
		}
	}
	return y
}

func (l Layer) checkFinite() error {
	for _, numbers := range [][]float64{l.Weights, l.Bias} {
		for i, w := range numbers {
			if math.IsNaN(w) {
				return fmt.Errorf("weight %d: %w", i, reference.ErrNaN)
			}
			if math.IsInf(w, 0) {
				return fmt.Errorf("weight %d: %w", i, reference.ErrInf)
			}
		}
	}
	return nil
}
