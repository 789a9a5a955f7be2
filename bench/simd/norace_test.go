//go:build !race

package simd

const RaceDetector = false
