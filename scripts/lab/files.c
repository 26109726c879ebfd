/* Calls on preserved files, and on files beside them. */
#define _GNU_SOURCE
#include "chain.h"

#define LIVEUPDATE(nr) _IO(0xBA, nr)
enum { PRESERVE_FD = 0x40, RETRIEVE_FD };
enum { PAGE = 4096, BULK_TOKEN = 100, BULK_FILES = 140 };

struct fd_call {
	uint32_t size;
	int32_t fd;
	uint64_t token;
};

struct object {
	int fd;
	const char *kind;
	bool shmem;
};

static struct object objects[OBJECTS];

void start_files(void)
{
	for (int i = 0; i < OBJECTS; i++) objects[i].fd = -1;
}

static int free_place(void)
{
	for (int i = 0; i < OBJECTS; i++)
		if (objects[i].fd < 0) return i;
	return -2;
}

static int keep(int fd, const char *kind, bool shmem)
{
	int place = free_place();
	if (place < 0) close(fd);
	else objects[place] = (struct object){fd, kind, shmem};
	return place;
}

/* A memfd whose pages differ: page i of n holds bytes 1 + i + n. */
static int make_pages(int pages)
{
	int fd = memfd_create("chain", MFD_ALLOW_SEALING);
	for (int i = 0; i < pages; i++) {
		char page[PAGE];
		memset(page, 1 + i + pages, sizeof(page));
		if (pwrite(fd, page, sizeof(page), (off_t)i * PAGE) < 0) return -1;
	}
	return fd;
}

static int make(const char *kind, int pages)
{
	int ends[2];
	if (strcmp(kind, "memfd-pages") == 0) return make_pages(pages);
	if (strcmp(kind, "memfd-0") == 0) return memfd_create("chain", 0);
	if (strcmp(kind, "devnull") == 0) return open("/dev/null", O_RDWR);
	if (strcmp(kind, "tmpfs-file") == 0) return open("/dev/reg", O_RDWR | O_CREAT, 0600);
	if (strcmp(kind, "tmpfs-unlinked") == 0) return open("/dev", O_RDWR | O_TMPFILE, 0600);
	if (strcmp(kind, "memfd-hugetlb") == 0) return memfd_create("chain", MFD_HUGETLB);
	if (pipe(ends) < 0) return -1;
	close(ends[1]);
	return ends[0];
}

static int draw_pages(void)
{
	return below(8) ? 1 + (int)below(4) : 1 + (int)below(40);
}

static int ask_preserve(int session, int fd, uint64_t token)
{
	struct fd_call call = {sizeof(call), fd, token};
	int got = ioctl(sessions[session].fd, LIVEUPDATE(PRESERVE_FD), &call);
	int ret = RET(got);
	if (ret == 0) note_preserved(session, token);
	return ret;
}

int preserve_new(int session, const char *kind, uint64_t token)
{
	int pages = strcmp(kind, "memfd-pages") == 0 ? draw_pages() : 0;
	if (free_place() < 0) return -1;
	bool shmem = strncmp(kind, "memfd-hugetlb", 13) != 0 && strcmp(kind, "pipe") != 0 && strcmp(kind, "devnull") != 0;
	int place = keep(make(kind, pages), kind, shmem), ret = ask_preserve(session, objects[place].fd, token);
	char more[32] = "";
	if (pages > 0) snprintf(more, sizeof(more), "\"pages\":%d,", pages);
	answer("\"op\":\"preserve_fd\",\"slot\":%d,\"obj\":%d,\"kind\":\"%s\",\"new\":1,%s\"token\":%llu,\"ret\":%d", session,
	       place, kind, more, (unsigned long long)token, ret);
	return place;
}

static void preserve_kept(int session, int place, uint64_t token)
{
	const char *kind = place < 0 ? "bad-fd" : objects[place].kind;
	int ret = ask_preserve(session, place < 0 ? -1 : objects[place].fd, token);
	answer("\"op\":\"preserve_fd\",\"slot\":%d,\"obj\":%d,\"kind\":\"%s\",\"new\":0,\"token\":%llu,\"ret\":%d", session, place,
	       kind, (unsigned long long)token, ret);
}

void close_file(int place)
{
	int got = close(objects[place].fd);
	objects[place].fd = -1;
	answer("\"op\":\"close_file\",\"obj\":%d,\"ret\":%d", place, RET(got));
}

static const char *draw_kind(void)
{
	static const char *const kinds[] = {"memfd-pages", "memfd-pages", "memfd-pages", "memfd-pages", "memfd-0",
					    "pipe", "devnull", "tmpfs-file", "tmpfs-unlinked", "memfd-hugetlb"};
	return kinds[below(sizeof(kinds) / sizeof(*kinds))];
}

static int pick_object(bool shmem)
{
	int start = (int)below(OBJECTS);
	for (int i = 0; i < OBJECTS; i++) {
		int place = (start + i) % OBJECTS;
		if (objects[place].fd >= 0 && (objects[place].shmem || !shmem)) return place;
	}
	return -1;
}

static uint64_t draw_token(void)
{
	if (below(40) == 0) return 1ull << 52;
	return below(4) ? below(5) : BULK_TOKEN + below(BULK_FILES);
}

/* One that is refused for its token, its kind, its descriptor or its inode. */
void preserve_refused(int session, uint64_t used_token)
{
	uint64_t unused = BULK_TOKEN + 2 * BULK_FILES;
	uint32_t draw = below(4);
	if (draw == 0) {
		preserve_kept(session, -1, unused);
	} else if (draw == 1) {
		int place = preserve_new(session, "pipe", unused);
		if (place >= 0) close_file(place);
	} else {
		int place = preserve_new(session, "memfd-pages", used_token);
		if (place < 0) return;
		if (draw == 3 && preserve_new(session, "memfd-0", unused) < 0) return;
		close_file(place);
	}
}

void preserve_drawn(int session)
{
	int place = pick_object(false);
	if (below(12) == 0) preserve_kept(session, -1, draw_token());
	else if (place >= 0 && below(2)) preserve_kept(session, place, draw_token());
	else preserve_new(session, draw_kind(), draw_token());
}

static off_t size_of(int place)
{
	struct stat status;
	return fstat(objects[place].fd, &status) == 0 ? status.st_size : 0;
}

static off_t draw_offset(int place)
{
	off_t size = size_of(place);
	switch (below(7)) {
	case 0: return 0;
	case 1: return PAGE;
	case 2: return PAGE - 1;
	case 3: return size > 0 ? size - 1 : 0;
	case 4: return size;
	default: return (off_t)below((uint32_t)(size < 40 * PAGE ? size + 1 : 40 * PAGE));
	}
}

static void read_byte(int place)
{
	unsigned char byte = 0;
	off_t offset = draw_offset(place);
	ssize_t got = pread(objects[place].fd, &byte, 1, offset);
	answer("\"op\":\"read\",\"obj\":%d,\"offset\":%lld,\"ret\":%d,\"byte\":%d", place, (long long)offset, RET(got),
	       got == 1 ? byte : -1);
}

static void write_bytes(int place)
{
	static const int lengths[] = {1, 64, 64, PAGE, 5000, 2 * PAGE};
	static char bytes[2 * PAGE];
	int length = lengths[below(6)], byte = (int)below(256);
	off_t offset = draw_offset(place);
	memset(bytes, byte, sizeof(bytes));
	ssize_t got = pwrite(objects[place].fd, bytes, (size_t)length, offset);
	answer("\"op\":\"write\",\"obj\":%d,\"offset\":%lld,\"bytes\":%d,\"byte\":%d,\"ret\":%d,\"written\":%d", place,
	       (long long)offset, length, byte, RET(got), got < 0 ? 0 : (int)got);
}

static void resize(int place)
{
	off_t size = below(2) ? draw_offset(place) : (off_t)below(10 * PAGE);
	int got = ftruncate(objects[place].fd, size);
	answer("\"op\":\"resize\",\"obj\":%d,\"size\":%lld,\"ret\":%d", place, (long long)size, RET(got));
}

static void punch(int place)
{
	off_t offset = draw_offset(place);
	int bytes = below(2) ? PAGE : 1 + (int)below(2 * PAGE);
	int got = fallocate(objects[place].fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, bytes);
	answer("\"op\":\"punch\",\"obj\":%d,\"offset\":%lld,\"bytes\":%d,\"ret\":%d", place, (long long)offset, bytes, RET(got));
}

static void seek(int place)
{
	static const long long places[] = {-1, 0, 1, 7, 12345, 1ll << 40, (1ll << 52) + 1};
	long long offset = places[below(7)];
	off_t got = lseek(objects[place].fd, offset, SEEK_SET);
	answer("\"op\":\"seek\",\"obj\":%d,\"offset\":%lld,\"ret\":%d", place, offset, RET(got));
}

static void tell(int place)
{
	off_t got = lseek(objects[place].fd, 0, SEEK_CUR);
	answer("\"op\":\"tell\",\"obj\":%d,\"ret\":%d,\"offset\":%lld", place, RET(got), (long long)got);
}

static void add_seals(int place)
{
	static const int masks[] = {F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE,
				    F_SEAL_FUTURE_WRITE, F_SEAL_SEAL};
	int seals = masks[below(8)];
	int got = fcntl(objects[place].fd, F_ADD_SEALS, seals);
	answer("\"op\":\"add_seals\",\"obj\":%d,\"seals\":%d,\"ret\":%d", place, seals, RET(got));
}

static void get_seals(int place)
{
	int got = fcntl(objects[place].fd, F_GET_SEALS);
	answer("\"op\":\"get_seals\",\"obj\":%d,\"ret\":%d,\"seals\":%d", place, RET(got), got);
}

/* Another descriptor of the same open file, or the same file opened again. */
static void copy_file(int place, bool again)
{
	if (free_place() < 0) return;
	char path[32];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", objects[place].fd);
	int fd = again ? open(path, O_RDWR) : dup(objects[place].fd), ret = RET(fd);
	int copy = fd < 0 ? -1 : keep(fd, objects[place].kind, objects[place].shmem);
	answer("\"op\":\"%s\",\"obj\":%d,\"ret\":%d,\"new_obj\":%d", again ? "reopen_file" : "dup_file", place, ret, copy);
}

void draw_file_call(void)
{
	int place = pick_object(true);
	if (place < 0) return;
	switch (below(19)) {
	case 0: case 1: case 2: return read_byte(place);
	case 3: case 4: case 5: return write_bytes(place);
	case 6: return resize(place);
	case 7: return punch(place);
	case 8: case 9: return seek(place);
	case 10: return tell(place);
	case 11: return get_seals(place);
	case 12: case 13: return add_seals(place);
	case 14: case 15: return copy_file(place, below(2));
	default: close_file(pick_object(false));
	}
}

int retrieve(int session, uint64_t token)
{
	struct fd_call call = {sizeof(call), -1, token};
	int ret = RET(ioctl(sessions[session].fd, LIVEUPDATE(RETRIEVE_FD), &call)), place = -1, byte = -1;
	long long size = -1;
	if (ret == 0) {
		struct stat status;
		fstat(call.fd, &status);
		size = status.st_size;
		unsigned char first;
		if (pread(call.fd, &first, 1, size > PAGE ? PAGE : 0) == 1) byte = first;
		place = keep(call.fd, "retrieved", true);
	}
	answer("\"op\":\"retrieve_fd\",\"slot\":%d,\"token\":%llu,\"ret\":%d,\"obj\":%d,\"size\":%lld,\"byte\":%d", session,
	       (unsigned long long)call.token, ret, place, size, byte);
	return place;
}

int file_descriptor(int place)
{
	return objects[place].fd;
}

void retrieve_drawn(int session)
{
	uint64_t token;
	if (!noted_token(sessions[session].name, &token)) token = draw_token();
	int place = retrieve(session, token);
	if (place < 0) return;
	for (int i = 0; i < 3; i++) read_byte(place);
	tell(place);
	get_seals(place);
}

/* What came over is asked for at first, and new things are preserved later. */
void draw_call(bool later)
{
	uint32_t draw = below(100);
	int outgoing = pick_session(true), incoming = pick_session(false);
	if (draw < 30 || outgoing < 0) draw_session_call(later);
	else if (draw < (later ? 48 : 62)) preserve_drawn(outgoing);
	else if (draw < (later ? 68 : 64)) retrieve_drawn(incoming);
	else draw_file_call();
}

int late_preserve(void)
{
	return ask_preserve(pick_session(true), -1, 1ull << 40);
}
