package reference_test

import (
	"math"
	"testing"

	"temper/reference"
)

var (
	nan      = math.NaN()
	inf      = math.Inf(1)
	largestU = math.Nextafter(1, 0)
)

func TestTemperatureIsZeroOrPositiveUpToInfinity(t *testing.T) {
	for _, good := range []float64{0, math.Copysign(0, -1), 5e-324, 1, math.MaxFloat64, inf} {
		if err := reference.CheckTemperature(good); err != nil {
			t.Errorf("T = %v: %v", good, err)
		}
	}
	for _, bad := range []float64{-5e-324, -1, -inf, nan} {
		assertError(t, "temperature", reference.CheckTemperature(bad), reference.ErrTemperature)
	}
}

func TestUniformNumbersAreZeroOrMoreAndBelowOne(t *testing.T) {
	for _, good := range []float64{0, 5e-324, 0.5, largestU} {
		if err := reference.CheckUniform(good); err != nil {
			t.Errorf("u = %v: %v", good, err)
		}
	}
	for _, bad := range []float64{-5e-324, 1, 2, inf, -inf, nan} {
		assertError(t, "u", reference.CheckUniform(bad), reference.ErrUniform)
	}
}

func TestTokensAreZeroOrMoreAndBelowTheVocabulary(t *testing.T) {
	for _, good := range []int{0, 1, 2} {
		if err := reference.CheckToken(good, 3); err != nil {
			t.Errorf("token %d of 3: %v", good, err)
		}
	}
	for _, bad := range []int{-1, 3, math.MaxInt, math.MinInt} {
		assertError(t, "token", reference.CheckToken(bad, 3), reference.ErrToken)
	}
}

func TestRowsDivideTheLogits(t *testing.T) {
	for _, c := range []struct{ logits, rows, vocab int }{{0, 0, 0}, {6, 1, 6}, {6, 2, 3}, {6, 6, 1}} {
		if got, err := reference.Vocab(c.logits, c.rows); err != nil || got != c.vocab {
			t.Errorf("%d logits in %d rows: vocabulary %d, %v; want %d", c.logits, c.rows, got, err, c.vocab)
		}
	}
	for _, c := range []struct{ logits, rows int }{{6, 0}, {0, 1}, {0, -1}, {6, -2}, {6, 4}, {1, 2}} {
		_, err := reference.Vocab(c.logits, c.rows)
		assertError(t, "shape", err, reference.ErrShape)
	}
}

func TestBadRowsAreNamedByTheirFirstBadLogit(t *testing.T) {
	for _, c := range []struct {
		row  []float64
		want string
	}{
		{[]float64{0, nan, inf}, "logit 1: NaN"},
		{[]float64{0, 1, inf, nan}, "logit 2 is +Inf: infinite"},
		{[]float64{-inf, -inf}, "2 logits, none above -Inf: nothing has positive probability"},
		{[]float64{}, "0 logits, none above -Inf: nothing has positive probability"},
	} {
		if err := reference.CheckRow(c.row); err == nil || err.Error() != c.want {
			t.Errorf("%v: %v, want %q", c.row, err, c.want)
		}
	}
	for _, good := range [][]float64{{-inf, 0}, {-math.MaxFloat64, -inf}, {math.MaxFloat64}} {
		if err := reference.CheckRow(good); err != nil {
			t.Errorf("%v: %v", good, err)
		}
	}
}

// operation calls one kernel of Scalar on a batch of rows, all tokens 1 and all
// u 0.5, and gives dst back as float64, len(dst) / rows numbers a row.
type operation struct {
	name string
	call func(logits []float32, rows int, temperature float64) ([]float64, error)
}

const untouched = -77

func operations() []operation {
	k := reference.Scalar
	fill := func(rows int) []float64 {
		dst := make([]float64, rows)
		for i := range dst {
			dst[i] = untouched
		}
		return dst
	}
	tokensOf := func(rows int, call func(dst []int) error) ([]float64, error) {
		dst := make([]int, rows)
		for i := range dst {
			dst[i] = untouched
		}
		err := call(dst)
		out := make([]float64, rows)
		for i, token := range dst {
			out[i] = float64(token)
		}
		return out, err
	}
	return []operation{
		{"LogSumExp", func(logits []float32, rows int, temperature float64) ([]float64, error) {
			dst := fill(rows)
			return dst, k.LogSumExp(dst, logits, temperature)
		}},
		{"LogProbs", func(logits []float32, rows int, temperature float64) ([]float64, error) {
			dst, tokens := fill(rows), make([]int, rows)
			for i := range tokens {
				tokens[i] = 1
			}
			return dst, k.LogProbs(dst, logits, tokens, temperature)
		}},
		{"Anneal", func(logits []float32, rows int, temperature float64) ([]float64, error) {
			dst := make([]float32, len(logits))
			for i := range dst {
				dst[i] = untouched
			}
			err := k.Anneal(dst, logits, rows, temperature)
			out := make([]float64, len(dst))
			for i, p := range dst {
				out[i] = float64(p)
			}
			return out, err
		}},
		{"Sample", func(logits []float32, rows int, temperature float64) ([]float64, error) {
			u := make([]float64, rows)
			for i := range u {
				u[i] = 0.5
			}
			return tokensOf(rows, func(dst []int) error { return k.Sample(dst, logits, u, temperature) })
		}},
		{"Draw", func(logits []float32, rows int, temperature float64) ([]float64, error) {
			return tokensOf(rows, func(dst []int) error { return k.Draw(dst, logits, seeded(1), temperature) })
		}},
	}
}

func TestBadRowsAreIsolatedAndNamedByEveryOperation(t *testing.T) {
	good := []float32{1, 2, 3}
	masked := float32(math.Inf(-1))
	for _, op := range operations() {
		alone, err := op.call(good, 1, 1)
		if err != nil {
			t.Fatalf("%s: %v", op.name, err)
		}
		for _, bad := range []struct {
			row  []float32
			want error
		}{
			{[]float32{float32(nan), 0, 0}, reference.ErrNaN},
			{[]float32{0, 0, float32(nan)}, reference.ErrNaN},
			{[]float32{0, float32(inf), 0}, reference.ErrInf},
			{[]float32{masked, masked, masked}, reference.ErrNoSupport},
		} {
			batch := append(append(append([]float32(nil), good...), bad.row...), good...)
			for _, temperature := range []float64{0, 1, inf} {
				if op.name == "LogSumExp" && temperature == 0 {
					continue
				}
				dst, err := op.call(batch, 3, temperature)
				assertError(t, op.name, err, bad.want)
				if list, ok := err.(reference.RowErrors); !ok || len(list) != 1 || list[0].Row != 1 {
					t.Errorf("%s of %v at T = %v: %v, want row 1 only", op.name, bad.row, temperature, err)
				}
				width := len(dst) / 3
				for i := range width {
					spoilt := dst[width+i]
					if want := op.name == "Anneal"; want != math.IsNaN(spoilt) || !want && spoilt != untouched {
						t.Errorf("%s leaves %v in the bad row %v", op.name, spoilt, bad.row)
					}
					if first := dst[i]; temperature == 1 && op.name != "Draw" && (first != alone[i] || dst[2*width+i] != alone[i]) {
						t.Errorf("%s: %v beside the bad row %v, want %v", op.name, dst, bad.row, alone[i])
					}
					if dst[i] == untouched || dst[2*width+i] == untouched || math.IsNaN(dst[i]) || math.IsNaN(dst[2*width+i]) {
						t.Errorf("%s leaves good rows beside %v without an answer: %v", op.name, bad.row, dst)
					}
				}
			}
		}
	}
}

func TestWrongShapesAreFoundBeforeAnythingIsWritten(t *testing.T) {
	for _, op := range operations() {
		for _, c := range []struct{ logits, rows int }{{4, 3}, {2, 4}, {4, 0}, {0, 2}} {
			dst, err := op.call(make([]float32, c.logits), c.rows, 1)
			assertError(t, op.name, err, reference.ErrShape)
			for _, x := range dst {
				if x != untouched {
					t.Errorf("%s wrote %v for %d logits in %d rows", op.name, x, c.logits, c.rows)
				}
			}
		}
		if _, err := op.call(nil, 0, 1); err != nil {
			t.Errorf("%s of nothing: %v", op.name, err)
		}
	}
	logits := make([]float32, 4)
	two := make([]float64, 2)
	for _, size := range []int{1, 3} {
		assertError(t, "LogProbs", reference.Scalar.LogProbs(two, logits, make([]int, size), 1), reference.ErrShape)
		assertError(t, "Sample", reference.Scalar.Sample(make([]int, 2), logits, make([]float64, size), 1), reference.ErrShape)
		assertError(t, "Anneal", reference.Scalar.Anneal(make([]float32, size), logits, 2, 1), reference.ErrShape)
	}
	assertError(t, "Anneal in -1 rows", reference.Scalar.Anneal(nil, nil, -1, 1), reference.ErrShape)
}

func TestWrongTemperaturesAreFoundBeforeAnythingIsWritten(t *testing.T) {
	for _, op := range operations() {
		for _, temperature := range []float64{-5e-324, -1, -inf, nan} {
			dst, err := op.call([]float32{1, 2}, 1, temperature)
			assertError(t, op.name, err, reference.ErrTemperature)
			if dst[0] != untouched {
				t.Errorf("%s wrote %v at T = %v", op.name, dst, temperature)
			}
		}
	}
	dst := []float64{untouched}
	assertError(t, "LogSumExp at T = 0", reference.Scalar.LogSumExp(dst, []float32{1, 2}, 0), reference.ErrTemperature)
	if dst[0] != untouched {
		t.Errorf("LogSumExp wrote %v at T = 0", dst)
	}
}

func TestTokensAndUniformNumbersOutOfRangeSpoilOnlyTheirRow(t *testing.T) {
	logits := []float32{0, 0, 0, 0, 0, 0}
	for _, token := range []int{-1, 2} {
		dst := []float64{untouched, untouched, untouched}
		err := reference.Scalar.LogProbs(dst, logits, []int{0, token, 1}, 1)
		assertError(t, "LogProbs", err, reference.ErrToken)
		if dst[0] != -math.Ln2 || dst[1] != untouched || dst[2] != -math.Ln2 || err.(reference.RowErrors)[0].Row != 1 {
			t.Errorf("token %d: %v, %v", token, dst, err)
		}
	}
	for _, u := range []float64{-1e-300, 1, nan} {
		for _, temperature := range []float64{0, 1} {
			dst := []int{untouched, untouched, untouched}
			err := reference.Scalar.Sample(dst, logits, []float64{0, u, 0}, temperature)
			assertError(t, "Sample", err, reference.ErrUniform)
			if dst[0] != 0 || dst[1] != untouched || dst[2] != 0 || err.(reference.RowErrors)[0].Row != 1 {
				t.Errorf("u = %v: %v, %v", u, dst, err)
			}
		}
	}
}
