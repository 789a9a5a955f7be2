package simd

import "math"

// Reader reads every logit once and does next to nothing with it: no operation
// on the same logits can be faster than the fastest reader.
type Reader struct {
	Name string
	Read func(logits []float32) float32
}

// Readers are the fastest that this machine can run.
func Readers() []Reader {
	if readers := vectorReaders(); readers != nil {
		return readers
	}
	return []Reader{{"maximum", maximum}, {"or", or}, {"add", add}}
}

// or is the bitwise or of all elements.
func or(x []float32) float32 {
	var bits uint32
	for _, v := range x {
		bits |= math.Float32bits(v)
	}
	return math.Float32frombits(bits)
}

// add adds the elements up in float32.
func add(x []float32) float32 {
	var total float32
	for _, v := range x {
		total += v
	}
	return total
}
