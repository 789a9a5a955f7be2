package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/cpu"
)

// origin says where measurements come from. The name of the cpu is the
// benchmarks' own to tell.
type origin struct {
	features, goVersion, commit string
	threads                     int
}

func provenance() origin {
	return origin{features(), runtime.Version(), commit(), runtime.GOMAXPROCS(0)}
}

// features are those of the CPU that a variant may need.
func features() string {
	var have []string
	for _, f := range []struct {
		name string
		has  bool
	}{
		{"avx2", cpu.X86.HasAVX2},
		{"fma", cpu.X86.HasFMA},
		{"f16c", cpu.X86.HasF16C},
		{"bmi2", cpu.X86.HasBMI2},
		{"avx512f", cpu.X86.HasAVX512F},
		{"avx512dq", cpu.X86.HasAVX512DQ},
		{"asimd", cpu.ARM64.HasASIMD},
	} {
		if f.has {
			have = append(have, f.name)
		}
	}
	if have == nil {
		return "none"
	}
	return strings.Join(have, "+")
}

// commit is the one checked out, with a + if files were changed or added since.
func commit() string {
	head, err := exec.Command("git", "rev-parse", "--short=12", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	name := string(bytes.TrimSpace(head))
	if changes, err := exec.Command("git", "status", "--porcelain").Output(); err != nil || len(changes) > 0 {
		name += "+"
	}
	return name
}

// header is the origin in the benchmark format.
func (o origin) header() []byte {
	return fmt.Appendf(nil, "features: %s\ngo: %s\ncommit: %s\nthreads: %d\n", o.features, o.goVersion, o.commit, o.threads)
}
