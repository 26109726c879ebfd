/* What goes over the kexec beside the calls: the next initramfs, and changes to what a kernel was handed. */
#include "chain.h"

#include <sys/sysmacros.h>

enum { PAGE = 4096, WINDOW = 4 << 20, SESSIONS_PER_BLOCK = 51, FILE_BLOCK_HEADER = 16, COPY_BYTES = 1 << 16 };

struct session_entry {
	char name[NAME_BYTES];
	uint64_t files, count;
};

struct session_block {
	uint64_t next, count;
	struct session_entry entries[SESSIONS_PER_BLOCK];
};

static bool plausible_entry(const struct session_entry *entry)
{
	size_t length = strnlen(entry->name, NAME_BYTES);
	if (length == 0 || length == NAME_BYTES) return false;
	for (size_t i = length; i < NAME_BYTES; i++)
		if (entry->name[i]) return false;
	return entry->files % PAGE == 0 && (entry->files == 0) == (entry->count == 0) && entry->count < 1000;
}

static bool plausible_block(const struct session_block *block)
{
	if (block->next % PAGE != 0 || block->count < 2 || block->count > SESSIONS_PER_BLOCK) return false;
	for (uint64_t i = 0; i < block->count; i++)
		if (!plausible_entry(&block->entries[i])) return false;
	return true;
}

/*
 * Physical address of the first block of sessions between two addresses, or 0. A kernel gives LUO's root back as soon as
 * it has read it, so that only the block's look tells where it lies.
 */
static uint64_t find_block(int memory, uint64_t from, uint64_t end)
{
	uint64_t found = 0;
	for (uint64_t at = from; at < end && found == 0; at += WINDOW) {
		size_t length = end - at < WINDOW ? end - at : WINDOW;
		char *window = mmap(NULL, length, PROT_READ, MAP_SHARED, memory, (off_t)at);
		if (window == MAP_FAILED) continue;
		for (size_t page = 0; page + PAGE <= length && found == 0; page += PAGE) {
			const struct session_block *block = (const void *)(window + page);
			if (plausible_block(block) && (block->next != 0 || block->count < SESSIONS_PER_BLOCK)) found = at + page;
		}
		munmap(window, length);
	}
	return found;
}

static struct session_block *map_first_block(int memory)
{
	FILE *map = fopen("/proc/iomem", "r");
	char line[128];
	uint64_t found = 0, from, end;
	while (map && found == 0 && fgets(line, sizeof(line), map))
		if (strstr(line, "System RAM") && sscanf(line, "%lx-%lx", &from, &end) == 2 && end > 1 << 20)
			found = find_block(memory, from, end + 1);
	if (map) fclose(map);
	if (found == 0) return NULL;
	struct session_block *block = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memory, (off_t)found);
	return block == MAP_FAILED ? NULL : block;
}

/* The first file of the first session with files gets a handler that no kernel has. */
static bool forge_handler(int memory, const struct session_block *block)
{
	for (uint64_t i = 0; i < block->count; i++) {
		if (block->entries[i].count == 0) continue;
		char *files = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memory, (off_t)block->entries[i].files);
		if (files == MAP_FAILED) return false;
		memcpy(files + FILE_BLOCK_HEADER, "memfd-v9", 9);
		return munmap(files, PAGE) == 0;
	}
	return false;
}

/*
 * Changes the handed-over memory of this kernel, which no one has read yet: the second session takes the name of the first,
 * or a file gets an unknown handler. Needs CONFIG_DEVMEM, not strict, and a block that is the first or the only one.
 */
void forge(int what)
{
	int memory = open("/dev/mem", O_RDWR);
	struct session_block *block = memory < 0 ? NULL : map_first_block(memory);
	bool done = block != NULL;
	if (done && what == 0) memcpy(block->entries[1].name, block->entries[0].name, NAME_BYTES);
	else if (done) done = forge_handler(memory, block);
	if (memory >= 0) close(memory);
	answer("\"op\":\"forge\",\"what\":\"%s\",\"ret\":%d", what == 0 ? "same_name" : "unknown_handler", done ? 0 : -EIO);
}

static void pad(FILE *to, long length)
{
	for (; length % 4 != 0; length++) fputc(0, to);
}

/* One entry of a cpio archive of the new ASCII format. */
static void pack(FILE *to, const char *path, unsigned mode, unsigned major, unsigned minor)
{
	static char bytes[COPY_BYTES];
	struct stat status = {0};
	FILE *from = S_ISREG(mode) ? fopen(path, "r") : NULL;
	if (from) fstat(fileno(from), &status);
	const char *name = path + 1;
	unsigned length = (unsigned)strlen(name) + 1, size = (unsigned)status.st_size;
	static unsigned inode = 1;
	fprintf(to, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", inode++, mode, 0, 0, 1, 0, size, 0, 0, major,
		minor, length, 0);
	fwrite(name, 1, length, to);
	pad(to, 110 + (long)length);
	if (!from) return;
	for (size_t got; (got = fread(bytes, 1, sizeof(bytes), from)) > 0;) fwrite(bytes, 1, got, to);
	pad(to, size);
	fclose(from);
}

/* The initramfs that this stage runs from, again, with this stage's notes: every stage makes the next one's. */
void pack_initramfs(const char *path)
{
	FILE *to = fopen(path, "w");
	if (!to) return;
	pack(to, "/dev", S_IFDIR | 0755, 0, 0);
	pack(to, "/dev/console", S_IFCHR | 0600, 5, 1);
	pack(to, "/init", S_IFREG | 0755, 0, 0);
	pack(to, "/kernel-a", S_IFREG | 0644, 0, 0);
	pack(to, "/kernel-b", S_IFREG | 0644, 0, 0);
	pack(to, "/notes", S_IFREG | 0644, 0, 0);
	pack(to, "/TRAILER!!!", 0, 0, 0);
	fclose(to);
}
