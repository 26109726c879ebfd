/* What this stage has preserved, for the next one, so that it asks for what is there. */
#include "chain.h"

enum { NOTES = 4000 };

struct note {
	char name[NAME_BYTES + 1];
	int id;
	uint64_t token;
};

static struct note made[NOTES], found[NOTES];
static int made_count, found_count;

void note_preserved(int session, uint64_t token)
{
	if (made_count == NOTES) return;
	struct note *note = &made[made_count++];
	memcpy(note->name, sessions[session].name, sizeof(note->name));
	note->id = sessions[session].id;
	note->token = token;
}

static bool is_open(int id)
{
	for (int i = 0; i < SESSIONS; i++)
		if (sessions[i].fd >= 0 && sessions[i].id == id) return true;
	return false;
}

void write_notes(const char *path)
{
	FILE *to = fopen(path, "w");
	for (int i = 0; to && i < made_count; i++)
		if (is_open(made[i].id)) fprintf(to, "%s %llu\n", made[i].name, (unsigned long long)made[i].token);
	if (to) fclose(to);
}

void read_notes(const char *path)
{
	FILE *from = fopen(path, "r");
	unsigned long long token;
	while (from && found_count < NOTES && fscanf(from, "%64s %llu", found[found_count].name, &token) == 2)
		found[found_count++].token = token;
	if (from) fclose(from);
}

/* Name of a session that the stage before preserved files in. */
bool noted_name(char *name)
{
	if (found_count == 0 || below(5) == 0) return false;
	memcpy(name, found[below((uint32_t)found_count)].name, NAME_BYTES + 1);
	return true;
}

bool noted_token(const char *name, uint64_t *token)
{
	if (found_count == 0 || below(6) == 0) return false;
	uint32_t start = below((uint32_t)found_count);
	for (int i = 0; i < found_count; i++) {
		const struct note *note = &found[(start + (uint32_t)i) % (uint32_t)found_count];
		if (strcmp(note->name, name) != 0) continue;
		*token = note->token;
		return true;
	}
	return false;
}
