package server_test

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"testing"

	"temper/props/server"
	"temper/props/server/fake"
)

// weak are bugs that draw almost as they must.
var weak = []struct {
	name   string
	config fake.Config
}{
	{"temperature 1.05 times what was asked", fake.Config{Bug: fake.TemperatureWarm, Factor: 1.05}},
	{"temperature 1.1 times what was asked", fake.Config{Bug: fake.TemperatureWarm, Factor: 1.1}},
	{"a draft's tokens kept 1.2 times as often", fake.Config{Bug: fake.DraftKept, Factor: 1.2}},
	{"a draft's tokens kept 1.5 times as often", fake.Config{Bug: fake.DraftKept, Factor: 1.5}},
	{"a rejected draft drawn again from all tokens", fake.Config{Bug: fake.DraftRest}},
	{"the same, the draft at 1.5 times the temperature", fake.Config{Bug: fake.DraftRest, Draft: 1.5}},
	{"what a draft lacks not normalised, at 1.5 times the temperature", fake.Config{Bug: fake.DraftBare, Draft: 1.5}},
}

// A small difference from the list is found by many draws: this prints how often it is, with
// 500 requests and with 2000.
func TestSmallDifferencesAreFoundByMoreRequests(t *testing.T) {
	if *runs == 1 {
		t.Skip("run it with -runs 5 -v")
	}
	for _, w := range weak {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			line := w.name
			for _, requests := range []int{500, 2000} {
				found := 0
				for seed := range *runs {
					c := w.config
					c.Dialect, c.List, c.Seed = fake.Llama, 20, uint64(seed)
					s := httptest.NewServer(fake.New(c))
					report, err := server.Check(t.Context(), s.URL, server.Options{Rate: 1e6, Requests: requests})
					s.Close()
					if err != nil {
						t.Fatal(err)
					}
					if slices.Contains(brokenLaws(report), "Draws/Together") {
						found++
					}
				}
				line += fmt.Sprintf(" | %d of %d", found, *runs)
			}
			t.Log(line)
		})
	}
}
