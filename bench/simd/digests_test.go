package simd

import (
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"fmt"
	"hash"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// A result shall not depend on the machine that it was computed on. The file holds digests
// of what all operations return, errors included, for logits in every format, computed on
// amd64: of the variants with assembly, which all return the same bits, and of portable. At
// T = 0 and T = +Inf these are equal too.

var recordDigests = flag.Bool("record-digests", false, "write testdata/*digests.txt by portable and by the widest variant of this machine")

var digestsFile = filepath.Join("testdata", "digests.txt")

func TestAnswersHaveTheBitsThatTheyHaveOnOtherMachines(t *testing.T) {
	if *recordDigests {
		record(t)
	}
	recorded := recordedIn(t, digestsFile, " ")
	agree(t, recorded, variants32)
	agree(t, recorded, variantsBFloat16)
	agree(t, recorded, variantsFloat16)
	for name := range recorded {
		t.Errorf("%s is nothing that variants are asked", name)
	}
}

// recordedIn returns the digests of a file by their names.
func recordedIn(t *testing.T, file, separator string) map[string]string {
	digests := map[string]string{}
	for line := range strings.Lines(string(content(t, file))) {
		if name, digest, found := strings.Cut(strings.TrimSpace(line), separator); found && name != "#" {
			digests[name] = digest
		}
	}
	return digests
}

// digestOf is the name of a digest.
func digestOf[E Logit](k Kernels[E], question string) string {
	if k.Name == "portable" {
		return "portable/" + question
	}
	return "assembly/" + question
}

// agree compares the variants of a format with what was recorded, and takes it out.
func agree[E Logit](t *testing.T, recorded map[string]string, variants []Kernels[E]) {
	for name, q := range questions[E] {
		for _, k := range variants {
			if !k.Available {
				continue // TestEveryVariantKeepsTheLaws says so
			}
			if got, want := q.digest(k), recorded[digestOf(k, name)]; got != want {
				t.Errorf("%s, %s: the digests of LogSumExp, LogProbs, Anneal, Sample, Draw and the errors are\n%s, not\n%s", name, k.Name, got, want)
			}
		}
		assembly, portable := "assembly/"+name, "portable/"+name
		if (q.temperature == 0 || math.IsInf(q.temperature, 1)) && recorded[assembly] != recorded[portable] {
			t.Errorf("%s has the digests\n%s, and %s\n%s", assembly, recorded[assembly], portable, recorded[portable])
		}
		delete(recorded, assembly)
		delete(recorded, portable)
	}
}

func record(t *testing.T) {
	text := fmt.Sprintf("# go test ./bench/simd -run OnOtherMachines -record-digests (%s, %s)\n", runtime.GOARCH, Best[float32]().Name)
	text += digests[float32]() + digests[BFloat16]() + digests[Float16]()
	if err := os.MkdirAll(filepath.Dir(digestsFile), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(digestsFile, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// digests are those of a format, a line each.
func digests[E Logit]() (text string) {
	for _, k := range []Kernels[E]{Best[E](), Variants[E]()[0]} {
		for name, q := range questions[E] {
			text += fmt.Sprintf("%s %s\n", digestOf(k, name), q.digest(k))
		}
	}
	return text
}

// question is what the variants are asked: all operations on several matrices.
type question[E Logit] struct {
	matrices    []matrix[E]
	temperature float64
}

type matrix[E Logit] struct {
	logits []E
	rows   int
	tokens []int
	u      []float64
}

// digest has a part for each operation, and one for the errors.
func (q question[E]) digest(k Kernels[E]) string {
	var hashes [6]hash.Hash
	for i := range hashes {
		hashes[i] = sha256.New()
	}
	for _, m := range q.matrices {
		a := k.answers(m.logits, m.rows, m.tokens, m.u, q.temperature)
		for i, numbers := range []any{a.lse, a.logp, a.p} {
			binary.Write(hashes[i], binary.LittleEndian, numbers)
		}
		for i, part := range []any{a.sampled, a.drawn, a.errs} {
			fmt.Fprint(hashes[3+i], part)
		}
	}
	var parts []string
	for _, h := range hashes {
		parts = append(parts, fmt.Sprintf("%x", h.Sum(nil)[:6]))
	}
	return strings.Join(parts, " ")
}

// questions have the same bits on every machine: all logits are integers, scaled by powers of
// two.
func questions[E Logit](yield func(name string, q question[E]) bool) {
	r := rand.New(rand.NewPCG(61, 62))
	for _, kind := range askedKinds {
		var q question[E]
		for _, shape := range []struct{ vocab, rows int }{
			{1, 9}, {7, 20}, {28, 83}, {38, 64}, {64, 33}, {65, 24}, {300, 17}, {2100, 2}, {5000, 1},
		} {
			m := matrix[E]{rows: shape.rows}
			for row := range shape.rows {
				for i := range shape.vocab {
					m.logits = append(m.logits, narrowed[E](kind.logit(r, row, i)))
				}
				m.tokens = append(m.tokens, r.IntN(shape.vocab))
				m.u = append(m.u, float64(r.Uint64()>>11)*0x1p-53)
			}
			q.matrices = append(q.matrices, m)
		}
		for _, q.temperature = range []float64{0, 0x1p-300, 1e-5, .05, .7, 1, 3, 1e6, 0x1p120, math.Inf(1)} {
			if !yield(fmt.Sprintf("%T/%s/T=%.3g", E(0), kind.name, q.temperature), q) {
				return
			}
		}
	}
}

// bell is a sum of uniform numbers, nearly normal with a standard deviation of 1.
func bell(r *rand.Rand) float32 {
	const terms, bits = 12, 16
	sum := -terms << bits / 2
	for range terms {
		sum += r.IntN(1 << bits)
	}
	return float32(sum) / (1 << bits)
}

// askedKind makes rows: its number says which of several row is.
type askedKind struct {
	name  string
	logit func(r *rand.Rand, row, i int) float32
}

var askedKinds = []askedKind{
	{"ordinary", func(r *rand.Rand, row, i int) float32 { return 4 * bell(r) }},
	{"spread", func(r *rand.Rand, row, i int) float32 { return 64 * bell(r) }},
	{"masked", func(r *rand.Rand, row, i int) float32 {
		if r.IntN(3) > 0 {
			return float32(math.Inf(-1))
		}
		return 4 * bell(r)
	}},
	{"rising", func(r *rand.Rand, row, i int) float32 { return float32(i)/16 + bell(r) }},
	{"far", func(r *rand.Rand, row, i int) float32 { return float32(int(16)<<(row%24)) + bell(r) }},
	{"bad", func(r *rand.Rand, row, i int) float32 {
		if r.IntN(200) == 0 {
			return badLogits[r.IntN(len(badLogits))]
		}
		return 4 * bell(r)
	}},
}

var badLogits = []float32{
	float32(math.NaN()), math.Float32frombits(0xFFC00001), float32(math.Inf(1)), float32(math.Inf(-1)),
	math.MaxFloat32, -math.MaxFloat32, 1e6, float32(math.Copysign(0, -1)), 1e-40,
}
