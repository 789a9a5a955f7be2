//go:build unix

package arms

import "math"

// A Row is one benchmark in all arms, and what was measured of it. It is a row of the
// table that the gate prints.
type Row struct {
	Package string          // import path
	Name    string          // of the benchmark, without the key that tells the arms apart
	Samples [Count][]Sample // one a pair
	Reason  string          // why it is not timed though both arms have it, "" if it is

	pkg        int           // index among the packages; unused for the control
	bench      [Count]string // full name in each arm, "" where it is missing
	roams      bool          // runs on all processors instead of one
	pieces     int           // processes a sample
	iterations int           // of the benchmark in each process
}

// CPU returns the processor that the benchmark says it ran on, "" if it says nothing.
func (r *Row) CPU() string {
	for _, s := range r.Samples[Base] {
		return s.Result.GetConfig("cpu")
	}
	return ""
}

// Title returns the row's name for people.
func (r *Row) Title() string { return r.Package + "." + r.Name }

// Missing returns whether an arm lacks the benchmark.
func (r *Row) Missing(arm Arm) bool { return r.bench[arm] == "" }

// Pattern returns the value of go test -bench that runs the row in an arm, and
// nothing else.
func (r *Row) Pattern(arm Arm) string { return pattern(r.bench[arm]) }

// LogRatios returns ln(to/from) of the times in two arms, pair by pair.
func (r *Row) LogRatios(from, to Arm) []float64 {
	d := make([]float64, min(len(r.Samples[from]), len(r.Samples[to])))
	for i := range d {
		d[i] = math.Log(r.Samples[to][i].Seconds / r.Samples[from][i].Seconds)
	}
	return d
}

// Values returns a metric's values in one arm, pair by pair. Samples that do not
// report the metric are left out.
func (r *Row) Values(arm Arm, unit string) []float64 {
	var values []float64
	for _, s := range r.Samples[arm] {
		if v, ok := s.Result.Value(unit); ok {
			values = append(values, v)
		}
	}
	return values
}
