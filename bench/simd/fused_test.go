package simd

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"testing"
)

// Go may fuse x·y + z, and does on arm64: a product that has to be rounded like an
// equal one elsewhere needs a conversion. Only the polynomials of exp2 and log2 may be
// fused, since their last digits are compared with nothing. The compiler shows what it
// fuses on any machine.
func TestOnlyPolynomialsAreFusedOnARM64(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles for another machine")
	}
	build := exec.Command("go", "build", "-gcflags=-S", ".")
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	assembly, err := build.CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, assembly)
	}
	fused := regexp.MustCompile(`\(\S*?(\w+\.go):(\d+)\)\s+FN?M(?:ADD|SUB)[SD]\s`)
	var files []string
	for _, place := range fused.FindAllSubmatch(assembly, -1) {
		file, line := string(place[1]), string(place[2])
		files = append(files, file)
		if file != "exp2.go" && file != "log2.go" {
			t.Errorf("%s:%s has a product and a sum in one rounding", file, line)
		}
	}
	for _, file := range []string{"exp2.go", "log2.go"} {
		if !slices.Contains(files, file) {
			t.Errorf("no fused instruction of %s is found, so this test sees none elsewhere", file)
		}
	}
}
