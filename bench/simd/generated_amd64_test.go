package simd

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestAssemblyIsWhatTheGeneratorWrites(t *testing.T) {
	for _, c := range []struct{ name, width string }{
		{"avx2", "256"},
		{"avx512", "512"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			code, stubs := c.name+"_amd64.s", c.name+"_stubs_amd64.go"
			out, err := exec.Command("go", "run", "-C", "_asm", ".", "-width", c.width, "-pkg", "simd",
				"-out", filepath.Join(dir, code), "-stubs", filepath.Join(dir, stubs)).CombinedOutput()
			if err != nil {
				t.Fatalf("generator: %v\n%s", err, out)
			}
			for _, name := range []string{code, stubs} {
				if !bytes.Equal(content(t, name), content(t, filepath.Join(dir, name))) {
					t.Errorf("%s is stale: run go generate ./bench/simd", name)
				}
			}
		})
	}
}

// The generator notes with every function what its instructions need.
func TestVariantsRequireWhatTheirAssemblyNeedsAndNothingElse(t *testing.T) {
	implied := map[string]bool{"MMX+": true, "SSE": true, "SSE2": true, "AVX": true} // by AVX2
	needs := regexp.MustCompile(`(?m)^// Requires: (.*)$`)
	for _, set := range instructionSets {
		name := set.name + "_amd64.s"
		needed := map[string]bool{}
		for _, line := range needs.FindAllSubmatch(content(t, name), -1) {
			for feature := range strings.SplitSeq(string(line[1]), ", ") {
				if !implied[feature] {
					needed[feature] = true
				}
			}
		}
		declared := map[string]bool{}
		for _, f := range set.features {
			declared[f.name] = true
		}
		if !maps.Equal(needed, declared) {
			t.Errorf("%s needs %v, and its variant declares %v", name, needed, declared)
		}
	}
}

// The generator's register allocation takes what AVX-512 adds, silently.
func TestAVX2KeepsToItsRegisters(t *testing.T) {
	beyond := regexp.MustCompile(`\b(Z\d+|K\d|[XY](1[6-9]|[23]\d))\b`)
	if found := beyond.Find(content(t, "avx2_amd64.s")); found != nil {
		t.Errorf("avx2_amd64.s uses %s", found)
	}
}

func content(t *testing.T, name string) []byte {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
