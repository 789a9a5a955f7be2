package simd

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"temper/reference"
)

// Samplers have digests too: of what they keep, of log-probabilities, and of what they draw.
// Rows are sorted by what [Samplers] says of portable.
const (
	sameAnswers = "all same" // portable returns what the others return
	sameTokens  = "same tokens"
	othersNear  = "others near" // tokens near the border of top-p may be others
)

var samplerDigestsFile = filepath.Join("testdata", "sampler_digests.txt")

func TestSamplersHaveTheBitsThatTheyHaveOnOtherMachines(t *testing.T) {
	if RaceDetector {
		t.Skip("takes ten times as long, and laws ask several callers at once")
	}
	if *recordDigests {
		recordSamplers(t)
	}
	recorded, asked := recordedIn(t, samplerDigestsFile, ": "), map[string]bool{}
	for _, following := range samplers {
		s := following(reference.Convention{})
		if !s.Available {
			continue // TestEverySamplerKeepsTheLaws says so
		}
		for name, got := range samplerDigests(following) {
			asked["assembly/"+name], asked["portable/"+name] = true, true
			if want := recorded[writtenBy(s)+name]; got != want {
				t.Errorf("%s, %s: the digests of Keep, LogProbs, Sample, Draw and the errors are\n%s, not\n%s", name, s.Name, got, want)
			}
		}
	}
	for name, portable := range recorded {
		if !asked[name] {
			t.Errorf("%s is nothing that samplers are asked", name)
		}
		rest, isPortable := strings.CutPrefix(name, "portable/")
		assembly := recorded["assembly/"+rest]
		if strings.HasSuffix(name, sameTokens) { // of several digests that of Keep is the first
			assembly, _, _ = strings.Cut(assembly, " ")
			portable, _, _ = strings.Cut(portable, " ")
		}
		if isPortable && !strings.HasSuffix(name, othersNear) && assembly != portable {
			t.Errorf("%s has the digests\n%s, and by assembly\n%s", name, portable, assembly)
		}
	}
}

// writtenBy is the beginning of the names of a sampler's digests.
func writtenBy(s reference.Sampler) string {
	if s.Name == "portable" {
		return "portable/"
	}
	return "assembly/"
}

func recordSamplers(t *testing.T) {
	text := fmt.Sprintf("# go test ./bench/simd -run OnOtherMachines -record-digests (%s, %s)\n", runtime.GOARCH, Best[float32]().Name)
	for _, following := range []func(reference.Convention) reference.Sampler{BestSampler, samplers[0]} {
		digests := samplerDigests(following)
		for _, name := range slices.Sorted(maps.Keys(digests)) {
			text += fmt.Sprintf("%s%s: %s\n", writtenBy(following(reference.Convention{})), name, digests[name])
		}
	}
	if err := os.WriteFile(samplerDigestsFile, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// samplerDigests are those of a variant by convention, kind of rows, and what is said of
// portable: a part for each operation, and one for the errors.
func samplerDigests(following func(reference.Convention) reference.Sampler) map[string]string {
	hashes := map[string]*[5]hash.Hash{}
	for _, c := range askedConventions {
		s, r := following(c), rand.New(rand.NewPCG(71, 72))
		for _, kind := range askedRows {
			for _, length := range []int{1, 7, 38, 150, 192, 193, 1000, 2100, 9001} {
				row := make([]float32, length)
				for v := range row {
					row[v] = kind.logit(r, length, v)
				}
				for _, a := range cutAnswers(s, r, row) {
					name := c.Name + "/" + kind.name + "/" + saidOfPortable(c, row, a)
					if hashes[name] == nil {
						hashes[name] = &[5]hash.Hash{sha256.New(), sha256.New(), sha256.New(), sha256.New(), sha256.New()}
					}
					hashes[name][0].Write(a.kept)
					for i, part := range []any{a.logp, a.sampled, a.drawn, a.errs} {
						fmt.Fprint(hashes[name][1+i], part, ";")
					}
				}
			}
		}
	}
	digests := map[string]string{}
	for name, of := range hashes {
		var parts []string
		for _, h := range of {
			parts = append(parts, fmt.Sprintf("%x", h.Sum(nil)[:6]))
		}
		digests[name] = strings.Join(parts, " ")
	}
	return digests
}

// cutAnswer is what a sampler returns of one row.
type cutAnswer struct {
	how            reference.Sampling
	kept           []byte
	logp           uint64
	sampled, drawn int
	errs           [4]string // of the call
}

// cutAnswers are those of all settings for one row.
func cutAnswers(s reference.Sampler, r *rand.Rand, row []float32) []cutAnswer {
	n := len(askedSettings)
	logits, kept, tokens, u := slices.Repeat(row, n), make([]bool, n*len(row)), make([]int, n), make([]float64, n)
	for i := range n {
		tokens[i], u[i] = r.IntN(len(row)), float64(r.Uint64()>>11)*0x1p-53
	}
	logp, sampled, drawn := make([]float64, n), make([]int, n), make([]int, n)
	var errs [4]string
	for i, err := range []error{
		s.Keep(kept, logits, askedSettings),
		s.LogProbs(logp, logits, tokens, askedSettings),
		s.Sample(sampled, logits, u, askedSettings),
		s.Draw(drawn, logits, rand.NewPCG(5, 6), askedSettings),
	} {
		errs[i] = fmt.Sprint(err)
	}
	var answers []cutAnswer
	bits := bitsOf(kept)
	for i, how := range askedSettings {
		answers = append(answers, cutAnswer{how, bits[i*len(row) : (i+1)*len(row)], math.Float64bits(logp[i]), sampled[i], drawn[i], errs})
	}
	return answers
}

// saidOfPortable is what [Samplers] says of it for a row and its settings.
func saidOfPortable(c reference.Convention, row []float32, a cutAnswer) string {
	s := sampler{convention: c}
	_, plain := s.plain(a.how, len(row))
	switch {
	case s.greedy(a.how):
		return sameAnswers
	case !weighsFew(c, row, a.how):
		return othersNear
	case math.IsInf(a.how.Temperature, 1), !plain && bytes.Count(a.kept, []byte{1}) <= mostCollected:
		return sameAnswers
	}
	return sameTokens
}

// weighsFew reports whether top-p adds up few weights, or none.
func weighsFew(c reference.Convention, row []float32, how reference.Sampling) bool {
	if how.TopP == 0 || how.TopP == 1 {
		return true
	}
	before := reference.Sampling{Temperature: how.Temperature}
	for _, step := range c.Order[:slices.Index(c.Order, reference.TopP)] {
		switch {
		case step == reference.Temper && math.IsInf(how.Temperature, 1):
			return true
		case step == reference.TopK:
			before.TopK = how.TopK
		case step == reference.MinP:
			before.MinP = how.MinP
		}
	}
	if c.OriginalMass && (before.TopK > 0 || before.MinP > 0) {
		return false
	}
	kept := make([]bool, len(row))
	if err := samplers[0](c).Keep(kept, row, []reference.Sampling{before}); err != nil {
		return true // all variants refuse the row
	}
	left := bytes.Count(bitsOf(kept), []byte{1})
	tokens, _ := count(row)
	return left <= 4*fewest && (left < tokens || len(row) <= mostCollected)
}

// bitsOf is 1 for each token that is kept, and 0 for others.
func bitsOf(kept []bool) []byte {
	bits := make([]byte, len(kept))
	for v, is := range kept {
		if is {
			bits[v] = 1
		}
	}
	return bits
}

// askedConventions have every option on and off, and T first, in the middle and last.
var askedConventions = []reference.Convention{
	{Name: "T first", Order: []reference.Step{reference.Temper, reference.TopK, reference.TopP, reference.MinP}, GreedyBelow: 1e-6},
	{Name: "T first, top-p last", Order: []reference.Step{reference.Temper, reference.MinP, reference.TopK, reference.TopP}, TiesAtK: true, AtMost: true},
	{Name: "T last", Order: []reference.Step{reference.TopK, reference.TopP, reference.MinP, reference.Temper}, TiesAtP: true},
	{Name: "original mass", Order: []reference.Step{reference.TopK, reference.Temper, reference.MinP, reference.TopP}, OriginalMass: true},
}

var askedSettings = []reference.Sampling{
	{Temperature: 0}, {Temperature: 0, TopK: 3, TopP: .5, MinP: .1}, {Temperature: 1e-7, TopP: .5},
	{Temperature: 1, TopK: 1}, {Temperature: .7, TopK: 5}, {Temperature: 3, TopK: 40}, {Temperature: .05, TopK: 1000}, {Temperature: 1e6, TopK: 4000},
	{Temperature: 1, MinP: 1}, {Temperature: .7, MinP: .05}, {Temperature: 1.5, MinP: 1e-30}, {Temperature: .25, MinP: .5}, {Temperature: 0x1p120, MinP: .5},
	{Temperature: 1, TopK: 100, MinP: .01}, {Temperature: .8, TopK: 50, TopP: .9}, {Temperature: .8, TopK: 50, TopP: .9, MinP: .02},
	{Temperature: 1, TopP: .9}, {Temperature: .7, TopP: .8}, {Temperature: 1.5, TopP: .3}, {Temperature: 1, TopK: 700, TopP: .8}, {Temperature: 2, TopP: .95, MinP: .001},
	{Temperature: math.Inf(1)}, {Temperature: math.Inf(1), TopK: 7}, {Temperature: math.Inf(1), TopP: .25}, {Temperature: math.Inf(1), TopK: 900, TopP: .5, MinP: .1},
	{Temperature: 1}, {Temperature: .7, TopK: math.MaxInt, TopP: 1}, {Temperature: -1},
}

// askedRows have the same bits on every machine, as those of askedKinds.
var askedRows = append(slices.Clone(askedKinds), []askedKind{
	{"equal", func(r *rand.Rand, row, i int) float32 { return 3 }},
	{"few values", func(r *rand.Rand, row, i int) float32 { return float32(r.IntN(5)) }},
	{"one group", func(r *rand.Rand, row, i int) float32 {
		if i%16 == 7 {
			return 5 + bell(r)
		}
		return bell(r)
	}},
	{"zeros of both signs", func(r *rand.Rand, row, i int) float32 {
		return []float32{-1, float32(math.Copysign(0, -1)), 0, 1e-45, -1e-45}[r.IntN(5)]
	}},
	{"hardly any", func(r *rand.Rand, row, i int) float32 {
		if r.IntN(90) > 0 {
			return float32(math.Inf(-1))
		}
		return 2 * bell(r)
	}},
	{"huge steps", func(r *rand.Rand, row, i int) float32 { return []float32{-3e38, 3e38, 0}[r.IntN(3)] }},
}...)
