/* What the parts of the recorder share. */
#ifndef CHAIN_H
#define CHAIN_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* 0, or a negative error number. To be asked for before anything else is called. */
#define RET(got) ((got) < 0 ? -errno : 0)

enum { SESSIONS = 72, OBJECTS = 24, NAME_BYTES = 64 };

/* A place for a session's descriptor; duplicates share the id. */
struct session {
	int fd;
	int id;
	bool outgoing;
	char name[NAME_BYTES + 1];
};

extern struct session sessions[SESSIONS];
extern int device;
/* A refused create has left a block without entries. */
extern bool empty_block;

/* log.c */
void start_log(int fd, int stage);
void log_stage_as(int stage);
void flush_log(void);
void answer(const char *format, ...) __attribute__((format(printf, 1, 2)));
void seed_random(uint32_t seed, uint32_t stage);
uint32_t below(uint32_t limit);

/* sessions.c */
void start_places(void);
void open_device(void);
void close_device(void);
void pick_name(char *name);
int create_session(const char *name);
int retrieve_session(const char *name);
int close_session(int place);
int count_outgoing(void);
bool outgoing_name(const char *name);
int pick_session(bool outgoing);
void draw_session_call(bool later);

/* files.c */
void start_files(void);
int preserve_new(int session, const char *kind, uint64_t token);
void preserve_refused(int session, uint64_t used_token);
int retrieve(int session, uint64_t token);
int file_descriptor(int place);
void preserve_drawn(int session);
void retrieve_drawn(int session);
void close_file(int place);
void draw_file_call(void);
void draw_call(bool later);

/* late.c, with calls that log nothing */
void start_late_calls(int fd);
void report_late_calls(int fd);
int late_create(void);
int late_retrieve(void);
int late_get_name(void);
int late_preserve(void);
int late_open(void);

/* notes.c */
void note_preserved(int session, uint64_t token);
void write_notes(const char *path);
void read_notes(const char *path);
bool noted_name(char *name);
bool noted_token(const char *name, uint64_t *token);

/* handover.c */
void forge(int what);
void pack_initramfs(const char *path);

#endif
