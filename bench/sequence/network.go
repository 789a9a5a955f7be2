package sequence

import (
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"temper/bench/elementary"
	"temper/reference/sequence"
)

// Network is a [sequence.FeedForward] that computes the logits of many prefixes at
// once, in float32: a hidden layer is one product of matrices for all of them.
type Network struct {
	*sequence.FeedForward
	window, end int
	layers      []layer
}

// layer is y = x·weights + bias with weights inputs × outputs.
type layer struct {
	weights blas32.General
	bias    []float32
}

// NewNetwork makes a network of the same arguments as [sequence.NewFeedForward], and
// returns the same errors.
func NewNetwork(vocab, window, end int, layers ...sequence.Layer) (*Network, error) {
	f, err := sequence.NewFeedForward(vocab, window, end, layers...)
	if err != nil {
		return nil, err
	}
	n := &Network{FeedForward: f, window: window, end: end}
	for _, l := range layers {
		n.layers = append(n.layers, transposed(l))
	}
	return n, nil
}

func transposed(l sequence.Layer) layer {
	outputs, inputs := len(l.Bias), len(l.Weights)/len(l.Bias)
	t := layer{matrix(inputs, outputs, make([]float32, inputs*outputs)), make([]float32, outputs)}
	for o, b := range l.Bias {
		t.bias[o] = float32(b)
		for i, w := range l.Weights[o*inputs : (o+1)*inputs] {
			t.weights.Data[i*outputs+o] = float32(w)
		}
	}
	return t
}

func matrix(rows, columns int, data []float32) blas32.General {
	return blas32.General{Rows: rows, Cols: columns, Stride: columns, Data: data}
}

// BatchLogits is the method of [BatchModel].
func (n *Network) BatchLogits(dst []float32, prefixes [][]int) error {
	x, err := n.first(prefixes)
	if err != nil {
		return err
	}
	for i, l := range n.layers[1:] {
		elementary.Tanh(x.Data)
		y := dst
		if i < len(n.layers)-2 {
			y = make([]float32, len(prefixes)*len(l.bias))
		}
		x = l.apply(y, x)
	}
	if len(n.layers) == 1 {
		copy(dst, x.Data)
	}
	return nil
}

// apply fills y with a row for every row of x.
func (l layer) apply(y []float32, x blas32.General) blas32.General {
	for at := 0; at < len(y); at += len(l.bias) {
		copy(y[at:], l.bias)
	}
	product := matrix(x.Rows, len(l.bias), y)
	blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, x, l.weights, 1, product)
	return product
}

// first applies the first layer to the one-hot codes of the last tokens, oldest
// first: each picks a row of weights, and where there are no tokens yet, none.
func (n *Network) first(prefixes [][]int) (blas32.General, error) {
	l, vocab := n.layers[0], n.VocabSize()
	y := matrix(len(prefixes), len(l.bias), make([]float32, len(prefixes)*len(l.bias)))
	unknown := func(token int) bool { return token < 0 || token >= vocab || token == n.end }
	for r, prefix := range prefixes {
		if slices.ContainsFunc(prefix, unknown) {
			return y, n.LogConditional(make([]float64, vocab), prefix) // which says what is wrong
		}
		out := y.Data[r*y.Stride : (r+1)*y.Stride]
		copy(out, l.bias)
		seen := prefix[max(0, len(prefix)-n.window):]
		for i, token := range seen {
			position := n.window - len(seen) + i
			blas32.Axpy(1, blas32.Vector{N: len(out), Inc: 1, Data: l.weights.Data[(position*vocab+token)*len(out):]},
				blas32.Vector{N: len(out), Inc: 1, Data: out})
		}
	}
	return y, nil
}
