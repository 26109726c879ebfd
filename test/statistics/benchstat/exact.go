// Prints what benchmath answers to two files, with all digits: go run ./cmd/exact base.txt new.txt, in a checkout of golang.org/x/perf.

package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/perf/benchmath"
)

func read(path string) ([]string, map[string][]float64) {
	f, _ := os.Open(path)
	names := []string{}
	m := map[string][]float64{}
	s := bufio.NewScanner(f)
	for s.Scan() {
		w := strings.Fields(s.Text())
		if len(w) < 4 || !strings.HasPrefix(w[0], "Benchmark") {
			continue
		}
		n := strings.TrimSuffix(strings.TrimPrefix(w[0], "Benchmark"), "-2")
		if m[n] == nil {
			names = append(names, n)
		}
		v, _ := strconv.ParseFloat(w[2], 64)
		m[n] = append(m[n], v)
	}
	return names, m
}

func main() {
	names, a := read(os.Args[1])
	_, b := read(os.Args[2])
	t := &benchmath.Thresholds{CompareAlpha: 0.05}
	fmt.Println("name\tp\tbase_median\tbase_low\tbase_high\tbase_confidence\tnew_median\tnew_low\tnew_high\tnew_confidence")
	for _, n := range names {
		x, y := benchmath.NewSample(a[n], t), benchmath.NewSample(b[n], t)
		c := benchmath.AssumeNothing.Compare(x, y)
		s, u := benchmath.AssumeNothing.Summary(x, 0.95), benchmath.AssumeNothing.Summary(y, 0.95)
		fmt.Printf("%s\t%.12g\t%v\t%v\t%v\t%.6g\t%v\t%v\t%v\t%.6g\n", n, c.P, s.Center, s.Lo, s.Hi, s.Confidence, u.Center, u.Lo, u.Hi, u.Confidence)
	}
}
