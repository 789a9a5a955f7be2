//go:build unix

package arms

import (
	"testing"
	"time"
)

func TestStealIsTheMeanOverTheProcessors(t *testing.T) {
	const two = "cpu  9 0 0 0 0 0 0 40 0 0\ncpu0 9 0 0 0 0 0 0 30 0 0\ncpu1 0 0 0 0 0 0 0 10 0 0\nintr 5\nctxt 7\n"
	if got := stolen(two); got != 200*time.Millisecond {
		t.Errorf("40 ticks on two processors are %v each, want 200ms", got)
	}
	for _, text := range []string{"", "cpu  1 2 3\ncpu0 1 2 3\n", "cpu  9 0 0 0 0 0 0 40\n"} {
		if got := stolen(text); got != 0 {
			t.Errorf("%q tells nothing, got %v", text, got)
		}
	}
}
