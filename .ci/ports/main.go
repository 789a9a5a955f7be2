// Ports reads a module as it is on other systems and processors: tests too, with everything that
// it depends on, from the source and without compiling it. It prints what is wrong there.
//
//	go run . -dir ../.. linux/386 js/wasm
//
// It does what go vet does for a port of which the result depends on the port: it checks types
// (an int that has 32 bits, a name that another system lacks), frames and offsets of assembly,
// shifts, and 64-bit atomics that are not aligned. go vet compiles the standard library and all
// modules for each port, and takes ten times as long.
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/analysis/passes/asmdecl"
	"golang.org/x/tools/go/analysis/passes/atomicalign"
	"golang.org/x/tools/go/analysis/passes/framepointer"
	"golang.org/x/tools/go/analysis/passes/shift"
	"golang.org/x/tools/go/packages"
)

// analyzers are those of go vet with results that depend on the processor.
var analyzers = []*analysis.Analyzer{asmdecl.Analyzer, atomicalign.Analyzer, framepointer.Analyzer, shift.Analyzer}

func main() {
	dir := flag.String("dir", ".", "folder of the module")
	flag.Parse()
	failed := false
	for _, port := range flag.Args() {
		if err := check(*dir, port); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", port, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

// check returns an error if a package of the module in dir is wrong on a port, which is written as
// in GOOS/GOARCH.
func check(dir, port string) error {
	system, processor, ok := strings.Cut(port, "/")
	if !ok {
		return errors.New("not of the form GOOS/GOARCH")
	}
	roots, err := packages.Load(&packages.Config{
		Mode:  packages.LoadAllSyntax | packages.NeedModule,
		Tests: true,
		Dir:   dir,
		Env:   append(os.Environ(), "GOOS="+system, "GOARCH="+processor, "CGO_ENABLED=0"),
	}, "./...")
	if err != nil {
		return err
	}
	if n := packages.PrintErrors(roots); n > 0 {
		return fmt.Errorf("%d errors in packages", n)
	}
	graph, err := checker.Analyze(analyzers, roots, nil)
	if err != nil {
		return err
	}
	found := 0
	for _, action := range graph.Roots {
		err = cmp.Or(err, action.Err)
		found += len(action.Diagnostics)
	}
	if found > 0 {
		return cmp.Or(graph.PrintText(os.Stderr, -1), fmt.Errorf("%d findings", found))
	}
	return err
}
