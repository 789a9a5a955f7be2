package elementary

import "math"

// Tanh replaces every x by tanh x = ±(1 − p)/(1 + p), p = e^(−2|x|), with an error of at most
// 2e-8 before it is rounded to float32. It is Exp2 written once more: a call for each element
// takes six times as long, because the processor then waits for one before it begins the next.
func Tanh(x []float32) {
	for i, v := range x {
		wide := math.Float64bits(float64(v))
		sign := wide & (1 << 63)
		t := float64(math.Float64frombits(wide^sign) * (-2 * math.Log2E))
		n := t + rounder
		r := t - (n - rounder)
		bits := math.Float64bits(n)
		power := math.Float64frombits(roots[bits%64] + bits<<46)
		bits = math.Float64bits(power * (constant + float64(r*(linear+r))))
		if math.Float64bits(t) > lowest {
			bits = 0
		}
		p := math.Float64frombits(bits)
		x[i] = float32(math.Float64frombits(math.Float64bits((1-p)/(1+p)) | sign))
	}
}
