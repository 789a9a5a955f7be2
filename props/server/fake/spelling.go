package fake

import (
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// ordered are the completions of a request as they are written.
func (s *server) ordered(choices []object) []object {
	if s.Habit == Reversed {
		slices.Reverse(choices)
	}
	return choices
}

// infinity is how a number that is impossible is written.
func (s *server) infinity() string {
	switch s.Habit {
	case Overflowing, Fractions:
		return "-1e9999"
	case NumbersAsText:
		return `"-Infinity"`
	}
	return "-Infinity"
}

// spelled is a document of JSON in the way of the server.
func (s *server) spelled(text string) string {
	switch s.Bug {
	case HalfAnswer, WordID, ListOfText:
		return s.spoilt(text)
	}
	switch s.Habit {
	case Fractions, NumbersAsText, Escaped, Spread, Adorned, Parts:
	default:
		return text
	}
	in := json.NewDecoder(strings.NewReader(text))
	in.UseNumber()
	var document any
	if err := in.Decode(&document); err != nil {
		panic(err) // it was just written
	}
	var out strings.Builder
	if s.Habit == Spread {
		out.WriteString("\uFEFF\n")
	}
	s.spell(&out, document, "")
	return out.String() + "\n"
}

// spell writes a value of JSON. before is the space at the beginning of its lines.
func (s *server) spell(out *strings.Builder, value any, before string) {
	inner := before
	if s.Habit == Spread {
		inner = "\n" + strings.TrimPrefix(before, "\n") + "\t"
	}
	switch v := value.(type) {
	case map[string]any:
		names := slices.Sorted(maps.Keys(v))
		if s.Habit == Spread {
			slices.Reverse(names)
		}
		if s.Habit == Adorned {
			v["~extra"], v["~null"], names = extra, nil, append(names, "~extra", "~null")
		}
		out.WriteString("{")
		for i, name := range names {
			s.separate(out, i, inner)
			s.spell(out, name, inner)
			out.WriteString(":")
			s.spell(out, s.parts(name, v[name]), inner)
		}
		out.WriteString("}")
	case []any:
		out.WriteString("[")
		for i, element := range v {
			s.separate(out, i, inner)
			s.spell(out, element, inner)
		}
		out.WriteString("]")
	case json.Number:
		out.WriteString(s.digits(string(v)))
	case string:
		out.WriteString(s.quoted(v))
	default:
		text, err := json.Marshal(v)
		if err != nil {
			panic(err) // null, true or false, or an extra of this file
		}
		out.Write(text)
	}
}

// extra is a value that no reader knows.
var extra = json.RawMessage(`{"id": "none", "token": 3.5, "logprobs": [[], {}, null]}`)

func (s *server) separate(out *strings.Builder, at int, space string) {
	if at > 0 {
		out.WriteString(",")
	}
	out.WriteString(space)
}

// digits is a number as the server writes it.
func (s *server) digits(number string) string {
	_, err := strconv.Atoi(number)
	whole := err == nil
	switch {
	case s.Habit == Fractions && whole:
		return number + ".0"
	case s.Habit == Fractions:
		x, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return number // -1e9999
		}
		return strconv.FormatFloat(x, 'E', -1, 64)
	case s.Habit == NumbersAsText && whole:
		return `"` + number + `"`
	case s.Habit == Adorned && number == "0":
		return "-0.0"
	}
	return number
}

// quoted is a text as the server writes it.
func (s *server) quoted(text string) string {
	if s.Habit == Escaped {
		var out strings.Builder
		for _, unit := range utf16.Encode([]rune(text)) {
			fmt.Fprintf(&out, `\u%04x`, unit)
		}
		return `"` + out.String() + `"`
	}
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // a text
	}
	return string(quoted)
}

// parts is the text of a message as parts.
func (s *server) parts(name string, value any) any {
	text, is := value.(string)
	if s.Habit != Parts || name != "content" || !is {
		return value
	}
	half := len(text) / 2
	return []any{object{"type": "text", "text": text[:half]}, object{"type": "text", "text": text[half:]}}
}

// spoilt is an answer, of which one in thirty cannot be read.
func (s *server) spoilt(text string) string {
	if s.served.Load()%30 != 29 {
		return text
	}
	switch s.Bug {
	case WordID:
		if at := strings.LastIndex(text, `"id":`); at >= 0 {
			digits := len(text[at+5:]) - len(strings.TrimLeft(text[at+5:], "0123456789"))
			return text[:at+5] + `"end"` + text[at+5+digits:]
		}
	case ListOfText:
		if at := strings.Index(text, `"top_logprobs":[`); at >= 0 {
			return text[:at] + `"top_logprobs":"none","tops":[` + text[at+len(`"top_logprobs":[`):]
		}
	case HalfAnswer:
		return text[:len(text)/2]
	}
	return text
}

// write sends an answer.
func (s *server) write(w http.ResponseWriter, text string) {
	var packed io.WriteCloser
	switch s.Habit {
	case Compressed:
		w.Header().Set("Content-Encoding", "gzip")
		packed = gzip.NewWriter(w)
	case Deflated:
		w.Header().Set("Content-Encoding", "deflate")
		packed = zlib.NewWriter(w)
	case Piecewise:
		for piece := range slices.Chunk([]byte(text), 200) {
			w.Write(piece)
			w.(http.Flusher).Flush()
		}
		return
	default:
		io.WriteString(w, text)
		return
	}
	io.WriteString(packed, text)
	packed.Close()
}
