package main

import (
	"bytes"
	"fmt"
	"html/template"
	"image/color"
	"math"
	"regexp"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"temper/bench/report/results"
)

// The colours of Okabe and Ito, which the colour-blind can tell apart, without the
// yellow, which white paper hides. Black is the colour of the text, in the dark too.
var colours = []color.RGBA{
	{A: 255}, {G: 114, B: 178, A: 255}, {R: 213, G: 94, A: 255}, {G: 158, B: 115, A: 255},
	{R: 204, G: 121, B: 167, A: 255}, {R: 86, G: 180, B: 233, A: 255}, {R: 230, G: 159, A: 255},
}

// Marks and dashes tell lines apart where there is no colour.
var marks = []draw.GlyphDrawer{
	draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, hollow{draw.CircleGlyph{}}, hollow{draw.BoxGlyph{}}, hollow{draw.PyramidGlyph{}}, draw.CrossGlyph{},
}

// hollow is the outline of a filled mark, wide enough to be seen: gonum's own ones are half
// a point wide.
type hollow struct{ draw.GlyphDrawer }

// DrawGlyph draws the mark, and a smaller one of the paper's colour inside.
func (h hollow) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	h.GlyphDrawer.DrawGlyph(c, style, at)
	style.Radius *= .5
	c.SetColor(paper)
	h.GlyphDrawer.DrawGlyph(c, style, at)
}

// paper stands for the colour behind a picture.
var paper = color.RGBA{R: 1, G: 2, B: 3, A: 255}

var dashes = [][]vg.Length{nil, {7, 3}, {2, 2}, {9, 3, 2, 3}}

// look is how a line is drawn. The same name has the same look in all pictures.
type look int

// plain is the look of limits: a thin grey line without marks.
const plain look = -1

func (l look) colour() color.Color {
	if l == plain {
		return color.RGBA{R: 128, G: 128, B: 128, A: 255}
	}
	if int(l) < len(colours) {
		return colours[l]
	}
	return colours[1+int(l)%(len(colours)-1)] // black stays the first one's
}

func (l look) line() draw.LineStyle {
	if l == plain {
		return draw.LineStyle{Color: l.colour(), Width: 2, Dashes: []vg.Length{4, 4}}
	}
	return draw.LineStyle{Color: l.colour(), Width: 2, Dashes: dashes[int(l)%len(dashes)]}
}

func (l look) mark() draw.GlyphStyle {
	return draw.GlyphStyle{Color: l.colour(), Radius: 4, Shape: marks[int(l)%len(marks)]}
}

// curve is a line of a picture with its name in the legend.
type curve struct {
	name   string
	look   look
	points plotter.XYs
	sparse bool // a mark at its end alone
}

// axis is one axis of a picture. A logarithmic one needs positive values; it is a linear
// one of the decimal logarithms, because gonum leaves room beside a LogScale as if its
// label were at the middle of the values.
type axis struct {
	label string
	log   bool
	zero  bool     // it begins at 0
	names []string // of a nominal axis
}

// at is the place of a value on the axis.
func (a axis) at(value float64) float64 {
	if a.log {
		return math.Log10(value)
	}
	return value
}

// size of a picture: a phone shows it whole.
const width, height = 380, 280

// chart is a plot in the house's style.
func chart(x, y axis) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = color.Transparent
	for _, a := range []struct {
		axis *plot.Axis
		is   axis
	}{{&p.X, x}, {&p.Y, y}} {
		a.axis.Label.Text = a.is.label
		a.axis.Label.TextStyle.Font = sans(12)
		a.axis.Tick.Label.Font = sans(12)
		a.axis.Label.Padding, a.axis.Padding = 4, 4
		if a.is.log {
			a.axis.Tick.Marker = plot.TickerFunc(powers)
		}
	}
	p.X.Tick.Label.YAlign = text.YTop
	p.Legend.TextStyle.Font = sans(12)
	return p
}

func sans(size vg.Length) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
}

// lines draws curves.
func lines(x, y axis, curves []curve) (template.HTML, error) {
	p := chart(x, y)
	grid := plotter.NewGrid()
	faint := draw.LineStyle{Color: color.NRGBA{R: 128, G: 128, B: 128, A: 100}, Width: .75}
	grid.Horizontal, grid.Vertical = faint, faint
	p.Add(grid)
	for _, c := range curves {
		var places plotter.XYs
		for _, point := range c.points {
			places = append(places, plotter.XY{X: x.at(point.X), Y: y.at(point.Y)})
		}
		line, err := plotter.NewLine(places)
		if err != nil {
			return "", err
		}
		line.LineStyle = c.look.line()
		p.Add(line)
		if c.look == plain {
			continue
		}
		if c.sparse {
			places = places[len(places)-1:]
		}
		points, err := plotter.NewScatter(places)
		if err != nil {
			return "", err
		}
		points.GlyphStyle = c.look.mark()
		p.Add(points)
	}
	if x.names != nil {
		p.NominalX(x.names...)
	}
	widen(&p.X)
	widen(&p.Y)
	if y.zero {
		p.Y.Min = 0
	}
	return svg(p, width, height), nil
}

// widen leaves room round the data, and makes room where all values are the same.
func widen(a *plot.Axis) {
	room := .03 * (a.Max - a.Min)
	if room == 0 {
		room = max(.1*math.Abs(a.Max), .05)
	}
	a.Min, a.Max = a.Min-room, a.Max+room
}

// powers labels powers of ten between two logarithms, and where these are few, multiples of
// them too.
func powers(low, high float64) (ticks []plot.Tick) {
	factors := []float64{1, 2, 5}
	switch {
	case high-low > 2.5:
		factors = factors[:1]
	case high-low < .5:
		factors = []float64{1, 1.2, 1.4, 1.6, 2, 2.5, 3, 4, 5, 6, 7, 8, 9}
	}
	step := max(1, math.Ceil((high-low)/8))
	for power := math.Floor(low); power <= high; power += step {
		for _, factor := range factors {
			if at := power + math.Log10(factor); low <= at && at <= high {
				ticks = append(ticks, plot.Tick{Value: at, Label: short(factor * math.Pow(10, power))})
			}
		}
	}
	return ticks
}

// short writes a number in a few characters, 131072 as 131k.
func short(v float64) string {
	switch {
	case v >= 1e6 && v < 1e9:
		return fmt.Sprintf("%.3gM", v/1e6)
	case v >= 1e3 && v < 1e6:
		return fmt.Sprintf("%.3gk", v/1e3)
	}
	return fmt.Sprintf("%.3g", v)
}

var (
	prologue = regexp.MustCompile(`(?s)^.*?<svg[^>]*?viewBox="([^"]*)"[^>]*>`)
	fonts    = regexp.MustCompile(`font-family:[^;]*;`)
)

// svg draws a plot. Black becomes the colour of the page's text. The words that describe
// the picture are the figure's.
func svg(p *plot.Plot, w, h vg.Length) template.HTML {
	canvas := vgsvg.New(w, h)
	p.Draw(draw.Crop(draw.New(canvas), 5, -8, 3, -6)) // letters reach beyond what gonum counts as theirs
	return inline(canvas, w, h)
}

func inline(canvas *vgsvg.Canvas, w, h vg.Length) template.HTML {
	var out bytes.Buffer
	canvas.WriteTo(&out) // a buffer fails never
	text := prologue.ReplaceAllString(out.String(), fmt.Sprintf(`<svg width="%g" height="%g" viewBox="$1" aria-hidden="true">`, float64(w), float64(h)))
	text = fonts.ReplaceAllString(text, "")
	text = strings.NewReplacer("#000000", "currentColor", hex(paper), "var(--panel)").Replace(text) // vgsvg escapes the text in it
	for i, c := range colours[1:] {
		text = strings.ReplaceAll(text, hex(c), fmt.Sprintf("var(--colour%d, %s)", i+1, hex(c))) // page.html has others for the dark
	}
	return template.HTML(text)
}

func hex(c color.RGBA) string { return fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B) }

// swatch is a line's look for a legend.
func swatch(l look) template.HTML {
	const w, h = 34, 12
	canvas := vgsvg.New(w, h)
	c := draw.New(canvas)
	c.StrokeLine2(l.line(), 1, h/2, w-1, h/2)
	if l != plain {
		c.DrawGlyph(l.mark(), vg.Point{X: w / 2, Y: h / 2})
	}
	return inline(canvas, w, h)
}

// bar is one line of a picture of bars.
type bar struct {
	name     string
	from, to float64
	label    string
	look     look
}

// bars draws horizontal bars on a logarithmic axis, the first on top, each with its label
// at its end. Other people's names are shortened to what fits beside them.
func bars(x axis, all []bar) (template.HTML, error) {
	p := chart(x, axis{})
	var names []string
	labels := plotter.XYLabels{}
	for i, b := range all {
		y := float64(len(all) - 1 - i)
		names = append([]string{results.Fitted(b.name, 22)}, names...)
		line, err := plotter.NewLine(plotter.XYs{{X: x.at(b.from), Y: y}, {X: x.at(b.to), Y: y}})
		if err != nil {
			return "", err
		}
		line.LineStyle = draw.LineStyle{Color: b.look.colour(), Width: 13}
		p.Add(line)
		labels.XYs = append(labels.XYs, plotter.XY{X: x.at(b.to), Y: y})
		labels.Labels = append(labels.Labels, b.label)
	}
	written, err := plotter.NewLabels(labels)
	if err != nil {
		return "", err
	}
	for i := range written.TextStyle {
		written.TextStyle[i].Font, written.TextStyle[i].YAlign = sans(12), text.YCenter
	}
	written.Offset = vg.Point{X: 5}
	p.Add(written)
	p.NominalY(names...)
	p.Y.Min, p.Y.Max = -.6, float64(len(all))-.4
	widen(&p.X)
	return svg(p, width, vg.Length(60+24*len(all))), nil
}
