package decide

import (
	"math"
	"testing"
)

func TestFigureThatWasNotANumberBeforeIsNotWorse(t *testing.T) {
	if Worse(math.NaN(), math.NaN(), -1) {
		t.Error("NaN that was NaN before is worse")
	}
}
