package main

import (
	"fmt"
	"strings"
)

// instructions are the words of all vector instructions that the functions use, for
// registers 0. Go's assembler lacks most of them, and has the others with their operands
// in another order: every one is written as a word, with the name that Arm gives it beside
// it. In the names V, D and S stand for registers, the first for the result.
var instructions = map[string]uint32{
	"add V.2d, V.2d, V.2d":             0x4EE08400,
	"add V.4s, V.4s, V.4s":             0x4EA08400,
	"addp D, V.2d":                     0x5EF1B800,
	"addv S, V.4s":                     0x4EB1B800,
	"and V.16b, V.16b, V.16b":          0x4E201C00,
	"bic V.16b, V.16b, V.16b":          0x4E601C00,
	"bif V.16b, V.16b, V.16b":          0x6EE01C00,
	"bit V.16b, V.16b, V.16b":          0x6EA01C00,
	"cmeq V.4s, V.4s, V.4s":            0x6EA08C00,
	"dup V.2d, V.d[0]":                 0x4E080400,
	"dup V.2d, V.d[1]":                 0x4E180400,
	"dup V.4s, V.s[0]":                 0x4E040400,
	"dup V.4s, V.s[1]":                 0x4E0C0400,
	"ext V.16b, V.16b, V.16b, #8":      0x6E004000,
	"fadd V.2d, V.2d, V.2d":            0x4E60D400,
	"fadd V.4s, V.4s, V.4s":            0x4E20D400,
	"faddp D, V.2d":                    0x7E70D800,
	"faddp V.4s, V.4s, V.4s":           0x6E20D400,
	"fcmge V.2d, V.2d, V.2d":           0x6E60E400,
	"fcmgt V.4s, V.4s, V.4s":           0x6EA0E400,
	"fcvtl V.2d, V.2s":                 0x0E617800,
	"fcvtl V.4s, V.4h":                 0x0E217800,
	"fcvtl2 V.2d, V.4s":                0x4E617800,
	"fcvtl2 V.4s, V.8h":                0x4E217800,
	"fcvtn V.2s, V.2d":                 0x0E616800,
	"fdiv V.2d, V.2d, V.2d":            0x6E60FC00,
	"fmla V.4s, V.4s, V.4s":            0x4E20CC00,
	"fmla V.4s, V.4s, V.s[0]":          0x4F801000,
	"fmla V.4s, V.4s, V.s[1]":          0x4FA01000,
	"fmla V.4s, V.4s, V.s[2]":          0x4F801800,
	"fmax V.4s, V.4s, V.4s":            0x4E20F400,
	"fmov V.4s, #1.0":                  0x4F03F600,
	"fmul V.2d, V.2d, V.2d":            0x6E60DC00,
	"fmul V.2d, V.2d, V.d[0]":          0x4FC09000,
	"fmul V.4s, V.4s, V.4s":            0x6E20DC00,
	"frintn V.2d, V.2d":                0x4E618800,
	"fsub V.2d, V.2d, V.2d":            0x4EE0D400,
	"fsub V.4s, V.4s, V.4s":            0x4EA0D400,
	"mov V.s[0], V.s[0]":               0x6E040400,
	"mov V.s[1], V.s[0]":               0x6E0C0400,
	"movi V.2d, #0":                    0x6F00E400,
	"orr V.16b, V.16b, V.16b":          0x4EA01C00,
	"scvtf V.2d, V.2d":                 0x4E61D800,
	"shl V.2d, V.2d, #52":              0x4F745400,
	"shl V.4s, V.4s, #21":              0x4F355400,
	"shll V.4s, V.4h, #16":             0x2E613800,
	"shll2 V.4s, V.8h, #16":            0x6E613800,
	"smax V.4s, V.4s, V.4s":            0x4EA06400,
	"smaxv S, V.4s":                    0x4EB0A800,
	"sri V.16b, V.16b, #5":             0x6F0B4400,
	"stnp Q, Q, [X, #0]":               0xAC000000,
	"stnp Q, Q, [X, #32]":              0xAC010000,
	"stnp Q, Q, [X, #64]":              0xAC020000,
	"stnp Q, Q, [X, #96]":              0xAC030000,
	"sub V.2d, V.2d, V.2d":             0x6EE08400,
	"sub V.4s, V.4s, V.4s":             0x6EA08400,
	"tbl V.16b, {V.16b}, V.16b":        0x4E000000,
	"tbl V.16b, {V.16b, V.16b}, V.16b": 0x4E002000,
	"ushr V.2d, V.2d, #52":             0x6F4C0400,
	"usra V.4s, V.4s, #1":              0x6F3F1400,
}

// word returns an instruction with its registers: the word, and as Arm writes it.
func word(name string, registers ...register) (bits uint32, text string) {
	bits, ok := instructions[name]
	if !ok {
		panic(fmt.Sprintf("no word for %q", name))
	}
	places := []int{0, 5, 16} // the bits that hold the numbers of the registers
	switch {
	case strings.HasPrefix(name, "stnp"):
		places = []int{0, 10, 5}
	case len(registers) == 4: // a table in two registers, the second of which follows the first
		places = []int{0, 5, none, 16}
	}
	names := make([]any, len(registers))
	for i, r := range registers {
		bits |= uint32(r.number()) << places[i]
		names[i] = r.number()
	}
	return bits, fmt.Sprintf(numbered.Replace(name), names...)
}

const none = 32 // beyond the word

// numbered makes a format of a name.
var numbered = strings.NewReplacer("V", "v%d", "D", "d%d", "S", "s%d", "Q", "q%d", "X", "x%d")
