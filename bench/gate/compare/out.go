//go:build unix

package compare

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"temper/bench/gate/arms"
	"temper/bench/gate/report"
	"temper/bench/gate/scratch"
)

// makeOut makes the output folder, and hides it from git if it is new: a folder that was
// there keeps its .gitignore. It keeps other runs out until unlock is called, and removes
// the report and the samples of an earlier run, which would be taken for those of a run
// that ends without any. Files of these names that are of no run stay.
func makeOut(dir string) (unlock func(), err error) {
	_, err = os.Stat(dir)
	isNew := errors.Is(err, fs.ErrNotExist)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if isNew {
		if err := os.WriteFile(filepath.Join(dir, ".gitignore"), []byte("*\n"), 0o644); err != nil {
			return nil, err
		}
	}
	lock, err := scratch.Lock(dir) // not every file system has locks
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("another run of the gate writes to %s: give one of them another folder by -o", dir)
	}
	unlock = func() { lock.Close() }
	if _, err := report.Read(dir); err != nil {
		return unlock, nil
	}
	for _, name := range append(report.Files(), arms.SamplesFiles()...) {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Join(err, lock.Close())
		}
	}
	return unlock, nil
}
