//go:build unix

package arms

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
	"strings"

	"temper/bench/gate/child"
)

// A benchPackage is a package with benchmarks.
type benchPackage struct {
	path string
	dir  [Count]string // its folder in each arm, "" where the arm lacks it
}

// listPackages returns the packages with benchmarks in base or head, sorted by path.
func listPackages(ctx context.Context, modules [Count]string, patterns []string) ([]*benchPackage, error) {
	byPath := map[string]*benchPackage{}
	for arm, module := range modules {
		found, err := benchmarkDirs(ctx, module, patterns)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", Arm(arm), err)
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
		return map[string]string{}, nil // this arm lacks the module: it is new, or was deleted
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

// hasBenchmarks returns whether a file declares benchmarks. A file that is not valid
// Go counts as one, because the build then says what is wrong with it.
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
