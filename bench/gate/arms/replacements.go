//go:build unix

package arms

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"temper/bench/gate/child"
)

// keepReplacements edits go.mod of the copied module in dir: replace directives that
// lead out of the repository (replace m => ../m) lead to the same folders as before.
// With a folder vendor, go.mod stays as it is: the replaced modules are in there, and
// the go command refuses a go.mod that differs from vendor/modules.txt.
func (r repository) keepReplacements(ctx context.Context, dir string) error {
	inTree, ok := moduleAbove(dir, r.module)
	if !ok {
		return nil // go list will say that go.mod is missing
	}
	module := filepath.Join(dir, inTree)
	if _, err := os.Stat(filepath.Join(module, "vendor", "modules.txt")); err == nil {
		return nil
	}
	out, err := child.Output(child.Command(ctx, module, "go", "mod", "edit", "-json"))
	if err != nil {
		return err
	}
	var file struct {
		Replace []struct {
			Old, New struct{ Path, Version string }
		}
	}
	if err := json.Unmarshal(out, &file); err != nil {
		return err
	}
	for _, replace := range file.Replace {
		target := filepath.Join(r.root, inTree, replace.New.Path)
		inside, err := filepath.Rel(r.root, target)
		if err != nil {
			return err
		}
		if !strings.HasPrefix(replace.New.Path, ".") || filepath.IsLocal(inside) {
			continue
		}
		old := replace.Old.Path
		if replace.Old.Version != "" {
			old += "@" + replace.Old.Version
		}
		if _, err := child.Output(child.Command(ctx, module, "go", "mod", "edit", "-replace="+old+"="+target)); err != nil {
			return err
		}
	}
	return nil
}

// moduleAbove returns the nearest folder of the tree with a go.mod, from a folder
// upwards.
func moduleAbove(tree, folder string) (string, bool) {
	for folder = filepath.Clean(folder); ; folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(tree, folder, "go.mod")); err == nil {
			return folder, true
		}
		if folder == "." {
			return "", false
		}
	}
}
