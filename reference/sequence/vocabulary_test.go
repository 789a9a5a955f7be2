package sequence_test

import (
	"slices"
	"testing"

	"temper/reference"
	"temper/reference/sequence"
)

func TestVocabulariesNeedNoMarkers(t *testing.T) {
	v := must(sequence.NewVocabulary("", []string{"x", "y"}, ""))
	if v.Size() != 2 || v.End() != -1 {
		t.Errorf("size %d, end %d; want 2 and -1", v.Size(), v.End())
	}
	_, err := v.Tokens("begin")
	assertError(t, "a marker that is not there", err, sequence.ErrSymbol)
	_, err = v.Tokens("")
	assertError(t, "the empty symbol", err, sequence.ErrSymbol)
	_, err = v.Symbols(sequence.Begin)
	assertError(t, "Begin without a marker", err, reference.ErrToken)
}

func TestVocabularyKeepsItsOwnCopy(t *testing.T) {
	names := []string{"x", "y", "spare"}
	v := must(sequence.NewVocabulary("", names[:2], "end"))
	names[0] = "changed"
	if got := must(v.Symbols(0, 1, 2)); !slices.Equal(got, []string{"x", "y", "end"}) || names[2] != "spare" {
		t.Errorf("symbols %v, the caller's %v", got, names)
	}
}

func TestSymbolsAreNeitherEmptyNorUsedTwice(t *testing.T) {
	for _, c := range []struct {
		begin   string
		symbols []string
		end     string
	}{
		{"<", []string{"a", "a"}, ">"}, {"<", []string{"a", ""}, ">"}, {"<", []string{"<"}, ">"},
		{"<", []string{">"}, ">"}, {"=", []string{"a"}, "="},
	} {
		v, err := sequence.NewVocabulary(c.begin, c.symbols, c.end)
		assertError(t, "vocabulary", err, sequence.ErrSymbol)
		if v != nil {
			t.Errorf("%q: a vocabulary beside the error", c)
		}
	}
}

func TestUnknownSymbolsAndTokensAreRefused(t *testing.T) {
	v := characters()
	_, err := v.Tokens("a", "c")
	assertError(t, "symbol c", err, sequence.ErrSymbol)
	for _, token := range []int{4, -2} {
		_, err := v.Symbols(0, token)
		assertError(t, "Symbols", err, reference.ErrToken)
		_, err = sequence.OneHot([]int{0, token}, 4)
		assertError(t, "OneHot", err, reference.ErrToken)
	}
	if got := must(v.Symbols(sequence.Begin, 3)); !slices.Equal(got, []string{"begin", "end"}) {
		t.Errorf("%v, want begin and end", got)
	}
	if got := must(v.Tokens()); len(got) != 0 {
		t.Errorf("no symbols are tokens %v", got)
	}
}

func TestEveryTokenIsReadBackFromItsCode(t *testing.T) {
	for vocab := 1; vocab <= 6; vocab++ {
		tokens := []int{sequence.Begin}
		for token := range vocab {
			tokens = append(tokens, token)
		}
		codes := must(sequence.OneHot(tokens, vocab))
		for i, token := range tokens {
			sum := 0.0
			for v, bit := range codes[i*vocab : (i+1)*vocab] {
				if (bit == 1) != (v == token) || bit != 0 && bit != 1 {
					t.Errorf("the code of %d has %v at %d", token, bit, v)
				}
				sum += bit
			}
			if begin := token == sequence.Begin; begin != (sum == 0) || !begin && sum != 1 {
				t.Errorf("the code of %d sums to %v", token, sum)
			}
		}
		if got := must(sequence.FromOneHot(codes, vocab)); !slices.Equal(got, tokens) {
			t.Errorf("%v, want %v", got, tokens)
		}
	}
}

func TestRowsThatAreNoCodeAreRefused(t *testing.T) {
	for _, codes := range [][]float64{{1, 1, 0}, {0.5, 0.5, 0}, {0, 0, nan}, {0, -1, 0}, {2, 0, 0}, {1, 0, 0.5}, {0, 0, 1, 1, 0, 1}} {
		_, err := sequence.FromOneHot(codes, 3)
		assertError(t, "code", err, sequence.ErrSymbol)
	}
	for _, c := range []struct{ numbers, vocab int }{{4, 3}, {3, 0}, {3, -3}, {2, 3}} {
		_, err := sequence.FromOneHot(make([]float64, c.numbers), c.vocab)
		assertError(t, "width", err, reference.ErrShape)
	}
}
