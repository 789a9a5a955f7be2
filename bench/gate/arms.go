//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"temper/bench/gate/child"
)

// The three arms. Their names have the same length, so that no argument and no
// path makes one arm's stack begin elsewhere than another's.
const (
	base = iota // the commit compared against
	same        // base′: the same code again, linked with layouts of its own
	head        // the work tree
	arms
)

var armNames = [arms]string{"base", "same", "head"}

// A benchPackage is a package with benchmarks, in the arms that have it.
type benchPackage struct {
	path string
	dir  [arms]string // "" where the arm hasn't got it
}

// listPackages gives the packages with benchmarks in base or head, by path.
func listPackages(ctx context.Context, modules [arms]string, patterns []string) ([]*benchPackage, error) {
	byPath := map[string]*benchPackage{}
	for arm, module := range modules {
		found, err := benchmarkDirs(ctx, module, patterns)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", armNames[arm], err)
		}
		for path, dir := range found {
			if byPath[path] == nil {
				byPath[path] = &benchPackage{path: path}
			}
			byPath[path].dir[arm] = dir
		}
	}
	var packages []*benchPackage
	for _, p := range byPath {
		packages = append(packages, p)
	}
	slices.SortFunc(packages, func(a, b *benchPackage) int { return strings.Compare(a.path, b.path) })
	return packages, nil
}

// benchmarkDirs maps the import paths of a module's packages with benchmarks to
// their folders.
func benchmarkDirs(ctx context.Context, module string, patterns []string) (map[string]string, error) {
	if _, err := os.Stat(module); err != nil {
		return map[string]string{}, nil // the module is new, or gone
	}
	args := append([]string{"list", "-e", "-json=ImportPath,Dir,TestGoFiles,XTestGoFiles", "--"}, patterns...)
	out, err := child.Output(child.Command(ctx, module, "go", args...))
	if err != nil {
		return nil, err
	}
	dirs := map[string]string{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); decoder.More(); {
		var p struct {
			ImportPath, Dir           string
			TestGoFiles, XTestGoFiles []string
		}
		if err := decoder.Decode(&p); err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		for _, name := range append(p.TestGoFiles, p.XTestGoFiles...) {
			if hasBenchmarks(filepath.Join(p.Dir, name)) {
				dirs[p.ImportPath] = p.Dir
				break
			}
		}
	}
	return dirs, nil
}

// hasBenchmarks tells whether a file declares some. One that isn't Go counts: the
// build will say what is wrong with it.
func hasBenchmarks(path string) bool {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return true
	}
	return slices.ContainsFunc(file.Decls, func(d ast.Decl) bool {
		f, ok := d.(*ast.FuncDecl)
		return ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Benchmark")
	})
}

// A binary is one arm of one package, linked with one layout.
type binary struct {
	path string
	dir  string // where it runs: the package's folder
}

// link builds the test binary of an arm. The seed alone tells two links of the
// same code apart: it orders the functions in memory. Dropping the debugging
// tables makes linking faster and leaves the code as it is.
func link(ctx context.Context, p *benchPackage, arm int, seed int64, path string) (binary, error) {
	cmd := child.Command(ctx, p.dir[arm], "go", "test", "-c", "-buildvcs=false",
		"-ldflags=-s -w -randlayout="+strconv.FormatInt(seed, 10), "-o", path, ".")
	cmd.Env = append(cmd.Environ(), "GOTMPDIR="+filepath.Dir(path)) // removed with the rest, even if killed
	if _, err := child.Output(cmd); err != nil {
		if ctx.Err() != nil {
			return binary{}, ctx.Err()
		}
		if arm == same {
			arm = base // linked again: whichever of the two failed first
		}
		return binary{}, fmt.Errorf("%s does not build: %s\n%s", armNames[arm], p.path, child.LastWords(err))
	}
	return binary{path, p.dir[arm]}, nil
}
