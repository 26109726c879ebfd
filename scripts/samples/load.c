// Small loads that the sample traces show. Static, no library but libc.
//   load block DEV N      N rounds of writes, reads, flushes, discards and zeroing, past the page cache
//   load names            threads whose names hold spaces, dashes, brackets and colons, handing a token around
//   load memory MIB SEC   writes a whole array for SEC seconds, then its first half for SEC seconds, then exits
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static void check(int ok, const char *what) {
  if (!ok) {
    perror(what);
    exit(1);
  }
}

static uint32_t random_next(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

static int block(const char *device, int rounds) {
  int fd = open(device, O_RDWR | O_DIRECT);
  check(fd >= 0, device);
  char *buffer;
  check(posix_memalign((void **)&buffer, 4096, 1 << 20) == 0, "memalign");
  memset(buffer, 0x5a, 1 << 20);
  uint32_t state = 1;
  for (int round = 0; round < rounds; round++) {
    off_t at = (off_t)(random_next(&state) % 2048) * 4096;
    size_t size = 4096u << (round % 6);
    check(pwrite(fd, buffer, size, at) == (ssize_t)size, "pwrite");
    check(pread(fd, buffer, 4096, (off_t)(random_next(&state) % 2048) * 4096) == 4096, "pread");
    if (round % 4 == 3) check(fdatasync(fd) == 0, "fdatasync");
    if (round % 16 == 7) {
      uint64_t range[2] = {(uint64_t)(round % 8) << 20, 1 << 20};
      if (ioctl(fd, BLKDISCARD, range)) perror("BLKDISCARD");
    }
    if (round % 32 == 15) {
      uint64_t range[2] = {4 << 20, 64 << 10};
      if (ioctl(fd, BLKZEROOUT, range)) perror("BLKZEROOUT");
    }
  }
  // One large write, which the driver's limits may split.
  check(pwrite(fd, buffer, 1 << 20, 0) == 1 << 20, "pwrite");
  return 0;
}

static const char *const names[] = {"my task-1", "vCPU 0/KVM", "a-b-c-42", "[odd] <x>", "dots: 1.5: y", "(paren) =>", "qemu-kvm"};
enum { NAMES = sizeof names / sizeof *names };
static int pipes[NAMES][2];

static void *named(void *argument) {
  long own = (long)argument;
  prctl(PR_SET_NAME, names[own]);
  for (int turn = 0; turn < 12; turn++) {
    char token;
    check(read(pipes[own][0], &token, 1) == 1, "read");
    if (own == NAMES - 1) usleep(2000);
    check(write(pipes[(own + 1) % NAMES][1], &token, 1) == 1, "write");
  }
  return NULL;
}

static int hand_around(void) {
  pthread_t threads[NAMES];
  for (int i = 0; i < NAMES; i++) check(pipe(pipes[i]) == 0, "pipe");
  for (long i = 0; i < NAMES; i++) pthread_create(&threads[i], NULL, named, (void *)i);
  check(write(pipes[0][1], "t", 1) == 1, "write");
  for (int i = 0; i < NAMES; i++) pthread_join(threads[i], NULL);
  return 0;
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

static int memory(size_t mib, double span) {
  size_t size = mib << 20;
  char *array = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  check(array != MAP_FAILED, "mmap");
  // An emulated CPU sets a page's accessed bit only when it loads its translation again. Changing the rights of many
  // pages makes the kernel drop all translations; without that DAMON would see next to no accesses.
  size_t spare_size = 64 * 4096;
  char *spare = mmap(NULL, spare_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  check(spare != MAP_FAILED, "mmap");
  for (int phase = 0; phase < 2; phase++) {
    double end = seconds() + span;
    while (seconds() < end) {
      for (size_t at = 0; at < size >> phase; at += 4096) array[at]++;
      mprotect(spare, spare_size, PROT_READ);
      mprotect(spare, spare_size, PROT_READ | PROT_WRITE);
    }
  }
  return 0;
}

int main(int count, char **word) {
  if (count == 4 && !strcmp(word[1], "block")) return block(word[2], atoi(word[3]));
  if (count == 2 && !strcmp(word[1], "names")) return hand_around();
  if (count == 4 && !strcmp(word[1], "memory")) return memory(atoi(word[2]), atof(word[3]));
  fprintf(stderr, "usage: load block DEV N | load names | load memory MIB SEC\n");
  return 2;
}
