/* The log, and the random numbers: both are the same for the same seed. */
#include "chain.h"

#include <stdarg.h>
#include <termios.h>

static int log_fd = -1;
static int log_stage;
static uint64_t random_state;

void start_log(int fd, int stage)
{
	log_fd = fd;
	log_stage = stage;
}

/* What is known only now of an earlier stage. */
void log_stage_as(int stage)
{
	log_stage = stage;
}

void flush_log(void)
{
	tcdrain(log_fd);
}

/* One line; errno stays what it is. */
void answer(const char *format, ...)
{
	int kept = errno;
	char line[512];
	int length = snprintf(line, sizeof(line), "{\"stage\":%d,", log_stage);
	va_list arguments;
	va_start(arguments, format);
	length += vsnprintf(line + length, sizeof(line) - (size_t)length - 3, format, arguments);
	va_end(arguments);
	line[length++] = '}';
	line[length++] = '\n';
	for (int done = 0; done < length;) {
		ssize_t wrote = write(log_fd, line + done, (size_t)(length - done));
		if (wrote <= 0) break;
		done += (int)wrote;
	}
	errno = kept;
}

void seed_random(uint32_t seed, uint32_t stage)
{
	random_state = ((uint64_t)seed << 8 | stage) * 0x9e3779b97f4a7c15u | 1;
	for (int i = 0; i < 8; i++) below(2);
}

/* xorshift64* */
uint32_t below(uint32_t limit)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (uint32_t)(random_state * 0x2545f4914f6cdd1du >> 33) % limit;
}
