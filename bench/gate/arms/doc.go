// Package arms builds the three arms of a comparison (base, base′ and head) and
// times their benchmarks next to each other. It does not judge what it measures. It
// is Unix only, as the gate is.
package arms
