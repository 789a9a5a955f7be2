package elementary

import "math"

// Tanh returns tanh x = ±(1 − p)/(1 + p), p = e^(−2|x|), with an error of at most 2e-8.
func Tanh(x float64) float64 {
	p := Exp2(float64(-2 * math.Log2E * math.Abs(x)))
	return math.Copysign((1-p)/(1+p), x)
}
