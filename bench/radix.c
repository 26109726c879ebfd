/* radix BLOCKS COUNT: enters COUNT order-0 blocks (uint32 each) into a radix tree of six levels, as the kernel's tracker
 * does, one key after the other. Prints nanoseconds and pages by level, leaf first. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LEAF_SHIFT = 15, TABLE_SHIFT = 9, LEVELS = 6 };

static uint64_t pages[LEVELS];

static uint64_t *take_page(int level) {
  pages[level]++;
  uint64_t *page = calloc(1, 4096);
  if (!page) exit(1);
  return page;
}

static void add(uint64_t *table, unsigned order, uint64_t block) {
  uint64_t key = (1ull << (52 - order)) + block;
  for (int level = LEVELS - 1; level > 0; level--) {
    unsigned entry = key >> (LEAF_SHIFT + TABLE_SHIFT * (level - 1)) & 511;
    if (!table[entry]) table[entry] = (uint64_t)take_page(level - 1);
    table = (uint64_t *)table[entry];
  }
  table[(key & 32767) >> 6] |= 1ull << (key & 63);
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  long count = atol(argv[2]);
  uint32_t *blocks = malloc(count * sizeof *blocks);
  FILE *file = fopen(argv[1], "rb");
  if (!blocks || !file || fread(blocks, sizeof *blocks, count, file) != (size_t)count) return 1;
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  uint64_t *root = take_page(LEVELS - 1);
  for (long i = 0; i < count; i++) add(root, 0, blocks[i]);
  clock_gettime(CLOCK_MONOTONIC, &end);
  printf("%lld", (end.tv_sec - start.tv_sec) * 1000000000ll + (end.tv_nsec - start.tv_nsec));
  for (int level = 0; level < LEVELS; level++) printf(" %llu", (unsigned long long)pages[level]);
  printf("\n");
  return 0;
}
