// Command serve runs the fake server, to try the checks on:
//
//	go run ./props/server/fake/serve [flags]
//	go run ./props/server/check http://127.0.0.1:8180
package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"

	"temper/props/server/fake"
)

func main() {
	address := flag.String("address", "127.0.0.1:8180", "address to listen at")
	dialect := flag.String("dialect", string(fake.VLLM), fmt.Sprintf("one of %v", fake.Dialects()))
	scaled := flag.Bool("scaled", false, "divide log-probabilities by the temperature")
	first := flag.Bool("first", true, "apply temperature before the cuts")
	noise := flag.Float64("noise", 0, "let logits differ by up to this from step to step")
	list := flag.Int("list", 20, "entries of the longest list; 0 for no log-probabilities")
	bug := flag.String("bug", "", "planted bug, for example: top_p ignored")
	flag.Parse()
	err := fake.Check(fake.Dialect(*dialect), *bug)
	if err == nil {
		listener := &http.Server{Addr: *address, ReadHeaderTimeout: 10 * time.Second,
			Handler: fake.New(fake.Config{Dialect: fake.Dialect(*dialect), Scaled: *scaled, First: *first, Noise: *noise, List: *list, Bug: *bug})}
		fmt.Printf("serving %s at http://%s\n", *dialect, *address)
		err = listener.ListenAndServe()
	}
	fmt.Fprintln(os.Stderr, "serve:", err)
	os.Exit(2)
}
