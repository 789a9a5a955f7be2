package peers

import (
	"fmt"
	"strings"

	"temper/props"
	"temper/props/verdict"
	"temper/reference"
)

// Laws says in a line how many Must laws an implementation keeps, and which it
// breaks.
func Laws(k reference.Kernels) string {
	if !k.Available {
		return fmt.Sprintf("laws %s: not tried, this machine has no %s", k.Name, k.Requires)
	}
	var broken []string
	applicable := 0
	for _, result := range props.CheckKernels(k, props.Seed(1)).Results {
		if result.Level != verdict.Must || result.Status == verdict.NotProvided {
			continue
		}
		applicable++
		if result.Status == verdict.Broken {
			broken = append(broken, result.Law)
		}
	}
	line := fmt.Sprintf("laws %s: keeps %d of %d Must laws", k.Name, applicable-len(broken), applicable)
	if len(broken) > 0 {
		line += ", not " + strings.Join(broken, ", ")
	}
	return line
}
