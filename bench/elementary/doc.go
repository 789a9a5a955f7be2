// Package elementary has powers of two, logarithms and the hyperbolic tangent. Their errors
// are stated, their bits are the same on every machine, which those of package math are not,
// and most take less time.
package elementary
