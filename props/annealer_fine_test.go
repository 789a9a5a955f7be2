package props

import (
	"math"
	"testing"

	"temper/reference"
)

func TestTheHeadOfAFineProblemHasThreeQuarters(t *testing.T) {
	for _, temperature := range []float64{0.02, 0.5, 2, 120} {
		f := fine{temperature: temperature, seed: 3}
		for u := range fineVocab {
			row, err := conditional(f.model(), []int{u})
			if err == nil {
				err = reference.AnnealLog(row, row, temperature)
			}
			if err != nil {
				t.Fatal(err)
			}
			if p := math.Exp(row[f.head(u)]); !(math.Abs(p-0.75) < 1e-9) {
				t.Errorf("T = %v, behind %d: the head has %v", temperature, u, p)
			}
		}
	}
}

// A draw is the one before with probability p, and multiplies the bet by ½ then.
func TestTheBetThatDrawsComeAgainLessHasMeanOne(t *testing.T) {
	for _, p := range []float64{1e-9, 0.01, 0.5, 0.99} {
		before := farDraw{tokens: []int{1}, logp: math.Log(p)}
		same, other := farDraw{tokens: []int{1}}, farDraw{tokens: []int{2}}
		if mean := p*math.Exp(same.halfAsOften(before)) + (1-p)*math.Exp(other.halfAsOften(before)); !(math.Abs(mean-1) < 1e-12) {
			t.Errorf("p = %v: mean %v", p, mean)
		}
	}
}

func TestBetsOnCopiesHaveMeanOne(t *testing.T) {
	for _, p := range []float64{1e-6, 0.1, 0.9} {
		mean := 0.0
		for _, same := range []bool{true, false} {
			c, share := newCopies(1), 1-p
			c.see(2, func(int, int) float64 {
				if same {
					return -math.Log(p)
				}
				return math.Inf(-1)
			})
			if same {
				share = p
			}
			mean += share * math.Exp(c.logM[0])
		}
		if !(math.Abs(mean-1) < 1e-12) {
			t.Errorf("p = %v: mean %v", p, mean)
		}
	}
}
