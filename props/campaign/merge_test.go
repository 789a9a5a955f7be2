package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"temper/props/verdict"
)

// someResults are of one law on one subject, with numbers whose sum depends on the order.
func someResults(count int) (lines []string) {
	r := rand.New(rand.NewPCG(1, 2))
	for seed := range count {
		bets := []verdict.Bet{{Defect: "one", LogE: 100 * r.NormFloat64()}, {Defect: "another", LogE: r.NormFloat64() / 1000}}
		lines = append(lines, result{
			element{"Kernels", "some subject", "Draw/Survey", uint64(seed)},
			verdict.Result{Status: verdict.Held, Inputs: 1, Evidence: &verdict.Evidence{Draws: 1000 + seed, Bets: bets}},
		}.String())
	}
	return lines
}

// merged by a tree of a random shape, some lines in several of its leaves.
func mergedAtRandom(lines []string, r *rand.Rand) pile {
	var piles []pile
	for _, line := range lines {
		for range 1 + r.IntN(3) {
			piles = append(piles, merge{}.AddInput(merge{}.CreateAccumulator(), line))
		}
	}
	r.Shuffle(len(piles), func(i, j int) { piles[i], piles[j] = piles[j], piles[i] })
	for len(piles) > 1 {
		i := r.IntN(len(piles) - 1)
		piles[i] = merge{}.MergeAccumulators(piles[i], piles[i+1])
		piles = slices.Delete(piles, i+1, i+2)
	}
	return piles[0]
}

func TestTheOrderOfMergingAndDoubledResultsChangeNoBit(t *testing.T) {
	lines, r := someResults(40), rand.New(rand.NewPCG(3, 4))
	want, err := merge{}.ExtractOutput(pile{slices.Sorted(slices.Values(lines))})
	if err != nil {
		t.Fatal(err)
	}
	for range 200 {
		got, err := merge{}.ExtractOutput(mergedAtRandom(lines, r))
		if err != nil || got != want {
			t.Fatalf("%v\n%s\n%s", err, got, want)
		}
	}
}

func TestEvidenceOfSeedsMultipliesAndIsTheMeanOverBets(t *testing.T) {
	lines := someResults(3)
	m, err := newMerged(lines)
	if err != nil {
		t.Fatal(err)
	}
	products := map[string]float64{}
	for _, line := range lines {
		r, err := parseResult(line)
		if err != nil {
			t.Fatal(err)
		}
		for _, bet := range r.Evidence.Bets {
			products[bet.Defect] += bet.LogE
		}
	}
	want := math.Log((math.Exp(products["one"]) + math.Exp(products["another"])) / 2)
	if math.Abs(m.logE-want) > 1e-9 || m.draws != 3003 || m.runs != 3 || m.held != 3 {
		t.Errorf("%+v, want log e %v of 3003 draws in 3 runs", m, want)
	}
}

func TestStreamsThatOverlapAreRefused(t *testing.T) {
	lines := someResults(3)
	r, err := parseResult(lines[1])
	if err != nil {
		t.Fatal(err)
	}
	r.Inputs++
	p := pile{}
	for _, line := range append(lines, r.String()) {
		p = merge{}.AddInput(p, line)
	}
	if _, err := (merge{}).ExtractOutput(p); err == nil || !strings.Contains(err.Error(), "overlap") {
		t.Errorf("two results for one seed: %v", err)
	}
}

func TestABrokenRunShowsWhatItSaid(t *testing.T) {
	var lines []string
	for seed, status := range []verdict.Status{verdict.Held, verdict.Broken, verdict.Broken} {
		detail := map[verdict.Status]string{verdict.Broken: "wrong\ttoken\nin row " + string(rune('0'+seed)), verdict.Held: "measured"}[status]
		lines = append(lines, result{element{"Kernels", "s", "Draw/Law", uint64(seed)}, verdict.Result{Status: status, Detail: detail}}.String())
	}
	m, err := newMerged(lines)
	if err != nil || m.broken != 2 || m.held != 1 || m.seed != 1 || m.detail != "wrong\ttoken\nin row 1" {
		t.Errorf("%+v, %v", m, err)
	}
	back, err := parseMerged(m.String())
	if err != nil || back != m {
		t.Errorf("written and read: %+v, %v, want %+v", back, err, m)
	}
}
