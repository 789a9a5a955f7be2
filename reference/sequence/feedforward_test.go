package sequence_test

import (
	"math"
	"testing"

	"temper/reference"
	"temper/reference/sequence"

	"gonum.org/v1/gonum/mat"
)

// network is the parts that a FeedForward is put together from.
type network struct {
	vocab, window, end int
	layers             []sequence.Layer
}

func (n network) model() *sequence.FeedForward {
	return must(sequence.NewFeedForward(n.vocab, n.window, n.end, n.layers...))
}

// smallNetwork has a window of 2, and hidden layers of 3 and 2 whose weights
// are all different.
func smallNetwork(vocab, end int) network {
	k := 0.0
	numbers := func(count int) []float64 {
		list := make([]float64, count)
		for i := range list {
			k++
			list[i] = math.Sin(k * k)
		}
		return list
	}
	layer := func(inputs, outputs int) sequence.Layer {
		return sequence.Layer{Weights: numbers(inputs * outputs), Bias: numbers(outputs)}
	}
	return network{vocab, 2, end, []sequence.Layer{layer(2*vocab, 3), layer(3, 2), layer(2, vocab)}}
}

// logitsOf is W·tanh(… tanh(W·x + b) …) + b with gonum's matrices, x the one-hot
// codes of the window.
func (n network) logitsOf(prefix []int) []float64 {
	input := make([]int, n.window)
	for i := range input {
		input[i] = sequence.Begin
	}
	input = append(input, prefix...)[len(prefix):]
	x := must(sequence.OneHot(input, n.vocab))
	for i, layer := range n.layers {
		if i > 0 {
			for j := range x {
				x[j] = math.Tanh(x[j])
			}
		}
		y := mat.NewVecDense(len(layer.Bias), nil)
		y.MulVec(mat.NewDense(len(layer.Bias), len(x), layer.Weights), mat.NewVecDense(len(x), x))
		y.AddVec(y, mat.NewVecDense(len(layer.Bias), layer.Bias))
		x = y.RawVector().Data
	}
	return x
}

// softmaxOf is exp(logit) / Σ exp(logit).
func (n network) softmaxOf(prefix []int) []float64 {
	p := n.logitsOf(prefix)
	sum := 0.0
	for v := range p {
		p[v] = math.Exp(p[v])
		sum += p[v]
	}
	for v := range p {
		p[v] /= sum
	}
	return p
}

func TestFeedForwardAgreesWithMatricesOnEveryShortPrefix(t *testing.T) {
	n := smallNetwork(3, -1)
	m := n.model()
	if m.VocabSize() != 3 {
		t.Errorf("vocabulary %d, want 3", m.VocabSize())
	}
	for length := range 5 {
		for _, prefix := range everySequence(3, length) {
			logits := make([]float64, 3)
			if err := m.Logits(logits, prefix); err != nil {
				t.Fatal(err)
			}
			p := conditional(m, prefix...)
			for v, want := range n.logitsOf(prefix) {
				if !near(logits[v], want, 1e-15) {
					t.Errorf("logit of %d after %v is %v, want %v", v, prefix, logits[v], want)
				}
				if want := n.softmaxOf(prefix)[v]; !near(p[v], want, 1e-15) {
					t.Errorf("p(%d | %v) = %v, want %v", v, prefix, p[v], want)
				}
			}
		}
	}
}

func TestOneLayerHasNoTangent(t *testing.T) {
	m := must(sequence.NewFeedForward(2, 1, -1, sequence.Layer{Weights: []float64{5, 7, 11, 13}, Bias: []float64{100, 200}}))
	for prefix, want := range map[int][2]float64{0: {105, 211}, 1: {107, 213}} {
		logits := make([]float64, 2)
		if err := m.Logits(logits, []int{prefix}); err != nil || [2]float64(logits) != want {
			t.Errorf("after %d: %v, %v; want %v", prefix, logits, err, want)
		}
	}
	logits := make([]float64, 2)
	if err := m.Logits(logits, nil); err != nil || [2]float64(logits) != [2]float64{100, 200} {
		t.Errorf("after begin: %v, %v; want the bias", logits, err)
	}
}

func TestTheWindowForgetsWhatIsOlder(t *testing.T) {
	m := smallNetwork(3, -1).model()
	long, short := conditional(m, 2, 0, 1), conditional(m, 1, 0, 1)
	other := conditional(m, 0, 2, 1)
	for v := range long {
		if long[v] != short[v] {
			t.Errorf("token %d: %v and %v differ by a token outside the window", v, long[v], short[v])
		}
		if long[v] == other[v] {
			t.Errorf("token %d: %v despite another token inside the window", v, long[v])
		}
	}
}

func TestLastTokenMayBeEnd(t *testing.T) {
	n := smallNetwork(3, 2)
	dst := make([]float64, 3)
	assertError(t, "after end", n.model().LogConditional(dst, []int{0, 2}), sequence.ErrImpossiblePrefix)
	if err := n.model().LogConditional(dst, []int{0, 1}); err != nil {
		t.Errorf("before end: %v", err)
	}
	n.end = 0
	assertError(t, "token 0 as end", n.model().LogConditional(dst, []int{0}), sequence.ErrImpossiblePrefix)
}

func TestNetworksThatDoNotFitTogetherAreRefused(t *testing.T) {
	weights := func(inputs, outputs int) sequence.Layer {
		return sequence.Layer{Weights: make([]float64, inputs*outputs), Bias: make([]float64, outputs)}
	}
	with := func(weight, bias float64) sequence.Layer {
		layer := weights(2, 2)
		layer.Weights[3], layer.Bias[1] = weight, bias
		return layer
	}
	for name, c := range map[string]struct {
		vocab, window, end int
		layers             []sequence.Layer
		want               error
	}{
		"no vocabulary":             {0, 1, 0, []sequence.Layer{weights(0, 0)}, reference.ErrShape},
		"negative vocabulary":       {-1, 1, -1, []sequence.Layer{weights(1, 1)}, reference.ErrShape},
		"no window":                 {2, 0, -1, []sequence.Layer{weights(0, 2)}, reference.ErrShape},
		"negative window":           {2, -1, -1, []sequence.Layer{weights(2, 2)}, reference.ErrShape},
		"no layers":                 {2, 1, -1, nil, reference.ErrShape},
		"too few inputs":            {2, 2, -1, []sequence.Layer{weights(2, 2)}, reference.ErrShape},
		"layers of different width": {2, 1, -1, []sequence.Layer{weights(2, 3), weights(2, 2)}, reference.ErrShape},
		"a layer without outputs":   {2, 1, -1, []sequence.Layer{weights(2, 0), weights(0, 2)}, reference.ErrShape},
		"too few outputs":           {2, 1, -1, []sequence.Layer{weights(2, 1)}, reference.ErrShape},
		"end is no token":           {2, 1, 2, []sequence.Layer{weights(2, 2)}, reference.ErrToken},
		"a weight is NaN":           {2, 1, -1, []sequence.Layer{with(math.NaN(), 0)}, reference.ErrNaN},
		"a weight is infinite":      {2, 1, -1, []sequence.Layer{with(math.Inf(-1), 0)}, reference.ErrInf},
		"a bias is NaN":             {2, 1, -1, []sequence.Layer{weights(2, 2), with(0, math.NaN())}, reference.ErrNaN},
		"a bias is infinite":        {2, 1, -1, []sequence.Layer{weights(2, 2), with(0, math.Inf(1))}, reference.ErrInf},
	} {
		m, err := sequence.NewFeedForward(c.vocab, c.window, c.end, c.layers...)
		assertError(t, name, err, c.want)
		if m != nil {
			t.Errorf("%s: a network beside the error", name)
		}
	}
}
