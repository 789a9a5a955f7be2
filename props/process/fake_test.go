package process

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"temper/props/operation"
	"temper/reference"
)

// fakeEnv makes the test binary a program that is asked: its value is what is
// wrong with it. fakeSamplerEnv makes it a sampler, fakeVerifierEnv a verifier.
const (
	fakeEnv         = "TEMPER_FAKE_ADAPTER"
	fakeSamplerEnv  = "TEMPER_FAKE_SAMPLER"
	fakeVerifierEnv = "TEMPER_FAKE_VERIFIER"
)

func TestMain(m *testing.M) {
	if defect := os.Getenv(fakeEnv); defect != "" {
		fake(defect)
		return
	}
	os.Exit(m.Run())
}

// hasty is the patience with programs that are meant to wear it out.
var hasty = patience{start: usual.start, answer: time.Second, end: time.Second, notice: 100 * time.Millisecond}

// fakeCommand is the test binary as a program with a defect. Under the race detector a
// program sleeps for a second before it ends, which is all that hasty gives it.
func fakeCommand(defect string) *exec.Cmd {
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), fakeEnv+"="+defect, "GORACE=atexit_sleep_ms=0")
	return command
}

// fakeSampler is the same as a sampler.
func fakeSampler(defect string) *exec.Cmd {
	command := fakeCommand(defect)
	command.Env = append(command.Env, fakeSamplerEnv+"=1")
	return command
}

// fakeVerifier is the same as a verifier.
func fakeVerifier(defect string) *exec.Cmd {
	command := fakeCommand(defect)
	command.Env = append(command.Env, fakeVerifierEnv+"=1")
	return command
}

// started is a running fake.
func started(t *testing.T, patience patience, defect string) *Process {
	t.Helper()
	return running(t, patience, fakeCommand(defect))
}

func running(t *testing.T, patience patience, command *exec.Cmd) *Process {
	t.Helper()
	p, err := start(patience, io.Discard, command)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// fake greets and answers out of the reference, until its defect.
func fake(defect string) {
	greeting := hello{Protocol: "temper/2", Name: "fake"}
	for _, op := range operation.All() {
		greeting.Operations = append(greeting.Operations, op.Name)
	}
	switch defect {
	case "says nothing":
		forever()
	case "is missing a module":
		fmt.Fprintln(os.Stderr, "ModuleNotFoundError: No module named 'numpy'")
		os.Exit(3)
	case "greets in prose":
		fmt.Println("Loading model…")
		forever()
	case "speaks another protocol":
		greeting.Protocol = "temper/4"
	case "speaks the first version":
		greeting.Protocol = "temper/1"
	case "has no name":
		greeting.Name = ""
	case "leaves much out":
		greeting.Operations = []string{"Draw"}
		greeting.Without, greeting.SmallestVocab, greeting.GreedyBelow = []string{"T = 0", "T = Infinity"}, 2, 1e-5
	case "leaves out what there is not":
		greeting.Without = []string{"T = 1"}
	case "leaves out temperatures above 1":
		greeting.GreedyBelow = 2
	case "wants rows that no memory holds":
		greeting.SmallestVocab = math.MaxInt
	case "has a heading for a name":
		greeting.Name = "# fake\n# heading"
	case "has a command for a name":
		greeting.Name = "\x1b[2Jfake"
	case "has an endless name":
		greeting.Name = strings.Repeat("x", 1000)
	case "provides what there is not":
		greeting.Operations = []string{"Softmax"}
	case "provides only Draw", "crashes at NaN", "seeds its generator for every row":
		greeting.Operations = []string{"Draw"}
	case "forgets the temperature":
		greeting.Operations = []string{"Anneal"}
	case "asks a program that does not end":
		command := fakeCommand("does not end")
		command.ExtraFiles = []*os.File{os.NewFile(3, "the test's pipe")}
		if _, err := start(usual, io.Discard, command); err != nil {
			panic(err)
		}
	case "provides nothing":
		greeting.Operations = nil
	}
	if os.Getenv(fakeSamplerEnv) != "" {
		greetSampler(&greeting, defect)
	}
	if os.Getenv(fakeVerifierEnv) != "" {
		greetVerifier(&greeting, defect)
	}
	write(greeting)
	if defect == "does not read" {
		forever()
	}
	in := bufio.NewReader(os.Stdin)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			break
		}
		misanswer(defect, parse(line))
	}
	if defect == "does not end" {
		forever()
	}
}

// parse reads a question. The logits, most of a long line, are cut out first: package
// json reads a text of base64 ten times as slowly as it is decoded.
func parse(line []byte) question {
	var q question
	before, rest, found := bytes.Cut(line, []byte(`"logits":"`))
	if !found {
		if err := json.Unmarshal(line, &q); err != nil {
			panic(err)
		}
		return q
	}
	logits, after, _ := bytes.Cut(rest, []byte(`"`))
	if err := json.Unmarshal(slices.Concat(before, []byte(`"logits":"`), []byte(`"`), after), &q); err != nil {
		panic(err)
	}
	var err error
	if q.Logits, err = base64.StdEncoding.AppendDecode(nil, logits); err != nil {
		panic(err)
	}
	return q
}

func misanswer(defect string, q question) {
	if q.Temperatures != nil {
		write(cut(defect, q))
		return
	}
	if q.Drafts != nil {
		write(verified(defect, q))
		return
	}
	reply := right(q)
	switch defect {
	case "hangs":
		forever()
	case "hangs with a child":
		leave(exec.Command("sleep", "600"))
		forever()
	case "crashes with a child":
		leave(exec.Command("sleep", "600"))
		fmt.Fprintln(os.Stderr, "out of memory")
		os.Exit(139)
	case "crashes with a child in a session of its own":
		leave(apart(exec.Command("sleep", "600")))
		fmt.Fprintln(os.Stderr, "out of memory")
		os.Exit(139)
	case "starts a daemon":
		leave(apart(exec.Command("sleep", "600")))
	case "leaves one that cannot be found":
		command := apart(exec.Command("sleep", "10"))
		command.Env = []string{}
		leave(command)
	case "crashes in colour":
		fmt.Fprintln(os.Stderr, "\x1b[31mout of memory\x1b[0m")
		os.Exit(1)
	case "crashes":
		fmt.Fprintln(os.Stderr, "Segmentation fault in softmax_kernel")
		os.Exit(139)
	case "refuses infinity":
		if q.Temperature == "Infinity" {
			reply = map[string]any{"id": q.ID, "error": "could not convert string to float"}
		}
	case "takes infinity for 0":
		if q.Temperature == "Infinity" {
			q.Temperature = "0"
			reply = right(q)
		}
	case "takes infinity for NaN":
		if q.Temperature == "Infinity" {
			reply["answer"] = pack([]float64{math.NaN()})
		}
	case "ends at infinity":
		if q.Temperature == "Infinity" {
			fmt.Fprintln(os.Stderr, "ValueError: Infinity")
			os.Exit(1)
		}
	case "crashes at NaN":
		for _, x := range unpack[float32](q.Logits) {
			if x != x {
				os.Exit(1)
			}
		}
	case "trickles":
		for {
			fmt.Print(" ")
			time.Sleep(10 * time.Millisecond)
		}
	case "never ends its line":
		for {
			fmt.Print(strings.Repeat("x", 1<<16))
		}
	case "prints":
		fmt.Println("DEBUG: computing")
	case "answers another question":
		reply["id"] = q.ID + 1
	case "answers too little":
		reply["answer"] = base64.StdEncoding.EncodeToString(make([]byte, 7))
	case "blames a row that is not there":
		reply["errors"] = []map[string]any{{"row": q.Rows, "reason": "ErrNaN"}}
	case "seeds its generator for every row":
		reply["answer"] = pack(wide(drawnAlike(q)))
	case "refuses":
		reply = map[string]any{"id": q.ID, "error": "out of cheese"}
	case "forgets the temperature":
		q.Temperature = "1"
		reply = right(q)
	}
	write(reply)
}

// leave starts a process that holds all pipes of this one, and the test's if there
// is one.
func leave(command *exec.Cmd) {
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	if _, err := os.Stat("/dev/fd/3"); err == nil {
		command.ExtraFiles = []*os.File{os.NewFile(3, "the test's pipe")}
	}
	if err := command.Start(); err != nil {
		panic(err)
	}
}

func forever() { time.Sleep(time.Hour) }

func write(message any) {
	text, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(text))
}

// right is the reference's answer to a question.
func right(q question) map[string]any {
	t, err := strconv.ParseFloat(q.Temperature, 64)
	if err != nil {
		panic(err)
	}
	op, _ := operation.Named(q.Operation)
	asked := operation.Query{Logits: unpack[float32](q.Logits), Rows: q.Rows, Tokens: ints(q.Tokens), U: unpack[float64](q.U), Temperature: t}
	if op.Takes == operation.Words {
		asked.Src = rand.NewPCG(q.Seed, 0)
	}
	dst := operation.Destination{Nats: make([]float64, q.Rows), Probabilities: asked.Logits, Draws: make([]int, q.Rows)}
	times := max(1, q.Draws)
	drawn := make([]int, q.Rows*times)
	for i := range times {
		err = op.Call(reference.Scalar, asked, dst)
		for r, token := range dst.Draws {
			drawn[r*times+i] = token
		}
	}
	packed := pack(dst.Nats)
	switch op.Returns {
	case operation.Probabilities:
		packed = pack(dst.Probabilities)
	case operation.Draws:
		packed = pack(wide(drawn))
	}
	return withErrors(map[string]any{"id": q.ID, "answer": packed}, err)
}

// withErrors is the reply with the rows that an error names, or the refusal of the whole.
func withErrors(reply map[string]any, err error) map[string]any {
	var bad reference.RowErrors
	switch {
	case errors.As(err, &bad):
		var rows []map[string]any
		for _, row := range bad {
			rows = append(rows, map[string]any{"row": row.Row, "reason": sentinel(row.Err)})
		}
		reply["errors"] = rows
	case err != nil:
		return map[string]any{"id": reply["id"], "error": sentinel(err)}
	}
	return reply
}

// drawnAlike draws from every row with a generator of its own, all with the same
// seed, as TensorFlow.js's multinomial does.
func drawnAlike(q question) []int {
	var t float64
	fmt.Sscan(q.Temperature, &t)
	logits := unpack[float32](q.Logits)
	vocab := len(logits) / q.Rows
	var dst []int
	for row := range slices.Chunk(logits, vocab) {
		drawn := make([]int, q.Draws)
		reference.Scalar.Draw(drawn, slices.Repeat(row, q.Draws), rand.NewPCG(q.Seed, 0), t)
		dst = append(dst, drawn...)
	}
	return dst
}

// sentinel names the error as the protocol does.
func sentinel(err error) string {
	for _, name := range []string{"ErrTemperature", "ErrNaN", "ErrInf", "ErrNoSupport", "ErrToken", "ErrDraw", "ErrSampling", "ErrShape", "ErrDistribution", "ErrImpossibleDraft"} {
		if errors.Is(err, errors.Unwrap(reason(name))) {
			return name + ": " + err.Error()
		}
	}
	return err.Error()
}

func unpack[E number](packed []byte) []E {
	numbers := make([]E, len(packed)/binary.Size(*new(E)))
	if _, err := binary.Decode(packed, binary.LittleEndian, numbers); err != nil {
		panic(err)
	}
	return numbers
}

func ints(packed []byte) []int {
	tokens := make([]int, len(packed)/8)
	narrow(tokens, unpack[int64](packed))
	return tokens
}

var nan = float32(math.NaN())
