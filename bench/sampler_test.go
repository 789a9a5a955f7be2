package bench

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"temper/bench/sorting"
	"temper/reference"
)

// cutRows has three rows of 300, small enough for every test.
func cutRows(cut string) Workload {
	w := small
	w.Cut = cut
	return w
}

// checked draws and checks by a sampler that follows an order.
func checked(w Workload, following func(reference.Convention) reference.Sampler) error {
	c, how := w.Sampling()
	s, b := following(c), newBatch(w, w.Matrix(), 0)
	if err := s.Draw(b.drawn, b.logits, b.src, how); err != nil {
		return err
	}
	return b.checkSampler(s, how)
}

func TestTheNameOfACutListsItsStepsAndSettings(t *testing.T) {
	w := Workload{Vocab: 300, Rows: 2, Logits: "zipf", Temperature: .8, Cut: "k40,p0.95,m0.05,T"}
	c, how := w.Sampling()
	if want := []reference.Step{reference.TopK, reference.TopP, reference.MinP, reference.Temper}; !slices.Equal(c.Order, want) {
		t.Errorf("the order is %v, want %v", c.Order, want)
	}
	if want := (reference.Sampling{Temperature: .8, TopK: 40, TopP: .95, MinP: .05}); len(how) != 2 || how[0] != want || how[1] != want {
		t.Errorf("the settings are %v, want %v twice", how, want)
	}
	if want := "vocab=300/rows=2/logits=zipf/cut=k40,p0.95,m0.05,T/T=0.8"; w.String() != want {
		t.Errorf("the name is %s, want %s", w, want)
	}
}

func TestEveryRowOfTheMixedBatchHasSettingsOfItsOwn(t *testing.T) {
	_, how := Workload{Rows: 64, Temperature: .7, Cut: mixed}.Sampling()
	seen := map[reference.Sampling]bool{}
	for r, h := range how {
		if seen[h] {
			t.Errorf("row %d has the settings of another: %v", r, h)
		}
		seen[h] = true
	}
}

func TestRightSamplersAreTimedWithEveryCut(t *testing.T) {
	for _, cut := range append(cuts, mixed) {
		for _, following := range append(sorting.Samplers(), Scalar) {
			if err := checked(cutRows(cut), following); err != nil {
				t.Errorf("cut %s: %v", cut, err)
			}
		}
	}
}

// changed is the reference with other settings than those it is asked for.
func changed(change func(how *reference.Sampling)) func(reference.Convention) reference.Sampler {
	return func(c reference.Convention) reference.Sampler {
		s := Scalar(c)
		keep := s.Keep
		s.Keep = func(dst []bool, logits []float32, how []reference.Sampling) error {
			how = slices.Clone(how)
			change(&how[1])
			return keep(dst, logits, how)
		}
		return s
	}
}

func TestWrongSamplersAreNotTimed(t *testing.T) {
	for name, c := range map[string]struct {
		cut   string
		wrong func(reference.Convention) reference.Sampler
	}{
		"one token fewer in row 1":    {"k40", changed(func(how *reference.Sampling) { how.TopK-- })},
		"one token more in row 1":     {"k40", changed(func(how *reference.Sampling) { how.TopK++ })},
		"a smaller mass in row 1":     {"T,p0.9", changed(func(how *reference.Sampling) { how.TopP = .85 })},
		"min-p left out in row 1":     {"T,m0.05", changed(func(how *reference.Sampling) { how.MinP = 0 })},
		"a masked or a cut token":     {"k40", drawing(func(row []float32) int { return slices.Index(row, slices.Min(row)) })},
		"a token that does not exist": {"k40", drawing(func(row []float32) int { return len(row) })},
		"the temperature comes first": {llamaCpp, func(asked reference.Convention) reference.Sampler {
			s := Scalar(reference.Convention{Order: []reference.Step{reference.Temper, reference.TopK, reference.TopP, reference.MinP}})
			s.Convention = asked
			return s
		}},
	} {
		w := cutRows(c.cut)
		w.Temperature = .5
		if err := checked(w, c.wrong); err == nil {
			t.Errorf("%s went through", name)
		}
	}
}

// drawing draws this token of every row.
func drawing(token func(row []float32) int) func(reference.Convention) reference.Sampler {
	return func(c reference.Convention) reference.Sampler {
		s := Scalar(c)
		s.Draw = func(dst []int, logits []float32, _ rand.Source, how []reference.Sampling) error {
			for r, row := range rowsOf(logits, len(how)) {
				dst[r] = token(row)
			}
			return nil
		}
		return s
	}
}

func TestWhichOfEqualTokensAreKeptIsUpToTheSampler(t *testing.T) {
	row, masked := []float32{2, 1, 1, 1, 0, 0}, float32(math.Inf(-1))
	row[5] = masked
	a, err := allowanceOf(reference.Convention{Order: []reference.Step{reference.TopK, reference.Temper}}, row, reference.Sampling{Temperature: .7, TopK: 3})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		kept  []bool
		right bool
	}{
		{[]bool{true, true, true, false, false, false}, true},
		{[]bool{true, false, true, true, false, false}, true},
		{[]bool{true, true, true, true, false, false}, false},
		{[]bool{true, true, false, false, false, false}, false},
		{[]bool{false, true, true, true, false, false}, false},
	} {
		if err := a.checkKept(row, c.kept); (err == nil) != c.right {
			t.Errorf("kept %v: %v", c.kept, err)
		}
	}
	for token, possible := range []bool{true, true, true, true, false, false} {
		if err := a.checkDraw(row, token); (err == nil) != possible {
			t.Errorf("token %d is drawn: %v", token, err)
		}
	}
}

// Of ½ and ¼, ¼ a P of ½ keeps token 0 alone, and rounding one more.
func TestTheFreeBandIsLeftToTheSampler(t *testing.T) {
	row := []float32{float32(math.Log(2)), 0, 0}
	for atMost, kept := range map[bool][]bool{false: {true, false, false}, true: {true, true, false}} {
		c := reference.Convention{Order: []reference.Step{reference.Temper, reference.TopP}, AtMost: atMost}
		a, err := allowanceOf(c, row, reference.Sampling{Temperature: 1, TopP: .5})
		if err == nil {
			err = a.checkKept(row, kept)
		}
		if err != nil {
			t.Errorf("M ≤ P is %v: %v", atMost, err)
		}
	}
}

func TestASamplerOfAnotherOrderIsLeftOut(t *testing.T) {
	ollama := reference.Convention{Order: []reference.Step{reference.TopK, reference.Temper, reference.TopP, reference.MinP}}
	got := map[string]bool{}
	for _, cut := range append(cuts, mixed) {
		asked, _ := cutRows(cut).Sampling()
		got[cut] = inOrder(asked.Order, ollama.Order)
	}
	want := map[string]bool{"k40": true, "k200": true, "T,p0.9": true, "T,m0.05": true, llamaCpp: false, mixed: false}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("k, T, P, m is timed: %v, want %v", got, want)
	}
}
