//go:build unix

package arms

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/perf/benchfmt"

	"temper/bench/gate/child"
)

// discardedFile holds the samples that were measured again.
const discardedFile = "discarded.txt"

// SamplesFiles returns the names of the files that WriteSamples writes.
func SamplesFiles() []string {
	names := []string{discardedFile}
	for arm := range Count {
		names = append(names, arm.SamplesFile())
	}
	return names
}

// WriteSamples writes the samples of each arm to a file in dir, in the format of Go
// benchmarks, for benchstat and similar tools: the i-th result of a row is that of
// the i-th pair in every arm. The samples that were measured again have a file of their
// own.
func (t *Timer) WriteSamples(dir string) error {
	timed := append([]*Row{t.Control}, t.Rows...)
	for arm := range Count {
		var samples []Sample
		for _, r := range timed {
			samples = append(samples, r.Samples[arm]...)
		}
		if err := writeSamples(filepath.Join(dir, arm.SamplesFile()), samples); err != nil {
			return err
		}
	}
	return writeSamples(filepath.Join(dir, discardedFile), t.discarded)
}

func writeSamples(path string, samples []Sample) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	writer := benchfmt.NewWriter(file)
	for _, s := range samples {
		result := s.Result.Clone()
		result.Values = append(result.Values,
			benchfmt.Value{Value: float64(s.switches), Unit: "nivcsw"},
			benchfmt.Value{Value: s.steal.Seconds(), Unit: "steal-sec"})
		if err := writer.Write(result); err != nil {
			return errors.Join(err, file.Close())
		}
	}
	return file.Close()
}

// profiledSamples is how many samples' iterations a profile covers.
const profiledSamples = 20

// Profile writes a CPU profile of a row in one arm to a file.
func (t *Timer) Profile(ctx context.Context, r *Row, arm Arm, path string) error {
	_, err := child.Output(benchmark(ctx, t.first[r.pkg][arm], everywhere, "-test.bench="+r.Pattern(arm),
		"-test.benchtime="+strconv.Itoa(profiledSamples*r.pieces*r.iterations)+"x", "-test.cpuprofile="+path))
	return err
}
