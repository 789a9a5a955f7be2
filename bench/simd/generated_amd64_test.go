package simd

import (
	"maps"
	"regexp"
	"strings"
	"testing"
)

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
