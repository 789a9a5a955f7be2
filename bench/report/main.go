// Command report says whether the implementations of this module are right and
// how fast they are on this machine, in one table:
//
//	go run ./bench/report
//
// It holds every variant to the laws first and times nothing if one is broken.
// On a terminal the table has 80 columns, with the baseline and the best of each row;
// -wide prints all, as does a pipe.
// With -peers it compares with the rivals of bench/peers instead. With -record FILE
// the measurements are kept, with their provenance, in the format of Go benchmarks, which
// benchstat reads, and the law reports of rivals in a folder beside FILE.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	record := flag.String("record", "", "keep the raw results in `FILE`")
	benchtime := flag.String("benchtime", "30ms", "`time` per measurement, as go test takes it")
	peers := flag.Bool("peers", false, "compare with other libraries")
	wide := flag.Bool("wide", !isTerminal(os.Stdout), "print every implementation in a wide table")
	flag.Parse()
	if err := report(*record, *benchtime, *peers, *wide); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

func report(record, benchtime string, peers, wide bool) error {
	origin := provenance()
	if record != "" {
		if err := makeFile(record); err != nil {
			return err
		}
	}
	var m *measurements
	var notes []string
	var err error
	if peers {
		m, notes, err = measurePeers(os.Stderr, benchtime, lawsBeside(record))
	} else if err = checkLaws(os.Stderr); err == nil {
		m, err = measure(os.Stderr, benchtime)
	}
	if err != nil {
		return err
	}
	if record != "" {
		if err := os.WriteFile(record, append(origin.header(), m.raw...), 0o644); err != nil {
			return err
		}
	}
	if wide || peers { // rivals have no baseline
		err = writeTable(os.Stdout, origin, m)
	} else {
		err = writeNarrow(os.Stdout, styleOf(os.Stdout), origin, m)
	}
	if err != nil {
		return err
	}
	for _, note := range notes {
		fmt.Println(note)
	}
	return nil
}

// makeFile makes the file where there is none, and the folders that it lies in:
// to learn after all measurements that they cannot be kept would be late.
func makeFile(name string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	return file.Close()
}

// lawsBeside is the folder of the law reports beside a record, an absolute path, since the
// tests that write them run in another folder; "" without a record.
func lawsBeside(record string) string {
	if record == "" {
		return ""
	}
	folder, err := filepath.Abs(strings.TrimSuffix(record, filepath.Ext(record)) + "-laws")
	if err != nil {
		return ""
	}
	return folder
}
