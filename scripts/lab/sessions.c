/* Calls on /dev/liveupdate and on sessions. */
#include "chain.h"

#define LIVEUPDATE(nr) _IO(0xBA, nr)
enum { CREATE_SESSION, RETRIEVE_SESSION };
enum { FINISH = 0x42, GET_NAME };
enum { SESSIONS_PER_BLOCK = 51 };

struct session_call {
	uint32_t size;
	int32_t fd;
	char name[NAME_BYTES];
};

struct session sessions[SESSIONS];
int device = -1;
bool empty_block;
static int next_id;

void start_places(void)
{
	for (int i = 0; i < SESSIONS; i++) sessions[i].fd = -1;
	start_files();
	answer("\"op\":\"places\",\"sessions\":%d,\"objects\":%d,\"ret\":0", SESSIONS, OBJECTS);
}

void open_device(void)
{
	int fd = open("/dev/liveupdate", O_RDWR | O_CLOEXEC);
	answer("\"op\":\"%s\",\"ret\":%d", device < 0 ? "open" : "open_second", RET(fd));
	if (device < 0) device = fd;
	else if (fd >= 0) close(fd);
}

void close_device(void)
{
	if (device < 0) return;
	int got = close(device);
	answer("\"op\":\"close_device\",\"ret\":%d", RET(got));
	device = -1;
}

void pick_name(char *name)
{
	memset(name, 0, NAME_BYTES + 1);
	switch (below(24)) {
	case 0: return;
	case 1: memset(name, 'a', NAME_BYTES - 1); return;
	case 2: memset(name, 'b', NAME_BYTES); return;
	case 3: snprintf(name, NAME_BYTES, "m\xc3\xa4rz%u", below(3)); return;
	case 4: case 5: snprintf(name, NAME_BYTES, "bulk%u", below(2)); return;
	default: snprintf(name, NAME_BYTES, "n%u", below(2) ? below(70) : below(12));
	}
}

static int free_place(void)
{
	for (int i = 0; i < SESSIONS; i++)
		if (sessions[i].fd < 0) return i;
	return -2;
}

static int keep(int fd, int id, bool outgoing, const char *name)
{
	int place = free_place();
	if (place < 0) {
		close(fd);
		return place;
	}
	sessions[place] = (struct session){.fd = fd, .id = id, .outgoing = outgoing};
	snprintf(sessions[place].name, sizeof(sessions[place].name), "%s", name);
	return place;
}

int count_outgoing(void)
{
	int count = 0;
	for (int i = 0; i < SESSIONS; i++) {
		bool counts = sessions[i].fd >= 0 && sessions[i].outgoing;
		for (int j = 0; counts && j < i; j++)
			if (sessions[j].fd >= 0 && sessions[j].id == sessions[i].id) counts = false;
		count += counts;
	}
	return count;
}

bool outgoing_name(const char *name)
{
	for (int i = 0; i < SESSIONS; i++)
		if (sessions[i].fd >= 0 && sessions[i].outgoing && strcmp(sessions[i].name, name) == 0) return true;
	return false;
}

int create_session(const char *name)
{
	struct session_call call = {.size = sizeof(call)};
	memcpy(call.name, name, strnlen(name, NAME_BYTES));
	int before = count_outgoing(), place = -1;
	int ret = RET(ioctl(device, LIVEUPDATE(CREATE_SESSION), &call));
	if (ret == 0) place = keep(call.fd, next_id++, true, name);
	if (ret == 0) empty_block = false;
	else if (ret == -EEXIST && before % SESSIONS_PER_BLOCK == 0) empty_block = true;
	answer("\"op\":\"create_session\",\"name\":\"%s\",\"ret\":%d,\"slot\":%d", name, ret, place);
	return place;
}

int retrieve_session(const char *name)
{
	struct session_call call = {.size = sizeof(call)};
	memcpy(call.name, name, strnlen(name, NAME_BYTES));
	int place = -1;
	int ret = RET(ioctl(device, LIVEUPDATE(RETRIEVE_SESSION), &call));
	if (ret == 0) place = keep(call.fd, next_id++, false, name);
	answer("\"op\":\"retrieve_session\",\"name\":\"%s\",\"ret\":%d,\"slot\":%d", name, ret, place);
	return place;
}

int close_session(int place)
{
	int before = count_outgoing(), got = close(sessions[place].fd);
	sessions[place].fd = -1;
	if (count_outgoing() < before) empty_block = false;
	answer("\"op\":\"close_session\",\"slot\":%d,\"ret\":%d", place, RET(got));
	return got;
}

static void dup_session(int place)
{
	if (free_place() < 0) return;
	int fd = dup(sessions[place].fd), ret = RET(fd), copy = -1;
	if (fd >= 0) copy = keep(fd, sessions[place].id, sessions[place].outgoing, sessions[place].name);
	answer("\"op\":\"dup_session\",\"slot\":%d,\"ret\":%d,\"new_slot\":%d", place, ret, copy);
}

static void finish(int place)
{
	struct { uint32_t size, reserved; } call = {sizeof(call), below(8) == 0};
	int got = ioctl(sessions[place].fd, LIVEUPDATE(FINISH), &call);
	answer("\"op\":\"finish\",\"slot\":%d,\"reserved\":%u,\"ret\":%d", place, call.reserved, RET(got));
}

static void get_name(int place)
{
	struct session_call call = {.size = sizeof(call)};
	int got = ioctl(sessions[place].fd, LIVEUPDATE(GET_NAME), &call), ret = RET(got);
	answer("\"op\":\"get_name\",\"slot\":%d,\"ret\":%d,\"name\":\"%s\"", place, ret, ret ? "" : call.name);
}

/* A place that holds a session, mostly one of that direction and one of the first; or -1. */
int pick_session(bool outgoing)
{
	int start = (int)below(below(4) ? 12 : SESSIONS), any = -1;
	bool all = below(8) == 0;
	for (int i = 0; i < SESSIONS; i++) {
		int place = (start + i) % SESSIONS;
		if (sessions[place].fd < 0) continue;
		if (all || sessions[place].outgoing == outgoing) return place;
		if (any < 0) any = place;
	}
	return any;
}

void draw_session_call(bool later)
{
	uint32_t draw = below(100);
	int place = pick_session(below(2));
	if (device < 0 && draw < 50) return open_device();
	if (draw < 24) {
		char name[NAME_BYTES + 1];
		pick_name(name);
		if (device >= 0) create_session(name);
	} else if (draw < (later ? 58 : 28)) {
		char name[NAME_BYTES + 1];
		if (!noted_name(name)) pick_name(name);
		if (device >= 0) retrieve_session(name);
	} else if (draw < 64) {
		if (below(3)) open_device();
		else close_device();
	} else if (place < 0) {
		return;
	} else if (draw < 75) {
		dup_session(place);
	} else if (draw < 80) {
		get_name(place);
	} else if (draw < 90) {
		finish(pick_session(!later));
	} else {
		close_session(place);
	}
}

int late_create(void)
{
	struct session_call call = {.size = sizeof(call)};
	memcpy(call.name, sessions[pick_session(true)].name, NAME_BYTES);
	return RET(ioctl(device, LIVEUPDATE(CREATE_SESSION), &call));
}

int late_retrieve(void)
{
	struct session_call call = {.size = sizeof(call), .name = "nobody"};
	return RET(ioctl(device, LIVEUPDATE(RETRIEVE_SESSION), &call));
}

int late_get_name(void)
{
	struct session_call call = {.size = sizeof(call)};
	return RET(ioctl(sessions[pick_session(true)].fd, LIVEUPDATE(GET_NAME), &call));
}

int late_open(void)
{
	return RET(open("/dev/liveupdate", O_RDWR | O_CLOEXEC));
}
