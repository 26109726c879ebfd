/*
 * Records random calls on a real /dev/liveupdate over several live updates in a row.
 *
 * It is PID 1 of a guest. Each stage boots, makes seeded calls, writes one JSON object a call to the second serial port
 * and goes on into the next kernel, with a copy of its own initramfs. docs/conformance.md lists calls and fields.
 *
 * Kernel arguments   chain.seed, chain.calls (draws a stage), chain.stages, chain.kernels (a letter a stage: /kernel-a,
 *                    /kernel-b), chain.panic (stage that ends with a full block of sessions and a refused create),
 *                    chain.late (stage that makes calls while the reboot call goes on: needs two CPUs),
 *                    chain.forge and chain.forge_what (stage that changes what it was handed before its first open)
 */
#define _GNU_SOURCE
#include "chain.h"

#include <linux/kexec.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <termios.h>

enum { SESSIONS_PER_BLOCK = 51, FILES_PER_BLOCK = 63, BULK_FILES = 140, BULK_TOKEN = 100, TALLY_TOKEN = 99 };

static char command_line[2048];

static long parameter(const char *name, long otherwise)
{
	char key[64];
	snprintf(key, sizeof(key), "chain.%s=", name);
	const char *found = strstr(command_line, key);
	return found ? strtol(found + strlen(key), NULL, 0) : otherwise;
}

static void read_command_line(void)
{
	int fd = open("/proc/cmdline", O_RDONLY);
	ssize_t length = read(fd, command_line, sizeof(command_line) - 1);
	command_line[length > 0 ? length : 0] = 0;
	command_line[strcspn(command_line, "\n")] = 0;
	close(fd);
}

/* One session with 63, 126 or some 100 files; at full blocks, and last, comes a call that is refused. */
static void preserve_bulk(void)
{
	int session = create_session(below(2) ? "bulk0" : "bulk1");
	if (session < 0) return;
	static const int borders[] = {FILES_PER_BLOCK, 2 * FILES_PER_BLOCK};
	int files = below(3) ? borders[below(2)] : FILES_PER_BLOCK + 1 + (int)below(BULK_FILES - FILES_PER_BLOCK);
	for (int i = 0; i <= files; i++) {
		if (i > 0 && (i % FILES_PER_BLOCK == 0 || i == files)) preserve_refused(session, BULK_TOKEN);
		if (i == files) break;
		int object = preserve_new(session, "memfd-pages", BULK_TOKEN + i);
		if (object >= 0 && below(20)) close_file(object);
	}
}

/* As many sessions as asked, by creating or closing. */
static void reach_sessions(int wanted)
{
	for (int tries = 0; count_outgoing() < wanted && tries < 400; tries++) {
		char name[NAME_BYTES + 1];
		snprintf(name, sizeof(name), "n%u", below(70));
		if (below(4) == 0 && count_outgoing() % SESSIONS_PER_BLOCK != 0) pick_name(name);
		create_session(name);
	}
	for (int place = 0; count_outgoing() > wanted && place < SESSIONS; place++)
		if (sessions[place].fd >= 0 && sessions[place].outgoing) close_session(place);
}

/* A create that is refused when all blocks are full leaves an empty block, on which the next kernel panics. */
static void leave_empty_block(void)
{
	reach_sessions(SESSIONS_PER_BLOCK);
	char name[NAME_BYTES + 1];
	for (int i = 0; i < 70 && !empty_block; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		if (outgoing_name(name)) create_session(name);
	}
}

static void mend_empty_block(void)
{
	char name[NAME_BYTES + 1];
	for (int i = 0; i < 9 && empty_block; i++) {
		snprintf(name, sizeof(name), "mend%d", i);
		create_session(name);
	}
}

/* A file that counts what happens while the reboot call goes on; there is room for a session more. */
static int preserve_tally(void)
{
	reach_sessions(9);
	int session = create_session("late");
	int object = session < 0 ? -1 : preserve_new(session, "memfd-pages", TALLY_TOKEN);
	if (session >= 0 && object < 0) {
		close_file(0); /* every place was taken */
		object = preserve_new(session, "memfd-pages", TALLY_TOKEN);
	}
	return object < 0 ? -1 : file_descriptor(object);
}

static void report_tally(int stage)
{
	int session = retrieve_session("late");
	int object = session < 0 ? -1 : retrieve(session, TALLY_TOKEN);
	if (object < 0) return;
	log_stage_as(stage - 1);
	report_late_calls(file_descriptor(object));
	log_stage_as(stage);
	close_file(object);
	close_session(session);
}

static long load_kexec(char letter, int stage)
{
	char path[32], next[2200];
	write_notes("/notes");
	pack_initramfs("/initrd");
	snprintf(path, sizeof(path), "/kernel-%c", letter);
	char *cut = strstr(command_line, " chain.stage=");
	int length = cut ? (int)(cut - command_line) : (int)strlen(command_line);
	snprintf(next, sizeof(next), "%.*s chain.stage=%d", length, command_line, stage + 1);
	int kernel = open(path, O_RDONLY), initrd = open("/initrd", O_RDONLY);
	long got = syscall(SYS_kexec_file_load, kernel, initrd, strlen(next) + 1, next, 0);
	answer("\"op\":\"kexec_file_load\",\"ret\":%d", RET(got));
	close(kernel);
	close(initrd);
	return got;
}

/* Without an image the reboot call refuses, before anything is frozen. */
static void reboot_unloaded(char letter, int stage)
{
	if (letter != 0 && below(2) && load_kexec(letter, stage) == 0) {
		long got = syscall(SYS_kexec_file_load, -1, -1, 0, NULL, KEXEC_FILE_UNLOAD);
		answer("\"op\":\"kexec_unload\",\"ret\":%d", RET(got));
		if (got < 0) return;
	}
	long got = reboot(RB_KEXEC);
	answer("\"op\":\"reboot\",\"ret\":%d", RET(got));
}

static void play(int stage, long calls, char letter)
{
	long bulk_at = calls / 4, full_at = calls / 2, end_at = calls - calls / 8, reboot_at = below((uint32_t)calls);
	for (long i = 0; i < calls; i++) {
		if (i == reboot_at) reboot_unloaded(letter, stage);
		if (i == bulk_at && device >= 0) preserve_bulk();
		if (i == full_at && device >= 0) reach_sessions(45 + (int)below(16));
		if (i == end_at && device >= 0 && below(3) == 0) reach_sessions((int)below(60));
		draw_call(stage > 1);
	}
}

static void mount_all(void)
{
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
}

static void open_log(int stage)
{
	int fd = open("/dev/ttyS1", O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios raw;
	tcgetattr(fd, &raw);
	cfmakeraw(&raw);
	cfsetspeed(&raw, B115200);
	tcsetattr(fd, TCSANOW, &raw);
	start_log(fd, stage);
}

static void end_log(void)
{
	flush_log();
	sync();
}

int main(void)
{
	mount_all();
	read_command_line();
	int stage = (int)parameter("stage", 1), stages = (int)parameter("stages", 4);
	open_log(stage);
	seed_random((uint32_t)parameter("seed", 1), (uint32_t)stage);
	const char *kernels = strstr(command_line, "chain.kernels=");
	char letter = 0;
	if (kernels && stage < stages) letter = kernels[strlen("chain.kernels=") + (size_t)stage];
	struct utsname names;
	uname(&names);
	answer("\"op\":\"boot\",\"release\":\"%s\",\"outcome\":\"running\",\"ret\":0", names.release);
	read_notes("/notes");
	start_places();
	int forged = parameter("forge", 0) == stage;
	if (forged) forge((int)parameter("forge_what", 0));
	open_device();
	if (forged) open_device();
	if (stage > 1 && parameter("late", 0) == stage - 1) report_tally(stage);
	play(stage, forged ? 40 : parameter("calls", 300), letter);
	if (stage < stages) {
		if (device < 0) open_device();
		if (device >= 0 && parameter("panic", 0) == stage) leave_empty_block();
		else if (device >= 0) mend_empty_block();
		int late = parameter("late", 0) == stage ? preserve_tally() : -1;
		if (below(2) && late < 0) close_device();
		load_kexec(letter, stage);
		end_log();
		if (late >= 0) start_late_calls(late);
		long got = reboot(RB_KEXEC);
		answer("\"op\":\"reboot\",\"ret\":%d", RET(got));
	}
	end_log();
	reboot(RB_POWER_OFF);
	return 0;
}
