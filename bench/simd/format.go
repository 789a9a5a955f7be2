package simd

import "math"

// Logit is a number format that engines keep logits in. Those of 16 bits are
// widened to float32, which is exact, and answered with float32's bits.
type Logit interface {
	float32 | BFloat16 | Float16
}

// BFloat16 is the upper half of a float32: 8 bits of exponent, 7 of fraction.
type BFloat16 uint16

// Float16 is binary16 of IEEE 754: 5 bits of exponent, 10 of fraction.
type Float16 uint16

// Float32 is the same number.
func (x BFloat16) Float32() float32 { return math.Float32frombits(uint32(x) << 16) }

// Float32 is the same number.
func (x Float16) Float32() float32 {
	const exponent, infinite = 0x1F << 10, 0xFF << 23
	sign, magnitude := uint32(x)>>15<<31, uint32(x)<<17>>4
	if x&exponent == exponent {
		return math.Float32frombits(sign | magnitude | infinite)
	}
	// As a float32 its exponent is 112 too small. The product is exact for
	// subnormal numbers too.
	return math.Float32frombits(sign | math.Float32bits(math.Float32frombits(magnitude)*0x1p112))
}

// float32Of is the same number.
func float32Of[E Logit](x E) float32 {
	switch x := any(x).(type) {
	case float32:
		return x
	case BFloat16:
		return x.Float32()
	default:
		return x.(Float16).Float32()
	}
}

// wide is x in float32: x itself, or a copy in room, which is as long.
func wide[E Logit](room []float32, x []E) []float32 {
	switch x := any(x).(type) {
	case []float32:
		return x
	case []BFloat16:
		for i, v := range x {
			room[i] = v.Float32()
		}
	case []Float16:
		for i, v := range x {
			room[i] = v.Float32()
		}
	}
	return room[:len(x)]
}

// widened is wide with room of its own.
func widened[E Logit](x []E) []float32 {
	if x, ok := any(x).([]float32); ok {
		return x
	}
	return wide(make([]float32, len(x)), x)
}
