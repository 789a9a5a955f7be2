//go:build unix

package compare

import (
	"math"
	"slices"

	"temper/bench/gate/arms"
	"temper/bench/gate/decide"
	"temper/bench/gate/report"
)

// controlMargin is the slowdown that the control's slowdown made on purpose must
// exceed, whatever margin the rows have.
const controlMargin = 0.03

// health tests the gate by its control and, in every row, by base against base′.
func health(control *arms.Row, rows []*arms.Row) report.Health {
	unchanged := control.LogRatios(arms.Base, arms.Same)
	h := report.Health{Moved: []string{}, Spread: spread(unchanged)}
	if len(decide.Moved([][]float64{unchanged}, decide.ControlAlpha)) > 0 {
		h.Moved = append(h.Moved, control.Title())
	}
	var same [][]float64
	for _, r := range rows {
		same = append(same, r.LogRatios(arms.Base, arms.Same))
	}
	for _, r := range decide.Moved(same, decide.ControlAlpha) {
		h.Moved = append(h.Moved, rows[r].Title())
	}
	oneLook := decide.Plan{Margin: controlMargin, Slack: decide.Slack, Alpha: decide.Alpha, Looks: []decide.Look{{Share: 1}}}
	h.Slowed = oneLook.Judge(0, nil, [][]float64{control.LogRatios(arms.Base, arms.Head)}, true)[0].Verdict
	return h
}

// spread returns the standard deviation that the median of |d| implies for normal d,
// which is 1.4826 times the median. Outliers do not change it.
func spread(d []float64) float64 {
	if len(d) == 0 {
		return 0
	}
	sizes := make([]float64, len(d))
	for i, x := range d {
		sizes[i] = math.Abs(x)
	}
	slices.Sort(sizes)
	return 1.4826 * sizes[len(sizes)/2]
}
