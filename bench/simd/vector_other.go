//go:build !amd64

package simd

// The variants in assembly: none here.
func vectors32() []Kernels[float32]        { return nil }
func vectorsBFloat16() []Kernels[BFloat16] { return nil }
func vectorsFloat16() []Kernels[Float16]   { return nil }

// vectorReaders lists the readers in assembly: none here.
func vectorReaders() []Reader { return nil }

// vectorCopiers lists the copiers in assembly: none here.
func vectorCopiers() []Copier { return nil }
