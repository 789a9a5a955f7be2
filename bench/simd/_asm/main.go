// Command _asm writes the assembly of temper/bench/simd for one instruction set:
//
//	go run . -width 256 -out ../avx2_amd64.s -stubs ../avx2_amd64.go -pkg simd
package main

import (
	"flag"
	"fmt"
	"os"

	. "github.com/mmcloughlin/avo/build"
)

var machines = map[int]machine{
	256: {suffix: "AVX2", lanes: 8},
	512: {suffix: "AVX512", lanes: 16},
}

func main() {
	width := flag.Int("width", 256, "bits of a register: 256 or 512")
	flag.Parse()
	m, ok := machines[*width]
	if !ok {
		fmt.Fprintf(os.Stderr, "_asm: no instruction set of %d bits\n", *width)
		os.Exit(2)
	}
	c := m.constants()
	for _, op := range reductions {
		m.reduce(c, op)
	}
	m.sum(c)
	m.weigh(c)
	m.multiply(c)
	Generate()
}
