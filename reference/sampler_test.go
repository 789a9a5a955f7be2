package reference

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// convention finds one by its name.
func convention(t *testing.T, name string) Convention {
	t.Helper()
	all := Conventions()
	i := slices.IndexFunc(all, func(c Convention) bool { return c.Name == name })
	if i < 0 {
		t.Fatalf("no convention %q", name)
	}
	return all[i]
}

// ofProbabilities are logits of these probabilities, correct to float32.
func ofProbabilities(p ...float64) []float32 {
	row := make([]float32, len(p))
	for v := range p {
		row[v] = float32(math.Log(p[v]))
	}
	return row
}

// kept lists the tokens that a convention keeps.
func kept(t *testing.T, c Convention, row []float32, how Sampling) []int {
	t.Helper()
	dst := make([]bool, len(row))
	if err := ScalarSampler(c).Keep(dst, row, []Sampling{how}); err != nil {
		t.Fatalf("%s: %v", c.Name, err)
	}
	var tokens []int
	for v, yes := range dst {
		if yes {
			tokens = append(tokens, v)
		}
	}
	return tokens
}

func TestRowsThatTellConventionsApart(t *testing.T) {
	ln2 := float32(math.Ln2)
	halves := []float32{2 * ln2, ln2, 0, 0} // ½ ¼ ⅛ ⅛, but for the rounding of ln 2
	equal := []float32{1, 1, 1, 1, float32(math.Inf(-1)), 1, 1, 1, 1}
	for _, c := range []struct {
		name string
		row  []float32
		how  Sampling
		want map[string][]int
	}{
		{"half of eight equal tokens: < or ≤", equal, Sampling{Temperature: 1, TopP: .5},
			map[string][]int{"vLLM (torch)": {0, 1, 2, 3}, "SGLang (torch)": {0, 1, 2, 3, 5}, "llama.cpp": {0, 1, 2, 3}, "Ollama (Go, to May 2026)": {0, 1, 2, 3, 5}, "mlx-lm": {0, 1, 2, 3}}},
		{"the crossing token is kept", halves, Sampling{Temperature: 1, TopP: .6},
			map[string][]int{"vLLM (torch)": {0, 1}, "transformers": {0, 1}, "llama.cpp": {0, 1}}},
		{"ties at the second of three", []float32{1, 0, 0}, Sampling{Temperature: 1, TopK: 2},
			map[string][]int{"vLLM (torch)": {0, 1, 2}, "transformers": {0, 1, 2}, "TensorRT-LLM (torch)": {0, 1, 2}, "SGLang (torch)": {0, 1}, "llama.cpp": {0, 1}, "transformers.js": {0, 1}, "mlx-lm": {0, 1}}},
		{"equal tokens beside the border", ofProbabilities(.4, .2, .2, .2), Sampling{Temperature: 1, TopP: .5},
			map[string][]int{"vLLM (torch)": {0, 1}, "FlashInfer (joint)": {0, 1, 2, 3}, "FlashInfer (top k first)": {0, 1, 2, 3}}},
		{"TopP after TopK", ofProbabilities(.4, .3, .2, .1), Sampling{Temperature: 1, TopK: 2, TopP: .5},
			map[string][]int{"vLLM (torch)": {0}, "transformers": {0}, "llama.cpp": {0}, "FlashInfer (top k first)": {0}, "SGLang (torch)": {0, 1}, "FlashInfer (joint)": {0, 1}, "mlx-lm": {0, 1}}},
		{"MinP before or after TopP", ofProbabilities(.5, .2, .2, .1), Sampling{Temperature: 1, MinP: .3, TopP: .75},
			map[string][]int{"vLLM (torch)": {0, 1}, "transformers": {0, 1, 2}, "llama.cpp": {0, 1, 2}}},
		{"the temperature before or after TopP", []float32{3, 2, 1}, Sampling{Temperature: .5, TopP: .8},
			map[string][]int{"vLLM (torch)": {0}, "transformers": {0}, "llama.cpp": {0, 1}, "mlx-lm": {0, 1}}},
		{"the temperature before or after MinP", []float32{2, 1, 0, -1}, Sampling{Temperature: 2, MinP: .2},
			map[string][]int{"vLLM (torch)": {0, 1, 2, 3}, "transformers": {0, 1, 2, 3}, "llama.cpp": {0, 1}, "mlx-lm": {0, 1}}},
		{"temperatures near 0", []float32{1, 1}, Sampling{Temperature: 5e-6},
			map[string][]int{"vLLM (torch)": {0}, "TensorRT-LLM (torch)": {0}, "SGLang (torch)": {0, 1}, "llama.cpp": {0, 1}}},
	} {
		for name, want := range c.want {
			if got := kept(t, convention(t, name), c.row, c.how); !slices.Equal(got, want) {
				t.Errorf("%s: %s keeps %v, want %v", c.name, name, got, want)
			}
		}
	}
}

func TestNoTwoConventionsAreTheSame(t *testing.T) {
	all := Conventions()
	for i, c := range all {
		for _, d := range all[:i] {
			d.Name = c.Name
			if fmt.Sprint(c) == fmt.Sprint(d) {
				t.Errorf("%s is there twice", c.Name)
			}
		}
	}
	all[0].Order[0] = TopK
	if Conventions()[0].Order[0] != Temper {
		t.Error("a caller has changed the convention of all others")
	}
}

// everyOrder lists the permutations of all steps.
func everyOrder() (orders [][]Step) {
	var extend func(order []Step)
	extend = func(order []Step) {
		if len(order) == 4 {
			orders = append(orders, slices.Clone(order))
			return
		}
		for step := Temper; step <= MinP; step++ {
			if !slices.Contains(order, step) {
				extend(append(slices.Clone(order), step))
			}
		}
	}
	extend(nil)
	return orders
}

// exactly keeps tokens by the definitions in 300 bits. The weights are exact: powers of
// two, from logits that are multiples of the float64 ln 2, which it divides out again.
func exactly(c Convention, exponents []int, how Sampling) []int {
	type token struct {
		v, exponent int // of two, before the temperature
		w           *big.Float
	}
	weight := func(exponent, inverse int) *big.Float {
		return new(big.Float).SetPrec(300).SetMantExp(big.NewFloat(1), exponent*inverse)
	}
	var tokens []token
	for v, e := range exponents {
		tokens = append(tokens, token{v, e, weight(e, 1)})
	}
	slices.SortStableFunc(tokens, func(a, b token) int { return b.exponent - a.exponent })
	all := tokens
	sum := func(of []token) *big.Float {
		total := new(big.Float).SetPrec(300)
		for _, x := range of {
			total.Add(total, x.w)
		}
		return total
	}
	for _, step := range c.Order {
		switch step {
		case Temper:
			for i := range all { // tokens shares the memory
				all[i].w = weight(all[i].exponent, int(1/how.Temperature))
			}
		case TopK:
			n := min(how.TopK, len(tokens))
			for c.TiesAtK && n < len(tokens) && tokens[n].exponent == tokens[n-1].exponent {
				n++
			}
			tokens = tokens[:n]
		case TopP:
			base := sum(tokens)
			if c.OriginalMass {
				base = sum(all)
			}
			border := new(big.Float).SetPrec(300).Mul(base, big.NewFloat(how.TopP))
			n := 0
			for n < len(tokens) {
				before := sum(tokens[:n])
				if c.TiesAtP {
					before = sum(tokens[:slices.IndexFunc(tokens, func(x token) bool { return x.exponent == tokens[n].exponent })])
				}
				if order := before.Cmp(border); n > 0 && (order > 0 || order == 0 && !c.AtMost) {
					break
				}
				n++
			}
			tokens = tokens[:n]
		case MinP:
			border := new(big.Float).SetPrec(300).Mul(tokens[0].w, big.NewFloat(how.MinP))
			n := 0
			for n < len(tokens) && tokens[n].w.Cmp(border) >= 0 {
				n++
			}
			tokens = tokens[:n]
		}
	}
	var kept []int
	for _, x := range tokens {
		kept = append(kept, x.v)
	}
	slices.Sort(kept)
	return kept
}

func TestEveryOrderAndEveryTieRuleKeepsWhatTheDefinitionsSay(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, order := range everyOrder() {
		for flags := range 16 {
			c := Convention{Name: fmt.Sprint(order, flags), Order: order, TiesAtK: flags&1 > 0, TiesAtP: flags&2 > 0, AtMost: flags&4 > 0, OriginalMass: flags&8 > 0}
			for range 20 {
				exponents := make([]int, 2+r.IntN(9))
				row := make([]float32, len(exponents))
				for v := range exponents {
					exponents[v] = -r.IntN(5)
					row[v] = float32(float64(exponents[v]) * math.Ln2)
				}
				// Borders between the values that masses of powers of two can have.
				how := Sampling{Temperature: 1 / float64(1+r.IntN(3)), TopK: 1 + r.IntN(len(row)+2), TopP: (float64(r.IntN(4096)) + .5) / 4096.37, MinP: math.Exp2(-float64(r.IntN(8)) - .5)}
				if got, want := kept(t, c, row, how), exactly(c, exponents, how); !slices.Equal(got, want) {
					t.Fatalf("%s, %+v, powers of two %v: keeps %v, want %v", c.Name, how, exponents, got, want)
				}
			}
		}
	}
}

func TestCutsThatCutNothingChangeNoBit(t *testing.T) {
	row := []float32{3, -1, float32(math.Inf(-1)), 2.5, 0}
	for _, c := range Conventions() {
		plain := ScalarSampler(c)
		for _, how := range []Sampling{{TopK: 5}, {TopK: 99}, {TopP: 1}, {TopK: 5, TopP: 1}} {
			how.Temperature = .7
			if c.Check(how) != nil {
				continue // a step that it does not provide
			}
			for token := range row {
				var with, without [1]float64
				if err := plain.LogProbs(with[:], row, []int{token}, []Sampling{how}); err != nil {
					t.Fatal(err)
				}
				if err := plain.LogProbs(without[:], row, []int{token}, []Sampling{{Temperature: .7}}); err != nil {
					t.Fatal(err)
				}
				if with != without {
					t.Errorf("%s, %+v: log p(%d) = %v, without the cut %v", c.Name, how, token, with[0], without[0])
				}
			}
		}
	}
}

func TestWithoutCutsASamplerIsTheAnnealedSoftmax(t *testing.T) {
	row := []float32{3, -1, float32(math.Inf(-1)), 2.5, 0}
	for _, temperature := range []float64{0, .3, 1, 7, math.Inf(1)} {
		for _, c := range Conventions() {
			for token := range row {
				var got, want [1]float64
				if err := errors.Join(ScalarSampler(c).LogProbs(got[:], row, []int{token}, []Sampling{{Temperature: temperature}}),
					Scalar.LogProbs(want[:], row, []int{token}, temperature)); err != nil {
					t.Fatal(err)
				}
				if got != want && math.Abs(got[0]-want[0]) > 1e-15 {
					t.Errorf("%s, T = %v: log p(%d) = %v, want %v", c.Name, temperature, token, got[0], want[0])
				}
			}
		}
	}
}

func TestSurvivorsKeepTheirRatios(t *testing.T) {
	row := []float32{3, -1, 2.5, 0, 1}
	how := []Sampling{{Temperature: .5, TopK: 4, TopP: .99, MinP: 1e-4}}
	s := ScalarSampler(convention(t, "llama.cpp"))
	logp, total := make([]float64, len(row)), 0.0
	for token := range row {
		if err := s.LogProbs(logp[token:token+1], row, []int{token}, how); err != nil {
			t.Fatal(err)
		}
		total += math.Exp(logp[token])
	}
	if math.Abs(total-1) > 1e-15 {
		t.Errorf("Σ p = %v", total)
	}
	if got := logp[0] - logp[2]; math.Abs(got-1) > 1e-15 { // (3 − 2.5) / ½
		t.Errorf("log p(0) − log p(2) = %v, want 1", got)
	}
	if !math.IsInf(logp[1], -1) {
		t.Errorf("the token that is cut has log p = %v", logp[1])
	}
}

func TestInfiniteTemperatureIsUniformOverWhatIsKept(t *testing.T) {
	row := []float32{0, 3, 2, 1}
	how := Sampling{Temperature: math.Inf(1), TopK: 2}
	last, first := Convention{Name: "last", Order: []Step{TopK, Temper}}, Convention{Name: "first", Order: []Step{Temper, TopK}}
	if got := kept(t, last, row, how); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("T last keeps %v, want the two most probable", got)
	}
	if got := kept(t, first, row, how); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("T first keeps %v, want the two lowest indices, for all are equal", got)
	}
}

func TestEveryTokenComesWithItsProbability(t *testing.T) {
	row, how := []float32{1, 0, 3, float32(math.Inf(-1)), 2}, []Sampling{{Temperature: 1, TopK: 3}}
	s := ScalarSampler(convention(t, "llama.cpp"))
	counts, src := map[int]int{}, rand.NewPCG(3, 4)
	const draws = 20000
	for range draws {
		var drawn [1]int
		if err := s.Draw(drawn[:], row, src, how); err != nil {
			t.Fatal(err)
		}
		counts[drawn[0]]++
	}
	for token := range row {
		var logp [1]float64
		if err := s.LogProbs(logp[:], row, []int{token}, how); err != nil {
			t.Fatal(err)
		}
		p := math.Exp(logp[0])
		if off := math.Abs(float64(counts[token]) - draws*p); off > 5*math.Sqrt(draws*p*(1-p)) {
			t.Errorf("token %d came %d times in %d, p = %v", token, counts[token], draws, p)
		}
	}
}

func TestUniformNumbersFallIntoTheIntervalsOfWhatIsKept(t *testing.T) {
	row := ofProbabilities(.1, .4, .2, .3) // kept: 1 and 3, with 4/7 and 3/7
	s := ScalarSampler(convention(t, "vLLM (torch)"))
	how := slices.Repeat([]Sampling{{Temperature: 1, TopK: 2}}, 4)
	got := make([]int, 4)
	if err := s.Sample(got, slices.Repeat(row, 4), []float64{0, .571, .572, 1 - 0x1p-53}, how); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, []int{1, 1, 3, 3}) {
		t.Errorf("tokens %v, want [1 1 3 3]", got)
	}
}

func TestBadSettingsAreErrorsOfTheirRow(t *testing.T) {
	good, nan := Sampling{Temperature: 1, TopK: 1}, math.NaN()
	s := ScalarSampler(convention(t, "transformers"))
	for _, bad := range []Sampling{
		{Temperature: -1}, {Temperature: nan}, {Temperature: 1, TopK: -1}, {Temperature: 1, TopP: -.1}, {Temperature: 1, TopP: 1.1},
		{Temperature: 1, TopP: nan}, {Temperature: 1, MinP: -.1}, {Temperature: 1, MinP: 1.1}, {Temperature: 1, MinP: nan}, {Temperature: 0, TopK: -1},
	} {
		how, logits := []Sampling{good, bad, good}, []float32{0, 1, 0, 1, 0, 1}
		logp, drawn, keep := []float64{9, 9, 9}, []int{9, 9, 9}, make([]bool, 6)
		for name, err := range map[string]error{
			"LogProbs": s.LogProbs(logp, logits, []int{1, 1, 1}, how),
			"Draw":     s.Draw(drawn, logits, rand.NewPCG(1, 2), how),
			"Keep":     s.Keep(keep, logits, how),
		} {
			var rows RowErrors
			if !errors.As(err, &rows) || len(rows) != 1 || rows[0].Row != 1 || !errors.Is(err, ErrSampling) && !errors.Is(err, ErrTemperature) {
				t.Errorf("%s with %+v in row 1: %v", name, bad, err)
			}
		}
		if !slices.Equal(logp, []float64{0, 9, 0}) || !slices.Equal(drawn, []int{1, 9, 1}) || !slices.Equal(keep, []bool{false, true, false, false, false, true}) {
			t.Errorf("%+v in row 1 leaves %v, %v, %v", bad, logp, drawn, keep)
		}
	}
}

func TestSettingOfAMissingStepIsAnError(t *testing.T) {
	s := ScalarSampler(convention(t, "transformers.js"))
	err := s.Keep(make([]bool, 2), []float32{0, 1}, []Sampling{{Temperature: 1, TopP: .9}})
	if !errors.Is(err, ErrSampling) || !strings.Contains(err.Error(), "TopP is set, and transformers.js does not provide it") {
		t.Errorf("error %v", err)
	}
}

func TestOrdersThatAreNoneAreRefused(t *testing.T) {
	for _, order := range [][]Step{{TopK, TopK}, {-1}, {Temper, 9}} {
		c := Convention{Name: "odd", Order: order}
		if err := ScalarSampler(c).Keep(make([]bool, 1), []float32{0}, []Sampling{{Temperature: 1}}); !errors.Is(err, ErrSampling) {
			t.Errorf("order %v: %v", order, err)
		}
		if _, _, err := c.Band([]float32{0}, Sampling{Temperature: 1}, 0); !errors.Is(err, ErrSampling) {
			t.Errorf("band of order %v: %v", order, err)
		}
	}
}

func TestSamplersCheckLengthsAndSources(t *testing.T) {
	s := ScalarSampler(convention(t, "vLLM (torch)"))
	row, how := []float32{0, 1}, []Sampling{{Temperature: 1}}
	for name, err := range map[string]error{
		"one setting, two places":  s.LogProbs(make([]float64, 2), row, []int{0}, how),
		"one setting, two tokens":  s.LogProbs(make([]float64, 1), row, []int{0, 1}, how),
		"one setting, two numbers": s.Sample(make([]int, 1), row, []float64{0, 0}, how),
		"one setting, two draws":   s.Draw(make([]int, 2), row, rand.NewPCG(1, 2), how),
		"three places, two logits": s.Keep(make([]bool, 3), row, how),
		"no settings":              s.Keep(make([]bool, 2), row, nil),
	} {
		if !errors.Is(err, ErrShape) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.Draw(make([]int, 1), row, nil, how); !errors.Is(err, ErrNil) {
		t.Errorf("no source: %v", err)
	}
	if err := s.Draw(make([]int, 1), row, nil, []Sampling{{Temperature: 1e-9}}); err != nil {
		t.Errorf("a greedy row needs no source: %v", err)
	}
}

func TestBandHoldsTheTokensThatRoundingDecides(t *testing.T) {
	vllm := convention(t, "vLLM (torch)")
	for _, c := range []struct {
		row              []float32
		how              Sampling
		slack            float64
		surely, possibly string
	}{
		{ofProbabilities(.5, .25, .25), Sampling{Temperature: 1, TopP: .5}, 1e-6, "100", "110"},
		{ofProbabilities(.5, .25, .25), Sampling{Temperature: 1, TopP: .6}, 1e-6, "110", "110"},
		{ofProbabilities(.5, .25, .25), Sampling{Temperature: 1, MinP: .5}, 1e-6, "100", "111"},
		{ofProbabilities(.5, .25, .25), Sampling{Temperature: 1, MinP: .4}, 1e-6, "111", "111"},
		{[]float32{1, 1, 0}, Sampling{Temperature: 1, MinP: 1}, 1e-6, "110", "110"},
		{[]float32{1, 1, 0}, Sampling{Temperature: 0}, 1e-6, "100", "100"},
	} {
		surely, possibly, err := vllm.Band(c.row, c.how, c.slack)
		if err != nil {
			t.Fatal(err)
		}
		if bits(surely) != c.surely || bits(possibly) != c.possibly {
			t.Errorf("%v, %+v: surely %s, possibly %s; want %s and %s", c.row, c.how, bits(surely), bits(possibly), c.surely, c.possibly)
		}
	}
}

func TestBandOfAnySlackHoldsWhatTheReferenceKeeps(t *testing.T) {
	sglang, row := convention(t, "SGLang (torch)"), []float32{0, 0}
	how := Sampling{Temperature: 1, TopP: .5} // M(1) = ½ is kept
	for _, slack := range []float64{0, 1e-17, 1e-6} {
		_, possibly, err := sglang.Band(row, how, slack)
		if err != nil || bits(possibly) != "11" {
			t.Errorf("slack %v: possibly %s, %v", slack, bits(possibly), err)
		}
	}
	for _, slack := range []float64{-1e-9, math.NaN()} {
		if _, _, err := sglang.Band(row, how, slack); !errors.Is(err, ErrSampling) {
			t.Errorf("slack %v: %v", slack, err)
		}
	}
}

func TestInfiniteTemperatureLeavesTheBandOfTheCutBeforeIt(t *testing.T) {
	c := Convention{Name: "cut, temper, cut", Order: []Step{TopP, Temper, TopK}}
	row, border := ofProbabilities(.5, .25, .25), Sampling{Temperature: math.Inf(1), TopP: .5}
	for k, want := range map[int]string{0: "100 110", 1: "000 110"} {
		border.TopK = k
		surely, possibly, err := c.Band(row, border, 1e-6)
		if got := bits(surely) + " " + bits(possibly); err != nil || got != want {
			t.Errorf("TopK = %d: %s, %v; want %s", k, got, err, want)
		}
	}
}

func bits(kept []bool) string {
	var s strings.Builder
	for _, yes := range kept {
		s.WriteByte("01"[map[bool]int{true: 1}[yes]])
	}
	return s.String()
}

// Logits that are off by less than the slack, as those of a sampler in float32 are,
// have to give a support within the band.
func TestBandHoldsTheSupportOfEveryNearbyRow(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	const slack = 1e-2
	wide := 0
	for range 4000 {
		order := everyOrder()[r.IntN(24)]
		c := Convention{Name: fmt.Sprint(order), Order: order, AtMost: r.IntN(2) == 0, OriginalMass: r.IntN(2) == 0}
		row, near := make([]float32, 12), make([]float32, 12)
		for v := range row {
			row[v] = float32(3 * r.NormFloat64())
			near[v] = row[v] + float32(slack/8*(2*r.Float64()-1))
		}
		how := Sampling{Temperature: 1 + r.Float64(), TopK: 1 + r.IntN(12), TopP: r.Float64(), MinP: r.Float64() / 4}
		surely, possibly, err := c.Band(row, how, slack)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(surely, possibly) {
			wide++
		}
		if slices.Equal(rank(row).tokens, rank(near).tokens) { // equal order: TopK alone is exact
			for _, v := range kept(t, c, near, how) {
				if !possibly[v] {
					t.Fatalf("%s, %+v: token %d of %v is kept, outside the band of %v", c.Name, how, v, near, row)
				}
				surely[v] = false
			}
			if slices.Contains(surely, true) {
				t.Fatalf("%s, %+v: a token that is surely kept of %v is cut of %v", c.Name, how, row, near)
			}
		}
	}
	if wide == 0 {
		t.Error("no band was wider than nothing, so that this test shows nothing")
	}
}
