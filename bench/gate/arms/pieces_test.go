//go:build unix

package arms

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"temper/bench/gate/gatetest"
)

func TestPiecesTakeAllProcessorsInRandomOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var first []place
	for range 20 {
		places := new(Row).places(rng)
		first = append(first, places[0])
		slices.Sort(places)
		for i, cpu := range processors() {
			if places[i] != place(cpu) {
				t.Fatalf("places %v of processors %v", places, processors())
			}
		}
	}
	slices.Sort(first)
	if cpus := len(processors()); cpus > 1 && len(slices.Compact(first)) == 1 {
		t.Error("20 rounds began on the same processor")
	}
	if places := (&Row{roams: true}).places(rng); !slices.Equal(places, []place{everywhere}) {
		t.Errorf("a row that roams runs on %v", places)
	}
}

const parallelModule = `package parallel

import (
	"testing"
	"time"
)

func BenchmarkSerial(b *testing.B) {
	for b.Loop() {
		spin()
	}
}

func BenchmarkParallel(b *testing.B) {
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			spin()
		}
	})
}

func BenchmarkPrepared(b *testing.B) {
	time.Sleep(20 * time.Millisecond)
	for b.Loop() {
		spin()
	}
}

func spin() (x uint64) {
	for range 1_000_000 {
		x = x*6364136223846793005 + 1442695040888963407
	}
	return x
}
`

func TestRowsStayOnOneProcessorUnlessTheyGainFromMore(t *testing.T) {
	gatetest.NeedsSlow(t)
	if len(processors()) < 2 {
		t.Skip("one processor")
	}
	dir, ctx := t.TempDir(), context.Background()
	for name, text := range map[string]string{"go.mod": "module parallel\n\ngo 1.24\n", "parallel_test.go": parallelModule} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	pkg := &benchPackage{path: "parallel", dir: [Count]string{dir, dir, dir}}
	built, err := link(ctx, pkg, Base, 1, filepath.Join(dir, "parallel.test"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		roams        bool
		fewest, most int
	}{"Serial": {false, 3, maxPieces}, "Parallel": {true, 3, maxPieces}, "Prepared": {false, 1, 2}} {
		r := &Row{Name: name, bench: [Count]string{name, name, name}, iterations: 60}
		if err := r.tune(ctx, [Count]binary{built, built, built}); err != nil {
			t.Fatal(err)
		}
		if r.roams != want.roams || r.pieces < want.fewest || r.pieces > want.most {
			t.Errorf("%s roams: %v, in %d pieces; want %+v", name, r.roams, r.pieces, want)
		}
	}
}
