package sequence

import (
	"fmt"

	"temper/reference"
)

// Begin is the marker before the first token. It is only context: it is never an
// output, it is not a token of the vocabulary, and its one-hot code is a row of zeros.
const Begin = -1

// Vocabulary numbers symbols: token i is the i-th symbol, and the end marker,
// where there is one, is the last token. The begin marker has a name but no
// number of its own ([Begin]).
type Vocabulary struct {
	symbols []string
	tokens  map[string]int
	begin   string
	end     int
}

// NewVocabulary numbers the symbols in the order given and the end marker after
// them; "" means no such marker. A name that is empty or used twice is
// [ErrSymbol].
func NewVocabulary(begin string, symbols []string, end string) (*Vocabulary, error) {
	v := &Vocabulary{tokens: map[string]int{}, begin: begin, end: -1}
	if begin != "" {
		v.tokens[begin] = Begin
	}
	names := append([]string(nil), symbols...)
	if end != "" {
		v.end = len(names)
		names = append(names, end)
	}
	for i, name := range names {
		if _, used := v.tokens[name]; used || name == "" {
			return nil, fmt.Errorf("symbol %d, %q, is empty or used twice: %w", i, name, ErrSymbol)
		}
		v.tokens[name] = i
	}
	v.symbols = names
	return v, nil
}

// Size returns the number of possible outputs: the symbols and end, without begin.
func (v *Vocabulary) Size() int {
	if v == nil {
		return 0
	}
	return len(v.symbols)
}

// End returns the token of the end marker, or −1 if there is none.
func (v *Vocabulary) End() int {
	if v == nil {
		return -1
	}
	return v.end
}

// Tokens returns the tokens of symbols; that of the begin marker is [Begin]. Errors:
// [ErrSymbol] for a name that the vocabulary does not have.
func (v *Vocabulary) Tokens(symbols ...string) ([]int, error) {
	if v == nil {
		return nil, fmt.Errorf("vocabulary: %w", reference.ErrNil)
	}
	tokens := make([]int, len(symbols))
	for i, name := range symbols {
		token, ok := v.tokens[name]
		if !ok {
			return nil, fmt.Errorf("position %d, %q: %w", i, name, ErrSymbol)
		}
		tokens[i] = token
	}
	return tokens, nil
}

// Symbols returns the symbols of tokens. Errors: [reference.ErrToken] for a token out
// of range; [Begin] is in range if the vocabulary has a begin marker.
func (v *Vocabulary) Symbols(tokens ...int) ([]string, error) {
	if v == nil {
		return nil, fmt.Errorf("vocabulary: %w", reference.ErrNil)
	}
	symbols := make([]string, len(tokens))
	for i, token := range tokens {
		if token == Begin && v.begin != "" {
			symbols[i] = v.begin
			continue
		}
		if err := reference.CheckToken(token, len(v.symbols)); err != nil {
			return nil, fmt.Errorf("position %d: %w", i, err)
		}
		symbols[i] = v.symbols[token]
	}
	return symbols, nil
}

// OneHot returns the codes of tokens, row-major, tokens × vocab: row i is 1 at
// tokens[i] and 0 elsewhere, and all 0 for [Begin]. Errors: [reference.ErrToken] for a
// token out of range; [reference.ErrShape] for a vocabulary below 1 and for more than
// 2^26 numbers.
func OneHot(tokens []int, vocab int) ([]float64, error) {
	if vocab <= 0 || vocab > mostCells/max(1, len(tokens)) {
		return nil, fmt.Errorf("%d codes of width %d, not 1 to %d numbers: %w", len(tokens), vocab, mostCells, reference.ErrShape)
	}
	codes := make([]float64, len(tokens)*vocab)
	for i, token := range tokens {
		if token == Begin {
			continue
		}
		if err := reference.CheckToken(token, vocab); err != nil {
			return nil, fmt.Errorf("position %d: %w", i, err)
		}
		codes[i*vocab+token] = 1
	}
	return codes, nil
}

// FromOneHot returns the tokens of codes, the inverse of [OneHot]. Errors:
// [reference.ErrShape] for a length that is not a multiple of vocab; [ErrSymbol] for a
// row that is not a code, such as one with two ones.
func FromOneHot(codes []float64, vocab int) ([]int, error) {
	if vocab <= 0 || len(codes)%vocab != 0 {
		return nil, fmt.Errorf("%d numbers in codes of width %d: %w", len(codes), vocab, reference.ErrShape)
	}
	tokens := make([]int, len(codes)/vocab)
	for i := range tokens {
		tokens[i] = Begin
		for token, bit := range codes[i*vocab : (i+1)*vocab] {
			switch {
			case bit == 1 && tokens[i] == Begin:
				tokens[i] = token
			case bit != 0:
				return nil, fmt.Errorf("position %d has no one-hot code: %w", i, ErrSymbol)
			}
		}
	}
	return tokens, nil
}
