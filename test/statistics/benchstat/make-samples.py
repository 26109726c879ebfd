# Go benchmark text with times of this project's own making: python3 make-samples.py, in this folder.
import random

r = random.Random(20261126)
def write(path, cases, side):
    with open(path, "w") as f:
        f.write("goos: linux\ngoarch: amd64\npkg: luoscope.example/liveupdate\n")
        for name, n, make in cases:
            for i in range(n[side]):
                f.write(f"Benchmark{name}-2 \t1\t{make(side)} ns/op\n")
cases = [
  ("Ten", (10,10), lambda s: round(r.gauss(4_660_000*(1+0.03*s), 90_000))),
  ("TenAlike", (10,10), lambda s: round(r.gauss(812_000, 15_000))),
  ("Five", (5,5), lambda s: round(r.gauss(120_000*(1+0.1*s), 9_000))),
  ("Ties", (10,10), lambda s: 1000*r.randint(40, 44) + 1000*s),
  ("Heavy", (25,25), lambda s: 100*r.randint(3, 5+s)),
  ("Equal", (6,6), lambda s: 700),
  ("Uneven", (12,7), lambda s: round(r.gauss(55_000*(1+0.02*s), 1_500))),
  ("Thirty", (30,30), lambda s: round(r.lognormvariate(13+0.03*s, 0.08))),
  ("Fifty", (50,50), lambda s: round(r.lognormvariate(13+0.02*s, 0.08))),
  ("Sixty", (60,60), lambda s: round(r.lognormvariate(13+0.02*s, 0.08))),
  ("SixtyTies", (60,60), lambda s: 100*round(r.gauss(50+0.6*s, 2))),
  ("Few", (3,3), lambda s: round(r.gauss(9_000, 300))),
]
write("base.txt", cases, 0); write("new.txt", cases, 1)
