package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"temper/reference"
)

// eachProfile runs over the profiles with vocabularies of every kind.
func eachProfile(t *testing.T, test func(t *testing.T, l levelled)) {
	for _, p := range profiles {
		for _, vocab := range []int{1, 2, 3, 5, 63, 64, 65, 130, 1000, 4097} {
			for seed := range uint64(20) {
				t.Run(fmt.Sprintf("%s/%d/%d", p.name, vocab, seed), func(t *testing.T) {
					test(t, p.make(vocab, rand.New(rand.NewPCG(seed, 0))))
				})
			}
		}
	}
}

// tokensOf is a row of levels, token by token.
func tokensOf(l levelled, ofLevel []float64) []float64 {
	row := make([]float64, len(l.level))
	for v, i := range l.level {
		row[v] = ofLevel[i]
	}
	return row
}

func TestLevelsHaveTheProbabilitiesOfTheirTokens(t *testing.T) {
	eachProfile(t, func(t *testing.T, l levelled) {
		for _, temperature := range []float64{0.3, 1, 2, math.Inf(1)} {
			want := make([]float64, len(l.level))
			if err := reference.AnnealLog(want, tokensOf(l, l.weights), temperature); err != nil {
				t.Fatal(err)
			}
			for v, got := range tokensOf(l, l.logProbs(temperature)) {
				if math.Abs(got-want[v]) > 1e-12*math.Max(1, math.Abs(want[v])) {
					t.Fatalf("T = %v: log p(%d) = %v, want %v", temperature, v, got, want[v])
				}
			}
		}
	})
}

func TestBeforeIsTheDistributionFunctionInBothOrders(t *testing.T) {
	eachProfile(t, func(t *testing.T, l levelled) {
		logp := l.logProbs(0.7)
		row := tokensOf(l, logp)
		for _, token := range []int{0, len(row) / 2, len(row) - 1} {
			byIndex, byRank := 0.0, 0.0
			for v, x := range row {
				if v < token {
					byIndex += math.Exp(x)
				}
				if x > row[token] || x == row[token] && v < token {
					byRank += math.Exp(x)
				}
			}
			if gotIndex, gotRank := l.before(token, logp); math.Abs(gotIndex-byIndex) > 1e-12 || math.Abs(gotRank-byRank) > 1e-12 {
				t.Fatalf("before token %d: %v and %v, want %v and %v", token, gotIndex, gotRank, byIndex, byRank)
			}
		}
	})
}

func TestEveryProfileIsWhatItsNameSays(t *testing.T) {
	for _, p := range profiles {
		for _, vocab := range []int{3, 64, 65, 1000} {
			masked := 0
			for seed := range uint64(50) {
				l := p.make(vocab, rand.New(rand.NewPCG(seed, 0)))
				row := tokensOf(l, l.logProbs(1))
				largest, entropy := 0.0, 0.0
				for _, x := range row {
					if math.IsInf(x, -1) {
						masked++
						continue
					}
					largest, entropy = math.Max(largest, math.Exp(x)), entropy-x*math.Exp(x)
				}
				first, last := math.Exp(row[0]), math.Exp(row[vocab-1])
				switch {
				case p.name == "head and tail" && !(largest > 0.45 && largest < 0.6):
					t.Errorf("%s, %d tokens: the head has %v", p.name, vocab, largest)
				case p.name == "heavy ends" && !(first > 0.2 && last > 0.2 && first+last < 0.8):
					t.Errorf("%s, %d tokens: the ends have %v and %v", p.name, vocab, first, last)
				case p.name == "flat" && !(entropy > math.Log(float64(vocab))-1e-2):
					t.Errorf("%s, %d tokens: entropy %v", p.name, vocab, entropy)
				}
			}
			if (masked > 0) != (p.name == "masked") {
				t.Errorf("%s, %d tokens: %d masked ones in 50 rows", p.name, vocab, masked)
			}
		}
	}
}

// A hot row has the distribution of its profile at its temperature, and does not leave
// what float32 probabilities can hold.
func TestHeatedRowsHaveTheirDistributionAtTheirTemperature(t *testing.T) {
	eachProfile(t, func(t *testing.T, l levelled) {
		want := l.logProbs(1)
		for i, got := range l.heated(3, 80).logProbs(3) {
			if l.count[i] > 0 && math.Abs(got-want[i]) > 1e-9 && got != want[i] {
				t.Fatalf("level %d: %v, want %v", i, got, want[i])
			}
		}
		for i, x := range l.heated(1000, 80).logProbs(1) {
			if l.count[i] > 0 && x < -90 && !math.IsInf(x, -1) {
				t.Fatalf("level %d at T = 1: log p = %v", i, x)
			}
		}
	})
}

// TestRowsByHistoryDependOnEveryTokenBefore changes one token far back, and counts how
// often the row stays.
func TestRowsByHistoryDependOnEveryTokenBefore(t *testing.T) {
	m := newRowsByHistory(1000, -1, 0, 1, profiles, 1)
	same, tried := 0, 0
	for seed := range uint64(200) {
		prefix := anyTokens(1000, 300, seed)
		before := m.which(prefix)
		for _, back := range []int{1, 2, 8, 20, 100, 300} {
			tried++
			prefix[300-back] = (prefix[300-back] + 1) % 1000
			if m.which(prefix) == before {
				same++
			}
			prefix[300-back] = (prefix[300-back] + 999) % 1000
		}
		for _, other := range [][]int{prefix[1:], prefix[:299], prefix[290:], nil} {
			tried++
			if m.which(other) == before {
				same++
			}
		}
	}
	if same > tried/32 {
		t.Errorf("%d of %d changed prefixes had the same row", same, tried)
	}
}
