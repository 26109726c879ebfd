/*
 * Processes that go on while the reboot call freezes the sessions: one a kind of call, and a witness. They count in a
 * preserved file, which the next stage reads: a call that was not answered although the witness went on waited for the jump.
 */
#define _GNU_SOURCE
#include "chain.h"

#include <sched.h>

enum { PAGE = 4096, ENOUGH_ROUNDS = 10, COUNTERS_OFFSET = 64 };

struct counters {
	int64_t begun, answered, ret;
	/* What the witness had counted when the last call began, and when it was answered. */
	int64_t witness_begun, witness_answered;
};

static const struct { const char *what; int (*call)(void); } kinds[] = {
	{"create_session", late_create}, {"retrieve_session", late_retrieve}, {"get_name", late_get_name},
	{"preserve_fd", late_preserve}, {"open_second", late_open},
};
enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

struct tally {
	struct counters kinds[KINDS];
	int64_t witness;
};

static volatile struct tally *map_tally(int fd)
{
	char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return page == MAP_FAILED ? NULL : (void *)(page + COUNTERS_OFFSET);
}

static void stay_on(int cpu)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void repeat(volatile struct tally *tally, int kind)
{
	volatile struct counters *counters = &tally->kinds[kind];
	for (;; sched_yield()) {
		counters->witness_begun = tally->witness;
		counters->begun++;
		counters->ret = kinds[kind].call();
		counters->answered++;
		counters->witness_answered = tally->witness;
	}
}

/* Starts them on another CPU and comes back when they have made their first calls. */
void start_late_calls(int fd)
{
	volatile struct tally *tally = map_tally(fd);
	if (!tally) return;
	memset((void *)tally, 0, sizeof(*tally));
	stay_on(1);
	for (int kind = 0; kind < KINDS; kind++)
		if (fork() == 0) repeat(tally, kind);
	if (fork() == 0)
		for (;; sched_yield()) tally->witness++;
	stay_on(0);
	usleep(20000);
}

/* Says which calls waited, and which were answered after those had begun to wait. */
void report_late_calls(int fd)
{
	volatile struct tally *tally = map_tally(fd);
	if (!tally) return;
	int64_t frozen = 0;
	for (int kind = 0; kind < KINDS; kind++) {
		volatile struct counters *counters = &tally->kinds[kind];
		bool waits = counters->begun > counters->answered && tally->witness - counters->witness_begun >= ENOUGH_ROUNDS;
		if (waits && counters->witness_begun > frozen) frozen = counters->witness_begun;
		if (waits) answer("\"op\":\"late\",\"what\":\"%s\",\"outcome\":\"waits\",\"ret\":0", kinds[kind].what);
	}
	for (int kind = 0; kind < KINDS; kind++) {
		volatile struct counters *counters = &tally->kinds[kind];
		if (frozen == 0 || counters->witness_answered - frozen < ENOUGH_ROUNDS) continue;
		answer("\"op\":\"late\",\"what\":\"%s\",\"outcome\":\"answered\",\"ret\":%d", kinds[kind].what,
		       (int)counters->ret);
	}
}
