// The replay's inner loop in C: what src/model/guest-memory.ts does, for bench/replay.bench.ts.
// Reads rows (u32 gfn, u32 count, u32 tick) from a file, marks them, folds each tick, prints ns and a checksum.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ull + t.tv_nsec;
}

struct memory {
  uint32_t frames, touched, *tick, *backed, *since, *list;
};

static int mark(struct memory *m, const uint16_t *vms, const uint32_t *gfn, const uint32_t *count, long from, long to) {
  for (long row = from; row < to; row++) {
    uint32_t first = gfn[row], n = count[row];
    if (vms[row] >= 1 || n == 0 || (uint64_t)first + n > m->frames) return -1;
    uint32_t last = first + n - 1, end = last >> 5, word = first >> 5, mask = ~0u << (first & 31);
    for (; word < end; word++) {
      uint32_t old = m->tick[word];
      if (old == 0) m->list[m->touched++] = word;
      m->tick[word] = old | mask;
      mask = ~0u;
    }
    uint32_t old = m->tick[word];
    if (old == 0) m->list[m->touched++] = word;
    m->tick[word] = old | (mask & (~0u >> (31 - (last & 31))));
  }
  return 0;
}

static void end_tick(struct memory *m, uint64_t *dirty, uint64_t *fresh) {
  for (uint32_t i = 0; i < m->touched; i++) {
    uint32_t word = m->list[i], bits = m->tick[word], old = m->since[word];
    m->tick[word] = 0;
    m->backed[word] |= bits;
    *dirty += __builtin_popcount(bits);
    *fresh += __builtin_popcount(bits & ~old);
    m->since[word] = old | bits;
  }
  m->touched = 0;
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  long rows = atol(argv[2]), rounds = argc > 4 ? atol(argv[4]) : 5;
  struct memory m = {.frames = strtoul(argv[3], NULL, 0)};
  size_t words = (m.frames + 31) / 32;
  uint32_t *gfn = malloc(rows * 4), *count = malloc(rows * 4), *tick = malloc(rows * 4);
  uint16_t *vms = calloc(rows, 2);
  FILE *f = fopen(argv[1], "rb");
  if (!f || fread(gfn, 4, rows, f) != rows || fread(count, 4, rows, f) != rows || fread(tick, 4, rows, f) != rows) return 3;
  m.tick = calloc(words, 4); m.backed = calloc(words, 4); m.since = calloc(words, 4);
  m.list = malloc(words * 4);
  for (long round = 0; round < rounds; round++) {
    memset(m.since, 0, words * 4);
    uint64_t dirty = 0, fresh = 0, t0 = now();
    for (long from = 0, to; from < rows; from = to) {
      for (to = from + 1; to < rows && tick[to] == tick[from]; to++) {}
      if (mark(&m, vms, gfn, count, from, to)) return 4;
      end_tick(&m, &dirty, &fresh);
    }
    printf("%llu %llu %llu\n", (unsigned long long)(now() - t0), (unsigned long long)dirty, (unsigned long long)fresh);
  }
  return 0;
}
