//go:build unix

package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat/distuv"

	"temper/bench/gate/arms"
	"temper/bench/gate/decide"
	"temper/bench/gate/report"
)

// summarize prints tables of the exit codes of the gate, of what other rules say of the
// same samples, and of simulated runs with the measured noise.
func summarize(w io.Writer, records map[string][]*record, resamples int, seed uint64) error {
	fmt.Fprintf(w, "Bounds are one-sided, at 95 %% each.\n\n| claim | runs | exit 0 | exit 1 | exit 3 | exit 4 | change found | another row red | median time | pairs spread |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, s := range scenarios {
		if runs := records[s.name]; len(runs) > 0 {
			s.realRow(w, runs)
		}
	}
	fmt.Fprint(w, "\nRed by other rules, on the samples of the same runs:\n\n", ruleHeader("scenario"))
	for _, s := range scenarios {
		if runs := records[s.name]; len(runs) > 0 {
			if err := s.otherRules(w, runs); err != nil {
				return err
			}
		}
	}
	for _, from := range []string{"unchanged", "neighbour"} {
		if len(records[from]) == 0 || resamples == 0 {
			continue
		}
		rows, err := pools(records[from])
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "\nRed in %d simulated runs with the noise of %q (%d runs):\n\n%s", resamples, from, len(records[from]), ruleHeader("slowdown of one row"))
		for _, slowdown := range []float64{0, 0.03, 0.05, 0.10} {
			gate, others := simulate(rand.New(rand.NewPCG(seed, 0)), rows, slowdown, resamples)
			fmt.Fprintf(w, "| %.0f %% | %.2f %% |", 100*slowdown, 100*gate)
			for _, share := range others {
				fmt.Fprintf(w, " %.1f %% |", 100*share)
			}
			fmt.Fprintln(w)
		}
	}
	return nil
}

// ruleHeader returns the head of a table with a column for every rule.
func ruleHeader(first string) string {
	header := "| " + first + " | gate |"
	for _, u := range rules {
		header += " " + u.name + " |"
	}
	return header + "\n|" + strings.Repeat("---|", len(rules)+2) + "\n"
}

func (s scenario) realRow(w io.Writer, runs []*record) {
	exits := map[int]int{}
	var seconds []float64
	found, alarms, spread := 0, 0, 0.0
	for _, r := range runs {
		exits[r.Exit]++
		seconds = append(seconds, r.Report.Elapsed)
		right, wrong := false, false
		for _, row := range r.Report.Rows {
			spread = max(spread, deviation(row.LogRatios))
			right = right || row.Verdict == decide.Fail && row.Name == s.row
			wrong = wrong || row.Verdict == decide.Fail && row.Name != s.row
		}
		found, alarms = found+count(right), alarms+count(wrong)
	}
	foundText := ""
	if s.row != "" {
		foundText = fmt.Sprintf("%d, ≥ %.1f %%", found, 100*lowerBound(found, len(runs)))
	}
	fmt.Fprintf(w, "| %s | %d | %d | %d | %d | %d | %s | %d, ≤ %.1f %% | %.0f s | ≤ %.1f %% |\n", s.claim, len(runs),
		exits[report.ExitPass], exits[report.ExitRegression], exits[report.ExitUnclear], exits[report.ExitBroken], foundText, alarms, 100*upperBound(alarms, len(runs)), median(seconds), 100*spread)
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// deviation returns the standard deviation that the quartiles of d imply.
func deviation(d []float64) float64 {
	if len(d) < 4 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(d))
	n := len(sorted)
	return (sorted[3*n/4] - sorted[n/4]) / (2 * distuv.UnitNormal.Quantile(0.75))
}

func (s scenario) otherRules(w io.Writer, runs []*record) error {
	gate, red := 0, make([]int, len(rules))
	for _, r := range runs {
		if r.Exit == report.ExitRegression {
			gate++
		}
		base, err := r.times(arms.Base)
		if err != nil {
			return err
		}
		head, err := r.times(arms.Head)
		if err != nil {
			return err
		}
		for i, u := range rules {
			if u.red(base, head) {
				red[i]++
			}
		}
	}
	fmt.Fprintf(w, "| %s | %d of %d |", s.name, gate, len(runs))
	for _, n := range red {
		fmt.Fprintf(w, " %d of %d |", n, len(runs))
	}
	fmt.Fprintln(w)
	return nil
}

// lowerBound returns the lower end of the one-sided 95 % interval for the probability of
// a hit (Clopper and Pearson, 1934). For 29 hits in 29 runs it is 0.05^(1/29) = 0.902.
func lowerBound(hits, runs int) float64 {
	if hits == 0 {
		return 0
	}
	return distuv.Beta{Alpha: float64(hits), Beta: float64(runs - hits + 1)}.Quantile(0.05)
}

// upperBound returns the upper end of the one-sided 95 % interval. For 0 hits in 59 runs
// it is 0.0495.
func upperBound(hits, runs int) float64 { return 1 - lowerBound(runs-hits, runs) }
