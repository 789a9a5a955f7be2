package subjects

import (
	"strings"
	"testing"

	"temper/props"
	"temper/props/verdict"
	"temper/reference"
)

func TestControlsThatTakeTheMaximumOutFirstKeepSpread(t *testing.T) {
	opts := append(without("Kernels", "another test's", func(law props.Law) bool { return !strings.HasSuffix(law.ID, "/Spread") }), props.Inputs(1000))
	for _, control := range append(maximumFirstControls(), reference.Scalar) {
		t.Run(control.Name, func(t *testing.T) {
			for _, result := range props.CheckKernels(control, opts...).Results {
				if strings.HasSuffix(result.ID, "/Spread") && result.Status == verdict.Broken {
					t.Errorf("%s: %s", result.ID, result.Detail)
				}
			}
		})
	}
}
