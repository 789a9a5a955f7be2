package simd

import "unsafe"

// Copier writes every logit of src to dst, of the same length and apart from it.
// No operation that writes as much as it reads can be faster than the fastest
// copier. Stores that bypass the caches make a copy faster where it does not fit
// in them, and slower where it does, so that there are copiers of both kinds.
type Copier struct {
	Name string
	Copy func(dst, src []float32)
}

// Copiers returns all copiers that this machine can run.
func Copiers() []Copier {
	var copiers []Copier
	if set := widest(); set != nil {
		copiers = []Copier{{"store", set.copy}, {"stream", fromBoundary(set.stream)}}
	}
	return append(copiers, Copier{"copy", func(dst, src []float32) { copy(dst, src) }})
}

// fromBoundary makes a copier of a function that writes whole cache lines of 64
// bytes: what lies before the first boundary in dst is copied by copy.
func fromBoundary(lines func(dst, src []float32)) func(dst, src []float32) {
	return func(dst, src []float32) {
		past := uintptr(unsafe.Pointer(unsafe.SliceData(dst))) % 64
		before := min(int((64-past)%64)/4, len(dst))
		copy(dst[:before], src)
		lines(dst[before:], src[before:])
	}
}
