// Command page shows in one HTML file what is right, how fast it is, and how far
// sampling step by step is from sampling whole sequences:
//
//	go run ./bench/report/page [-o FILE] [FILE or FOLDER …]
//
// It measures nothing. It reads results in the format of Go benchmarks, law reports in
// JSON, as props writes them for kernels, samplers, verifiers and programs, and the
// report.json of the gate. What a file is, its content tells. Without arguments it runs
// first what is missing in bench/report/out, and reads that folder and gate.out.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	out := flag.String("o", filepath.Join(folder, "report.html"), "write the page to `FILE`")
	flag.Parse()
	if err := run(*out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "page:", err)
		os.Exit(1)
	}
}

func run(out string, names []string) error {
	if len(names) == 0 {
		if err := runMissing(os.Stderr); err != nil {
			return err
		}
		names = []string{folder}
		if _, err := os.Stat(gateReport); err == nil {
			names = append(names, gateReport)
		}
	}
	facts, err := readAll(names)
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if err := write(&page, facts); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(out, page.Bytes(), 0o644); err != nil {
		return err
	}
	for _, warning := range facts.warnings {
		fmt.Fprintln(os.Stderr, "page:", warning)
	}
	fmt.Fprintln(os.Stderr, "wrote", out)
	return nil
}
