package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// inspect is what the test adds to the page: it looks at what the browser has made of
// it, and writes what is wrong into the page. The page itself has no script.
const inspect = `
const wrong = [];
const shown = e => e.checkVisibility();
for (const link of document.querySelectorAll('td a[href^="#broken-"]')) {
	location.hash = link.getAttribute('href');
	const target = document.getElementById(location.hash.slice(1));
	if (!target || !shown(target)) wrong.push('a ✗ leads to nothing that is shown: ' + location.hash);
}
for (const d of document.querySelectorAll('details')) d.open = true;
const wide = document.documentElement.clientWidth;
if (wide !== WIDTH) wrong.push('the window is ' + wide + ' pixels wide, not WIDTH');
if (matchMedia('(prefers-color-scheme: dark)').matches !== DARK) wrong.push('the theme is another');
if (document.documentElement.scrollWidth > wide) wrong.push('the page is ' + document.documentElement.scrollWidth + ' pixels wide in ' + wide);
for (const e of document.querySelectorAll('main *, header *')) {
	const box = e.getBoundingClientRect();
	if (shown(e) && box.right > wide + 1 && !e.closest('.scroll')) wrong.push(e.tagName + ' ends at ' + box.right + ': ' + e.textContent.slice(0, 40));
}
for (const text of document.querySelectorAll('figure svg text')) {
	const box = text.getBoundingClientRect(), around = text.closest('svg').getBoundingClientRect();
	if (box.left < around.left - 1 || box.right > around.right + 1 || box.top < around.top - 1 || box.bottom > around.bottom + 1) wrong.push('text leaves its picture: ' + text.textContent);
}
for (const id of SECTIONS) {
	const section = document.getElementById(id);
	if (!section || !shown(section) || !section.querySelector('h2').textContent) wrong.push('no section ' + id);
}
for (const picture of document.querySelectorAll('figure')) {
	const image = picture.querySelector('[role=img]');
	if (!image || image.getAttribute('aria-label').length < 20) wrong.push('no words for a picture');
	if (!picture.querySelector('h4').textContent || !picture.querySelector('figcaption p').textContent) wrong.push('no title or sentence for a picture');
	if (!picture.querySelector('svg path')) wrong.push('an empty picture');
}
for (const svg of document.querySelectorAll('svg')) if (svg.getAttribute('aria-hidden') !== 'true') wrong.push('a picture is read aloud letter by letter');
const channels = color => color.match(/[\d.]+/g).map(Number);
const luminance = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4).reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
const paper = e => { for (; e; e = e.parentElement) { const c = channels(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
const worst = {ratio: 99};
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
let texts = 0;
while (walker.nextNode()) {
	const e = walker.currentNode.parentElement;
	if (!walker.currentNode.textContent.trim() || e.tagName === 'SCRIPT' || !shown(e)) continue;
	const style = getComputedStyle(e), ink = e.namespaceURI.endsWith('svg') ? style.fill : style.color;
	const [a, b] = [luminance(channels(ink)), luminance(paper(e))];
	const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
	texts++;
	if (ratio < worst.ratio) Object.assign(worst, {ratio, text: walker.currentNode.textContent.slice(0, 40)});
	if (ratio < 4.5) wrong.push('contrast ' + ratio.toFixed(2) + ': ' + walker.currentNode.textContent.slice(0, 40));
	if (parseFloat(style.fontSize) < 11) wrong.push('letters of ' + style.fontSize + ': ' + walker.currentNode.textContent.slice(0, 40));
}
const line = {ratio: 99};
for (const path of document.querySelectorAll('figure svg path, figure svg polyline, figure svg line')) {
	const style = getComputedStyle(path), ink = style.stroke !== 'none' ? style.stroke : style.fill;
	if (ink === 'none' || Math.min(style.strokeOpacity, style.fillOpacity, style.opacity) < 1) continue; // the grid
	const [a, b] = [luminance(channels(ink)), luminance(paper(path))];
	const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
	if (ratio > 1.01 && ratio < line.ratio) Object.assign(line, {ratio, ink}); // the inside of hollow marks is paper
}
if (line.ratio < (DARK ? 3 : 1.9)) wrong.push('a line of ' + line.ink + ' has contrast ' + line.ratio);
for (const table of document.querySelectorAll('.scroll table')) {
	const box = table.parentElement;
	if (box.scrollWidth <= box.clientWidth) continue;
	box.scrollLeft = box.scrollWidth;
	const first = table.querySelector('tbody tr').firstElementChild.getBoundingClientRect(), around = box.getBoundingClientRect();
	if (first.left < around.left - 1 || first.right > around.right + 1) wrong.push('a table that is scrolled loses its first column: ' + table.textContent.trim().slice(0, 40));
	box.scrollLeft = 0;
}
for (const e of document.querySelectorAll('.scroll')) if (e.tabIndex !== 0 || !e.getAttribute('aria-label')) wrong.push('a table that the keyboard cannot scroll');
parent.document.getElementById('found').textContent = JSON.stringify({wrong: [...new Set(wrong)], figures: document.querySelectorAll('figure').length, texts, least: worst.ratio, leastOf: worst.text, line: line.ratio});
`

// inspection is what the browser found.
type inspection struct {
	Wrong          []string
	Figures, Texts int
	Least, Line    float64
	LeastOf        string
}

var found = regexp.MustCompile(`(?s)<pre id="found">(.*?)</pre>`)

// browser is Chromium's name here, "" where it is not installed.
func browser() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// inspectAt opens a page in a frame of this width, and inspects it there. A window of the
// browser cannot be as narrow as a phone.
func inspectAt(t *testing.T, program, page string, width int, dark bool) (result inspection, console []string) {
	t.Helper()
	names, err := json.Marshal(sections)
	if err != nil {
		t.Fatal(err)
	}
	script := strings.NewReplacer("WIDTH", fmt.Sprint(width), "DARK", fmt.Sprint(dark), "SECTIONS", string(names)).Replace(inspect)
	page = strings.Replace(page, "</body>", "<script>addEventListener('load', () => {"+script+"})</script></body>", 1)
	frame := filepath.Join(t.TempDir(), "frame.html")
	text := fmt.Sprintf(`<!DOCTYPE html><meta charset="utf-8"><link rel="icon" href="data:,"><body style="margin:0"><iframe style="border:0;width:%dpx;height:2000px" srcdoc="%s"></iframe><pre id="found"></pre>`, width, html.EscapeString(page))
	if err := os.WriteFile(frame, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	scheme := map[bool]string{true: "0", false: "1"}[dark]
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--user-data-dir="+t.TempDir(),
		"--blink-settings=preferredColorScheme="+scheme, "--enable-logging=stderr", "--window-size=1500,2000", "--virtual-time-budget=10000", "--dump-dom", "file://"+frame)
	var out, said bytes.Buffer
	command.Stdout, command.Stderr = &out, &said
	if err := command.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", program, err, said.String())
	}
	for line := range strings.Lines(said.String()) {
		if strings.Contains(line, "CONSOLE") {
			console = append(console, strings.TrimSpace(line))
		}
	}
	words := found.FindStringSubmatch(out.String())
	if words == nil || json.Unmarshal([]byte(html.UnescapeString(words[1])), &result) != nil {
		t.Fatalf("the browser did not inspect the page:\n%.2000s\n%s", out.String(), said.String())
	}
	return result, console
}

func TestThePageIsReadableInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: starts a browser")
	}
	program := browser()
	if program == "" {
		t.Skip("NOT TESTED: no browser is installed here; Debian: apt-get install chromium")
	}
	pages := map[string]string{"recorded": recorded(t)}
	_, pages["empty"] = shown(t, "")
	_, pages["hostile"] = shown(t, strings.Replace(ordinary, "portable", strings.Repeat("W", 300)+"<script>console.error(1)</script>", -1),
		"Benchmark"+strings.Repeat("M", 300)+" 1 5 ns/op\n", "Benchmark<script>x</script> 1 NaN ns/op\n")
	for _, c := range []struct {
		page  string
		width int
		dark  bool
	}{
		{"recorded", 390, false}, {"recorded", 390, true}, {"recorded", 1440, false}, {"recorded", 1440, true},
		{"empty", 390, true}, {"hostile", 390, false},
	} {
		t.Run(fmt.Sprintf("%s/width=%d/dark=%v", c.page, c.width, c.dark), func(t *testing.T) {
			result, console := inspectAt(t, program, pages[c.page], c.width, c.dark)
			for _, words := range append(result.Wrong, console...) {
				t.Error(words)
			}
			if result.Texts < 30 || c.page == "recorded" && result.Figures < 15 {
				t.Errorf("%d texts and %d pictures were looked at", result.Texts, result.Figures)
			}
			t.Logf("%d pictures, %d texts, the least contrast %.2f: %q, of a line %.2f", result.Figures, result.Texts, result.Least, result.LeastOf, result.Line)
		})
	}
}
