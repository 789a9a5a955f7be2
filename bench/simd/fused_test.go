package simd

import (
	"os"
	"os/exec"
	"regexp"
	"testing"
)

// Go may fuse x·y + z, and does on arm64, ppc64le, riscv64 and s390x: a product that has
// to be rounded like an equal one elsewhere needs a conversion. Only the polynomial of
// exp2 may be fused, since its last digits are compared with nothing: what is kept, drawn
// and refused shall not depend on the machine. The compiler shows what it fuses on any
// machine.
func TestOnlyThePolynomialOfExp2IsFusedOnARM64(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles for another machine")
	}
	build := exec.Command("go", "build", "-gcflags=temper/...=-S", ".", "../elementary", "../sorting")
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	assembly, err := build.CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, assembly)
	}
	fused := regexp.MustCompile(`\(\S*?(\w+\.go):(\d+)\)\s+FN?M(?:ADD|SUB)[SD]\s`)
	found := false
	for _, place := range fused.FindAllSubmatch(assembly, -1) {
		if file, line := string(place[1]), string(place[2]); file == "exp2.go" {
			found = true
		} else {
			t.Errorf("%s:%s has a product and a sum in one rounding", file, line)
		}
	}
	if !found {
		t.Error("no fused instruction of exp2.go is found, so this test sees none elsewhere")
	}
}
