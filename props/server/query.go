package server

import (
	"strconv"
	"strings"
)

// Query is what a completion is asked for. A cut that is 0 is off, and then the request
// has the neutral value of the dialect.
type Query struct {
	Prompt      string
	Temperature float64
	TopK        int
	TopP        float64
	MinP        float64
	Limit       int    // tokens at most
	List        int    // entries of the list beside each token, 0 for no log-probabilities
	Seed        uint32 // 0 for none
	Stop        []string
	Count       int   // completions; 0 means one
	Echo        bool  // the log-probabilities of the prompt's tokens too
	IDs         []int // the prompt as tokens, with the log-probability of each
	Post        bool  // lists are of the probabilities that are drawn from
}

// Completion is one completion of the prompt.
type Completion struct {
	Text   string
	Tokens []Token // nil without log-probabilities
	Reason string  // why it ended, in the server's words
	Count  int     // of tokens, as the server says, 0 where it does not
	Post   bool    // the lists are of the probabilities that were drawn from

	PromptIDs []int             // the tokens of the prompt
	Given     []map[int]float64 // for each of them the log-probabilities that the server gives
}

// Token is one token that was drawn, and the most probable ones in its place.
type Token struct {
	Entry
	List []Entry
}

// Entry is a token and its log-probability in nats.
type Entry struct {
	Text    string
	ID      int     // -1 where the server gives none
	LogProb float64 // −Inf where the server says null, or −9999 as some write it
}

// name identifies the token: by its ID where there is one, because different tokens can
// have one text.
func (e Entry) name() string {
	if e.ID >= 0 {
		return "#" + strconv.Itoa(e.ID)
	}
	return e.Text
}

// is reports whether two entries have one name.
func (e Entry) is(other Entry) bool {
	return e.ID == other.ID && (e.ID >= 0 || e.Text == other.Text)
}

// unclear reports whether other tokens may have the same name: a part of a character has
// the text U+FFFD, and many tokens are none.
func (e Entry) unclear() bool {
	return e.ID < 0 && (e.Text == "" || strings.ContainsRune(e.Text, '\uFFFD'))
}

// special reports whether a text is one of tokens that end a text, or that are parts of a
// character. Many servers do not tell such a token when it is drawn.
func special(text string) bool {
	return text == "" || strings.ContainsRune(text, '\uFFFD') || strings.HasPrefix(text, "<") && strings.HasSuffix(text, ">") || strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]")
}

// told are the tokens before the first part of a character. llama-server leaves such a
// token out, and tells the next with the text of both, in its place.
func told(all []Token) []Token {
	for i, t := range all {
		if strings.ContainsRune(t.Text, '\uFFFD') {
			return all[:i]
		}
	}
	return all
}

func (e Entry) String() string {
	text := strconv.Quote(e.Text)
	if e.ID >= 0 {
		text += " (" + strconv.Itoa(e.ID) + ")"
	}
	return text
}

// entry reads the names that vLLM writes for tokens, token_id:17.
func entry(text string, logProb float64) Entry {
	id := -1
	if digits, ok := strings.CutPrefix(text, "token_id:"); ok {
		if n, err := strconv.Atoi(digits); err == nil {
			id = n
		}
	}
	return Entry{Text: text, ID: id, LogProb: logProb}
}
