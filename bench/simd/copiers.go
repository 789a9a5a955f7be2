package simd

// Copier writes every logit of src to dst, of the same length and apart from it:
// no operation that writes as much as it reads can be faster than the fastest
// copier. Stores that bypass the caches make a copy faster where it does not fit
// in them, and slower where it does: both kinds are here.
type Copier struct {
	Name string
	Copy func(dst, src []float32)
}

// Copiers are all that this machine can run.
func Copiers() []Copier {
	return append(vectorCopiers(), Copier{"copy", func(dst, src []float32) { copy(dst, src) }})
}
