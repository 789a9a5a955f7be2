package main

import (
	"os"
	"path/filepath"
	"testing"
)

// module writes a module of these files, by name, to a folder of its own.
func module(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	files["go.mod"] = "module example.com/m\n\ngo 1.26\n"
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// wrongOn requires that a module is wrong on some ports and on no others.
func wrongOn(t *testing.T, dir string, wrong map[string]bool) {
	t.Helper()
	for port, want := range wrong {
		if err := check(dir, port); (err != nil) != want {
			t.Errorf("%s: %v, want an error: %t", port, err, want)
		}
	}
}

func TestAnIntOf32BitsIsTooShort(t *testing.T) {
	dir := module(t, map[string]string{"m.go": "package m\n\nconst N int = 1 << 40\n"})
	wrongOn(t, dir, map[string]bool{"linux/386": true, "js/wasm": false, "linux/amd64": false})
}

func TestATestIsReadToo(t *testing.T) {
	dir := module(t, map[string]string{
		"m.go":      "package m\n",
		"m_test.go": "package m\n\nimport \"syscall\"\n\nvar _ = syscall.SIGUSR1\n",
	})
	wrongOn(t, dir, map[string]bool{"windows/amd64": true, "freebsd/amd64": false})
}

func TestAShiftIsAsWideAsItsInt(t *testing.T) {
	dir := module(t, map[string]string{"m.go": "package m\n\nfunc F(n int) int { return n >> 40 }\n"})
	wrongOn(t, dir, map[string]bool{"linux/arm": true, "linux/arm64": false})
}

func TestArgumentsOfAssemblyHaveTheirPlaces(t *testing.T) {
	dir := module(t, map[string]string{
		"m.go":       "package m\n",
		"f_arm64.go": "package m\n\nfunc f(x float64) float64\n",
		"f_arm64.s":  "#include \"textflag.h\"\n\nTEXT ·f(SB), NOSPLIT, $0-16\n\tFMOVD x+8(FP), F0\n\tFMOVD F0, ret+8(FP)\n\tRET\n",
	})
	wrongOn(t, dir, map[string]bool{"darwin/arm64": true, "darwin/amd64": false})
}

func TestAPortThatGoDoesNotKnowIsAnError(t *testing.T) {
	dir := module(t, map[string]string{"m.go": "package m\n"})
	wrongOn(t, dir, map[string]bool{"linux": true, "linux/abacus": true, "linux/amd64": false})
}
