package main

import "html/template"

// figure is a picture and what one needs to understand it.
type figure struct {
	Title    string
	Sentence string // what to see
	Alt      string // the picture in words, for those who do not see it
	SVG      template.HTML
	Legend   []key
	Numbers  table // what is drawn
}

type key struct {
	Swatch template.HTML
	Name   string
}

// table is shown as it is.
type table struct {
	Head []string
	Rows [][]string
}

func legend(curves []curve) (keys []key) {
	for _, c := range curves {
		keys = append(keys, key{swatch(c.look), c.name})
	}
	return keys
}

// looks gives each implementation a look, in the order in which they come: the same one in
// all sections of the page.
type looks struct {
	names []string
}

func (l *looks) of(name string) look {
	for i, known := range l.names {
		if known == name {
			return look(i)
		}
	}
	l.names = append(l.names, name)
	return look(len(l.names) - 1)
}
