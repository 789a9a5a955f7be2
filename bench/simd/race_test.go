//go:build race

package simd

// RaceDetector says whether it is on: pools then drop some of what they are given,
// and the next call allocates.
const RaceDetector = true
