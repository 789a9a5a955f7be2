//go:build unix

package compare

import (
	"golang.org/x/perf/benchmath"

	"temper/bench/gate/arms"
	"temper/bench/gate/decide"
	"temper/bench/gate/report"
)

const allocs = "allocs/op"

// exactMetrics compares the metrics of a row that are exact: allocations, and those
// that the benchmarks declare so. One allocation more is worse, and so is a declared
// metric that changed other than for the better. B/op is not exact, unless it is
// declared so. A metric that head no longer reports is worse, because nobody can tell
// any more. The level limits the error of each metric where it varies by itself.
func exactMetrics(row *arms.Row, level float64) []report.Exact {
	var metrics []report.Exact
	for _, value := range row.Samples[arms.Base][0].Result.Values {
		unit := value.Unit
		exact, better := declared(row, unit)
		if unit == allocs {
			exact, better = true, -1
		}
		if !exact {
			continue
		}
		base, same, head := row.Values(arms.Base, unit), row.Values(arms.Same, unit), row.Values(arms.Head, unit)
		metrics = append(metrics, report.Exact{
			Unit: unit, Base: report.Number(decide.Best(base, better)), Head: report.Number(decide.Best(head, better)),
			Worse:  decide.Worse(base, same, head, better, level),
			Varies: unit != allocs && !decide.Steady(base, same),
		})
	}
	return metrics
}

// declared returns what head declares of a unit or, where head declares nothing, what
// base does.
func declared(row *arms.Row, unit string) (exact bool, better int) {
	for _, arm := range []arms.Arm{arms.Head, arms.Base} {
		units := row.Samples[arm][0].Units
		if units.GetAssumption(unit) == benchmath.AssumeExact {
			return true, units.GetBetter(unit)
		}
	}
	return false, 0
}
