//go:build !amd64

package simd

import "temper/reference"

// vectors lists the variants in assembly: none here.
func vectors() []reference.Kernels { return nil }

// vectorReaders lists the readers in assembly: none here.
func vectorReaders() []Reader { return nil }
