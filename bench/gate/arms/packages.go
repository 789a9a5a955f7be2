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
	env  []string      // for the go command, in addition
}

// listPackages returns the packages with benchmarks in base or head, sorted by path. A
// pattern that matches no package in either is an error, because a wrong name among right
// ones would go unnoticed.
func listPackages(ctx context.Context, modules [Count]string, patterns []string) ([]*benchPackage, error) {
	byPath, unmatched := map[string]*benchPackage{}, map[string][]string{}
	for _, arm := range []Arm{Base, Head} {
		found, err := list(ctx, modules[arm], patterns)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", arm, err)
		}
		for pattern, why := range found.unmatched {
			unmatched[pattern] = append(unmatched[pattern], fmt.Sprintf("%s: %s", arm, why))
		}
		for path, dir := range found.dirs {
			if byPath[path] == nil {
				byPath[path] = &benchPackage{path: path}
			}
			byPath[path].dir[arm] = dir
		}
	}
	for _, pattern := range patterns {
		if why := unmatched[pattern]; len(why) == 2 {
			return nil, fmt.Errorf("no package matches %q\n%s", pattern, strings.Join(why, "\n"))
		}
	}
	var packages []*benchPackage
	for _, p := range byPath {
		p.dir[Same] = p.dir[Base]
		packages = append(packages, p)
	}
	slices.SortFunc(packages, func(a, b *benchPackage) int { return strings.Compare(a.path, b.path) })
	return packages, nil
}

// A listing is what go list says of a module.
type listing struct {
	dirs      map[string]string // folders of the packages with benchmarks, by import path
	unmatched map[string]string // patterns without a package, and why
}

func list(ctx context.Context, module string, patterns []string) (listing, error) {
	found := listing{map[string]string{}, map[string]string{}}
	if _, err := os.Stat(module); err != nil {
		for _, pattern := range patterns {
			found.unmatched[pattern] = "git has no file in the folder" // the module is new, was deleted or is ignored
		}
		return found, nil
	}
	args := append([]string{"list", "-e", "-json=ImportPath,Dir,TestGoFiles,XTestGoFiles,Match,Error", "--"}, patterns...)
	out, err := child.Output(child.Command(ctx, module, "go", args...))
	if err != nil {
		return found, err
	}
	matched := map[string]bool{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); decoder.More(); {
		var p listed
		if err := decoder.Decode(&p); err != nil {
			return found, fmt.Errorf("go list: %w", err)
		}
		for _, pattern := range p.Match {
			matched[pattern] = matched[pattern] || p.Dir != ""
			found.unmatched[pattern] = strings.ReplaceAll(p.Error.Err, module, ".")
		}
		if p.hasBenchmarks() {
			found.dirs[p.ImportPath] = p.Dir
		}
	}
	for _, pattern := range patterns {
		if matched[pattern] {
			delete(found.unmatched, pattern)
		} else if found.unmatched[pattern] == "" {
			found.unmatched[pattern] = "go list finds none"
		}
	}
	return found, nil
}

// listed is a package as go list prints it.
type listed struct {
	ImportPath, Dir                  string
	TestGoFiles, XTestGoFiles, Match []string
	Error                            struct{ Err string }
}

func (p listed) hasBenchmarks() bool {
	return slices.ContainsFunc(append(p.TestGoFiles, p.XTestGoFiles...), func(name string) bool {
		return hasBenchmarks(filepath.Join(p.Dir, name))
	})
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
