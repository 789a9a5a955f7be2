package simd

// Copier writes every logit of src to dst, of the same length and apart from it:
// no operation that writes as much as it reads can be faster than the fastest
// copier. A copy that leaves the caches is faster by stores that pass them by, and
// one that stays in them is slower so.
type Copier struct {
	Name string
	Copy func(dst, src []float32)
}

// Copiers are all that this machine can run.
func Copiers() []Copier {
	return append(vectorCopiers(), Copier{"copy", func(dst, src []float32) { copy(dst, src) }})
}
