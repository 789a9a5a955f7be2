package simd

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestAssemblyIsWhatTheGeneratorWrites(t *testing.T) {
	for _, c := range []struct {
		name, processor string
		generator       []string
	}{
		{"avx2", "amd64", []string{".", "-width", "256", "-pkg", "simd"}},
		{"avx512", "amd64", []string{".", "-width", "512", "-pkg", "simd"}},
		{"neon", "arm64", []string{"./neon"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			code, stubs := c.name+"_"+c.processor+".s", c.name+"_stubs_"+c.processor+".go"
			run := exec.Command("go", append([]string{"run", "-C", "_asm"}, c.generator...)...)
			run.Args = append(run.Args, "-out", filepath.Join(dir, code), "-stubs", filepath.Join(dir, stubs))
			run.Env = append(os.Environ(), "GOARCH=") // this test may itself run in an emulator
			out, err := run.CombinedOutput()
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

// Every word of neon_arm64.s has the instruction that it stands for beside it.
func TestWordsAreThoseOfAnAssembler(t *testing.T) {
	var words, instructions []string
	known := map[string]bool{}
	for _, match := range regexp.MustCompile(`WORD \$0x([0-9A-F]{8}) // (.*)`).FindAllSubmatch(content(t, "neon_arm64.s"), -1) {
		if word, instruction := string(match[1]), string(match[2]); !known[word+instruction] {
			known[word+instruction] = true
			words, instructions = append(words, word), append(instructions, instruction)
		}
	}
	if len(words) < 100 {
		t.Fatalf("%d different words, which tests little", len(words))
	}
	for i, assembled := range assemble(t, strings.Join(instructions, "\n")+"\n") {
		if words[i] != assembled {
			t.Errorf("%s is %s, not %s", instructions[i], assembled, words[i])
		}
	}
}

// assemble returns the words that a real assembler makes of instructions.
func assemble(t *testing.T, instructions string) (words []string) {
	const tools = "aarch64-linux-gnu-"
	if _, err := exec.LookPath(tools + "as"); err != nil {
		t.Skip("NOT TESTED: there is no aarch64-linux-gnu-as; Debian: apt-get install binutils-aarch64-linux-gnu")
	}
	object, code := filepath.Join(t.TempDir(), "words.o"), filepath.Join(t.TempDir(), "words")
	as := exec.Command(tools+"as", "-o", object)
	as.Stdin = strings.NewReader(instructions)
	for _, command := range []*exec.Cmd{as, exec.Command(tools+"objcopy", "-O", "binary", "-j", ".text", object, code)} {
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
	}
	text := content(t, code)
	for ; len(text) > 0; text = text[4:] {
		words = append(words, fmt.Sprintf("%02X%02X%02X%02X", text[3], text[2], text[1], text[0]))
	}
	if lines := strings.Count(instructions, "\n"); len(words) != lines {
		t.Fatalf("%d words for %d instructions", len(words), lines)
	}
	return words
}

func content(t *testing.T, name string) []byte {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
