package main

import "testing"

func TestEveryReportHasAFileOfItsOwn(t *testing.T) {
	files := map[string]bool{}
	for _, s := range subjects() {
		if s.name == "" || files[s.file()] {
			t.Errorf("the file %q is written twice, or has no name", s.file())
		}
		files[s.file()] = true
	}
	if len(files) < 10 {
		t.Errorf("%d implementations", len(files))
	}
}
