package elementary

import (
	"os/exec"
	"strings"
	"testing"
)

// Loops over logits take twice as long where they call Exp2.
func TestExp2IsInlined(t *testing.T) {
	said, err := exec.Command("go", "build", "-gcflags=-m", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, said)
	}
	if !strings.Contains(string(said), "can inline Exp2\n") {
		t.Errorf("the compiler says\n%s", said)
	}
}
