package main

import (
	"fmt"
	"math"
	"math/bits"
)

// A group of 32 logits is in the same virtual lanes as in the assembly of amd64, so that
// all instruction sets give the same bits. It is computed in two halves: a half is the
// four registers that go through each step of the arithmetic together.
const (
	group = 32
	half  = group / 2
	block = 8 * group // the logits that the lanes add up at a time
	stack = 8         // the blocks that are added up in float32, at most
)

// format is how logits lie in memory.
type format struct {
	name, element string // of its functions; of its slices in Go
	size          int    // bytes a logit
	masked        filler // −Inf
	upper, lower  string // instructions that make float32 of the upper and the lower half of a register
}

// filler is a constant that stands for logits that are missing.
type filler struct {
	name string
	word uint32
}

var (
	zeros    = filler{"zero", 0}
	float32s = format{element: "float32", size: 4, masked: filler{"masked", math.Float32bits(float32(math.Inf(-1)))}}
	formats  = []format{
		float32s,
		{"BFloat16", "uint16", 2, filler{"maskedBFloat16", 0xFF80FF80}, "shll2 V.4s, V.8h, #16", "shll V.4s, V.4h, #16"},
		{"Float16", "uint16", 2, filler{"maskedFloat16", 0xFC00FC00}, "fcvtl2 V.4s, V.8h", "fcvtl V.4s, V.4h"},
	}
)

// logits loads registers of them, an even number.
func (f *function) logits(t format, from place, x []vec) {
	if t.size == 4 {
		f.read(from, x)
		return
	}
	for i := 0; i < len(x); i += 2 {
		f.line("FMOVQ %s, %s", from.plus(8*i), x[i].F())
		f.do(t.upper, x[i+1], x[i])
		f.do(t.lower, x[i], x[i])
	}
}

// slice is where a function is in its argument.
type slice struct {
	format
	pointer, left gp // in elements
}

func (f *function) slice(name string, t format) slice {
	return slice{t, f.load(name + "_base"), f.load(name + "_len")}
}

// walk is a loop over a slice, and what else it needs.
type walk struct {
	slice
	dst    gp     // float32 that are written: it moves along
	writes bool   // whether there is a dst
	roomy  bool   // whether dst has room for a whole last half
	filler filler // what the last half is filled up with
	rest   rest
}

// rest is memory for the last half, and registers to copy it with.
type rest struct{ memory, from, to, bytes gp }

func (f *function) rest() rest {
	return rest{f.local("rest", 4*half), f.gp(), f.gp(), f.gp()}
}

// halves calls body for 16 logits after the other: with their half of the group, and
// where they are and their results go. The last ones are filled up in memory, and no memory
// beyond the slices is read or written. Where then is not nil, it runs after each group.
func (f *function) halves(w walk, body func(which int, x, dst place), then func()) {
	at := func(which int) { body(which, place{w.pointer, w.size * half * which}, place{w.dst, 4 * half * which}) }
	move := func(logits int) {
		f.line("ADD $%d, %s", w.size*logits, w.pointer)
		if w.writes {
			f.line("ADD $%d, %s", 4*logits, w.dst)
		}
		f.line("SUB $%d, %s", logits, w.left)
	}
	last := func(which int) {
		f.line("CBZ %s, walked", w.left)
		f.fill(w)
		if w.roomy {
			body(which, place{w.rest.memory, 0}, place{w.dst, 0})
			return
		}
		body(which, place{w.rest.memory, 0}, place{w.rest.memory, 0})
		if w.writes {
			f.line("LSL $2, %s, %s", w.left, w.rest.bytes)
			f.copy(fmt.Sprintf("out%d", which), 4, w.rest.memory, w.dst, w.rest)
		}
	}
	f.label("group")
	f.line("CMP $%d, %s", group, w.left)
	f.line("BLT half")
	at(0)
	at(1)
	move(group)
	if then != nil {
		then()
	}
	f.line("B group")
	f.label("half")
	f.line("CMP $%d, %s", half, w.left)
	f.line("BLT short")
	at(0)
	move(half)
	last(1)
	f.line("B walked")
	f.label("short")
	last(0)
	f.label("walked")
}

// fill copies what is left of a slice to memory, and fillers behind it.
func (f *function) fill(w walk) {
	filler := f.constant(w.filler.name, w.filler.word)
	for at := 0; at < w.size*half; at += 16 {
		f.line("FMOVQ %s, %s", filler.F(), place{w.rest.memory, at})
	}
	f.free(filler)
	f.line("LSL $%d, %s, %s", w.size/2, w.left, w.rest.bytes)
	f.fills++
	f.copy(fmt.Sprintf("in%d", f.fills), w.size, w.pointer, w.rest.memory, w.rest)
}

// copy copies rest.bytes bytes, fewer than 16 elements: one part for each bit of their
// number.
func (f *function) copy(label string, size int, from, to gp, r rest) {
	f.line("MOVD %s, %s", from, r.from)
	f.line("MOVD %s, %s", to, r.to)
	v := f.vec()
	for part := half * size / 2; part >= size; part /= 2 {
		f.line("TBZ $%d, %s, %s_%d", bits.TrailingZeros(uint(part)), r.bytes, label, part)
		for range (part + 15) / 16 {
			switch load := min(part, 16); load {
			case 2:
				f.line("MOVHU.P 2(%s), R15", r.from)
				f.line("MOVH.P R15, 2(%s)", r.to)
			default:
				move := map[int]string{4: "FMOVS", 8: "FMOVD", 16: "FMOVQ"}[load]
				f.line("%s.P %d(%s), %s", move, load, r.from, v.F())
				f.line("%s.P %s, %d(%s)", move, v.F(), load, r.to)
			}
		}
		f.label(fmt.Sprintf("%s_%d", label, part))
	}
	f.free(v)
}
