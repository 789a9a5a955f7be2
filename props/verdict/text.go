package verdict

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable makes text of unknown origin safe to print on a terminal: control
// characters, invisible ones and bytes that are not UTF-8 become escapes as Go writes
// them, for example \x1b for the character that begins a command to the terminal.
// Newlines and tabs stay, and a carriage return before a newline is removed.
func Printable(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case r == '\n', r == '\t', unicode.IsGraphic(r):
			b.WriteString(text[:size])
		case r < utf8.RuneSelf:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		text = text[size:]
	}
	return b.String()
}

// Escape turns text of unknown origin into one line of plain words in Markdown, for a
// paragraph, a heading or a cell of a table: no markup, no HTML, no link. A space of no
// width after @ and # and inside web addresses keeps GitHub, which looks for them after
// the escapes are resolved, from mentioning anybody and from linking.
func Escape(text string) string {
	text = inline(text)
	if marker := strings.TrimLeft(text, "0123456789"); marker != "" && strings.ContainsRune("-+=.)", rune(marker[0])) {
		digits := text[:len(text)-len(marker)] // the marker of a list, or a line under a heading
		return markup.Replace(digits) + `\` + marker[:1] + markup.Replace(marker[1:])
	}
	return markup.Replace(text)
}

const noWidth = "&#8203;"

var markup = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "~", `\~`, "$", `\$`, "<", `\<`, ">", `\>`, "[", `\[`, "]", `\]`,
	"|", `\|`, "&", `\&`, "#", `\#`+noWidth, "@", "@"+noWidth, "://", ":"+noWidth+"//", "www.", "www"+noWidth+".")

// Code turns text of unknown origin into a code span of Markdown, which the text cannot
// end. Text with a vertical bar, which would end a cell of a table, is escaped instead.
func Code(text string) string {
	text = inline(text)
	if text == "" || strings.Contains(text, "|") {
		return Escape(text)
	}
	ticks, pad := "`", ""
	for strings.Contains(text, ticks) {
		ticks += "`"
	}
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		pad = " "
	}
	return ticks + pad + text + pad + ticks
}

// Fence turns text of unknown origin into a block of code in Markdown. The fence is
// longer than any that the text contains.
func Fence(text string) string {
	text = strings.Trim(Printable(text), "\n")
	ticks := "```"
	for strings.Contains(text, ticks) {
		ticks += "`"
	}
	return ticks + "\n" + text + "\n" + ticks
}

// inline is printable text on one line.
func inline(text string) string { return strings.Join(strings.Fields(Printable(text)), " ") }
