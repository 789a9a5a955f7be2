package server_test

import (
	"context"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"temper/props/server"
	"temper/props/server/fake"
	"temper/props/verdict"
	"temper/reference"
)

// honest are servers without a bug in every dialect and in several styles.
func honest() map[string]fake.Config {
	all := map[string]fake.Config{}
	for _, d := range fake.Dialects() {
		all[string(d)+", raw"] = fake.Config{Dialect: d, List: 20}
		all[string(d)+", scaled, T first, noisy"] = fake.Config{Dialect: d, List: 20, Scaled: true, First: true, Noise: 0.01}
		all[string(d)+", raw, T first, list of 5, noisy"] = fake.Config{Dialect: d, List: 5, First: true, Noise: 0.01}
		all[string(d)+", scaled, list of 5"] = fake.Config{Dialect: d, List: 5, Scaled: true}
		all[string(d)+", no log-probabilities"] = fake.Config{Dialect: d}
	}
	for _, d := range []fake.Dialect{fake.Completions, fake.Chat} {
		all[string(d)+", default cuts"] = fake.Config{Dialect: d, List: 20, Cuts: true, First: d == fake.Chat}
		all[string(d)+", default penalty, scaled"] = fake.Config{Dialect: d, List: 20, Penalty: 1.5, Scaled: true}
		all[string(d)+", default cuts and penalty"] = fake.Config{Dialect: d, List: 20, Cuts: true, Penalty: 0.3, First: d == fake.Chat}
	}
	for _, d := range []fake.Dialect{fake.Chat, fake.Llama, fake.VLLM} {
		all[string(d)+", rounded, reordered, T = 0 warm"] = fake.Config{Dialect: d, List: 20, Rounded: true, Reorder: true, Warm: true, Scaled: d == fake.Chat}
	}
	for habit, d := range fake.Habits() {
		all[string(d)+", "+habit] = fake.Config{Dialect: d, List: 20, First: d == fake.VLLM, Habit: habit}
	}
	for _, d := range fake.Dialects() {
		all[string(d)+", "+fake.EndsOften] = fake.Config{Dialect: d, List: 20, Scaled: d == fake.Ollama, Habit: fake.EndsOften}
	}
	all["completions, tokens have the names of their bytes, default penalty"] = fake.Config{Dialect: fake.Completions, List: 20, Penalty: 1.5, Habit: fake.SpacedTokens}
	for _, d := range []fake.Dialect{fake.Chat, fake.Llama, fake.Ollama} {
		all[string(d)+", list of 5, "+fake.Unlisted] = fake.Config{Dialect: d, List: 5, Habit: fake.Unlisted}
	}
	for _, d := range fake.Dialects() {
		all[string(d)+", list of 5, "+fake.Appended] = fake.Config{Dialect: d, List: 5, Habit: fake.Appended}
	}
	all["ollama, "+fake.Dated] = fake.Config{Dialect: fake.Ollama, List: 20, Habit: fake.Dated}
	all["llama, "+fake.Ownless] = fake.Config{Dialect: fake.Llama, List: 20, Habit: fake.Ownless}
	all["vllm, logits differ by up to 0.2"] = fake.Config{Dialect: fake.VLLM, List: 20, First: true, Noise: 0.2}
	all["chat, logits differ by up to 0.2"] = fake.Config{Dialect: fake.Chat, List: 20, Noise: 0.2}
	return all
}

func check(t *testing.T, c fake.Config) verdict.Report {
	t.Helper()
	return checkUntil(t, c, "")
}

// checkUntil is check, interrupted behind a law; "" for the end.
func checkUntil(t *testing.T, c fake.Config, last string) verdict.Report {
	t.Helper()
	s := httptest.NewServer(fake.New(c))
	defer s.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tried := false
	report, err := server.Check(ctx, s.URL, server.Options{Rate: 1e6, Progress: func(p server.Progress) {
		if tried && p.Law != last {
			cancel()
		}
		tried = tried || last != "" && p.Law == last
	}})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestHonestServersAreNotAccused(t *testing.T) {
	all := honest()
	for i, name := range slices.Sorted(maps.Keys(all)) {
		if testing.Short() && i%6 > 0 || *runs == 1 && i%5 > 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := all[name]
			for seed := range uint64(*runs) {
				c.Seed = seed
				report := check(t, c)
				if err := report.Err(); err != nil {
					t.Errorf("seed %d: %v\n%v", seed, err, report)
				}
				held, applicable, _ := report.Coverage()
				t.Logf("%s, run %d of %d: %d of %d laws held", name, seed+1, *runs, held, applicable)
			}
		})
	}
}

// wholeRun are laws about all answers of a run, which are judged at its end.
var wholeRun = []string{"Form/JSON", "Form/Numbers", "Form/Doubles", "Ends/Limit"}

// With more than one seed runs go on behind the law that must find the bug.
func TestPlantedBugsAreCaught(t *testing.T) {
	for i, bug := range fake.Bugs() {
		if testing.Short() && i%6 > 0 {
			continue
		}
		t.Run(bug.Name, func(t *testing.T) {
			t.Parallel()
			last := bug.Law
			if *seeds > 1 || slices.Contains(wholeRun, last) {
				last = ""
			}
			for seed := range uint64(*seeds) {
				report := checkUntil(t, fake.Config{Dialect: bug.Dialect, List: 20, First: bug.Dialect == fake.VLLM, Bug: bug.Name, Seed: seed}, last)
				broken := brokenLaws(report)
				if !slices.Contains(broken, bug.Law) {
					t.Errorf("%s, seed %d: want %s broken, got %v (%s)\n%s", bug.Dialect, seed, bug.Law, broken, report.Failure, report)
				}
				t.Logf("%s, %s, seed %d of %d breaks %v", bug.Name, bug.Dialect, seed+1, *seeds, broken)
			}
		})
	}
}

func brokenLaws(report verdict.Report) []string {
	var broken []string
	for _, result := range report.Results {
		if result.Status == verdict.Broken {
			broken = append(broken, result.ID)
		}
	}
	return broken
}

// The report names what is proven of a convention, and never what is not so.
func TestTheReportNamesTheConvention(t *testing.T) {
	for name, c := range map[string]struct {
		config    fake.Config
		want, not []string
	}{
		"T first": {fake.Config{Dialect: fake.VLLM, List: 20, First: true}, []string{"temperature comes before the cuts"}, []string{"temperature comes after"}},
		"T last":  {fake.Config{Dialect: fake.Llama, List: 20}, []string{"temperature comes after the cuts"}, []string{"temperature comes before"}},
		"top_p of what top_k left": {fake.Config{Dialect: fake.Llama, List: 20},
			[]string{"top_p is of the mass that top_k left"}, []string{"of the whole mass"}},
		"top_p of the whole mass": {fake.Config{Dialect: fake.VLLM, List: 20, First: true, Style: reference.Convention{OriginalMass: true}},
			[]string{"top_p is of the whole mass"}, []string{"that top_k left:"}},
		"greedy below 0.2": {fake.Config{Dialect: fake.Llama, List: 20, Scaled: true, Style: reference.Convention{GreedyBelow: 0.2}},
			[]string{"T = 0.1 is served as T = 0, T = 0.3 is not"}, nil},
		"temperature ignored": {fake.Config{Dialect: fake.Llama, List: 20, Bug: fake.TemperatureIgnored}, nil, []string{"temperature comes"}},
		"top_p ignored":       {fake.Config{Dialect: fake.Completions, List: 20, Bug: fake.TopPIgnored}, nil, []string{"temperature comes"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := check(t, c.config).Convention
			for _, words := range c.want {
				if !strings.Contains(said, words) {
					t.Errorf("want %q in\n%s", words, said)
				}
			}
			for _, words := range c.not {
				if strings.Contains(said, words) {
					t.Errorf("%q is wrong in\n%s", words, said)
				}
			}
		})
	}
}
