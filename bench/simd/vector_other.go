//go:build !amd64 && !arm64

package simd

// instructionSets is empty: there is no assembly for this architecture.
var instructionSets []instructionSet
