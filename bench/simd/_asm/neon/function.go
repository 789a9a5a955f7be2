package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"slices"
	"strings"
)

// vec is a vector register, and gp one of 64 bits.
type (
	vec int
	gp  int

	register interface{ number() int }
)

func (v vec) number() int { return int(v) }
func (r gp) number() int  { return int(r) }

// F is the register as Go names it where it loads and stores it.
func (v vec) F() string { return fmt.Sprintf("F%d", v) }

// String is the register as Go names it.
func (r gp) String() string { return fmt.Sprintf("R%d", r) }

// file is what the generator writes: the functions and their constants in Go's assembly,
// and the declarations in Go.
type file struct {
	code, stubs strings.Builder
	constants   map[string][]uint32
}

// function is one that is being written. It hands out registers.
type function struct {
	*file
	body      strings.Builder
	name, doc string
	signature string
	arguments map[string]int // the place of each on the stack, results too
	size      int            // of the arguments
	frame     int            // bytes of the function's own memory
	vectors   [32]bool       // those that are in use
	pointers  [15]bool       // R15 is for constants, and those above have other uses
	fills     int            // see fill
}

// function begins one, whose slices do not escape.
func (f *file) function(name, signature, doc string) *function {
	fn := &function{file: f, name: name + "NEON", doc: doc, signature: signature}
	fn.layOut()
	return fn
}

// layOut finds the places of the arguments as Go's assembler expects them.
func (f *function) layOut() {
	parsed, err := parser.ParseFile(token.NewFileSet(), "", "package p; func f"+f.signature, 0)
	if err != nil {
		panic(err)
	}
	f.arguments = map[string]int{}
	at := 0
	place := func(fields *ast.FieldList) {
		for _, field := range fields.List {
			size, align := 8, 8
			switch kind := field.Type.(type) {
			case *ast.ArrayType:
				size = 24
			case *ast.Ident:
				if strings.HasSuffix(kind.Name, "32") {
					size, align = 4, 4
				}
			}
			for _, name := range field.Names {
				at = (at + align - 1) / align * align
				f.arguments[name.Name] = at
				at += size
			}
		}
	}
	function := parsed.Decls[0].(*ast.FuncDecl).Type
	place(function.Params)
	if function.Results != nil {
		at = (at + 7) / 8 * 8
		place(function.Results)
	}
	f.size = at
}

// argument is where an argument or a part of a slice is: "x" or "x_base".
func (f *function) argument(name string) string {
	base, part, _ := strings.Cut(name, "_")
	at, ok := f.arguments[base]
	if !ok {
		panic(f.name + " has no argument " + name)
	}
	return fmt.Sprintf("%s+%d(FP)", name, at+map[string]int{"": 0, "base": 0, "len": 8}[part])
}

// finish ends the function.
func (f *function) finish() {
	f.line("RET")
	fmt.Fprintf(&f.code, "\n// func %s%s\nTEXT ·%s(SB), NOSPLIT, $%d-%d\n%s", f.name, f.signature, f.name, f.frame, f.size, f.body.String())
	fmt.Fprintf(&f.stubs, "\n// %s %s\n//\n//go:noescape\nfunc %s%s\n", f.name, f.doc, f.name, f.signature)
}

// line writes an instruction of Go's assembler.
func (f *function) line(format string, operands ...any) {
	fmt.Fprintf(&f.body, "\t"+format+"\n", operands...)
}

func (f *function) comment(text string) { f.line("// %s", text) }

func (f *function) label(name string) { fmt.Fprintf(&f.body, "%s:\n", name) }

// do writes a vector instruction.
func (f *function) do(name string, registers ...register) {
	bits, text := word(name, registers...)
	f.line("WORD $0x%08X // %s", bits, text)
}

// vec is a register that nothing uses.
func (f *function) vec() vec {
	i := slices.Index(f.vectors[:], false)
	if i < 0 {
		panic(f.name + " has no vector register left")
	}
	f.vectors[i] = true
	return vec(i)
}

func (f *function) vecs(count int) []vec {
	all := make([]vec, count)
	for i := range all {
		all[i] = f.vec()
	}
	return all
}

// free gives registers back.
func (f *function) free(vectors ...vec) {
	for _, v := range vectors {
		f.vectors[v] = false
	}
}

// gp is a register that nothing uses. It is never given back.
func (f *function) gp() gp {
	i := slices.Index(f.pointers[:], false)
	if i < 0 {
		panic(f.name + " has no register left")
	}
	f.pointers[i] = true
	return gp(i)
}

// load reads an argument of 64 bits.
func (f *function) load(name string) gp {
	r := f.gp()
	f.line("MOVD %s, %s", f.argument(name), r)
	return r
}

// local reserves memory on the stack, and is the address of it.
func (f *function) local(name string, size int) gp {
	f.frame += size
	r := f.gp()
	f.line("MOVD $%s-%d(SP), %s", name, f.frame, r)
	return r
}

// scalar reads a float32 argument into lane 0.
func (f *function) scalar(name string) vec {
	v := f.vec()
	f.line("FMOVS %s, %s", f.argument(name), v.F())
	return v
}

// broadcast reads a float32 argument into every lane.
func (f *function) broadcast(name string) vec {
	v := f.scalar(name)
	f.do("dup V.4s, V.s[0]", v, v)
	return v
}

// constant reads a vector of four equal words, or of other words.
func (f *function) constant(name string, words ...uint32) vec {
	if len(words) == 1 {
		words = slices.Repeat(words, 4)
	}
	f.constants[name] = words
	v, at := f.vec(), "R15" // the last one, which is only for this
	f.line("MOVD $%sNEON<>(SB), %s", name, at)
	f.line("FMOVQ (%s), %s", at, v.F())
	return v
}

// double is a constant of two equal float64.
func (f *function) double(name string, x float64) vec {
	low, high := uint32(math.Float64bits(x)), uint32(math.Float64bits(x)>>32)
	return f.constant(name, low, high, low, high)
}

// zero makes registers 0 in every lane.
func (f *function) zero(registers ...vec) {
	for _, v := range registers {
		f.do("movi V.2d, #0", v)
	}
}

func (f *function) move(to, from vec) { f.do("orr V.16b, V.16b, V.16b", to, from, from) }

// place is where vectors lie in memory.
type place struct {
	base   gp
	offset int // bytes
}

func (p place) plus(bytes int) place { return place{p.base, p.offset + bytes} }

func (p place) String() string { return fmt.Sprintf("%d(%s)", p.offset, p.base) }

// read loads registers that lie side by side, an even number of them.
func (f *function) read(from place, to []vec) {
	for i := 0; i < len(to); i += 2 {
		f.line("FLDPQ %s, (%s, %s)", from.plus(16*i), to[i].F(), to[i+1].F())
	}
}

// write stores registers side by side, an even number of them.
func (f *function) write(from []vec, to place) {
	for i := 0; i < len(from); i += 2 {
		f.line("FSTPQ (%s, %s), %s", from[i].F(), from[i+1].F(), to.plus(16*i))
	}
}
