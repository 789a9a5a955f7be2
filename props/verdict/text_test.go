package verdict_test

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	rendering "github.com/yuin/goldmark/renderer/html"
	"temper/props/verdict"
)

// hostile is text that tries to be more than text.
var hostile = []string{
	"plain words", "F(i−1) ≤ u < F(i)", "my_sampler", "2 * 3 * 4", "~~gone~~", "$x$", `\`, `\|`, `a\`, "tab\there",
	"`", "``", "a`b", "`a` [b](https://example.org)", "```\n# heading", "ends with `",
	"|", "a | b", "| a |\n|---|", "`|`", "[", "]", "[x](https://example.org)", "![x](https://example.org/x.png)", "[x]: https://example.org",
	"<b>bold</b>", "<script>alert(1)</script>", "<!-- hidden", "<https://example.org>", "&lt;b&gt;", "&#60;b&#62;",
	"https://example.org", "see http://example.org/a_b now", "www.example.org", "me@example.org", "mailto:me@example.org",
	"# heading", "x\n# heading", "x\n\n# heading", "x\n===", "===", "---", "- item", "+ item", "* item", "1. item", "12) item", "1)", "> quote", "    code", "\tcode",
	"@someone", "(@someone)", "issue #12", "BenchmarkX#01", "\x1b[31mred\x1b[0m", "\u202eright to left", "line\u2028separator", "bad \xff byte", "cr\rlf\r\n",
}

// rendered is the HTML that GitHub's dialect of Markdown makes, raw HTML let
// through, so that nobody's sanitiser is needed.
func rendered(t *testing.T, markdown string) string {
	t.Helper()
	var b strings.Builder
	dialect := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(rendering.WithUnsafe()))
	if err := dialect.Convert([]byte(markdown), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// shown is what a reader sees of HTML that consists of these tags alone.
func shown(t *testing.T, page string, tags ...string) string {
	t.Helper()
	for _, tag := range regexp.MustCompile(`</?([a-z]+[0-9]?)[^>]*>|<!--`).FindAllStringSubmatch(page, -1) {
		known := false
		for _, allowed := range tags {
			known = known || tag[1] == allowed
		}
		if !known {
			t.Errorf("%s appears in %s", tag[0], page)
		}
	}
	text := html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page, ""))
	return strings.TrimSpace(text)
}

// oneLine is what is left of text that has to fit in a line.
func oneLine(text string) string { return strings.Join(strings.Fields(verdict.Printable(text)), " ") }

func TestEscapedTextIsTextInAParagraphAHeadingAndATable(t *testing.T) {
	for _, text := range hostile {
		escaped := verdict.Escape(text)
		for _, place := range []struct {
			markdown string
			tags     []string
		}{
			{escaped, []string{"p"}},
			{"### " + escaped, []string{"h3"}},
			{"|h|\n|---|\n|" + escaped + "|\n", []string{"table", "thead", "tbody", "tr", "th", "td"}},
		} {
			page := rendered(t, place.markdown)
			seen := strings.ReplaceAll(shown(t, page, place.tags...), "\u200b", "")
			if seen = strings.TrimSpace(strings.TrimPrefix(seen, "h\n")); seen != oneLine(text) {
				t.Errorf("%q reads %q in %q", text, seen, place.markdown)
			}
			if strings.Contains(html.UnescapeString(page), "@someone") || strings.Contains(html.UnescapeString(page), "#12") {
				t.Errorf("%q mentions or refers: %s", text, page)
			}
		}
	}
}

func TestCodeStaysInItsSpanAndItsCell(t *testing.T) {
	for _, text := range hostile {
		for _, markdown := range []string{"x " + verdict.Code(text) + " x", "|h|\n|---|\n|x " + verdict.Code(text) + " x|\n"} {
			seen := shown(t, rendered(t, markdown), "p", "code", "table", "thead", "tbody", "tr", "th", "td")
			seen = strings.ReplaceAll(strings.TrimPrefix(seen, "h\n"), "\u200b", "")
			if strings.Join(strings.Fields(seen), " ") != "x "+oneLine(text)+" x" {
				t.Errorf("%q reads %q in %q", text, seen, markdown)
			}
		}
	}
}

func TestFencedTextCannotLeaveItsFence(t *testing.T) {
	for _, text := range hostile {
		seen := shown(t, rendered(t, verdict.Fence(text)), "pre", "code")
		if want := strings.TrimSpace(verdict.Printable(text)); seen != want {
			t.Errorf("%q reads %q", text, seen)
		}
	}
}

func TestPrintableTextCommandsNoTerminal(t *testing.T) {
	for text, want := range map[string]string{
		"a\tb\nc":             "a\tb\nc",
		"\x1b[2J\x07\x00":     `\x1b[2J\x07\x00`,
		"csi \u009b31m":       `csi \u009b31m`,
		"dos\r\n10%\r20%":     "dos\n10%" + `\x0d` + "20%",
		"\u202eevil\u2066":    `\u202eevil\u2066`,
		"\U000e0041":          `\U000e0041`,
		"\xff\xfe":            `\xff\xfe`,
		"ünï, 日本　語, F ≤ u, é": "ünï, 日本　語, F ≤ u, é",
	} {
		if got := verdict.Printable(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
