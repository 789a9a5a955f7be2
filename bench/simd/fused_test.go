package simd

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var everyProcessor = flag.Bool("processors", false, "look for fused operations on every kind of processor that Go fuses for")

// fusing are those kinds, of which the first is always looked at.
var fusing = []string{"arm64", "loong64", "ppc64le", "riscv64", "s390x", "amd64 v3"}

// Go may fuse x·y + z, and does for some processors: a product that
// has to be rounded like an equal one elsewhere needs a conversion. What is computed, kept,
// drawn and refused here shall not depend on the machine. The compiler shows what it fuses
// on any machine.
func TestNothingIsFused(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles for another machine")
	}
	control := filepath.Join(t.TempDir(), "control.go")
	if err := os.WriteFile(control, []byte("package control\n\nfunc F(x, y, z float64) float64 { return x*y + z }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for i, processor := range fusing {
		if i > 0 && !*everyProcessor {
			break
		}
		for _, place := range fused(t, processor, ".", "../elementary", "../sorting", "temper/reference") {
			t.Errorf("%s: %s has a product and a sum in one rounding", processor, place)
		}
		if places := fused(t, processor, control); !slices.Equal(places, []string{"control.go:3"}) {
			t.Errorf("%s: fused are %q in the control, so this test sees none elsewhere", processor, places)
		}
	}
}

// Exponentials and logarithms of package math are assembly for some processors, with other
// bits. Package elementary has those that are the same.
func TestOnlyFunctionsOfMathWithTheSameBitsEverywhereAreCalled(t *testing.T) {
	same := []string{
		"Abs", "Float32bits", "Float32frombits", "Float64bits", "Float64frombits", "Frexp", "Inf", "IsInf", "IsNaN", "Ldexp", "Max", "Min",
		"NaN", "Nextafter32", "RoundToEven", "Sqrt",
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, call := range regexp.MustCompile(`\bmath\.(\w+)\(`).FindAllSubmatch(content(t, file), -1) {
			if calls++; !slices.Contains(same, string(call[1])) {
				t.Errorf("%s calls math.%s", file, call[1])
			}
		}
	}
	if calls < 10 {
		t.Errorf("%d calls were found, which tests little", calls)
	}
}

// fused returns where the compiler for a processor, a GOARCH with the version of amd64, fuses
// in packages and in what they import.
func fused(t *testing.T, processor string, packages ...string) (places []string) {
	architecture, version, _ := strings.Cut(processor, " ")
	build := exec.Command("go", append([]string{"build", "-gcflags=temper/...=-S", "-gcflags=command-line-arguments=-S"}, packages...)...)
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+architecture, "GOAMD64="+version, "CGO_ENABLED=0")
	assembly, err := build.CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, assembly)
	}
	found := regexp.MustCompile(`\(\S*?(\w+\.go:\d+)\)\s+V?FN?M(?:ADD|SUB)\w*\s`)
	for _, place := range found.FindAllSubmatch(assembly, -1) {
		places = append(places, string(place[1]))
	}
	return places
}
